"""The command line: `python -m autodagger inspect …`, `new-game …`, `report …`, `explain …`."""

import argparse
import importlib
import multiprocessing
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from autodagger.authoring.inspection import DEFAULT_STEPS, Play, inspect, search_recording
from autodagger.authoring.skeleton import create_game
from autodagger.errors import exit_in_words
from autodagger.workflow.paths import locate_game

HOME = Path(__file__).resolve().parents[1]
"""The Snakefile's folder."""

_RESULTS = Path("inspect_results")
_MODULES = {
    "report": "all results of a run as a page for a browser",
    "explain": "why a student falls short of its expert",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Does what the command line says, in a process of its own: a game can crash it."""
    options = _parse(arguments)
    process = multiprocessing.get_context("fork").Process(target=_do, args=(options,))
    process.start()
    process.join()
    if process.exitcode is not None and process.exitcode < 0:
        number = -process.exitcode
        sys.exit(
            f"the game crashed (signal {number}, {signal.strsignal(number)}). Some ROMs do that to "
            "an emulator core, some packages by themselves: docs/new_game.md says what helps."
        )
    sys.exit(process.exitcode)


@exit_in_words()
def _do(options: argparse.Namespace) -> None:
    with suppress(BrokenPipeError):  # of `| head`
        print(options.do(options), flush=True)


def _inspect(options: argparse.Namespace) -> str:
    game_dir = locate_game(options.game, HOME) if options.game else None
    folder = options.out or _RESULTS / (game_dir.resolve().name if game_dir else options.rom.stem)
    if options.search:
        return search_recording(folder, options.search)
    kept = {key: vars(options)[key] for key in ("rom", "start", "keys", "expert", "steps", "seed")}
    return inspect(Play(game_dir, **kept), folder)


def _create(options: argparse.Namespace) -> str:
    return create_game(options.name, options.rom, options.env)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m autodagger", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_inspect(commands)
    _add_new_game(commands)
    _add_modules(commands)
    options = parser.parse_args(arguments)
    if options.do is _inspect and options.game is None and options.rom is None:
        parser.error("inspect needs a GAME (a folder of games/, or a path) or --rom FILE")
    return options


def _add_modules(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Those that have a module each, see `autodagger.commands`."""
    for name, text in _MODULES.items():
        command = commands.add_parser(name, help=text)
        module = importlib.import_module(f"autodagger.commands.{name}")
        module.add_arguments(command)
        command.set_defaults(do=module.run)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of steps such as 300")
    return int(text)


def _add_inspect(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "inspect", help="play a game, look at each step, and search its memory"
    )
    command.set_defaults(do=_inspect)
    command.add_argument("game", nargs="?", metavar="GAME", help="a folder of games/, or a path")
    command.add_argument("--rom", type=Path, metavar="FILE", help="a ROM without an adapter")
    command.add_argument("--start", type=Path, metavar="STATE", help="save state to begin from")
    who = command.add_mutually_exclusive_group()
    who.add_argument("--random", action="store_true", help="chance plays (so it does by default)")
    who.add_argument("--keys", type=Path, metavar="FILE", help="a script: an action a line")
    who.add_argument("--expert", type=Path, metavar="FILE", help="an expert plays")
    command.add_argument("--steps", type=_count, metavar="N", help=f"{DEFAULT_STEPS} if not said")
    command.add_argument("--seed", type=int, default=0, metavar="N", help="of all chance")
    command.add_argument("--out", type=Path, metavar="FOLDER", help=f"{_RESULTS}/GAME if not said")
    command.add_argument(
        "--search",
        nargs="+",
        metavar="STEP=NUMBER",
        help="look through the memory of the last play: 90=20, 90..120=20, 200>@90, 200=@90+20",
    )


def _add_new_game(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("new-game", help="write a game's folder to begin with")
    command.set_defaults(do=_create)
    command.add_argument("name", metavar="NAME", help="a folder of games/, or a path")
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--rom", type=Path, metavar="FILE", help="a cartridge; it is copied")
    what.add_argument("--env", metavar="ID", help="an environment that gymnasium.make knows")


if __name__ == "__main__":
    main()
