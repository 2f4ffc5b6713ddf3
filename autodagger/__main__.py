"""Turn scripted game experts into players that see only the screen: train, watch, export them."""

import argparse
import importlib
import multiprocessing
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import ModuleType

from autodagger.errors import UserError, exit_in_words

COMMANDS = {
    "status": "where the run is, milestone by milestone",
    "play": "let a trained model play its game, and watch it",
    "export": "write a trained model as ONNX, or for torch.export",
    "report": "all results of a run as a page for a browser",
    "explain": "why a student falls short of its expert",
    "inspect": "play a game, look at each step, and search its memory",
    "new-game": "write a game's folder to begin with",
    "doctor": "what confines the experts on this machine, tried out",
}
"""By name, in one line each; `new-game` is the module `autodagger.commands.new_game`."""

_EPILOG = """\
Training is Snakemake's: `make demo`, or `snakemake --cores all`. Then, for instance:

  autodagger status
  autodagger play dagger_pipeline_results/agent/agent.pth --watch
  autodagger export dagger_pipeline_results/agent/agent.pth --output agent.onnx

`autodagger COMMAND --help` tells more of each.
"""

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Does what the command line says, in a process of its own: a game can crash it."""
    options = parse(sys.argv[1:] if arguments is None else arguments)
    process = multiprocessing.get_context("fork").Process(target=_do, args=(options,))
    process.start()
    while process.exitcode is None:
        with suppress(KeyboardInterrupt):  # it is told, too, and ends in its own way
            process.join()
    if process.exitcode < 0:
        number = -process.exitcode
        sys.exit(
            f"the game crashed (signal {number}, {signal.strsignal(number)}). Some ROMs do that to "
            "an emulator core, some packages by themselves: docs/new_game.md says what helps."
        )
    sys.exit(process.exitcode)


@exit_in_words()
def _do(options: argparse.Namespace) -> None:
    try:
        with suppress(BrokenPipeError):  # of `| head`
            if text := options.run(options):
                print(text, flush=True)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


@exit_in_words()
def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """What a command line says; `run` is what does it."""
    parser = argparse.ArgumentParser(
        prog="autodagger",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    chosen = next((word for word in arguments if not word.startswith("-")), None)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(
            name, help=summary, description=f"{summary[0].upper()}{summary[1:]}."
        )
        if name == chosen:  # the others would only take time to load
            module = _import(name)
            module.add_arguments(command)
            command.set_defaults(run=module.run, check=getattr(module, "check", None), of=command)
    options = parser.parse_args(arguments)
    if options.check:
        options.check(options.of, options)
    return options


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(f"autodagger.commands.{name.replace('-', '_')}")
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package == "autodagger":
            raise
        raise UserError(
            f"autodagger {name} needs the package {package}, which is not installed: what acts "
            "needs less. Install the rest: pip install 'autodagger[run]', or -r "
            "envs/requirements.txt of the repository."
        ) from error


if __name__ == "__main__":
    main()
