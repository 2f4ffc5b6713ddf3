"""Which run a subcommand is about."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autodagger.commands.common import HOME
from autodagger.errors import UserError
from autodagger.files import exists
from autodagger.results.layout import Results
from autodagger.workflow.config_file import get_config_file, read_config
from autodagger.workflow.pipeline import Pipeline, load_pipeline
from autodagger.workflow.study import find_swept, load_study, take_first

_SHOWN = 8  # folders in a message


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
        UserError: There is none here, its options are wrong, or they are a study's.
    """
    pipeline, runs = load_runs(options, probe)
    if len(runs) > 1:
        raise UserError(
            f"These options are a study of {len(runs)} runs, and this is about one: name its "
            f"folder, {_list_folders(runs)}."
        )
    return pipeline, next(iter(runs.values()))


def load_runs(
    options: argparse.Namespace, probe: bool = True
) -> tuple[Pipeline, dict[str, Results]]:
    """The run that the arguments name, or those of a study; as `load_run`.

    Returns:
        What they have in common, and where the results of each lie, by the run's name.

    Raises:
        UserError: There is none here, or its options are wrong.
    """
    if not exists(get_config_file(HOME)):
        raise UserError(
            f"there is no config.yaml in {Path.cwd()}. Call it in the folder that the run was "
            "started in."
        )
    config, files = read_config(options.configfile, options.config, HOME)
    if find_swept(config):
        return _load_study(config, files, options.output_dir, probe)
    pipeline = load_pipeline(config, files, HOME, probe)
    return pipeline, {"": Results(options.output_dir or pipeline.options["output_dir"])}


def _load_study(
    config: Mapping[str, Any], files: Sequence[str], chosen: Path | None, probe: bool
) -> tuple[Pipeline, dict[str, Results]]:
    """All runs of a study, or the one whose folder is named."""
    pipeline = load_pipeline(take_first(config, files), files, HOME, probe)
    members = load_study(config, pipeline.options["output_dir"])
    runs = {member.name: member.results for member in members}
    if chosen is None:
        return pipeline, runs
    for member in members:
        if member.results.folder.resolve() == chosen.expanduser().resolve():
            pipeline = load_pipeline(member.options, files, HOME, probe=False)
            return pipeline, {member.name: member.results}
    raise UserError(
        f"--output-dir {chosen}: no run of this study has its results there. Expected "
        f"{_list_folders(runs)}."
    )


def _list_folders(runs: Mapping[str, Results]) -> str:
    folders = [f"--output-dir {results.folder}" for results in runs.values()]
    shown = folders if len(folders) <= _SHOWN else [*folders[: _SHOWN - 1], "..."]
    return f"{', '.join(shown[:-1])} or {shown[-1]}" if len(shown) > 1 else shown[0]
