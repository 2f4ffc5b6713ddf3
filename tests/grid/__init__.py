"""Helpers around the letter-grid game: milestones, experts, start states, rollouts."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from textwrap import dedent
from typing import Any, TypeVar

from autodagger.expert.expert import Expert
from autodagger.expert.jail import get_jail
from autodagger.game.env import GameEnv
from autodagger.game.milestone import Milestone
from autodagger.game.starts import StartState
from autodagger.rollout.episode import Behaviour, Episode, EpisodePlan, Policy, RolloutSpec
from autodagger.rollout.pool import Rollouts
from autodagger.student.view import View
from autodagger.task import Task

ROOT = Path(__file__).parents[2]
ROM = ROOT / "games" / "mossbrook" / "mossbrook.gba"
GAME_DIR = Path(__file__).parent
ACTIONS = ("no_op", "a", "b", "start", "up", "down", "left", "right")

CURSOR = Milestone(
    id="CURSOR",
    predecessor="NAMING",
    max_steps=20,
    done_when="player.position.x == `4` && player.position.y == `2`",
    fail_when="player.name != ''",
)
"""Walk the cursor from wherever it is to column 4, row 2, without entering a letter."""

NAMING = Milestone("NAMING", None, 60, "game.scene == 'naming' && !(game.busy)")
"""From power-on to the letter grid."""

GO_THERE = """
def run(state):
    return find_path_action(state, 4, 2)
"""

START_GAME = """
def run(state):
    if state["game"]["busy"]:
        return "no_op"
    return "start" if state["game"]["scene"] == "title" else "a"
"""


T = TypeVar("T")


@dataclass(frozen=True)
class GridStates:
    """Save states of the letter grid with the cursor at (0, 0), (6, 0) and (1, 3)."""

    top_left: bytes
    top_right: bytes
    bottom: bytes

    def plans(self, count: int, first_seed: int = 0) -> list[EpisodePlan]:
        """`count` episodes that go through the states in turn."""
        names = ("top_left", "top_right", "bottom")
        states = [StartState(name, getattr(self, name)) for name in names]
        return [EpisodePlan(first_seed + k, states[k % 3]) for k in range(count)]


@contextmanager
def open_env(milestone: Milestone | None = CURSOR, **arguments: Any) -> Iterator[GameEnv]:
    """An environment of the grid; a process has room for one at a time."""
    env = GameEnv(GAME_DIR, ROM, milestone, **arguments)
    try:
        yield env
    finally:
        env.close()


def press(env: GameEnv, *buttons: str) -> dict[str, Any]:
    """Takes one step a button; returns the last one's info."""
    for button in buttons:
        info = env.step(env.game.actions.index(button))[-1]
    return info


def write_expert(folder: Path, text: str, name: str = "CURSOR.py") -> Path:
    """Writes an expert file; `text` may be indented."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text), encoding="utf-8")
    return path


def load_expert(path: Path, tools: Sequence[Path] = ()) -> Expert:
    """An expert of the grid, in a process of its own."""
    return Expert(path, tools, ACTIONS, get_jail().door)


def take(kind: type[T], values: dict[str, Any]) -> T:
    """A dataclass of those values that are its fields; they are taken out of `values`."""
    names = [one.name for one in fields(kind) if one.name in values]  # type: ignore[arg-type]
    return kind(**{name: values.pop(name) for name in names})


def make_task(expert: Path, milestone: Milestone = CURSOR, **changes: Any) -> Task:
    """A milestone of the grid."""
    return Task(
        **{
            "game_dir": GAME_DIR,
            "rom": ROM,
            "milestone": milestone,
            "expert": expert,
            "test_starts": changes.get("starts"),
            **changes,
        }
    )


def make_spec(expert: Path, milestone: Milestone = CURSOR, **changes: Any) -> RolloutSpec:
    """A rollout over the grid, with small observations; `changes` of task, view and max_steps."""
    max_steps = changes.pop("max_steps", milestone.max_steps)
    view = take(View, values := {"frame_size": (40, 60), **changes})
    return RolloutSpec(make_task(expert, milestone, **values), max_steps, view)


def play(
    spec: RolloutSpec,
    plans: Sequence[EpisodePlan],
    student: Policy | None = None,
    num_envs: int = 2,
    **behaviour: Any,
) -> list[Episode]:
    """Plays in a pool of its own; `behaviour` has fields of `Behaviour`."""
    with Rollouts(spec, num_envs) as rollouts:
        return play_in(rollouts, plans, student, **behaviour)


def play_in(
    rollouts: Rollouts,
    plans: Sequence[EpisodePlan],
    student: Policy | None = None,
    on_episode: Callable[[Episode], None] | None = None,
    **behaviour: Any,
) -> list[Episode]:
    """Plays in a pool that is there already."""
    return rollouts.play(plans, Behaviour(**behaviour), student, on_episode)
