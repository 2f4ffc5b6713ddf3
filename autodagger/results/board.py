"""A board of the run, drawn from its files at any time, see `autodagger.workflow.status`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autodagger.files import read_json
from autodagger.processes import is_alive
from autodagger.results.layout import Results

STAGES = ("expert", "budget", "student", "test", "row")
"""Column titles: expert evaluated, budget planned, student trained, student tested, row written."""

_RULES = {
    "expert": "evaluate_expert",
    "budget": "plan_budget",
    "student": "train_student",
    "test": "evaluate_student",
    "row": "summarize_milestone",
}
_CELL_WIDTH = 12


def draw_board(results: Results, milestones: Sequence[str]) -> str:
    """One line a milestone, one column a stage.

    Args:
        results: Of the run.
        milestones: Ids in config order.
    """
    width = max(map(len, milestones))
    head = "".join(f"{stage:<{_CELL_WIDTH}}" for stage in STAGES)
    lines = [f"{'':<{width}}  {head}".rstrip()]
    for milestone in milestones:
        cells = "".join(
            f"{_describe_stage(results, milestone, stage):<{_CELL_WIDTH}}" for stage in STAGES
        )
        lines.append(f"{milestone:<{width}}  {cells}".rstrip())
    done = sum(results.row(milestone).is_file() for milestone in milestones)
    lines.append(f"{done} of {len(milestones)} milestones have their row.")
    return "\n".join(lines)


def _describe_stage(results: Results, milestone: str, stage: str) -> str:
    if _is_running(results.marker(_RULES[stage], milestone)):
        return _describe_running(results, milestone) if stage == "student" else "..."
    if stage == "expert":
        report = _read(results.expert_report(milestone))
        return _percent(report.get("success_rate"), report)
    if stage == "budget":
        budget = _read(results.budget(milestone))
        steps = budget.get("max_episode_steps")
        return f"{steps} steps" if steps else budget.get("decision", ".")
    if stage == "student":
        return "trained" if results.best(milestone).is_file() else "."
    if stage == "test":
        report = _read(results.student_report(milestone))
        return _percent(report.get("success_rate"), report)
    row: dict[str, Any] = _read(results.row(milestone))
    return str(row.get("status", "."))


def _is_running(marker: Path) -> bool:
    """Whether the Snakemake that a job's marker names still lives; a kill leaves the marker."""
    text = marker.read_text() if marker.is_file() else ""
    return text.isdecimal() and is_alive(int(text))


def _describe_running(results: Results, milestone: str) -> str:
    progress = _read(results.progress_note(milestone))
    if "iteration" not in progress:
        return "..."
    return f"iter {progress['iteration']}/{progress.get('iterations', '?')}"


def _percent(share: float | None, report: dict[str, Any]) -> str:
    if share is None:
        return "failed" if report else "."
    return f"{share:.0%}"


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = read_json(path)
    except (OSError, ValueError):
        return {}
    return content
