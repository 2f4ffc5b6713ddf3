"""A study's table: what comes out for each choice of options, over seeds.

The interval is the wider, at each end, of two: Student's t over the seeds' rates, since trainings
differ by chance, and Wilson's of all their episodes, since a test does. Seeds that agree by luck
(three times 1.00) claim no certainty that their episodes do not give.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from autodagger.files import write_json, write_text
from autodagger.results.study_picture import draw_study
from autodagger.stats import t_interval, wilson_interval

AGENT = "agent, whole runs"
"""In a milestone's place: what the agents come to, where there are any."""

ALL = "all milestones"
"""In a milestone's place: the mean of its milestones, seed by seed."""

_SEED = "seed"
_ONE_RUN, _SEVERAL_RUNS = "wilson", "wider of wilson and student's t"
_RATE, _EPISODES = "dagger_final_success_rate", "student_episodes"


@dataclass(frozen=True)
class MemberRows:
    """What one run of a study has brought.

    Attributes:
        values: Its swept options.
        rows: Of its milestones, see `autodagger.results.rows`.
        agent: How its agent does, see `autodagger.results.full_run.read_agent_rates`.
    """

    values: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    agent: Mapping[str, float] | None = None


def compare(members: Sequence[MemberRows]) -> list[dict[str, Any]]:
    """One line for each milestone and choice of options other than the seed, and one for all."""
    lines = []
    for choice, group in _group(members):
        has_agents = any(one.agent for one in members)
        lines += [_describe(choice, *part) for part in _list_parts(group, has_agents)]
    return lines


def list_points(members: Sequence[MemberRows]) -> list[list[float]]:
    """The seeds' success rates behind each line of `compare`."""
    points = []
    has_agents = any(one.agent for one in members)
    for _, group in _group(members):
        parts = _list_parts(group, has_agents)
        points += [[row[_RATE] for row in rows if _is_done(row)] for _, rows in parts]
    return points


def write_comparison(
    members: Sequence[MemberRows], files: Mapping[str, Path]
) -> list[dict[str, Any]]:
    """Writes the table and its picture.

    Args:
        members: All runs.
        files: `csv`, `json` and `picture`.

    Returns:
        The table's lines.
    """
    lines = compare(members)
    draw_study(lines, list_points(members), files["picture"])
    write_study(lines, files["csv"], files["json"])
    return lines


def write_study(lines: Sequence[Mapping[str, Any]], csv: Path, json: Path) -> None:
    """Writes the table as CSV and JSON, each in one step."""
    import pandas  # here: half a second that no other user of this module should wait for

    table = pandas.DataFrame([_flatten(line) for line in lines], dtype=object)
    write_text(csv, table.to_csv(index=False, lineterminator="\n"))
    write_json(json, list(lines))


def format_study(lines: Sequence[Mapping[str, Any]]) -> str:
    """The table for a terminal: the lines of a milestone below each other."""
    choices = {id(line): _name(line["options"]) for line in lines}
    width = max(len("milestone"), *(len(line["milestone_id"]) for line in lines))
    wide = max(len("options"), *map(len, choices.values()))
    text = [
        f"{'milestone':<{width}}  {'options':<{wide}}  completed  expert  "
        "student (95 % interval)    lowest  highest  seconds"
    ]
    order = list(dict.fromkeys(line["milestone_id"] for line in lines))
    for line in sorted(lines, key=lambda line: order.index(line["milestone_id"])):
        counts = f"{line['completed']} of {line['seeds']}"
        if line["skipped"] == line["seeds"]:
            counts = "skipped"
        interval = f"({_format_end(line['interval_low'], math.floor)} to "
        interval += f"{_format_end(line['interval_high'], math.ceil)})"
        student = f"{_percent(line['student_success_rate']):>4} {interval}"
        seconds = "-" if line["mean_seconds"] is None else f"{line['mean_seconds']:.0f}"
        text.append(
            f"{line['milestone_id']:<{width}}  {choices[id(line)]:<{wide}}  {counts:<9}  "
            f"{_percent(line['expert_success_rate']):>6}  {student:<25}  "
            f"{_percent(line['lowest']):>6}  {_percent(line['highest']):>7}  {seconds:>7}"
        )
    return "\n".join(text)


