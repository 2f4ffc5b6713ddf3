"""Save states in all the forms that people have them, and what is none, named."""

import gzip
import io
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from autodagger.errors import UserError
from autodagger.game.save_state import (
    CONSOLE_SIZE,
    INTERRUPTS,
    LINE,
    MAX_UNPACKED_BYTES,
    PROCESSOR_MODE,
    SaveState,
    StateError,
    check_console,
    holds_clock,
    naming_state,
    read_save_state,
    settle_timers,
    write_save_state,
)
from tests.grid import ROM

CONSOLE = b"\x02\x00\x00\x01" + bytes(range(256)) * (CONSOLE_SIZE // 256) + bytes(252)
CONSOLE = CONSOLE[:CONSOLE_SIZE]
SAVE_MEMORY = bytes(range(255, -1, -1)) * 256
WHOLE = SaveState(CONSOLE, SAVE_MEMORY, 1_700_000_000_000)


def make_picture(form: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (240, 160), (40, 80, 120)).save(buffer, form)
    return buffer.getvalue()


def make_mgba_picture(console: bytes, items: Sequence[tuple[int, bytes]] = ()) -> bytes:
    """As mGBA's desktop program writes it: chunks of its own before the picture's end."""
    chunks = [(b"gbAs", zlib.compress(console))]
    for tag, data in items:
        chunks.append((b"gbAx", struct.pack("<II", tag, len(data)) + zlib.compress(data)))
    own = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    picture = make_picture()
    return picture[:-12] + own + picture[-12:]


@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param(lambda state: state, id="raw"),
        pytest.param(gzip.compress, id="gzip"),
        pytest.param(make_mgba_picture, id="picture"),
        pytest.param(lambda state: gzip.compress(make_mgba_picture(state)), id="gzipped picture"),
    ],
)
def test_a_state_is_found_in_each_form(wrap: object) -> None:
    assert read_save_state(wrap(CONSOLE)) == SaveState(CONSOLE)  # type: ignore[operator]


@pytest.mark.parametrize(
    "state",
    [WHOLE, SaveState(CONSOLE), SaveState(CONSOLE, SAVE_MEMORY), SaveState(CONSOLE, None, 5)],
)
def test_a_state_comes_back_whole(state: SaveState) -> None:
    data = write_save_state(state)
    assert read_save_state(data) == state
    assert holds_clock(data) == (state.clock is not None)
    assert data[:CONSOLE_SIZE] == CONSOLE


def test_items_are_laid_out_as_mgba_reads_them() -> None:
    """Tag, size, place of each; a zero tag; the data."""
    data = write_save_state(WHOLE)
    headers = struct.unpack_from("<IiqIiqIiq", data, CONSOLE_SIZE)
    assert headers == (2, 65536, CONSOLE_SIZE + 48, 4, 16, CONSOLE_SIZE + 48 + 65536, 0, 0, 0)
    assert struct.unpack_from("<iiq", data, headers[5]) == (2, 0, WHOLE.clock)


def test_a_pictures_items_are_read() -> None:
    clock = struct.pack("<iiq", 2, 0, 77)
    picture = make_mgba_picture(CONSOLE, [(1, b"a picture"), (2, SAVE_MEMORY), (4, clock)])
    assert read_save_state(picture) == SaveState(CONSOLE, SAVE_MEMORY, 77)


@pytest.mark.parametrize("kind", [0, 1, 3])
def test_a_clock_that_follows_its_host_is_none(kind: int) -> None:
    data = bytearray(write_save_state(SaveState(CONSOLE, None, 77)))
    struct.pack_into("<i", data, len(data) - 16, kind)
    assert read_save_state(bytes(data)).clock is None


