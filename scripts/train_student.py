"""Trains a milestone's student with DAgger, or goes on from its last checkpoint."""

from pathlib import Path

from autodagger.dagger import TrainingOutputs, train_student
from autodagger.files import read_json
from autodagger.job import get_task, run_job

with run_job(snakemake, "student") as progress:
    config = snakemake.config
    train_student(
        **get_task(snakemake),
        max_episode_steps=read_json(snakemake.input.budget)["max_episode_steps"],
        options=snakemake.params.options,
        seed=snakemake.params.seed,
        num_envs=snakemake.config["num_envs"],
        cuda=config["cuda"],
        threads=snakemake.threads,
        checkpoint_dir=Path(config["output_dir"], "checkpoints", snakemake.wildcards.milestone),
        outputs=TrainingOutputs(**{name: Path(path) for name, path in snakemake.output.items()}),
        progress=progress,
    )
