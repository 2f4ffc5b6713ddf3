"""A loaded save state is the whole console: what comes after does not depend on what was before.

On the emulator core that is in use, the bundled one as a rule; `test_newer_core.py` runs this file
on the newer one, too.
"""

import gzip
import hashlib
import os
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from autodagger.errors import UserError
from autodagger.game.contract import GameState
from autodagger.game.emulator import EWRAM, EWRAM_SIZE, IWRAM, IWRAM_SIZE, Emulator
from autodagger.game.env import GameEnv
from autodagger.game.save_state import read_save_state
from games.mossbrook.source.build import finish
from games.mossbrook.story import play_story
from tests.cartridge import CLOCK, HEADER, PRESSES, SAVED, WITH_CLOCK, build_cartridge
from tests.grid import ROM, ROOT

NEWER = b"\x07\x00\x00\x01"
LOOK = 6  # frames after a load
FEW = 5  # every which moment is among the fast ones


@contextmanager
def switch_on(rom: Path) -> Iterator[Emulator]:
    emulator = Emulator(rom)
    try:
        yield emulator
    finally:
        emulator.close()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The test cartridge, without a clock."""
    return build_cartridge(tmp_path_factory.mktemp("plain") / "plain.gba")


@pytest.fixture(scope="module")
def clocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The test cartridge with a clock."""
    return build_cartridge(tmp_path_factory.mktemp("clocked") / "clocked.gba", WITH_CLOCK)


def tap(emulator: Emulator, *buttons: str) -> None:
    for button in buttons:
        emulator.run(2, [button])
        emulator.run(2)


# ---- Load and look: the same after any history -----------------------------------------------


