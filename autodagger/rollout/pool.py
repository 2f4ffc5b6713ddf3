"""The rollout engine: several environments, one a process, and a student that they share.

The environments play on their own and ask about what they have not seen before; when half of them
wait for an answer, the student answers all of these in one batch. An answer depends on nothing but
its input, and which episode runs where is fixed, so results depend neither on timing nor on the
number of environments.
"""

import multiprocessing
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Self

import numpy as np

from autodagger.errors import UserError
from autodagger.expert.desk import PICTURE, mentions
from autodagger.expert.expert import CALL_SECONDS
from autodagger.expert.jail import Jail
from autodagger.rollout.episode import (
    Answer,
    Episode,
    EpisodePlan,
    Outcome,
    Policy,
    Spec,
)
from autodagger.rollout.worker import EpisodePlayer, Player, Question, Shared, serve
from autodagger.task import Progress

HANG_SECONDS = CALL_SECONDS + 25.0
"""Longest time without a step of a worker, or an answer of its expert: past it, its game hangs."""

_END_SECONDS = 5.0
"""Longest time between the end of a worker's pipe and the end of its process."""

_CRASHES = {signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT}
"""What a fault of native code ends a process with."""

_LOOK_SECONDS = 0.5
"""Between two looks at whether the workers are alive."""


class GameCrashed(UserError):
    """The process ended while its game ran; the message says how, and what to do."""


class Rollouts:
    """A pool of environments; use it in a `with` block.

    Args:
        spec: What the environments are for.
        num_envs: Environments, and processes.
        player: What they play.
        progress: Told at the end what the experts' questions to the vision model were, if any.

    Raises:
        ExpertError: The expert cannot be loaded.
        UserError: The ROM or the game cannot be loaded, it crashes, or experts
            cannot be confined here.

    Attributes:
        layers: What confines the experts, see `autodagger.expert.jail.Jail`.
        screen_size: Height and width of the game's screen in pixels.
    """

    screen_size: tuple[int, int]

    def __init__(
        self,
        spec: Spec,
        num_envs: int,
        player: type[Player] = EpisodePlayer,
        progress: Progress | None = None,
    ) -> None:
        self._spec, self._player, self._progress = spec, player, progress
        self._questions = np.zeros(2, int)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["autodagger.rollout.fork_server"])
        shape = (num_envs, *spec.view.shape)
        self._shared = Shared(
            self._context.RawArray("B", int(np.prod(shape))),
            self._context.RawArray("Q", num_envs),
        )
        self._obs = np.frombuffer(self._shared.obs, np.uint8).reshape(shape)
        self._student: Policy | None = None
        self._students = 0
        self._crashed = 0
        self._answers: dict[Question, Answer] = {}
        advice = spec.task.load_game().crash_advice
        self._slots = [_Slot(index, advice) for index in range(num_envs)]
        sources = [path for task in spec.tasks for path in (task.expert, *task.tools)]
        self._jail = Jail(spec.unconfined, pictures=mentions(sources, PICTURE))
        self.layers = self._jail.layers
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
        if self._progress and self._questions.any():
            self._progress(self._describe_questions(*self._questions))

    def close(self) -> None:
        """Ends the workers."""
        for slot in self._slots:
            slot.end()
        self._jail.close()

    def play(
        self,
        plans: Sequence[EpisodePlan],
        behaviour: Any,
        student: Policy | None = None,
        on_episode: Callable[[Episode], None] | None = None,
    ) -> list[Episode]:
        """Plays one episode a plan.

        Args:
            plans: The episodes; number k runs in environment k modulo the number of environments.
            behaviour: Who acts, and what is kept.
            student: Chooses the actions; None: the expert.
            on_episode: Told of each episode as it ends.

        Returns:
            The episodes in the order of the plans.

        Raises:
            UserError: A start state cannot be loaded, the game hangs, or it crashed in all
                episodes.
        """
        if student is None and behaviour.needs_student:
            raise ValueError("an expert's own episode cannot go on without it: nobody acts")
        orders = [(plan, behaviour, self._number(student)) for plan in plans]
        done: dict[int, Episode] = {}
        for slot in self._slots:
            slot.queue = deque(range(slot.index, len(plans), len(self._slots)))
        active = [slot for slot in self._slots if slot.begin_next(orders)]
        asking: dict[_Slot, Question] = {}
        self._crashed = 0
        while active:
            for slot in self._wait([slot for slot in active if slot not in asking]):
                message = self._receive(slot)
                if isinstance(message, Question):
                    asking[slot] = message
                    continue
                message.plan = plans[slot.number]
                self._questions += message.questions
                done[slot.number] = message
                if on_episode:
                    on_episode(message)
                if not slot.begin_next(orders):
                    active.remove(slot)
            # Half of them at once: a batch costs little more than a single answer, and meanwhile
            # the other half keeps the cores busy.
            if asking and 2 * len(asking) >= len(active):
                assert student is not None
                self._answer(student, list(asking.items()))
                asking.clear()
        if self._crashed and self._crashed == len(plans):
            raise GameCrashed(done[0].error)
        return [done[number] for number in range(len(plans))]

    def _number(self, student: Policy | None) -> int | None:
        """By which the workers know one student's answers from the next one's."""
        if student is None:
            return None
        if student is not self._student:
            self._student, self._answers = student, {}
            self._students += 1
        return self._students

    def _wait(self, active: Sequence["_Slot"]) -> list["_Slot"]:
        """Those that have something to say, or never will: at least one."""
        while True:
            told = wait([slot.connection for slot in active], _LOOK_SECONDS)
            heard = [slot for slot in active if slot.connection in told]
            now = time.monotonic()
            for slot in active:
                slot.watch(self._shared.beats[slot.index], now, slot in heard)
            if ended := [slot for slot in active if slot in heard or slot.hangs]:
                return ended

    def _receive(self, slot: "_Slot") -> Question | Episode:
        if slot.hangs:
            raise _describe_hang()
        try:
            message: Question | Episode = slot.receive()
        except GameCrashed as error:
            self._crashed += 1
            # The game is lost with the process; the next episode gets a new one.
            slot.end()
            self._start(slot)
            self._await_start(slot)
            empty = np.empty((0, *self._spec.view.shape), np.uint8)
            kind = self._player.episode
            return kind(slot.plan, Outcome.ERROR, distinct_obs=empty, error=str(error))
        return message

    def _answer(self, student: Policy, asking: Sequence[tuple["_Slot", Question]]) -> None:
        new = {question: slot.index for slot, question in asking if question not in self._answers}
        if new:
            contexts = [question.context for question in new]
            answers = student(self._obs[list(new.values())], contexts)
            self._answers.update(zip(new, answers, strict=True))
        for slot, question in asking:
            slot.answer(self._answers[question])

    def _describe_questions(self, new: int, kept: int) -> str:
        files = {task.vision.file for task in self._spec.tasks if task.vision}
        place = files.pop() if len(files) == 1 else "kept answers"
        return f"vision: {new} questions asked, {kept} answered from {place}"

    def _start(self, slot: "_Slot") -> None:
        parent_end, worker_end = self._context.Pipe()
        slot.connection = parent_end
        arguments = (
            worker_end,
            self._shared,
            slot.index,
            self._spec,
            self._jail.door,
            self._player,
        )
        slot.process = self._context.Process(target=serve, args=arguments, daemon=True)
        with _without_main_module():
            slot.process.start()
        worker_end.close()

    def _await_start(self, slot: "_Slot") -> None:
        if not slot.connection.poll(HANG_SECONDS):
            raise _describe_hang()
        self.screen_size = slot.receive()


