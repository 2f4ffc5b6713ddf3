"""Charts as inline SVG, drawn by matplotlib; their colours are the page's, light or dark.

They hold numbers and ids alone, so that every language has the same ones; what axes and colours
mean stands below them, in the page's words.
"""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from autodagger.report.cards import RULES, Card

INK, GRID, EXPERT, STUDENT, AGENT, OTHER = (f"#00000{number}" for number in range(1, 7))
RULE_COLOURS = dict(zip(RULES, (f"#0000{number}" for number in range(11, 17)), strict=True))
"""Marks: no eye tells them from black, and the page's style sheet has the colours behind them."""

_VARIABLES = {INK: "ink", GRID: "grid", EXPERT: "expert", STUDENT: "student", AGENT: "agent"}
_VARIABLES |= {OTHER: "other"}
_VARIABLES |= {mark: f"part{number}" for number, mark in enumerate(RULE_COLOURS.values(), 1)}
_STYLE: Any = {
    "svg.fonttype": "none",
    "font.size": 8,
    "font.family": "sans-serif",
    "axes.edgecolor": GRID,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": GRID,
    "grid.linewidth": 0.5,
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
}
_WIDTH = 4.7  # inches: about a phone's width, so that the letters keep their size there
_ROW = 0.19
_PERCENT = PercentFormatter(1.0, decimals=0, symbol=" %")


def draw_success(cards: Sequence[Card]) -> str:
    """A line a milestone: success of expert and student, with their 95 % intervals."""

    def draw(axes: Axes) -> None:
        for place, card in enumerate(cards):
            row = card.row
            student = row["student_interval_low"], row["student_interval_high"]
            rate = row["dagger_final_success_rate"]
            _draw_rate(axes, place - 0.17, card.expert_rate, card.expert_interval, EXPERT, "s")
            _draw_rate(axes, place + 0.17, rate, student, STUDENT, "o")
        _name_rows(axes, [card.milestone.id for card in cards])
        axes.set_xlim(-0.02, 1.02)
        axes.xaxis.set_major_formatter(_PERCENT)

    return _draw(draw, "success", _ROW * len(cards) + 0.4)


def draw_learning(iterations: Sequence[Mapping[str, Any]], name: str) -> str:
    """Success with its interval over the labels learnt from; and how often it agrees."""

    def draw(axes: Axes) -> None:
        table = pandas.DataFrame(iterations).astype({"agreement": float})
        low, high = zip(*table["interval"], strict=True)
        labels = table["dataset_size"]
        axes.plot(labels, table["agreement"], color=OTHER, linewidth=1, linestyle="--", marker=".")
        axes.fill_between(labels, low, high, color=STUDENT, alpha=0.15, linewidth=0)
        axes.vlines(labels, low, high, color=STUDENT, alpha=0.5, linewidth=1)
        axes.plot(labels, table["success_rate"], color=STUDENT, marker="o", markersize=4)
        axes.set_ylim(-0.03, 1.05)
        axes.yaxis.set_major_formatter(_PERCENT)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.grid(axis="y")

    return _draw(draw, f"learning-{name}", 1.7)


def draw_time(cards: Sequence[Card]) -> str:
    """A bar a milestone, its seconds by rule."""

    def draw(axes: Axes) -> None:
        for place, card in enumerate(cards):
            left = 0.0
            for rule, colour in RULE_COLOURS.items():
                if card.seconds is not None and rule in card.seconds.index:
                    seconds = float(card.seconds.loc[rule, "seconds"])
                    axes.barh(place, seconds, 0.62, left, color=colour, linewidth=0)
                    left += seconds
        _name_rows(axes, [card.milestone.id for card in cards])
        axes.xaxis.set_major_formatter("{x:,.0f} s")

    return _draw(draw, "time", _ROW * len(cards) + 0.4)


def draw_survival(report: Mapping[str, Any]) -> str:
    """A bar a milestone: how many of the agent's whole runs passed it, and of those beside it."""

    def draw(axes: Axes) -> None:
        rows = report["milestones"]
        places = list(range(len(rows)))
        axes.barh(places, _share(report), 0.62, color=AGENT, linewidth=0)
        for key, colour, mark in (("experts", EXPERT, "s"), ("students", STUDENT, "o")):
            shares = _share(report[key])
            axes.plot(shares, places[: len(shares)], mark, color=colour, markersize=3.5)
        _name_rows(axes, [row["milestone_id"] for row in rows])
        axes.set_xlim(0, 1.03)
        axes.xaxis.set_major_formatter(_PERCENT)

    return _draw(draw, "survival", _ROW * len(report["milestones"]) + 0.4)


def _share(report: Mapping[str, Any]) -> list[float]:
    return [row["passed"] / max(1, report["runs"]) for row in report["milestones"]]


def _draw_rate(
    axes: Axes,
    place: float,
    rate: float | None,
    interval: tuple[float | None, float | None] | None,
    colour: str,
    mark: str,
) -> None:
    if rate is None:
        return
    if interval and interval[0] is not None and interval[1] is not None:
        axes.hlines(place, interval[0], interval[1], color=colour, linewidth=1.4, alpha=0.6)
    axes.plot([rate], [place], mark, color=colour, markersize=4, clip_on=False)


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)


def _draw(draw: Any, name: str, height: float) -> str:
    with matplotlib.rc_context(_STYLE | {"svg.hashsalt": name}):
        figure = Figure((_WIDTH, height), layout="constrained")
        draw(figure.subplots())
        buffer = io.StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    return _fit(buffer.getvalue(), name)


def _fit(text: str, name: str) -> str:
    """An SVG file as part of a page: no prolog, ids of its own, and the page's colours."""
    svg = re.sub(r"<(style|metadata)\b.*?</\1>|<style\b[^>]*/>", "", text, flags=re.S)
    svg = svg[svg.index("<svg") :]
    used = set(re.findall(r"(?:url\(|href=\")#([\w-]+)", svg))

    def rename(match: re.Match[str]) -> str:
        return f' id="{name}-{match[1]}"' if match[1] in used else ""

    svg = re.sub(r' id="([^"]*)"', rename, svg)
    svg = re.sub(r'(url\(|href=")#', rf"\1#{name}-", svg)
    head, body = svg.split(">", 1)
    size = re.search(r'viewBox="[^"]*"', head)
    head = f'<svg {size[0] if size else ""} aria-hidden="true" focusable="false"'
    for mark, variable in _VARIABLES.items():
        body = body.replace(mark, f"var(--{variable})")
    body = re.sub(r"font-family: [^;]*; ", "", body)  # the page's own
    return f"{head}>{body}".strip()
