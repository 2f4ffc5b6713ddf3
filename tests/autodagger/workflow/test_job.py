"""What surrounds a job: its lines, its log, its marker."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autodagger.expert.vision import Vision
from autodagger.results.layout import Results
from autodagger.signs import Sign, get_host
from autodagger.workflow.config import load_config
from autodagger.workflow.ending import list_marked_jobs
from autodagger.workflow.job import INTERRUPTED, make_vision

RUN = "a-run"
ROOT = Path(__file__).parents[3]
JOB = """
import os, subprocess, sys
from types import SimpleNamespace
from autodagger.errors import UserError
from autodagger.workflow.job import run_job
snakemake = SimpleNamespace(
    log=["logs/train_student/B.log"], wildcards={"milestone": "B"},
    config={"milestone_ids": ["A", "B"]},
)
snakemake.wildcards = type("W", (dict,), {})(milestone="B")
with run_job(snakemake, "student") as progress:
    print("chatter of a library")
    subprocess.run(["sh", "-c", "echo chatter of a child >&2"])
    progress("iteration 1/2: 3/4 episodes reach it")
    BODY
"""


def write_run(folder: Path) -> Path:
    sign = folder / RUN
    Sign(os.getpid(), get_host()).write(sign)
    return sign


def run(folder: Path, body: str = "pass") -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "AUTODAGGER_SNAKEMAKE_PID": str(os.getpid()),
        "AUTODAGGER_RUN": str(write_run(folder)),
        "PYTHONUNBUFFERED": "",
    }
    command = [sys.executable, "-c", JOB.replace("BODY", body)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_the_terminal_gets_the_events_and_the_log_everything(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.returncode == 0
    assert result.stdout == ""
    assert result.stderr == "[2/2] B student iteration 1/2: 3/4 episodes reach it\n"
    log = (tmp_path / "logs/train_student/B.log").read_text()
    assert "chatter of a library" in log
    assert "chatter of a child" in log
    assert "3/4 episodes" in log
    assert list_marked_jobs(tmp_path / "logs", RUN) == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise UserError('model.pth: not a model')", "failed: model.pth: not a model (see logs"),
        ("raise ValueError('odd')", "failed: ValueError: odd (see logs"),
        ("raise MemoryError('64 GiB')", "failed: out of memory (64 GiB). Lower batch_size or"),
    ],
)
def test_a_failure_is_one_line_and_a_traceback_in_the_log(
    tmp_path: Path, body: str, message: str
) -> None:
    result = run(tmp_path, body)
    assert result.returncode == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in (tmp_path / "logs/train_student/B.log").read_text()
    log = tmp_path / "logs/train_student/B.log"
    assert list_marked_jobs(tmp_path / "logs", RUN) == [("train_student", "B", log)]


def test_a_killed_job_leaves_its_marker_for_its_own_run_only(tmp_path: Path) -> None:
    result = run(tmp_path, "os.kill(os.getpid(), 9)")
    assert result.returncode == -9
    assert len(list_marked_jobs(tmp_path / "logs", RUN)) == 1
    assert list_marked_jobs(tmp_path / "logs", "another") == []


def test_what_comes_of_ctrl_c_is_ctrl_c(tmp_path: Path) -> None:
    """A generator or a worker that Ctrl-C ended lets somebody's `finally` fail."""
    body = """try:
        raise KeyboardInterrupt
    finally:
        next(iter(()))"""
    result = run(tmp_path, body)
    assert result.returncode == INTERRUPTED
    assert result.stderr.count("\n") == 1  # the job's own line
    assert list_marked_jobs(tmp_path / "logs", RUN) == []


def test_markers_tell_failed_jobs_from_killed_ones(tmp_path: Path) -> None:
    run(tmp_path, "raise ValueError")
    assert len(list_marked_jobs(tmp_path / "logs", RUN, failed_only=True)) == 1
    run(tmp_path, "os.kill(os.getpid(), 9)")
    assert list_marked_jobs(tmp_path / "logs", RUN, failed_only=True) == []


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="the disk that is always full is Linux's"
)
def test_a_full_disk_under_the_log_hides_no_failure(tmp_path: Path) -> None:
    log = tmp_path / "logs/train_student/B.log"
    log.parent.mkdir(parents=True)
    log.symlink_to("/dev/full")
    result = run(tmp_path, "raise OSError(28, 'No space left on device', 'model.pth')")
    assert result.returncode == 1
    assert "failed: OSError: [Errno 28] No space left on device: 'model.pth'" in result.stderr


def test_tracking_is_not_loaded_without_the_option() -> None:
    modules = "autodagger.workflow.job, autodagger.dagger.training"
    code = f"import sys, {modules}; sys.exit('wandb' in sys.modules)"
    result: Any = subprocess.run([sys.executable, "-c", code], cwd=ROOT)
    assert result.returncode == 0


def test_what_is_imported_is_out_of_the_collectors_way(tmp_path: Path) -> None:
    """Torch leaves half a million objects, which took a third of a second at the end alone."""
    assert run(tmp_path, "import gc; sys.exit(gc.get_freeze_count() < 5000)").returncode == 0


def test_experts_questions_are_the_options(tmp_path: Path) -> None:
    config = load_config({"output_dir": str(tmp_path), "vision_model": "m", "vision_timeout": 7})
    file = tmp_path / "vision" / "A" / "answers.jsonl"
    assert make_vision(config, Results(config["output_dir"]), "A") == Vision(file, "m", "", 7)
    config["vision_url"] = "http://localhost/v1"
    assert make_vision(config, Results(config["output_dir"]), "A").url == "http://localhost/v1"
    assert make_vision(load_config({}), Results("out"), "A").timeout == 120


def test_what_failed_for_good_is_not_tried_again_in_its_run(tmp_path: Path) -> None:
    run(tmp_path, "raise UserError('model.pth: not a model')")
    again = run(tmp_path, "print('played')")
    assert again.returncode == 1
    assert "B student not tried again: it would say the same" in again.stderr
    log = (tmp_path / "logs/train_student/B.log").read_text()
    assert "model.pth: not a model" in log
    assert "played" not in log
    assert len(list_marked_jobs(tmp_path / "logs", RUN, failed_only=True)) == 1


@pytest.mark.parametrize("body", ["raise ValueError('odd')", "os.kill(os.getpid(), 9)"])
def test_what_crashed_or_was_killed_is_tried_again(tmp_path: Path, body: str) -> None:
    run(tmp_path, body)
    assert run(tmp_path).returncode == 0


def test_another_run_tries_what_failed_for_good(tmp_path: Path) -> None:
    run(tmp_path, "raise UserError('model.pth: not a model')")
    marker = tmp_path / "logs/train_student/B.running"
    marker.write_text(marker.read_text().replace(RUN, "an-earlier-run"))
    assert run(tmp_path).returncode == 0


def test_a_job_waits_for_what_is_left_of_a_killed_run(tmp_path: Path) -> None:
    marker = tmp_path / "logs/train_student/B.running"
    marker.parent.mkdir(parents=True)
    command = ["sh", "-c", "sleep 2 >&2 & echo $!"]  # not our child, which would be a zombie
    left = int(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    Sign(left, get_host(), "an-earlier-run").write(marker)
    result = run(tmp_path, f"assert not os.path.exists('/proc/{left}')")
    assert "B student waits until an earlier job on" in result.stderr
    assert result.returncode == 0
