"""Logs what finished without W&B, now that the option track is on."""

from pathlib import Path

from autodagger.files import write_json
from autodagger.workflow.job import get_results, run_job
from autodagger.workflow.logging_later import log_finished_trainings

with run_job(snakemake, "W&B") as progress:
    milestones, results = snakemake.params.milestones, get_results(snakemake)
    logged = log_finished_trainings(results, milestones, snakemake.config, progress)
    write_json(Path(snakemake.output.note), {"logged": logged})
