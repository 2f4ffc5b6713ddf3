"""Results that were damaged cost their milestone, never the table nor another milestone's."""

import os
import subprocess
from collections.abc import Callable

import pytest

from tests.workflow.conftest import MILESTONES, Pipeline

FIRST, MIDDLE, LAST = MILESTONES
Copy = Callable[[], Pipeline]
SLOW_PIPE = pytest.param("pipe", "a pipe", marks=pytest.mark.slow)

OTHERS = [
    f"{folder}/{milestone}/{name}"
    for milestone in (MIDDLE, LAST)
    for folder, name in (
        ("expert_eval", "expert_eval.json"),
        ("milestone_states", "completed_states.zip"),
        ("budget", "budget.json"),
        ("models", "training.json"),
        ("student_eval", "student_eval.json"),
    )
]


def read_others(pipeline: Pipeline) -> dict[str, bytes]:
    """What the milestones after the damaged one have."""
    return {name: (pipeline.results / name).read_bytes() for name in OTHERS}


def damage(pipeline: Pipeline, name: str) -> None:
    path = pipeline.results / name
    path.write_bytes(path.read_bytes()[:-40])


def run_damaged(pipeline: Pipeline, *names: str) -> subprocess.CompletedProcess[str]:
    """A run with damaged files, by which no other milestone loses anything."""
    before = read_others(pipeline)
    for name in names:
        damage(pipeline, name)
    result = pipeline.run()
    assert read_others(pipeline) == before
    rows = pipeline.rows()
    assert rows[MIDDLE]["status"] == rows[LAST]["status"] == "completed"
    assert len((pipeline.results / "pipeline_results.csv").read_text().splitlines()) == 4
    return result


@pytest.mark.parametrize(
    "name",
    [
        f"rows/{FIRST}.json",
        f"expert_eval/{FIRST}/expert_eval.json",
        f"budget/{FIRST}/budget.json",
        pytest.param(f"models/{FIRST}/training.json", marks=pytest.mark.slow),
        pytest.param(f"models/{FIRST}/dagger_{FIRST}_best.pth", marks=pytest.mark.slow),
    ],
)
def test_the_row_names_the_file_and_the_next_run_makes_it_anew(
    copy_of_finished: Copy, name: str
) -> None:
    pipeline = copy_of_finished()
    run_damaged(pipeline, name)
    row = pipeline.rows()[FIRST]
    assert row["status"] == "failed"
    assert f"dagger_pipeline_results/{name}: " in row["error"]
    assert "elete th" in row["error"]
    (pipeline.results / name).unlink()
    assert pipeline.run().returncode == 0
    assert pipeline.rows()[FIRST]["status"] == "completed"


def test_damaged_start_states_are_told_and_what_was_made_from_them_stays(
    copy_of_finished: Copy,
) -> None:
    pipeline = copy_of_finished()
    names = [f"milestone_states/{FIRST}/{kind}_states.zip" for kind in ("completed", "test")]
    result = run_damaged(pipeline, *names)
    for name in names:
        assert result.stderr.count(f"start states dagger_pipeline_results/{name}: it is cut") == 1
        (pipeline.results / name).unlink()
    before = read_others(pipeline)
    assert pipeline.run().returncode == 0
    assert read_others(pipeline) == before
    assert pipeline.plan() == []


def test_a_crash_with_a_damaged_row_leaves_the_table(copy_of_finished: Copy) -> None:
    pipeline = copy_of_finished()
    pipeline.sabotage("evaluate_student", MIDDLE, "raise RuntimeError('boom')")
    pipeline.configure(student_eval_episodes=3, milestone=MIDDLE)
    for name in (f"rows/{LAST}.json", f"budget/{FIRST}/budget.json"):
        damage(pipeline, name)
    (pipeline.results / "logs" / "old").mkdir()
    (pipeline.results / "logs" / "old" / "X.running").write_bytes(b"\xff")
    assert pipeline.run().returncode == 1
    rows = pipeline.rows()
    assert [rows[milestone]["status"] for milestone in MILESTONES[1:]] == ["failed", "failed"]
    assert "boom" in rows[MIDDLE]["error"]
    assert f"rows/{LAST}.json" in rows[LAST]["error"]


@pytest.mark.parametrize(("kind", "found"), [("folder", "a folder"), SLOW_PIPE])
def test_an_expert_that_cannot_be_read_ends_no_run(
    copy_of_finished: Copy, kind: str, found: str
) -> None:
    pipeline = copy_of_finished()
    path = pipeline.expert(FIRST)
    path.unlink()
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    rows = pipeline.rows()
    assert f"expert experts/{FIRST}.py: found {found}. Expected Python" in rows[FIRST]["error"]
    assert rows[LAST]["status"] == "completed"
