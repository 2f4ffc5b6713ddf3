"""A cartridge's clock, counted in emulated time instead of the host's.

Some cartridges have a clock, which mGBA lets tell the host's time: equal runs would see different
hours. Here it is a time at frame 0 plus the frames that were emulated since. A wall clock knows no
time zone, so all times are handled as those of a clock that shows UTC, and turned into the host's
zone only where the core turns them back.
"""

import calendar
import ctypes
import mmap
import os
import time
from collections.abc import Callable, Iterator

from autodagger.game.save_state import (
    CLOCK_READING,
    FRAME_COUNTER,
    SaveState,
    write_save_state,
)

POWER_ON = calendar.timegm((2025, 1, 1, 12, 0, 0)) * 1000
"""Milliseconds of the time at frame 0 after power-on: a noon that no zone's summer time is near."""

CYCLES_PER_FRAME, CYCLES_PER_SECOND = 280_896, 16_777_216  # GBATEK, "LCD dimensions and timings"

_RTLD_DI_LINKMAP = 2  # glibc's dlfcn.h
_DT_PLTRELSZ, _DT_STRTAB, _DT_SYMTAB, _DT_JMPREL = 2, 5, 6, 23  # elf.h
_TIME = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_void_p)  # time_t time(time_t *)


class Clock:
    """The clock of one cartridge.

    Attributes:
        start: Milliseconds of its time at frame 0.
        held: What must live as long as the emulator.
    """

    def __init__(self, takes_items: bool = True) -> None:
        self.start = POWER_ON
        self.held: object = None
        self._takes_items = takes_items

    def tell(self, frames: int) -> int:
        """Its time in seconds, for the host's calendar."""
        return to_host_time(self.start + count_milliseconds(frames)) // 1000

    def add_to(self, console: bytes, start: int) -> bytes:
        """The state to load for a clock with this `start`: with its item, if the core reads one."""
        if not self._takes_items:
            return console
        return write_save_state(SaveState(console, None, to_host_time(start)))


def find_start(state: SaveState) -> int:
    """The `start` of a state's clock; one without it goes on from what its game read last."""
    if state.clock is not None:
        return state.clock
    frames = int.from_bytes(state.console[FRAME_COUNTER], "little")
    reading = _read_digits(state.console[CLOCK_READING])
    return POWER_ON if reading is None else max(0, reading - count_milliseconds(frames))


def count_milliseconds(frames: int) -> int:
    """The duration of so many frames."""
    return frames * CYCLES_PER_FRAME * 1000 // CYCLES_PER_SECOND


def to_host_time(milliseconds: int) -> int:
    """The moment at which a clock of this host's zone shows that time, also in milliseconds."""
    shown = time.gmtime(milliseconds // 1000)
    return int(time.mktime((*shown[:8], -1))) * 1000 + milliseconds % 1000


def _read_digits(digits: bytes) -> int | None:
    """Milliseconds of a reading: year, month, day, weekday, hour, minute, second, each as BCD."""
    year, month, day, _, hour, minute, second = (10 * (d >> 4) + (d & 15) for d in digits)
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60):
        return None  # never read: zeros
    return calendar.timegm((2000 + year, month, day, hour, minute, second)) * 1000


def replace_time(library: str, now: Callable[[], int]) -> object:
    """Lets a loaded library's calls of libc's `time` ask `now` instead.

    The bundled core has no other way: its states do not hold the clock, and it exports nothing that
    leads there. What is changed is the entry of its own table of imported functions (ELF's
    procedure linkage table), so that nobody else in this process sees another time.

    Args:
        library: The path it was loaded from.
        now: Seconds since 1970.

    Returns:
        What must be kept for as long as the library runs.

    Raises:
        OSError: The library is not laid out that way: not 64-bit Linux, or linked otherwise.
    """
    call = _TIME(lambda place: now())
    for entry in _list_entries(library, b"time"):
        _make_writable(entry)
        ctypes.c_void_p.from_address(entry).value = ctypes.cast(call, ctypes.c_void_p).value
        return call
    raise OSError(f"{library} imports no function time that could be replaced")


