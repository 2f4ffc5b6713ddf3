"""The run in a screenful, where there are more milestones than anybody reads."""

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence

from autodagger.results.board import (
    STAGES,
    STATUSES,
    Board,
    Standing,
    describe_agent_stage,
    draw_end,
    draw_lines,
)
from autodagger.results.layout import Results

_ALWAYS = tuple(status for status in STATUSES if status != "damaged")
_NAMED = 3  # ids before "and 97 more"
_REASON_LENGTH = 200


def draw_overview(results: Results, milestones: Sequence[str], skipped: Mapping[str, str]) -> str:
    """How many are where, what runs now, and what went wrong.

    Args:
        results: Of the run.
        milestones: Ids in config order.
        skipped: The reason by id for those that the run skips.
    """
    board = Board(results)
    standings = [board.stand(milestone, skipped) for milestone in milestones]
    parts = [count_standings(standings), _draw_running(standings)]
    parts += [_draw_reasons(standings, status) for status in ("failed", "damaged")]
    parts.append("\n".join(draw_end(results, milestones)))
    return "\n\n".join(filter(None, parts))


def draw_study_overview(
    runs: Mapping[str, Results], milestones: Sequence[str], skipped: Mapping[str, str]
) -> str:
    """One line a run of a study: how many milestones have their row, and what runs now.

    Args:
        runs: Where the results of each lie, by the run's name.
        milestones: Ids in config order.
        skipped: The reason by id for those that the runs skip.
    """
    width = max(map(len, runs))
    lines = [f"{'':<{width}}  milestones  failed  running"]
    for name, results in runs.items():
        board = Board(results)
        standings = [board.stand(milestone, skipped) for milestone in milestones]
        rows = f"{sum('row' in one.done for one in standings)} of {len(milestones)}"
        failed = sum(standing.status == "failed" for standing in standings)
        running = ", ".join(_list_running(results, standings))
        lines.append(f"{name:<{width}}  {rows:<10}  {failed:>6}  {running}".rstrip())
    folder = next(iter(runs.values())).folder
    lines.append(f"One run's milestones: add --output-dir and its folder, such as {folder}.")
    return "\n".join(lines)


def _list_running(results: Results, standings: Sequence[Standing]) -> list[str]:
    """The milestones that a job runs for, how far their trainings are, and the agent."""
    running = [one for one in standings if one.status == "running"]
    cells = [(one.milestone, one.cells["student"]) for one in running]
    found = [f"{name} {cell}" if cell.startswith("iter") else name for name, cell in cells]
    agent = describe_agent_stage(results)
    return [*found, *([f"agent: {agent}"] if agent else [])]


def count_standings(standings: Sequence[Standing]) -> str:
    """Two lines: milestones by status, and by stage that is done."""
    counts = Counter(standing.status for standing in standings)
    stages = Counter(stage for standing in standings for stage in standing.done)
    shown = [status for status in STATUSES if status in _ALWAYS or counts[status]]
    statuses = ", ".join(f"{counts[status]} {status}" for status in shown)
    done = ", ".join(f"{stage} {stages[stage]}" for stage in STAGES)
    return f"{len(standings)} milestones: {statuses}.\nDone: {done}."


def _draw_running(standings: Sequence[Standing]) -> str:
    running = [standing for standing in standings if standing.status == "running"]
    return "\n".join(draw_lines(running, "Running")) if running else "Nothing runs."


def _draw_reasons(standings: Sequence[Standing], status: str) -> str:
    """A line a reason, in the order of their first milestones; "" if there is none."""
    ids: dict[str, list[str]] = {}
    for standing in standings:
        if standing.status == status:
            ids.setdefault(standing.reason, []).append(standing.milestone)
    lines = [f"  {_name(names)}: {_shorten(reason)}" for reason, names in ids.items()]
    return "\n".join([f"{status.capitalize()}:", *lines]) if lines else ""


def _name(ids: Sequence[str]) -> str:
    more = len(ids) - _NAMED
    return ", ".join(ids[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _shorten(reason: str) -> str:
    return textwrap.shorten(reason, _REASON_LENGTH, placeholder=" …") or "no reason given"