@pytest.mark.parametrize("cut", [1, 20, 65_000, 65_560, 65_600])
def test_items_that_are_cut_off_are_left_out(cut: int) -> None:
    state = read_save_state(write_save_state(WHOLE)[:-cut])
    assert state.console == CONSOLE
    assert state.clock is None
    assert state.whole == (cut == 65_600)  # which is all that follows the console


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "an empty file"),
        (gzip.compress(b""), "an empty file"),
        (bytes(131_072), "a battery save (.sav)"),
        (b"\xff" * 32_768, "a battery save (.sav)"),
        (bytes(131_072 + 16), "a battery save (.sav)"),
        (make_picture(), "a picture (PNG) without a state in it"),
        (make_picture("JPEG"), "a picture (JPEG)"),
        (make_picture("BMP"), "a picture (BMP)"),
        (make_picture("GIF"), "a picture (GIF)"),
        (b"PK\x03\x04 and so on", "a zip archive"),
        (ROM.read_bytes(), "a ROM (.gba)"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
    ],
)
def test_what_is_no_state_is_named(data: bytes, name: str) -> None:
    with pytest.raises(UserError) as refusal:
        read_save_state(data)
    assert str(refusal.value).startswith(f"save state: this is {name}")
    assert "Expected a save state of mGBA" in str(refusal.value)


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (gzip.compress(CONSOLE)[:900], "gzip"),
        (b"\x1f\x8b nonsense", "gzip"),
        (make_mgba_picture(CONSOLE).replace(zlib.compress(CONSOLE)[:9], bytes(9)), "gbAs"),
    ],
)
def test_damage_is_said(data: bytes, form: str) -> None:
    with pytest.raises(UserError, match=f"damaged {form} data"):
        read_save_state(data)


def test_only_timers_that_count_others_are_settled() -> None:
    console = bytearray(CONSOLE_SIZE)
    for timer, flags in enumerate((0x50, 0x40, 0x50, 0x10)):
        struct.pack_into("<HHiiII", console, 0x200 + 20 * timer, 7, 0, -9, -9, 0, flags)
    settled = settle_timers(bytes(console))
    planned = [struct.unpack_from("<i", settled, 0x208 + 20 * timer)[0] for timer in range(4)]
    assert planned == [-9, -9, 0x7FFFFFFF, 0x7FFFFFFF]


@pytest.mark.parametrize("state", [WHOLE, SaveState(CONSOLE), SaveState(CONSOLE, None, 5)])
@pytest.mark.parametrize("behind", [b"", b"some", bytes(100)])
def test_a_whole_state_is_known_by_its_end(state: SaveState, behind: bytes) -> None:
    assert read_save_state(write_save_state(state) + behind).whole


@pytest.mark.parametrize("wrap", [gzip.compress, lambda data: make_mgba_picture(data)])
def test_a_few_bytes_that_claim_gigabytes_are_not_unpacked(wrap: object) -> None:
    data = wrap(bytes(MAX_UNPACKED_BYTES + 1))  # type: ignore[operator]
    with pytest.raises(StateError, match=r"unpacked it has more than 16,777,216 bytes"):
        read_save_state(data)


@pytest.mark.parametrize("cut", [20, 200, 1000])
def test_a_picture_that_was_cut_off_is_no_screenshot(cut: int) -> None:
    with pytest.raises(StateError, match=r"picture \(PNG\) was cut off|damaged gbAs data"):
        read_save_state(make_mgba_picture(CONSOLE)[:-cut])


def test_a_console_that_cannot_be_is_refused() -> None:
    good = bytearray(CONSOLE_SIZE)
    good[:4], good[PROCESSOR_MODE] = CONSOLE[:4], 0x1F
    check_console(bytes(good), bytes(good))
    for place, value in ((PROCESSOR_MODE, 0x1A), (LINE, 240), (INTERRUPTS, 2)):
        bad = bytearray(good)
        bad[place] = value
        with pytest.raises(StateError, match=r"save state: found the .*which no console has"):
            check_console(bytes(bad), bytes(good))


def test_the_file_is_named_where_it_is_known() -> None:
    expected = pytest.raises(StateError, match=r"^save state a/TOWN\.state: this is an empty file")
    with expected, naming_state(Path("a/TOWN.state")):
        read_save_state(b"")
