"""Options that are paths: what is refused of them before the first job."""

import os
from pathlib import Path
from typing import Any

import pytest

from autodagger.errors import UserError
from autodagger.workflow.config import load_config
from autodagger.workflow.paths import check_paths, locate
from tests.workflow.conftest import GAME, ROOT

DEFAULT = ".milestone_trainer_cache/milestone_states"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with experts, tools, states and a file."""
    monkeypatch.chdir(tmp_path)
    for name in ("experts", "tools", "states", "results"):
        Path(name).mkdir()
    Path("file").write_text("mine")
    return tmp_path


def check(**options: Any) -> None:
    written = {"game": str(GAME), "policy_dir": "experts", "tools_dir": "tools", **options}
    options = load_config(written)
    game_dir = locate(options, ROOT)
    check_paths(options, game_dir, DEFAULT)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"output_dir": "results"},
        {"output_dir": "new/deep/results"},
        {"state_dir": "states"},
        {"state_dir": DEFAULT},
        {"output_dir": "Ergebnisse für alle"},
    ],
)
def test_ordinary_places_are_taken(options: dict[str, str]) -> None:
    check(**options)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"output_dir": "file"}, "option output_dir: file is no folder; name another place"),
        ({"output_dir": "file/results"}, "file is no folder"),
        ({"output_dir": "experts"}, "would mix with the option policy_dir (experts)"),
        ({"output_dir": "tools"}, "would mix with the option tools_dir (tools)"),
        ({"output_dir": "states", "state_dir": "states"}, "would mix with the option state_dir"),
        ({"output_dir": "."}, "results in . would mix with the working folder (.)"),
        ({"output_dir": ".."}, "would mix with the working folder"),
        ({"output_dir": "/"}, "results in / would mix with the working folder"),
        ({"output_dir": str(GAME)}, "would mix with the game's folder"),
        ({"output_dir": "a{b}c"}, "'a{b}c' has braces, which Snakemake takes for wildcards"),
        ({"output_dir": "a\0b"}, "'a\\x00b' holds the control character '\\x00'"),
        ({"output_dir": "a\nb"}, "holds the control character"),
        ({"output_dir": "x" * 300}, "is longer than a file's name can be (255 bytes)"),
        ({"output_dir": "ü" * 200}, "is longer than a file's name can be"),
        ({"output_dir": "x/" * 2000}, "is longer than a file's name can be"),
        ({"output_dir": "s3://bucket/x"}, "'s3://bucket/x' is an address; only files and folders"),
        ({"policy_dir": "expert"}, "there is no folder expert (did you mean 'experts'?); create"),
        ({"policy_dir": "file"}, "option policy_dir: file is no folder; set policy_dir to the"),
        ({"tools_dir": "file"}, "option tools_dir: file is no folder"),
        ({"state_dir": "state"}, "option state_dir: there is no folder state (did you mean 'st"),
        ({"state_dir": "file"}, "option state_dir: file is no folder"),
        ({"rom_path": "a\0b"}, "option rom_path: "),
        ({"game": "mosbrook"}, "no adapter.py there (did you mean 'mossbrook'?). Expected a game"),
        ({"game": "./nowhere"}, "game nowhere: no adapter.py there"),
    ],
)
def test_other_places_are_refused(options: dict[str, str], expected: str) -> None:
    with pytest.raises(UserError) as refusal:
        check(**options)
    assert expected in str(refusal.value)
    assert str(refusal.value).startswith(("option ", "game "))


@pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
def test_a_tool_that_cannot_be_read_is_named(kind: str) -> None:
    path = Path("tools/walk.py")
    {"folder": path.mkdir, "link": lambda: path.symlink_to("x"), "pipe": lambda: os.mkfifo(path)}[
        kind
    ]()
    with pytest.raises(UserError, match=r"^tool tools/walk\.py: .*mend it, or take it away"):
        check()


@pytest.mark.parametrize("written", ["./mine", "mine/", "mine/.", "../here/mine", "."])
def test_what_looks_like_a_path_is_one(folder: Path, written: str) -> None:
    game = folder if written == "." else folder / "mine"
    game.mkdir(exist_ok=True)
    (game / "adapter.py").write_text("")
    written = written.replace("here", folder.name)
    options = load_config({"game": written, "policy_dir": "experts", "milestone_config": "file"})
    assert locate(options, ROOT).resolve() == game.resolve()


def test_a_path_without_a_slash_is_guessed(folder: Path) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / "adapter.py").write_text("")
    with pytest.raises(UserError, match=r"did you mean the path '\./mine'\?"):
        locate(load_config({"game": "mine"}), ROOT)
