"""What an adapter reads where episodes begin, and whether its game is exact: tried before any job.

In a process of its own: an adapter's mistake is thus told in words in the first second, whatever it
does: it may end the process or hang. It costs 0.2 s, the emulator's start included, and about a
second when a game is new or was changed.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from autodagger.errors import UserError, show
from autodagger.files import DamagedFile
from autodagger.game.contract import GameState, Simulator, explain_adapter, load_game
from autodagger.game.exactness import STEPS, check_digests, check_exactness, find_note, write_note
from autodagger.game.starts import load_start_states

TIME_LIMIT_SECONDS = 60.0
"""For loading one start, reading one state, or one step; hundreds of times what it takes."""

_LOADING, _READING = "had a start to load", "had one game state to read"
_TRYING = f"was tried over {STEPS} random steps"
_ANOTHER = "Record another state, or take that file out of the folder."
_PACKAGES = Path(__file__).resolve().parents[2]


class Sample(NamedTuple):
    """What comes of one start.

    Attributes:
        state: The game state there, as experts see it; None where there is none to be had.
        refused: Why the emulator does not take the save state.
    """

    state: GameState | None = None
    refused: str | None = None


def read_sample(game_dir: Path, rom: Path | None, start: Path | None = None) -> GameState | None:
    """The game state at one start; None where the game does not come so far by its own fault.

    Raises:
        UserError: As `read_samples`.
    """
    return read_samples(game_dir, rom, [start])[0].state


def probe_adapter(game_dir: Path) -> None:
    """Loads the adapter elsewhere first: where it is needed it could end the process, or hang.

    Raises:
        UserError: It cannot be loaded, or does not come back.
    """
    read_samples(game_dir, None, [])


def read_samples(game_dir: Path, rom: Path | None, starts: Sequence[Path | None]) -> list[Sample]:
    """The game state at each start (a save state's file; None is power-on).

    At the first one it is tried whether the game is exact, see `autodagger.game.exactness`.

    Where the emulator dies, the samples from there on are empty: the jobs that need them say so.

    Raises:
        UserError: The adapter cannot be loaded, or ends the process; the emulator refuses the ROM;
            `read_state` raises, hangs or gives no JSON; the game is not exact.
    """
    code, answers = _ask(game_dir, rom, starts)
    samples = []
    for answer in answers:
        if "error" in answer:
            raise UserError(answer["error"])
        if "state" in answer or "refused" in answer:
            samples.append(Sample(answer.get("state"), answer.get("refused")))
        if "digest" in answer:  # new, or changed
            _compare_processes(answer, game_dir, rom, starts[:1])
    if not answers or len(samples) < len(starts):
        doing = answers[-1]["doing"] if answers else "was loaded"
        died = code is not None and code < 0  # by a signal: the emulator does, with some ROMs
        hangs_with_state = code is None and doing == _LOADING
        if not answers or not (died or hangs_with_state):
            raise UserError(_describe_end(f"{game_dir}/adapter.py", doing, code))
        if (start := starts[len(samples)]) and doing == _LOADING:
            how = f"crashes (signal {-code})" if code else "hangs"
            samples.append(Sample(refused=f"the emulator {how} with {start}. {_ANOTHER}"))
    return samples + [Sample()] * (len(starts) - len(samples))


def _compare_processes(
    answer: dict[str, Any], game_dir: Path, rom: Path | None, starts: Sequence[Path | None]
) -> None:
    again = [other["digest"] for other in _ask(game_dir, rom, starts)[1] if "digest" in other]
    check_digests(game_dir, answer["digest"], *again[:1] or [answer["digest"]])
    if answer["note"]:
        write_note(Path(answer["note"]))


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


def _ask(
    game_dir: Path, rom: Path | None, starts: Sequence[Path | None]
) -> tuple[int | None, list[dict[str, Any]]]:
    """How the process ended (None: it hung), and the lines that it wrote of what it does and finds.

    It writes to a file of its own: its output is the adapter's, who may print anything.
    """
    paths = [str(_PACKAGES), os.environ.get("PYTHONPATH")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        command = [sys.executable, "-m", __name__, str(file.fileno()), str(game_dir)]
        command.append(str(rom or ""))
        with subprocess.Popen(
            [*command, *(str(start or "") for start in starts)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[file.fileno()],
        ) as process:
            try:
                code = _wait_for(process, file)
            finally:
                process.kill()  # of an interrupted wait; one that has ended does not mind
        file.seek(0)
        return code, [json.loads(line) for line in file if line.endswith("\n")]


def _wait_for(process: subprocess.Popen[bytes], file: IO[str]) -> int | None:
    """How the process ended; None: it wrote nothing for too long."""
    size, since = 0, time.monotonic()
    while True:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(min(1.0, TIME_LIMIT_SECONDS))
        if (grown := os.fstat(file.fileno()).st_size) != size:
            size, since = grown, time.monotonic()
        elif time.monotonic() - since >= TIME_LIMIT_SECONDS:
            return None


def _describe_end(adapter: str, doing: str, code: int | None) -> str:
    """Of a process that did not come to its end by itself."""
    if code is None and doing == _READING:
        return (
            f"{adapter}: reading one game state took longer than {TIME_LIMIT_SECONDS:g} s. It is "
            "read at every step: look for a loop without end."
        )
    if code is None:
        return (
            f"{adapter}: it took longer than {TIME_LIMIT_SECONDS:g} s until it {doing}. Look for a "
            "loop without end."
        )
    end = f"exit status {code}" if code >= 0 else f"signal {-code}"
    return (
        f"{adapter}: its process ended ({end}) when it {doing}. Expected an adapter that returns: "
        "look for exit(), os._exit() and native code in it."
    )


def _read(
    simulator: Simulator,
    adapter: Path,
    load: Callable[[], None],
    tell: Callable[[dict[str, Any]], None],
) -> dict[str, GameState | str | None]:
    try:
        load()
    except DamagedFile as error:
        return {"refused": str(error)}
    except UserError as error:
        return {"refused": str(error).removeprefix("save state: ")}
    tell({"doing": _READING})
    return {"state": _read_state(simulator, adapter)}


def _read_state(simulator: Simulator, adapter: Path) -> GameState:
    with explain_adapter(adapter, "in read_state, where episodes begin"):
        state = simulator.state()
    if not isinstance(state, dict):
        raise UserError(f"{adapter}: read_state gave {type(state).__name__}; expected a dict.")
    try:
        problem = next(find_no_json(state), None)
    except RecursionError:
        problem = f"{show(state)} is nested too deep, or holds itself"
    if problem:
        raise UserError(
            f"{adapter}: read_state gives what is no JSON: {problem}. Expected dicts with text as "
            "keys, lists, tuples, text, int, float, bool and None; convert it, e.g. with int(…) "
            "or .decode()."
        )
    return state


def _main(answers: IO[str], game_dir: Path, rom: Path | None, starts: Sequence[str]) -> None:
    def tell(answer: dict[str, Any]) -> None:
        answers.write(f"{json.dumps(answer)}\n")
        answers.flush()

    adapter = game_dir / "adapter.py"
    try:
        game = load_game(game_dir)
        tell({"doing": _LOADING})
        if not starts:
            return
        with explain_adapter(adapter, "while the game was opened"):
            simulator = game.open(rom)
        is_tried = (note := find_note(game, game_dir, rom)) is not None and note.is_file()
        for start in starts:
            tell({"doing": _LOADING})

            def load(start: str = start) -> None:
                data = load_start_states(Path(start))[0].data if start else None
                if data is None:
                    simulator.power_on(np.random.default_rng(0))
                else:
                    simulator.load(data)

            tell(answer := _read(simulator, adapter, load, tell))
            if "state" in answer and not is_tried:
                tell({"doing": _TRYING})

                def read() -> GameState:
                    tell({"doing": _TRYING})  # at each step: a slow game is no hanging one
                    return _read_state(simulator, adapter)

                with explain_adapter(adapter, f"while {STEPS} random steps were tried"):
                    digest = check_exactness(game, simulator, load, read)
                tell({"digest": digest, "note": str(note or "")})
                is_tried = True
    except UserError as error:
        tell({"error": str(error)})


if __name__ == "__main__":
    with os.fdopen(int(sys.argv[1]), "w", encoding="utf-8") as answers:
        _main(answers, Path(sys.argv[2]), Path(sys.argv[3]) if sys.argv[3] else None, sys.argv[4:])
