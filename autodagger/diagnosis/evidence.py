"""What a diagnosis looks at: a training's and a test's episodes, played again."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from autodagger.dagger.checkpoint import fingerprint
from autodagger.dagger.options import TrainingOptions
from autodagger.dagger.training import plan_demonstrations
from autodagger.errors import UserError
from autodagger.files import read_object, reading
from autodagger.game.env import GameEnv
from autodagger.game.starts import StartState
from autodagger.results.layout import Results
from autodagger.rollout.episode import (
    NO_LABEL,
    Behaviour,
    Episode,
    EpisodePlan,
    OnExpertFailure,
    RolloutSpec,
)
from autodagger.rollout.pool import Rollouts
from autodagger.rollout.replay import Replay, Replays, record_replays
from autodagger.student.device import choose_device, compute_repeatably
from autodagger.student.model_file import load_student
from autodagger.student.policy import GreedyPolicy
from autodagger.student.view import View
from autodagger.task import Budget, Machine, Task

LONGER = 3
"""Failed episodes are played again with so many times their budget."""

MOST_FAILURES = 20
"""Failed episodes that are looked at."""

MOST_STEPS = 12_000
"""Steps of the training, and of the test, that are played again: some seconds."""

_LONG_LIST = 16
_DIGESTS = ("expert", "tools", "adapter", "start_states", "milestone", "options")

Facts = dict[str, Any]
"""A game state's numbers, texts and truths by their paths, e.g. `player.position.x`."""


@dataclass(frozen=True)
class Walk:
    """An episode that was played again; T is its number of steps.

    Attributes:
        replay: What was played.
        frames: T indices into `Evidence.frames`: what the student saw before each step.
        facts: T, likewise: the game's state.
    """

    replay: Replay
    frames: Sequence[int]
    facts: Sequence[Facts]

    @property
    def parting(self) -> int | None:
        """The first step at which it did not do what the expert says; None where it always did."""
        pairs = zip(self.replay.acts, self.replay.labels, strict=True)
        apart = [step for step, (act, label) in enumerate(pairs) if label not in (NO_LABEL, act)]
        return apart[0] if apart else None


@dataclass
class Evidence:
    """All of it.

    Attributes:
        task: The milestone and its expert.
        actions: The game's.
        view: What the student sees.
        budget: Steps of its episodes.
        report: Its test's report.
        training: The last iteration's metrics, of training.json.
        changed: What is another than in the training, by the names of its digests.
        frames: (F, H, W, C) uint8, the distinct screens, each alone, as the student sees them.
        shown: Episodes that it has learnt from, as far as they can be played again.
        tested: Those of its test.
        failed: Of these, the failures, at most `MOST_FAILURES`.
        longer: The failures again, with `LONGER` times the budget; by number of the episode.
        experts: Likewise, with the expert at the pad.
    """

    task: Task
    actions: Sequence[str]
    view: View
    budget: Budget
    report: Mapping[str, Any]
    training: Mapping[str, Any]
    changed: list[str]
    frames: np.ndarray
    shown: list[Walk] = field(default_factory=list)
    tested: list[Walk] = field(default_factory=list)
    failed: list[Walk] = field(default_factory=list)
    longer: dict[int, Episode] = field(default_factory=dict)
    experts: dict[int, Episode] = field(default_factory=dict)


class Stage(AbstractContextManager["Stage"]):
    """The game, for playing episodes again; a process has room for one.

    Args:
        task: Which.
    """

    def __init__(self, task: Task) -> None:
        self._starts = _load_starts(task)
        self._env = GameEnv(task.game_dir, task.rom, task.milestone)

    def __exit__(self, *_: object) -> None:
        self._env.close()

    def play(self, replay: Replay) -> Iterator[tuple[np.ndarray, dict[str, Any]]]:
        """Screen (H, W, 3) uint8 and game state before each step, and after the last one."""
        start = self._starts[replay.start_state].data
        screen, info = self._env.reset(seed=replay.seed, options={"state": start})
        yield screen, info["state"]
        for act in replay.acts:
            screen, *_, info = self._env.step(act)
            yield screen, info["state"]

    def look(self, replay: Replay, step: int) -> np.ndarray:
        """The screen before a step, or after the last one."""
        screen, _ = next(itertools.islice(self.play(replay), step, None))
        return screen


