"""Training samples a second: the learner against a plain loop on the same network and data."""

import copy
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from autodagger import learner
from autodagger.dataset import Dataset
from autodagger.evaluation import plan_episodes
from autodagger.game import load_game
from autodagger.policy import NetworkArgs, Student
from autodagger.rollout import Rollouts
from benchmarks.common import (
    GAME_DIR,
    Task,
    alternate,
    cpu_seconds,
    median,
    prepare,
    training_options,
)

MILESTONE = "GYM_TRAINER_DEFEATED"
WAYS = ("learner", "plain")


def measure(work: Path, tiny: bool) -> dict[str, Any]:
    """Samples a second and final accuracy of both, with one thread, as the pipeline trains."""
    task = prepare(work, "PLAYER_NAME_SET" if tiny else MILESTONE)
    options = training_options()
    dataset, student = collect(task, options, 4 if tiny else 12)
    steps, rounds = (20, 1) if tiny else (60, 3)
    rows = [_compare(student, dataset, options, steps, rounds, threads) for threads in (1,)]
    return {
        "milestone": task.milestone.id,
        "network": options["network"],
        "frame_size": options["frame_size"],
        "grayscale": options["grayscale"],
        "batch_size": options["batch_size"],
        "transitions": dataset.transitions,
        "unique_frames": len(dataset.frames),
        "steps": steps,
        "rows": rows,
    }


def collect(task: Task, options: dict[str, Any], episodes: int) -> tuple[Dataset, Student]:
    """Demonstrations, some of them disturbed, and a fresh student for them."""
    spec = task.spec(options["frame_size"], options["grayscale"])
    n_actions = len(load_game(GAME_DIR).actions)
    dataset = Dataset(spec.obs_shape, options["previous_action"])
    with Rollouts(spec, 2) as rollouts:
        plans = plan_episodes(task.start_states, episodes, 0, "bench_training")
        dataset.add(rollouts.play(plans, noise=0.1, keep_obs=True))
    torch.manual_seed(0)
    student = Student(
        NetworkArgs(
            options["network"],
            options["hidden_dim"],
            spec.frame_size,
            spec.obs_shape[2],
            n_actions,
            options["previous_action"],
        )
    )
    student.center_on(dataset.frames)
    return dataset, student


def _compare(
    student: Student,
    dataset: Dataset,
    options: dict[str, Any],
    steps: int,
    rounds: int,
    threads: int,
) -> dict[str, Any]:
    torch.set_num_threads(threads)
    scores: dict[str, float] = {}

    def run(way: str) -> tuple[float, float]:
        trained = copy.deepcopy(student)
        trained_on = [0]
        trained.register_forward_hook(lambda _m, _i, out: _count(trained_on, out))
        function = {"learner": _run_learner, "plain": _run_plain}[way]
        begin, cpu = time.perf_counter(), cpu_seconds()
        function(trained, dataset, options, steps)
        wall, cpu = time.perf_counter() - begin, cpu_seconds() - cpu
        scores[way] = _accuracy(trained, dataset)
        samples = trained_on[0] if way == "learner" else steps * options["batch_size"]
        return samples / wall, samples / cpu

    figures = alternate({way: lambda way=way: run(way) for way in WAYS}, rounds)
    by_wall, by_cpu = (np.array([[pair[k] for pair in figures[w]] for w in WAYS]) for k in (0, 1))
    return {
        "threads": threads,
        **{f"{way}_samples_per_second": median(by_wall[k]) for k, way in enumerate(WAYS)},
        **{f"{way}_accuracy": round(scores[way], 4) for way in WAYS},
        "ratio": median(by_wall[0] / by_wall[1]),
        "ratio_per_cpu_second": median(by_cpu[0] / by_cpu[1]),
    }


def _count(trained_on: list[int], logits: Tensor) -> None:
    """The learner's last batch of a pass may be small: counts the samples it really trains on."""
    trained_on[0] += len(logits) if logits.requires_grad else 0


def _run_learner(
    student: Student, dataset: Dataset, options: dict[str, Any], steps: int
) -> learner.FitResult:
    return learner.fit(
        student,
        dataset,
        device=torch.device("cpu"),
        batch_size=options["batch_size"],
        learning_rate=options["learning_rate"],
        max_steps=steps,
        early_stop=False,
        seed=0,
    )


def _run_plain(student: Student, dataset: Dataset, options: dict[str, Any], steps: int) -> None:
    """float32 observations in memory, default layout, torch's default Adam, fixed steps."""
    plain = PlainNetwork(student)
    frames = torch.from_numpy(dataset.frames).permute(0, 3, 1, 2).float().contiguous()
    samples = dataset.samples()
    repeats = torch.from_numpy(np.repeat(np.arange(len(samples.count)), samples.count))
    obs = frames[torch.from_numpy(samples.frame)[repeats]]  # (T, C, H, W), one a transition
    labels = torch.from_numpy(samples.label)[repeats]  # (T,)
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(plain.parameters(), lr=options["learning_rate"])
    done = 0
    while done < steps:
        order = torch.randperm(len(labels), generator=generator)
        for rows in order.split(options["batch_size"])[: steps - done]:
            loss = functional.cross_entropy(plain(obs[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            done += 1
    student.load_state_dict({**student.state_dict(), **plain.weights()})


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
    samples = dataset.samples()
    hits = []
    for part in torch.arange(len(samples.frame)).split(256):
        obs = torch.from_numpy(dataset.frames[samples.frame[part]])
        answers = student(obs, torch.from_numpy(samples.prev_act)[part]).argmax(1)
        hits.append(answers.numpy() == samples.best_label[part])
    return float((np.concatenate(hits) * samples.count).sum() / samples.count.sum())


def main(work: str, tiny: bool) -> dict[str, Any]:
    """For `run_child`."""
    return measure(Path(work), tiny)
