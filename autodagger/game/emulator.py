"""The mGBA core of stable-retro behind a small class: frames, buttons, RAM, save states.

libretro cores keep their state in globals, so a process can hold one emulator; run several games
in several processes (see `autodagger.rollout`).
"""

import gzip
import os
import struct
import zlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np

from autodagger.errors import UserError

SCREEN_SHAPE = (160, 240, 3)
FRAMES_PER_SECOND = 59.7275
"""GBA refresh rate: 16.78 MHz / 280,896 cycles a frame (GBATEK, "LCD dimensions and timings")."""

BUTTONS = ("b", "", "select", "start", "up", "down", "left", "right", "a", "", "l", "r")
"""Order of the libretro joypad mask, as stable-retro's `cores/mgba.json` lists it."""

EWRAM, EWRAM_SIZE = 0x02000000, 256 * 1024  # GBATEK, "GBA Memory Map": on-board work RAM
IWRAM, IWRAM_SIZE = 0x03000000, 32 * 1024  # GBATEK, "GBA Memory Map": on-chip work RAM

_GZIP_MAGIC = b"\x1f\x8b"
_PROBES = 20
"""Attempts at getting the same memory twice; the second one usually does."""


class Ram:
    """The console's two work RAMs as they are now, read by bus address (little-endian).

    Reads word by word: a copy of both memories would cost as much as emulating two frames.
    """

    def __init__(self, memory: Any) -> None:
        self._extract = memory.extract

    def u8(self, address: int) -> int:
        """The unsigned byte at `address`; raises ValueError outside the work RAMs."""
        _check_range(address, 1)
        return int(self._extract(address, "|u1"))

    def u16(self, address: int) -> int:
        """The unsigned 16-bit word at `address`; raises ValueError outside the work RAMs."""
        _check_range(address, 2)
        return int(self._extract(address, "<u2"))

    def u32(self, address: int) -> int:
        """The unsigned 32-bit word at `address`; raises ValueError outside the work RAMs."""
        _check_range(address, 4)
        return int(self._extract(address, "<u4"))

    def bytes(self, address: int, size: int) -> bytes:
        """`size` bytes from `address` on; raises ValueError outside the work RAMs."""
        _check_range(address, size)
        extract, tail = self._extract, address + size - size % 8
        words = [extract(place, "<u8") for place in range(address, tail, 8)]
        rest = [extract(place, "|u1") for place in range(tail, address + size)]
        return struct.pack(f"<{len(words)}Q{len(rest)}B", *words, *rest)


def _check_range(address: int, size: int) -> None:
    for base, length in ((EWRAM, EWRAM_SIZE), (IWRAM, IWRAM_SIZE)):
        if base <= address and address + size <= base + length:
            return
    raise ValueError(
        f"RAM read of {size} bytes at {address:#010x}: expected an address within "
        f"{EWRAM:#010x}+{EWRAM_SIZE:#x} (EWRAM) or {IWRAM:#010x}+{IWRAM_SIZE:#x} (IWRAM)"
    )


class Emulator:
    """A Game Boy Advance with one cartridge.

    Args:
        rom_path: The cartridge image (`.gba`).

    Raises:
        UserError: The ROM or the core cannot be loaded, or this process has an emulator already.
    """

    def __init__(self, rom_path: Path) -> None:
        if not Path(rom_path).is_file():
            raise UserError(
                f"ROM {rom_path}: no such file. Put the game's .gba file there, "
                "or name its place with the option rom_path."
            )
        import stable_retro
        from stable_retro.data import GameData

        try:
            self._core = stable_retro.RetroEmulator(os.fspath(rom_path))
        except RuntimeError as error:
            raise UserError(
                f"ROM {rom_path}: the emulator refused it ({error}). Expected a Game Boy Advance "
                "image (.gba), loaded once a process; check the file, and RETRO_CORE_PATH if set."
            ) from error
        self._data = GameData()
        self._core.configure_data(self._data)
        self._mask = np.zeros(len(BUTTONS), np.uint8)
        self._unwritten = self._find_unwritten()
        self._blank = self.save_state()

    @property
    def state_version(self) -> bytes:
        """The first four bytes of every save state of this core: mGBA's format version."""
        return self._blank[:4]

    def run(
        self,
        frames: int,
        buttons: Collection[str] = (),
        on_frame: Callable[[], None] | None = None,
    ) -> None:
        """Runs `frames` frames with `buttons` held; calls `on_frame` after each."""
        self._mask[:] = 0
        for button in buttons:
            self._mask[BUTTONS.index(button)] = 1
        self._core.set_button_mask(self._mask, 0)
        for _ in range(frames):
            self._core.step()
            if on_frame is not None:
                on_frame()

    def screen(self) -> np.ndarray:
        """The picture after the last frame, (160, 240, 3) uint8 RGB, a copy."""
        return self._core.get_screen()

    def ram(self) -> Ram:
        """EWRAM and IWRAM; what it reads follows the emulation."""
        return Ram(self._data.memory)

    def save_state(self) -> bytes:
        """The whole console as bytes; `load_state` of it continues exactly from here.

        Equal consoles give equal bytes.
        """
        state = np.frombuffer(self._core.get_state(), np.uint8).copy()
        state[self._unwritten] = 0
        return state.tobytes()

    def load_state(self, data: bytes) -> None:
        """Continues from a save state, raw or gzip-compressed.

        Raises:
            UserError: The state has another format version or size than this core's. mGBA loads
                newer versions without complaint, and wrongly, so the version is compared first.
        """
        raw = _decompress(data) if data[:2] == _GZIP_MAGIC else data
        if raw[:4] != self.state_version or len(raw) != len(self._blank):
            raise UserError(_state_mismatch(raw, self._blank))
        self._core.set_state(raw)

    def power_on(self) -> None:
        """Back to the moment the console was switched on, before its first frame."""
        self._core.set_state(self._blank)

    def _find_unwritten(self) -> np.ndarray:
        """Which bytes of a save state the core leaves as it finds them, as (size,) bool.

        Its format has reserved fields, and stable-retro hands it memory fresh from the heap: what
        other data lay there would end up in the state. So the memory is filled with a known value
        first, which works whenever the next allocation of the same size is the same memory.
        """
        size = len(self._core.get_state())
        unwritten = np.ones(size, bool)
        for value in (0x55, 0xAA):
            for _ in range(_PROBES):
                filled = bytes([value]) * size
                place = id(filled)
                del filled
                state = self._core.get_state()
                if id(state) == place:
                    unwritten &= np.frombuffer(state, np.uint8) == value
                    break
            else:
                return np.zeros(size, bool)  # another kind of heap: states stay as they come
        return unwritten

    def close(self) -> None:
        """Frees the emulator, so that this process may load another ROM."""
        del self._core, self._data


def _decompress(data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(
            f"save state: damaged gzip data ({error}). Copy or record the state again."
        ) from error


def _state_mismatch(found: bytes, expected: bytes) -> str:
    def describe(state: bytes) -> str:
        version = struct.unpack("<I", state[:4])[0] if len(state) >= 4 else 0
        return f"version {version:#010x}, {len(state):,} bytes"

    return (
        f"save state: found {describe(found)}; this emulator core reads {describe(expected)}. "
        "Record the state again with this core, or point RETRO_CORE_PATH at a folder with an mGBA "
        "core of the state's own version (version 0x01000007 is mGBA 0.10, which Debian packages "
        "as libretro-mgba)."
    )
