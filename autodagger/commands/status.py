"""`autodagger status`: where the run is, milestone by milestone."""

import argparse
from pathlib import Path

from autodagger.commands.common import HOME
from autodagger.errors import UserError
from autodagger.files import exists
from autodagger.results.board import draw_board
from autodagger.results.layout import Results
from autodagger.workflow.config_file import get_config_file, read_config
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
    if not exists(get_config_file(HOME)):
        raise UserError(
            f"status: there is no config.yaml in {Path.cwd()}. Call it in the folder that the run "
            "was started in."
        )
    config, files = read_config(options.configfile, options.config, HOME)
    pipeline = load_pipeline(config, files, HOME)
    results = Results(options.output_dir or pipeline.options["output_dir"])
    return draw_board(results, list(pipeline.milestones))
