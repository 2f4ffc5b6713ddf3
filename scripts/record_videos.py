"""Replays trajectories into videos: an expert's evaluation, or a student's rollouts and test."""

from collections import Counter
from pathlib import Path

from autodagger.files import read_json
from autodagger.job import get_game, run_job
from autodagger.tracking import reopen_tracker
from autodagger.video import record_videos


def pick_episodes(episodes, params):
    """The first episodes of each iteration and of the evaluation, as many as the params say."""
    seen = Counter()
    for episode in episodes:
        group = episode["name"].split("_ep")[0]  # rollout_iter0, expert_eval, student_eval
        is_rollout = group.startswith("rollout")
        seen[group] += 1
        if seen[group] <= (params.per_iteration if is_rollout else params.per_evaluation):
            yield episode


with run_job(snakemake, "video") as progress:
    params = snakemake.params
    replays = [read_json(path) for path in snakemake.input.trajectories]
    episodes = [episode for replay in replays for episode in replay["episodes"]]
    is_student = params.get("per_iteration") is not None
    videos = record_videos(
        **get_game(snakemake),
        trajectories=list(pick_episodes(episodes, params)),
        actions=replays[0]["actions"],
        folder=Path(snakemake.output.videos),
        fps=params.fps,
        scale=params.scale,
        show_expert=is_student,
    )
    if snakemake.config["track"] and is_student:
        folder = Path(snakemake.config["output_dir"])
        milestone = snakemake.wildcards.milestone
        with reopen_tracker(milestone_id=milestone, folder=folder, warn=progress) as tracker:
            tracker.log_videos(Path(snakemake.output.videos))
    progress(f"{len(videos)} videos in {snakemake.output.videos}")
