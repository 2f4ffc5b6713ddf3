"""A board of the run, drawn from its files at any time, see `autodagger status`."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autodagger.errors import show
from autodagger.files import DamagedFile, exists, read_object, reading
from autodagger.results.layout import AGENT, MARKER, Results
from autodagger.results.rows import SIGNS, read_last_line
from autodagger.signs import Sign, is_sign_alive

STAGES = ("expert", "budget", "student", "test", "row")
"""Column titles: expert evaluated, budget planned, student trained, student tested, row written."""

_RULES = {
    "expert": "evaluate_expert",
    "budget": "plan_budget",
    "student": "train_student",
    "test": "evaluate_student",
    "row": "summarize_milestone",
}
_FILES = {
    "expert": Results.expert_report,
    "budget": Results.budget,
    "test": Results.student_report,
    "row": Results.row,
}
_CELL_WIDTH = 12
_DAMAGED = "damaged"
_BEFORE, _MIDST = ".", "..."

STATUSES = ("completed", "failed", "damaged", "skipped", "running", "waiting")
"""Where a milestone can be. A damaged one has a result file that cannot be read."""


@dataclass(frozen=True)
class Standing:
    """Where a milestone is.

    Attributes:
        milestone: Its id.
        cells: What the board shows, by stage.
        done: The stages with a result, of those that do not run.
        status: One of `STATUSES`.
        reason: Why, if it failed, is damaged or skipped; else "".
    """

    milestone: str
    cells: Mapping[str, str]
    done: Sequence[str]
    status: str
    reason: str = ""


class Board:
    """What a run's files say of its milestones, at any time.

    The markers of jobs are looked for here, a folder at a time: of thousands of milestones nearly
    all have none, and to look for each of them takes longer than to read all results.

    Args:
        results: Of the run.
    """

    def __init__(self, results: Results) -> None:
        self._results = results
        self._marked = {
            stage: _list_markers(results.marker(rule).parent) for stage, rule in _RULES.items()
        }

    def stand(self, milestone: str, skipped: Mapping[str, str] | None = None) -> Standing:
        """Where a milestone is.

        Args:
            milestone: Its id.
            skipped: Reason by id of those that the run skips.
        """
        cells, done, damages = {}, [], []
        running = [stage for stage in STAGES if self._is_running(milestone, stage)]
        for stage in STAGES:
            if stage in running:
                cells[stage] = _describe_midst(self._results, milestone, stage)
                continue
            cells[stage], damage = _read_stage(self._results, milestone, stage)
            damages += [damage] if damage else []
            done += [stage] if not damage and cells[stage] != _BEFORE else []
        status, reason = "running", ""
        if not running:
            status, reason = self._judge(milestone, cells["row"], damages, skipped or {})
        return Standing(milestone, cells, done, status, reason)

    def _is_running(self, milestone: str, stage: str) -> bool:
        marker = self._find_marker(milestone, stage)
        return marker is not None and is_running(marker)

    def _find_marker(self, milestone: str, stage: str) -> Path | None:
        if milestone not in self._marked[stage]:
            return None
        return self._results.marker(_RULES[stage], milestone)

    def _judge(
        self, milestone: str, row: str, damages: Sequence[str], skipped: Mapping[str, str]
    ) -> tuple[str, str]:
        """Status and reason of one of which nothing runs."""
        if crash := self._find_crash(milestone):
            return "failed", crash
        if damages:
            return "damaged", damages[0]
        if row != _BEFORE:
            return row, "" if row == "completed" else self._read_reason(milestone)
        if milestone in skipped:
            return "skipped", skipped[milestone]
        return "waiting", ""

    def _find_crash(self, milestone: str) -> str:
        """What stopped unexpectedly, unless a row was written since; else ""."""
        for stage, rule in _RULES.items():
            marker = self._find_marker(milestone, stage)
            sign = Sign.read(marker) if marker else None
            if marker and sign and sign.outcome and not _is_newer(self._results, milestone, marker):
                log = self._results.log(rule, milestone)
                words = read_last_line(log) or "it left no word"
                return f"rule {rule} stopped unexpectedly: {words} (see {log})"
        return ""

    def _read_reason(self, milestone: str) -> str:
        with suppress(DamagedFile):  # it was read before
            return str(read_object(self._results.row(milestone)).get("reason") or "")
        return ""


def draw_board(results: Results, milestones: Sequence[str]) -> str:
    """One line a milestone, one column a stage; then the count of rows, and the agent.

    Args:
        results: Of the run.
        milestones: Ids in config order.
    """
    board = Board(results)
    lines = draw_lines([board.stand(milestone) for milestone in milestones])
    return "\n".join([*lines, *draw_end(results, milestones)])


def draw_lines(standings: Sequence[Standing], title: str = "") -> list[str]:
    """A head with the stages, and a line a milestone.

    Args:
        standings: At least one.
        title: In the head, above the ids.
    """
    width = max(len(title), *(len(standing.milestone) for standing in standings))
    rows = [(title, STAGES), *((one.milestone, list(one.cells.values())) for one in standings)]
    return [
        f"{name:<{width}}  {''.join(f'{cell:<{_CELL_WIDTH}}' for cell in cells)}".rstrip()
        for name, cells in rows
    ]


def draw_end(results: Results, milestones: Sequence[str]) -> list[str]:
    """The count of rows, and what there is of the agent."""
    done = sum(results.row(milestone).is_file() for milestone in milestones)
    lines = [f"{done} of {len(milestones)} milestones have their row."]
    agent = describe_agent_stage(results)
    return [*lines, f"Agent: {agent}."] if agent else lines


def describe_agent_stage(results: Results) -> str | None:
    """How far the one player of all milestones is; None before it begins."""
    if is_running(results.marker("train_agent", AGENT)):
        return f"learning, {_describe_running(results, AGENT, 'round')}"
    if is_running(results.marker("evaluate_agent", AGENT)):
        return "trained, being judged in whole runs"
    if not exists(results.agent):
        return None
    try:
        report = read_object(results.full_run) if exists(results.full_run) else {}
        if not report:
            return "trained"
        return f"{report['successes']:d} of {report['runs']:d} whole runs reach the end"
    except (DamagedFile, KeyError, ValueError, TypeError):
        return _DAMAGED


def describe_stage(results: Results, milestone: str, stage: str) -> str:
    """A cell of the board: how far one of `STAGES` is, `.` before it begins, `...` in its midst."""
    if is_running(results.marker(_RULES[stage], milestone)):
        return _describe_midst(results, milestone, stage)
    return _read_stage(results, milestone, stage)[0]


def _describe_midst(results: Results, milestone: str, stage: str) -> str:
    return _describe_running(results, milestone) if stage == "student" else _MIDST


def _read_stage(results: Results, milestone: str, stage: str) -> tuple[str, str]:
    """A cell from the stage's result file, and what is wrong with the file; else ""."""
    if stage == "student":
        return "trained" if results.best(milestone).is_file() else _BEFORE, ""
    path = _FILES[stage](results, milestone)
    if not exists(path):
        return _BEFORE, ""
    try:
        content = read_object(path)
        with reading("result file", path):
            return _describe_file(stage, content), ""
    except DamagedFile as error:
        return _DAMAGED, str(error)


