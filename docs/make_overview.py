"""Draws the README's picture from a finished run: frames of students beside their learning curves.

Usage: python docs/make_overview.py [results folder] [picture]
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import matplotlib.ticker
import numpy as np

SCREEN_ROWS, SCREEN_COLUMNS, SCALE = 160, 240, 2  # video_scale
N_CURVES = 4
N_FRAMES = 6


def main(results: Path, picture: Path) -> None:
    """Curves of the milestones that took the most iterations; frames of students' videos."""
    trainings = [json.loads(path.read_text()) for path in results.glob("models/*/training.json")]
    trainings.sort(key=lambda training: (-len(training["iterations"]), training["milestone_id"]))
    videos = sorted(results.glob("dagger_videos/*/student_eval_ep1_success*.mp4"))
    chosen = videos[:: max(1, len(videos) // N_FRAMES)][:N_FRAMES]
    figure = plt.figure(figsize=(12, 3.9), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1.35, 1])
    _show_frames(left, chosen)
    _draw_curves(right.subplots(), trainings[:N_CURVES])
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, dpi=100)


def _show_frames(figure: Any, videos: Sequence[Path]) -> None:
    axes = figure.subplots(2, N_FRAMES // 2)
    for axis, video in zip(axes.flat, videos, strict=False):
        axis.imshow(_read_frame(video, 0.55), interpolation="nearest")
        axis.set_title(video.parent.name, fontsize=9)
    for axis in axes.flat:
        axis.set_axis_off()


def _read_frame(video: Path, position: float) -> np.ndarray:
    """The picture at a share of the video's length, without the caption, (160, 240, 3) uint8."""
    reader = imageio_ffmpeg.read_frames(str(video))
    width, height = next(reader)["size"]
    frames = list(reader)
    data = np.frombuffer(frames[int(position * (len(frames) - 1))], np.uint8)
    return data.reshape(height, width, 3)[: SCREEN_ROWS * SCALE : SCALE, ::SCALE]


def _draw_curves(axis: Any, trainings: Sequence[dict[str, Any]]) -> None:
    for training in trainings:
        steps = training["iterations"]
        queries = [step["dataset_size"] for step in steps]
        rates = [step["success_rate"] for step in steps]
        low, high = np.array([step["interval"] for step in steps]).T
        (line,) = axis.plot(queries, rates, marker="o", label=training["milestone_id"])
        axis.fill_between(queries, low, high, alpha=0.12, color=line.get_color())
    axis.set_xscale("log")
    axis.xaxis.set_minor_formatter(matplotlib.ticker.NullFormatter())
    axis.set_ylim(-0.02, 1.03)
    axis.set_xlabel("states labelled by the expert")
    axis.set_ylabel("student's success rate (95 % interval)")
    axis.set_title("DAgger: the student plays, the expert labels", fontsize=10)
    axis.legend(fontsize=8, loc="lower right")
    axis.grid(alpha=0.3)


if __name__ == "__main__":
    arguments = [Path(argument) for argument in sys.argv[1:]]
    defaults = [Path("dagger_pipeline_results"), Path("docs/images/overview.png")]
    main(*arguments, *defaults[len(arguments) :])
