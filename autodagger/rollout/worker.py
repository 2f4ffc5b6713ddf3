"""The process behind one environment: a game and an expert, confined, driven over a pipe.

It plays whole episodes. The expert runs beside the game, so the game state never crosses a
process boundary, and of a student it remembers what it answered: only an observation that is new
to this process is sent to the parent, through memory that both share. Waking another process and
waiting for it costs a third of a step.
"""

import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import numpy as np

from autodagger.errors import UserError
from autodagger.expert.expert import Expert, ExpertError
from autodagger.expert.sandbox import confine
from autodagger.game.env import GameEnv
from autodagger.game.starts import StartState
from autodagger.processes import die_with_parent
from autodagger.rollout.episode import (
    NO_LABEL,
    Behaviour,
    Episode,
    EpisodePlan,
    ObsRecord,
    OnExpertFailure,
    Outcome,
    RolloutSpec,
)


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
        playing: N bytes, 1 while a worker's game runs and 0 while its expert or nobody does: who
            ended the process, if it ends.
    """

    obs: Any
    beats: Any
    playing: Any


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


def _play(worker: "_Worker", plan: EpisodePlan, behaviour: Behaviour, student: int | None) -> Any:
    try:
        return worker.play(plan, behaviour, student)
    except UserError as error:
        return error
    except MemoryError:  # the expert hoards it: the process ends, and with it the episode
        worker.leave_game()
        raise
    except Exception:  # the adapter's, or this program's: its place would be lost on the way
        return RuntimeError(f"environment, episode:\n{traceback.format_exc()}")


class _Worker:
    def __init__(
        self, spec: RolloutSpec, shared: Shared, slot: int, ask: Callable[[Question], int]
    ) -> None:
        self._spec, self._ask = spec, ask
        task = spec.task
        self._asked = np.frombuffer(shared.obs, np.uint8).reshape(-1, *spec.view.shape)[slot]
        self._beats = np.frombuffer(shared.beats, np.uint64)[slot : slot + 1]
        self._playing, self._slot = shared.playing, slot
        self._playing[slot] = 1
        self._env = GameEnv(task.game_dir, task.rom, task.milestone, spec.max_steps)
        self._playing[slot] = 0
        self._student: int | None = None
        self._answers: dict[Question, int] = {}
        confine()
        self._expert = Expert(task.expert, task.tools, self._env.game.actions)

    def play(self, plan: EpisodePlan, behaviour: Behaviour, student: int | None) -> Episode:
        """One episode from its reset to its end; `student` None: the expert acts."""
        if student != self._student:
            self._student, self._answers = student, {}
        without_data = replace(plan, start=StartState(plan.start.name, None))  # the parent has it
        episode, record = Episode(without_data), ObsRecord()
        rng = np.random.default_rng([plan.seed, 1])  # apart from the environment's own
        self._playing[self._slot] = 1
        screen, info = self._env.reset(seed=plan.seed, options={"state": plan.start.data})
        self._playing[self._slot] = 0
        self._start_expert(episode, behaviour)
        while True:
            self._beats += 1
            label = self._get_label(episode, behaviour, info["state"])
            if episode.outcome is not Outcome.RUNNING:
                break
            if behaviour.keep_obs or student is not None:
                record.look(self._spec.view.see(screen), behaviour.keep_obs)
            act = self._choose(record, episode, label, behaviour, rng)
            episode.acts.append(act)
            episode.labels.append(label)
            self._playing[self._slot] = 1
            screen, _, terminated, truncated, info = self._env.step(act)
            self._playing[self._slot] = 0
            episode.frames += info["frames"]
            if terminated:
                episode.outcome = Outcome.REACHED if info["success"] else Outcome.LOST
                break
            if truncated:
                episode.outcome = Outcome.TIMEOUT
                break
        return self._finish(episode, behaviour, record)

    def leave_game(self) -> None:
        """Says that the end of this process would not be the game's."""
        self._playing[self._slot] = 0

    def _start_expert(self, episode: Episode, behaviour: Behaviour) -> None:
        try:
            self._expert.start_episode()
        except ExpertError as error:
            self._fail_expert(episode, behaviour, error)

    def _get_label(self, episode: Episode, behaviour: Behaviour, state: dict[str, Any]) -> int:
        """The expert's action index, or NO_LABEL from its first error on."""
        if episode.error is None:
            try:
                return self._expert.act(state)
            except ExpertError as error:
                self._fail_expert(episode, behaviour, error)
        return NO_LABEL

    def _fail_expert(self, episode: Episode, behaviour: Behaviour, error: ExpertError) -> None:
        episode.error = str(error)
        if behaviour.on_expert_failure is OnExpertFailure.END:
            episode.outcome = Outcome.ERROR

    def _choose(
        self,
        record: ObsRecord,
        episode: Episode,
        label: int,
        behaviour: Behaviour,
        rng: np.random.Generator,
    ) -> int:
        """The action to take; draws from `rng` whatever comes of it, so that seeds stay in step."""
        beta, noise = behaviour.beta, behaviour.noise
        expert_acts = self._student is None or (beta > 0 and rng.random() < beta)
        if expert_acts and label != NO_LABEL:
            act = label
        else:
            sees_action = self._spec.view.previous_action and episode.acts
            act = self._get_answer(record, episode.acts[-1] if sees_action else 0)
        if noise > 0 and rng.random() < noise:
            act = int(rng.integers(len(self._env.game.actions)))
        return act

    def _get_answer(self, record: ObsRecord, prev_act: int) -> int:
        """What the student does; asked once about equal inputs."""
        question = Question(record.digest, prev_act)
        answer = self._answers.get(question)
        if answer is None:
            self._asked[:] = record.obs
            answer = self._answers[question] = self._ask(question)
        return answer

    def _finish(self, episode: Episode, behaviour: Behaviour, record: ObsRecord) -> Episode:
        if behaviour.keep_obs:
            shape = (-1, *self._spec.view.shape)
            episode.distinct_obs = np.array(record.kept, np.uint8).reshape(shape)
            episode.obs_index = record.index
        if episode.outcome is not Outcome.REACHED:
            episode.log = self._expert.log
        elif behaviour.keep_state:
            episode.state = self._env.simulator.save()
        return episode
