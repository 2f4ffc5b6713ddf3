"""Trainings wait for each other only for a GPU that torch finds."""

import os
import re
import subprocess
from collections.abc import Callable

from tests.workflow.conftest import MILESTONES, Pipeline


def test_an_nvidia_smi_that_fails_is_no_gpu(copy_of_finished: Callable[[], Pipeline]) -> None:
    """Neither in a dry run, which asks nobody, nor in a run, which says that there is none."""
    pipeline = copy_of_finished()
    program = pipeline.folder / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 9\n")
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    environment = pipeline.environment | {"PATH": path, "CUDA_VISIBLE_DEVICES": ""}
    training = pipeline.results / "models" / MILESTONES[0] / "training.json"
    training.unlink()
    target = str(training.relative_to(pipeline.folder))
    for more in (["-n"], []):
        command = [*pipeline.command, "--cores", "2", *more, target]
        result = subprocess.run(command, capture_output=True, text=True, env=environment)
        output = result.stdout + result.stderr
        assert result.returncode == 0, output
        assert f"{MILESTONES[0]}: training the student" in output
        assert not re.search(r"^ *resources: .*\bgpu=1", output, re.MULTILINE), output
        assert ("torch finds none: trainings compute on the CPU" in output) is not bool(more)
    assert pipeline.read(f"models/{MILESTONES[0]}/training.json")["device"] == "cpu"
    log = pipeline.results / "logs" / "train_student" / f"{MILESTONES[0]}.log"
    assert "training on cpu" in log.read_text()
