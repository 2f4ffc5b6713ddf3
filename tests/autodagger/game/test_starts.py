"""Start states on disk."""

import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from autodagger.files import DamagedFile
from autodagger.game.starts import (
    POWER_ON,
    StartState,
    check_start_states,
    load_start_states,
    recorded_with,
    save_start_states,
)

STATES = [StartState(f"ep{k}.state", bytes([k]) * 1000) for k in range(1, 4)]
SHA1 = "a" * 40


def test_states_come_back_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "new" / "states.zip"
    save_start_states(path, STATES[::-1], SHA1)
    assert load_start_states(path) == STATES[::-1]


def test_no_file_is_power_on() -> None:
    assert load_start_states(None) == [POWER_ON]
    assert POWER_ON.data is None


def test_any_other_file_is_one_state(tmp_path: Path) -> None:
    path = tmp_path / "TOWN_completed.state"
    path.write_bytes(b"state")
    assert load_start_states(path) == [StartState("TOWN_completed.state", b"state")]


def test_equal_states_give_equal_bytes_at_any_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_start_states(tmp_path / "a.zip", STATES, SHA1)
    monkeypatch.setattr(time, "time", lambda: 2e9)
    save_start_states(tmp_path / "b.zip", STATES, SHA1)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    save_start_states(tmp_path / "c.zip", STATES[:2], SHA1)
    assert (tmp_path / "a.zip").read_bytes() != (tmp_path / "c.zip").read_bytes()


def test_equal_states_are_stored_once_under_the_first_name(tmp_path: Path) -> None:
    path = tmp_path / "states.zip"
    save_start_states(path, [*STATES, StartState("ep9.state", STATES[0].data)], SHA1)
    assert [state.name for state in load_start_states(path)] == [s.name for s in STATES]
    assert len(zipfile.ZipFile(path).namelist()) == 4  # three states and the manifest


def test_file_is_small(tmp_path: Path) -> None:
    path = tmp_path / "states.zip"
    save_start_states(path, [StartState("x", bytes(397_312))], SHA1)
    assert path.stat().st_size < 2000


def test_no_states_can_be_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "states.zip"
    save_start_states(path, [], SHA1)
    assert load_start_states(path) == []
    assert not recorded_with(path, SHA1)


def test_recorded_with_tells_roms_apart(tmp_path: Path) -> None:
    path = tmp_path / "states.zip"
    assert not recorded_with(path, SHA1)
    save_start_states(path, STATES, SHA1)
    assert recorded_with(path, SHA1)
    assert not recorded_with(path, "b" * 40)


def test_writing_replaces_the_file_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "states.zip"
    save_start_states(path, STATES, SHA1)
    save_start_states(path, STATES[:1], SHA1)
    assert load_start_states(path) == STATES[:1]
    assert [file.name for file in tmp_path.iterdir()] == ["states.zip"]


@pytest.mark.parametrize("read", [load_start_states, check_start_states])
@pytest.mark.parametrize("place", ["cut", "byte", "empty", "other"])
def test_a_zip_that_is_not_as_it_was_written_is_named(
    tmp_path: Path, read: Callable[[Path], object], place: str
) -> None:
    path = tmp_path / "states.zip"
    save_start_states(path, STATES, SHA1)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    damaged = {"cut": data[:-30], "byte": data, "empty": b"", "other": b"{}"}
    path.write_bytes(damaged[place])
    with pytest.raises(DamagedFile, match=rf"^start states {path}: .*Delete that file and start"):
        read(path)


def test_a_state_of_any_size_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "TOWN_completed.state"
    with path.open("wb") as file:
        file.truncate(4 << 30)
    with pytest.raises(DamagedFile, match=r"TOWN_completed.state: found 4,294,967,296 bytes"):
        load_start_states(path)


def test_a_recorded_zip_is_a_zip_to_others(tmp_path: Path) -> None:
    save_start_states(tmp_path / "states.zip", STATES, SHA1)
    with zipfile.ZipFile(tmp_path / "states.zip") as archive:
        assert archive.testzip() is None
