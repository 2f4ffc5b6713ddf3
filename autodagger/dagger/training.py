"""DAgger: the student plays, the expert labels what it visits, the student learns from all of it.

Ross, Gordon and Bagnell 2011, "A Reduction of Imitation Learning and Structured Prediction to
No-Regret Online Learning". Iteration 0 clones the expert's demonstrations. Every iteration trains
on all labelled states, then lets the student play: those episodes are its evaluation and, labelled,
the next iteration's new data.
"""

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from autodagger.dagger.checkpoint import Checkpoint, fingerprint
from autodagger.dagger.dataset import Dataset
from autodagger.dagger.learner import FitResult, fit
from autodagger.dagger.metrics import IterationMetrics, Score
from autodagger.dagger.options import TrainingOptions
from autodagger.files import sha256_file, write_bytes, write_json
from autodagger.game.save_state import naming_state
from autodagger.game.starts import StartState
from autodagger.rollout.episode import (
    Behaviour,
    Episode,
    EpisodePlan,
    RolloutSpec,
    plan_episodes,
)
from autodagger.rollout.pool import Rollouts
from autodagger.rollout.replay import Replay, Replays, record_replays
from autodagger.student.device import choose_device, compute_repeatably, name_device
from autodagger.student.model_file import Origin, save_student
from autodagger.student.networks import NetworkArgs, Student
from autodagger.student.policy import GreedyPolicy
from autodagger.task import Budget, Machine, Progress, Task

CONFIRMING_ROUNDS = 5
"""Rounds of episodes_per_iter episodes that a student has to pass before training ends early."""

FINALISTS = 3
"""Students that are evaluated once more when training did not end early, so that luck in one
evaluation does not decide which is best."""


class Tracker(Protocol):
    """Where metrics go besides training.json, see `autodagger.workflow.tracking`."""

    def log(self, metrics: Mapping[str, Any]) -> None:
        """One iteration's metrics."""


@dataclass
class Iteration:
    """One iteration, trained and evaluated.

    Attributes:
        metrics: What training.json says of it.
        weights: The student's weights after it.
        rollouts: The evaluation's episodes.
        collected: Those that were played for it before, with the expert acting.
    """

    metrics: IterationMetrics
    weights: dict[str, Tensor] = field(repr=False)
    rollouts: list[Replay] = field(repr=False)
    collected: list[Replay] = field(repr=False)


def get_beta(schedule: str, iteration: int, iterations: int) -> float:
    """The expert's share of the actions taken when data for `iteration` are collected.

    "first": 1 for the demonstrations, then 0 (what Ross et al. found to work best); "linear": falls
    from 1 to 0 over the iterations; "exponential": halves each time.
    """
    if iteration == 0:
        return 1.0
    if schedule == "linear":
        return max(0.0, 1.0 - iteration / max(1, iterations - 1))
    if schedule == "exponential":
        return float(0.5**iteration)
    return 0.0


def train_student(
    task: Task,
    options: TrainingOptions,
    budget: Budget,
    machine: Machine,
    *,
    checkpoint_dir: Path,
    outputs: Mapping[str, Path],
    progress: Progress,
    tracker: Tracker | None = None,
    keep_checkpoint: bool = False,
) -> dict[str, Any]:
    """Turns a milestone's expert into a student, continuing where an earlier call was killed.

    Or where it ended, if its checkpoint was kept: more iterations go on after the last one, fewer
    take the first ones, and either gives what a training with that number from the start gives.

    Args:
        task: The milestone and its expert.
        options: See config.yaml.
        budget: The student's episodes, and what it is measured against.
        machine: What to compute on.
        checkpoint_dir: Holds the training's state.
        outputs: Files to write: `best`, `final`, `training`, and episodes: `demonstrations`, in
            which the expert acted, and `trajectories`, the evaluations.
        progress: Told of each iteration.
        tracker: Gets each iteration's metrics.
        keep_checkpoint: Whether the state stays when the training has completed.

    Returns:
        The content of training.json.

    Raises:
        ExpertError: The expert fails to load.
    """
    torch.set_num_threads(machine.threads)
    compute_repeatably()
    digests = fingerprint(task, options, budget)
    shared = fingerprint(task, options.of_an_iteration, budget)
    checkpoint = Checkpoint(checkpoint_dir, shared, progress)
    spec = RolloutSpec(task, budget.max_episode_steps, options.view, machine.unconfined_experts)
    with Rollouts(spec, machine.num_envs, progress=progress) as rollouts:
        device = choose_device(machine.cuda)
        print(f"training on {name_device(device)}", file=sys.stderr)  # to the log
        training = _Training(task, options, budget, rollouts, device, progress)
        with naming_state(task.starts):
            training.run(checkpoint, tracker)
        report = training.write(outputs, digests)
    checkpoint.finish(keep_checkpoint)
    return report