def gather(task: Task, results: Results, options: TrainingOptions, machine: Machine) -> Evidence:
    """Plays again what was recorded of a student, and its failures for longer.

    Args:
        task: The milestone and its expert.
        results: Of the run.
        options: Of the training.
        machine: What to compute on.

    Raises:
        UserError: The student has no test, or a file of it cannot be read.
    """
    name = task.milestone.id
    budget = _read_budget(results, name)
    student, _ = load_student(results.best(name))
    report = read_object(results.student_report(name), "student's test")
    training = read_object(results.training(name), "training")
    tests = Replays.read(results.student_replays(name))
    failed = [one for one in tests.episodes if not one.success][:MOST_FAILURES]
    with reading("training", results.training(name)):
        last, digests = training["iterations"][-1], training["digests"]
    now = fingerprint(task, options, budget)
    changed = [key for key in _DIGESTS if now[key] != digests.get(key)]
    view = student.args.view
    evidence = Evidence(task, tests.actions, view, budget, report, last, changed, np.empty(0))
    if not failed:
        return evidence
    torch.set_num_threads(machine.threads)
    compute_repeatably()
    policy = GreedyPolicy(student, choose_device(machine.cuda))
    demonstrations = _play_in_pool(evidence, options, machine, failed, policy)
    rollouts = Replays.read(results.rollouts(name)).episodes
    others = [replay for replay in tests.episodes if replay.success]
    _walk(evidence, _limit([*demonstrations, *rollouts]), [*failed, *_limit(others)])
    evidence.failed = [walk for walk in evidence.tested if walk.replay in failed]
    return evidence


def flatten(state: Mapping[str, Any]) -> Facts:
    """A game state's plain values by their paths; long lists, such as maps, are left out."""
    facts: Facts = {}

    def visit(path: str, value: Any) -> None:
        if isinstance(value, Mapping):
            for key, one in value.items():
                visit(f"{path}.{key}" if path else str(key), one)
        elif isinstance(value, list | tuple):
            for number, one in enumerate(value if len(value) <= _LONG_LIST else ()):
                visit(f"{path}[{number}]", one)
        elif value is None or isinstance(value, bool | int | float | str):
            facts[path] = value

    visit("", state)
    return facts


def _read_budget(results: Results, name: str) -> Budget:
    for path, what in (
        (results.budget(name), "budget"),
        (results.best(name), "student"),
        (results.student_replays(name), "test"),
    ):
        if not Path(path).is_file():
            raise UserError(
                f"milestone {name}: there is no {what} yet ({path}). Expected a student that was "
                "trained and tested: run the workflow first (make demo)."
            )
    return Budget.read(results.budget(name))


def _load_starts(task: Task) -> dict[str, StartState]:
    return {start.name: start for start in (*task.load_starts(), *task.load_test_starts())}


def _play_in_pool(
    evidence: Evidence,
    options: TrainingOptions,
    machine: Machine,
    failed: Sequence[Replay],
    policy: GreedyPolicy,
) -> list[Replay]:
    """The demonstrations anew (nobody kept them), and the failures for longer, by both players."""
    task, starts = evidence.task, _load_starts(evidence.task)
    longest = max(LONGER * evidence.budget.max_episode_steps, 1)
    plans = [EpisodePlan(replay.seed, starts[replay.start_state]) for replay in failed]
    numbers = [replay.episode for replay in failed]
    unconfined = machine.unconfined_experts
    spec = RolloutSpec(task, longest, evidence.view, unconfined)
    with Rollouts(spec, machine.num_envs) as pool:
        goes_on = Behaviour(on_expert_failure=OnExpertFailure.GO_ON)
        evidence.longer = dict(zip(numbers, pool.play(plans, goes_on, policy), strict=True))
        evidence.experts = dict(zip(numbers, pool.play(plans, Behaviour()), strict=True))
    spec = RolloutSpec(task, evidence.budget.max_episode_steps, evidence.view, unconfined)
    with Rollouts(spec, machine.num_envs) as pool:
        plans = plan_demonstrations(task, options)
        shown = pool.play(plans, Behaviour(1.0, options.dart_noise))
    return record_replays(shown, "demonstration", 0)


def _limit(replays: Sequence[Replay]) -> list[Replay]:
    """The first ones, up to `MOST_STEPS` steps."""
    totals = np.cumsum([len(replay.acts) for replay in replays])
    return [one for one, total in zip(replays, totals, strict=True) if total <= MOST_STEPS]


def _walk(evidence: Evidence, shown: Sequence[Replay], tested: Sequence[Replay]) -> None:
    """Plays them again, and keeps what was seen."""
    view = View(evidence.view.frame_size, evidence.view.grayscale)
    index: dict[bytes, int] = {}
    frames: list[np.ndarray] = []

    def walk(stage: Stage, replay: Replay) -> Walk:
        seen: list[int] = []
        facts: list[Facts] = []
        for screen, state in stage.play(replay):
            frame = view.see(screen)
            number = index.setdefault(view.digest(frame), len(frames))
            if number == len(frames):
                frames.append(frame)
            seen.append(number)
            now = flatten(state)
            facts.append(facts[-1] if facts and facts[-1] == now else now)
        steps = len(replay.acts)
        return Walk(replay, seen[:steps], facts[:steps])

    with Stage(evidence.task) as stage:
        evidence.shown = [walk(stage, replay) for replay in shown if replay.acts]
        evidence.tested = [walk(stage, replay) for replay in tested if replay.acts]
    evidence.frames = np.array(frames)
