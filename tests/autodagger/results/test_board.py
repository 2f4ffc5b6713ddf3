"""The board of a run."""

import os
from pathlib import Path

import pytest

from autodagger.files import write_json, write_text
from autodagger.results.board import Board, Standing, draw_board
from autodagger.results.layout import AGENT, Results
from autodagger.signs import Sign, get_host


def test_an_empty_board_has_a_line_a_milestone(tmp_path: Path) -> None:
    lines = draw_board(Results(tmp_path), ["A", "B"]).splitlines()
    assert [line.split() for line in lines[1:3]] == [["A", *"....."], ["B", *"....."]]
    assert lines[-1] == "0 of 2 milestones have their row."


def test_shows_each_stage_and_the_iteration_of_a_running_training(tmp_path: Path) -> None:
    write_json(tmp_path / "expert_eval/A/expert_eval.json", {"success_rate": 1.0})
    write_json(tmp_path / "budget/A/budget.json", {"max_episode_steps": 90, "decision": "train"})
    write_text(tmp_path / "logs/train_student/A.running", str(os.getpid()))
    write_text(tmp_path / "logs/train_student/B.running", "999999999")  # a killed run's
    write_json(tmp_path / "checkpoints/A/progress.json", {"iteration": 3, "iterations": 10})
    write_json(tmp_path / "expert_eval/B/expert_eval.json", {"success_rate": None})
    write_json(tmp_path / "budget/B/budget.json", {"max_episode_steps": None, "decision": "fail"})
    write_json(tmp_path / "rows/B.json", {"status": "failed"})
    _, a, b, last = draw_board(Results(tmp_path), ["A", "B"]).splitlines()
    assert a.split() == ["A", "100%", "90", "steps", "iter", "3/10", ".", "."]
    assert b.split() == ["B", "failed", "fail", ".", ".", "failed"]
    assert last.startswith("1 of 2")


def test_says_how_far_the_agent_is(tmp_path: Path) -> None:
    results = Results(tmp_path)

    def last_line() -> str:
        return draw_board(results, ["A"]).splitlines()[-1]

    marker = results.marker("train_agent", AGENT)
    write_text(marker, str(os.getpid()))
    write_json(results.progress_note(AGENT), {"iteration": 2, "iterations": 3})
    assert last_line() == "Agent: learning, round 2/3."
    marker.unlink()
    write_text(results.agent, "")
    assert last_line() == "Agent: trained."
    write_json(results.full_run, {"runs": 50, "successes": 46})
    assert last_line() == "Agent: 46 of 50 whole runs reach the end."
    write_json(results.full_run, {"runs": "many"})
    assert last_line() == "Agent: damaged."


DEAD = 999999999
"""No process has this id."""


def stand(results: Results, skipped: dict[str, str] | None = None) -> Standing:
    return Board(results).stand("A", skipped)


def mark(results: Results, rule: str, outcome: str = "", process: int = 0) -> Path:
    marker = results.marker(rule, "A")
    Sign(process or os.getpid(), get_host(), "a-run", outcome).write(marker)
    return marker


@pytest.mark.parametrize(
    ("row", "status", "reason"),
    [
        ({"status": "completed", "reason": "said to no one"}, "completed", ""),
        ({"status": "failed", "reason": "too weak"}, "failed", "too weak"),
        ({"status": "skipped", "reason": "there already"}, "skipped", "there already"),
        ({"status": "failed"}, "failed", ""),
    ],
)
def test_a_milestone_stands_where_its_row_says(
    tmp_path: Path, row: dict[str, str], status: str, reason: str
) -> None:
    results = Results(tmp_path)
    write_json(results.row("A"), row)
    standing = stand(results, {"A": "in skip list"})  # a row on disk is more than that
    assert (standing.status, standing.reason, standing.done) == (status, reason, ["row"])


def test_without_a_row_it_waits_or_is_skipped(tmp_path: Path) -> None:
    results = Results(tmp_path)
    mark(results, "train_student", process=DEAD)  # of a run that was killed
    assert stand(results).status == "waiting"
    standing = stand(results, {"A": "in skip list"})
    assert (standing.status, standing.reason) == ("skipped", "in skip list")


@pytest.mark.parametrize(
    ("rule", "stage"),
    [
        ("evaluate_expert", "expert"),
        ("plan_budget", "budget"),
        ("train_student", "student"),
        ("evaluate_student", "test"),
        ("summarize_milestone", "row"),
    ],
)
def test_what_runs_is_no_longer_done(tmp_path: Path, rule: str, stage: str) -> None:
    """Also where results of last time are still there."""
    results = Results(tmp_path)
    write_json(results.expert_report("A"), {"success_rate": 1.0})
    write_json(results.budget("A"), {"max_episode_steps": 90, "decision": "train"})
    write_text(results.best("A"), "")
    write_json(results.student_report("A"), {"success_rate": 1.0})
    write_json(results.row("A"), {"status": "completed"})
    marker = mark(results, rule)
    standing = stand(results)
    assert (standing.status, standing.cells[stage]) == ("running", "...")
    assert {*standing.done, stage} == {*standing.cells} != {*standing.done}
    marker.unlink()
    assert stand(results).status == "completed"
    assert {*stand(results).done} == {*standing.cells}


@pytest.mark.parametrize("name", ["expert_report", "budget", "student_report", "row"])
@pytest.mark.parametrize("content", ["{", "[]", '{"success_rate": "x", "max_episode_steps": "x"}'])
def test_a_damaged_file_is_named(tmp_path: Path, name: str, content: str) -> None:
    results = Results(tmp_path)
    write_json(results.row("A"), {"status": "completed"})
    path = getattr(results, name)("A")
    write_text(path, content)
    standing = stand(results)
    assert standing.status == "damaged" and str(path) in standing.reason
    assert list(standing.cells.values()).count("damaged") == 1


@pytest.mark.parametrize("outcome", ["failed", "crashed"])
def test_a_job_that_crashed_is_told_until_there_is_a_newer_row(
    tmp_path: Path, outcome: str
) -> None:
    results = Results(tmp_path)
    marker = mark(results, "train_student", outcome)
    write_text(results.log("train_student", "A"), "much\nout of memory\n\n")
    standing = stand(results)
    assert standing.status == "failed"
    assert "rule train_student stopped unexpectedly: out of memory" in standing.reason
    write_json(results.row("A"), {"status": "completed"})
    os.utime(marker, (5, 5))
    assert stand(results).status == "completed"
    os.utime(results.row("A"), (1, 1))
    assert stand(results).status == "failed"


def test_a_board_looks_no_marker_up_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of milestones have five rules each, and a few jobs at a time."""
    results = Results(tmp_path)
    marker = mark(results, "train_student")
    asked = []
    monkeypatch.setattr("autodagger.results.board.is_running", lambda path: asked.append(path))
    board = Board(results)
    for milestone in ("A", "B", "C"):
        board.stand(milestone)
    assert asked == [marker]
