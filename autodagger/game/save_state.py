"""Save states in the forms that people have them (raw, gzip, mGBA's picture), and their layout.

A state is the console, 397,312 bytes, and items that mGBA may append: the save memory, the clock.
Layout and tags: mGBA, `include/mgba/internal/gba/serialize.h`, `include/mgba/core/serialize.h` and
`src/core/serialize.c`, versions 0.7 to 0.10.
"""

import gzip
import io
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

from autodagger.errors import UserError

CONSOLE_SIZE = 0x61000  # sizeof(struct GBASerializedState)
VERSION = slice(0x000, 0x004)
GAME = slice(0x010, 0x020)  # title, 12 bytes, and code, 4 bytes, as in the cartridge's header
PROCESSOR_MODE = 0x060  # the lower five bits of CPSR
LINE, INTERRUPTS = 0x406, 0x608  # VCOUNT and IME among the registers from 0x400 on
FRAME_COUNTER = slice(0x1FC, 0x200)
TIMERS, TIMER_SIZE = 0x200, 20  # four: reload, last event +4, next event +8, flags +16
CLOCK_READING = slice(0x2B0, 0x2B7)  # what the game read last of the cartridge's clock, BCD
DEVICES = 0x2B7
HAS_CLOCK = 1 << 0  # of DEVICES
SOUND = slice(0x390, 0x3D0)  # rendered and not yet played
OAM, OAM_BASE = 0xC00, 0x07000000
IWRAM, EWRAM = 0x19000, 0x21000

MAX_UNPACKED_BYTES = 16 << 20
"""Far more than a state has with all that mGBA appends; a few kB of gzip can claim any size."""

_PROCESSOR_MODES = (0x10, 0x11, 0x12, 0x13, 0x17, 0x1B, 0x1F)  # ARM7TDMI manual, "Mode bits"
_LINES = 228  # of a picture, the blank ones among them (GBATEK, "LCD dimensions and timings")

_SAVE_MEMORY, _CLOCK, _END = 2, 4, 0  # enum mStateExtdataTag
_ITEM = struct.Struct("<Iiq")  # tag, size, place within the file
_COUNTED = 2  # enum mRTCGenericType: the clock is a value plus the frames that were emulated
_CLOCK_ITEM = struct.Struct("<iiq")  # type, padding, milliseconds
_CLOCK_VALUES = range(1 << 42)  # until 2109: what a host's calendar can take
_GZIP, _PNG = b"\x1f\x8b", b"\x89PNG\r\n\x1a\n"
_PNG_END = b"IEND\xaeB`\x82"

_ADVICE = (
    "Expected a save state of mGBA: raw, gzip-compressed, or the picture that the desktop program "
    "writes (.ss0 to .ss9). "
)
_SAVE_FILE_SIZES = (512, 8 << 10, 32 << 10, 64 << 10, 128 << 10)
"""Of the memories in cartridges (GBATEK, "GBA Cart Backup IDs"); a clock adds 16 bytes."""

T = TypeVar("T")


class StateError(UserError):
    """A save state that is none, or cannot be loaded; the message begins with "save state: "."""


@contextmanager
def naming_state(path: Path | None) -> Iterator[None]:
    """Adds, to what is said of a save state, the file that it comes from."""
    try:
        yield
    except StateError as error:
        raise StateError(str(error).replace("save state:", f"save state {path}:", 1)) from error


@dataclass(frozen=True)
class SaveState:
    """A save state taken apart.

    Attributes:
        console: The console, `CONSOLE_SIZE` bytes.
        save_memory: The cartridge's memory that batteries keep; None if the state has none.
        clock: Milliseconds from 1970 to the clock's time at frame 0; None if the state has none.
        whole: Whether nothing of what should follow the console is cut off.
    """

    console: bytes
    save_memory: bytes | None = None
    clock: int | None = None
    whole: bool = field(default=True, compare=False)


class _Item(NamedTuple):
    tag: int
    data: bytes


def read_save_state(data: bytes) -> SaveState:
    """Takes a save state apart, whatever it is wrapped in.

    Raises:
        StateError: It is no save state; the message says what it is.
    """
    if data.startswith(_GZIP):
        data = _unpack("gzip", _gunzip, data)
    if data.startswith(_PNG):
        return _read_picture(data)
    if what := _recognise(data):
        raise StateError(f"save state: this is {what}. {_ADVICE}{_HINTS.get(what, _HINT)}")
    return _assemble(data[:CONSOLE_SIZE], _list_items(data), _is_whole(data))


