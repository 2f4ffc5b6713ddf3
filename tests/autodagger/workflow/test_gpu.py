"""A GPU is one that torch finds; torch is asked only where a driver is."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autodagger.workflow import gpu
from autodagger.workflow.gpu import is_gpu_there


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[str]]:
    """Without any driver; the questions put to torch, which answers with the list's first item."""
    answers = ["False"]

    def answer(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        answers.append(command[-1])
        return subprocess.CompletedProcess(command, 0, stdout=answers[0], stderr="")

    monkeypatch.setattr(gpu, "DEVICES", (f"{tmp_path}/nvidia[0-9]*",))
    monkeypatch.setattr(gpu.shutil, "which", lambda name: None)
    monkeypatch.setattr(gpu.subprocess, "run", answer)
    is_gpu_there.cache_clear()
    yield answers
    is_gpu_there.cache_clear()


def test_without_a_driver_torch_is_not_asked(asked: list[str]) -> None:
    assert not is_gpu_there()
    assert asked[1:] == []


@pytest.mark.parametrize(("answer", "expected"), [("True\n", True), ("False\n", False), ("", True)])
def test_with_a_driver_torch_is_asked_once(
    asked: list[str], tmp_path: Path, answer: str, expected: bool
) -> None:
    (tmp_path / "nvidia0").touch()
    asked[0] = answer
    assert [is_gpu_there(), is_gpu_there()] == [expected, expected]
    assert len(asked) == 2


def test_an_nvidia_smi_without_gpu_is_none_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As where it fails, or with CUDA_VISIBLE_DEVICES= : torch itself is asked."""
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nexit 9\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    is_gpu_there.cache_clear()
    assert not is_gpu_there()
    assert "torch finds none: trainings compute on the CPU" in capsys.readouterr().err
    is_gpu_there.cache_clear()
