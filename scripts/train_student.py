"""Trains a milestone's student with DAgger, or goes on from its last checkpoint."""

from pathlib import Path

from autodagger.dagger import train_student
from autodagger.files import read_json
from autodagger.job import get_task, get_tracker, run_job

with run_job(snakemake, "student") as progress, get_tracker(snakemake, progress) as tracker:
    config = snakemake.config
    budget = read_json(snakemake.input.budget)
    report = train_student(
        **get_task(snakemake),
        max_episode_steps=budget["max_episode_steps"],
        expert_success_rate=budget["expert_success_rate"],
        options=snakemake.params.options,
        cuda=config["cuda"],
        threads=snakemake.threads,
        checkpoint_dir=Path(config["output_dir"], "checkpoints", snakemake.wildcards.milestone),
        progress=progress,
        tracker=tracker,
    )
    if tracker:
        tracker.log_result(report)