class _Slot:
    """One environment as the parent sees it, and the episode it plays."""

    connection: Connection
    process: BaseProcess

    def __init__(self, index: int, crash_advice: str) -> None:
        self.index, self.crash_advice = index, crash_advice
        self.queue: deque[int] = deque()
        self.number = -1
        self.plan: EpisodePlan
        self.hangs = False
        self._beat, self._beat_time = 0, 0.0

    def begin_next(self, orders: Sequence[tuple[EpisodePlan, Any, int | None]]) -> bool:
        """Orders the next episode of the queue; False if there is none."""
        if not self.queue:
            return False
        self.number = self.queue.popleft()
        self.plan = orders[self.number][0]
        self.hangs, self._beat_time = False, time.monotonic()
        self.send(orders[self.number])
        return True

    def answer(self, answer: Answer) -> None:
        """Lets the worker go on; until now it was its part to wait."""
        self._beat_time = time.monotonic()
        self.send(answer)

    def watch(self, beat: int, now: float, heard: bool) -> None:
        """Takes note of the worker's counter of steps."""
        if heard or beat != self._beat:
            self._beat, self._beat_time = beat, now
        self.hangs = now - self._beat_time > HANG_SECONDS

    def send(self, message: Any) -> None:
        with suppress(OSError):  # a worker that is gone: receive() says so
            self.connection.send(message)

    def receive(self) -> Any:
        try:
            answer = self.connection.recv()
        except (EOFError, OSError):
            raise GameCrashed(self._describe_end()) from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _describe_end(self) -> str:
        """Of a process that ended while its game ran."""
        self.process.join(_END_SECONDS)
        code = self.process.exitcode
        if code is None or code >= 0:
            return (
                f"the game's process ended by itself (exit code {code}) while the game ran. "
                "Mend the game's adapter, which must not end it."
            )
        number = -code
        if number in _CRASHES:
            return (
                f"the game crashed (signal {number}, {signal.strsignal(number)}). "
                f"{self.crash_advice}"
            )
        return (
            f"the game's process was ended from outside (signal {number}, "
            f"{signal.strsignal(number)}). A system short of memory does so: set num_envs lower."
        )

    def end(self) -> None:
        if hasattr(self, "connection"):
            self.connection.close()
        if hasattr(self, "process") and self.process.pid is not None:
            self.process.kill()
            self.process.join()


def _describe_hang() -> UserError:
    return UserError(
        f"the game did not come back for {HANG_SECONDS:g} s and was ended. Look at its adapter: "
        "does read_state, or open, wait or loop for ever?"
    )


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
