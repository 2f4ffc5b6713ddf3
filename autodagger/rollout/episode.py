"""The vocabulary of rollouts: an episode before, while and after it is played."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, Protocol

import numpy as np

from autodagger.game.starts import POWER_ON, StartState
from autodagger.student.view import View
from autodagger.task import Task

NO_LABEL = -1

Context = int | tuple[int, int] | bytes
"""What an answer depends on beside the observation: the action before, who is asked and that, or a
memory."""

Answer = int | tuple[int, bytes]
"""An action index, and of who has a memory what that is afterwards."""

Policy = Callable[[np.ndarray, Sequence[Any]], Sequence[Any]]
"""Who acts: from observations (B, H, W, C) uint8 and a context each, of a student its previous
action, 0 where it is not looked at, to an answer each. An answer must depend on its own row alone,
and not on what was asked before: it is used again for equal rows."""


class Outcome(StrEnum):
    """How an episode stands or ended."""

    RUNNING = "running"
    REACHED = "reached"  # done_when
    LOST = "lost"  # fail_when
    TIMEOUT = "timeout"  # max_steps
    ERROR = "error"  # the expert raised, hung or answered nonsense


class Actor(IntEnum):
    """Who chose an action."""

    STUDENT = 0
    EXPERT = 1
    CHANCE = 2  # noise


class OnExpertFailure(StrEnum):
    """What becomes of an episode whose expert fails: it ends, or goes on unlabelled."""

    END = "end"
    GO_ON = "go on"


class Spec(Protocol):
    """What a pool needs to know of what its workers play."""

    @property
    def task(self) -> Task: ...  # noqa: D102

    @property
    def tasks(self) -> tuple[Task, ...]: ...  # noqa: D102

    @property
    def view(self) -> View: ...  # noqa: D102

    @property
    def unconfined(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True)
class RolloutSpec:
    """What a worker needs to build its environment.

    Attributes:
        task: Game, milestone and expert.
        max_steps: Longest episode in steps.
        view: What the student sees.
        unconfined: Whether the expert may run where it cannot be confined.
    """

    task: Task
    max_steps: int
    view: View = field(default_factory=View)
    unconfined: bool = False

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All whose experts are asked: the one."""
        return (self.task,)


@dataclass(frozen=True)
class EpisodePlan:
    """One episode before it is played.

    Attributes:
        seed: Of the environment's timing and of action noise.
        start: Where it begins.
    """

    seed: int
    start: StartState = POWER_ON


@dataclass(frozen=True)
class Behaviour:
    """Who acts in an episode, and what is kept of it.

    Attributes:
        beta: At each step the expert acts instead of the student with this probability: DAgger's
            pi_i (Ross, Gordon and Bagnell 2011, "A Reduction of Imitation Learning and Structured
            Prediction to No-Regret Online Learning", algorithm 3.1).
        noise: A random action is taken with this probability, which shows the expert where
            mistakes lead. After Laskey et al. 2017, "DART: Noise Injection for Robust Imitation
            Learning", with uniform noise instead of a fitted one.
        on_expert_failure: An episode can go on with a student only: without labels the expert
            cannot act.
        keep_obs: Whether it keeps what was seen.
        keep_state: Whether it keeps the save state at its success.
    """

    beta: float = 0.0
    noise: float = 0.0
    on_expert_failure: OnExpertFailure = OnExpertFailure.END
    keep_obs: bool = False
    keep_state: bool = False

    @property
    def needs_student(self) -> bool:
        """Whether the expert alone cannot play so."""
        return self.on_expert_failure is OnExpertFailure.GO_ON


@dataclass
class Episode:
    """One episode after it was played; T is its number of steps.

    Attributes:
        plan: Seed and start state.
        outcome: How it ended.
        frames: Emulated frames.
        acts: T action indices taken.
        labels: T action indices the expert chose in the same states, or NO_LABEL.
        actors: T times who chose the action, see `Actor`.
        distinct_obs: (D, H, W, C) uint8, the observations acted upon, equal ones once, in order
            of first sight; None unless they were asked for.
        obs_index: T indices into them.
        error: The expert's error, if any.
        log: The expert's last log messages, when the episode failed.
        state: Save state at success; None unless it was asked for.
        first: Digest of the screen where it began, which may be chance's from an equal start.
        questions: How many of its expert's questions the vision model was asked, and how many were
            answered from the file; the next time it may be otherwise.
    """

    plan: EpisodePlan
    outcome: Outcome = Outcome.RUNNING
    frames: int = 0
    acts: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    actors: list[int] = field(default_factory=list)
    distinct_obs: np.ndarray | None = None
    obs_index: Sequence[int] = ()
    error: str | None = None
    log: list[str] = field(default_factory=list)
    state: bytes | None = None
    first: bytes = b""
    questions: tuple[int, int] = field(default=(0, 0), compare=False)

    @property
    def success(self) -> bool:
        """Whether the milestone was reached."""
        return self.outcome is Outcome.REACHED

    @property
    def steps(self) -> int:
        """Steps played."""
        return len(self.acts)

    @property
    def obs(self) -> np.ndarray | None:
        """(T, H, W, C) uint8, the observations acted upon; None unless they were asked for."""
        return None if self.distinct_obs is None else self.distinct_obs[list(self.obs_index)]


class ObsRecord:
    """What is seen in an episode: the observation of now, and if kept, all of them."""

    obs: np.ndarray
    digest: bytes

    def __init__(self) -> None:
        self.kept: list[np.ndarray] = []  # distinct
        self.index: list[int] = []  # into `kept`, one a step
        self._index_of: dict[bytes, int] = {}

    def look(self, obs: np.ndarray, keep: bool) -> None:
        """Takes in (H, W, C) uint8."""
        self.obs, self.digest = obs, View.digest(obs)
        if keep:
            index = self._index_of.setdefault(self.digest, len(self.kept))
            if index == len(self.kept):
                self.kept.append(obs)
            self.index.append(index)


def plan_episodes(
    task: Task, starts: Sequence[StartState], count: int, *purpose: str | int
) -> list[EpisodePlan]:
    """`count` episodes, each with a seed of its own, from start states in random order.

    No state comes again before all have come; another purpose has another order, so that in the
    course of a training all are seen.
    """
    rng = np.random.default_rng(task.derive_seed(*purpose, "order"))
    order = [place for _ in range(0, count, len(starts)) for place in rng.permutation(len(starts))]
    return [
        EpisodePlan(task.derive_seed(*purpose, k), starts[place])
        for k, place in enumerate(order[:count])
    ]


def agreement(played: Sequence[Episode]) -> float | None:
    """Share of the labelled states in which the student did what the expert says."""
    pairs = [
        act == label
        for episode in played
        for act, label in zip(episode.acts, episode.labels, strict=True)
        if label != NO_LABEL
    ]
    return round(sum(pairs) / len(pairs), 4) if pairs else None
