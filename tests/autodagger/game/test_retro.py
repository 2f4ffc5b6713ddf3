"""Cartridges of other consoles, on the Genesis game that stable-retro brings along."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autodagger.errors import UserError
from autodagger.game.contract import load_game
from autodagger.game.libretro import forget_addresses
from autodagger.game.retro import Memory, RetroConsole, RetroSimulator
from games.airstriker.adapter import find_rom

ROM = Path(find_rom())
RAM, RAM_SIZE = 0xFF0000, 0x10000  # Genesis: 64 KiB of work RAM
TITLE = 120  # frames after which the first logo stands
ADAPTER = """
from autodagger.game.retro import RetroGame
class Mine(RetroGame):
    name, rom, rom_sha1, actions = "Mine", {rom!r}, "0", {actions}
    hold_frames, release_frames = {timing}
    def read_state(self, ram):
        return {{"score": ram.u32(0xff024e)}}
"""


@pytest.fixture
def console() -> Iterator[RetroConsole]:
    console = RetroConsole(ROM)
    yield console
    console.close()


def open_mine(
    folder: Path, actions: str = '("no_op", "b", "left+b")', timing: str = "(6, 10), 0"
) -> RetroSimulator:
    text = ADAPTER.format(rom=str(ROM), actions=actions, timing=timing)
    (folder / "adapter.py").write_text(text)
    game = load_game(folder)
    simulator = game.open(game.find_rom(folder))
    assert isinstance(simulator, RetroSimulator)
    return simulator


def test_buttons_screen_rate_and_memory_are_asked_of_the_core(console: RetroConsole) -> None:
    assert console.name == "Genesis"
    assert {"a", "b", "c", "start", "mode", "up"} <= set(console.buttons)
    assert console.frames_per_second == pytest.approx(59.92, abs=0.01)
    assert {base: len(block) for base, block in console.ram().blocks.items()} == {RAM: RAM_SIZE}


def test_numbers_are_in_the_consoles_own_byte_order(console: RetroConsole) -> None:
    console.run(TITLE)
    ram = console.ram()
    block = ram.blocks[RAM]
    assert len(set(block)) > 20
    for place in range(0, RAM_SIZE - 4, 251):
        address = RAM + place
        assert ram.u8(address) == block[place]
        assert ram.u16(address & ~1) == int.from_bytes(block[place & ~1 :][:2], "big")
        assert ram.u32(address & ~1) == int.from_bytes(block[place & ~1 :][:4], "big")
        assert ram.bytes(address, 3) == block[place : place + 3]


class _Raw:
    """stable-retro's memory, with these blocks."""

    def __init__(self, blocks: dict[int, bytes]) -> None:
        self.blocks = blocks


@given(st.binary(min_size=8, max_size=32), st.data())
def test_any_part_of_a_turned_block_reads_as_the_console_has_it(
    content: bytes, data: st.DataObject
) -> None:
    content = content[: len(content) & ~1]
    turned = b"".join(content[k : k + 2][::-1] for k in range(0, len(content), 2))
    start = data.draw(st.integers(0, len(content) - 1))
    size = data.draw(st.integers(1, len(content) - start))
    memory = Memory(_Raw({0x100: turned}), True, 2)
    assert memory.bytes(0x100 + start, size) == content[start : start + size]
    assert memory.blocks == {0x100: content}


@pytest.mark.parametrize("read", ["u8", "u16", "u32"])
def test_memory_that_the_core_does_not_show_is_named(console: RetroConsole, read: str) -> None:
    with pytest.raises(ValueError, match=r"at 0x10: the core shows 0xff0000\+0x10000"):
        getattr(console.ram(), read)(0x10)
    with pytest.raises(ValueError, match=r"read of 9 bytes at 0xfffffa"):
        console.ram().bytes(0xFFFFFA, 9)


def test_a_state_brings_back_pictures_and_memory(console: RetroConsole) -> None:
    console.run(TITLE)
    saved = console.save_state()
    seen = []
    for past in (0, 77):
        console.power_on()
        console.run(past)
        console.load_state(saved)
        console.run(90, ("start",))
        seen.append((console.screen().tobytes(), console.ram().blocks, console.save_state()))
    assert seen[0] == seen[1]


def test_a_state_that_is_none_is_refused(console: RetroConsole) -> None:
    with pytest.raises(UserError, match=r"found 3 bytes, which this Genesis does not take"):
        console.load_state(b"bad")


def test_buttons_are_held_through_for_a_random_time(tmp_path: Path) -> None:
    mine = open_mine(tmp_path)
    try:
        mine.power_on(np.random.default_rng(0))
        frames: list[int] = []
        rng = np.random.default_rng(0)
        taken = [mine.act("left+b", rng, lambda: frames.append(1)) for _ in range(40)]
        assert set(taken) == {6, 7, 8, 9, 10}
        assert len(frames) == sum(taken)
        assert mine.frames_per_step == 8
        assert mine.screen_shape == mine.screen().shape == (224, 320, 3)
        assert not mine.has_ended
    finally:
        mine.close()


def test_two_buttons_at_once_are_one_action(console: RetroConsole) -> None:
    pressed: list[list[str]] = []
    core = console._core

    def note(mask: np.ndarray, _player: int) -> None:
        pressed.append([b for b, on in zip(console.buttons, mask, strict=True) if on])

    console._core = SimpleNamespace(set_button_mask=note, step=core.step)
    console.run(1, ("left", "b"))
    console.run(1)
    console._core = core
    assert pressed == [["b", "left"], []]


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ('("no_op", "select")', r"actions has 'select', but 'select' is no button of a Genesis"),
        ('("no_op", "left+q")', r"actions has 'left\+q', but 'q' is no button.*Expected no_op, so"),
        ('("no_op", "strat")', r"'strat' is no button of a Genesis \(did you mean 'start'\?\)"),
        ('("b", "no_op")', r"actions begins with 'b'; expected \"no_op\" first"),
    ],
)
def test_unknown_buttons_are_named(tmp_path: Path, actions: str, expected: str) -> None:
    with pytest.raises(UserError, match=expected):
        open_mine(tmp_path, actions)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("game.xyz", r"no console is known for names that end so"), ("none.md", r"no such file")],
)
def test_a_rom_of_no_console_is_refused(tmp_path: Path, name: str, expected: str) -> None:
    (tmp_path / "game.xyz").write_bytes(b"")
    with pytest.raises(UserError, match=expected):
        RetroConsole(tmp_path / name)


def test_addresses_of_this_process_are_zeroed_and_nothing_else() -> None:
    if not Path("/proc/self/maps").is_file():
        pytest.skip("looks for the process's memory in /proc")
    # So large that it is mapped by itself: the heap of some builds of Python lies so low that its
    # addresses look like any number, and are left alone.
    held = np.zeros(1 << 23)
    address = int(held.ctypes.data).to_bytes(8, "little")
    content = b"\x01\x02" + b"\0" * 9 + address + b"\xff" * 3 + bytes(8) + b"\x11" * 6 + bytes(2)
    state = np.frombuffer(content, np.uint8).copy()
    forget_addresses(state)
    assert state.tobytes() == content.replace(address, bytes(8))