def _split(
    starts: Sequence[StartState], fewest: int
) -> tuple[Sequence[StartState], Sequence[StartState]]:
    """Those of the expert's demonstrations, and those of the student's own episodes.

    A student that has been shown the way from a start goes it again whatever it has understood:
    only from others do its failures show, to be labelled, and its successes say something. Where
    there would be fewer than `fewest` of a kind, all are of both.
    """
    half = len(starts) // 2
    return (starts[:half], starts[half:]) if half >= fewest else (starts, starts)


def plan_demonstrations(task: Task, options: TrainingOptions) -> list[EpisodePlan]:
    """The expert's episodes of iteration 0: at least one from each of its starts.

    Labels are cheap, unseen places are not.
    """
    shown, _ = _split(task.load_starts(), options.episodes_per_iter)
    return plan_episodes(task, shown, max(options.episodes_per_iter, len(shown)), "collect", 0)


class _Training:
    def __init__(
        self,
        task: Task,
        options: TrainingOptions,
        budget: Budget,
        rollouts: Rollouts,
        device: torch.device,
        progress: Progress,
    ) -> None:
        self._task, self._options, self._budget = task, options, budget
        self._rollouts, self._device, self._progress = rollouts, device, progress
        self._shown, self._own = _split(task.load_starts(), options.episodes_per_iter)
        self._dataset = Dataset(options.view)
        actions = task.load_game().actions
        self._args = NetworkArgs(options.network, options.hidden_dim, options.view, actions)
        torch.manual_seed(task.derive_seed("network"))
        self._student = Student(self._args).to(device)
        self._iterations: list[Iteration] = []
        self._stopped = "dagger_iterations"

    def run(self, checkpoint: Checkpoint, tracker: Tracker | None) -> None:
        """All iterations, from the first that no checkpoint holds."""
        for saved in checkpoint.load(self._options.dagger_iterations):
            self._restore(saved)
            if tracker:  # it knows which iterations it has
                tracker.log(self._iterations[-1].metrics.to_json())
        for number in range(len(self._iterations), self._options.dagger_iterations):
            if self._is_done():
                break
            iteration = self._iterate(number)
            self._iterations.append(iteration)
            checkpoint.save(number, self._describe(iteration))
            rate = iteration.metrics.score.success_rate
            checkpoint.tell(number + 1, self._options.dagger_iterations, rate)
            if tracker:
                tracker.log(iteration.metrics.to_json())
        if self._is_done():
            self._stopped = "as good as its expert"
        else:
            self._reevaluate_finalists()

    def _iterate(self, number: int) -> Iteration:
        options, dataset = self._options, self._dataset
        place = f"iteration {number + 1}/{options.dagger_iterations}:"
        beta = get_beta(options.beta_schedule, number, options.dagger_iterations)
        collected = self._collect(number, beta) if beta > 0 else []
        if number == 0:
            self._student.center_on(dataset.frames)
        size, frames, conflicts = dataset.transitions, len(dataset.frames), dataset.conflicts()
        result = self._fit(number)
        self._progress(f"{place} learnt {size} labels, accuracy {result.accuracy:.3f}")
        played = self._evaluate(number)
        dataset.add(played)
        score = Score.of(played)
        self._progress(f"{place} {score.successes}/{score.episodes} episodes reach it")
        metrics = IterationMetrics(
            number, beta, size, frames, conflicts, result, score, dataset.transitions
        )
        weights = {
            name: tensor.cpu().clone() for name, tensor in self._student.state_dict().items()
        }
        rollouts = record_replays(played, "rollout", number)
        return Iteration(metrics, weights, rollouts, collected)

    def _collect(self, number: int, beta: float) -> list[Replay]:
        """Episodes of the expert (beta 1) or of a mixture of expert and student."""
        student = GreedyPolicy(self._student, self._device) if beta < 1 else None
        behaviour = Behaviour(beta, self._options.dart_noise, keep_obs=True)
        if number == 0:
            plans = plan_demonstrations(self._task, self._options)
        else:
            count = self._options.episodes_per_iter
            plans = plan_episodes(self._task, self._shown, count, "collect", number)
        played = self._rollouts.play(plans, behaviour, student)
        self._dataset.add(played)
        return record_replays(played, "mixture" if student else "demonstration", number)

    def _fit(self, number: int) -> FitResult:
        seed = self._task.derive_seed("batches", number)
        return fit(self._student, self._dataset, self._options, self._device, seed)

    def _evaluate(self, number: int) -> list[Episode]:
        """Rounds of episodes; ends with one that shows the student too weak."""
        student = GreedyPolicy(self._student, self._device)
        rounds = CONFIRMING_ROUNDS if self._options.early_stop else 1
        # From where the last iteration ended: no start comes again before all have come.
        first = sum(one.metrics.score.episodes for one in self._iterations)
        count = rounds * self._options.episodes_per_iter
        plans = plan_episodes(self._task, self._own, first + count, "rollout")[first:]
        played: list[Episode] = []
        for part in np.array_split(np.arange(len(plans)), rounds):
            now = [plans[k] for k in part]
            played += self._rollouts.play(now, Behaviour(keep_obs=True), student)
            if not self._is_as_good_as_expert(Score.of(played), rounds):
                break
        return played

    def _is_as_good_as_expert(self, score: Score, rounds: int) -> bool:
        """Whether the episodes so far leave room for it at the end of `rounds` rounds.

        It is, with no more failures than the expert's own success rate lets expect, or when every
        failure is the expert's own: the student did at each step what the expert would have done.
        """
        total = rounds * self._options.episodes_per_iter
        allowed = math.floor((1 - self._budget.expert_success_rate) * total + 1e-9)
        return score.episodes - score.successes <= allowed or score.faults == 0

    def _is_done(self) -> bool:
        if not self._options.early_stop or not self._iterations:
            return False
        score = self._iterations[-1].metrics.score
        if score.episodes < CONFIRMING_ROUNDS * self._options.episodes_per_iter:
            return False
        return self._is_as_good_as_expert(score, CONFIRMING_ROUNDS)

    def _reevaluate_finalists(self) -> None:
        """Plays the most successful students again, on equal seeds, and counts that too."""
        ranked = sorted(self._iterations, key=lambda one: one.metrics.rank, reverse=True)
        for iteration in ranked[:FINALISTS]:
            self._student.load_state_dict(iteration.weights)
            played = self._play_final()
            iteration.metrics.final_episodes = len(played)
            iteration.metrics.final_successes = sum(episode.success for episode in played)

    def _play_final(self) -> list[Episode]:
        student = GreedyPolicy(self._student, self._device)
        count = 2 * self._options.episodes_per_iter
        plans = plan_episodes(self._task, self._own, count, "finalists")
        return self._rollouts.play(plans, Behaviour(), student)

    def _describe(self, iteration: Iteration) -> dict[str, Any]:
        """For a checkpoint; `_restore` is the way back."""
        return {
            "metrics": iteration.metrics.to_json(),
            "weights": iteration.weights,
            "rollouts": [asdict(replay) for replay in iteration.rollouts],
            "collected": [asdict(replay) for replay in iteration.collected],
            "new": self._dataset.take_new(),
        }

    def _restore(self, saved: dict[str, Any]) -> None:
        self._dataset.restore(saved["new"])
        metrics = IterationMetrics.from_json(saved["metrics"])
        rollouts, collected = (
            [Replay(**one) for one in saved[name]] for name in ("rollouts", "collected")
        )
        self._iterations.append(Iteration(metrics, saved["weights"], rollouts, collected))
        self._student.load_state_dict(saved["weights"])

    def write(self, outputs: Mapping[str, Path], digests: dict[str, str]) -> dict[str, Any]:
        """Writes the models, the metrics and the trajectories."""
        milestone_id = self._task.milestone.id
        best = max(self._iterations, key=lambda iteration: iteration.metrics.rank)
        for key, iteration in (("best", best), ("final", self._iterations[-1])):
            content = save_student(
                iteration.weights,
                self._args,
                milestone_id=milestone_id,
                digests=digests,
                scores=iteration.metrics.to_json(),
                origin=Origin(self._task.game_dir.resolve().name, self._rollouts.screen_size),
            )
            write_bytes(outputs[key], content)
        report = {
            "milestone_id": milestone_id,
            "iterations": [iteration.metrics.to_json() for iteration in self._iterations],
            "best_iteration": best.metrics.iteration,
            "stopped": self._stopped,
            "device": name_device(self._device),
            "expert_queries": self._dataset.transitions,
            "best_sha256": sha256_file(outputs["best"]),
            "final_sha256": sha256_file(outputs["final"]),
            "digests": digests,
        }
        for key, name in (("demonstrations", "collected"), ("trajectories", "rollouts")):
            episodes = [one for step in self._iterations for one in getattr(step, name)]
            Replays(milestone_id, self._args.actions, episodes).write(outputs[key])
        write_json(outputs["training"], report)
        return report
