"""Compares the runs of a study: a table over seeds, and a picture of it."""

from autodagger.results.study import write_comparison
from autodagger.workflow.job import get_outputs, run_job
from autodagger.workflow.study import read_members

with run_job(snakemake, "study") as progress:
    params = snakemake.params
    names = params.milestones, params.selected, params.skipped
    members = read_members(params.members, *names)
    outputs = get_outputs(snakemake)
    write_comparison(members, outputs)
    progress(f"{len(members)} runs in {outputs['csv']}")
