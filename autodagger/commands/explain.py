"""`autodagger explain`: why a student falls short of its expert."""

import argparse
from typing import Any

from autodagger.commands.runs import add_run_arguments, load_run
from autodagger.dagger.options import TrainingOptions
from autodagger.diagnosis.explain import explain
from autodagger.errors import UserError, exit_in_words, suggest
from autodagger.report.findings import describe_diagnosis
from autodagger.results.layout import Results
from autodagger.workflow.pipeline import Pipeline
from autodagger.workflow.tasks import make_machine, make_task


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Those of `explain`."""
    command.add_argument("milestone", metavar="MILESTONE", help="whose student, by its id")
    add_run_arguments(command)


def run(options: argparse.Namespace) -> str:
    """Diagnoses it; returns what to print."""
    pipeline, results = load_run(options)
    if options.milestone not in pipeline.milestones:
        raise UserError(
            f"milestone {options.milestone}: not in {pipeline.options['milestone_config']}"
            f"{suggest(options.milestone, pipeline.milestones)}. Name one of that file."
        )
    report = _explain(pipeline, results, options.milestone)
    return describe_diagnosis(results, report)


@exit_in_words()
def diagnose(pipeline: Pipeline, results: Results, milestone: str) -> None:
    """For a process of its own."""
    _explain(pipeline, results, milestone)


def _explain(pipeline: Pipeline, results: Results, milestone: str) -> dict[str, Any]:
    task = make_task(pipeline, results, milestone)
    options = TrainingOptions.take(pipeline.options)
    return explain(task, results, options, make_machine(pipeline))
