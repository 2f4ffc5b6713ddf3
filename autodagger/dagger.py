"""DAgger: the student plays, the expert labels what it visits, the student learns from all of it.

Ross, Gordon and Bagnell 2011, "A Reduction of Imitation Learning and Structured Prediction to
No-Regret Online Learning". Iteration 0 clones the expert's demonstrations. Every iteration trains
on all labelled states, then lets the student play: those episodes are its evaluation and, labelled,
the next iteration's new data.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from autodagger.checkpoint import Checkpoint, fingerprint
from autodagger.dataset import Dataset
from autodagger.evaluation import Progress, agreement, plan_episodes, trajectory
from autodagger.files import sha256_file, write_bytes, write_json
from autodagger.game import load_game
from autodagger.learner import FitResult, fit
from autodagger.milestone import Milestone
from autodagger.policy import (
    GreedyPolicy,
    NetworkArgs,
    Student,
    choose_device,
    save_student,
)
from autodagger.rollout import (
    Episode,
    EpisodePlan,
    Rollouts,
    RolloutSpec,
)
from autodagger.seeding import derive_seed
from autodagger.states import StartState, load_start_states
from autodagger.stats import wilson_interval

CONFIRMING_ROUNDS = 3
"""Evaluations in a row that a student has to pass before training ends early."""

FINALISTS = 3
"""Students that are evaluated once more when training did not end early, so that luck in one
evaluation does not decide which is best."""


@dataclass(frozen=True)
class TrainingOptions:
    """The options of config.yaml that training depends on; see there for their meaning."""

    dagger_iterations: int = 10
    episodes_per_iter: int = 10
    train_steps_per_iter: int = 2000
    batch_size: int = 64
    learning_rate: float = 3e-4
    hidden_dim: int = 256
    frame_size: Sequence[int] = (80, 120)
    grayscale: bool = True
    network: str = "nature"
    previous_action: bool = False
    beta_schedule: str = "first"
    early_stop: bool = True
    dart_noise: float = 0.0


class Tracker(Protocol):
    """Where metrics go besides training.json, see `autodagger.tracking`."""

    def log(self, metrics: Mapping[str, Any]) -> None:
        """One iteration's metrics."""


@dataclass
class Iteration:
    """One iteration, trained and evaluated.

    Attributes:
        metrics: What training.json says of it.
        weights: The student's weights after it.
        rollouts: The evaluation's episodes, for replay.
    """

    metrics: dict[str, Any]
    weights: dict[str, Tensor] = field(repr=False)
    rollouts: list[dict[str, Any]] = field(repr=False)


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
    *,
    game_dir: Path,
    rom_path: Path,
    milestone: Mapping[str, Any],
    expert_path: Path,
    tools_dir: Path | None,
    start_states: Path | None,
    max_episode_steps: int,
    expert_success_rate: float,
    options: Mapping[str, Any],
    seed: int,
    cuda: bool,
    threads: int,
    num_envs: int,
    checkpoint_dir: Path,
    outputs: Mapping[str, Path],
    progress: Progress,
    tracker: Tracker | None = None,
) -> dict[str, Any]:
    """Turns a milestone's expert into a student, continuing after a kill where it stood.

    Args:
        milestone: What `Milestone.to_params` gave.
        max_episode_steps: The student's budget a episode, in steps.
        expert_success_rate: What the student is measured against when training may end early.
        options: Values for `TrainingOptions`.
        checkpoint_dir: Holds the training's state until it completes.
        outputs: Files to write: `best`, `final`, `training`, `trajectories`.

    Returns:
        The content of training.json.

    Raises:
        ExpertError: The expert fails to load.
    """
    torch.set_num_threads(threads)
    goal = Milestone(**milestone)
    settings = TrainingOptions(**options)
    height, width = settings.frame_size
    spec = RolloutSpec(
        game_dir,
        rom_path,
        goal,
        expert_path,
        tools_dir,
        max_episode_steps,
        (height, width),
        settings.grayscale,
        settings.previous_action,
    )
    depends_on = fingerprint(spec, start_states, settings, seed, expert_success_rate)
    checkpoint = Checkpoint(checkpoint_dir, depends_on, progress)
    with Rollouts(spec, num_envs) as rollouts:
        training = _Training(
            spec,
            settings,
            seed,
            choose_device(cuda),
            rollouts,
            load_start_states(start_states),
            expert_success_rate,
            progress,
        )
        training.run(checkpoint, tracker)
        report = training.write(outputs, depends_on)
    checkpoint.remove()
    return report


