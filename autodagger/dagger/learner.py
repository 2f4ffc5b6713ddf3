"""Behavioural cloning of the aggregated dataset: the inner loop of DAgger."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.optim.adam import adam

from autodagger.dagger.dataset import Dataset, Samples
from autodagger.dagger.options import TrainingOptions
from autodagger.student.device import get_computing_copy
from autodagger.student.networks import Student

LEARNT_LOSS = 0.02
"""Mean cross-entropy in nats above what conflicting labels force, below which a fit is finished."""

HARD_LOSS = 0.2
"""Cross-entropy in nats, likewise, above which a row comes before all others in a pass."""

EASY_SHARE = 0.1
"""Share of the other rows in a pass, about: a pass is rounded to whole batches."""

_SHORTEST_PASS = 8
"""Batches after which a pass over a small dataset is over, at least."""

_PASSES_UNSCORED = 2
"""Passes between two looks at the whole dataset, at most. A look costs a third of a pass over all
rows, and between two looks each row's loss is known as of the last time it was trained on."""

_SCORING_BATCH = 128


@dataclass(frozen=True)
class FitResult:
    """How a fit ended.

    Attributes:
        loss: Mean weighted cross-entropy over the dataset, in nats.
        accuracy: Weighted share of the dataset whose best label the student answers.
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
    options: TrainingOptions,
    device: torch.device,
    seed: int,
) -> FitResult:
    """Trains on the whole dataset until nothing is left to learn, or its steps are used up.

    Each distinct (input, label) row weighs the square root of its count: what is visited often
    counts more, waiting frames visited hundreds of times do not drown the rest, and of conflicting
    labels the most frequent still wins. Adam starts afresh, the weights go on from where they are.

    Most rows are learnt at once ("press A while words are on the screen"); a pass takes first
    those that are not, and a few of the others (after Jiang et al. 2019, "Accelerating Deep
    Learning by Focusing on the Biggest Losers"). That halves the batches to the same accuracy.
    """
    samples = dataset.samples()
    tensors = _to_device(dataset, samples, device)
    computing = get_computing_copy(student.train(), device)
    optimizer = _Adam(
        list(student.parameters()), list(computing.parameters()), options.learning_rate
    )
    generator = torch.Generator().manual_seed(seed)
    batch_size, max_steps = options.batch_size, options.train_steps_per_iter
    pass_length = max(_SHORTEST_PASS, math.ceil(len(samples.label) / batch_size))
    steps = 0
    while True:
        losses, hits = _score(computing, tensors)
        learnt = options.early_stop and _is_learnt(losses, hits, tensors)
        if steps >= max_steps or learnt:
            return FitResult(_mean(losses, tensors), _mean(hits, tensors), steps, learnt)
        for _ in range(_PASSES_UNSCORED):
            count = min(pass_length, max_steps - steps)
            for rows in _draw_batches(losses - tensors.floor, batch_size, count, generator):
                losses[rows], hits[rows] = _train_batch(computing, optimizer, tensors, rows)
                steps += 1
            if steps >= max_steps or (options.early_stop and _is_learnt(losses, hits, tensors)):
                break


def _is_learnt(losses: Tensor, hits: Tensor, tensors: "_Tensors") -> bool:
    """Whether nothing is left to learn, going by each row's (N,) loss and answer."""
    return bool(hits.all()) and _mean(losses - tensors.floor, tensors) < LEARNT_LOSS


def _draw_batches(
    excess: Tensor, batch_size: int, count: int, generator: torch.Generator
) -> Iterator[Tensor]:
    """`count` batches of rows, in passes; `excess` (N,) may change while a pass is under way.

    A pass is rounded to whole batches, since a short one costs nearly as much and teaches less;
    hard rows that find no place, less than half a batch, have another chance in the next pass.
    """
    drawn = 0
    while True:
        order = torch.randperm(len(excess), generator=generator)
        is_hard = (excess.cpu() > HARD_LOSS)[order]
        hard, easy = order[is_hard], order[~is_hard]
        batches = max(1, round((len(hard) + EASY_SHARE * len(easy)) / batch_size))
        rows = torch.cat([hard, easy])[: batches * batch_size]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        for batch in rows.to(excess.device).split(batch_size):
            yield batch
            drawn += 1
            if drawn == count:
                return


@dataclass(frozen=True)
class _Tensors:
    frames: Tensor  # (F, H, W, C) uint8
    frame: Tensor  # (N,) int64
    prev_act: Tensor  # (N,) int64
    label: Tensor  # (N,) int64
    best_label: Tensor  # (N,) int64
    weight: Tensor  # (N,) float32, mean 1
    floor: Tensor  # (N,) float32, the loss that conflicting labels force


def _to_device(dataset: Dataset, samples: Samples, device: torch.device) -> _Tensors:
    weight = _weights(samples)
    arrays = (samples.frame, samples.prev_act, samples.label, samples.best_label)
    frames = torch.from_numpy(dataset.frames)
    tensors = [torch.from_numpy(array) for array in (*arrays, weight, _floor(samples, weight))]
    return _Tensors(*(tensor.to(device) for tensor in (frames, *tensors)))


def _weights(samples: Samples) -> np.ndarray:
    weight = np.sqrt(samples.count).astype(np.float32)  # (N,)
    return np.asarray(weight / weight.mean())


def _floor(samples: Samples, weight: np.ndarray) -> np.ndarray:
    """Each row's loss, (N,) float32, under the function of the inputs with the least mean loss."""
    inputs = samples.frame * (int(samples.prev_act.max(initial=0)) + 1) + samples.prev_act
    _, index = np.unique(inputs, return_inverse=True)
    share = weight / np.bincount(index, weight)[index]
    return np.asarray(-np.log(share), np.float32)


def _mean(values: Tensor, tensors: _Tensors) -> float:
    """The weighted mean of (N,) values; of shares never above 1, as rounded weights may be."""
    weight = tensors.weight.double()
    return float((values * weight).sum() / weight.sum())


@torch.no_grad()
def _score(student: Student, tensors: _Tensors) -> tuple[Tensor, Tensor]:
    """Each row's loss, (N,) float32, and whether the student answers its best label, (N,) bool."""
    losses, hits = [], []
    for rows in torch.arange(len(tensors.label), device=tensors.label.device).split(_SCORING_BATCH):
        logits = _answer(student, tensors, rows)
        losses.append(functional.cross_entropy(logits, tensors.label[rows], reduction="none"))
        hits.append(logits.argmax(1) == tensors.best_label[rows])
    return torch.cat(losses), torch.cat(hits)


def _train_batch(
    student: Student, optimizer: "_Adam", tensors: _Tensors, rows: Tensor
) -> tuple[Tensor, Tensor]:
    """One gradient step; of the (B,) rows what `_score` gives, as it was before the step."""
    logits = _answer(student, tensors, rows)
    losses = functional.cross_entropy(logits, tensors.label[rows], reduction="none")
    (losses * tensors.weight[rows]).mean().backward()
    optimizer.step()
    return losses.detach(), logits.argmax(1) == tensors.best_label[rows]


class _Adam:
    """Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization", with torch's defaults.

    The parameters are float32; gradients come from their copies of another type, which follow them
    (Micikevicius et al. 2018, "Mixed Precision Training", section 3.1). Around torch's own
    function: its class imports torch's compiler, for two seconds.
    """

    def __init__(
        self, parameters: list[Tensor], copies: list[Tensor], learning_rate: float
    ) -> None:
        self._parameters, self._copies = parameters, copies
        self._learning_rate = learning_rate
        self._gradients = [torch.empty_like(one) for one in parameters]
        self._means = [torch.zeros_like(one) for one in parameters]
        self._squares = [torch.zeros_like(one) for one in parameters]
        self._counts = [torch.zeros((), device=one.device) for one in parameters]

    @torch.no_grad()
    def step(self) -> None:
        """Follows the copies' gradients, and clears them."""
        for gradient, one in zip(self._gradients, self._copies, strict=True):
            assert one.grad is not None
            gradient.copy_(one.grad)
        adam(
            self._parameters,
            self._gradients,
            self._means,
            self._squares,
            [],
            self._counts,
            fused=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=self._learning_rate,
            weight_decay=0.0,
            eps=1e-8,
            maximize=False,
        )
        torch._foreach_copy_(self._copies, self._parameters)
        for one in self._copies:
            one.grad = None


def _answer(student: Student, tensors: _Tensors, rows: Tensor) -> Tensor:
    obs = tensors.frames.index_select(0, tensors.frame[rows])  # (B, H, W, C)
    logits: Tensor = student(obs, tensors.prev_act[rows])
    return logits.float()