def write_save_state(state: SaveState) -> bytes:
    """The state raw, as mGBA writes and reads it; equal states give equal bytes."""
    items = []
    if state.save_memory is not None:
        items.append(_Item(_SAVE_MEMORY, state.save_memory))
    if state.clock is not None:
        items.append(_Item(_CLOCK, _CLOCK_ITEM.pack(_COUNTED, 0, state.clock)))
    if not items:
        return state.console
    place = len(state.console) + _ITEM.size * (len(items) + 1)
    headers = []
    for item in items:
        headers.append(_ITEM.pack(item.tag, len(item.data), place))
        place += len(item.data)
    headers.append(_ITEM.pack(_END, 0, 0))
    return b"".join([state.console, *headers, *(item.data for item in items)])


def settle_timers(console: bytes) -> bytes:
    """A console whose counting timers have planned nothing for the longest time a state can say.

    A timer that counts another one's overflows (flag bit 4, `GBATimerFlags` in mGBA's `timer.h`)
    plans nothing itself; what stands in a state is left from long ago. The bundled core (mGBA 0.7)
    does it all the same, so that the timer jumps back to its start with every state that is loaded.
    """
    places = range(TIMERS + TIMER_SIZE, TIMERS + 4 * TIMER_SIZE, TIMER_SIZE)
    counting = [place for place in places if console[place + 16] & 1 << 4]
    if not counting:
        return console
    settled = bytearray(console)
    for place in counting:
        struct.pack_into("<ii", settled, place + 4, 0, 0x7FFFFFFF)  # 128 s
    return bytes(settled)


def holds_clock(data: bytes) -> bool:
    """Whether a core that wrote this raw state writes, and reads, the clock with it."""
    return any(item.tag == _CLOCK for item in _list_items(data))


def check_console(found: bytes, expected: bytes) -> None:
    """Refuses a console that a core would load wrongly, or not at all.

    Args:
        found: The state's.
        expected: One that this core wrote, of the game that it plays.

    Raises:
        StateError: The format's version, the length or the game differ.
    """
    version, own_version = (_read_version(state) for state in (found, expected))
    if version >> 24 != own_version >> 24:
        raise StateError(
            f"save state: this is none (it begins with {found[:8]!r}). Expected one of mGBA: raw, "
            "gzip-compressed, or the picture that the desktop program writes (.ss0 to .ss9). Name "
            "the state itself, or record it again."
        )
    if version != own_version:
        raise StateError(
            f"save state: found version {version:#010x}; this emulator core reads version "
            f"{own_version:#010x}. Record the state again with this core, or point RETRO_CORE_PATH "
            "at a folder with an mGBA core of the state's own version (version 0x01000007 is "
            "mGBA 0.10, which Debian packages as libretro-mgba; see docs/new_game.md)."
        )
    if len(found) < CONSOLE_SIZE:
        raise StateError(
            f"save state: found {len(found):,} bytes; a state of this version has at least "
            f"{CONSOLE_SIZE:,}. It was cut off: copy or record it again."
        )
    if disorder := _find_disorder(found):
        raise StateError(
            f"save state: {disorder}, which no console has, so its bytes are damaged or not "
            "mGBA's. Copy or record the state again."
        )
    game, own_game = (state[GAME] for state in (found, expected))
    if game != own_game:
        raise StateError(
            f"save state: found one of the game {_name(game)}; the ROM is {_name(own_game)}. "
            "Name a state of this game, or the ROM that the state belongs to (option rom_path)."
        )


def _find_disorder(console: bytes) -> str | None:
    """What of a console cannot be: a core would take it, and then crash or never come back."""
    mode = console[PROCESSOR_MODE] & 0x1F
    line, interrupts = (
        int.from_bytes(console[place : place + 2], "little") for place in (LINE, INTERRUPTS)
    )
    if mode not in _PROCESSOR_MODES:
        return f"found the processor in mode {mode:#04x}"
    if line >= _LINES:
        return f"found the screen at line {line}"
    return f"found the interrupts' switch at {interrupts}" if interrupts > 1 else None


def _read_version(state: bytes) -> int:
    return int.from_bytes(state[VERSION], "little")


def _name(game: bytes) -> str:
    """Title and code of a cartridge in words."""
    title, code = (part.rstrip(b"\0").decode("ascii", "replace") for part in (game[:12], game[12:]))
    return f"{title!r} ({code})"


