"""On a real Slurm: the same results as here, whatever becomes of nodes, jobs and main process."""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autodagger.results.board import STAGES
from autodagger.signs import BEAT_SECONDS, SILENT_SECONDS
from tests.slurm.cluster import CPUS, NODES, Cluster, find_lacking
from tests.workflow.conftest import MILESTONES, ROOT, Pipeline, make_pipeline

FIRST, MIDDLE, LAST = MILESTONES
LACKING = find_lacking()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.slurm,
    pytest.mark.skipif(bool(LACKING), reason=LACKING or "-"),
]
MOMENTARY = ("timestamp", "seconds")
"""What of a row says when and for how long; all else is the same wherever jobs run."""

STUDENT = STAGES.index("student")
END_SECONDS = 4 * BEAT_SECONDS + 10
"""Within which a job on a node ends after the sign of its run is gone, and Slurm has noticed it."""


@dataclass
class SlurmPipeline(Pipeline):
    """The small pipeline, its jobs on the nodes of a cluster."""

    cluster: Cluster

    @property
    def command(self) -> list[str]:
        profile = ["--profile", str(ROOT / "profiles" / "slurm")]
        return [*super().command, *profile, "--slurm-init-seconds-before-status-checks", "1"]

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | self.cluster.variables

    @contextmanager
    def start_run(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """A run beside the test; its output is in run.log."""
        command = [*self.command, "--cores", "2", *arguments]
        with (self.folder / "run.log").open("ab") as log:
            run = subprocess.Popen(
                command, cwd=self.start, env=self.environment, stdout=log, stderr=log
            )
        try:
            yield run
        finally:
            run.kill()
            run.wait()

    def hold_training(self, milestone: str) -> None:
        """Has it wait, once its sign of life is there, until there is a file `go`."""
        wait = "while not os.path.exists('go'): time.sleep(0.1)"
        self.sabotage("train_student", milestone, wait)

    def wait_for_training(self) -> dict[str, str]:
        """The job that trains, as soon as it has shown a sign of life."""
        wait_until(self.marker("train_student", FIRST).exists, 120)
        # What a job is about (its comment), the accounting knows of ended ones alone.
        (job,) = (job for job in self.jobs() if job["state"] == "RUNNING")
        return job

    def is_in_queue(self, job: dict[str, str]) -> bool:
        states = "PENDING,RUNNING,COMPLETING"
        return bool(self.cluster.ask("squeue", "-h", "-t", states, "-j", job["id"]))

    def marker(self, rule: str, milestone: str) -> Path:
        return self.results / "logs" / rule / f"{milestone}.running"

    def jobs(self, rule: str = "", milestone: str = "") -> list[dict[str, str]]:
        """What Slurm's accounting knows of this folder's jobs."""
        jobs = self.cluster.list_jobs(self.folder)
        return [job for job in jobs if rule in job["comment"] and milestone in job["comment"]]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    # Not below pytest's folder: a socket's path has 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="slurm") as folder, Cluster(folder) as cluster:
        yield cluster


@pytest.fixture
def pipeline(cluster: Cluster, tmp_path: Path) -> SlurmPipeline:
    return SlurmPipeline(make_pipeline(tmp_path / "work").folder, cluster)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The results of a run without a cluster."""
    pipeline = make_pipeline(tmp_path_factory.mktemp("local") / "work")
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    return read_results(pipeline)


def read_results(pipeline: Pipeline, milestone: str = "") -> dict[str, Any]:
    """All results, or one milestone's, byte for byte; rows without what is the moment's."""
    found: dict[str, Any] = {}
    for path in sorted(pipeline.results.rglob("*")):
        name = path.relative_to(pipeline.results)
        if not path.is_file() or name.parts[0] in ("logs", "benchmarks") or len(name.parts) == 1:
            continue
        if milestone not in str(name):
            continue
        found[str(name)] = read_row(path) if name.parts[0] == "rows" else path.read_bytes()
    return found


def read_row(path: Path) -> dict[str, Any]:
    return {k: v for k, v in json.loads(path.read_text()).items() if k not in MOMENTARY}


def assert_same(pipeline: Pipeline, local: dict[str, Any], milestone: str) -> None:
    expected = {name: value for name, value in local.items() if milestone in name}
    assert expected
    assert read_results(pipeline, milestone) == expected


def wait_until(what: Callable[[], Any], seconds: float = 60) -> float:
    """Waits; returns how long, in seconds."""
    begin = time.monotonic()
    while not what():
        assert time.monotonic() < begin + seconds, f"not within {seconds} seconds"
        time.sleep(0.2)
    return time.monotonic() - begin


def expect_success(run: subprocess.Popen[bytes], pipeline: SlurmPipeline) -> None:
    status = run.wait(240)
    assert status == 0, (pipeline.folder / "run.log").read_text()


def remove_lock(pipeline: SlurmPipeline) -> str:
    """What `make demo` does first."""
    command = [sys.executable, "-m", "autodagger.workflow.run_lock"]
    environment = pipeline.environment | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=pipeline.folder, env=environment, capture_output=True, text=True
    )
    return done.stdout + done.stderr


def show_board(pipeline: SlurmPipeline) -> dict[str, list[str]]:
    """`autodagger status` on the submitting host: cells by milestone."""
    command = [sys.executable, "-m", "autodagger", "status"]
    environment = pipeline.environment | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=pipeline.folder, env=environment, capture_output=True, text=True, check=True
    )
    lines = [re.split("  +", line) for line in done.stdout.splitlines()]
    return {cells[0]: cells[1:] for cells in lines if cells[0] in MILESTONES}


def test_results_are_those_of_a_local_run(pipeline: SlurmPipeline, local: dict[str, Any]) -> None:
    pipeline.configure(num_envs=CPUS - 1)  # two jobs take two nodes
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    assert read_results(pipeline) == local

    jobs = pipeline.jobs()
    assert len(jobs) == 2 * len(MILESTONES)  # the expert's; training and test as one
    assert {job["state"] for job in jobs} == {"COMPLETED"}
    assert {job["node"] for job in jobs} == set(NODES)

    assert pipeline.plan() == []
    assert Pipeline(pipeline.folder).plan() == []


def test_a_cancelled_job_is_tried_again_on_a_node_that_is_there(
    pipeline: SlurmPipeline, local: dict[str, Any]
) -> None:
    pipeline.configure(milestone=FIRST, num_envs=CPUS - 1)
    pipeline.hold_training(FIRST)
    with pipeline.start_run() as run:
        first = pipeline.wait_for_training()
        with pipeline.cluster.drained(first["node"]):
            pipeline.cluster.tell("scancel", first["id"])
            (pipeline.folder / "go").touch()
            expect_success(run, pipeline)
    jobs = pipeline.jobs("train_student")
    assert [job["state"].split()[0] for job in jobs] == ["CANCELLED", "COMPLETED"]
    assert {job["node"] for job in jobs} == set(NODES)
    assert pipeline.rows()[FIRST]["status"] == "completed"
    pipeline.mend()
    assert_same(pipeline, local, FIRST)


def test_jobs_end_after_their_main_process_was_killed_and_the_next_run_goes_on(
    pipeline: SlurmPipeline, local: dict[str, Any]
) -> None:
    pipeline.configure(milestone=FIRST)
    pipeline.hold_training(FIRST)
    with pipeline.start_run() as run:
        left = pipeline.wait_for_training()
        assert "Another run is at work" in remove_lock(pipeline)
        run.kill()
        run.wait()
    assert pipeline.is_in_queue(left)
    assert "The last run was killed" in remove_lock(pipeline)
    with pipeline.start_run() as run:
        wait_until(lambda: not pipeline.is_in_queue(left), END_SECONDS)
        (pipeline.folder / "go").touch()
        expect_success(run, pipeline)
    pipeline.mend()
    assert_same(pipeline, local, FIRST)


def test_an_expert_that_raises_is_a_row_and_no_job_that_is_tried_again(
    pipeline: SlurmPipeline,
) -> None:
    pipeline.configure(milestone=FIRST)
    pipeline.expert(FIRST).write_text("def run(state):\n    raise ValueError('lost')\n")
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    row = pipeline.rows()[FIRST]
    assert (row["status"], "lost" in row["error"]) == ("failed", True), row
    assert [job["state"] for job in pipeline.jobs()] == ["COMPLETED"]


def test_the_board_tells_a_living_job_on_a_node_from_a_killed_one(pipeline: SlurmPipeline) -> None:
    pipeline.configure(milestone=FIRST)
    pipeline.hold_training(FIRST)
    with pipeline.start_run("--retries", "0") as run:
        job = pipeline.wait_for_training()
        assert show_board(pipeline)[FIRST][STUDENT] == "..."
        pipeline.cluster.tell("scancel", job["id"])
        assert run.wait(120) != 0
    wait_until(lambda: show_board(pipeline)[FIRST][STUDENT] == ".", SILENT_SECONDS + 10)
