"""Where a student computes, and in which type."""

import copy
import os

import torch

from autodagger.student.networks import Student


def choose_device(cuda: bool) -> torch.device:
    """The GPU if it is wanted and there, else the CPU."""
    return torch.device("cuda" if cuda and torch.cuda.is_available() else "cpu")


def name_device(device: torch.device) -> str:
    """What reports and logs call it: "cpu", or the GPU's own name."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def compute_repeatably() -> None:
    """Has this process's torch compute the same way every time, on either device.

    What torch documents under "Reproducibility": cuBLAS reads its variable when it starts.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # As `use_deterministic_algorithms(True)`, which imports torch's compiler first: 1.3 seconds.
    torch.set_deterministic_debug_mode("error")
    # That also fills whatever is allocated, against reading it unwritten, which nothing here does:
    # a twelfth of a training's time.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def get_computing_copy(
    student: Student, device: torch.device, dtype: torch.dtype | None = None
) -> Student:
    """A copy on `device`, of the type `dtype`; None: that which it computes fastest in."""
    if dtype is None:
        dtype = torch.bfloat16 if prefers_bfloat16(device) else torch.float32
    return copy.deepcopy(student).to(device, dtype)


def prefers_bfloat16(device: torch.device) -> bool:
    """Whether the hardware multiplies bfloat16 faster than float32.

    On a CPU that takes AMX, or an AVX512-BF16 that is not Intel's. A train step of the default
    network takes 0.30 of float32's time with AMX, measured on Intel's Granite Rapids, and 1.21
    there without it; 0.48 on a processor with AVX512-BF16 that, by its speeds, was AMD's. Without
    either, bfloat16 is emulated.
    """
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    found = torch.cpu.get_capabilities()
    is_intel = "Intel" in str(found.get("cpu_name"))
    return bool(found.get("amx_bf16") or (found.get("avx512_bf16") and not is_intel))
