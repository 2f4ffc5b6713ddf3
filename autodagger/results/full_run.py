"""The agent's result in words, from full_run.json."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from autodagger.files import DamagedFile, exists, read_object, reading
from autodagger.results.layout import Results

_WHAT = "report of the agent"


def describe_agent(results: Results) -> str | None:
    """How its whole runs went, beside the experts' and the switched students'; None without any."""
    if not exists(results.full_run) or not exists(results.agent):
        return None
    try:
        report = read_object(results.full_run, _WHAT)
        with reading(_WHAT, results.full_run):
            return _describe(report, results)
    except DamagedFile as error:
        return str(error)


def read_agent_rates(results: Results) -> dict[str, float] | None:
    """Shares of whole runs that reach the end, and their number; None without a sound report.

    Returns:
        `agent` and `experts` (from 0 to 1) and `runs`.
    """
    if not exists(results.full_run):
        return None
    with suppress(DamagedFile):
        report = read_object(results.full_run, _WHAT)
        with reading(_WHAT, results.full_run):
            runs, experts = int(report["runs"]), report["experts"]
            shares = report["successes"] / runs, experts["successes"] / experts["runs"]
            return {"agent": shares[0], "experts": shares[1], "runs": runs}
    return None


def _describe(report: Mapping[str, Any], results: Results) -> str:
    low, high = report["interval"]
    last = report["milestones"][-1]["milestone_id"]
    lines = [
        f"Agent: {report['successes']} of {report['runs']} whole runs from power-on reach {last} "
        f"({low:.0%} to {high:.0%}), from pixels alone.",
        f"Beside it: the experts in one go {report['experts']['successes']}, the students switched "
        f"by a judge {report['students']['successes']}. {results.agent}, {results.full_run.name}, "
        f"{results.survival.name}",
    ]
    if ends := _describe_ends(report):
        lines.insert(1, ends)
    if report["gap"]:
        lines.insert(
            1, f"The game goes on: {report['gap']} has no student, so the agent ends there."
        )
    return "\n".join(lines)


def _describe_ends(report: Mapping[str, Any]) -> str | None:
    """Where its runs end before the end, the most first, so that people know what to look at."""
    ended = [row for row in report["milestones"] if row["ended"]]
    if not ended:
        return None
    places = []
    for row in sorted(ended, key=lambda row: -row["ended"]):
        why = ", ".join(f"{count} {kind}" for kind, count in sorted(row["why"].items()))
        places.append(f"{row['milestone_id']} ({why})")
    return f"Its other runs end at {', '.join(places)}."
