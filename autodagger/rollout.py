"""The rollout engine: several environments, one a process, stepped together.

All environments take a step, then the policy answers for all of them in one batch: the network runs
once a step instead of once an environment. Which episode runs where is fixed beforehand and the
batch always has the same size, so results do not depend on timing.
"""

import multiprocessing
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Self

import numpy as np

from autodagger.expert import CALL_LIMIT_SECONDS, ExpertError
from autodagger.worker import (
    NO_LABEL,
    EpisodePlan,
    Labels,
    Outcome,
    Reply,
    RolloutSpec,
    serve,
)

ANSWER_SECONDS = CALL_LIMIT_SECONDS + 25.0
"""Longest wait for a worker: past it, its expert hangs where no signal reaches it."""


@dataclass
class Episode:
    """One episode after it was played; T is its number of steps.

    Attributes:
        plan: Seed and start state.
        outcome: How it ended.
        frames: Emulated frames.
        acts: T action indices taken.
        labels: T action indices the expert chose in the same states, or NO_LABEL.
        obs: (T, H, W, C) uint8, the observations acted upon; None unless they were asked for.
        error: The expert's error, if any.
        log: The expert's last log messages, when the episode failed.
        state: Save state at success; None unless it was asked for.
    """

    plan: EpisodePlan
    outcome: Outcome = Outcome.RUNNING
    frames: int = 0
    acts: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    obs: np.ndarray | None = None
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


@dataclass(frozen=True)
class Batch:
    """What a policy answers: one row an environment, N rows, of which some may be idle.

    Attributes:
        obs: (N, H, W, C) uint8, shared with the workers: valid until the next step.
        prev_acts: (N,) int64, the action before; 0 at the start of an episode.
        labels: (N,) int64, the expert's choice, or NO_LABEL.
        rngs: N generators, one an episode, seeded by it.
    """

    obs: np.ndarray
    prev_acts: np.ndarray
    labels: np.ndarray
    rngs: Sequence[np.random.Generator]


Policy = Callable[[Batch], np.ndarray]
"""From a batch to (N,) action indices."""


def expert_policy(batch: Batch) -> np.ndarray:
    """The expert itself."""
    return batch.labels


def mix(policy: Policy, beta: float) -> Policy:
    """The expert with probability `beta` at each step, else `policy` (DAgger's pi_i).

    Ross, Gordon and Bagnell 2011, "A Reduction of Imitation Learning and Structured Prediction to
    No-Regret Online Learning", algorithm 3.1.
    """
    if beta <= 0:
        return policy

    def mixed(batch: Batch) -> np.ndarray:
        expert_acts = np.array([rng.random() < beta for rng in batch.rngs])
        return np.where(expert_acts & (batch.labels != NO_LABEL), batch.labels, policy(batch))

    return mixed


def with_noise(policy: Policy, noise: float, n_actions: int) -> Policy:
    """`policy`, but a random action with probability `noise`: shows the expert its mistakes' ends.

    After Laskey et al. 2017, "DART: Noise Injection for Robust Imitation Learning", with uniform
    noise instead of a fitted one.
    """
    if noise <= 0:
        return policy

    def noisy(batch: Batch) -> np.ndarray:
        acts = np.array(policy(batch))
        for row, rng in enumerate(batch.rngs):
            if rng.random() < noise:
                acts[row] = rng.integers(n_actions)
        return acts

    return noisy


