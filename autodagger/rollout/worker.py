"""The process behind one environment: a game and its judge, driven over a pipe.

It plays whole episodes, and runs no line of an expert's, which has a process of its own. Waking
another process and waiting for it costs a third of a step. So an expert's label is waited for only
where it is acted upon, and of a student this process remembers what it answered: only an
observation that is new here is sent to the parent, through memory that both share.
"""

import socket
import traceback
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

import numpy as np

from autodagger.errors import UserError
from autodagger.expert.desk import Desk
from autodagger.expert.expert import Expert, ExpertError
from autodagger.expert.vision import Oracle
from autodagger.game.contract import Game
from autodagger.game.starts import StartState
from autodagger.processes import die_with_parent
from autodagger.rollout.episode import (
    NO_LABEL,
    Actor,
    Answer,
    Behaviour,
    Context,
    Episode,
    EpisodePlan,
    ObsRecord,
    OnExpertFailure,
    Outcome,
    RolloutSpec,
)
from autodagger.student.view import View, Watcher
from autodagger.task import Task

if TYPE_CHECKING:
    from autodagger.game.env import GameEnv


class Question(NamedTuple):
    """What would the student do? Its observation lies in the shared memory.

    Attributes:
        digest: Of the observation.
        context: What else the answer depends on. Of a student, the action before: 0 at the start of
            an episode, and where it is not looked at.
    """

    digest: bytes
    context: Context


@dataclass(frozen=True)
class Shared:
    """Memory that parent and workers share; a worker writes to its own row.

    Attributes:
        obs: (N, H, W, C) bytes, the observations asked about.
        beats: N counters of steps and answers, which show that a worker is alive.
    """

    obs: Any
    beats: Any


class Link:
    """A worker's connection to the program that started it, and to where experts come from.

    Args:
        connection: To the parent.
        shared: Memory shared with it.
        slot: The worker's row there.
        shape: (H, W, C) of an observation.
        door: See `autodagger.expert.jail.Jail`.
    """

    def __init__(
        self,
        connection: Connection,
        shared: Shared,
        slot: int,
        shape: tuple[int, int, int],
        door: socket.socket,
    ) -> None:
        self.door = door
        self._connection = connection
        self._asked = np.frombuffer(shared.obs, np.uint8).reshape(-1, *shape)[slot]
        self._beats = np.frombuffer(shared.beats, np.uint64)[slot : slot + 1]
        self._student: int | None = None
        self._answers: dict[Question, Answer] = {}
        self._questions = [0, 0]

    def beat(self) -> None:
        """Shows that the worker is alive."""
        self._beats += 1

    def count_question(self, is_new: bool) -> None:
        """Takes note of a question to the vision model, and whether it had to be asked."""
        self._questions[not is_new] += 1

    def take_questions(self) -> tuple[int, int]:
        """How many were asked since the last time, and how many answered from the file."""
        (new, kept), self._questions = self._questions, [0, 0]
        return new, kept

    def face(self, student: int | None) -> None:
        """From now on, answers are this student's."""
        if student != self._student:
            self._student, self._answers = student, {}

    def get_answer(self, record: ObsRecord, context: Context) -> Any:
        """What the student does; asked once about equal inputs."""
        question = Question(record.digest, context)
        answer = self._answers.get(question)
        if answer is None:
            self._asked[:] = record.obs
            answer = self._answers[question] = self._ask(question)
        return answer

    def _ask(self, question: Question) -> Answer:
        try:
            self._connection.send(question)
            answer: Answer = self._connection.recv()
            return answer
        except (EOFError, OSError):  # in the midst of an episode
            raise SystemExit from None


class Player(Protocol):
    """What a worker plays: episodes of a milestone, or anything else that is asked of a pool.

    Attributes:
        episode: The kind of episode it gives.
        env: The game's.
    """

    episode: ClassVar[type[Episode]]
    env: "GameEnv"

    def __init__(self, spec: Any, link: Link) -> None: ...

    def play(self, plan: EpisodePlan, behaviour: Any, student: int | None) -> Episode:
        """One episode from its reset to its end; `student` None: the expert acts."""


