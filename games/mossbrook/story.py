"""Play the whole story with the experts, milestone after milestone, in one process.

For what needs the game at many of its places: the page of maps, and the test that presses buttons
at random. The pipeline itself plays milestones in confined processes (`autodagger.rollout.pool`).
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from autodagger.expert.expert import Expert
from autodagger.game.contract import GameState
from autodagger.game.env import GameEnv
from autodagger.game.milestone import Milestone, load_milestones

FOLDER = Path(__file__).resolve().parent
MAX_TRIES = 20  # of a milestone, with another seed each: chance may decide a fight

Watcher = Callable[[GameEnv, GameState], None]


def play_story(seed: int, watch: Watcher = lambda env, state: None) -> Iterator[tuple[str, bytes]]:
    """Let the experts play from power-on to the badge; yields (milestone, save state) of each."""
    state: bytes | None = None
    for milestone in load_milestones(FOLDER / "milestone_config.json"):
        for attempt in range(MAX_TRIES):
            result = play_milestone(milestone, state, seed + 1000 * attempt, watch)
            if result is not None:
                break
        else:
            raise RuntimeError(f"{milestone.id}: not reached in {MAX_TRIES} tries")
        state = result
        yield milestone.id, state


def play_milestone(
    milestone: Milestone, start: bytes | None, seed: int, watch: Watcher
) -> bytes | None:
    """One episode of an expert; the save state at its success, None if it failed."""
    env = GameEnv(FOLDER, milestone=milestone)
    try:
        expert = Expert(
            FOLDER / "experts" / f"{milestone.id}.py", FOLDER / "tools", env.game.actions
        )
        _, info = env.reset(seed=seed, options={"state": start} if start else None)
        ended = False
        while not ended:
            _, _, terminated, truncated, info = env.step(expert.act(info["state"]))
            watch(env, info["state"])
            ended = terminated or truncated
        return env.simulator.save() if info["success"] else None
    finally:
        env.close()
