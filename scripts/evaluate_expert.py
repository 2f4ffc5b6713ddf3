"""Plays an expert's episodes: report, trajectories, start states of the next milestone."""

from pathlib import Path

from autodagger.evaluation import ExpertOutputs, evaluate_expert
from autodagger.job import get_task, run_job

with run_job(snakemake, "expert") as progress:
    evaluate_expert(
        **get_task(snakemake),
        missing_start=None,
        episodes=snakemake.params.episodes,
        seed=snakemake.params.seed,
        num_envs=snakemake.config["num_envs"],
        outputs=ExpertOutputs(**{name: Path(path) for name, path in snakemake.output.items()}),
        progress=progress,
    )
