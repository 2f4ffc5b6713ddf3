"""The cartridge's clock where there is nothing to hold on to; the rest is in test_restoring.py."""

import time
from pathlib import Path

import pytest

from autodagger.errors import UserError
from autodagger.game import clock, emulator
from autodagger.game.emulator import Emulator
from autodagger.game.save_state import CONSOLE_SIZE, SaveState
from tests.cartridge import WITH_CLOCK, build_cartridge


def test_a_library_without_the_function_is_refused() -> None:
    import _ctypes

    with pytest.raises(OSError, match="no function time that could be replaced"):
        clock.replace_time(_ctypes.__file__, lambda: 0)


def test_a_library_that_is_not_loaded_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        clock.replace_time(str(tmp_path / "nothing.so"), lambda: 0)


def test_a_clock_that_cannot_be_held_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(library: str, now: object) -> object:
        raise OSError("only 64-bit Linux")

    monkeypatch.setattr(emulator, "replace_time", fail)
    rom = build_cartridge(tmp_path / "clocked.gba", WITH_CLOCK)
    with pytest.raises(UserError, match=r"has a clock, which this emulator core takes from the"):
        Emulator(rom)


def test_this_process_sees_its_own_time(tmp_path: Path) -> None:
    rom = build_cartridge(tmp_path / "clocked.gba", WITH_CLOCK)
    before = time.time()
    console = Emulator(rom)
    console.run(30)
    assert before <= time.time() < before + 60
    console.close()


@pytest.mark.parametrize("digits", ["00000000000000", "25130103120000", "250101032a0000"])
def test_a_clock_that_was_never_read_starts_as_at_power_on(digits: str) -> None:
    console = bytearray(CONSOLE_SIZE)
    console[0x2B0:0x2B7] = bytes.fromhex(digits)
    assert clock.find_start(SaveState(bytes(console))) == clock.POWER_ON


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia"])
def test_the_hosts_zone_shows_the_clocks_own_time(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        moment = clock.to_host_time(clock.POWER_ON + 1234)
        assert time.strftime("%F %T", time.localtime(moment // 1000)) == "2025-01-01 12:00:01"
        assert moment % 1000 == 234
    time.tzset()