def _assemble(console: bytes, items: Iterator[_Item], whole: bool = True) -> SaveState:
    found = {item.tag: item.data for item in items}
    clock = None
    if len(found.get(_CLOCK, b"")) == _CLOCK_ITEM.size:
        kind, _, value = _CLOCK_ITEM.unpack(found[_CLOCK])
        # Other kinds of clock follow their host.
        clock = value if kind == _COUNTED and value in _CLOCK_VALUES else None
    return SaveState(console, found.get(_SAVE_MEMORY), clock, whole)


def _list_items(data: bytes) -> Iterator[_Item]:
    """What a raw state has after its console; items that are cut off are left out."""
    place = CONSOLE_SIZE
    while place + _ITEM.size <= len(data):
        tag, size, start = _ITEM.unpack_from(data, place)
        if tag == _END:
            return
        if size >= 0 and CONSOLE_SIZE <= start <= len(data) - size:
            yield _Item(tag, data[start : start + size])
        place += _ITEM.size


def _is_whole(data: bytes) -> bool:
    """Whether every item that a raw state announces is there, up to the mark of their end."""
    place = CONSOLE_SIZE
    while place + _ITEM.size <= len(data):
        tag, size, start = _ITEM.unpack_from(data, place)
        if tag == _END:
            return True
        if size < 0 or not CONSOLE_SIZE <= start <= len(data) - size:
            return False
        place += _ITEM.size
    return place == CONSOLE_SIZE


def _read_picture(data: bytes) -> SaveState:
    """A picture by mGBA: the state in a chunk `gbAs`, the items in chunks `gbAx`, by zlib."""
    console, items = None, []
    for name, content in _list_chunks(data):
        if name == b"gbAs":
            console = _unpack("gbAs", _inflate, content)
        elif name == b"gbAx" and len(content) > 8:
            tag = int.from_bytes(content[:4], "little")
            items.append(_Item(tag, _unpack("gbAx", _inflate, content[8:])))
    if console is None and not data.rstrip(b"\0").endswith(_PNG_END):
        raise StateError("save state: this picture (PNG) was cut off. Copy or record it again.")
    if console is None:
        raise StateError(
            f"save state: this is a picture (PNG) without a state in it. {_ADVICE}"
            "A screenshot has none, nor has a picture that another program saved again."
        )
    return _assemble(console, iter(items))


def _list_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and contents of a PNG's chunks (PNG specification, "Chunk layout")."""
    place = len(_PNG)
    while place + 12 <= len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        yield data[place + 4 : place + 8], data[place + 8 : place + 8 + size]
        place += 12 + size


def _unpack(form: str, decompress: Callable[[bytes], T], data: bytes) -> T:
    try:
        return decompress(data)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise StateError(
            f"save state: damaged {form} data ({error}). Copy or record the state again."
        ) from error


def _gunzip(data: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        return _check_size(file.read(MAX_UNPACKED_BYTES + 1))


def _inflate(data: bytes) -> bytes:
    unpacking = zlib.decompressobj()
    unpacked = _check_size(unpacking.decompress(data, MAX_UNPACKED_BYTES + 1))
    if not unpacking.eof:
        raise EOFError("it was cut off")
    return unpacked


def _check_size(data: bytes) -> bytes:
    if len(data) > MAX_UNPACKED_BYTES:
        raise ValueError(f"unpacked it has more than {MAX_UNPACKED_BYTES:,} bytes")
    return data


def _recognise(data: bytes) -> str | None:
    """What `data` is if it is certainly no state."""
    if not data:
        return "an empty file"
    if len(data) in _SAVE_FILE_SIZES or len(data) - 16 in _SAVE_FILE_SIZES:
        return "a battery save (.sav)"
    if data[0xB2:0xB3] == b"\x96" and data[VERSION][3:] == b"\xea":  # a header starts with a branch
        return "a ROM (.gba)"
    for magic, what in _MAGICS.items():
        if data.startswith(magic):
            return what
    return None


_MAGICS = {
    b"PK\x03\x04": "a zip archive",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"GIF8": "a picture (GIF)",
    b"BM": "a picture (BMP)",
    b"RIFF": "a picture or a video (RIFF)",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"version https://git-lfs": "a Git LFS pointer (run git lfs pull)",
}
_HINTS = {
    "a battery save (.sav)": (
        "A .sav holds what the game itself saved: load it in mGBA, continue the game there, and "
        "save a state."
    ),
    "an empty file": "Copy or record the state again.",
    "a zip archive": "Unpack it; what this program records in *.zip it reads under that name only.",
}
_HINT = "Name the state itself."
