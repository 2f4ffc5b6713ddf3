"""The report of real runs: by its command, and by Snakemake's own `--report`."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflow.conftest import ROOT, Pipeline


def command(pipeline: Pipeline, *arguments: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "autodagger", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        words, cwd=pipeline.folder, env=environment, capture_output=True, text=True
    )


def test_a_finished_run_has_its_page(copy_of_finished: Callable[[], Pipeline]) -> None:
    """Weak students (20 steps of training) are explained on the way."""
    pipeline = copy_of_finished()
    rows = pipeline.rows()
    done = command(pipeline, "report")
    assert done.returncode == 0, done.stderr
    page = pipeline.results / "report" / "index.html"
    assert str(page.relative_to(pipeline.folder)) in done.stdout
    text = page.read_text(encoding="utf-8")
    weak = [name for name, row in rows.items() if row["dagger_final_success_rate"] < 0.95]
    assert weak
    for name in rows:
        assert f'id="m-{name}"' in text
        assert (f'id="why-{name}"' in text) == (name in weak)
    for name in weak:
        diagnosis = pipeline.read(f"diagnosis/{name}/diagnosis.json")
        assert diagnosis["changed"] == []  # the command sees the very files that the jobs had
        assert diagnosis["findings"]
    again = command(pipeline, "report")
    assert "playing" in done.stderr and again.stderr == ""


def test_a_run_that_has_not_begun_has_one_too(pipeline: Pipeline) -> None:
    done = command(pipeline, "report", "--config", "output_dir=elsewhere")
    assert done.returncode == 0, done.stderr
    assert "0 of 3 milestones" in (pipeline.folder / "elsewhere/report/index.html").read_text()


@pytest.mark.parametrize(
    ("milestone", "expected"),
    [
        ("PLAYER_NAME", "did you mean 'PLAYER_NAME_SET'?"),
        ("PLAYER_NAME_SET", "there is no budget yet"),
    ],
)
def test_what_cannot_be_explained_is_said(
    pipeline: Pipeline, milestone: str, expected: str
) -> None:
    done = command(pipeline, "explain", milestone)
    assert done.returncode == 1
    assert expected in done.stderr and "Traceback" not in done.stderr


@pytest.mark.slow
def test_snakemakes_own_report_has_the_table_and_the_videos(
    copy_of_finished: Callable[[], Pipeline],
) -> None:
    pipeline = copy_of_finished()
    videos = ("--config", "record_video=true", "videos_per_evaluation=1")
    assert pipeline.run(*videos).returncode == 0
    made = pipeline.run(*videos, "--report", str(pipeline.folder / "report.zip"))
    assert made.returncode == 0, made.stderr
    with zipfile.ZipFile(pipeline.folder / "report.zip") as archive:
        names = archive.namelist()
        [page] = [archive.read(name).decode() for name in names if name.endswith("report.html")]
    kinds = [Path(name).suffix for name in names]
    assert kinds.count(".csv") == 1
    assert kinds.count(".mp4") == len(list(pipeline.results.glob("*videos/*/*.mp4"))) > 3
    assert "Videos" in page and "GAME_RUNNING" in page
