"""Our workflow as a module of another one, from that one's folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.workflow.conftest import MILESTONES, ROOT, SMALL, Pipeline, list_jobs, make_pipeline

OUTER = """
module ours:
    snakefile: "{snakefile}"
    {config}

use rule * from ours as ours_*

rule everything:
    default_target: True
    input: rules.ours_all.input

onsuccess: ours.onsuccess()
"""


@pytest.fixture
def outer(tmp_path: Path) -> Pipeline:
    """The outer workflow's folder: a config.yaml of its own, and a games/ that is not ours."""
    pipeline = make_pipeline(tmp_path / "outer")
    (pipeline.folder / "games").mkdir()
    (pipeline.folder / "config.yaml").write_text("samples: 3\n")
    return pipeline


def run(outer: Pipeline, config: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    snakefile = outer.folder / "Snakefile"
    snakefile.write_text(OUTER.format(snakefile=ROOT / "Snakefile", config=config))
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
    return subprocess.run(command, cwd=outer.folder, capture_output=True, text=True)


def test_without_a_config_ours_counts_and_the_game_is_found(outer: Pipeline) -> None:
    result = run(outer, "", "-n")
    assert result.returncode == 0, result.stdout + result.stderr
    assert ("evaluate_expert", "GAME_RUNNING") in list_jobs(result.stdout + result.stderr)


def test_a_config_of_the_modules_own_is_used(outer: Pipeline) -> None:
    result = run(outer, f"config: {SMALL | {'milestone': MILESTONES[0]}!r}", "-n")
    jobs = list_jobs(result.stdout + result.stderr)
    assert result.returncode == 0, result.stdout + result.stderr
    rows = [job for job in jobs if job[0] == "summarize_milestone"]
    assert rows == [("summarize_milestone", MILESTONES[0])]
    assert not outer.results.exists()


def test_it_runs(outer: Pipeline) -> None:
    result = run(outer, f"config: {SMALL | {'milestone': MILESTONES[0]}!r}")
    assert result.returncode == 0, result.stdout + result.stderr
    assert outer.rows()[MILESTONES[0]]["status"] == "completed"
    assert f"✅ {MILESTONES[0]}" in result.stderr
    again = run(outer, f"config: {SMALL | {'milestone': MILESTONES[0]}!r}", "-n")
    assert list_jobs(again.stdout + again.stderr) == []
