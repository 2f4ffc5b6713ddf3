"""Recordings: what was played, kept small, read as it was or named as damaged."""

from pathlib import Path

import numpy as np
import pytest

from autodagger.authoring.recording import Recording, list_busy_steps, load_recording, record
from autodagger.files import DamagedFile
from autodagger.game.memory import Snapshot, take_snapshot


class Counting:
    """A simulator whose memory is a counter of steps and one of "b"."""

    has_ended = False

    def __init__(self) -> None:
        self._memory = bytearray(300)

    def act(self, action: str, _rng: np.random.Generator) -> int:
        self._memory[7] += 1
        self._memory[299] += action == "b"
        self.has_ended = self._memory[7] == 9
        return 1

    def memory(self) -> Snapshot:
        content = bytes(self._memory)
        return take_snapshot({0x3000: content[100:], 0x10: content[:100]}, True, 2)

    def state(self) -> dict[str, int]:
        return {"steps": self._memory[7]}

    def screen(self) -> np.ndarray:
        return np.zeros((2, 3, 3), np.uint8)


def play(steps: int, actions: str = "ababababab") -> Recording:
    keys = iter(actions)
    choose = lambda _state: next(keys, None)  # noqa: E731
    return record(Counting(), choose, steps, np.random.default_rng(0))  # type: ignore[arg-type]


def test_the_memory_of_any_step_comes_back() -> None:
    recording = play(5)
    assert (recording.steps, recording.actions) == (5, [*"ababa"])
    memory = recording.read_memory({0, 3, 5})
    assert [int(memory[step][7]) for step in (0, 3, 5)] == [0, 3, 5]
    assert [int(memory[step][299]) for step in (0, 3, 5)] == [0, 1, 2]
    assert recording.count_changes()[[7, 8, 299]].tolist() == [5, 0, 2]
    assert recording.states[3] == {"steps": 3, "prev_action": "a"}
    assert list(recording.map.blocks) == [0x10, 0x3000]


@pytest.mark.parametrize(("steps", "keys", "played"), [(99, "a" * 99, 9), (99, "ab", 2)])
def test_the_games_end_and_the_players_end_it(steps: int, keys: str, played: int) -> None:
    assert play(steps, keys).steps == played


def test_busy_steps_are_those_that_changed_most() -> None:
    assert list_busy_steps(play(6), 2) == [2, 4]


def test_it_comes_back_from_its_file(tmp_path: Path) -> None:
    recording = play(6)
    recording.save(tmp_path / "r.npz")
    again = load_recording(tmp_path / "r.npz")
    assert (again.map, again.actions, again.states) == (
        recording.map,
        recording.actions,
        recording.states,
    )
    for step in range(7):
        assert (again.read_memory({step})[step] == recording.read_memory({step})[step]).all()


@pytest.mark.parametrize("damage", [b"", b"PK", None])
def test_a_damaged_one_is_named(tmp_path: Path, damage: bytes | None) -> None:
    path = tmp_path / "r.npz"
    play(6).save(path)
    path.write_bytes(path.read_bytes()[:-40] if damage is None else damage)
    with pytest.raises(DamagedFile, match=r"recording .*r\.npz: .*Play again"):
        load_recording(path)
