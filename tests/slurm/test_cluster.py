"""The cluster of the tests leaves nothing behind."""

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.slurm.cluster import find_lacking
from tests.workflow.conftest import ROOT

LACKING = find_lacking()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.slurm,
    pytest.mark.skipif(bool(LACKING), reason=LACKING or "-"),
]
PLACE = Path("/etc/slurm")


def list_processes(conf: str) -> list[str]:
    """Command lines of the living processes that have a cluster's SLURM_CONF."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"SLURM_CONF={conf}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return [command for command in found if command]


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_all_processes_end_with_the_one_that_started_them(kind: signal.Signals) -> None:
    before = {path: path.lstat().st_mtime for path in [PLACE, *PLACE.glob("*")] if path.exists()}
    command = [sys.executable, "-m", "tests.slurm.cluster"]
    with tempfile.TemporaryDirectory(prefix="slurm") as folder:
        conf = f"{folder}/etc/slurm.conf"
        with subprocess.Popen(
            [*command, folder], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as cluster:
            assert cluster.stdout is not None
            assert cluster.stdout.readline() == f"export SLURM_CONF={conf}\n"
            environment = {"SLURM_CONF": conf, "PATH": "/usr/sbin:/usr/bin:/bin"}
            job = ["sbatch", "--output", f"{folder}/job", "--wrap", "echo begun; sleep 300"]
            subprocess.run(job, env=environment, check=True, capture_output=True)
            end = time.monotonic() + 30
            while not (Path(folder, "job").exists() and Path(folder, "job").read_text()):
                assert time.monotonic() < end, "the job does not begin"
                time.sleep(0.2)
            running = list_processes(conf)
            assert any("sleep" in line for line in running)
            assert sum(line.startswith("slurmd ") for line in running) == 2
            cluster.send_signal(kind)
        end = time.monotonic() + 10
        while (left := list_processes(conf)) and time.monotonic() < end:
            time.sleep(0.2)
        assert left == []
    after = {path: path.lstat().st_mtime for path in before}
    assert after == before
