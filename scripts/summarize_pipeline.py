"""Writes every row on disk, and the skipped ones, as CSV and JSON."""

from pathlib import Path

from autodagger.job import run_job
from autodagger.summary import collect_rows, write_results

with run_job(snakemake, "summary"):
    params = snakemake.params
    rows = collect_rows(Path(snakemake.config["output_dir"]), params.milestones, params.skipped)
    write_results(rows, Path(snakemake.output.csv), Path(snakemake.output.json))
