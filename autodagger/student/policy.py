"""A student that acts."""

from collections.abc import Sequence

import numpy as np
import torch

from autodagger.student.device import get_computing_copy
from autodagger.student.networks import Student

_ROWS = {"cpu": 2, "cuda": 16}
"""Rows that the network is given at once, always: in what order kernels sum depends on the number
of rows, and an answer must not depend on how many environments happen to ask at the same time. On
a CPU, half of the four environments; on a GPU more rows cost nothing."""


class GreedyPolicy:
    """The student's likeliest action, of the student as it is now: a `Policy`.

    Args:
        student: It is copied.
        device: Where it computes.
        dtype: In which type; None: the fastest there.
    """

    def __init__(
        self, student: Student, device: torch.device, dtype: torch.dtype | None = None
    ) -> None:
        self._student = get_computing_copy(student, device, dtype).freeze()
        self._device, self._rows = device, _ROWS[device.type]

    def __call__(self, obs: np.ndarray, prev_acts: Sequence[int]) -> list[int]:
        """B action indices for obs (B, H, W, C) uint8 and the B before."""
        before = np.asarray(prev_acts, np.int64)
        parts = [
            self._answer(obs[first : first + self._rows], before[first : first + self._rows])
            for first in range(0, len(obs), self._rows)
        ]
        return [int(act) for part in parts for act in part]

    @torch.inference_mode()
    def _answer(self, obs: np.ndarray, prev_acts: np.ndarray) -> np.ndarray:
        filled = np.arange(self._rows) % len(obs)
        batch = torch.from_numpy(obs[filled]).to(self._device)
        batch_acts = torch.from_numpy(prev_acts[filled]).to(self._device)
        acts: np.ndarray = self._student(batch, batch_acts).argmax(1).cpu().numpy()
        return acts[: len(obs)]
