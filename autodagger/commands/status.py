"""`autodagger status`: where the run is, milestone by milestone."""

import argparse
from pathlib import Path

from autodagger.commands.common import HOME
from autodagger.results.board import draw_board
from autodagger.results.layout import Results
from autodagger.workflow.config_file import read_config
from autodagger.workflow.pipeline import load_pipeline


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Those of `status`: of the run that the same options would start with Snakemake."""
    command.add_argument(
        "--configfile",
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help="config files of the run, beside config.yaml",
    )
    command.add_argument(
        "--config",
        nargs="+",
        action="extend",
        default=[],
        metavar="KEY=VALUE",
        help="options of the run, such as output_dir=elsewhere",
    )
    command.add_argument(
        "--output-dir", type=Path, metavar="FOLDER", help="where the results lie, if elsewhere"
    )


def run(options: argparse.Namespace) -> str:
    """The board, as text."""
    config, files = read_config(options.configfile, options.config, HOME)
    pipeline = load_pipeline(config, files, HOME)
    results = Results(options.output_dir or pipeline.options["output_dir"])
    return draw_board(results, list(pipeline.milestones))
