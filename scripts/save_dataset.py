"""Replays a training's episodes into datasets that other programs read."""

from pathlib import Path

from autodagger.results.datasets import save_datasets
from autodagger.rollout.replay import Replays
from autodagger.workflow.job import get_task, run_job

with run_job(snakemake, "dataset") as progress:
    files, folder = snakemake.input, Path(snakemake.output.folder)
    kinds = {name: Replays.read(files[name]) for name in ("demonstrations", "rollouts")}
    written = save_datasets(get_task(snakemake), kinds, folder)
    steps = ", ".join(f"{name} ({count} steps)" for name, count in written.items())
    progress(f"datasets in {folder}: {steps or 'none, since no episode has a step'}")
