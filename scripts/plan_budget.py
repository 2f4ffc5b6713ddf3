"""Decides from an expert's report whether a student is trained, and its steps an episode."""

from autodagger.evaluation.budget import plan_budget, read_report
from autodagger.files import write_json
from autodagger.workflow.job import run_job

with run_job(snakemake, "budget") as progress:
    budget = plan_budget(
        read_report(snakemake.input.report, snakemake.wildcards.milestone),
        **snakemake.params.options,
    )
    write_json(snakemake.output.budget, budget)
    if budget["decision"] == "train":
        progress(f"up to {budget['max_episode_steps']} steps an episode")
    else:
        progress(f"no student: {budget['reason']}")
