"""Plays an expert's episodes: report, trajectories, start states of the next milestone."""

from autodagger.evaluation.expert import evaluate_expert
from autodagger.workflow.job import get_machine, get_outputs, get_task, run_job

with run_job(snakemake, "expert") as progress:
    options = snakemake.params.options
    evaluate_expert(
        get_task(snakemake),
        get_machine(snakemake),
        episodes=options["eval_episodes"],
        recorded=options["start_states"],
        tested=options["student_eval_episodes"],
        outputs=get_outputs(snakemake),
        progress=progress,
    )
