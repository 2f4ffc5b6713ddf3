"""The mGBA core of stable-retro behind a small class: frames, buttons, RAM, save states.

A process can hold one, see `autodagger.game.libretro`.
"""

import struct
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autodagger.errors import UserError
from autodagger.files import check_readable
from autodagger.game import save_state
from autodagger.game.clock import POWER_ON, Clock, find_start, replace_time
from autodagger.game.libretro import Serializer, find_core, insert
from autodagger.game.memory import Snapshot, take_snapshot
from autodagger.game.save_state import (
    SaveState,
    StateError,
    check_console,
    read_save_state,
    settle_timers,
    write_save_state,
)

SCREEN_SHAPE = (160, 240, 3)
FRAMES_PER_SECOND = 59.7275
"""GBA refresh rate: 16.78 MHz / 280,896 cycles a frame (GBATEK, "LCD dimensions and timings")."""

BUTTONS = ("b", "", "select", "start", "up", "down", "left", "right", "a", "", "l", "r")
"""Order of the libretro joypad mask, as stable-retro's `cores/mgba.json` lists it."""

EWRAM, EWRAM_SIZE = 0x02000000, 256 * 1024  # GBATEK, "GBA Memory Map": on-board work RAM
IWRAM, IWRAM_SIZE = 0x03000000, 32 * 1024  # GBATEK, "GBA Memory Map": on-chip work RAM
SAVE_MEMORY = 0x0E000000  # stable-retro puts a cartridge's memory there, also where it is an EEPROM

_COPY_FROM = 512
"""Bytes from which on a copy of all memories is faster (11 to 30 µs) than words (0.25 µs each)."""


class Ram:
    """The console's two work RAMs as they are now, read by bus address (little-endian).

    Reads little word by word and much by a copy of all memories, half a frame's cost.
    """

    def __init__(self, memory: Any) -> None:
        self._memory = memory
        self._extract = memory.extract

    @property
    def blocks(self) -> Mapping[int, bytes]:
        """All memories, also those of pictures and input/output, by the address of the first byte.

        A copy of the moment; costs half a frame.
        """
        blocks: Mapping[int, bytes] = self._memory.blocks
        return blocks

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
        base = _check_range(address, size)
        if size >= _COPY_FROM:
            start = address - base
            block: bytes = self._memory.blocks[base]
            return block[start : start + size]
        extract, tail = self._extract, address + size - size % 8
        # stable-retro answers in signed numbers, whatever it is asked for.
        words = [extract(place, "<i8") for place in range(address, tail, 8)]
        rest = [extract(place, "|u1") for place in range(tail, address + size)]
        return struct.pack(f"<{len(words)}q{len(rest)}B", *words, *rest)


