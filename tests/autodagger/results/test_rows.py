"""Rows, CSV, JSON and the table."""

import csv
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate

from autodagger.evaluation.budget import plan_budget
from autodagger.files import read_json, sha256_file, write_json, write_text
from autodagger.results.layout import Results
from autodagger.results.rows import (
    COLUMNS,
    FIRST_ERROR,
    build_failed_row,
    build_row,
    collect_rows,
    format_table,
    write_results,
)
from autodagger.workflow.config import load_schema

SEED_COLUMNS = (
    "milestone_id,index,timestamp,status,expert_success_rate,expert_mean_steps,"
    "max_episode_steps,dagger_final_success_rate"
)
KNOWN = ["A", "B", "C"]


def write_expert(results: Results, milestone: str, **budget: Any) -> None:
    report = {"success_rate": 0.8, "interval": [0.4, 0.9], "mean_steps": 45.2, "std_steps": 8.3}
    write_json(results.expert_report(milestone), report)
    budget = {
        "decision": "train",
        "justification": "good",
        "reason": None,
        "max_episode_steps": 90,
        "error": None,
    } | budget
    write_json(results.budget(milestone), budget)


def write_student(results: Results, milestone: str) -> None:
    training = {"iterations": [{"conflicting_frames": 1}] * 2, "expert_queries": 300}
    write_json(results.training(milestone), training)
    write_text(results.best(milestone), "weights")
    report = {
        "model_sha256": sha256_file(results.best(milestone)),
        "success_rate": 0.85,
        "interval": [0.64, 0.95],
        "mean_steps": 50.0,
        "agreement": 0.99,
        "episodes": [{}] * 20,
    }
    write_json(results.student_report(milestone), report)
    for rule, seconds in (("evaluate_expert", 1.5), ("train_student", 60.25)):
        write_text(results.benchmark(rule, milestone), f"s\th:m:s\n{seconds}\t0:00:00\n")


def save_row(results: Results, milestone: str) -> None:
    write_json(results.row(milestone), build_row(results, milestone))


@pytest.fixture
def results(tmp_path: Path) -> Results:
    results = Results(tmp_path)
    write_expert(results, "A")
    write_student(results, "A")
    write_expert(results, "B", decision="fail", reason="no expert file", max_episode_steps=None)
    for milestone in ("A", "B"):
        save_row(results, milestone)
    return results


def test_a_completed_row_says_all(results: Results) -> None:
    row = build_row(results, "A")
    validate(row, load_schema("row"))
    assert row["status"] == "completed"
    assert row["reason"] is None
    assert (row["expert_success_rate"], row["max_episode_steps"]) == (0.8, 90)
    assert (row["dagger_final_success_rate"], row["student_interval_low"]) == (0.85, 0.64)
    assert (row["iterations"], row["expert_queries"], row["conflicting_frames"]) == (2, 300, 1)
    assert row["seconds"] == 61.8
    assert row["model"].endswith("models/A/dagger_A_best.pth")


def test_a_failed_row_says_why(results: Results) -> None:
    row = build_row(results, "B")
    validate(row, load_schema("row"))
    assert (row["status"], row["reason"]) == ("failed", "no expert file")
    assert row["dagger_final_success_rate"] is None


@pytest.mark.parametrize(
    ("milestone", "last"),
    [("A", "student_eval/A/student_eval.json"), ("B", "budget/B/budget.json")],
)
def test_the_timestamp_is_when_the_work_ended_in_local_time(
    results: Results, milestone: str, last: str
) -> None:
    """The end of a student's test; of the budget, where that says that there is no student."""
    ended = datetime(2024, 11, 14, 12, 34, 56, 700_000)
    os.utime(results.folder / last, (ended.timestamp(), ended.timestamp()))
    assert build_row(results, milestone)["timestamp"] == "2024-11-14 12:34:56"


