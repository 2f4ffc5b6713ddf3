"""A study's picture: for each milestone, what each choice of options comes to, seed by seed."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autodagger.files import write_bytes

_COLOURS = ("#3469be", "#de7e24", "#349654", "#8e5bb5", "#b33a3a", "#5b6b7a")
_INCHES_A_LINE = 0.16


def draw_study(
    lines: Sequence[Mapping[str, Any]], points: Sequence[Sequence[float]], path: Path
) -> None:
    """Writes a PNG: a line for each interval, a point for each seed.

    Args:
        lines: See `autodagger.results.study.compare`.
        points: The seeds' success rates, of each line.
        path: The file.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    milestones = list(dict.fromkeys(line["milestone_id"] for line in lines))
    choices = list(dict.fromkeys(str(line["options"]) for line in lines))
    height = 1.4 + _INCHES_A_LINE * len(milestones) * (len(choices) + 1)
    figure, axes = pyplot.subplots(figsize=(9, height), layout="constrained")
    for line, rates in zip(lines, points, strict=True):
        choice = choices.index(str(line["options"]))
        y = milestones.index(line["milestone_id"]) + (choice + 1) / (len(choices) + 1) - 0.5
        colour = _COLOURS[choice % len(_COLOURS)]
        if line["interval_low"] is not None:
            axes.plot(
                [line["interval_low"], line["interval_high"]],
                [y, y],
                color=colour,
                alpha=0.35,
                linewidth=4,
            )
            axes.plot([line["student_success_rate"]], [y], "|", color=colour, markersize=9)
        axes.plot(rates, [y] * len(rates), "o", color=colour, markersize=3.5, alpha=0.9)
    for choice, line in enumerate({str(line["options"]): line for line in lines}.values()):
        name = ", ".join(f"{key} {value}" for key, value in line["options"].items()) or "all runs"
        axes.plot([], [], "o-", color=_COLOURS[choice % len(_COLOURS)], label=name)
    axes.set_yticks(range(len(milestones)), milestones, fontsize=8)
    axes.set_ylim(len(milestones) - 0.5, -0.5)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("student's success rate: a point a seed, the mean, and its 95 % interval")
    axes.grid(axis="x", alpha=0.3)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=130, metadata={"Software": None})
    pyplot.close(figure)
    write_bytes(path, data.getvalue())
