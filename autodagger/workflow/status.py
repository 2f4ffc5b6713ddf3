"""Where a run is, as a board on the screen: `python -m autodagger.workflow.status`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from autodagger.errors import UserError
from autodagger.files import read_json
from autodagger.results.board import draw_board
from autodagger.results.layout import Results
from autodagger.workflow.config import load_config


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the board of the output folder that config.yaml (or the command line) names."""
    parser = argparse.ArgumentParser(prog="autodagger.workflow.status", description=main.__doc__)
    parser.add_argument("--configfile", type=Path, default=Path("config.yaml"))
    parser.add_argument("--output-dir", type=Path)
    options = parser.parse_args(arguments)
    try:
        content = options.configfile.read_text(encoding="utf-8")
        config = load_config(yaml.safe_load(content) or {}, [options.configfile])
        entries = read_json(config["milestone_config"])["milestones"]
    except (OSError, UserError) as error:
        sys.exit(str(error))
    results = Results(options.output_dir or config["output_dir"])
    print(draw_board(results, [entry["id"] for entry in entries]))


if __name__ == "__main__":
    main()
