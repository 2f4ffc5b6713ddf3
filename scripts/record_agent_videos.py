"""Plays whole runs of the agent again: videos with its belief, and one run as a strip."""

from pathlib import Path

from autodagger.agent.video import record_agent_videos
from autodagger.results.video import VideoStyle
from autodagger.workflow.agent_job import get_chain
from autodagger.workflow.job import get_outputs, run_job

with run_job(snakemake, "video") as progress:
    options, outputs = snakemake.params.options, get_outputs(snakemake)
    style = VideoStyle(options["video_fps"], options["video_scale"])
    videos = record_agent_videos(get_chain(snakemake), Path(snakemake.input.runs), style, outputs)
    progress(f"{len(videos)} videos in {outputs['videos']}, and {outputs['strip'].name}")