def test_a_skipped_row_has_no_time_and_a_crashed_one_that_of_the_crash(results: Results) -> None:
    rows = collect_rows(results, KNOWN, {"C": "in skip list"})
    assert rows[2]["timestamp"] is None
    row = build_failed_row(results, "A", "train_student", Path("no.log"))
    age = datetime.now() - datetime.strptime(row["timestamp"], "%Y-%m-%d %H:%M:%S")
    assert 0 <= age.total_seconds() < 60


def test_rows_come_in_config_order_with_their_index_and_skipped_ones(results: Results) -> None:
    rows = collect_rows(results, ["C", "B", "A"], {"C": "in skip list", "A": "before resume point"})
    assert [(row["milestone_id"], row["index"], row["status"]) for row in rows] == [
        ("C", 0, "skipped"),
        ("B", 1, "failed"),
        ("A", 2, "completed"),  # finished work is kept, though this run skips it
    ]
    assert rows[0]["reason"] == "in skip list"


def test_a_milestone_without_row_that_is_not_skipped_is_left_out(results: Results) -> None:
    assert [row["milestone_id"] for row in collect_rows(results, KNOWN, {})] == ["A", "B"]


@pytest.mark.parametrize(("change", "found"), [("gone", "does not"), ("other", "has changed")])
def test_a_row_never_claims_a_model_that_is_not_the_tested_one(
    results: Results, change: str, found: str
) -> None:
    model = results.best("A")
    write_text(model, "other weights") if change == "other" else model.unlink()
    for row in (collect_rows(results, KNOWN, {})[0], build_row(results, "A")):
        assert row["status"] == "failed"
        assert row["model"] == (str(model) if change == "other" else None)
        assert row["dagger_final_success_rate"] is row["model_sha256"] is None
        assert row["expert_success_rate"] == 0.8
    row = collect_rows(results, KNOWN, {})[0]
    validate([row], load_schema("pipeline_results"))
    assert row["reason"] == "student not finished"
    assert f"{model} {found}" in row["error"]


def test_csv_and_json_hold_the_same_rows(results: Results) -> None:
    rows = collect_rows(results, KNOWN, {"C": "in skip list"})
    write_results(rows, results)
    lines = results.csv.read_text().splitlines()
    assert lines[0].startswith(SEED_COLUMNS)
    assert lines[0] == ",".join(COLUMNS)
    written = read_json(results.json)
    validate(written, load_schema("pipeline_results"))
    table = list(csv.DictReader(lines))
    assert [row["status"] for row in table] == [row["status"] for row in written]
    assert table[2]["expert_success_rate"] == ""


def test_csv_keeps_what_a_message_holds(results: Results) -> None:
    error = 'a "quoted" word, a comma\nand a line; 0.5 é'
    failed = {"A": collect_rows(results, KNOWN, {})[0] | {"error": error, "seconds": 1e-7}}
    write_results(collect_rows(results, KNOWN, {}, failed), results)
    with results.csv.open(newline="", encoding="utf-8") as file:
        row = next(csv.DictReader(file))
    assert (row["error"], float(row["seconds"]), row["reason"]) == (error, 1e-7, "")
    assert row["index"] == "0"
    assert b"\r" not in results.csv.read_bytes()


def test_the_first_row_being_skipped_changes_no_columns(results: Results) -> None:
    rows = collect_rows(results, ["C", "A"], {"C": "before resume point"})
    write_results(rows, results)
    assert len(results.csv.read_text().splitlines()) == 3


def test_a_crash_keeps_what_is_known_and_names_rule_and_log(results: Results) -> None:
    log = results.log("evaluate_student", "A")
    write_text(log, "Traceback\nMemoryError: no memory\n\n")
    row = build_failed_row(results, "A", "evaluate_student", log)
    validate(row, load_schema("row"))
    assert row["status"] == "failed"
    assert row["reason"] == "rule evaluate_student stopped unexpectedly"
    assert row["error"] == "MemoryError: no memory"
    assert row["log"] == str(log)
    assert row["expert_success_rate"] == 0.8
    rows = collect_rows(results, KNOWN, {}, {"A": row})
    assert [row["status"] for row in rows] == ["failed", "failed"]


