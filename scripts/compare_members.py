"""Compares the runs of a study: a table over seeds, and a picture of it."""

from autodagger.results.study import compare, list_points, write_study
from autodagger.results.study_picture import draw_study
from autodagger.workflow.job import get_outputs, run_job
from autodagger.workflow.study import read_members

with run_job(snakemake, "study") as progress:
    params = snakemake.params
    members = read_members(params.members, params.milestones, params.skipped)
    lines, outputs = compare(members), get_outputs(snakemake)
    draw_study(lines, list_points(members), outputs["picture"])
    write_study(lines, outputs["csv"], outputs["json"])
    progress(f"{len(members)} runs in {outputs['csv']}")
