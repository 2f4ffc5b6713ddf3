"""Jobs end with their Snakemake."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORK = """
import os, sys, time
from autodagger.processes import exit_with_parent
exit_with_parent()
print(os.getpid(), flush=True)
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
