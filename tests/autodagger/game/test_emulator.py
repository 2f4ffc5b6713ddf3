"""The emulator class: exact replay, save states, RAM by address, refusals."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from autodagger.errors import UserError
from autodagger.game.emulator import EWRAM, EWRAM_SIZE, IWRAM, IWRAM_SIZE, Emulator
from tests.grid import ROM, GridStates

FRAME_COUNTER = 0x02000004  # games/mossbrook/source/src/state.h
CURSOR_COLUMN = 0x02000024


@pytest.fixture
def emulator(grid_states: GridStates) -> Iterator[Emulator]:
    emulator = Emulator(ROM)
    emulator.load_state(grid_states.top_left)
    yield emulator
    emulator.close()


def press_some(emulator: Emulator) -> list[np.ndarray]:
    """Presses buttons for 60 frames; returns the screen after every frame."""
    screens: list[np.ndarray] = []
    for button in ("right", "down", "a", "left", "right", "a"):
        emulator.run(4, [button], lambda: screens.append(emulator.screen()))
        emulator.run(6, on_frame=lambda: screens.append(emulator.screen()))
    return screens


def test_screen_is_rgb_bytes_and_a_copy(emulator: Emulator) -> None:
    emulator.run(1)
    screen = emulator.screen()
    assert screen.shape == (160, 240, 3)
    assert screen.dtype == np.uint8
    assert len(np.unique(screen)) > 3
    before = screen.copy()
    emulator.run(10, ["right"])
    assert np.array_equal(screen, before)
    assert not np.array_equal(emulator.screen(), before)


def test_equal_state_and_buttons_give_equal_frames(
    emulator: Emulator, grid_states: GridStates
) -> None:
    first = press_some(emulator)
    end = emulator.save_state()
    emulator.load_state(grid_states.top_left)
    second = press_some(emulator)
    assert len(first) == len(second) == 60
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert emulator.save_state() == end
    assert any(not np.array_equal(first[0], screen) for screen in first)


def test_replay_is_equal_in_another_emulator(emulator: Emulator, grid_states: GridStates) -> None:
    first = press_some(emulator)
    emulator.close()
    emulator.__init__(ROM)  # type: ignore[misc]  # the fixture closes the same object
    emulator.load_state(grid_states.top_left)
    assert all(np.array_equal(a, b) for a, b in zip(first, press_some(emulator), strict=True))


def test_buttons_are_held_only_while_named(emulator: Emulator) -> None:
    emulator.run(4, ["right"])
    emulator.run(40)
    assert emulator.ram().u8(CURSOR_COLUMN) == 1


def test_loaded_state_continues_exactly(emulator: Emulator) -> None:
    emulator.run(7, ["right"])
    saved = emulator.save_state()
    ahead = press_some(emulator)
    emulator.load_state(saved)
    assert emulator.save_state() == saved
    assert all(np.array_equal(a, b) for a, b in zip(ahead, press_some(emulator), strict=True))


def test_gzipped_state_loads_like_a_raw_one(emulator: Emulator, grid_states: GridStates) -> None:
    emulator.run(5, ["right"])
    emulator.load_state(gzip.compress(grid_states.top_left))
    assert emulator.save_state() == grid_states.top_left


def test_power_on_starts_the_same_game_every_time(emulator: Emulator) -> None:
    emulator.power_on()
    first = press_some(emulator)
    emulator.power_on()
    assert all(np.array_equal(a, b) for a, b in zip(first, press_some(emulator), strict=True))


def test_power_on_forgets_the_ram(emulator: Emulator) -> None:
    assert emulator.ram().u32(FRAME_COUNTER) > 0
    emulator.power_on()
    emulator.run(1)
    assert emulator.ram().u32(FRAME_COUNTER) == 0


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        pytest.param(lambda s: b"\x63\x00\x00\x01" + s[4:], "found version 0x01000063; this emul"),
        pytest.param(lambda s: s[:1000], "found 1,000 bytes; a state of this version has at least"),
        pytest.param(lambda s: gzip.compress(s[:50]), "found 50 bytes"),
        pytest.param(lambda s: b"some notes", "this is none .it begins with b'some not'"),
    ],
    ids=["newer version", "cut short", "short within gzip", "something else"],
)
def test_foreign_state_is_refused_and_changes_nothing(
    emulator: Emulator, grid_states: GridStates, damage: object, found: str
) -> None:
    before = emulator.save_state()
    with pytest.raises(UserError, match=found) as refusal:
        emulator.load_state(damage(grid_states.top_left))  # type: ignore[operator]
    assert ("RETRO_CORE_PATH" in str(refusal.value)) == ("version 0x" in found)
    assert emulator.save_state() == before


def test_equal_consoles_give_equal_state_bytes(emulator: Emulator, grid_states: GridStates) -> None:
    """The core leaves parts of a state unwritten: what lay in the memory must not show."""
    states = set()
    for k in range(1, 40):
        _junk = [bytes([k]) * (1000 * size) for size in range(1, 400, 37)]
        emulator.load_state(grid_states.top_right)
        emulator.run(3, ["left"])
        states.add(emulator.save_state())
    assert len(states) == 1


def test_ram_reads_the_memory_as_it_is_now(emulator: Emulator) -> None:
    ram = emulator.ram()
    frame = ram.u32(FRAME_COUNTER)
    emulator.run(3)
    assert ram.u32(FRAME_COUNTER) == frame + 3


def test_ram_reads_little_endian_numbers(emulator: Emulator) -> None:
    ram = emulator.ram()
    data = ram.bytes(EWRAM, 21)
    assert len(data) == 21
    assert data[:4] == b"MOSS"
    assert [ram.u8(EWRAM + k) for k in range(21)] == list(data)
    assert ram.u16(EWRAM + 1) == int.from_bytes(data[1:3], "little")
    assert ram.u32(EWRAM + 1) == int.from_bytes(data[1:5], "little")
    assert ram.bytes(IWRAM, 4) == ram.u32(IWRAM).to_bytes(4, "little")


@pytest.mark.parametrize(
    ("address", "size"),
    [
        (0, 1),
        (EWRAM - 1, 1),
        (EWRAM - 1, 2),
        (EWRAM + EWRAM_SIZE, 1),
        (EWRAM + EWRAM_SIZE - 1, 2),
        (EWRAM + EWRAM_SIZE - 3, 4),
        (IWRAM - 2, 4),
        (IWRAM + IWRAM_SIZE, 1),
        (0x08000000, 4),
    ],
)
def test_ram_reads_outside_the_work_rams_are_refused(
    emulator: Emulator, address: int, size: int
) -> None:
    ram = emulator.ram()
    with pytest.raises(ValueError, match=f"{address:#010x}.*0x02000000"):
        {1: ram.u8, 2: ram.u16, 4: ram.u32}[size](address)
    with pytest.raises(ValueError, match=f"{size} bytes"):
        ram.bytes(address, size)


@pytest.mark.parametrize("size", [1, 8, 13, 208, 1023, 1024, 9999, EWRAM_SIZE])
def test_ram_reads_any_bytes_of_any_size(emulator: Emulator, size: int) -> None:
    """stable-retro's own numbers are signed: bytes from 0x80 on were an error."""
    ram, state = emulator.ram(), emulator.save_state()
    for high in (0x7F, 0x80, 0xFF):
        content = bytearray(state)
        content[0x21000:0x61000] = bytes(k * 7 & 0xFF | high for k in range(EWRAM_SIZE))
        content[0x19000:0x21000] = bytes(k * 3 & 0xFF | high for k in range(IWRAM_SIZE))
        emulator.load_state(bytes(content))
        for offset in {0, 3, EWRAM_SIZE - size}:
            if offset + size <= EWRAM_SIZE:
                start = 0x21000 + offset
                assert ram.bytes(EWRAM + offset, size) == content[start : start + size]
        if size <= IWRAM_SIZE - 5:
            assert ram.bytes(IWRAM + 5, size) == content[0x19005 : 0x19005 + size]


def test_last_bytes_of_the_work_rams_can_be_read(emulator: Emulator) -> None:
    ram = emulator.ram()
    for end in (EWRAM + EWRAM_SIZE, IWRAM + IWRAM_SIZE):
        assert ram.bytes(end - 4, 4) == ram.u32(end - 4).to_bytes(4, "little")
        assert ram.u8(end - 1) == ram.u16(end - 2) >> 8


def test_missing_rom_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.gba: no such file.*rom_path"):
        Emulator(tmp_path / "nowhere.gba")


def test_second_emulator_in_a_process_is_refused(emulator: Emulator) -> None:
    with pytest.raises(UserError, match="once a process"):
        Emulator(ROM)