class _LinkMap(ctypes.Structure):
    _fields_ = (
        ("base", ctypes.c_size_t),
        ("name", ctypes.c_char_p),
        ("dynamic", ctypes.c_size_t),
    )


class _Pair(ctypes.Structure):  # Elf64_Dyn
    _fields_ = (("tag", ctypes.c_int64), ("value", ctypes.c_uint64))


class _Relocation(ctypes.Structure):  # Elf64_Rela
    _fields_ = (
        ("offset", ctypes.c_uint64),
        ("kind", ctypes.c_uint32),
        ("symbol", ctypes.c_uint32),
        ("addend", ctypes.c_int64),
    )


class _Symbol(ctypes.Structure):  # Elf64_Sym
    _fields_ = (
        ("name", ctypes.c_uint32),
        ("info", ctypes.c_uint8),
        ("other", ctypes.c_uint8),
        ("section", ctypes.c_uint16),
        ("value", ctypes.c_uint64),
        ("size", ctypes.c_uint64),
    )


def _list_entries(library: str, function: bytes) -> Iterator[int]:
    """Addresses at which a loaded library keeps where the imported `function` is."""
    base, dynamic = _find_dynamic_section(library)
    count = dynamic[_DT_PLTRELSZ] // ctypes.sizeof(_Relocation)
    for relocation in (_Relocation * count).from_address(dynamic[_DT_JMPREL]):
        place = dynamic[_DT_SYMTAB] + relocation.symbol * ctypes.sizeof(_Symbol)
        name = dynamic[_DT_STRTAB] + _Symbol.from_address(place).name
        if ctypes.string_at(name) == function:
            yield base + relocation.offset


def _find_dynamic_section(library: str) -> tuple[int, dict[int, int]]:
    """Where a library was loaded, and its table of tables by tag."""
    loaded = ctypes.CDLL(library, os.RTLD_NOLOAD | os.RTLD_LAZY)
    link_map = ctypes.POINTER(_LinkMap)()
    dlinfo = getattr(ctypes.CDLL(None), "dlinfo", None)
    if dlinfo is None or ctypes.sizeof(ctypes.c_void_p) != 8:
        raise OSError(f"{library}: only 64-bit Linux says where it is loaded")
    if dlinfo(ctypes.c_void_p(loaded._handle), _RTLD_DI_LINKMAP, ctypes.byref(link_map)):
        raise OSError(f"{library}: dlinfo does not know it")
    base, place = link_map.contents.base, link_map.contents.dynamic
    _release(loaded)
    dynamic: dict[int, int] = {}
    while (pair := _Pair.from_address(place)).tag:
        dynamic[pair.tag] = pair.value
        place += ctypes.sizeof(_Pair)
    if missing := {_DT_PLTRELSZ, _DT_STRTAB, _DT_SYMTAB, _DT_JMPREL} - set(dynamic):
        raise OSError(f"{library}: its dynamic section lacks the entries {sorted(missing)}")
    return base, dynamic


def _make_writable(address: int) -> None:
    """Of the memory page: a linker may have asked for the table to be closed after loading."""
    page = address & -mmap.PAGESIZE
    size = address + ctypes.sizeof(ctypes.c_void_p) - page
    allowed = mmap.PROT_READ | mmap.PROT_WRITE
    if ctypes.CDLL(None).mprotect(ctypes.c_void_p(page), ctypes.c_size_t(size), allowed):
        raise OSError(f"the page at {page:#x} cannot be made writable")


def _release(library: ctypes.CDLL) -> None:
    """Gives back the reference that a look at a library took: the emulator has its own."""
    ctypes.CDLL(None).dlclose(ctypes.c_void_p(library._handle))
