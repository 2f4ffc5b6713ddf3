"""Options become paths: what the game brings, what the original's users have, and `~`."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from autodagger.errors import UserError
from autodagger.workflow.pipeline import load_pipeline
from tests.workflow.conftest import GAME, ROOT

MILESTONES = '{"milestones": [{"id": "%s", "done_when": "game.busy"}]}'
SEEDS = ".milestone_trainer_cache/successful_policies"


@pytest.fixture
def game(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A game of the user's own, with no more than its adapter and ROM, in the working folder."""
    monkeypatch.chdir(tmp_path)
    game = Path("games/mine")
    game.mkdir(parents=True)
    for name in ("adapter.py", "mossbrook.gba", "mossbrook.gba.sha1"):
        shutil.copy(GAME / name, game)
    return game


def load(**options: Any) -> dict[str, Any]:
    pipeline = load_pipeline({"game": "mine", **options}, [], ROOT)
    return pipeline.options | {"ids": list(pipeline.milestones)}


def bring(folder: Path, milestone: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "milestone_config.json").write_text(MILESTONES % milestone)


def test_a_games_folder_brings_its_defaults(game: Path) -> None:
    bring(game, "OWN")
    bring(Path(), "SEEDS")
    for name in ("experts", "tools"):
        (game / name).mkdir()
    Path(SEEDS).mkdir(parents=True)
    options = load()
    assert options["ids"] == ["OWN"]
    assert options["policy_dir"] == "games/mine/experts"
    assert options["tools_dir"] == "games/mine/tools"


def test_else_the_seeds_defaults_hold_and_nothing_of_another_game(game: Path) -> None:
    bring(Path(), "SEEDS")
    Path(SEEDS).mkdir(parents=True)
    options = load()
    assert options["ids"] == ["SEEDS"]
    assert (options["policy_dir"], options["tools_dir"]) == (SEEDS, None)


def test_options_override_what_the_game_brings(game: Path) -> None:
    bring(game, "OWN")
    bring(Path("mine"), "OTHER")
    for folder in (game / "experts", game / "tools", Path("teachers"), Path("helpers")):
        folder.mkdir()
    config = "mine/milestone_config.json"
    options = load(milestone_config=config, policy_dir="teachers", tools_dir="helpers")
    assert options["ids"] == ["OTHER"]
    assert (options["policy_dir"], options["tools_dir"]) == ("teachers", "helpers")
    assert load(tools_dir="none")["tools_dir"] is None
    assert load(tools_dir="")["tools_dir"] == "games/mine/tools"


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("milestone_config", r"neither games/mine/milestone_config\.json nor milestone_config\.j"),
        ("policy_dir", rf"option policy_dir is empty, and neither games/mine/experts nor {SEEDS}"),
    ],
)
def test_what_nobody_brings_is_asked_for(game: Path, missing: str, expected: str) -> None:
    if missing == "policy_dir":
        bring(game, "OWN")
    with pytest.raises(UserError, match=expected):
        load()


def test_the_shipped_game_has_what_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    options = load_pipeline({}, [], ROOT).options
    assert options["milestone_config"] == "games/mossbrook/milestone_config.json"
    assert options["policy_dir"] == "games/mossbrook/experts"
    assert options["tools_dir"] == "games/mossbrook/tools"


def test_a_tilde_is_the_home_folder_in_every_path(
    game: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    shutil.copytree(game, "home/game")
    bring(Path("home"), "HOME")
    for name in ("experts", "tools", "states"):
        Path("home", name).mkdir()
    names = {
        "rom_path": "game/mossbrook.gba",
        "milestone_config": "milestone_config.json",
        "policy_dir": "experts",
        "tools_dir": "tools",
        "state_dir": "states",
        "output_dir": "results",
    }
    written = {key: f"~/{name}" for key, name in names.items()}
    pipeline = load_pipeline({"game": "~/game", **written}, [], ROOT)
    home = tmp_path / "home"
    assert pipeline.game_dir == home / "game"
    assert {key: pipeline.options[key] for key in names} == {
        key: str(home / name) for key, name in names.items()
    }


def test_the_home_of_nobody_is_refused(game: Path) -> None:
    with pytest.raises(UserError, match=r"option output_dir: ~no-such-user/x names a home folder"):
        load(output_dir="~no-such-user/x")


def test_datasets_without_their_writer_are_refused(
    game: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(game, "OWN")
    (game / "experts").mkdir()
    monkeypatch.setattr("autodagger.workflow.pipeline._DATASET_WRITER", "no_such_package")
    assert load()["save_dataset"] is False
    with pytest.raises(UserError, match=r"save_dataset: .* need no_such_package.*pip install"):
        load(save_dataset=True)
