"""Writes every row on disk, and the skipped ones, as CSV and JSON."""

from autodagger.results.rows import collect_rows, write_results
from autodagger.workflow.job import get_results, run_job

with run_job(snakemake, "summary"):
    results, params = get_results(snakemake), snakemake.params
    write_results(collect_rows(results, params.milestones, params.skipped), results)
