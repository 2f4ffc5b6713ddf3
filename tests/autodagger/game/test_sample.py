"""One state is read before any job, and what is wrong with reading it is told."""

from pathlib import Path

import pytest

from autodagger.errors import UserError
from autodagger.game import sample
from autodagger.game.sample import find_no_json, read_sample, read_samples
from tests.grid import GAME_DIR, ROM, GridStates

ADAPTER = """
import time
from autodagger.game.gba import GbaGame
class Mine(GbaGame):
    name, rom, rom_sha1, actions = "Mine", "x.gba", "0", ("no_op", "a")
    hold_frames, release_frames = 4, (4, 8)
    def read_state(self, ram):
        print("noise")
        {body}
"""


def read(folder: Path, body: str) -> object:
    (folder / "adapter.py").write_text(ADAPTER.format(body=body))
    return read_sample(folder, ROM)


def test_the_state_at_power_on_and_in_a_save_state(grid_states: GridStates, tmp_path: Path) -> None:
    state = read_sample(GAME_DIR, ROM)
    assert state is not None and state["game"]["scene"] != "naming"
    (tmp_path / "top.state").write_bytes(grid_states.top_right)
    state = read_sample(GAME_DIR, ROM, tmp_path / "top.state")
    assert state is not None and state["player"]["position"] == {"x": 6, "y": 0}


def test_what_an_adapter_prints_does_no_harm(tmp_path: Path) -> None:
    assert read(tmp_path, 'return {"x": (1, 2.5, None, True, "é")}') == {
        "x": [1, 2.5, None, True, "é"]
    }


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return {}['x']", r"adapter\.py, line 9: KeyError: 'x', in read_state, where episodes"),
        ("ram.u8(0)", r"adapter\.py, line 9: ValueError: RAM read of 1 bytes at 0x00000000"),
        ("return [1]", r"read_state gave list; expected a dict"),
        ("pass", r"read_state gave NoneType; expected a dict"),
        ("return {'a': {'b': b'x'}}", r"no JSON: a\.b is .*\(bytes\)\. Expected dicts"),
        ("return {'a': [{1}]}", r"no JSON: a\[0\] is '\{1\}' \(set\)"),
        ("return {'a': {1: 2}}", r"no JSON: a has the key 1 \(int\), no text"),
    ],
)
def test_what_is_wrong_with_reading_is_told(tmp_path: Path, body: str, expected: str) -> None:
    with pytest.raises(UserError, match=expected):
        read(tmp_path, body)


def test_numpys_numbers_are_none_of_json() -> None:
    import numpy as np

    assert list(find_no_json({"hp": np.uint8(3)})) == ["hp is '3' (uint8)"]


def test_an_adapter_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "TIME_LIMIT_SECONDS", 1.0)
    with pytest.raises(UserError, match=r"reading one game state took longer than 1 s"):
        read(tmp_path, "time.sleep(60)")


@pytest.mark.parametrize(
    ("top", "body", "expected"),
    [
        (
            "import os; os._exit(0)",
            "pass",
            r"its process ended \(exit status 0\) when it was loaded",
        ),
        (
            "import sys; sys.exit()",
            "pass",
            r"adapter\.py, line 1: SystemExit, while the adapter was",
        ),
        ("raise KeyboardInterrupt", "pass", r"its process ended .* when it was loaded"),
        ("while True: pass", "pass", r"it took longer than 2 s until it was loaded"),
        (
            "",
            "import os; os._exit(3)",
            r"process ended \(exit status 3\) when it had one game state",
        ),
        ("", "raise SystemExit(0)", r"adapter\.py, line \d: SystemExit: 0, in read_state"),
        ("", "a = {}; a['a'] = a; return a", r"is nested too deep, or holds itself"),
        (
            "import sys; sys.stdout.buffer.write(b'\\xff')",
            "return [1]",
            r"gave list; expected a dict",
        ),
        ("import atexit; atexit.register(print, 'bye')", "return [1]", r"gave list"),
    ],
)
def test_whatever_an_adapter_does_to_its_process_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, top: str, body: str, expected: str
) -> None:
    monkeypatch.setattr(sample, "TIME_LIMIT_SECONDS", 2.0)
    text = f"{top};{ADAPTER}" if top and not top.startswith("while") else f"{top}\n{ADAPTER}"
    (tmp_path / "adapter.py").write_text(text.lstrip("\n").replace("{body}", body))
    with pytest.raises(UserError, match=expected):
        read_samples(tmp_path, ROM, [None])


def test_each_start_is_read_and_what_is_no_state_says_why(
    grid_states: GridStates, tmp_path: Path
) -> None:
    for name, data in (
        ("good", grid_states.top_right),
        ("bad", b"no state"),
        ("sav", bytes(32768)),
    ):
        (tmp_path / f"{name}.state").write_bytes(data)
    starts = [None, *(tmp_path / f"{name}.state" for name in ("good", "bad", "sav"))]
    power_on, good, bad, sav = read_samples(GAME_DIR, ROM, starts)
    assert power_on.state and good.state
    assert good.state["player"]["position"] == {"x": 6, "y": 0}
    assert str(bad.refused).startswith("this is none")
    assert str(sav.refused).startswith("this is a battery save")


def test_a_rom_that_the_emulator_refuses_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.nes").write_bytes(b"no game")
    with pytest.raises(UserError, match=r"bad\.nes: the emulator refused it"):
        read_sample(GAME_DIR, tmp_path / "bad.nes")


def test_what_is_not_the_adapters_fault_is_left_to_the_jobs(tmp_path: Path) -> None:
    """A save state that is none, and an emulator that dies."""
    (tmp_path / "bad.state").write_bytes(b"no state")
    assert read_sample(GAME_DIR, ROM, tmp_path / "bad.state") is None
    assert read(tmp_path, "import os; os.kill(os.getpid(), 9)") is None


def test_slow_game_is_no_hanging_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step is soon done, all of them take longer than the limit."""
    monkeypatch.setattr(sample, "TIME_LIMIT_SECONDS", 1.0)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # where it says what was tried
    (tmp_path / "adapter.py").write_text(ADAPTER.format(body="time.sleep(0.02); return {}"))
    assert [one.state for one in read_samples(tmp_path, ROM, [None, None])] == [{}, {}]
