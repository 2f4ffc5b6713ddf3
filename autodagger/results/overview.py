"""The run in a screenful, where there are more milestones than anybody reads."""

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence

from autodagger.results.board import STAGES, STATUSES, Board, Standing, draw_end, draw_lines
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
