"""Which run a subcommand is about."""

import argparse
from pathlib import Path

from autodagger.commands.common import HOME
from autodagger.errors import UserError
from autodagger.files import exists
from autodagger.results.layout import Results
from autodagger.workflow.config_file import get_config_file, read_config
from autodagger.workflow.pipeline import Pipeline, load_pipeline


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


def load_run(options: argparse.Namespace, probe: bool = True) -> tuple[Pipeline, Results]:
    """The run that the arguments name.

    Args:
        options: The arguments.
        probe: Whether the adapter is loaded in a process of its own first, as in `load_pipeline`.

    Raises:
        UserError: There is none here, or its options are wrong.
    """
    if not exists(get_config_file(HOME)):
        raise UserError(
            f"there is no config.yaml in {Path.cwd()}. Call it in the folder that the run was "
            "started in."
        )
    config, files = read_config(options.configfile, options.config, HOME)
    pipeline = load_pipeline(config, files, HOME, probe)
    return pipeline, Results(options.output_dir or pipeline.options["output_dir"])
