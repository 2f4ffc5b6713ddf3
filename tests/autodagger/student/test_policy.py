"""A student that acts."""

from typing import Any

import numpy as np
import pytest
import torch

from autodagger.student import device as device_module
from autodagger.student import policy
from autodagger.student.networks import TRUNKS, Student
from autodagger.student.policy import GreedyPolicy
from tests.autodagger.student.helpers import CPU, answer, make_obs, make_student


def test_greedy_policy_takes_the_likeliest_action(device: torch.device) -> None:
    """bfloat16, where the hardware has it, may decide between two that are nearly as likely."""
    student = make_student()
    obs = make_obs(40, student.args.view)
    expected = answer(student, obs)
    acts = GreedyPolicy(student, device)(obs, [0] * 40)
    assert len(acts) == 40
    chosen = expected[torch.arange(40), acts]
    assert bool((expected.max(1).values - chosen < 0.05).all())


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("network", TRUNKS)
def test_answer_does_not_depend_on_what_else_is_asked(
    monkeypatch: pytest.MonkeyPatch, device: torch.device, network: str, rows: int
) -> None:
    """To the last bit, in groups of any size, though float32 sums depend on it."""
    monkeypatch.setattr(device_module, "prefers_bfloat16", lambda _device: False)
    monkeypatch.setattr(policy, "_ROWS", {device.type: rows})
    student = make_student(network=network, frame_size=(80, 120))
    greedy = LogitsOf(student, device)
    obs = make_obs(8, student.args.view)
    together = greedy.ask(obs)
    assert together.dtype is torch.float32
    assert torch.equal(greedy.ask(np.ascontiguousarray(obs[::-1])), together.flip(0))
    for count in (1, 2, 3, 5):
        assert torch.equal(greedy.ask(obs[:count]), together[:count])


class LogitsOf(GreedyPolicy):
    """Shows what the policy takes the greatest of."""

    def __init__(self, student: Student, device: torch.device) -> None:
        super().__init__(student, device)
        self._student.head.register_forward_hook(self._take)

    def _take(self, _module: Any, _inputs: Any, logits: torch.Tensor) -> None:
        self._logits.append(logits.clone())

    def ask(self, obs: np.ndarray) -> torch.Tensor:
        self._logits: list[torch.Tensor] = []
        self(obs, np.zeros(len(obs), np.int64))
        return torch.cat(self._logits)[: len(obs)]


def test_policy_is_the_student_as_it_was() -> None:
    student = make_student()
    obs = make_obs(6, student.args.view)
    greedy = GreedyPolicy(student, CPU)
    before = greedy(obs, [0] * 6)
    torch.nn.init.zeros_(student.head.weight)
    assert greedy(obs, [0] * 6) == before
    assert student.head.weight.dtype is torch.float32
