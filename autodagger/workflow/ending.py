"""The end of a run: the results on the screen, and rows for the jobs that crashed."""

import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from autodagger.results.layout import Results
from autodagger.results.rows import build_failed_row, collect_rows, format_table, write_results
from autodagger.workflow.job import INTERRUPTED


def write_failures(
    results: Results, known: Sequence[str], skipped: Mapping[str, str], logs: Iterable[str]
) -> list[dict[str, Any]]:
    """After a crash: CSV and JSON with a `failed` row for each milestone of which a job failed.

    Its row on disk goes, so that the next run writes it anew.

    Args:
        results: Of this run.
        known: Every milestone id of the config.
        skipped: Reason by id of those that this run skips.
        logs: Snakemake's own log files.

    Returns:
        All rows.
    """
    failed = {}
    for rule, milestone, log in _find_failed_jobs(results, known, logs):
        failed[milestone] = build_failed_row(results, milestone, rule, log)
        results.row(milestone).unlink(missing_ok=True)
    rows = collect_rows(results, known, skipped, failed)
    write_results(rows, results)
    return rows


def show_results(results: Results, rows: Sequence[Mapping[str, Any]], videos: bool) -> None:
    """The final table, and where everything is; nothing without rows."""
    lines = ["", format_table(rows), ""]
    lines.append(f"Results: {results.csv}, {results.json.suffix}; models: {results.models}/")
    if videos:
        folders = results.expert_videos().parent, results.student_videos().parent
        lines.append(f"Videos: {folders[0]}/, {folders[1]}/")
    if rows:
        print("\n".join(lines), file=sys.stderr)


def list_marked_jobs(log_folder: Path, snakemake_pid: int) -> list[tuple[str, str, Path]]:
    """The jobs of one Snakemake that began and did not end well: (rule, milestone, log)."""
    markers = sorted(Path(log_folder).glob("*/*.running"), key=lambda path: path.stat().st_mtime)
    return [
        (marker.parent.name, marker.stem, marker.with_suffix(".log"))
        for marker in markers
        if marker.read_text() == str(snakemake_pid)
    ]


def _find_failed_jobs(
    results: Results, known: Sequence[str], logs: Iterable[str]
) -> list[tuple[str, str, Path]]:
    """By the jobs' markers, and by Snakemake's own log; none when it was Ctrl-C."""
    jobs = list_marked_jobs(results.logs, os.getpid())
    text = "".join(Path(path).read_text(errors="replace") for path in logs)
    if "Signals.SIGINT" in text or f"exit status {INTERRUPTED}" in text:
        return []
    pattern = rf"^    log: {re.escape(str(results.logs))}/(\w+)/([\w-]+)\.log \(check"
    for rule, milestone in re.findall(pattern, text, re.MULTILINE):
        jobs.append((rule, milestone, results.log(rule, milestone)))
    return [job for job in jobs if job[1] in known]
