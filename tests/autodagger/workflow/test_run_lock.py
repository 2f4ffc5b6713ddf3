"""Stale locks are told from held ones."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autodagger.workflow import run_lock

ROOT = Path(__file__).parents[3]
HOLDER = """
import time
from autodagger.workflow.run_lock import hold_run_lock
file = hold_run_lock()
print("held", flush=True)
time.sleep(60)
"""


def test_a_lock_is_stale_when_nobody_holds_the_run_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert not run_lock.is_run_alive()
    with run_lock.hold_run_lock(), run_lock.hold_run_lock():  # two at once: a dry run beside a run
        assert run_lock.is_run_alive()
    assert not run_lock.is_run_alive()


def test_refuses_to_take_the_lock_of_a_living_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run_lock.remove_stale_lock()  # nothing to do
    (tmp_path / ".snakemake" / "locks").mkdir(parents=True)
    (tmp_path / ".snakemake" / "locks" / "0.output.lock").write_text("x")
    with run_lock.hold_run_lock(), pytest.raises(SystemExit, match="Another run is at work"):
        run_lock.remove_stale_lock()


def test_the_run_lock_goes_with_a_killed_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", HOLDER]
    monkeypatch.chdir(tmp_path)
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert run_lock.is_run_alive()
        process.kill()
    assert not run_lock.is_run_alive()
