"""Training state on disk: what it is tied to, and what a kill leaves of it."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from autodagger.dagger import checkpoint as checkpoint_module
from autodagger.dagger.checkpoint import Checkpoint, fingerprint
from autodagger.dagger.options import TrainingOptions
from autodagger.task import Budget
from tests.grid import CURSOR, GAME_DIR, GO_THERE, ROM, make_task, take, write_expert

DEPENDS_ON = {"expert": "e", "rom": "r", "options": "o"}


def content(number: int) -> dict[str, Any]:
    return {
        "metrics": {"iteration": number, "success_rate": 0.5, "interval": [0.1, 0.9]},
        "weights": {"w": torch.full((3,), float(number))},
        "rollouts": [{"group": f"r{number}", "acts": [1, 2, number], "seed": 2**62 + number}],
        "new": {
            "frames": np.full((2, 4, 6, 1), number, np.uint8),
            "transitions": np.array([[number, 0, 1, 2]], np.int32),
        },
    }


def open_checkpoint(folder: Path, **changes: str) -> tuple[Checkpoint, list[str]]:
    said: list[str] = []
    return Checkpoint(folder, DEPENDS_ON | changes, said.append), said


def save(folder: Path, count: int) -> None:
    checkpoint, _ = open_checkpoint(folder)
    for number in range(count):
        checkpoint.save(number, content(number))


def load(folder: Path, **changes: str) -> tuple[list[int], str]:
    """The iterations that an opening finds, and what it says."""
    checkpoint, said = open_checkpoint(folder, **changes)
    return [saved["metrics"]["iteration"] for saved in checkpoint.load()], "\n".join(said)


def test_iterations_come_back_as_they_were(tmp_path: Path) -> None:
    save(tmp_path / "c", 2)
    checkpoint, _ = open_checkpoint(tmp_path / "c")
    for number, saved in enumerate(checkpoint.load()):
        expected = content(number)
        assert saved["metrics"] == expected["metrics"]
        assert saved["rollouts"] == expected["rollouts"]
        assert torch.equal(saved["weights"]["w"], expected["weights"]["w"])
        for name, array in expected["new"].items():
            assert np.array_equal(saved["new"][name], array)
            assert saved["new"][name].dtype == array.dtype


def test_new_folder_holds_nothing_and_says_nothing(tmp_path: Path) -> None:
    assert load(tmp_path / "deep" / "c") == ([], "")


def test_continuing_is_told(tmp_path: Path) -> None:
    save(tmp_path / "c", 3)
    found, said = load(tmp_path / "c")
    assert found == [0, 1, 2]
    assert "continuing after iteration 3" in said


@pytest.mark.parametrize("changed", [["expert"], ["rom"], ["options"], ["expert", "options"]])
def test_changed_origin_starts_afresh_and_is_named(tmp_path: Path, changed: list[str]) -> None:
    save(tmp_path / "c", 3)
    found, said = load(tmp_path / "c", **dict.fromkeys(changed, "new"))
    assert found == []
    assert f"changed since: {', '.join(changed)}; starting afresh" in said
    assert load(tmp_path / "c", **dict.fromkeys(changed, "new")) == ([], "")
    assert not list((tmp_path / "c").glob("iteration*"))


def test_origin_of_an_older_program_starts_afresh(tmp_path: Path) -> None:
    save(tmp_path / "c", 1)
    found, said = load(tmp_path / "c", torch="2.13")
    assert found == []
    assert "torch" in said


def test_folder_without_its_origin_is_not_trusted(tmp_path: Path) -> None:
    """A kill while the folder was being emptied."""
    save(tmp_path / "c", 2)
    (tmp_path / "c" / "checkpoint.json").unlink()
    assert load(tmp_path / "c")[0] == []
    assert load(tmp_path / "c")[0] == []


def test_iterations_after_a_gap_are_not_used(tmp_path: Path) -> None:
    save(tmp_path / "c", 4)
    (tmp_path / "c" / "iteration_001.pt").unlink()
    assert load(tmp_path / "c")[0] == [0]


@pytest.mark.parametrize("damage", ["cut", "byte", "empty", "folder"])
def test_a_damaged_iteration_is_done_again_and_those_before_are_kept(
    tmp_path: Path, damage: str
) -> None:
    save(tmp_path / "c", 3)
    path = tmp_path / "c" / "iteration_001.pt"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.unlink()
    if damage == "folder":
        path.mkdir()
    else:
        path.write_bytes({"cut": data[:-9], "byte": data, "empty": b""}[damage])
    found, said = load(tmp_path / "c")
    assert found == [0]
    assert f"checkpoint {path}: " in said
    assert "goes on without it, from iteration 2 again" in said
    assert "continuing after iteration 1" in said


def test_a_damaged_origin_is_said(tmp_path: Path) -> None:
    save(tmp_path / "c", 1)
    (tmp_path / "c" / "checkpoint.json").write_text("{")
    found, said = load(tmp_path / "c")
    assert found == []
    assert "checkpoint not used: origin" in said and "starting afresh" in said


def test_half_written_file_of_a_killed_save_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "c", 2)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    checkpoint, _ = open_checkpoint(tmp_path / "c")
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", killed)
        with pytest.raises(KeyboardInterrupt):
            checkpoint.save(2, content(2))
    (tmp_path / "c" / ".iteration_002.pt.abc.tmp").write_bytes(b"half")  # as SIGKILL leaves it
    assert load(tmp_path / "c")[0] == [0, 1]
    checkpoint.save(2, content(2))
    assert load(tmp_path / "c")[0] == [0, 1, 2]


def test_saving_again_replaces(tmp_path: Path) -> None:
    save(tmp_path / "c", 1)
    checkpoint, _ = open_checkpoint(tmp_path / "c")
    checkpoint.save(0, content(7))
    assert load(tmp_path / "c")[0] == [7]


def test_removal_leaves_nothing_and_may_be_repeated(tmp_path: Path) -> None:
    save(tmp_path / "c", 2)
    checkpoint, _ = open_checkpoint(tmp_path / "c")
    checkpoint.finish()
    checkpoint.finish()
    assert not (tmp_path / "c").exists()


def test_note_says_how_far_training_is(tmp_path: Path) -> None:
    checkpoint, _ = open_checkpoint(tmp_path / "c")
    checkpoint.tell(2, 10, 0.9)
    note = json.loads((tmp_path / "c" / "progress.json").read_text())
    assert note == {"iteration": 2, "iterations": 10, "success_rate": 0.9}


# ---- What a training depends on --------------------------------------------------------------


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A folder with everything that a fingerprint reads."""
    adapter = (GAME_DIR / "adapter.py").read_text()
    (tmp_path / "adapter.py").write_text(f"from . import places\n{adapter}")
    (tmp_path / "places.py").write_text("")
    shutil.copy(ROM, tmp_path / "game.gba")
    write_expert(tmp_path, GO_THERE)
    write_expert(tmp_path / "tools", "def helper(): pass", "tool.py")
    (tmp_path / "states.zip").write_bytes(b"states")
    return tmp_path


