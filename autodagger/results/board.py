"""A board of the run, drawn from its files at any time, see `autodagger status`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autodagger.files import DamagedFile, exists, read_object
from autodagger.results.layout import AGENT, Results
from autodagger.signs import is_sign_alive

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
_DAMAGED = "damaged"


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
            f"{describe_stage(results, milestone, stage):<{_CELL_WIDTH}}" for stage in STAGES
        )
        lines.append(f"{milestone:<{width}}  {cells}".rstrip())
    done = sum(results.row(milestone).is_file() for milestone in milestones)
    lines.append(f"{done} of {len(milestones)} milestones have their row.")
    if agent := describe_agent_stage(results):
        lines.append(f"Agent: {agent}.")
    return "\n".join(lines)


def draw_study_board(runs: Mapping[str, Results], milestones: Sequence[str]) -> str:
    """One line a run of a study: how many milestones have their row, and what is at work.

    Args:
        runs: Where the results of each lie, by the run's name.
        milestones: Ids in config order.
    """
    width = max(map(len, runs))
    lines = [f"{'':<{width}}  milestones  failed  at work"]
    for name, results in runs.items():
        rows = [describe_stage(results, one, "row") for one in milestones]
        done = len(rows) - sum(row in (".", "...") for row in rows)
        counts = f"{f'{done} of {len(rows)}':<10}  {rows.count('failed'):>6}"
        lines.append(f"{name:<{width}}  {counts}  {_list_at_work(results, milestones)}".rstrip())
    folder = next(iter(runs.values())).folder
    lines.append(f"One run's milestones: add --output-dir and its folder, such as {folder}.")
    return "\n".join(lines)


def _list_at_work(results: Results, milestones: Sequence[str]) -> str:
    """The milestones that a job runs for, and how far their trainings are; the agent."""
    found = []
    for milestone in milestones:
        if is_running(results.marker(_RULES["student"], milestone)):
            found.append(f"{milestone} {_describe_running(results, milestone)}")
        elif is_any_running(results, milestone):
            found.append(milestone)
    agent = describe_agent_stage(results)
    return ", ".join([*found, *([f"agent: {agent}"] if agent else [])])


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
        return _describe_running(results, milestone) if stage == "student" else "..."
    if stage == "student":
        return "trained" if results.best(milestone).is_file() else "."
    path = {
        "expert": results.expert_report(milestone),
        "budget": results.budget(milestone),
        "test": results.student_report(milestone),
        "row": results.row(milestone),
    }[stage]
    try:
        return _describe_file(stage, read_object(path) if exists(path) else {})
    except (DamagedFile, ValueError, TypeError):  # `autodagger.results.rows` says more
        return _DAMAGED


def _describe_file(stage: str, content: dict[str, Any]) -> str:
    if stage in ("expert", "test"):
        return _percent(content.get("success_rate"), content)
    if stage == "budget":
        steps = content.get("max_episode_steps")
        return f"{steps:d} steps" if steps else str(content.get("decision", "."))
    return str(content.get("status", "."))


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
        return "..."


def _percent(share: float | None, report: dict[str, Any]) -> str:
    if share is None:
        return "failed" if report else "."
    return f"{share:.0%}"
