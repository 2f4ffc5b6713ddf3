"""Result rows: one a milestone, written as CSV and JSON, and as a table for people."""

import csv
import functools
import io
import math
import shutil
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from autodagger.errors import show
from autodagger.files import (
    DamagedFile,
    exists,
    load_schema,
    read_bytes,
    read_object,
    read_text,
    reading,
    sha256_file,
    write_json,
    write_text,
)
from autodagger.results.layout import Results
from autodagger.task import DECISIONS

COLUMNS = (
    "milestone_id",
    "index",
    "timestamp",
    "status",
    "expert_success_rate",
    "expert_mean_steps",
    "max_episode_steps",
    "dagger_final_success_rate",
    "expert_std_steps",
    "reason",
    "error",
    "expert_interval_low",
    "expert_interval_high",
    "student_interval_low",
    "student_interval_high",
    "student_episodes",
    "student_mean_steps",
    "student_agreement",
    "iterations",
    "expert_queries",
    "conflicting_frames",
    "seconds",
    "model",
    "model_sha256",
    "log",
    "expert_test_success_rate",
    "student_distinct_episodes",
    "starts_shared_with_training",
    "device",
)
"""The seed's columns first, in its order: whoever reads its CSV by position goes on."""

SIGNS = {"completed": "✅", "failed": "❌", "skipped": "⏭️ "}
ROW_RULES = (
    "evaluate_expert",
    "plan_budget",
    "train_student",
    "evaluate_student",
    "summarize_milestone",
)
"""The rules that lead to a row, in order; without one of them there is none."""

FIRST_ERROR = "first error: "
"""Before the expert's own words in a row's `error`, see `autodagger.evaluation.budget`."""

_ERROR_LINES = 2  # of a row's error in the table; the CSV has all of it


def build_row(results: Results, milestone: str) -> dict[str, Any]:
    """A milestone's row from whatever result files it has.

    One that is damaged costs the milestone its status, and nobody else: the row says which it is.
    The index is not part of it: inserting a milestone elsewhere changes no row.
    """
    row = _empty_row(milestone) | {"status": "failed"}
    files = _ResultFiles(milestone)
    budget = files.read(results.budget(milestone), _describe_budget)
    row |= files.read(results.expert_report(milestone), _describe_expert)
    row |= {key: value for key, value in budget.items() if key in COLUMNS}
    last = results.budget(milestone)
    if budget.get("decision") == "train":
        last = results.student_report(milestone)
        row |= _describe_student(results, milestone, files)
    elif budget.get("decision") == "pass":
        row["status"] = "skipped"
    row["timestamp"] = _format_time(last.stat().st_mtime) if last.is_file() else None
    row["seconds"] = sum_seconds(results, milestone)
    return row | files.failure


def build_failed_row(results: Results, milestone: str, rule: str, log: Path) -> dict[str, Any]:
    """The row of a milestone of which a job crashed, with what is known all the same."""
    return build_row(results, milestone) | {
        "status": "failed",
        "timestamp": _format_time(datetime.now().timestamp()),
        "reason": f"rule {rule} stopped unexpectedly",
        "error": read_last_line(log),
        "log": str(log),
    }


def build_unreached_row(
    results: Results, milestone: str, cause: tuple[str, str, Path] | None
) -> dict[str, Any]:
    """The row of a milestone that a run did not get to before it crashed.

    Args:
        results: Of the run.
        milestone: Id.
        cause: The job that kept it from that, as (rule, milestone, log), where it is known.
    """
    what = f"{cause[0]} of {cause[1]}" if cause else "the run"
    return build_row(results, milestone) | {
        "status": "failed",
        "timestamp": _format_time(datetime.now().timestamp()),
        "reason": f"not reached: {what} stopped unexpectedly",
        "log": str(cause[2]) if cause else None,
    }


