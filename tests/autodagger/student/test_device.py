"""Where a student computes, in which type, and that it repeats."""

import os
from typing import Any

import pytest
import torch

from autodagger.student import device as device_module
from autodagger.student.device import (
    choose_device,
    compute_repeatably,
    get_computing_copy,
    name_device,
    prefers_bfloat16,
)
from tests.autodagger.student.helpers import CPU, make_student


@pytest.mark.parametrize(
    ("wanted", "there", "chosen"),
    [(True, True, "cuda"), (True, False, "cpu"), (False, True, "cpu"), (False, False, "cpu")],
)
def test_gpu_is_chosen_where_wanted_and_there(
    monkeypatch: pytest.MonkeyPatch, wanted: bool, there: bool, chosen: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert choose_device(wanted).type == chosen


def test_a_device_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"Some GPU {device.index}")
    assert name_device(CPU) == "cpu"
    assert name_device(torch.device("cuda", 1)) == "Some GPU 1"


def test_torch_is_told_to_repeat_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.use_deterministic_algorithms(False)
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    compute_repeatably()
    assert torch.are_deterministic_algorithms_enabled()
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    assert torch.utils.deterministic.fill_uninitialized_memory is False  # type: ignore[attr-defined]


def test_a_users_own_workspace_of_cublas_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    compute_repeatably()
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":16:8"


@pytest.mark.parametrize(
    ("capabilities", "preferred"),
    [
        ({"amx_bf16": True, "avx512_bf16": True, "cpu_name": "Intel Xeon"}, True),
        ({"avx512_bf16": True, "cpu_name": "Intel Xeon"}, False),
        ({"avx512_bf16": True, "cpu_name": "AMD Zen 4"}, True),
        ({"avx2": True, "cpu_name": "AMD Zen 3"}, False),
        ({"architecture": "aarch64"}, False),
    ],
)
def test_bfloat16_is_preferred_where_it_was_measured_to_be_faster(
    monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, Any], preferred: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert prefers_bfloat16(CPU) is preferred


@pytest.mark.parametrize("preferred", [True, False])
def test_computing_copy_leaves_the_student_as_it_is(
    monkeypatch: pytest.MonkeyPatch, preferred: bool
) -> None:
    monkeypatch.setattr(device_module, "prefers_bfloat16", lambda _device: preferred)
    student = make_student()
    copied = get_computing_copy(student, CPU)
    assert copied.head.weight.dtype is (torch.bfloat16 if preferred else torch.float32)
    assert student.head.weight.dtype is torch.float32
    assert copied.head.weight.data_ptr() != student.head.weight.data_ptr()