def _group(members: Sequence[MemberRows]) -> list[tuple[dict[str, Any], list[MemberRows]]]:
    groups: list[tuple[dict[str, Any], list[MemberRows]]] = []
    for member in members:
        choice = {key: value for key, value in member.values.items() if key != _SEED}
        known = next((group for other, group in groups if other == choice), None)
        if known is None:
            groups.append((choice, known := []))
        known.append(member)
    return groups


def _list_parts(
    group: Sequence[MemberRows], has_agents: bool
) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """What a choice has lines of, each with a row a seed."""
    columns = [list(rows) for rows in zip(*(one.rows for one in group), strict=True)]
    parts = [(str(rows[0]["milestone_id"]), rows) for rows in columns]
    parts.append((ALL, [_average(one.rows) for one in group]))
    if has_agents:
        parts.append((AGENT, [_describe_agent(one.agent) for one in group]))
    return parts


def _describe_agent(agent: Mapping[str, float] | None) -> dict[str, Any]:
    """A seed's agent as a row; its seconds are no milestone's."""
    return {
        "status": "completed" if agent else "failed",
        "expert_success_rate": agent["experts"] if agent else None,
        _RATE: agent["agent"] if agent else None,
        _EPISODES: agent["runs"] if agent else 0,
        "seconds": None,
    }


def _describe(
    choice: Mapping[str, Any], milestone: str, rows: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    done = list(filter(_is_done, rows))
    rates = [row[_RATE] for row in done]
    low, high = _bound(rates, [row[_EPISODES] for row in done])
    return {
        "milestone_id": milestone,
        "options": dict(choice),
        "seeds": len(rows),
        "completed": len(done),
        "skipped": sum(row["status"] == "skipped" for row in rows),
        "expert_success_rate": _mean(row["expert_success_rate"] for row in rows),
        "student_success_rate": _mean(rates),
        "interval_low": low,
        "interval_high": high,
        "interval": (_ONE_RUN if len(done) == 1 else _SEVERAL_RUNS) if done else None,
        "lowest": min(rates, default=None),
        "highest": max(rates, default=None),
        "mean_seconds": _mean(row["seconds"] for row in done),
    }


def _is_done(row: Mapping[str, Any]) -> bool:
    return row["status"] == "completed" and row.get(_RATE) is not None


def _average(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A seed's milestones as one row; completed if all are that were to be made."""
    made = [row for row in rows if row["status"] != "skipped"]
    done = list(filter(_is_done, made))
    is_whole = bool(made) and len(done) == len(made)
    return {
        "status": "completed" if is_whole else "failed",
        "expert_success_rate": _mean(row["expert_success_rate"] for row in made),
        _RATE: _mean(row[_RATE] for row in done),
        _EPISODES: sum(row[_EPISODES] for row in done),
        "seconds": sum(row["seconds"] or 0 for row in made),
    }


def _bound(rates: Sequence[float], episodes: Sequence[int]) -> tuple[float | None, float | None]:
    if not rates:
        return None, None
    played = sum(episodes)
    successes = round(sum(rate * count for rate, count in zip(rates, episodes, strict=True)))
    low, high = wilson_interval(successes, played)
    if len(rates) > 1:
        between = t_interval(fmean(rates), stdev(rates), len(rates))
        low, high = min(low, max(0.0, between[0])), max(high, min(1.0, between[1]))
    return round(low, 4), round(high, 4)


def _mean(values: Any) -> float | None:
    known = [value for value in values if value is not None and math.isfinite(value)]
    return round(fmean(known), 4) if known else None


def _flatten(line: Mapping[str, Any]) -> dict[str, Any]:
    """Options as columns of their own."""
    others = {key: value for key, value in line.items() if key not in ("milestone_id", "options")}
    return {"milestone_id": line["milestone_id"], **line["options"], **others}


def _name(options: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in options.items()) or "-"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _format_end(share: float | None, rounded: Callable[[float], int]) -> str:
    """An end of an interval, rounded outwards: 99.6 % is no 100 %."""
    return "-" if share is None else f"{rounded(round(100 * share, 2))}%"
