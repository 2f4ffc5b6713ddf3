"""Tests a trained student on fresh episodes."""

from pathlib import Path

from autodagger.dagger.options import TrainingOptions
from autodagger.evaluation.student import evaluate_student
from autodagger.task import Budget
from autodagger.workflow.job import get_machine, get_outputs, get_task, run_job

with run_job(snakemake, "test") as progress:
    evaluate_student(
        get_task(snakemake),
        Path(snakemake.input.model),
        Budget.read(snakemake.input.budget),
        get_machine(snakemake),
        episodes=snakemake.params.options["student_eval_episodes"],
        outputs=get_outputs(snakemake),
        progress=progress,
        view=TrainingOptions.take(snakemake.config).view,
    )
