"""Whether trainings will find a GPU: asked of torch before them, and only where one may be."""

import functools
import shutil
import subprocess
import sys
from pathlib import Path

DEVICES = ("/dev/nvidia[0-9]*", "/dev/dxg", "/dev/kfd")
"""What the drivers of NVIDIA, of Windows below Linux, and of AMD bring."""

_QUESTION = "import torch; print(torch.cuda.is_available())"


@functools.cache
def is_gpu_there() -> bool:
    """Whether torch finds a GPU, as each training asks it.

    A driver's files or a program like nvidia-smi prove none: it can fail, and CUDA_VISIBLE_DEVICES
    can hide all of them. Importing torch takes seconds, so it is a process of its own that does,
    and only where there is a driver. Where that torch says nothing (a conda environment has
    another one) a driver counts as a GPU.
    """
    if not _has_driver():
        return False
    asked = subprocess.run([sys.executable, "-c", _QUESTION], capture_output=True, text=True)
    if asked.stdout.strip() != "False":
        return True
    print(
        "There is a driver for GPUs here, but torch finds none: trainings compute on the CPU, side "
        "by side. Expected otherwise? Look at nvidia-smi, CUDA_VISIBLE_DEVICES, and "
        "`python -c 'import torch; print(torch.version.cuda)'`.",
        file=sys.stderr,
    )
    return False


def _has_driver() -> bool:
    found = (path for pattern in DEVICES for path in Path("/").glob(pattern.lstrip("/")))
    return any(found) or shutil.which("nvidia-smi") is not None
