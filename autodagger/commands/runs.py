"""Which run a subcommand is about."""

import argparse
from pathlib import Path

from autodagger.results.layout import Results
from autodagger.workflow.config_file import read_config
from autodagger.workflow.pipeline import Pipeline, load_pipeline

HOME = Path(__file__).resolve().parents[2]
"""The Snakefile's folder."""


def add_run_arguments(command: argparse.ArgumentParser) -> None:
    """Which run it is about."""
    for option, value, text in (
        ("--configfile", "FILE", "config files of the run, beside config.yaml"),
        ("--config", "KEY=VALUE", "options of the run, such as output_dir=elsewhere"),
    ):
        command.add_argument(
            option, nargs="+", action="extend", default=[], metavar=value, help=text
        )
    command.add_argument(
        "--output-dir", type=Path, metavar="FOLDER", help="where the results lie, if elsewhere"
    )


def load_run(options: argparse.Namespace) -> tuple[Pipeline, Results]:
    """The run that the arguments name."""
    config, files = read_config(options.configfile, options.config, HOME)
    pipeline = load_pipeline(config, files, HOME)
    return pipeline, Results(options.output_dir or pipeline.options["output_dir"])
