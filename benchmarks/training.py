"""Seconds and samples to the same accuracy: the learner against a plain loop, on each device."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from autodagger.dagger import learner
from autodagger.dagger.dataset import Dataset
from autodagger.dagger.options import TrainingOptions
from autodagger.rollout.episode import Behaviour, RolloutSpec, plan_episodes
from autodagger.rollout.pool import Rollouts
from autodagger.student.device import choose_device, compute_repeatably
from autodagger.student.networks import NetworkArgs, Student
from autodagger.task import Budget, Task
from benchmarks.common import Stopwatch, alternate, describe, median, prepare, training_options

MILESTONES = ("NEXT_TOWN", "GYM_TRAINER_DEFEATED")
WAYS = ("learner", "plain")
MOST_STEPS = 2000
ROUNDS = 3


def measure(work: Path, tiny: bool) -> dict[str, Any]:
    """Seconds and samples to the same accuracy of both, with one thread, as the pipeline trains."""
    torch.set_num_threads(1)
    compute_repeatably()
    options = training_options()
    devices = [choose_device(False)] + [choose_device(True)] * torch.cuda.is_available()
    rows = []
    for name in ("PLAYER_NAME_SET",) if tiny else MILESTONES:
        dataset, student = collect(*prepare(work, name), options, 4 if tiny else 12)
        sizes = {"transitions": dataset.transitions, "unique_frames": len(dataset.frames)}
        for device in devices:
            compared = _compare(student.to(device), dataset, options, 1 if tiny else ROUNDS)
            rows.append({"milestone": name, "device": describe(device), **sizes, **compared})
    kept = ("network", "frame_size", "grayscale", "batch_size")
    return {**{name: getattr(options, name) for name in kept}, "rows": rows}


def collect(
    task: Task, budget: Budget, options: TrainingOptions, episodes: int
) -> tuple[Dataset, Student]:
    """Demonstrations, some of them disturbed, and a fresh student for them."""
    dataset = Dataset(options.view)
    with Rollouts(RolloutSpec(task, budget.max_episode_steps, options.view), 2) as rollouts:
        plans = plan_episodes(task, task.load_starts(), episodes, "bench_training")
        dataset.add(rollouts.play(plans, Behaviour(noise=0.1, keep_obs=True)))
    torch.manual_seed(0)
    actions = task.load_game().actions
    student = Student(NetworkArgs(options.network, options.hidden_dim, options.view, actions))
    student.center_on(dataset.frames)
    return dataset, student


def _compare(
    student: Student, dataset: Dataset, options: TrainingOptions, rounds: int
) -> dict[str, Any]:
    """The learner until it finds that nothing is left to learn; the plain loop to its accuracy."""
    ended: dict[str, Any] = {}

    def run(way: str) -> list[float]:
        trained = copy.deepcopy(student)
        clock = Stopwatch()
        if way == "learner":
            samples, looked = _run_learner(trained, dataset, options)
            ended["looked_at"] = looked
        else:
            samples = _run_plain(trained, dataset, options, ended["learner_accuracy"], clock)
        _finish(student.center.device)
        seconds, cpu = clock.seconds, clock.cpu_seconds
        ended[f"{way}_accuracy"] = _accuracy(trained, dataset)
        ended[f"{way}_samples"] = samples
        return [seconds, cpu, samples / seconds]

    figures = alternate({way: lambda way=way: run(way) for way in WAYS}, rounds)
    ours, plain = (np.array(figures[way]) for way in WAYS)  # (rounds, 3) each
    return {
        **{
            f"{way}_{name}": median(runs[:, k])
            for way, runs in (("learner", ours), ("plain", plain))
            for k, name in enumerate(("seconds", "cpu_seconds", "samples_per_second"))
        },
        **ended,
        "ratio_samples": median(ours[:, 2] / plain[:, 2]),
        "ratio_seconds": median(plain[:, 0] / ours[:, 0]),
        "ratio_cpu_seconds": median(plain[:, 1] / ours[:, 1]),
    }


def _finish(device: torch.device) -> None:
    """Waits for what a GPU still has to do."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _run_learner(student: Student, dataset: Dataset, options: TrainingOptions) -> tuple[int, int]:
    """Samples trained on, and samples looked at besides."""
    counts = [0, 0]

    def count(_module: nn.Module, _inputs: Any, logits: Tensor) -> None:
        counts[logits.requires_grad] += len(logits)

    student.register_forward_hook(count)
    options = replace(options, train_steps_per_iter=MOST_STEPS, early_stop=True)
    learner.fit(student, dataset, options, student.center.device, seed=0)
    return counts[1], counts[0]


