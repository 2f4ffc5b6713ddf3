"""Fits an agent's network to what journeys taught: its students first, then its switchers."""

import functools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from autodagger.agent.dataset import JourneyDataset, Stretch
from autodagger.agent.network import AgentNetwork, Moments, Switcher
from autodagger.dagger.learner import fit
from autodagger.dagger.options import TrainingOptions
from autodagger.seeding import derive_seed
from autodagger.student.device import get_computing_copy
from autodagger.student.networks import Student

SWITCHER_STEPS = 500
"""Gradient steps of a switcher in each round: it goes on from where the last round left it."""

_BATCH, _RATE, _DECAY = 256, 1e-3, 1e-4
_LOOK = 256  # screens at once


@dataclass(frozen=True)
class Fitted:
    """How the fit of one milestone ended.

    Attributes:
        labels: Distinct labelled screens of its student.
        student_accuracy: Weighted share of them that the student answers.
        student_steps: Gradient steps it took.
        moments: Moments of its switcher.
        switcher_accuracy: Share of them that the switcher answers.
    """

    labels: int
    student_accuracy: float
    student_steps: int
    moments: int
    switcher_accuracy: float


def fit_agent(
    network: AgentNetwork,
    dataset: JourneyDataset,
    options: TrainingOptions,
    device: torch.device,
    seed: int,
    threads: int = 1,
) -> list[Fitted]:
    """Goes on with every student and switcher; a switcher sees its student as it is then.

    Args:
        network: The agent's.
        dataset: All journeys so far.
        options: Of the students' training.
        device: Where to compute.
        seed: Of all chance in it.
        threads: Milestones to fit at once; each is computed alike whatever the others do.

    Returns:
        A report for each milestone.
    """
    stretches = dataset.list_stretches(np.random.default_rng(seed))
    fit_one = functools.partial(
        _fit_milestone, network, dataset, stretches, options=options, device=device, seed=seed
    )
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(fit_one, range(len(stretches))))


def _fit_milestone(
    network: AgentNetwork,
    dataset: JourneyDataset,
    all_stretches: Sequence[Sequence[Stretch]],
    number: int,
    *,
    options: TrainingOptions,
    device: torch.device,
    seed: int,
) -> Fitted:
    stretches = all_stretches[number]
    student, switcher = network.students[number], network.switchers[number]
    assert isinstance(student, Student) and isinstance(switcher, Switcher)
    taught, own = dataset.students[number], derive_seed(seed, number)
    count, accuracy, steps = len(taught.samples().label), 1.0, 0
    if count:
        result = fit(student, taught, options, device, own)
        accuracy, steps = result.accuracy, result.train_steps
    if not stretches:
        return Fitted(count, accuracy, steps, 0, 1.0)
    moments = _gather(student, dataset.screens, stretches, device)
    labels = torch.from_numpy(np.concatenate([one.labels for one in stretches])).to(device)
    share = _fit_switcher(switcher.to(device).train(), moments, labels, own)
    return Fitted(count, accuracy, steps, len(labels), share)


def _gather(
    student: Student,
    screens: Sequence[np.ndarray],
    stretches: Sequence[Stretch],
    device: torch.device,
) -> Moments:
    """All moments of the stretches, with what the student sees in them."""
    looks: dict[tuple[int, int], int] = {}  # the place of each screen and action before
    places = [
        [
            looks.setdefault(
                (frame, max(0, act) if student.args.view.previous_action else 0), len(looks)
            )
            for frame, act in zip(one.frames.tolist(), one.prev_acts.tolist(), strict=True)
        ]
        for one in stretches
    ]
    seen = torch.cat(list(_look(student, screens, list(looks), device)))  # (looks, U) float16
    units = [seen[place] for place in places]
    return Moments(
        torch.cat(units).float(),
        torch.cat([one.cummax(0).values for one in units]).float(),
        torch.cat([torch.arange(len(one)) for one in units]).to(device),
        torch.from_numpy(np.concatenate([one.prev_acts for one in stretches])).to(device),
    )


@torch.inference_mode()
def _look(
    student: Student,
    screens: Sequence[np.ndarray],
    looks: Sequence[tuple[int, int]],
    device: torch.device,
) -> Iterator[Tensor]:
    computing = get_computing_copy(student, device).freeze()
    for first in range(0, len(looks), _LOOK):
        part = looks[first : first + _LOOK]
        obs = torch.from_numpy(np.stack([screens[frame] for frame, _ in part])).to(device)
        prev_act = torch.tensor([act for _, act in part], device=device)
        yield computing.hidden(computing.extract(obs, prev_act)).relu_().half()


def _fit_switcher(switcher: Switcher, moments: Moments, labels: Tensor, seed: int) -> float:
    """Trains on batches drawn at random; returns the share it then answers rightly."""
    switcher.scale_to(moments.units)
    features = switcher.look(moments)
    optimizer = torch.optim.Adam(switcher.parameters(), lr=_RATE, weight_decay=_DECAY, fused=True)
    generator = torch.Generator().manual_seed(seed)
    for step in range(SWITCHER_STEPS):
        optimizer.param_groups[0]["lr"] = _RATE * (1 - step / SWITCHER_STEPS)
        rows = torch.randint(len(labels), (_BATCH,), generator=generator).to(labels.device)
        loss = functional.cross_entropy(switcher.answer(features[rows]), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        hits = switcher.answer(features).argmax(1) == labels
    return float(hits.double().mean())
