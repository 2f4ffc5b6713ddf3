"""Play the whole story with the experts, milestone after milestone, in one process.

For what needs the game at many of its places: the page of maps, the video of the whole story, the
measurement of the game's speed, and the test that presses buttons at random. The pipeline itself
plays milestones in confined processes (`autodagger.rollout.pool`).
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from autodagger.expert.expert import Expert
from autodagger.expert.jail import get_jail
from autodagger.game.contract import GameState
from autodagger.game.env import GameEnv
from autodagger.game.milestone import Milestone, load_milestones

FOLDER = Path(__file__).resolve().parent
MAX_TRIES = 20  # of a milestone, with another seed each: chance may decide a fight

Watcher = Callable[[GameEnv, GameState], None]
Announcer = Callable[[str], None]


def load_story() -> list[Milestone]:
    """The milestones, from power-on to the badge."""
    return load_milestones(FOLDER / "milestone_config.json")


def load_expert(milestone: Milestone, actions: Sequence[str]) -> Expert:
    """The milestone's expert, with the tools that all share."""
    tools = sorted((FOLDER / "tools").glob("*.py"))
    return Expert(FOLDER / "experts" / f"{milestone.id}.py", tools, actions, get_jail().door)


def play_story(seed: int, watch: Watcher = lambda env, state: None) -> Iterator[tuple[str, bytes]]:
    """Let the experts play from power-on to the badge; yields (milestone, save state) of each."""
    state: bytes | None = None
    for milestone in load_story():
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
    with GameEnv(FOLDER, milestone=milestone) as env:
        _, info = env.reset(seed=seed, options={"state": start} if start else None)
        for step in follow_expert(env, milestone, info):
            watch(env, step["state"])
        return env.simulator.save() if step["success"] else None


def follow_expert(
    env: GameEnv,
    milestone: Milestone,
    info: dict[str, Any],
    announce: Announcer = lambda action: None,
) -> Iterator[dict[str, Any]]:
    """Let the milestone's expert play on until the episode ends; without a goal it never does.

    Args:
        env: Where; made with this milestone as its goal, or without one.
        milestone: Whose expert plays.
        info: What the environment said last.
        announce: Called with the name of each action before it is taken.

    Yields:
        What the environment says of each step.
    """
    expert, ended = load_expert(milestone, env.game.actions), False
    while not ended:
        act = expert.act(info["state"])
        announce(env.game.actions[act])
        _, _, terminated, truncated, info = env.step(act)
        yield info
        ended = terminated or truncated
