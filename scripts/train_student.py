"""Trains a milestone's student with DAgger, or goes on from its last checkpoint."""

from autodagger.dagger.options import TrainingOptions
from autodagger.dagger.training import train_student
from autodagger.task import Budget
from autodagger.workflow.job import (
    get_machine,
    get_outputs,
    get_results,
    get_task,
    get_tracker,
    run_job,
)
from autodagger.workflow.tracking import mark_logged

with run_job(snakemake, "student") as progress, get_tracker(snakemake, progress) as tracker:
    report = train_student(
        get_task(snakemake),
        TrainingOptions(**snakemake.params.options),
        Budget.read(snakemake.input.budget),
        get_machine(snakemake),
        checkpoint_dir=get_results(snakemake).checkpoint(snakemake.wildcards.milestone),
        outputs=get_outputs(snakemake),
        progress=progress,
        tracker=tracker,
        keep_checkpoint=snakemake.config["keep_checkpoints"],
    )
    if tracker:
        tracker.log_result(report)
        milestone, results = snakemake.wildcards.milestone, get_results(snakemake)
        mark_logged(tracker, results, milestone, results.training(milestone))