def look(world: Path, options: TrainingOptions | None = None, **changes: Any) -> dict[str, str]:
    """The fingerprint of what is in `world`; `changes` of the task or the budget."""
    values: dict[str, Any] = {
        "game_dir": world,
        "rom": world / "game.gba",
        "tools": tuple(sorted((world / "tools").glob("*.py"))),
        "starts": world / "states.zip",
        "max_episode_steps": 20,
        "expert_success_rate": 1.0,
        **changes,
    }
    budget = take(Budget, values)
    task = make_task(world / "CURSOR.py", **values)
    return fingerprint(task, options or TrainingOptions(), budget)


def append(name: str) -> Callable[[Path], object]:
    def change(world: Path) -> None:
        with (world / name).open("ab") as file:
            file.write(b"\n# edited\n")

    return change


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("expert", append("CURSOR.py")),
        ("tools", append("tools/tool.py")),
        ("tools", lambda world: write_expert(world / "tools", "", "another.py")),
        ("tools", lambda world: (world / "tools" / "tool.py").unlink()),
        ("rom", append("game.gba")),
        ("adapter", append("adapter.py")),
        ("program", append("places.py")),
        ("start_states", append("states.zip")),
    ],
)
def test_changed_file_changes_its_own_digest(
    world: Path, name: str, change: Callable[[Path], object]
) -> None:
    before = look(world)
    change(world)
    after = look(world)
    assert {key for key in before if before[key] != after[key]} == {name}


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("options", {"seed": 1}),
        ("options", {"expert_success_rate": 0.9}),
        ("options", {"max_episode_steps": 21}),
        ("milestone", {"milestone": dataclasses.replace(CURSOR, done_when="battle")}),
        ("milestone", {"milestone": dataclasses.replace(CURSOR, fail_when=None)}),
    ],
)
def test_changed_value_changes_its_own_digest(
    world: Path, name: str, changes: dict[str, Any]
) -> None:
    before = look(world)
    after = look(world, **changes)
    assert {key for key in before if before[key] != after[key]} == {name}


@pytest.mark.parametrize("option", dataclasses.fields(TrainingOptions), ids=lambda f: f.name)
def test_every_option_counts(world: Path, option: dataclasses.Field[Any]) -> None:
    other: Any = {
        bool: lambda value: not value,
        int: lambda value: value + 1,
        float: lambda value: value + 0.5,
        str: lambda value: value + "x",
        tuple: lambda value: (*value, 1),
        list: lambda value: [*value, 1],
    }[type(option.default)](option.default)
    changed = TrainingOptions(**{option.name: other})
    assert look(world)["options"] != look(world, options=changed)["options"]


def test_list_and_tuple_of_a_frame_size_are_the_same_option(world: Path) -> None:
    lists = look(world, options=TrainingOptions(frame_size=[80, 120]))
    assert lists == look(world, options=TrainingOptions(frame_size=(80, 120)))


def test_description_and_place_of_a_milestone_do_not_count(world: Path) -> None:
    moved = dataclasses.replace(CURSOR, index=9, description="new words")
    assert look(world) == look(world, milestone=moved)


def test_changed_program_counts(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = look(world)
    source = tmp_path / "dagger.py"
    source.write_text("x = 1")
    monkeypatch.setattr(checkpoint_module, "list_sources", lambda *modules: [source])
    after = look(world)
    assert {key for key in before if before[key] != after[key]} == {"program"}


def test_program_is_what_training_and_the_adapter_import(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def list_nothing(*sources: Any) -> list[Path]:
        asked.extend(sources)
        return []

    for name in ("list_sources", "list_game_sources"):
        monkeypatch.setattr(checkpoint_module, name, list_nothing)
    look(world)
    assert asked == ["dagger.training", world / "adapter.py"]


def test_place_of_the_files_does_not_count(
    world: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    moved = tmp_path_factory.mktemp("elsewhere") / "moved"
    shutil.copytree(world, moved)
    assert look(moved) == look(world)


def test_power_on_start_and_no_tools_are_fine(world: Path) -> None:
    digests = look(world, starts=None, tools=())
    assert digests["start_states"] == "power-on"
    assert all(isinstance(value, str) and value for value in digests.values())
