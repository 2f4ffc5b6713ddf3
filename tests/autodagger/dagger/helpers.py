"""What several tests of DAgger's parts begin with."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autodagger.dagger.metrics import IterationMetrics
from autodagger.rollout.episode import Episode, EpisodePlan


def hold(obs: np.ndarray, labels: Sequence[int], acts: Sequence[int] | None = None) -> Episode:
    """An episode that saw `obs` (T, H, W, C) and did what the expert says, if not told else."""
    return Episode(
        EpisodePlan(0),
        acts=list(acts or labels),
        labels=list(labels),
        distinct_obs=obs,
        obs_index=range(len(obs)),
    )


def make_metrics(**changes: Any) -> IterationMetrics:
    """An iteration like another; `changes` are named as in training.json."""
    flat = {
        "iteration": 0,
        "beta": 0.5,
        "dataset_size": 90,
        "unique_frames": 60,
        "conflicting_frames": 2,
        "inputs": 61,
        "ceiling": 0.97,
        "loss": 0.1,
        "accuracy": 0.95,
        "train_steps": 200,
        "learnt": False,
        "episodes": 4,
        "successes": 3,
        "success_rate": 0.75,
        "interval": [0.3006, 0.9544],
        "agreement": 0.9,
        "faults": 1,
        "expert_queries": 120,
    }
    return IterationMetrics.from_json(flat | changes)
