"""A chain of milestones on the letter grid, agents made by hand, and journeys made up."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from autodagger.agent.chain import Chain
from autodagger.agent.journey import Conduct, Journey, JourneyPlayer
from autodagger.agent.network import STAY, AgentNetwork, Switcher
from autodagger.dagger.options import TrainingOptions
from autodagger.files import sha1_file
from autodagger.game.milestone import Milestone
from autodagger.game.starts import StartState, save_start_states
from autodagger.rollout.episode import EpisodePlan, Outcome, Policy
from autodagger.rollout.pool import Rollouts
from autodagger.student.networks import Student
from autodagger.student.view import View, Watcher
from autodagger.task import Task
from tests.autodagger.student.helpers import make_student
from tests.grid import (
    ACTIONS,
    CURSOR,
    GO_THERE,
    NAMING,
    ROM,
    START_GAME,
    GridStates,
    make_task,
    write_expert,
)

VIEW = View((40, 60))

CORNER = Milestone("CORNER", "CURSOR", 20, "player.position.x == `6` && player.position.y == `0`")
"""On to the top right."""

GO_ON = """
def run(state):
    return find_path_action(state, 6, 0)
"""

EXPERTS = {"NAMING": START_GAME, "CURSOR": GO_THERE, "CORNER": GO_ON}

OPTIONS = TrainingOptions(
    train_steps_per_iter=20,
    batch_size=16,
    learning_rate=1e-3,
    hidden_dim=16,
    frame_size=(40, 60),
    network="small",
    dart_noise=0.1,
)


def write_world(folder: Path, grid_states: GridStates, **experts: str) -> Path:
    """Experts of all three milestones, and start states; `experts` replace some."""
    for name, text in (EXPERTS | experts).items():
        write_expert(folder, text, f"{name}.py")
    starts = {
        "CURSOR": [grid_states.top_left, grid_states.top_right],
        "CORNER": [grid_states.bottom],
    }
    for name, states in starts.items():
        named = [StartState(f"ep{k}.state", data) for k, data in enumerate(states, 1)]
        save_start_states(folder / f"{name}.zip", named, sha1_file(ROM))
    return folder


def make_chain(world: Path, *milestones: Milestone, seed: int = 0) -> Chain:
    """Milestones of the grid, all three if none are named, with a world's experts and starts."""
    return Chain(
        tuple(_make_task(world, one) for one in milestones or (NAMING, CURSOR, CORNER)), seed
    )


def _make_task(world: Path, milestone: Milestone) -> Task:
    starts = world / f"{milestone.id}.zip" if milestone.predecessor else None
    return make_task(world / f"{milestone.id}.py", milestone, starts=starts)


def play(
    chain: Chain,
    plans: Sequence[EpisodePlan],
    conduct: Conduct,
    player: Policy | None = None,
    *,
    num_envs: int = 2,
    limits: Sequence[int] | None = None,
    view: View = VIEW,
) -> list[Any]:
    """The journeys, of a pool of their own."""
    spec = chain.get_spec(limits or chain.limits, view, False)
    with Rollouts(spec, num_envs, JourneyPlayer) as rollouts:
        return rollouts.play(plans, conduct, player)


def summary(journeys: Sequence[Any]) -> list[tuple[Any, ...]]:
    """What equal journeys have in common: all of it."""
    names = ("outcome", "frames", "acts", "labels", "due", "beliefs", "passed", "rescued", "error")
    return [
        (
            journey.plan.seed,
            journey.first,
            None if journey.obs is None else journey.obs.tobytes(),
            *(getattr(journey, name) for name in names),
        )
        for journey in journeys
    ]


def make_stubborn(button: str, **changes: Any) -> Student:
    """A student that sees nothing and always presses one button."""
    student = make_student(**{"hidden_dim": 8, **changes})
    with torch.no_grad():
        for parameter in student.head.parameters():
            parameter.zero_()
        student.head.bias[ACTIONS.index(button)] = 1.0
    return student


def make_network(buttons: Sequence[str], says: Sequence[int] | None = None) -> AgentNetwork:
    """Students that always press one button each; switchers that always say one thing: stay."""
    network = AgentNetwork.of([make_stubborn(button) for button in buttons])
    for switcher, say in zip(network.switchers, says or [STAY] * len(buttons), strict=True):
        assert isinstance(switcher, Switcher)
        lean(switcher, say)
    return network


@torch.no_grad()
def lean(switcher: Switcher, say: int, after: int | None = None) -> None:
    """Has it say one thing always, or "stay" until that many steps, 2**k, were taken."""
    for parameter in switcher.parameters():
        parameter.zero_()
    switcher.head.bias[STAY] = 1.0
    if after is None:
        switcher.head.bias[say] = 2.0
        return
    kinds = switcher.hidden.in_features - len(ACTIONS) - 1 - 11
    switcher.hidden.weight[0, kinds + after.bit_length() : kinds + 11] = 1.0
    switcher.head.weight[say, 0] = 2.0


@torch.no_grad()
def make_wild(count: int, seed: int = 0, **changes: Any) -> AgentNetwork:
    """Students and switchers of chance, whose answers differ from screen to screen."""
    network = AgentNetwork.of([make_student(seed + k, **changes) for k in range(count)])
    torch.manual_seed(seed)
    watcher = Watcher(network.args.view)
    obs = torch.from_numpy(np.stack([watcher.see(screen) for screen in make_screens(16)]))
    before = torch.zeros(16, dtype=torch.int64)
    for student, switcher in zip(network.students, network.switchers, strict=True):
        assert isinstance(student, Student) and isinstance(switcher, Switcher)
        units = student.hidden(student.extract(obs, before)).relu_()  # (16, U)
        mean, width = units.mean(0), units.shape[1]
        projection = torch.randn(64, width) / units.std()
        switcher.hidden.weight[:, :width] = projection
        switcher.hidden.weight[:, width : 2 * width] = 0.01 * projection
        switcher.hidden.bias.copy_(-projection @ mean)
        switcher.head.weight.normal_()
    return network


def make_screens(count: int, seed: int = 0) -> np.ndarray:
    """(count, 160, 240, 3) uint8: each has large squares of its own colours."""
    rng = np.random.default_rng(seed)
    squares = rng.integers(256, size=(count, 4, 6, 3), dtype=np.uint8)
    return squares.repeat(40, axis=1).repeat(40, axis=2)


def make_journey(
    due: Sequence[int],
    beliefs: Sequence[int] = (),
    acts: Sequence[int] | None = None,
    labels: Sequence[int] | None = None,
    obs: np.ndarray | None = None,
    **changes: Any,
) -> Journey:
    """A journey as it would have been kept; each step shows a screen of its own."""
    steps = len(due)
    acts = [1] * steps if acts is None else list(acts)
    values: dict[str, Any] = {
        "plan": EpisodePlan(0),
        "outcome": Outcome.TIMEOUT,
        "acts": acts,
        "labels": acts if labels is None else list(labels),
        "due": list(due),
        "beliefs": list(beliefs),
        "passed": due[-1] if due else 0,
        "distinct_obs": make_obs(steps) if obs is None else obs,
        "obs_index": list(range(steps)),
    }
    return Journey(**{**values, **changes})


def make_obs(count: int, view: View = VIEW) -> np.ndarray:
    """(count, H, W, C) uint8: number k has k in a corner."""
    obs = np.zeros((count, *view.shape), np.uint8)
    obs[:, 0, 0, 0] = np.arange(count)
    return obs
