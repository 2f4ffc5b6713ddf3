"""The process behind one environment: an emulator and an expert, confined, driven over a pipe.

The expert runs beside the emulator, so the game state never crosses a process boundary: a step
costs one small message each way. Observations lie in memory shared with the parent.
"""

import traceback
from dataclasses import dataclass, field
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
    """

    game_dir: Path
    rom_path: Path
    milestone: Milestone
    expert_path: Path
    tools_dir: Path | None
    max_steps: int
    frame_size: tuple[int, int] = (80, 120)
    grayscale: bool = True

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


class Reply(NamedTuple):
    """A worker's answer to a reset or a step.

    Attributes:
        outcome: How the episode stands.
        label: The expert's action index for the new state, or NO_LABEL.
        frames: Frames that this step took.
        error: What the expert did wrong, if it did.
    """

    outcome: Outcome
    label: int
    frames: int
    error: str | None = None


def serve(connection: Connection, memory: Any, slot: int, spec: RolloutSpec) -> None:
    """A worker's life: builds the environment, gives up its rights, obeys until the pipe ends.

    A message is (method name, arguments...) of `_Worker`; the answer is what it returns, or the
    error that is nobody's but the game's. The first message sent is None, or the error that kept
    the environment or expert from loading.
    """
    die_with_parent()
    observations = np.frombuffer(memory, np.uint8).reshape(-1, *spec.obs_shape)
    try:
        worker = _Worker(spec, observations[slot])
    except (UserError, ExpertError) as error:
        connection.send(error)
        return
    except Exception:
        connection.send(RuntimeError(f"environment, start:\n{traceback.format_exc()}"))
        return
    try:
        connection.send(None)
        while True:
            method, *arguments = connection.recv()
            connection.send(_obey(worker, method, arguments))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the parent closed the pool, or is gone


def _obey(worker: "_Worker", method: str, arguments: list[Any]) -> Any:
    try:
        return getattr(worker, method)(*arguments)
    except UserError as error:
        return error
    except MemoryError:  # the expert hoards it: the process ends, and with it the episode
        raise
    except Exception:  # the adapter's, or this program's: its place would be lost on the way
        return RuntimeError(f"environment, {method}:\n{traceback.format_exc()}")


class _Worker:
    def __init__(self, spec: RolloutSpec, observation: np.ndarray) -> None:
        self._spec = spec
        self._observation = observation  # (H, W, C) uint8, shared with the parent
        self._env = GameEnv(spec.game_dir, spec.rom_path, spec.milestone, spec.max_steps)
        confine()
        self._expert = Expert(spec.expert_path, spec.tools_dir, self._env.game.actions)

    def reset(self, plan: EpisodePlan, labels: Labels, observe: bool) -> Reply:
        self._labels, self._observe, self._expert_works = labels, observe, True
        screen, info = self._env.reset(seed=plan.seed, options={"state": plan.start})
        try:
            self._expert.start_episode()
        except ExpertError as error:
            return self._expert_failed(error, 0)
        return self._reply(screen, Outcome.RUNNING, info)

    def step(self, action: int) -> Reply:
        screen, _, terminated, truncated, info = self._env.step(action)
        outcome = Outcome.RUNNING
        if terminated:
            outcome = Outcome.REACHED if info["success"] else Outcome.LOST
        elif truncated:
            outcome = Outcome.TIMEOUT
        return self._reply(screen, outcome, info)

    def save_state(self) -> bytes:
        return self._env.emulator.save_state()

    def expert_log(self) -> list[str]:
        return self._expert.log

    def _reply(self, screen: np.ndarray, outcome: Outcome, info: dict[str, Any]) -> Reply:
        if outcome is not Outcome.RUNNING:
            return Reply(outcome, NO_LABEL, info["frames"])
        if self._observe:
            self._observation[:] = preprocess(screen, self._spec.frame_size, self._spec.grayscale)
        label = NO_LABEL
        if self._expert_works:
            try:
                label = self._expert.act(info["state"])
            except ExpertError as error:
                return self._expert_failed(error, info["frames"])
        return Reply(outcome, label, info["frames"])

    def _expert_failed(self, error: ExpertError, frames: int) -> Reply:
        if self._labels is Labels.REQUIRED:
            return Reply(Outcome.ERROR, NO_LABEL, frames, str(error))
        self._expert_works = False
        return Reply(Outcome.RUNNING, NO_LABEL, frames, str(error))