class Rollouts:
    """A pool of environments; use it in a `with` block.

    Args:
        spec: What the environments are for.
        num_envs: Environments, and processes.

    Raises:
        ExpertError: The expert cannot be loaded.
        UserError: The ROM or the game cannot be loaded.
    """

    def __init__(self, spec: RolloutSpec, num_envs: int) -> None:
        self._spec = spec
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["autodagger.fork_server"])
        shape = (num_envs, *spec.obs_shape)
        self._memory = self._context.RawArray("B", int(np.prod(shape)))
        self._obs = np.frombuffer(self._memory, np.uint8).reshape(shape)
        self._slots = [_Slot(index) for index in range(num_envs)]
        try:
            for slot in self._slots:
                self._start(slot)
            for slot in self._slots:
                self._await_start(slot)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the workers."""
        for slot in self._slots:
            slot.end()

    def play(
        self,
        plans: Sequence[EpisodePlan],
        policy: Policy,
        *,
        labels: Labels = Labels.REQUIRED,
        keep_obs: bool = False,
        keep_state: bool = False,
        observe: bool = True,
        on_episode: Callable[[Episode], None] | None = None,
    ) -> list[Episode]:
        """Plays one episode a plan with `policy`.

        Args:
            plans: The episodes; number k runs in environment k modulo the number of environments.
            policy: Chooses the actions.
            labels: What becomes of an episode whose expert fails.
            keep_obs: Whether episodes keep what was seen (`Episode.obs`).
            keep_state: Whether successful episodes keep their last save state.
            observe: Whether the policy looks at the pixels at all.
            on_episode: Told of each episode as it ends.

        Returns:
            The episodes in the order of the plans.
        """
        done: dict[int, Episode] = {}
        for slot in self._slots:
            slot.queue = list(range(slot.index, len(plans), len(self._slots)))
        while active := self._send(plans, labels, observe or keep_obs):
            for slot in active:
                self._receive(slot, keep_state)
                if slot.episode and slot.episode.outcome is not Outcome.RUNNING:
                    done[slot.number] = slot.finish()
                    if on_episode:
                        on_episode(done[slot.number])
            self._choose(policy, keep_obs)
        return [done[number] for number in range(len(plans))]

    def _send(self, plans: Sequence[EpisodePlan], labels: Labels, observe: bool) -> list["_Slot"]:
        """Sends each environment its next action, or its next episode; returns those at work."""
        active = []
        for slot in self._slots:
            if slot.episode is None:
                if not slot.queue:
                    continue
                slot.number = slot.queue.pop(0)
                slot.begin(plans[slot.number])
                slot.send("reset", plans[slot.number], labels, observe)
            else:
                slot.send("step", slot.action)
            active.append(slot)
        return active

    def _receive(self, slot: "_Slot", keep_state: bool) -> None:
        episode = slot.episode
        assert episode is not None
        try:
            reply = Reply(*slot.receive())
            if reply.outcome is Outcome.REACHED and keep_state:
                slot.send("save_state")
                episode.state = slot.receive()
            elif reply.outcome not in (Outcome.REACHED, Outcome.RUNNING):
                slot.send("expert_log")
                episode.log = slot.receive()
        except ExpertError as error:
            # The emulator is lost with the process; the next episode gets a new one.
            reply = Reply(Outcome.ERROR, NO_LABEL, 0, str(error))
            slot.end()
            self._start(slot)
            self._await_start(slot)
        episode.outcome, slot.label = reply.outcome, reply.label
        episode.frames += reply.frames
        episode.error = episode.error or reply.error

    def _choose(self, policy: Policy, keep_obs: bool) -> None:
        playing = [slot for slot in self._slots if slot.episode]
        if not playing:
            return
        batch = Batch(
            self._obs,
            np.array([slot.action for slot in self._slots], np.int64),
            np.array([slot.label for slot in self._slots], np.int64),
            [slot.rng for slot in self._slots],
        )
        acts = policy(batch)
        for slot in playing:
            assert slot.episode is not None
            if keep_obs:
                slot.seen.append(self._obs[slot.index].copy())
            slot.action = int(acts[slot.index])
            slot.episode.acts.append(slot.action)
            slot.episode.labels.append(slot.label)

    def _start(self, slot: "_Slot") -> None:
        parent_end, worker_end = self._context.Pipe()
        slot.connection = parent_end
        slot.process = self._context.Process(
            target=serve, args=(worker_end, self._memory, slot.index, self._spec), daemon=True
        )
        with _without_main_module():
            slot.process.start()
        worker_end.close()

    def _await_start(self, slot: "_Slot") -> None:
        slot.receive()


class _Slot:
    """One environment as the parent sees it, and the episode it plays."""

    connection: Connection
    process: BaseProcess

    def __init__(self, index: int) -> None:
        self.index = index
        self.queue: list[int] = []
        self.number = -1
        self.episode: Episode | None = None
        self.rng = np.random.default_rng(0)
        self.action, self.label = 0, NO_LABEL
        self.seen: list[np.ndarray] = []

    def begin(self, plan: EpisodePlan) -> None:
        self.episode = Episode(plan)
        self.rng = np.random.default_rng([plan.seed, 1])  # apart from the environment's own
        self.action, self.label, self.seen = 0, NO_LABEL, []

    def finish(self) -> Episode:
        episode = self.episode
        assert episode is not None
        if self.seen:
            episode.obs = np.stack(self.seen)
        self.episode, self.seen, self.action, self.label = None, [], 0, NO_LABEL
        return episode

    def send(self, *message: Any) -> None:
        with suppress(OSError):  # a worker that is gone: receive() says so
            self.connection.send(message)

    def receive(self) -> Any:
        try:
            if not self.connection.poll(ANSWER_SECONDS):
                raise ExpertError(
                    f"the expert did not answer within {ANSWER_SECONDS:g} s and was ended"
                )
            answer = self.connection.recv()
        except (EOFError, OSError):
            raise ExpertError("the expert ended the process it ran in") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def end(self) -> None:
        if hasattr(self, "connection"):
            self.connection.close()
        if hasattr(self, "process") and self.process.pid is not None:
            self.process.kill()
            self.process.join()


@contextmanager
def _without_main_module() -> Iterator[None]:
    """Keeps workers from importing the program that started them.

    multiprocessing re-imports the main module in every process it starts; under Snakemake that is
    a generated script which loads the whole of Snakemake.
    """
    main = sys.modules["__main__"]
    hidden = {name: getattr(main, name, None) for name in ("__file__", "__spec__")}
    for name in hidden:
        setattr(main, name, None)
    try:
        yield
    finally:
        for name, value in hidden.items():
            setattr(main, name, value)
