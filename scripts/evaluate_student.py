"""Tests a trained student on fresh episodes."""

from pathlib import Path

from autodagger.files import read_json
from autodagger.job import get_task, run_job
from autodagger.student_evaluation import evaluate_student

with run_job(snakemake, "test") as progress:
    evaluate_student(
        **get_task(snakemake),
        model=Path(snakemake.input.model),
        max_episode_steps=read_json(snakemake.input.budget)["max_episode_steps"],
        episodes=snakemake.params.episodes,
        cuda=snakemake.config["cuda"],
        threads=snakemake.threads,
        progress=progress,
    )
