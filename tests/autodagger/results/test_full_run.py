"""The agent's result in words."""

from pathlib import Path
from typing import Any

from autodagger.files import write_json
from autodagger.results.full_run import describe_agent
from autodagger.results.layout import Results


def describe(folder: Path, *ends: tuple[str, dict[str, int]], **changes: Any) -> list[str]:
    """The lines on a report whose runs end there, as (milestone, why)."""
    results = Results(folder)
    rows = [{"milestone_id": name, "ended": sum(why.values()), "why": why} for name, why in ends]
    others = {"experts": {"successes": 9}, "students": {"successes": 7}}
    report = {"runs": 10, "successes": 8, "interval": [0.49, 0.94], "gap": "", **others}
    write_json(results.full_run, {**report, "milestones": rows, **changes})
    results.agent.write_bytes(b"")
    text = describe_agent(results)
    assert text is not None
    return text.splitlines()


def test_each_place_where_runs_end_is_named_the_most_first(tmp_path: Path) -> None:
    lines = describe(tmp_path, ("A", {"stuck": 1}), ("B", {}), ("C", {"lost": 2, "stuck": 1}))
    assert lines[0].startswith("Agent: 8 of 10 whole runs from power-on reach C (49% to 94%)")
    assert lines[1] == "Its other runs end at C (2 lost, 1 stuck), A (1 stuck)."
    assert lines[2].startswith("Beside it: the experts in one go 9, the students switched by")


def test_nothing_is_said_of_runs_that_all_reach_the_end(tmp_path: Path) -> None:
    assert len(describe(tmp_path, ("A", {}), ("B", {}))) == 2


def test_gap_comes_first(tmp_path: Path) -> None:
    lines = describe(tmp_path, ("A", {"lost": 1}), gap="B")
    assert lines[1] == "The game goes on: B has no student, so the agent ends there."
    assert lines[2] == "Its other runs end at A (1 lost)."


def test_damaged_report_is_named_and_a_missing_one_is_not(tmp_path: Path) -> None:
    results = Results(tmp_path)
    assert describe_agent(results) is None
    describe(tmp_path, ("A", {}))
    results.full_run.write_text("{")
    assert str(results.full_run) in (describe_agent(results) or "")
