"""The end of a run: the results on the screen, and rows for the jobs that crashed."""

import re
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from autodagger.files import DamagedFile, exists, read_bytes
from autodagger.results.full_run import describe_agent
from autodagger.results.layout import Results
from autodagger.results.rows import (
    ROW_RULES,
    build_failed_row,
    build_unreached_row,
    collect_rows,
    format_table,
    write_results,
)
from autodagger.signs import Sign
from autodagger.workflow.job import INTERRUPTED
from autodagger.workflow.run_lock import get_run

_STOPPED = re.compile(rf"Signals\.SIG(INT|TERM)|exit status ({INTERRUPTED}|{128 + signal.SIGTERM})")
"""How Snakemake's log tells that Ctrl-C, or a stop of everything, ended a job."""


def write_failures(
    results: Results,
    known: Sequence[str],
    selected: Sequence[str],
    skipped: Mapping[str, str],
    logs: Iterable[str],
) -> list[dict[str, Any]]:
    """After a crash: CSV and JSON with a `failed` row for each milestone of which a job failed.

    Its row on disk goes, so that the next run writes it anew. A milestone that the crash of another
    one kept from its row gets one that says so; after a stop by hand there is nothing to say.
    Videos that failed leave a row as it is: what was trained and tested holds without them.

    Args:
        results: Of this run.
        known: Every milestone id of the config.
        selected: The ids that this run makes.
        skipped: Reason by id of those that this run skips.
        logs: Snakemake's own log files.

    Returns:
        All rows.
    """
    text = "".join(_read_if_there(path) for path in logs)
    stopped = _STOPPED.search(text) is not None
    jobs = _find_failed_jobs(results, known, text, stopped)
    failed = {}
    for rule, milestone, log in jobs:
        failed[milestone] = build_failed_row(results, milestone, rule, log)
        with suppress(OSError):  # a folder in its place is for the user to look at
            results.row(milestone).unlink(missing_ok=True)
    unreached = [] if stopped else selected
    for milestone in unreached:
        if milestone not in failed and not exists(results.row(milestone)):
            failed[milestone] = build_unreached_row(results, milestone, _find_cause(jobs, known))
    rows = collect_rows(results, known, skipped, failed)
    write_results(rows, results)
    return rows


def show_results(
    results: Results, rows: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
) -> None:
    """The final table, the agent's line, and where everything is; nothing without rows."""
    videos = options["record_video"]
    lines = ["", format_table(rows), ""]
    if options["agent"] and (line := describe_agent(results)):
        lines += [line, ""]
    lines.append(f"Results: {results.csv}, {results.json.suffix}; models: {results.models}/")
    if videos:
        folders = results.expert_videos().parent, results.student_videos().parent
        lines.append(f"Videos: {folders[0]}/, {folders[1]}/")
    if rows:
        print("\n".join(lines), file=sys.stderr)


def list_marked_jobs(
    log_folder: Path, run: str, failed_only: bool = False
) -> list[tuple[str, str, Path]]:
    """The jobs of one run that began and did not end well: (rule, milestone, log).

    Args:
        log_folder: Where the markers lie beside the logs.
        run: Which, see `autodagger.workflow.run_lock.get_run`.
        failed_only: Whether jobs that were killed are left out.
    """
    found = []
    for marker in sorted(Path(log_folder).glob("*/*.running"), key=_get_mtime):
        sign = Sign.read(marker)
        if sign and sign.run == run and (sign.outcome or not failed_only):
            found.append((marker.parent.name, marker.stem, marker.with_suffix(".log")))
    return found


def _read_if_there(path: str | Path) -> str:
    """The end of a run tells what it can: a log that cannot be read is no reason to stop."""
    try:
        return read_bytes(path).decode(errors="replace")
    except DamagedFile:
        return ""


def _get_mtime(path: Path) -> float:
    return path.lstat().st_mtime


def _find_failed_jobs(
    results: Results, known: Sequence[str], text: str, stopped: bool
) -> list[tuple[str, str, Path]]:
    """By the jobs' markers, and by Snakemake's log, where stopped jobs look like failed ones."""
    folders = dict.fromkeys([results.expert_logs, results.logs])
    jobs = [job for one in folders for job in list_marked_jobs(one, get_run(), stopped)]
    places = "|".join(re.escape(str(one)) for one in folders)
    pattern = rf"^    log: (?:{places})/(\w+)/([\w-]+)\.log \(check"
    for rule, milestone in re.findall(pattern, "" if stopped else text, re.MULTILINE):
        jobs.append((rule, milestone, results.log(rule, milestone)))
    return [job for job in jobs if job[0] in ROW_RULES and job[1] in known]


def _find_cause(
    jobs: Sequence[tuple[str, str, Path]], known: Sequence[str]
) -> tuple[str, str, Path] | None:
    """What kept later milestones from being made: the first expert whose evaluation crashed."""
    ranked = sorted(jobs, key=lambda job: (ROW_RULES.index(job[0]), known.index(job[1])))
    return ranked[0] if ranked else None