class _Training:
    def __init__(
        self,
        spec: RolloutSpec,
        options: TrainingOptions,
        seed: int,
        device: torch.device,
        rollouts: Rollouts,
        states: Sequence[StartState],
        expert_success_rate: float,
        progress: Progress,
    ) -> None:
        self._spec, self._options, self._seed = spec, options, seed
        self._device, self._rollouts, self._states = device, rollouts, states
        self._expert_success_rate, self._progress = expert_success_rate, progress
        self._actions = load_game(spec.game_dir).actions
        self._dataset = Dataset(spec.obs_shape, options.previous_action)
        self._args = NetworkArgs(
            options.network,
            options.hidden_dim,
            spec.frame_size,
            spec.obs_shape[2],
            len(self._actions),
            options.previous_action,
        )
        torch.manual_seed(self._derive("network"))
        self._student = Student(self._args).to(device)
        self._iterations: list[Iteration] = []
        self._stopped = "dagger_iterations"

    def run(self, checkpoint: Checkpoint, tracker: Tracker | None) -> None:
        """All iterations, from the first that no checkpoint holds."""
        for saved in checkpoint.load():
            self._restore(saved)
            if tracker:  # it knows which iterations it has
                tracker.log(self._iterations[-1].metrics)
        for number in range(len(self._iterations), self._options.dagger_iterations):
            if self._is_done():
                break
            iteration = self._iterate(number)
            self._iterations.append(iteration)
            checkpoint.save(number, asdict(iteration) | {"news": self._dataset.pop_news()})
            checkpoint.tell(iteration.metrics, self._options.dagger_iterations)
            if tracker:
                tracker.log(iteration.metrics)
        if self._is_done():
            self._stopped = "as good as its expert"
        else:
            self._reevaluate_finalists()

    def _iterate(self, number: int) -> Iteration:
        options = self._options
        beta = get_beta(options.beta_schedule, number, options.dagger_iterations)
        if beta > 0:
            self._collect(number, beta)
        if number == 0:
            self._student.center_on(self._dataset.frames)
        conflicts = self._dataset.conflicts()
        metrics: dict[str, Any] = {
            "iteration": number,
            "beta": beta,
            "dataset_size": self._dataset.transitions,
            "unique_frames": len(self._dataset.frames),
            **conflicts,
        }
        result = self._fit(number)
        self._progress(
            f"iteration {number + 1}/{options.dagger_iterations}: learnt "
            f"{self._dataset.transitions} labels, accuracy {result.accuracy:.3f}"
        )
        rounds = CONFIRMING_ROUNDS if options.early_stop else 1
        played = self._evaluate("rollout", number, rounds)
        self._dataset.add(played)
        metrics |= asdict(result) | _score(played) | {"expert_queries": self._dataset.transitions}
        self._progress(
            f"iteration {number + 1}/{options.dagger_iterations}: "
            f"{metrics['successes']}/{metrics['episodes']} episodes reach it"
        )
        weights = {
            name: tensor.cpu().clone() for name, tensor in self._student.state_dict().items()
        }
        name = f"rollout_iter{number}_ep{{}}_{self._spec.milestone.id}"
        replays = [trajectory(name.format(k), episode) for k, episode in enumerate(played)]
        return Iteration(metrics, weights, replays)

    def _collect(self, number: int, beta: float) -> None:
        """Episodes of the expert (beta 1) or of a mixture of expert and student."""
        student = GreedyPolicy(self._student, self._device) if beta < 1 else None
        plans = self._plan("collect", number, 0)
        noise = self._options.dart_noise
        played = self._rollouts.play(plans, student, beta=beta, noise=noise, keep_obs=True)
        self._dataset.add(played)

    def _fit(self, number: int) -> FitResult:
        return fit(
            self._student,
            self._dataset,
            device=self._device,
            batch_size=self._options.batch_size,
            learning_rate=self._options.learning_rate,
            max_steps=self._options.train_steps_per_iter,
            early_stop=self._options.early_stop,
            seed=self._derive("batches", number),
        )

    def _evaluate(self, purpose: str, number: int, rounds: int) -> list[Episode]:
        """Up to `rounds` rounds of episodes; ends with one that shows the student too weak."""
        student = GreedyPolicy(self._student, self._device)
        played: list[Episode] = []
        for round_ in range(rounds):
            plans = self._plan(purpose, number, round_)
            played += self._rollouts.play(plans, student, keep_obs=True)
            if not self._is_as_good_as_expert(_score(played), rounds):
                break
        return played

    def _plan(self, purpose: str, number: int, round_: int) -> list[EpisodePlan]:
        count = self._options.episodes_per_iter
        milestone = self._spec.milestone.id
        return plan_episodes(self._states, count, self._seed, milestone, purpose, number, round_)

    def _is_as_good_as_expert(self, score: Mapping[str, Any], rounds: int) -> bool:
        """Whether the episodes so far leave room for it at the end of `rounds` rounds.

        It is, with no more failures than the expert's own success rate lets expect, or when every
        failure is the expert's own: the student did at each step what the expert would have done.
        """
        total = rounds * self._options.episodes_per_iter
        allowed = math.floor((1 - self._expert_success_rate) * total + 1e-9)
        return bool(score["episodes"] - score["successes"] <= allowed or score["faults"] == 0)

    def _is_done(self) -> bool:
        if not self._options.early_stop or not self._iterations:
            return False
        metrics = self._iterations[-1].metrics
        if metrics["episodes"] < CONFIRMING_ROUNDS * self._options.episodes_per_iter:
            return False
        return self._is_as_good_as_expert(metrics, CONFIRMING_ROUNDS)

    def _reevaluate_finalists(self) -> None:
        """Plays the most successful students again, on equal seeds, and counts that too."""
        ranked = sorted(self._iterations, key=_rank, reverse=True)
        for iteration in ranked[:FINALISTS]:
            self._student.load_state_dict(iteration.weights)
            metrics = iteration.metrics
            played = self._play_final()
            metrics["final_episodes"] = len(played)
            metrics["final_successes"] = sum(episode.success for episode in played)

    def _play_final(self) -> list[Episode]:
        plans = [plan for k in range(2) for plan in self._plan("finalists", 0, k)]
        return self._rollouts.play(plans, GreedyPolicy(self._student, self._device))

    def _restore(self, saved: dict[str, Any]) -> None:
        self._dataset.restore(saved["news"])
        self._iterations.append(Iteration(saved["metrics"], saved["weights"], saved["rollouts"]))
        self._student.load_state_dict(saved["weights"])

    def write(self, outputs: Mapping[str, Path], digests: dict[str, str]) -> dict[str, Any]:
        """Writes the models, the metrics and the trajectories."""
        best = max(self._iterations, key=_rank)
        for key, iteration in (("best", best), ("final", self._iterations[-1])):
            content = save_student(
                iteration.weights,
                self._args,
                actions=self._actions,
                milestone_id=self._spec.milestone.id,
                grayscale=self._options.grayscale,
                digests=digests,
                scores=iteration.metrics,
            )
            write_bytes(outputs[key], content)
        report = {
            "milestone_id": self._spec.milestone.id,
            "iterations": [iteration.metrics for iteration in self._iterations],
            "best_iteration": best.metrics["iteration"],
            "stopped": self._stopped,
            "expert_queries": self._dataset.transitions,
            "best_sha256": sha256_file(outputs["best"]),
            "final_sha256": sha256_file(outputs["final"]),
            "digests": digests,
        }
        episodes = [replay for iteration in self._iterations for replay in iteration.rollouts]
        replays = {
            "milestone_id": self._spec.milestone.id,
            "actions": list(self._actions),
            "episodes": episodes,
        }
        write_json(outputs["trajectories"], replays)
        write_json(outputs["training"], report)
        return report

    def _derive(self, *purpose: str | int) -> int:
        return derive_seed(self._seed, self._spec.milestone.id, *purpose)


def _score(played: Sequence[Episode]) -> dict[str, Any]:
    successes = sum(episode.success for episode in played)
    return {
        "episodes": len(played),
        "successes": successes,
        "success_rate": successes / len(played),
        "interval": list(wilson_interval(successes, len(played))),
        "agreement": agreement(played),
        "faults": sum(not episode.success and episode.acts != episode.labels for episode in played),
    }


def _rank(iteration: Iteration) -> tuple[float, float, float]:
    """Re-evaluated students first, by success over all episodes; equals by accuracy, then loss."""
    metrics = iteration.metrics
    successes = metrics["successes"] + metrics.get("final_successes", 0)
    episodes = metrics["episodes"] + metrics.get("final_episodes", 0)
    lower_bound = wilson_interval(successes, episodes)[0]
    return lower_bound, metrics["agreement"] or 0.0, -metrics["loss"]