def record_story() -> list[bytes]:
    """States of Mossbrook at every milestone, and of each kind of moment between: each place, mid
    step, text, menus, fades and battles, most of them twice."""
    seen: dict[tuple[object, ...], int] = {}
    states: list[bytes] = []

    def watch(env: GameEnv, state: GameState) -> None:
        game, player = state["game"], state["player"]
        kind = (
            game["scene"],
            game["busy"],
            bool(game["dialog"]),
            bool(game["menu"]),
            player["location"],
        )
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] in (1, 5):
            states.append(env.simulator.save())

    milestones = [state for _, state in play_story(0, watch)]
    with switch_on(ROM) as emulator:  # in the midst of a step, at any frame of it
        emulator.load_state(states[len(states) // 2])
        for button in ("left", "right", "up", "down"):
            emulator.run(3, [button])
            states.append(emulator.save_state())
    return milestones + states


def record_cartridge(rom: Path) -> list[bytes]:
    """States of the test cartridge: four pictures, with more and more in its save memory."""
    with switch_on(rom) as emulator:
        emulator.run(10)
        states = [emulator.save_state()]
        for buttons in (["b"], ["b", "a"], ["b"], ["b", "a", "a"], ["b"]):
            tap(emulator, *buttons)
            states.append(emulator.save_state())
        return states


def look(emulator: Emulator, state: bytes) -> str:
    """Everything there is to see after loading a state: pictures, RAM, the console."""
    seen = hashlib.sha1()
    emulator.load_state(state)
    ram = emulator.ram()
    for frame in range(LOOK):
        emulator.run(1, ["right"] if frame > 2 else [])
        seen.update(emulator.screen().tobytes())
        seen.update(ram.bytes(EWRAM, EWRAM_SIZE) + ram.bytes(IWRAM, IWRAM_SIZE))
    seen.update(emulator.save_state())
    return seen.hexdigest()


def check_all_pairs(rom: Path, states: Sequence[bytes]) -> int:
    """Looks at each state after each other one, itself and power-on; returns the count of pairs."""
    with switch_on(rom) as emulator:
        fresh = []  # as each looks in a console that was just switched on
        for state in states:
            emulator.close()
            emulator.__init__(rom)  # type: ignore[misc]
            fresh.append(look(emulator, state))
        pairs = 0
        for before, first in enumerate([None, *states]):
            for number, state in enumerate(states):
                emulator.power_on() if first is None else emulator.load_state(first)
                emulator.run((before + number) % 3)
                assert look(emulator, state) == fresh[number], (before - 1, number)
                pairs += 1
        return pairs


def test_a_state_shows_the_same_after_any_other(plain: Path, clocked: Path) -> None:
    story = record_story()[::FEW]
    assert len(story) >= 20
    pairs = check_all_pairs(ROM, story)
    assert pairs == len(story) * (len(story) + 1) >= 420
    for rom in (plain, clocked):
        assert check_all_pairs(rom, record_cartridge(rom)) == 42


@pytest.mark.slow
def test_every_state_of_the_story_shows_the_same_after_any_other() -> None:
    story = record_story()
    assert check_all_pairs(ROM, story) == len(story) * (len(story) + 1) >= 10_000


def test_a_state_loaded_over_itself_keeps_its_sprites(plain: Path) -> None:
    """What was lost: the sprites' entries are equal, so nothing told the core to list them."""
    with switch_on(plain) as emulator:
        emulator.run(10)
        state = emulator.save_state()
        emulator.run(1)
        expected = emulator.screen()
        for _ in range(3):
            emulator.load_state(state)
            emulator.run(1)
            assert (emulator.screen() == expected).all()


def test_a_loaded_state_goes_on_like_the_console_it_was_saved_from(plain: Path) -> None:
    """With a timer that counts another's overflows, which the bundled core starts anew."""
    with switch_on(plain) as emulator:
        emulator.run(70)
        state = emulator.save_state()
        emulator.run(100)
        expected = emulator.save_state()
        emulator.load_state(state)
        assert emulator.save_state() == state
        emulator.run(100)
        assert emulator.save_state() == expected


# ---- Save memory -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plain", "clocked"])  # static RAM, and flash memory
def test_save_memory_is_part_of_a_state(name: str, request: pytest.FixtureRequest) -> None:
    with switch_on(request.getfixturevalue(name)) as emulator:
        ram = emulator.ram()
        emulator.run(10)
        empty, blank = emulator.save_state(), ram.bytes(SAVED, 8)
        tap(emulator, "a", "a")
        written = emulator.save_state()
        assert ram.bytes(SAVED, 8) == bytes([0x10, 0x11]) + blank[2:]
        for state, presses in ((empty, 0), (written, 2), (empty, 0)):
            emulator.load_state(state)
            emulator.run(2)
            assert ram.u8(PRESSES) == presses
            assert ram.bytes(SAVED, 8) == bytes([0x10, 0x11])[:presses] + blank[presses:]
            tap(emulator, "a")  # what this episode saves is gone in the next one
        emulator.power_on()
        emulator.run(10)
        assert ram.bytes(SAVED, 8) == blank


def test_only_what_was_saved_makes_a_state_larger(plain: Path) -> None:
    with switch_on(plain) as emulator:
        emulator.run(10)
        assert len(emulator.save_state()) == 397_312
        tap(emulator, "a")
        state = read_save_state(emulator.save_state())
        assert state.save_memory is not None
        assert state.save_memory[0] == 0x10
        assert state.clock is None


# ---- The clock -------------------------------------------------------------------------------


def told(emulator: Emulator) -> str:
    """The clock's last reading as it stands in the console: year to second, digits."""
    return read_save_state(emulator.save_state()).console[0x2B0:0x2B7].hex()


def answers(emulator: Emulator) -> bool:
    """Whether the clock answers the game: the bundled core's is read once, and says 0 to it."""
    return emulator.state_version == NEWER


def test_equal_runs_are_equal_whatever_the_hosts_time_and_zone(
    clocked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = set()
    for zone in ("UTC", "Asia/Seoul", "America/St_Johns"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        with switch_on(clocked) as emulator:
            for _ in range(2):
                emulator.power_on()
                emulator.run(61)
                assert told(emulator).startswith("250101031200")  # noon
                time.sleep(1.05)
                emulator.run(120)
                ends.add(emulator.save_state())
    monkeypatch.undo()
    time.tzset()
    assert len(ends) == 1


def test_the_clock_counts_emulated_time(clocked: Path) -> None:
    with switch_on(clocked) as emulator:
        if not answers(emulator):
            pytest.skip("the bundled core's clock answers no game")
        for frames, expected in ((61, "25010103120001"), (600, "25010103120011")):
            emulator.run(frames)
            assert told(emulator) == emulator.ram().bytes(CLOCK, 7).hex() == expected


def test_the_clock_is_restored_with_a_state(clocked: Path) -> None:
    with switch_on(clocked) as emulator:
        emulator.run(61)
        state = emulator.save_state()
        emulator.run(600)
        expected = emulator.save_state()
        emulator.power_on()
        emulator.run(7)
        emulator.load_state(state)
        time.sleep(1.05)
        emulator.run(600)
        assert emulator.save_state() == expected


def test_a_state_without_the_clock_goes_on_from_its_last_reading(clocked: Path) -> None:
    with switch_on(clocked) as emulator:
        emulator.run(20)
        console = bytearray(read_save_state(emulator.save_state()).console)
        console[0x2B0:0x2B7] = bytes.fromhex("24123102235958")
        emulator.load_state(bytes(console))
        assert read_save_state(emulator.save_state()).clock == 1_735_689_598_000 - 351  # frame 21
        if answers(emulator):
            emulator.run(200)
            assert told(emulator) == "25010103000001"


# ---- States of other people's ----------------------------------------------------------------


def test_longer_states_load_and_lose_nothing(plain: Path) -> None:
    """What a core appends, and what somebody's program left behind it."""
    with switch_on(plain) as emulator:
        emulator.run(10)
        state = emulator.save_state()
        for longer in (state + bytes(16), state + os.urandom(5), bytes(emulator._core.get_state())):
            emulator.run(3)
            emulator.load_state(longer)
            assert emulator.save_state() == state


def test_states_of_another_game_are_refused_by_name(plain: Path, clocked: Path) -> None:
    [state, *_] = record_cartridge(clocked)
    with switch_on(plain) as emulator:
        emulator.run(5)
        before, picture = emulator.save_state(), emulator.screen()
        expected = r"'POKEMON EMER' \(BPEE\); the ROM is 'TEST CARTRID' \(ZTCE\)"
        with pytest.raises(UserError, match=expected):
            emulator.load_state(state)
        assert emulator.save_state() == before
        assert (emulator.screen() == picture).all()


def test_what_the_core_refuses_is_said_and_changes_nothing(plain: Path) -> None:
    with switch_on(plain) as emulator:
        emulator.run(5)
        damaged = bytearray(emulator.save_state())
        emulator.run(5)
        before = emulator.save_state()
        struct.pack_into("<i", damaged, 0x68, -5)  # cycles since the last event
        with pytest.raises(UserError, match="emulator refused it, and the console stays"):
            emulator.load_state(bytes(damaged))
        assert emulator.save_state() == before


def find_emerald_states() -> list[Path]:
    folder = os.environ.get("AUTODAGGER_EMERALD_STATES") or ROOT.parent / "shared/emerald_states"
    return sorted(Path(folder).glob("*.state.gz"))


def test_states_of_a_real_game_load(tmp_path: Path) -> None:
    """Consoles recorded by mGBA 0.10, on a stand-in for their cartridge: its code returns."""
    paths = find_emerald_states()
    if not paths:
        pytest.skip("needs real save states; AUTODAGGER_EMERALD_STATES names their folder")
    states = [path.read_bytes() for path in paths]
    rom = bytearray(b"\x70\x47" * (1 << 19))  # bx lr
    rom[HEADER], rom[0xB2] = WITH_CLOCK, 0x96
    rom[0xBD] = finish(bytes(rom[:0x1000]))[0xBD]
    rom[:4] = b"\x2e\x00\x00\xea"  # the branch by which a header begins
    (tmp_path / "rom.gba").write_bytes(rom)
    with switch_on(tmp_path / "rom.gba") as emulator:
        if emulator.state_version != NEWER:
            for state in states:
                with pytest.raises(UserError, match="found version 0x01000007; this emulator"):
                    emulator.load_state(state)
            pytest.skip("the states need the core of mGBA 0.10, see test_newer_core.py")
        for state in states:
            emulator.load_state(state)
            raw = gzip.decompress(state)
            assert len(raw) == 397_312
            assert emulator.ram().bytes(EWRAM, EWRAM_SIZE) == raw[0x21000:]
    assert check_all_pairs(tmp_path / "rom.gba", states) == len(states) * (len(states) + 1)
