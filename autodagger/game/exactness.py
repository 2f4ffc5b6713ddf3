"""Whether a game is exact: tried over random steps before the first job, once a game and version.

Everything else relies on it: a start state is a save state, a video is an episode played again, and
equal runs give equal results.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from autodagger.errors import UserError
from autodagger.files import digest_json, sha256_file, write_bytes
from autodagger.game.contract import Game, GameState, Simulator
from autodagger.sources import list_game_sources

STEPS = 50
"""Random steps that are compared."""

_BEFORE = 10  # steps from the start to the save state
_PACKAGES = ("stable-retro", "gymnasium", "numpy")


@dataclass(frozen=True)
class _Moment:
    frames: int
    picture: np.ndarray  # (H, W, 3) uint8
    state: GameState


def check_exactness(
    game: Game, simulator: Simulator, begin: Callable[[], None], read: Callable[[], GameState]
) -> str:
    """Plays the same random steps after different pasts, and compares all that can be seen.

    Args:
        game: The game.
        simulator: The one that plays it.
        begin: Puts it where episodes begin, always the same.
        read: Reads its state, and refuses what is none.

    Returns:
        A digest of all that was seen, to compare with another process's.

    Raises:
        UserError: Something differed, or a picture has another size than the game says.
    """

    def play(steps: int, seed: int) -> list[_Moment]:
        rng = np.random.default_rng(seed)
        actions = [*rng.permutation(game.actions), *rng.choice(game.actions, steps)][:steps]
        return list(_play(game, simulator, map(str, actions), rng, read))

    begin()
    first = play(_BEFORE, 1)
    begin()
    _compare(game, first, play(_BEFORE, 1), "from where episodes begin")
    saved = simulator.save()
    going_on = play(STEPS, 3)
    traces, ends = [], []
    for past in (STEPS, 0):  # steps that were played before the state is loaded
        begin()
        play(past, 2)
        simulator.load(saved)
        is_there = simulator.save() == saved  # consoles are a frame further, to have a picture
        traces.append(play(STEPS, 3))
        ends.append(simulator.save())
    if is_there:
        _compare(game, going_on, traces[0], "after a save state was loaded")
    _compare(game, traces[0], traces[1], "after the same save state")
    if ends[0] != ends[1]:
        raise _refuse(
            game.name, "equal steps after the same save state end in different save states"
        )
    seen = [(one.frames, one.picture.tobytes(), one.state) for one in (*first, *traces[0])]
    return hashlib.sha256(repr((seen, saved, ends[0])).encode()).hexdigest()


def check_digests(game_dir: Path, one: str, other: str) -> None:
    """Compares what `check_exactness` gave in two processes.

    A core may write addresses of its own memory into a state, which no single process shows.

    Raises:
        UserError: They differ.
    """
    if one != other:
        raise _refuse(str(game_dir), "in another process equal steps gave other save states")


def _play(
    game: Game,
    simulator: Simulator,
    actions: Iterator[str],
    rng: np.random.Generator,
    read: Callable[[], GameState],
) -> Iterator[_Moment]:
    for action in actions:
        if simulator.has_ended:
            return
        frames = simulator.act(action, rng)
        picture = simulator.screen()
        if picture.shape != tuple(simulator.screen_shape) or picture.dtype != np.uint8:
            raise UserError(
                f"{game.name}: after {action!r} the screen is {picture.shape} {picture.dtype}; "
                f"expected {tuple(simulator.screen_shape)} uint8, as at the beginning. A game "
                "whose screen changes its size cannot be played: let it draw one size."
            )
        yield _Moment(frames, picture, read())


def _compare(game: Game, before: list[_Moment], now: list[_Moment], where: str) -> None:
    for step, (one, other) in enumerate(zip(before, now, strict=False), 1):
        pixels = int((one.picture != other.picture).any(axis=2).sum())
        difference = next(_find_difference(one.state, other.state), None)
        if difference is None and pixels:
            difference = f"{pixels} pixels of the picture differ"
        if difference is None and one.frames != other.frames:
            difference = f"it took {other.frames} frames, before {one.frames}"
        if difference:
            raise _refuse(
                game.name,
                f"{where}, equal steps differ at step {step}: {difference}",
            )
    if len(before) != len(now):
        raise _refuse(game.name, f"{where} it ended after {len(now)} steps, before {len(before)}")


def _refuse(name: str, seen: str) -> UserError:
    return UserError(
        f"{name} cannot be repeated: {seen}. Expected that equal seeds, save states and "
        "actions give equal games. An environment must draw all its chance from its seed; an "
        "emulator core must restore all that it saves, which not every core does: look whether the "
        "adapter keeps something of its own, or play the game on another core."
    )


def _find_difference(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Says of each part of a state that differs what it is and was."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one:
            yield from _find_difference(one[key], other[key], f"{path}.{key}".lstrip("."))
    elif one != other and (one == one or other == other):  # NaN is like itself here
        yield f"{path or 'the state'} is {str(other)[:40]}, before {str(one)[:40]}"


def find_note(game: Game, folder: Path, rom: Path | None) -> Path | None:
    """The file that says of a game as it is now that it is exact; None where none can be kept.

    In the user's cache folder (XDG Base Directory Specification), whatever folder runs are in.
    """
    versions = [_get_version(name) for name in (*_PACKAGES, getattr(game, "package", None))]
    own = {*folder.glob("*.py"), *list_game_sources(folder / "adapter.py")}
    files = sorted({*Path(__file__).parent.glob("*.py"), *own})
    digest = digest_json(
        [
            game.identify(rom),
            versions,
            [sha256_file(path) for path in files],
            os.environ.get("RETRO_CORE_PATH"),
        ]
    )
    with suppress(RuntimeError):  # nobody's home
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
        return cache / "autodagger" / "exact" / digest
    return None


def write_note(note: Path) -> None:
    """Keeps a game from being tried again."""
    with suppress(OSError):  # then it is tried again
        write_bytes(note, b"")


def _get_version(package: str | None) -> str | None:
    try:
        return version(package) if package else None
    except PackageNotFoundError:
        return None
