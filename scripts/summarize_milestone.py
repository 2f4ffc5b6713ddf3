"""Writes a milestone's row from its result files."""

from autodagger.files import write_json
from autodagger.results.rows import build_row
from autodagger.workflow.job import get_results, run_job

with run_job(snakemake, "row") as progress:
    row = build_row(get_results(snakemake), snakemake.wildcards.milestone)
    write_json(snakemake.output.row, row)
    progress(row["status"] if row["status"] == "completed" else f"failed: {row['reason']}")
