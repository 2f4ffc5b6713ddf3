"""Replays trajectories into videos: an expert's evaluation, or a student's rollouts and test."""

import re
from pathlib import Path

from autodagger.files import read_json
from autodagger.job import get_game, run_job
from autodagger.tracking import reopen_tracker
from autodagger.video import record_videos

EPISODE = re.compile(r"(rollout_iter\d+|student_eval)_ep(\d+)_")
FIRST_EPISODE = {"rollout": 0, "student": 1}  # the numbers that names begin with


def is_wanted(name: str, count: int) -> bool:
    """Whether a student's episode is among the first `count` of its iteration or test."""
    kind, number = EPISODE.match(name).groups()
    return int(number) - FIRST_EPISODE[kind.split("_")[0]] < count


with run_job(snakemake, "video") as progress:
    params = snakemake.params
    replays = [read_json(path) for path in snakemake.input.trajectories]
    episodes = [episode for replay in replays for episode in replay["episodes"]]
    if params.videos is not None:
        episodes = [episode for episode in episodes if is_wanted(episode["name"], params.videos)]
    videos = record_videos(
        **get_game(snakemake),
        trajectories=episodes,
        actions=replays[0]["actions"],
        folder=Path(snakemake.output.videos),
        fps=params.fps,
        scale=params.scale,
        show_expert=params.videos is not None,
    )
    if snakemake.config["track"] and params.videos is not None:
        folder = Path(snakemake.config["output_dir"])
        milestone = snakemake.wildcards.milestone
        with reopen_tracker(milestone_id=milestone, folder=folder, warn=progress) as tracker:
            tracker.log_videos(Path(snakemake.output.videos))
    progress(f"{len(videos)} videos in {snakemake.output.videos}")
