"""`autodagger inspect`: play a game, look at each step, and search its memory."""

import argparse
from pathlib import Path

from autodagger.authoring.inspection import DEFAULT_STEPS, Play, inspect, search_recording
from autodagger.commands.common import HOME, parse_count
from autodagger.workflow.paths import locate_game

_RESULTS = Path("inspect_results")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Those of `inspect`."""
    command.add_argument("game", nargs="?", metavar="GAME", help="a folder of games/, or a path")
    command.add_argument("--rom", type=Path, metavar="FILE", help="a ROM without an adapter")
    command.add_argument("--start", type=Path, metavar="STATE", help="save state to begin from")
    who = command.add_mutually_exclusive_group()
    who.add_argument("--random", action="store_true", help="chance plays (so it does by default)")
    who.add_argument("--keys", type=Path, metavar="FILE", help="a script: an action a line")
    who.add_argument("--expert", type=Path, metavar="FILE", help="an expert plays")
    command.add_argument(
        "--steps", type=parse_count, metavar="N", help=f"{DEFAULT_STEPS} if not said"
    )
    command.add_argument("--seed", type=int, default=0, metavar="N", help="of all chance")
    command.add_argument("--out", type=Path, metavar="FOLDER", help=f"{_RESULTS}/GAME if not said")
    command.add_argument(
        "--search",
        nargs="+",
        metavar="STEP=NUMBER",
        help="look through the memory of the last play: 90=20, 90..120=20, 200>@90, 200=@90+20",
    )


def check(command: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuses options that do not go together."""
    if options.game is None and options.rom is None:
        command.error("inspect needs a GAME (a folder of games/, or a path) or --rom FILE")


def run(options: argparse.Namespace) -> str:
    """Does it; returns what to print."""
    game_dir = locate_game(options.game, HOME) if options.game else None
    folder = options.out or _RESULTS / (game_dir.resolve().name if game_dir else options.rom.stem)
    if options.search:
        return search_recording(folder, options.search)
    kept = {key: vars(options)[key] for key in ("rom", "start", "keys", "expert", "steps", "seed")}
    return inspect(Play(game_dir, **kept), folder)
