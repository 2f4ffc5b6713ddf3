"""What an adapter reads where episodes begin: tried once, in a process of its own, before any job.

An adapter's mistake is thus told in words in the first second. It costs 0.2 s, the emulator's start
included.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autodagger.errors import UserError
from autodagger.game.contract import GameState, explain_adapter, load_game

TIME_LIMIT_SECONDS = 60.0
"""For switching the console on and reading one state; hundreds of times what it takes."""

_PACKAGES = Path(__file__).resolve().parents[2]


def read_sample(game_dir: Path, rom: Path, start: Path | None = None) -> GameState | None:
    """The game state at `start` (a save state's file; None is power-on), as experts see it.

    Returns:
        None where the game does not come so far by its own fault: the emulator died, or refuses
        the save state. The jobs that need it say so.

    Raises:
        UserError: The emulator refuses the ROM; `read_state` raises, hangs or gives no JSON.
    """
    command = [sys.executable, "-m", __name__, str(game_dir), str(rom), str(start or "")]
    paths = [str(_PACKAGES), os.environ.get("PYTHONPATH")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=TIME_LIMIT_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise UserError(
            f"{game_dir}/adapter.py: reading one game state took longer than "
            f"{TIME_LIMIT_SECONDS:g} s. It is read at every step: look for a loop without end."
        ) from None
    answer = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {}
    if "error" in answer:
        raise UserError(answer["error"])
    state: GameState | None = answer.get("state")
    return state


def find_no_json(value: Any, path: str = "") -> Iterator[str]:
    """Says of each part of a state that is no JSON what it is, e.g. "game.name is b'' (bytes)"."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                yield f"{path or 'the state'} has the key {key!r} ({type(key).__name__}), no text"
            else:
                yield from find_no_json(item, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from find_no_json(item, f"{path}[{index}]")
    elif not (value is None or isinstance(value, bool | int | float | str)):
        yield f"{path} is {str(value)[:40]!r} ({type(value).__name__})"


def _read(game_dir: Path, rom: Path, start: Path | None) -> GameState | None:
    adapter = game_dir / "adapter.py"
    simulator = load_game(game_dir).open(rom)
    try:
        simulator.load(start.read_bytes()) if start else simulator.power_on()
    except UserError:
        return None
    with explain_adapter(adapter, "in read_state, where episodes begin"):
        state = simulator.state()
    if not isinstance(state, dict):
        raise UserError(f"{adapter}: read_state gave {type(state).__name__}; expected a dict.")
    if problem := next(find_no_json(state), None):
        raise UserError(
            f"{adapter}: read_state gives what is no JSON: {problem}. Expected dicts with text as "
            "keys, lists, tuples, text, int, float, bool and None; convert it, e.g. with int(…) "
            "or .decode()."
        )
    return state


def _main(game_dir: str, rom: str, start: str) -> None:
    answer: dict[str, Any]
    try:
        answer = {"state": _read(Path(game_dir), Path(rom), Path(start) if start else None)}
    except UserError as error:
        answer = {"error": str(error)}
    print(f"\n{json.dumps(answer)}")  # a line of its own, whatever the adapter prints


if __name__ == "__main__":
    _main(*sys.argv[1:])
