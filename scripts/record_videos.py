"""Replays trajectories into videos: an expert's evaluation, or a student's rollouts and test."""

from dataclasses import replace
from pathlib import Path

from autodagger.results.video import VideoStyle, pick_replays, record_videos
from autodagger.rollout.replay import Replays
from autodagger.workflow.job import get_results, get_task, run_job
from autodagger.workflow.tracking import reopen_tracker

with run_job(snakemake, "video") as progress:
    params, folder = snakemake.params, Path(snakemake.output.videos)
    options = params.options
    files = [Replays.read(path) for path in snakemake.input.trajectories]
    episodes = [replay for replays in files for replay in replays.episodes]
    counts = options.get("videos_per_iteration", 0), options["videos_per_evaluation"]
    picked = list(pick_replays(episodes, *counts))
    show_expert = params.is_student
    style = VideoStyle(options["video_fps"], options["video_scale"], show_expert=show_expert)
    videos = record_videos(get_task(snakemake), replace(files[0], episodes=picked), folder, style)
    if snakemake.config["track"] and params.is_student:
        milestone, results = snakemake.wildcards.milestone, get_results(snakemake)
        with reopen_tracker(milestone_id=milestone, results=results, warn=progress) as tracker:
            tracker.log_videos(folder)
    progress(f"{len(videos)} videos in {folder}")