def serve(
    connection: Connection,
    shared: Shared,
    slot: int,
    spec: Any,
    door: socket.socket,
    player: type[Player],
) -> None:
    """A worker's life: builds the environment, plays until the pipe ends.

    A message is the arguments of `Player.play`; the answer is its episode, after any number of
    questions, or the error that is nobody's but the game's. The first message sent is the height
    and width of the game's screen, or the error that kept the environment or expert from loading.
    """
    die_with_parent()
    try:
        link = Link(connection, shared, slot, spec.view.shape, door)
        worker = player(spec, link)
    except (UserError, ExpertError) as error:
        connection.send(error)
        return
    except Exception:
        connection.send(RuntimeError(f"environment, start:\n{traceback.format_exc()}"))
        return
    try:
        height, width, _ = worker.env.simulator.screen_shape
        connection.send((height, width))
        while True:
            connection.send(_play(worker, link, *connection.recv()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the parent closed the pool, or is gone


def _play(
    worker: Player, link: Link, plan: EpisodePlan, behaviour: Any, student: int | None
) -> Any:
    try:
        episode = worker.play(plan, behaviour, student)
        episode.questions = link.take_questions()
        return episode
    except (UserError, ExpertError) as error:
        return error
    except Exception:  # the adapter's, or this program's: its place would be lost on the way
        return RuntimeError(f"environment, episode:\n{traceback.format_exc()}")


class EpisodePlayer:
    """Plays episodes of one milestone.

    Args:
        spec: Which one.
        link: To the parent.
    """

    episode: ClassVar[type[Episode]] = Episode

    def __init__(self, spec: RolloutSpec, link: Link) -> None:
        from autodagger.game.env import GameEnv  # not before: the parent needs no gymnasium

        self._spec, self._link = spec, link
        task = spec.task
        self.env = GameEnv(task.game_dir, task.rom, task.milestone, spec.max_steps)
        self._expert = open_expert(task, self.env.game, link)

    def play(self, plan: EpisodePlan, behaviour: Behaviour, student: int | None) -> Episode:
        """One episode from its reset to its end; `student` None: the expert acts."""
        self._link.face(student)
        without_data = replace(plan, start=StartState(plan.start.name, None))  # the parent has it
        episode, record = Episode(without_data), ObsRecord()
        rng = np.random.default_rng([plan.seed, 1])  # apart from the environment's own
        screen, info = self.env.reset(seed=plan.seed, options={"state": plan.start.data})
        episode.first = View.digest(screen)
        if info["success"]:
            episode.outcome = Outcome.REACHED
        frames: list[int] = []
        watcher = Watcher(self._spec.view)
        labels = Labels(self._expert, plan.seed)
        ends_with_expert = behaviour.on_expert_failure is OnExpertFailure.END
        while episode.outcome is Outcome.RUNNING and not (ends_with_expert and labels.error):
            self._link.beat()
            labels.ask(info["state"], screen)
            if behaviour.keep_obs or student is not None:
                record.look(watcher.see(screen), behaviour.keep_obs)
            act, actor = self._choose(record, episode, labels, behaviour, rng, student)
            if act == NO_LABEL:
                break
            episode.acts.append(act)
            episode.actors.append(int(actor))
            screen, _, terminated, truncated, info = self.env.step(act)
            frames.append(info["frames"])
            if terminated:
                episode.outcome = Outcome.REACHED if info["success"] else Outcome.LOST
            elif truncated:
                episode.outcome = Outcome.TIMEOUT
        episode.labels = labels.get_all()[: len(frames)]
        episode.error = str(labels.error) if labels.error else None
        if labels.error and ends_with_expert:
            episode.outcome = Outcome.ERROR
            for one_a_step in (episode.acts, episode.labels, episode.actors):
                del one_a_step[labels.count :]
        episode.frames = sum(frames[: episode.steps])
        return self._finish(episode, behaviour, record)

    def _choose(
        self,
        record: ObsRecord,
        episode: Episode,
        labels: "Labels",
        behaviour: Behaviour,
        rng: np.random.Generator,
        student: int | None,
    ) -> tuple[int, Actor]:
        """The action to take, NO_LABEL where an expert that should act has failed; and whose it is.

        Draws from `rng` whatever comes of it, so that seeds stay in step.
        """
        beta, noise = behaviour.beta, behaviour.noise
        expert_acts = student is None or (beta > 0 and rng.random() < beta)
        act, actor = labels.get_last() if expert_acts else NO_LABEL, Actor.EXPERT
        if act == NO_LABEL:
            if expert_acts and behaviour.on_expert_failure is OnExpertFailure.END:
                return NO_LABEL, actor
            sees_action = self._spec.view.previous_action and episode.acts
            act = int(self._link.get_answer(record, episode.acts[-1] if sees_action else 0))
            actor = Actor.STUDENT
        if noise > 0 and rng.random() < noise:
            act, actor = int(rng.integers(len(self.env.game.actions))), Actor.CHANCE
        return act, actor

    def _finish(self, episode: Episode, behaviour: Behaviour, record: ObsRecord) -> Episode:
        if behaviour.keep_obs:
            shape = (-1, *self._spec.view.shape)
            episode.obs_index = record.index[: episode.steps]
            distinct = record.kept[: max(episode.obs_index, default=-1) + 1]
            episode.distinct_obs = np.array(distinct, np.uint8).reshape(shape)
        if episode.outcome is not Outcome.REACHED:
            episode.log = self._expert.log
        elif behaviour.keep_state:
            episode.state = self.env.simulator.save()
        return episode


def open_expert(task: Task, game: Game, link: Link) -> Expert:
    """A milestone's expert, in a process of its own."""
    return Expert(
        task.expert,
        task.tools,
        game.actions,
        link.door,
        data=task.game_dir / "data",
        answers=game.answers,
        desk=Desk(Oracle(task.vision, link.count_question, link.beat), game.channel_bits),
        on_answer=link.beat,
    )


class Labels:
    """The expert's labels of an episode, as they come.

    Attributes:
        error: The expert's first, as far as is known.
        count: States labelled before it.
    """

    def __init__(self, expert: Expert, seed: int) -> None:
        self._expert = expert
        self._labels: list[int] = []
        self.error: ExpertError | None = None
        self.count = 0
        try:
            expert.start_episode(seed)
        except ExpertError as error:
            self.error = error

    def ask(self, state: dict[str, Any], screen: np.ndarray) -> None:
        """Has the next state labelled; the screen is the expert's to ask about, and kept."""
        if self.error:
            self._labels.append(NO_LABEL)
            return
        try:
            self._expert.ask(state, screen)
        except (TypeError, ValueError) as error:
            raise UserError(
                f"the game's adapter: read_state gave what JSON cannot say ({error}). Let it "
                "return numbers, texts, lists and dicts of Python's own."
            ) from error

    def get_last(self) -> int:
        """The last state's label, NO_LABEL from the expert's first error on."""
        return self.get_all()[-1]

    def get_all(self) -> list[int]:
        """The labels of all states."""
        for answer in self._expert.collect() if not self.error else ():
            if isinstance(answer, ExpertError):
                self.error = answer
                self._labels.append(NO_LABEL)
            else:
                self._labels.append(answer)
                self.count += 1
        return self._labels
