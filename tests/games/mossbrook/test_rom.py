"""The ROM: built from its sources to the byte, bootable, and unharmed by any input."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from autodagger.game.emulator import BUTTONS, Emulator
from games.mossbrook.story import FOLDER, play_story

ROM = FOLDER / "mossbrook.gba"
MAX_ROM_BYTES = 256 * 1024

# state.h
STATE = 0x02000000
MAGIC = 0x53534F4D
SCENE, BUSY, FADE, BADGES, MAP_ID, WIDTH, HEIGHT, NPC_COUNT = 12, 13, 14, 15, 16, 17, 18, 19
PLAYER_X, PLAYER_Y, FACING, MOVING = 20, 21, 22, 23
STATE_BYTES = 0x4D0
OVERWORLD, CLOCK, BATTLE = 6, 7, 8
# Upper bounds (inclusive) of single bytes of the struct, by offset
LIMITS = {
    SCENE: 8, BUSY: 1, FADE: 16, BADGES: 1, MAP_ID: 12, WIDTH: 32, HEIGHT: 32, NPC_COUNT: 8,
    FACING: 3, MOVING: 8, 0x1C: 12, 0x1E: 9, 0x1F: 3, 0x20: 6, 0x24: 6, 0x25: 3, 0x26: 7,
    0x30: 23, 0x31: 59, 0x32: 1, 0x34: 1, 0x35: 1, 0x74: 1, 0x78: 6, 0x80: 4, 0x81: 3, 0x82: 3,
}  # fmt: skip

STATE_PC = 0x20 + 15 * 4  # in an mGBA save state (its include/mgba/internal/gba/serialize.h)
BIOS_END, ROM_START = 0x4000, 0x08000000


@pytest.fixture
def emulator():
    """A freshly started game."""
    emulator = Emulator(ROM)
    yield emulator
    emulator.close()


def struct_of(emulator: Emulator) -> bytes:
    return emulator.ram().bytes(STATE, STATE_BYTES)


def press(emulator: Emulator, *buttons: str) -> None:
    """Each button for 4 frames, then 6 frames without."""
    for button in buttons:
        emulator.run(4, [button])
        emulator.run(6)


def to_the_cart(emulator: Emulator) -> None:
    """From power-on to the first map: title, a name of one letter, the professor's speech."""
    for _ in range(100):
        scene = struct_of(emulator)[SCENE]
        if scene == OVERWORLD and not struct_of(emulator)[BUSY]:
            return
        if scene == 4 and emulator.ram().u8(STATE + 0x26):
            press(emulator, *["down"] * 3, *["right"] * 6)
        press(emulator, "start" if scene == 2 else "a")
    raise AssertionError("the cart was not reached")


def test_sources_give_the_committed_bytes(tmp_path):
    """Also from another working directory, which must not matter."""
    output = tmp_path / "mossbrook.gba"
    command = [sys.executable, "-m", "games.mossbrook.source.build", "--output", str(output)]
    env = {**os.environ, "PYTHONPATH": str(FOLDER.parents[1])}
    subprocess.run(command, cwd=tmp_path, env=env, check=True, timeout=300)
    assert output.read_bytes() == ROM.read_bytes()
    assert (
        output.with_name("mossbrook.gba.sha1").read_text()
        == (FOLDER / "mossbrook.gba.sha1").read_text()
    )


def test_sha1_and_size():
    rom = ROM.read_bytes()
    assert len(rom) < MAX_ROM_BYTES
    assert (FOLDER / "mossbrook.gba.sha1").read_text().split()[0] == hashlib.sha1(rom).hexdigest()


def test_header():
    """GBATEK, "GBA Cartridge Header": fixed byte and checksum; no picture of anyone's."""
    rom = ROM.read_bytes()
    assert rom[0xA0:0xA9] == b"MOSSBROOK"
    assert rom[0xB2] == 0x96
    assert rom[0xBD] == -(sum(rom[0xA0:0xBD]) + 0x19) & 0xFF
    assert rom[0x04:0xA0] == bytes(156)


