"""Journeys: the whole game in one go, with a judge that knows which milestone is due.

A worker of the rollout engine plays them. The judge reads the game's memory; who plays sees the
screen alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, ClassVar

import numpy as np

from autodagger.agent.memory import Memory
from autodagger.expert.expert import Expert
from autodagger.game.env import GameEnv
from autodagger.game.milestone import Milestone
from autodagger.game.predicate import Predicate
from autodagger.game.starts import StartState
from autodagger.rollout.episode import NO_LABEL, Episode, EpisodePlan, ObsRecord, Outcome
from autodagger.rollout.worker import Labels, Link, open_expert
from autodagger.student.view import View, Watcher
from autodagger.task import Task

NO_BELIEF = -1
"""Where an expert plays in the agent's place."""

RESCUE_LIMITS = 2
"""A milestone's limits that its expert has to rescue a journey."""


class Driver(StrEnum):
    """Who plays."""

    EXPERTS = "experts"  # that of the due milestone
    STUDENTS = "students"  # likewise: the judge says which
    AGENT = "agent"  # from the screen alone


@dataclass(frozen=True)
class JourneySpec:
    """What a worker needs to play journeys.

    Attributes:
        tasks: The milestones in their order; the first one starts at power-on.
        limits: Steps after which a journey is stuck in a milestone.
        view: What a player sees.
        unconfined: Whether experts may run where they cannot be confined.
    """

    tasks: tuple[Task, ...]
    limits: tuple[int, ...]
    view: View
    unconfined: bool = False

    @property
    def task(self) -> Task:
        """The first one: all have the same game."""
        return self.tasks[0]


@dataclass(frozen=True)
class JourneyPlan(EpisodePlan):
    """A journey before it is played.

    Attributes:
        first: Index of the milestone that is due at its start.
        end: Index of the one that it ends before; None: after the last one.
    """

    first: int = 0
    end: int | None = None


@dataclass(frozen=True)
class Conduct:
    """Who acts in a journey, and what is kept of it.

    Attributes:
        driver: Who.
        noise: A random action is taken with this probability.
        labelled: Whether the due milestone's expert is asked at each step.
        rescue: Whether a stuck journey goes on: the expert plays to the milestone's end, and then
            the agent, which is told where it is.
        keep_obs: Whether it keeps what was seen.
    """

    driver: Driver
    noise: float = 0.0
    labelled: bool = True
    rescue: bool = False
    keep_obs: bool = False

    @property
    def needs_student(self) -> bool:
        """Whether experts alone cannot play so."""
        return self.driver is not Driver.EXPERTS


@dataclass
class Journey(Episode):
    """A journey after it was played; T is its number of steps.

    Attributes:
        due: T milestone indices, the one due before each step.
        beliefs: T indices, the one that the agent believed in when it acted, or `NO_BELIEF`;
            empty where no agent played.
        passed: Index of the milestone due at its end: so many were reached, from power-on.
        rescued: Those that the expert had to finish.
    """

    due: list[int] = field(default_factory=list)
    beliefs: list[int] = field(default_factory=list)
    passed: int = 0
    rescued: list[int] = field(default_factory=list)


class Judge:
    """Knows from the game's state which milestone is due.

    Args:
        milestones: In their order.
        limits: See `JourneySpec`.

    Attributes:
        due: Index of the milestone that is due; their number when all are reached.
        steps: Taken since.
    """

    def __init__(self, milestones: Sequence[Milestone], limits: Sequence[int]) -> None:
        self._limits = limits
        self._done = [Predicate(one.id, "done_when", one.done_when) for one in milestones]
        self._lost = [
            Predicate(one.id, "fail_when", one.fail_when) if one.fail_when else None
            for one in milestones
        ]
        self.due = self.steps = self._end = 0

    def begin(self, plan: EpisodePlan, state: dict[str, Any]) -> Outcome:
        """How a journey stands when it starts: it may be over."""
        first, end = (plan.first, plan.end) if isinstance(plan, JourneyPlan) else (0, None)
        self._end = len(self._done) if end is None else end
        self.due, self.steps = first, 0
        self._move_on(state)
        return Outcome.REACHED if self.due >= self._end else Outcome.RUNNING

    def judge(self, state: dict[str, Any], has_ended: bool) -> Outcome:
        """How the journey stands after a step."""
        self.steps += 1
        self._move_on(state)
        if self.due >= self._end:
            return Outcome.REACHED
        lost = self._lost[self.due]
        if has_ended or (lost and lost.holds(state)):
            return Outcome.LOST
        return Outcome.TIMEOUT if self.steps >= self._limits[self.due] else Outcome.RUNNING

    def grant(self, limits: int) -> None:
        """So many times the milestone's limit more."""
        self.steps -= limits * self._limits[self.due]

    def _move_on(self, state: dict[str, Any]) -> None:
        """Over all that is reached, also where it is so when it begins."""
        while self.due < self._end and self._done[self.due].holds(state):
            self.due, self.steps = self.due + 1, 0


