"""What all cores of stable-retro have in common: they take a ROM, and write their state.

libretro cores keep their state in globals, so a process can hold one emulator; run several games
in several processes (see `autodagger.rollout`).
"""

import ctypes
import os
from pathlib import Path
from typing import Any

import numpy as np

from autodagger.errors import UserError
from autodagger.files import read_text

_VARIABLE = "RETRO_CORE_PATH"
_ADVICE = (
    f"docs/new_game.md says how, under 'The newer core'; without {_VARIABLE} the cores that "
    "stable-retro brings are used."
)


def insert(rom_path: Path, expected: str) -> tuple[Any, Any]:
    """Starts the core that a ROM's suffix names.

    Args:
        rom_path: The cartridge image.
        expected: What it should be, in words.

    Returns:
        stable-retro's `RetroEmulator`, and the `GameData` that reads its memory.

    Raises:
        UserError: The core refuses the ROM, or this process has an emulator already.
    """
    import stable_retro
    from stable_retro.data import GameData

    try:
        core = stable_retro.RetroEmulator(os.fspath(rom_path))
    except RuntimeError as error:
        _check_core(rom_path)
        raise UserError(
            f"ROM {rom_path}: the emulator refused it ({error}). Expected a {expected}, loaded "
            "once a process; check the file, and RETRO_CORE_PATH if set."
        ) from error
    data = GameData()
    core.configure_data(data)
    return core, data


def find_core(console: str) -> str:
    """The path of the core that plays a console.

    Args:
        console: As stable-retro calls it.

    Raises:
        UserError: None is known where cores are looked for.
    """
    import stable_retro

    try:
        path: str = stable_retro.get_core_path(console)
    except KeyError as error:
        raise UserError(
            f"emulator core: found none for {console} in {name_core_folder()}. Expected its "
            f"library and the .json that describes it there. {_ADVICE}"
        ) from error
    return path


def name_core_folder() -> str:
    """Where cores are looked for, in words."""
    import stable_retro

    folder: str = stable_retro.core_path()
    return f"{folder}, which {_VARIABLE} names" if os.environ.get(_VARIABLE) else folder


def _check_core(rom_path: Path) -> None:
    """Tells a core that does not load from a ROM that does not."""
    import stable_retro

    console = stable_retro.data.EMU_EXTENSIONS.get(rom_path.suffix)
    if console is None:
        return
    library = find_core(console)
    try:
        ctypes.CDLL(library)
    except OSError as error:
        raise UserError(
            f"emulator core {library}: it cannot be loaded ({error}). Put the libraries that it "
            f"needs beside it, and name their folder in LD_LIBRARY_PATH, too. {_ADVICE}"
        ) from error


class Serializer:
    """Save states of the loaded core, in memory of our own.

    Args:
        library: The core's path.

    The format has reserved fields, which the core leaves as it finds them, and stable-retro hands
    it memory fresh from the heap: what other data lay there would end up in the state.
    """

    def __init__(self, library: str) -> None:
        core = ctypes.CDLL(library)  # the one that stable-retro has loaded already
        core.retro_serialize_size.restype = ctypes.c_size_t
        core.retro_serialize.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
        core.retro_serialize.restype = ctypes.c_bool
        self._core = core

    def read(self) -> np.ndarray:
        """The console as the core writes it, zero where it writes nothing: (size,) uint8."""
        state = np.zeros(self._core.retro_serialize_size(), np.uint8)
        if not self._core.retro_serialize(state.ctypes.data, state.size):
            raise RuntimeError("the emulator core made no save state")
        return state


def forget_addresses(state: np.ndarray) -> None:
    """Zeroes addresses of this process's memory that a core has written into a state.

    Some cores write whole structs, pointers among them, and set these anew when they load one
    (Genesis Plus GX does so for its sound chip). In no other process do they mean anything, and
    with them equal consoles would not give equal bytes. 64-bit Linux; elsewhere nothing happens.

    Args:
        state: (size,) uint8, altered in place.
    """
    maps = Path("/proc/self/maps")
    if not maps.is_file():
        return
    spans = [
        line.split(maxsplit=1)[0].split("-") for line in read_text(maps, "memory map").splitlines()
    ]
    starts, ends = np.array([[int(end, 16) for end in span] for span in spans], np.uint64).T
    # An address is 8 bytes, lowest first, of which the last two are 0 and the one before is not.
    places = np.flatnonzero((state[5:-2] != 0) & (state[6:-1] == 0) & (state[7:] == 0))
    words = state[places[:, None] + np.arange(8)].view("<u8")[:, 0]
    span = np.searchsorted(starts, words, side="right").astype(int) - 1  # maps are sorted
    is_address = (span >= 0) & (words < ends[span])
    for place in places[is_address]:
        state[place : place + 8] = 0
