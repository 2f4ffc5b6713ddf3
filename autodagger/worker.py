"""The process behind one environment: an emulator and an expert, confined, driven over a pipe.

It plays whole episodes. The expert runs beside the emulator, so the game state never crosses a
process boundary, and of a student it remembers what it answered: only an observation that is new
to this process is sent to the parent, through memory that both share. Waking another process and
waiting for it costs a third of a step.
"""

import hashlib
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import stable_retro  # noqa: F401  loaded once in the fork server for all workers

from autodagger.env import GameEnv, preprocess
from autodagger.errors import UserError
from autodagger.expert import Expert, ExpertError
from autodagger.milestone import Milestone
from autodagger.sandbox import confine, die_with_parent

NO_LABEL = -1


class Outcome(StrEnum):
    """How an episode stands or ended."""

    RUNNING = "running"
    REACHED = "reached"  # done_when
    LOST = "lost"  # fail_when
    TIMEOUT = "timeout"  # max_steps
    ERROR = "error"  # the expert raised, hung or answered nonsense


class Labels(StrEnum):
    """What becomes of an episode whose expert fails: it ends, or goes on unlabelled."""

    REQUIRED = "required"
    OPTIONAL = "optional"


@dataclass(frozen=True)
class RolloutSpec:
    """What a worker needs to build its environment.

    Attributes:
        game_dir: The game's folder.
        rom_path: ROM file.
        milestone: What the episodes are for.
        expert_path: The expert's file.
        tools_dir: Folder of functions for experts, or None.
        max_steps: Longest episode in steps.
        frame_size: Height and width of an observation in pixels.
        grayscale: One channel instead of three.
        previous_action: Whether a student sees its previous action beside the frame.
    """

    game_dir: Path
    rom_path: Path
    milestone: Milestone
    expert_path: Path
    tools_dir: Path | None
    max_steps: int
    frame_size: tuple[int, int] = (80, 120)
    grayscale: bool = True
    previous_action: bool = False

    @property
    def obs_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an observation."""
        return (*self.frame_size, 1 if self.grayscale else 3)


@dataclass(frozen=True)
class EpisodePlan:
    """One episode before it is played.

    Attributes:
        seed: Of the environment's timing and of action noise.
        start_name: Name of the start state, for reports.
        start: Save state; None is power-on.
    """

    seed: int
    start_name: str = "power-on"
    start: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Conduct:
    """Who acts in an episode, and what is kept of it.

    Attributes:
        student: Number of the student that acts; None: the expert.
        beta: The expert's share of a student's actions.
        noise: Share of random actions.
        labels: What becomes of the episode if its expert fails.
        keep_obs: Whether it keeps what was seen.
        keep_state: Whether it keeps the save state at its success.
    """

    student: int | None
    beta: float
    noise: float
    labels: Labels
    keep_obs: bool
    keep_state: bool


@dataclass
class Episode:
    """One episode after it was played; T is its number of steps.

    Attributes:
        plan: Seed and start state.
        outcome: How it ended.
        frames: Emulated frames.
        acts: T action indices taken.
        labels: T action indices the expert chose in the same states, or NO_LABEL.
        distinct_obs: (D, H, W, C) uint8, the observations acted upon, equal ones once, in order
            of first sight; None unless they were asked for.
        obs_index: T indices into them.
        error: The expert's error, if any.
        log: The expert's last log messages, when the episode failed.
        state: Save state at success; None unless it was asked for.
    """

    plan: EpisodePlan
    outcome: Outcome = Outcome.RUNNING
    frames: int = 0
    acts: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    distinct_obs: np.ndarray | None = None
    obs_index: Sequence[int] = ()
    error: str | None = None
    log: list[str] = field(default_factory=list)
    state: bytes | None = None

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


class Question(NamedTuple):
    """What would the student do? Its observation lies in the shared memory.

    Attributes:
        digest: Of the observation.
        prev_act: The action before; 0 at the start of an episode, and where it is not looked at.
    """

    digest: bytes
    prev_act: int


@dataclass(frozen=True)
class Shared:
    """Memory that parent and workers share; a worker writes to its own row.

    Attributes:
        obs: (N, H, W, C) bytes, the observations asked about.
        beats: N counters of steps, which show that a worker is alive.
    """

    obs: Any
    beats: Any


def serve(connection: Connection, shared: Shared, slot: int, spec: RolloutSpec) -> None:
    """A worker's life: builds the environment, gives up its rights, plays until the pipe ends.

    A message is the arguments of `_Worker.play`; the answer is its episode, after any number of
    questions, or the error that is nobody's but the game's. The first message sent is None, or the
    error that kept the environment or expert from loading.
    """
    die_with_parent()

    def ask(question: Question) -> int:
        try:
            connection.send(question)
            return int(connection.recv())
        except (EOFError, OSError):  # in the midst of an episode
            raise SystemExit from None

    try:
        worker = _Worker(spec, shared, slot, ask)
    except (UserError, ExpertError) as error:
        connection.send(error)
        return
    except Exception:
        connection.send(RuntimeError(f"environment, start:\n{traceback.format_exc()}"))
        return
    try:
        connection.send(None)
        while True:
            connection.send(_play(worker, *connection.recv()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the parent closed the pool, or is gone


def _play(worker: "_Worker", plan: EpisodePlan, conduct: Conduct) -> Any:
    try:
        return worker.play(plan, conduct)
    except UserError as error:
        return error
    except MemoryError:  # the expert hoards it: the process ends, and with it the episode
        raise
    except Exception:  # the adapter's, or this program's: its place would be lost on the way
        return RuntimeError(f"environment, episode:\n{traceback.format_exc()}")


class _Worker:
    def __init__(
        self, spec: RolloutSpec, shared: Shared, slot: int, ask: Callable[[Question], int]
    ) -> None:
        self._spec, self._ask = spec, ask
        self._asked = np.frombuffer(shared.obs, np.uint8).reshape(-1, *spec.obs_shape)[slot]
        self._beats = np.frombuffer(shared.beats, np.uint64)[slot : slot + 1]
        self._env = GameEnv(spec.game_dir, spec.rom_path, spec.milestone, spec.max_steps)
        self._student: int | None = None
        self._answers: dict[Question, int] = {}
        confine()
        self._expert = Expert(spec.expert_path, spec.tools_dir, self._env.game.actions)

    def play(self, plan: EpisodePlan, conduct: Conduct) -> Episode:
        """One episode from its reset to its end."""
        if conduct.student != self._student:
            self._student, self._answers = conduct.student, {}
        episode = Episode(replace(plan, start=None))  # which the parent has
        rng = np.random.default_rng([plan.seed, 1])  # apart from the environment's own
        sight = _Sight()
        screen, info = self._env.reset(seed=plan.seed, options={"state": plan.start})
        self._start_expert(episode, conduct)
        while True:
            self._beats += 1
            label = self._get_label(episode, conduct, info["state"])
            if episode.outcome is not Outcome.RUNNING:
                break
            if conduct.keep_obs or conduct.student is not None:
                obs = preprocess(screen, self._spec.frame_size, self._spec.grayscale)
                sight.look(obs, conduct.keep_obs)
            act = self._choose(sight, episode, label, conduct, rng)
            episode.acts.append(act)
            episode.labels.append(label)
            screen, _, terminated, truncated, info = self._env.step(act)
            episode.frames += info["frames"]
            if terminated:
                episode.outcome = Outcome.REACHED if info["success"] else Outcome.LOST
                break
            if truncated:
                episode.outcome = Outcome.TIMEOUT
                break
        return self._finish(episode, conduct, sight)

    def _start_expert(self, episode: Episode, conduct: Conduct) -> None:
        try:
            self._expert.start_episode()
        except ExpertError as error:
            self._fail_expert(episode, conduct, error)

    def _get_label(self, episode: Episode, conduct: Conduct, state: dict[str, Any]) -> int:
        """The expert's action index, or NO_LABEL from its first error on."""
        if episode.error is None:
            try:
                return self._expert.act(state)
            except ExpertError as error:
                self._fail_expert(episode, conduct, error)
        return NO_LABEL

    def _fail_expert(self, episode: Episode, conduct: Conduct, error: ExpertError) -> None:
        episode.error = str(error)
        if conduct.labels is Labels.REQUIRED:
            episode.outcome = Outcome.ERROR

    def _choose(
        self,
        sight: "_Sight",
        episode: Episode,
        label: int,
        conduct: Conduct,
        rng: np.random.Generator,
    ) -> int:
        """The action to take; draws from `rng` whatever comes of it, so that seeds stay in step."""
        expert_acts = conduct.student is None or (conduct.beta > 0 and rng.random() < conduct.beta)
        if expert_acts and label != NO_LABEL:
            act = label
        else:
            sees_action = self._spec.previous_action and episode.acts
            act = self._get_answer(sight, episode.acts[-1] if sees_action else 0)
        if conduct.noise > 0 and rng.random() < conduct.noise:
            act = int(rng.integers(len(self._env.game.actions)))
        return act

    def _get_answer(self, sight: "_Sight", prev_act: int) -> int:
        """What the student does; asked once about equal inputs."""
        question = Question(sight.digest, prev_act)
        answer = self._answers.get(question)
        if answer is None:
            self._asked[:] = sight.obs
            answer = self._answers[question] = self._ask(question)
        return answer

    def _finish(self, episode: Episode, conduct: Conduct, sight: "_Sight") -> Episode:
        if conduct.keep_obs:
            shape = (-1, *self._spec.obs_shape)
            episode.distinct_obs = np.array(sight.kept, np.uint8).reshape(shape)
            episode.obs_index = sight.index
        if episode.outcome is not Outcome.REACHED:
            episode.log = self._expert.log
        elif conduct.keep_state:
            episode.state = self._env.emulator.save_state()
        return episode


class _Sight:
    """What is seen in an episode: the observation of now, and if kept, all of them."""

    obs: np.ndarray
    digest: bytes

    def __init__(self) -> None:
        self.kept: list[np.ndarray] = []  # distinct
        self.index: list[int] = []  # into `kept`, one a step
        self._index_of: dict[bytes, int] = {}

    def look(self, obs: np.ndarray, keep: bool) -> None:
        """Takes in (H, W, C) uint8."""
        self.obs, self.digest = obs, digest_frame(obs)
        if keep:
            index = self._index_of.setdefault(self.digest, len(self.kept))
            if index == len(self.kept):
                self.kept.append(obs)
            self.index.append(index)


def digest_frame(frame: np.ndarray) -> bytes:
    """Equal for equal frames alone; SHA-1, for which processors have instructions."""
    return hashlib.sha1(frame.tobytes(), usedforsecurity=False).digest()
