"""A thousand milestones in a screenful."""

import os
from pathlib import Path

import pytest

from autodagger.files import write_json, write_text
from autodagger.results.layout import Results
from autodagger.results.overview import draw_overview

IDS = [f"M{number:02}" for number in range(20)]


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """Rows of 12, one that runs, one damaged, and a skipped one of 20."""
    results = Results(tmp_path)
    for number, milestone in enumerate(IDS[:12]):
        status = "completed" if number < 6 else "failed"
        reason = {6: "too  weak", 7: "too  weak"}.get(number, "no start state")
        write_json(results.row(milestone), {"status": status, "reason": reason})
    write_json(results.expert_report(IDS[12]), {"success_rate": 0.9})
    write_text(results.marker("train_student", IDS[12]), str(os.getpid()))
    write_json(results.progress_note(IDS[12]), {"iteration": 3, "iterations": 10})
    write_text(results.budget(IDS[13]), "{")
    return results


def test_counts_by_status_and_stage(results: Results) -> None:
    lines = draw_overview(results, IDS, {IDS[14]: "in skip list"}).splitlines()
    assert lines[0] == (
        "20 milestones: 6 completed, 6 failed, 1 damaged, 1 skipped, 1 running, 5 waiting."
    )
    assert lines[1] == "Done: expert 1, budget 0, student 0, test 0, row 12."
    assert lines[-1] == "12 of 20 milestones have their row."


def test_shows_what_runs_and_leaves_the_rest_out(results: Results) -> None:
    lines = draw_overview(results, IDS, {}).splitlines()
    [head] = [number for number, line in enumerate(lines) if line.startswith("Running")]
    assert lines[head].split() == ["Running", "expert", "budget", "student", "test", "row"]
    assert lines[head + 1].split() == ["M12", "90%", ".", "iter", "3/10", ".", "."]
    assert lines[head + 2] == ""
    assert not any(milestone in "\n".join(lines) for milestone in ("M00", "M05", "M14", "M19"))


def test_gives_each_reason_once(results: Results) -> None:
    lines = draw_overview(results, IDS, {}).splitlines()
    assert lines[lines.index("Failed:") + 1 :][:3] == [
        "  M06, M07: too weak",
        "  M08, M09, M10 and 1 more: no start state",
        "",
    ]
    damaged = lines[lines.index("Damaged:") + 1]
    assert damaged.startswith("  M13: ") and "M13/budget.json" in damaged


def test_says_when_nothing_runs_or_failed(tmp_path: Path) -> None:
    text = draw_overview(Results(tmp_path), IDS, {})
    assert text.startswith("20 milestones: 0 completed, 0 failed, 0 skipped, 0 running, 20 waiting")
    assert "Nothing runs." in text
    assert "Failed:" not in text and "Damaged:" not in text
