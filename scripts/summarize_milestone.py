"""Writes a milestone's row from its result files."""

from pathlib import Path

from autodagger.files import write_json
from autodagger.job import run_job
from autodagger.summary import build_row

with run_job(snakemake, "row") as progress:
    row = build_row(Path(snakemake.config["output_dir"]), snakemake.wildcards.milestone)
    write_json(snakemake.output.row, row)
    progress(row["status"] if row["status"] == "completed" else f"failed: {row['reason']}")