def test_boots_to_the_logo_and_passes_it_by_itself(emulator):
    emulator.run(30)
    assert emulator.ram().u32(STATE) == MAGIC
    assert struct_of(emulator)[SCENE] == 1
    assert len(np.unique(emulator.screen().reshape(-1, 3), axis=0)) > 4
    emulator.run(200)
    assert struct_of(emulator)[SCENE] == 2


def test_still_screens_are_still(emulator):
    to_the_cart(emulator)
    emulator.run(8)
    before = emulator.screen()
    emulator.run(120)
    assert np.array_equal(before, emulator.screen())


def test_one_press_is_one_tile(emulator):
    """A held button of 4 frames never walks two tiles, however long the pause after it."""
    to_the_cart(emulator)
    for pause in (4, 5, 6, 7, 8):
        for button, step in (("right", 1), ("left", -1)):
            x = struct_of(emulator)[PLAYER_X]
            emulator.run(4, [button])
            emulator.run(pause)
            emulator.run(8)
            assert struct_of(emulator)[PLAYER_X] == x + step


def test_chance_depends_on_the_timing(emulator):
    to_the_cart(emulator)
    state = emulator.save_state()
    seen = set()
    for frames in (1, 2, 3):
        emulator.load_state(state)
        emulator.run(frames)
        seen.add(emulator.ram().u32(STATE + 8))
    assert len(seen) == 3


def check_struct(data: bytes) -> None:
    """Every field that indexes something is in range."""
    assert int.from_bytes(data[:4], "little") == MAGIC
    for offset, limit in LIMITS.items():
        assert data[offset] <= limit, f"byte {offset:#x} of the struct is {data[offset]}"
    if data[SCENE] in (OVERWORLD, CLOCK, BATTLE):
        assert data[PLAYER_X] < data[WIDTH] and data[PLAYER_Y] < data[HEIGHT]
    assert data[0x7A] <= data[0x7B] and data[0x86] <= data[0x87]  # hit points
    for npc in range(data[NPC_COUNT]):
        x, y, facing = data[0x90 + npc * 8 :][:3]
        assert x < data[WIDTH] and y < data[HEIGHT] and facing < 4


def check_pc(state: bytes) -> None:
    """The processor is in the ROM, or halted in the BIOS."""
    pc = int.from_bytes(state[STATE_PC : STATE_PC + 4], "little")
    assert pc < BIOS_END or ROM_START <= pc < ROM_START + MAX_ROM_BYTES, hex(pc)


def press_at_random(emulator: Emulator, presses: int, rng: np.random.Generator) -> None:
    """Buttons of 1 to 8 frames with pauses of 0 to 11, checking as it goes."""
    names = [name for name in BUTTONS if name]
    unchanged, last = 0, b""
    for i in range(presses):
        emulator.run(int(rng.integers(1, 9)), [names[rng.integers(len(names))]])
        emulator.run(int(rng.integers(0, 12)))
        data = struct_of(emulator)
        check_struct(data)
        visible = data[SCENE:0x28] + data[0x34:0x3C] + data[0x80:0x90]
        unchanged = unchanged + 1 if visible == last else 0
        last = visible
        assert unchanged < 400, "the game no longer answers"
        if i % 50 == 0:
            check_pc(emulator.save_state())


@pytest.fixture(scope="module")
def story() -> dict[str, bytes]:
    """A save state at the end of each milestone."""
    return dict(play_story(seed=3))


def random_presses(emulator: Emulator, story: dict[str, bytes], presses: int, seed: int) -> None:
    """An equal share from power-on and from the end of each milestone."""
    rng = np.random.default_rng(seed)
    share = presses // (len(story) + 1)
    press_at_random(emulator, share, rng)
    for state in story.values():
        emulator.load_state(state)
        press_at_random(emulator, share, rng)


def test_random_presses_do_no_harm(story, emulator):
    random_presses(emulator, story, 4000, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_many_random_presses_do_no_harm(story, emulator, seed):
    """100,000 presses over all seeds."""
    random_presses(emulator, story, 20_000, seed=100 + seed)
