"""`autodagger status`: where the run is, milestone by milestone."""

import argparse

from autodagger.commands.runs import add_run_arguments, load_run
from autodagger.results.board import draw_board


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Those of `status`: of the run that the same options would start with Snakemake."""
    add_run_arguments(command)


def run(options: argparse.Namespace) -> str:
    """The board, as text."""
    pipeline, results = load_run(options)
    return draw_board(results, list(pipeline.milestones))
