"""A run that is killed leaves nothing alive, and the next one goes on from where it was."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.workflow.conftest import MILESTONES, ROOT, Pipeline

FIRST = MILESTONES[0]


def list_children(folder: Path) -> list[str]:
    """Command lines of the living processes that work in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").resolve() == folder:
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return [command for command in found if command]


def wait_for(path: Path, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.05)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes in /proc")
def test_a_killed_snakemake_takes_its_jobs_along_and_its_lock_is_removed(
    pipeline: Pipeline,
) -> None:
    pipeline.configure(milestone=FIRST, train_steps_per_iter=100000)
    command = [*pipeline.command, "--cores", "1"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=pipeline.environment) as run:
        wait_for(pipeline.results / "logs" / "train_student" / f"{FIRST}.running")
        time.sleep(2)
        unlock = [sys.executable, "-m", "autodagger.workflow.run_lock"]
        environment = pipeline.environment | {"PYTHONPATH": str(ROOT)}
        refused = subprocess.run(unlock, cwd=pipeline.folder, capture_output=True, env=environment)
        assert b"Another run is at work" in refused.stderr
        run.kill()
    end = time.monotonic() + 10
    while time.monotonic() < end and list_children(pipeline.folder):
        time.sleep(0.1)
    assert list_children(pipeline.folder) == []

    pipeline.configure(train_steps_per_iter=20)
    assert pipeline.run().returncode != 0  # the lock is there
    unlocked = subprocess.run(unlock, cwd=pipeline.folder, capture_output=True, env=environment)
    assert b"The last run was killed" in unlocked.stdout
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    assert pipeline.rows()[FIRST]["status"] == "completed"
