"""`autodagger status`: where the run is, milestone by milestone."""

import argparse

from autodagger.commands.runs import add_run_arguments, load_runs
from autodagger.results.board import draw_board, draw_study_board


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Those of `status`: of the run that the same options would start with Snakemake."""
    add_run_arguments(command)


def run(options: argparse.Namespace) -> str:
    """The board, as text; of a study, a line for each run."""
    pipeline, runs = load_runs(options)
    milestones = list(pipeline.milestones)
    if len(runs) > 1:
        return draw_study_board(runs, milestones)
    return draw_board(next(iter(runs.values())), milestones)