def _describe_file(stage: str, content: dict[str, Any]) -> str:
    if stage in ("expert", "test"):
        return _percent(content.get("success_rate"), content)
    if stage == "budget":
        steps = content.get("max_episode_steps")
        return f"{steps:d} steps" if steps else str(content.get("decision", _BEFORE))
    if content.get("status") not in SIGNS:
        raise ValueError(f"found the status {show(content.get('status'))}")
    return str(content["status"])


def is_any_running(results: Results, milestone: str) -> bool:
    """Whether one of the jobs that lead to a milestone's row runs at this moment."""
    return any(is_running(results.marker(rule, milestone)) for rule in _RULES.values())


def is_running(marker: Path) -> bool:
    """Whether the job that a marker names still lives, on any host; a kill leaves the marker."""
    return is_sign_alive(marker)


def _describe_running(results: Results, milestone: str, unit: str = "iter") -> str:
    try:
        progress = read_object(results.progress_note(milestone))
        return f"{unit} {progress['iteration']:d}/{progress['iterations']:d}"
    except (DamagedFile, KeyError, ValueError, TypeError):
        return _MIDST


def _percent(share: float | None, report: dict[str, Any]) -> str:
    if share is None:
        return "failed" if report else _BEFORE
    return f"{share:.0%}"


def _list_markers(folder: Path) -> set[str]:
    """The milestones with a marker of one rule."""
    with suppress(OSError):  # no such folder: nothing of it has begun
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
        return {name.removesuffix(MARKER) for name in names if name.endswith(MARKER)}
    return set()


def _is_newer(results: Results, milestone: str, marker: Path) -> bool:
    """Whether the milestone's row was written after a marker."""
    with suppress(OSError):
        return results.row(milestone).stat().st_mtime >= marker.stat().st_mtime
    return False