def collect_rows(
    results: Results,
    known: Sequence[str],
    skipped: Mapping[str, str],
    failed: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """All rows in config order: those on disk, whatever this run selected, and `skipped` ones.

    A row on disk whose model is gone, or is another one by now, becomes a `failed` one: it never
    claims what is not there. So does one that cannot be read.

    Args:
        results: Where the rows lie.
        known: Every milestone id of the config.
        skipped: Reason by id. A milestone with a row on disk keeps its row.
        failed: Rows of crashed milestones; they replace those on disk.
    """
    rows = []
    for index, milestone in enumerate(known):
        row = _empty_row(milestone)  # a row of an earlier version may lack a column
        if failed and milestone in failed:
            row |= failed[milestone]
        elif exists(results.row(milestone)):
            row |= _read_row(results, milestone)
        elif milestone in skipped:
            row |= {"status": "skipped", "reason": skipped[milestone]}
        else:
            continue
        rows.append(row | {"index": index})
    return rows


def write_results(rows: Sequence[Mapping[str, Any]], results: Results) -> None:
    """Writes the rows as CSV (None as an empty field) and as JSON, each in one step."""
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(results.csv, table.getvalue())
    write_json(results.json, [{column: row[column] for column in COLUMNS} for row in rows])


def format_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as a table for a terminal; nothing without rows.

    Below a row that is not completed stand its reason and the beginning of its error, cut to the
    terminal's width.
    """
    if not rows:
        return ""
    width = max(len("milestone"), *(len(row["milestone_id"]) for row in rows))
    lines = [f"   {'milestone':<{width}}  {'status':<9}  expert  student (95 % interval)  seconds"]
    for row in rows:
        lines.append(
            f"{SIGNS[row['status']]} {row['milestone_id']:<{width}}  {row['status']:<9}  "
            f"{_percent(row['expert_success_rate']):>6}  {_format_student(row):<24} "
            f"{_seconds(row['seconds']):>7}"
        )
        if row["status"] != "completed" and row["reason"]:
            indent = " " * (3 + width + 2)
            lines += [f"{indent}{row['reason']}", *_wrap_error(row["error"] or "", indent)]
    return "\n".join(lines)


def _wrap_error(error: str, indent: str) -> list[str]:
    """What went wrong in the expert's own words, if there are any: counts stand in the table."""
    gist = error.partition(FIRST_ERROR)[2] or error
    columns = shutil.get_terminal_size(fallback=(100, 24)).columns
    return textwrap.wrap(
        " ".join(gist.split()),
        max(columns, len(indent) + 40),
        initial_indent=indent,
        subsequent_indent=indent,
        max_lines=_ERROR_LINES,
        placeholder=" …",
    )


def sum_seconds(results: Results, milestone: str) -> float | None:
    """Seconds that the milestone's jobs took the last time, from their benchmark files.

    None, and a line on stderr, where one of them is damaged: it is no reason for a row to fail.
    """
    seconds = []
    paths = [results.benchmark(rule, milestone) for rule in ROW_RULES[:-1]]
    try:
        for path in filter(exists, paths):
            text = read_text(path, "benchmark file")
            with reading("benchmark file", path):
                records = csv.DictReader(text.splitlines(), delimiter="\t")
                seconds += [float(record["s"]) for record in records]
                if not all(map(math.isfinite, seconds)):
                    raise ValueError("found no number of seconds")
    except DamagedFile as error:
        print(f"warning: {milestone} has no seconds: {error}", file=sys.stderr)
        return None
    return round(sum(seconds), 1) if seconds else None


def _empty_row(milestone: str) -> dict[str, Any]:
    return dict.fromkeys(COLUMNS) | {"milestone_id": milestone}


class _ResultFiles:
    """A milestone's result files, as far as they can be read.

    Attributes:
        failure: What the first damaged one makes of the row.
    """

    def __init__(self, milestone: str) -> None:
        self._milestone = milestone
        self.failure: dict[str, Any] = {}

    def read(
        self, path: Path, describe: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> dict[str, Any]:
        """What a file, where there is one, says to the row."""
        if not exists(path):
            return describe({})
        try:
            content = read_object(path)
            with reading("result file", path):
                if not content:
                    raise ValueError("found an empty object")
                _check_owner(content, self._milestone)
                return _check_types(describe(content))
        except DamagedFile as error:
            self.failure = self.failure or {
                "status": "failed",
                "reason": "a result cannot be read",
                "error": str(error),
            }
            return describe({})


def _check_owner(content: Mapping[str, Any], milestone: str) -> None:
    if (found := content.get("milestone_id", milestone)) != milestone:
        raise ValueError(f"found one of {show(found)}, where {milestone}'s belongs")


def _check_keys(content: Mapping[str, Any], *keys: str) -> None:
    """Refuses a file, where there is one, that says nothing of this kind."""
    for key in keys if content else ():
        content[key]


def _check_types(values: dict[str, Any]) -> dict[str, Any]:
    """Refuses what a row cannot hold."""
    for key, value in values.items():
        check = _get_checks().get(key)
        if check and not check.is_valid(value):
            raise ValueError(f"found {key} {show(value)}")
    return values


@functools.cache
def _get_checks() -> dict[str, Any]:
    from jsonschema import Draft202012Validator  # here: only who reads results needs it

    columns = load_schema("row")["properties"]
    return {key: Draft202012Validator(schema) for key, schema in columns.items()}


def _read_row(results: Results, milestone: str) -> dict[str, Any]:
    """A row from disk; one that cannot be read says so, beside what the other files tell."""
    path = results.row(milestone)
    try:
        row = read_object(path, "row")
        with reading("row", path):
            _check_owner(row, milestone)
            row = _check_types({key: row[key] for key in COLUMNS if key in row})
            return _check_row(results, row | {"milestone_id": milestone, "status": row["status"]})
    except DamagedFile as error:
        return build_row(results, milestone) | {
            "status": "failed",
            "reason": "its row cannot be read",
            "error": str(error),
        }


def _check_row(results: Results, row: dict[str, Any]) -> dict[str, Any]:
    """A row from disk; what it can still say when its model is not the one that was tested."""
    milestone = row["milestone_id"]
    model, tested = results.best(milestone), row.get("model_sha256")
    if row["status"] != "completed" or (model.is_file() and sha256_file(model) == tested):
        return row
    found = "has changed since its test" if model.is_file() else "does not exist"
    return build_row(results, milestone) | {
        "status": "failed",
        "reason": "student not finished",
        "error": f"{model} {found}. Start the run again: it makes what is missing.",
    }


def _describe_expert(report: Mapping[str, Any]) -> dict[str, Any]:
    _check_keys(report, "success_rate")
    low, high = report.get("interval") or (None, None)
    return {
        "expert_success_rate": report.get("success_rate"),
        "expert_mean_steps": report.get("mean_steps"),
        "expert_std_steps": report.get("std_steps"),
        "expert_test_success_rate": (report.get("test") or {}).get("success_rate"),
        "expert_interval_low": low,
        "expert_interval_high": high,
    }


def _describe_budget(budget: dict[str, Any]) -> dict[str, Any]:
    _check_keys(budget, "decision")
    if budget and budget["decision"] not in DECISIONS:
        raise ValueError(f"found the decision {show(budget['decision'])}")
    keys = ("max_episode_steps", "reason", "error", "decision")
    return {key: budget[key] for key in keys if key in budget}


def _describe_student(results: Results, milestone: str, files: _ResultFiles) -> dict[str, Any]:
    model = results.best(milestone)
    row = files.read(results.student_report(milestone), _describe_test)
    if not model.is_file() or sha256_file(model) != row["model_sha256"]:
        row = _describe_test({})  # the test of another model, or of one that is gone
    row |= files.read(results.training(milestone), _describe_training)
    return row | {"model": str(model) if model.is_file() else None}


def _describe_test(student: dict[str, Any]) -> dict[str, Any]:
    _check_keys(student, "success_rate", "model_sha256")
    low, high = student.get("interval") or (None, None)
    return {
        "status": "completed" if student else "failed",
        "dagger_final_success_rate": student.get("success_rate"),
        "student_interval_low": low,
        "student_interval_high": high,
        "student_episodes": len(student["episodes"]) if student else None,
        "student_mean_steps": student.get("mean_steps"),
        "student_agreement": student.get("agreement"),
        "student_distinct_episodes": student.get("distinct_episodes"),
        "starts_shared_with_training": student.get("starts_shared_with_training"),
        "model_sha256": student.get("model_sha256"),
    }


def _describe_training(training: dict[str, Any]) -> dict[str, Any]:
    _check_keys(training, "iterations", "expert_queries")
    iterations = training.get("iterations", [])
    return {
        "iterations": len(iterations) if iterations else None,
        "expert_queries": training.get("expert_queries"),
        "conflicting_frames": iterations[-1]["conflicting_frames"] if iterations else None,
        "device": training.get("device"),
    }


def read_last_line(log: Path) -> str | None:
    """What a job said last; None if it said nothing, or its log cannot be read."""
    try:
        lines = read_bytes(log).decode(errors="replace").split("\n")
    except DamagedFile:
        return None
    return next((line.strip() for line in reversed(lines) if line.strip()), None)


def _format_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _format_student(row: Mapping[str, Any]) -> str:
    if row["dagger_final_success_rate"] is None:
        return "-"
    interval = (
        f"{_percent(row['student_interval_low'])} to {_percent(row['student_interval_high'])}"
    )
    return f"{_percent(row['dagger_final_success_rate'])} ({interval})"
