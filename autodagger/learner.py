"""Behavioural cloning of the aggregated dataset: the inner loop of DAgger."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from autodagger.dataset import Dataset, Samples
from autodagger.policy import Student, prefers_bfloat16

LEARNT_LOSS = 0.02
"""Mean cross-entropy in nats above what conflicting labels force, below which a fit is finished."""

LEARNT_EPOCHS = 2
"""Epochs in a row without a mistake before a fit is finished."""


@dataclass(frozen=True)
class FitResult:
    """How a fit ended.

    Attributes:
        loss: Mean weighted cross-entropy of the last epoch, in nats.
        accuracy: Weighted share of the last epoch whose best label the student answered.
        train_steps: Gradient steps taken.
        learnt: Whether it ended because nothing was left to learn.
    """

    loss: float
    accuracy: float
    train_steps: int
    learnt: bool


def fit(
    student: Student,
    dataset: Dataset,
    *,
    device: torch.device,
    batch_size: int,
    learning_rate: float,
    max_steps: int,
    early_stop: bool,
    seed: int,
) -> FitResult:
    """Trains on the whole dataset until nothing is left to learn, or for `max_steps` batches.

    Each distinct (input, label) row weighs the square root of its count: what is visited often
    counts more, waiting frames visited hundreds of times do not drown the rest, and of conflicting
    labels the most frequent still wins. Adam starts afresh, the weights go on from where they are.
    """
    samples = dataset.samples()
    tensors = _to_device(dataset, samples, device)
    optimizer = torch.optim.Adam(student.parameters(), lr=learning_rate, fused=True)
    generator = torch.Generator().manual_seed(seed)
    student.train()
    steps, perfect_epochs = 0, 0
    floor = _entropy_floor(samples)
    while True:
        order = torch.randperm(len(samples.label), generator=generator).to(device)
        totals = torch.zeros(3, device=device)  # weighted loss, weighted hits, weight
        for rows in order.split(batch_size)[: max_steps - steps]:
            totals += _train_batch(student, optimizer, tensors, rows)
            steps += 1
        loss, hits, weight = totals.tolist()
        perfect = hits >= weight * (1 - 1e-6) and loss / weight - floor < LEARNT_LOSS
        perfect_epochs = perfect_epochs + 1 if perfect else 0
        learnt = early_stop and perfect_epochs >= LEARNT_EPOCHS
        if learnt or steps >= max_steps:
            return FitResult(loss / weight, hits / weight, steps, learnt)


@dataclass(frozen=True)
class _Tensors:
    frames: Tensor  # (F, H, W, C) uint8
    frame: Tensor  # (N,) int64
    prev_act: Tensor  # (N,) int64
    label: Tensor  # (N,) int64
    best_label: Tensor  # (N,) int64
    weight: Tensor  # (N,) float32, mean 1


def _to_device(dataset: Dataset, samples: Samples, device: torch.device) -> _Tensors:
    weight = _weights(samples)
    arrays = (samples.frame, samples.prev_act, samples.label, samples.best_label, weight)
    frame, prev_act, label, best_label, weights = (torch.from_numpy(a).to(device) for a in arrays)
    frames = torch.from_numpy(dataset.frames).to(device)
    return _Tensors(frames, frame, prev_act, label, best_label, weights)


def _weights(samples: Samples) -> np.ndarray:
    weight = np.sqrt(samples.count).astype(np.float32)  # (N,)
    return np.asarray(weight / weight.mean())


def _entropy_floor(samples: Samples) -> float:
    """The lowest mean loss that any function of the inputs can have: that of conflicting labels."""
    weight = _weights(samples).astype(np.float64)
    inputs = samples.frame * (int(samples.prev_act.max(initial=0)) + 1) + samples.prev_act
    _, index = np.unique(inputs, return_inverse=True)
    share = weight / np.bincount(index, weight)[index]
    return float(-(weight * np.log(share)).sum() / weight.sum())


def _train_batch(
    student: Student, optimizer: torch.optim.Optimizer, tensors: _Tensors, rows: Tensor
) -> Tensor:
    obs = tensors.frames[tensors.frame[rows]]  # (B, H, W, C)
    weight = tensors.weight[rows]  # (B,)
    device = obs.device
    with torch.autocast(device.type, torch.bfloat16, enabled=prefers_bfloat16(device)):
        logits = student(obs, tensors.prev_act[rows])
    losses = functional.cross_entropy(logits.float(), tensors.label[rows], reduction="none")
    weighted = losses * weight  # (B,)
    optimizer.zero_grad(set_to_none=True)
    weighted.mean().backward()
    optimizer.step()
    with torch.no_grad():
        hits = (logits.argmax(1) == tensors.best_label[rows]) * weight
        return torch.stack([weighted.sum(), hits.sum(), weight.sum()]).detach()
