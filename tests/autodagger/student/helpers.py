"""Small students and what they are shown."""

from typing import Any

import numpy as np
import torch

from autodagger.student.networks import NetworkArgs, Student
from autodagger.student.view import View
from tests.grid import ACTIONS, take

CPU = torch.device("cpu")


def make_student(seed: int = 0, **changes: Any) -> Student:
    """A small student of the grid, not trained; `changes` of its arguments and of its view."""
    torch.manual_seed(seed)
    view = take(View, values := {"frame_size": (40, 60), **changes})
    defaults = {"network": "small", "hidden_dim": 16, "actions": ACTIONS}
    return Student(NetworkArgs(**{**defaults, "view": view, **values}))


def make_obs(count: int, view: View, seed: int = 0) -> np.ndarray:
    """(count, H, W, C) uint8, noise."""
    rng = np.random.default_rng(seed)
    return rng.integers(256, size=(count, *view.shape), dtype=np.uint8)


def answer(student: Student, obs: np.ndarray, prev: int = 0) -> torch.Tensor:
    """The logits, (B, actions), for obs (B, H, W, C) after the action `prev`."""
    prev_acts = torch.full((len(obs),), prev)
    with torch.inference_mode():
        logits: torch.Tensor = student.eval()(torch.from_numpy(obs), prev_acts)
    return logits
