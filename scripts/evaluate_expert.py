"""Plays an expert's episodes: report, trajectories, start states of the next milestone."""

from autodagger.expert_evaluation import evaluate_expert
from autodagger.job import get_task, run_job

with run_job(snakemake, "expert") as progress:
    evaluate_expert(
        **get_task(snakemake),
        missing_expert=snakemake.params.missing_expert,
        missing_start=snakemake.params.missing_start,
        episodes=snakemake.params.episodes,
        progress=progress,
    )
