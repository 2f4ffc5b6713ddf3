"""Jobs end with their Snakemake, and stale locks are told from held ones."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autodagger.workflow import run_lock as lifeline

ROOT = Path(__file__).parents[3]
WORK = """
import os, sys, time
from autodagger.workflow.run_lock import exit_with_parent
exit_with_parent()
print(os.getpid(), flush=True)
time.sleep(60)
"""
HOLDER = """
import time
from autodagger.workflow.run_lock import hold_run_lock
file = hold_run_lock()
print("held", flush=True)
time.sleep(60)
"""
# As Snakemake does: a shell between it and the job, which outlives it.
SNAKEMAKE = """
import os, subprocess, sys
os.environ["AUTODAGGER_SNAKEMAKE_PID"] = str(os.getpid())
subprocess.run(["bash", "-c", f"{sys.executable} -c '{sys.argv[1]}'; true"])
"""


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(process: int, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end and is_running(process):
        time.sleep(0.05)
    return not is_running(process)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes in /proc")
def test_a_job_ends_when_the_snakemake_above_its_shell_is_killed() -> None:
    command = [sys.executable, "-c", SNAKEMAKE, WORK]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as snakemake:
        assert snakemake.stdout is not None
        job = int(snakemake.stdout.readline())
        assert is_running(job)
        snakemake.send_signal(signal.SIGKILL)
        assert wait_until_gone(job)


def test_a_lock_is_stale_when_nobody_holds_the_run_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert not lifeline.is_run_alive()
    with lifeline.hold_run_lock(), lifeline.hold_run_lock():  # two at once: a dry run beside a run
        assert lifeline.is_run_alive()
    assert not lifeline.is_run_alive()


def test_refuses_to_take_the_lock_of_a_living_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lifeline.remove_stale_lock()  # nothing to do
    (tmp_path / ".snakemake" / "locks").mkdir(parents=True)
    (tmp_path / ".snakemake" / "locks" / "0.output.lock").write_text("x")
    with lifeline.hold_run_lock(), pytest.raises(SystemExit, match="Another run is at work"):
        lifeline.remove_stale_lock()


def test_the_run_lock_goes_with_a_killed_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", HOLDER]
    monkeypatch.chdir(tmp_path)
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert lifeline.is_run_alive()
        process.kill()
    assert not lifeline.is_run_alive()
