"""Where a run is, as a board on the screen: `python -m autodagger.workflow.status`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from autodagger.errors import UserError
from autodagger.results.board import draw_board
from autodagger.results.layout import Results
from autodagger.workflow.config_file import read_config
from autodagger.workflow.pipeline import load_pipeline

HOME = Path(__file__).resolve().parents[2]
"""The Snakefile's folder."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the board of the run that the same options would start with Snakemake."""
    options = _parse(arguments)
    try:
        config, files = read_config(options.configfile, options.config, HOME)
        pipeline = load_pipeline(config, files, HOME)
    except UserError as error:
        sys.exit(str(error))
    results = Results(options.output_dir or pipeline.options["output_dir"])
    print(draw_board(results, list(pipeline.milestones)))


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="autodagger.workflow.status", description=main.__doc__)
    for option, value in (("--configfile", "FILE"), ("--config", "KEY=VALUE")):
        parser.add_argument(option, nargs="+", action="extend", default=[], metavar=value)
    parser.add_argument("--output-dir", type=Path)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