def test_the_table_shows_statuses_rates_and_reasons(results: Results) -> None:
    table = format_table(collect_rows(results, KNOWN, {"C": "in skip list"}))
    assert "✅ A" in table
    assert "85% (64% to 95%)" in table
    assert "no expert file" in table
    assert "in skip list" in table


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("experts/B.py does not exist. Write it.", ["experts/B.py does not exist. Write it."]),
        (
            f"0 of 5 episodes succeeded; 5 ended by error; {FIRST_ERROR}B.py raised KeyError: "
            "'plyer' (line 2 of B.py) in run(state). Mend the expert (its videos show where it "
            "stops), raise the milestone's max_steps, or lower min_success_rate.",
            [
                "B.py raised KeyError: 'plyer' (line 2 of B.py) in run(state). Mend the",
                "expert (its videos show where it stops), raise the milestone's …",
            ],
        ),
        (None, []),
        ("two\nlines", ["two lines"]),
    ],
)
def test_the_table_shows_the_error_itself_cut_to_the_terminal(
    results: Results, monkeypatch: pytest.MonkeyPatch, error: str | None, expected: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "88")
    write_expert(results, "B", decision="fail", reason="expert never succeeded", error=error)
    save_row(results, "B")
    lines = format_table(collect_rows(results, KNOWN, {})).splitlines()
    place = next(k for k, line in enumerate(lines) if "expert never succeeded" in line)
    assert [line.strip() for line in lines[place + 1 :]] == expected
    assert max(map(len, lines)) <= 88


def test_the_words_before_the_experts_own_error_are_the_budgets() -> None:
    episode = {"success": False, "outcome": "error", "error": "B.py answered 'jump'"}
    numbers = dict.fromkeys(("reason", "error", "mean_steps", "std_steps"))
    report = {"milestone_id": "B", "status": "evaluated", "success_rate": 0.0, **numbers}
    budget = plan_budget({**report, "episodes": [episode]}, step_multiplier=2, min_success_rate=0.6)
    assert f"; {FIRST_ERROR}B.py answered 'jump'. " in budget["error"]


def test_a_row_of_an_earlier_version_lacks_what_is_new(results: Results) -> None:
    old = read_json(results.row("A"))
    del old["student_agreement"]
    write_json(results.row("A"), old)
    rows = collect_rows(results, KNOWN, {})
    write_results(rows, results)
    assert read_json(results.json)[0]["student_agreement"] is None
    assert read_json(results.json)[0]["status"] == "completed"


DAMAGED = [
    b"",
    b"{",
    b"[]",
    b"\xff",
    b'{"milestone_id": "B"}',
    b'{"status": 5, "success_rate": "x"}',
]


@pytest.mark.parametrize("content", DAMAGED, ids=str)
@pytest.mark.parametrize("name", ["row", "expert_report", "budget", "student_report", "training"])
def test_a_damaged_file_costs_its_milestone_and_never_the_table(
    results: Results, name: str, content: bytes
) -> None:
    path = getattr(results, name)("A")
    path.write_bytes(content)
    save_row(results, "B")
    if name != "row":
        save_row(results, "A")
    rows = collect_rows(results, KNOWN, {})
    write_results(rows, results)
    validate(read_json(results.json), load_schema("pipeline_results"))
    assert [row["status"] for row in rows] == ["failed", "failed"]
    assert str(path) in rows[0]["error"]
    assert "Delete that file and start the run again, which makes it anew" in rows[0]["error"]
    assert "cannot be read" in format_table(rows)
    build_failed_row(results, "A", "train_student", results.log("train_student", "A"))


@pytest.mark.parametrize("content", ["", "s\nx", "x\n1", "s\nnan"])
def test_a_damaged_benchmark_file_costs_the_seconds(
    results: Results, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = results.benchmark("train_student", "A")
    write_text(path, content)
    row = build_row(results, "A")
    assert row["status"] == "completed"
    if content:
        assert row["seconds"] is None
        assert f"A has no seconds: benchmark file {path}" in capsys.readouterr().err