def _check_range(address: int, size: int) -> int:
    """The start of the memory that the bytes lie in."""
    for base, length in ((EWRAM, EWRAM_SIZE), (IWRAM, IWRAM_SIZE)):
        if base <= address and address + size <= base + length:
            return base
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
        check_readable(
            rom_path,
            "ROM",
            "Put the game's .gba file there, or name its place with the option rom_path.",
        )
        library = find_core("GbAdvance")
        self._core, self._data = insert(rom_path, "Game Boy Advance image (.gba)")
        self._memory = self._data.memory
        self._mask = np.zeros(len(BUTTONS), np.uint8)
        self._serializer = Serializer(library)
        self._frames = 0
        self._clock: Clock | None = None
        self._blank_save_memory = self._read_save_memory()
        console = self._read_console()
        if console[save_state.DEVICES] & save_state.HAS_CLOCK:
            self._clock = self._open_clock(rom_path, library)
        self._blank = SaveState(console, None, POWER_ON if self._clock else None)
        self.power_on()

    @property
    def state_version(self) -> bytes:
        """The first four bytes of every save state of this core: mGBA's format version."""
        return self._blank.console[save_state.VERSION]

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
            self._frames += 1
            if on_frame is not None:
                on_frame()

    def screen(self) -> np.ndarray:
        """The picture after the last frame, (160, 240, 3) uint8 RGB, a copy."""
        return self._core.get_screen()

    def ram(self) -> Ram:
        """EWRAM and IWRAM; what it reads follows the emulation."""
        return Ram(self._data.memory)

    def memory(self) -> Snapshot:
        """Both work RAMs as they are now."""
        blocks = self._memory.blocks
        return take_snapshot({base: blocks[base] for base in (EWRAM, IWRAM)}, False, 4)

    def save_state(self) -> bytes:
        """The whole console as bytes; `load_state` of it continues exactly from here.

        Equal consoles give equal bytes. The cartridge's save memory is among them once the game
        has written to it, and its clock if it has one.
        """
        save_memory = self._read_save_memory()
        state = SaveState(
            self._read_console(),
            None if save_memory == self._blank_save_memory else save_memory,
            self._clock.start if self._clock else None,
        )
        return write_save_state(state)

    def load_state(self, data: bytes) -> None:
        """Continues from a save state, in any form that `save_state.read_save_state` knows.

        Save memory and clock are part of it: a state without them has an empty memory, and a clock
        that goes on from what the game read last.

        Raises:
            UserError: It is no state, or not one of this game and this core's format version. mGBA
                loads newer versions without complaint, and wrongly, so they are compared first.
        """
        state = read_save_state(data)
        if not state.whole:
            raise StateError(
                "save state: what follows the console (save memory, clock) was cut off. Copy or "
                "record the state again."
            )
        check_console(state.console, self._blank.console)
        self._put(state)

    def power_on(self) -> None:
        """Back to the moment the console was switched on, before its first frame.

        Its save memory is as empty as then.
        """
        self._put(self._blank)

    def _put(self, state: SaveState) -> None:
        """Makes the console what `state` says, whatever it was before."""
        # The bundled core (mGBA 0.7) forgets its list of sprites while it loads a state, and makes
        # a new one only when a sprite's entry changes: so one is made to differ first.
        before = self._memory.extract(save_state.OAM_BASE, "<u2")
        entry = int.from_bytes(state.console[save_state.OAM : save_state.OAM + 2], "little")
        self._memory.assign(save_state.OAM_BASE, "<u2", entry ^ 0xFFFF)
        data = settle_timers(state.console)
        start = find_start(state)
        if self._clock:
            data = self._clock.add_to(data, start)
        taken = self._core.set_state(data)
        blocks = self._memory.blocks
        if not taken or not _is_in(blocks, state.console):
            self._memory.assign(save_state.OAM_BASE, "<u2", before)
            raise StateError(_REFUSED)
        if self._clock:
            self._clock.start = start
        self._frames = int.from_bytes(state.console[save_state.FRAME_COUNTER], "little")
        self._write_save_memory(blocks, state.save_memory or b"")

    def _read_console(self) -> bytes:
        state = self._serializer.read()[: save_state.CONSOLE_SIZE]
        # mGBA 0.10 mixes sound by what was loaded before; nothing in the console hears it.
        state[save_state.SOUND] = 0
        return settle_timers(state.tobytes())

    def _read_save_memory(self) -> bytes:
        memory: bytes = self._memory.blocks.get(SAVE_MEMORY, b"")
        return memory

    def _write_save_memory(self, blocks: dict[int, bytes], content: bytes) -> None:
        """Lets the save memory hold `content`, and beyond it what it holds at power-on."""
        now = blocks.get(SAVE_MEMORY, b"")
        content = (content + self._blank_save_memory[len(content) :])[: len(now)]
        if content == now:
            return
        old, new = np.frombuffer(now, "<i8"), np.frombuffer(content, "<i8")
        for word in np.flatnonzero(old != new).tolist():
            self._memory.assign(SAVE_MEMORY + 8 * word, "<i8", int(new[word]))

    def _open_clock(self, rom_path: Path, library: str) -> Clock:
        if save_state.holds_clock(self._serializer.read().tobytes()):
            return Clock()
        opened = Clock(takes_items=False)
        try:
            opened.held = replace_time(library, lambda: opened.tell(self._frames))
        except OSError as error:
            raise UserError(
                f"ROM {rom_path}: its cartridge has a clock, which this emulator core takes from "
                f"the host ({error}), so that no run could be repeated. Use the newer core: "
                "docs/new_game.md says how, under 'The newer core'."
            ) from error
        return opened

    def close(self) -> None:
        """Frees the emulator, so that this process may load another ROM."""
        del self._core, self._data, self._memory


def _is_in(blocks: dict[int, bytes], console: bytes) -> bool:
    """Whether the console is the state's: some cores answer True whatever they did."""
    return console.startswith(blocks[EWRAM], save_state.EWRAM) and console.startswith(
        blocks[IWRAM], save_state.IWRAM
    )


_REFUSED = (
    "save state: the emulator refused it, and the console stays as it was. Expected a state of "
    "this game, recorded by mGBA. Copy or record the state again."
)
