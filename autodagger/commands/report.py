"""`autodagger report`: all results of a run as a page for a browser."""

import argparse
import multiprocessing
import sys

from autodagger.commands.explain import diagnose
from autodagger.commands.runs import add_run_arguments, load_run
from autodagger.diagnosis.shortfall import falls_short
from autodagger.report.cards import read_diagnosis
from autodagger.report.page import write_report
from autodagger.results.layout import Results
from autodagger.results.rows import collect_rows
from autodagger.workflow.pipeline import Pipeline

SECONDS = 90
"""Longest time for one diagnosis."""

DIAGNOSES = 5
"""Of students that fall short, at most, in one go; `autodagger explain` makes any other."""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Those of `report`: of the run that the same options would start with Snakemake."""
    add_run_arguments(command)
    command.add_argument(
        "--embed",
        action="store_true",
        help="put videos and pictures into the page: one file to send",
    )
    command.add_argument(
        "--no-explain",
        action="store_true",
        help="leave students that fall short unexplained, which takes seconds each",
    )


def run(options: argparse.Namespace) -> str:
    """Writes the page; returns what to print."""
    pipeline, results = load_run(options)
    if not options.no_explain:
        _explain_missing(pipeline, results)
    milestones = list(pipeline.milestones.values())
    pages = write_report(results, pipeline.game.name, milestones, pipeline.skipped, options.embed)
    size = sum(page.stat().st_size for page in pages) / len(pages) / 1e6
    return f"{pages[0]}: open it in a browser ({size:.2f} MB; beside it, {pages[1].name})."


def _explain_missing(pipeline: Pipeline, results: Results) -> None:
    """Diagnoses students that fall short, as far as nobody has; what goes wrong costs its own."""
    rows = collect_rows(results, list(pipeline.milestones), pipeline.skipped)
    missing = [
        row["milestone_id"]
        for row in rows
        if falls_short(row) and read_diagnosis(results, row["milestone_id"], row) is None
    ]
    for name in missing[:DIAGNOSES]:
        print(f"{name}: playing its failures again", file=sys.stderr)
        context = multiprocessing.get_context("fork")  # a process each: a game can crash it
        process = context.Process(target=diagnose, args=(pipeline, results, name))
        process.start()
        process.join(SECONDS)
        if process.exitcode != 0:
            process.kill()
            process.join()
            print(
                f"{name}: not explained; `autodagger explain {name}` may say more", file=sys.stderr
            )