class JourneyPlayer:
    """Plays journeys.

    Args:
        spec: Over which milestones.
        link: To the parent.
    """

    episode: ClassVar[type[Episode]] = Journey

    def __init__(self, spec: JourneySpec, link: Link) -> None:
        self.spec, self.link = spec, link
        first = spec.tasks[0]
        self.env = GameEnv(first.game_dir, first.rom)
        self.judge = Judge([task.milestone for task in spec.tasks], spec.limits)
        self._experts: dict[int, Expert] = {}

    def play(self, plan: EpisodePlan, behaviour: Conduct, student: int | None) -> Journey:
        """One journey from its start to its end."""
        self.link.face(student)
        return _Run(self, plan, behaviour).play()

    def get_expert(self, due: int) -> Expert:
        """The expert of a milestone; its process lives as long as this one."""
        if due not in self._experts:
            self._experts[due] = open_expert(self.spec.tasks[due], self.env.game, self.link)
        return self._experts[due]


class _Run:
    """One journey while it is played."""

    def __init__(self, player: JourneyPlayer, plan: EpisodePlan, conduct: Conduct) -> None:
        self._player, self._plan, self._conduct = player, plan, conduct
        self._env, self._judge, self._link = player.env, player.judge, player.link
        self._rng = np.random.default_rng([plan.seed, 1])  # apart from the environment's own
        without_data = replace(plan, start=StartState(plan.start.name, None))  # the parent has it
        self._journey, self._record = Journey(without_data), ObsRecord()
        self._labels: Labels | None = None
        self._rescued = False

    def play(self) -> Journey:
        plan, conduct, journey, judge = self._plan, self._conduct, self._journey, self._judge
        screen, info = self._env.reset(seed=plan.seed, options={"state": plan.start.data})
        journey.first = View.digest(screen)
        journey.outcome = judge.begin(plan, info["state"])
        self._memory = Memory(judge.due).pack()
        watcher = Watcher(self._player.spec.view)
        while journey.outcome is Outcome.RUNNING:
            self._link.beat()
            journey.due.append(judge.due)
            self._ask_expert(info["state"], screen)
            self._record.look(watcher.see(screen), conduct.keep_obs)
            act = self._choose()
            if act == NO_LABEL:
                journey.outcome = Outcome.ERROR
                break
            journey.acts.append(act)
            screen, _, _, _, info = self._env.step(act)
            journey.frames += info["frames"]
            self._end_step(info["state"])
        return self._finish()

    def _ask_expert(self, state: dict[str, Any], screen: np.ndarray) -> None:
        if not self._conduct.labelled and self._conduct.driver is not Driver.EXPERTS:
            return
        due = self._journey.due
        if len(due) == 1 or due[-2] != due[-1]:
            self._collect_labels()
            self._labels = Labels(self._player.get_expert(due[-1]), self._plan.seed)
        assert self._labels is not None
        self._labels.ask(state, screen)

    def _collect_labels(self) -> None:
        if self._labels is not None:
            self._journey.labels += self._labels.get_all()
            if self._labels.error:
                self._journey.error = self._journey.error or str(self._labels.error)
            self._labels = None

    def _choose(self) -> int:
        """The action to take; `NO_LABEL` where an expert that should act has failed."""
        conduct, journey, record = self._conduct, self._journey, self._record
        expert_acts = self._rescued or conduct.driver is Driver.EXPERTS
        if expert_acts:
            assert self._labels is not None
            act = self._labels.get_last()
        elif conduct.driver is Driver.STUDENTS:
            sees_action = self._player.spec.view.previous_action and journey.acts
            context = (self._judge.due, journey.acts[-1] if sees_action else 0)
            act = int(self._link.get_answer(record, context))
        else:
            act, self._memory = self._link.get_answer(record, self._memory)
        if act == NO_LABEL:
            return NO_LABEL
        if conduct.driver is Driver.AGENT:
            belief = NO_BELIEF if expert_acts else Memory.unpack(self._memory).belief
            journey.beliefs.append(belief)
        if not self._rescued and conduct.noise > 0 and self._rng.random() < conduct.noise:
            act = int(self._rng.integers(len(self._env.game.actions)))
            if not expert_acts and conduct.driver is Driver.AGENT:
                self._memory = replace(Memory.unpack(self._memory), prev_act=act).pack()
        return act

    def _end_step(self, state: dict[str, Any]) -> None:
        journey, judge = self._journey, self._judge
        before = judge.due
        journey.outcome = judge.judge(state, self._env.simulator.has_ended)
        if journey.outcome is Outcome.RUNNING and self._rescued and judge.due != before:
            self._rescued = False
            self._memory = Memory(judge.due, 0, journey.acts[-1]).pack()
        if journey.outcome is Outcome.TIMEOUT and self._conduct.rescue and not self._rescued:
            self._rescued, journey.outcome = True, Outcome.RUNNING
            journey.rescued.append(judge.due)
            judge.grant(RESCUE_LIMITS)

    def _finish(self) -> Journey:
        journey, record = self._journey, self._record
        self._collect_labels()
        steps = len(journey.acts)
        journey.labels = (journey.labels or [NO_LABEL] * steps)[:steps]
        journey.due, journey.passed = journey.due[:steps], self._judge.due
        if self._conduct.keep_obs:
            journey.obs_index = record.index[:steps]
            distinct = record.kept[: max(journey.obs_index, default=-1) + 1]
            shape = (-1, *self._player.spec.view.shape)
            journey.distinct_obs = np.array(distinct, np.uint8).reshape(shape)
        return journey