def _run_plain(
    student: Student,
    dataset: Dataset,
    options: TrainingOptions,
    accuracy: float,
    clock: Stopwatch,
) -> int:
    """float32 observations in memory, default layout, torch's default Adam; samples trained on.

    Whether the accuracy is reached is looked up after each pass, and costs it nothing.
    """
    plain = PlainNetwork(student)
    device = student.center.device
    frames = torch.from_numpy(dataset.frames).to(device).permute(0, 3, 1, 2).float().contiguous()
    samples = dataset.samples()
    obs = frames[np.repeat(samples.frame, samples.count)]  # (T, C, H, W), one a transition
    labels = torch.from_numpy(np.repeat(samples.label, samples.count)).to(device)  # (T,)
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(plain.parameters(), lr=options.learning_rate)
    trained_on = steps = 0
    while steps < MOST_STEPS:
        order = torch.randperm(len(labels), generator=generator)
        for rows in order.to(device).split(options.batch_size):
            loss = functional.cross_entropy(plain(obs[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            trained_on += len(rows)
            steps += 1
        _finish(device)
        with clock.paused():
            student.load_state_dict({**student.state_dict(), **plain.weights()})
            if _accuracy(student, dataset) >= accuracy:
                break
    return trained_on


class PlainNetwork(nn.Module):
    """The student's layers with its weights, in torch's default layout."""

    def __init__(self, student: Student) -> None:
        super().__init__()
        layers = copy.deepcopy(student).to(memory_format=torch.contiguous_format)
        self.trunk, self.hidden, self.head = layers.trunk, layers.hidden, layers.head
        self.center = layers.center.permute(2, 0, 1).contiguous()  # (C, H, W)
        with torch.no_grad():
            channels, *size = self.trunk(self.center[None]).shape[1:]
            weight = self.hidden.weight.view(-1, *size, channels).permute(0, 3, 1, 2)
            self.hidden.weight = nn.Parameter(weight.flatten(1).contiguous())
        self._features = (channels, *size)
        self.scale = layers.scale

    def forward(self, obs: Tensor) -> Tensor:
        """Logits (N, actions) for obs (N, C, H, W) float32."""
        x = self.trunk((obs - self.center) / self.scale).flatten(1)
        logits: Tensor = self.head(functional.relu(self.hidden(x)))
        return logits

    def weights(self) -> dict[str, Tensor]:
        """By the student's names; its features come in another order."""
        hidden = self.hidden.weight.view(-1, *self._features).permute(0, 2, 3, 1).flatten(1)
        return {**dict(self.named_parameters()), "hidden.weight": hidden}


@torch.inference_mode()
def _accuracy(student: Student, dataset: Dataset) -> float:
    """Share of all transitions whose best label the student answers."""
    samples, device = dataset.samples(), student.center.device
    hits = []
    for part in torch.arange(len(samples.frame)).split(256):
        obs = torch.from_numpy(dataset.frames[samples.frame[part]])
        prev_acts = torch.from_numpy(samples.prev_act)[part]
        answers = student(obs.to(device), prev_acts.to(device)).argmax(1).cpu()
        hits.append(answers.numpy() == samples.best_label[part])
    return float((np.concatenate(hits) * samples.count).sum() / samples.count.sum())
