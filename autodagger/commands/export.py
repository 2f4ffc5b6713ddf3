"""`autodagger export`: write a player as a file that other programs play with."""

import argparse
from pathlib import Path

from autodagger.commands.common import MODEL_HELP, parse_size
from autodagger.errors import UserError
from autodagger.player.export import FORMATS, export_policy
from autodagger.player.policy import load


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Those of `export`."""
    command.add_argument("model", type=Path, metavar="MODEL", help=MODEL_HELP)
    command.add_argument(
        "--format",
        choices=FORMATS,
        default=FORMATS[0],
        help="onnx, which most programs read, or pt2, of torch.export (onnx if not said)",
    )
    command.add_argument(
        "--output", type=Path, metavar="FILE", help="beside MODEL, with its name, if not said"
    )
    command.add_argument(
        "--screen",
        type=parse_size,
        metavar="HEIGHTxWIDTH",
        help="size of the game's screen, where the model does not say it",
    )


def run(options: argparse.Namespace) -> str:
    """Does it; returns what to print."""
    policy = load(options.model)
    if policy.screen_size and options.screen not in (None, policy.screen_size):
        height, width = policy.screen_size
        raise UserError(
            f"--screen: {options.model} was trained on a screen of {height}x{width}. Leave "
            "--screen out."
        )
    policy.screen_size = policy.screen_size or options.screen
    path = options.output or options.model.with_suffix(f".{options.format}")
    export_policy(policy, path, options.format)
    return f"{path}: {path.stat().st_size:,} bytes. docs/policy.md shows how it is played with."
