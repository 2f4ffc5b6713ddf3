"""`autodagger new-game`: write a game's folder to begin with."""

import argparse
from pathlib import Path

from autodagger.authoring.skeleton import create_game


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Those of `new-game`."""
    command.add_argument("name", metavar="NAME", help="a folder of games/, or a path")
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--rom", type=Path, metavar="FILE", help="a cartridge; it is copied")
    what.add_argument("--env", metavar="ID", help="an environment that gymnasium.make knows")


def run(options: argparse.Namespace) -> str:
    """Does it; returns what to print."""
    return create_game(options.name, options.rom, options.env)
