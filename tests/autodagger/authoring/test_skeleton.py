"""A game's folder to begin with: it runs as it is, and is formatted as ours are."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from autodagger.authoring import skeleton
from autodagger.authoring.recording import Recording
from autodagger.authoring.skeleton import create_game, find_change
from autodagger.errors import UserError
from autodagger.game.contract import check_rom, load_game
from autodagger.game.fields import check_fields
from autodagger.game.memory import MemoryMap
from autodagger.game.milestone import load_milestones
from autodagger.game.sample import read_sample
from games.airstriker.adapter import find_rom
from tests.games.test_examples import SMALL, play
from tests.workflow.conftest import GAME, ROOT, Pipeline

KINDS = {
    "shooter": (Path(find_rom()), None),
    "my-2nd.game": (GAME / "mossbrook.gba", None),
    "line": (None, "tests.envs:Line-v0"),
}


@pytest.fixture(params=KINDS)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / request.param
    text = create_game(str(folder), *KINDS[request.param])
    assert f"snakemake --cores all --configfile {folder}/config.yaml" in text
    return folder


def test_its_game_is_exact_and_its_expert_reaches_its_milestone(folder: Path) -> None:
    game = load_game(folder)
    rom = game.find_rom(folder)
    check_rom(game, rom)
    [milestone] = load_milestones(folder / "milestone_config.json")
    state = read_sample(folder, rom)
    assert state is not None
    check_fields([milestone], state, folder)
    for seed in (7, 8):
        assert play(folder, milestone, None, seed) is not None


def test_its_code_is_formatted(folder: Path) -> None:
    for command in (("format", "--check"), ("check", "--ignore", "D102,D103,D100")):
        ruff = [sys.executable, "-m", "ruff", *command, "--config", str(ROOT / "pyproject.toml")]
        done = subprocess.run([*ruff, *folder.rglob("*.py")], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_the_roms_copy_is_kept_out_of_git(tmp_path: Path) -> None:
    create_game(str(tmp_path / "shooter"), Path(find_rom()), None)
    assert (tmp_path / "shooter" / "rom.md").read_bytes() == Path(find_rom()).read_bytes()
    assert "rom.md" in (tmp_path / "shooter" / ".gitignore").read_text().splitlines()


def test_a_name_is_a_folder_of_games(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    create_game("line", None, "tests.envs:Line-v0")
    config = yaml.safe_load((tmp_path / "games" / "line" / "config.yaml").read_text())
    assert (config["game"], config["output_dir"]) == ("line", "line_results")


def test_what_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(UserError, match=r"mine is there already, and is left as it is"):
        create_game(str(tmp_path / "mine"), None, "tests.envs:Line-v0")
    assert list((tmp_path / "mine").iterdir()) == []


def test_what_cannot_be_played_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be made"):
        create_game(str(tmp_path / "mine"), None, "tests.envs:Missing-v0")
    with pytest.raises(UserError, match="no such file"):
        create_game(str(tmp_path / "mine"), tmp_path / "none.md", None)
    assert list(tmp_path.iterdir()) == []


def test_a_byte_that_changes_once_and_alike_in_all_plays_is_chosen() -> None:
    def play(*changes: tuple[int, int, int]) -> Recording:
        steps = [
            [(place, value) for at, place, value in changes if at == step] for step in range(9)
        ]
        recording = Recording(MemoryMap({0: 8}), np.zeros(8, np.uint8))
        for step in steps[1:]:
            places, values = zip(*step, strict=True) if step else ((), ())
            recording.changes.append((np.array(places, int), np.array(values, np.uint8)))
        return recording

    once, soon, twice, other = (6, 1, 9), (2, 2, 9), (5, 3, 9), (6, 4, 9)
    plays = [
        play(once, soon, twice, (7, 3, 8), other),
        play((8, 1, 9), soon, twice, (6, 4, 7)),
    ]
    assert find_change(plays, Path("x")) == (1, 9, 8)
    with pytest.raises(UserError, match=r"ROM x: in 90 steps no byte of its memory changed once"):
        find_change([play(once), play(soon)], Path("x"))


def test_an_environment_without_end_begins_with_its_first_reward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(skeleton, "_MOST_STEPS", 50)
    monkeypatch.setattr(skeleton, "_LONG", 20)
    create_game(str(tmp_path / "mine"), None, "tests.envs:Line-v0")
    [milestone] = load_milestones(tmp_path / "mine" / "milestone_config.json")
    assert milestone.done_when == "env.reward != `0`"


@pytest.mark.slow
def test_it_runs_as_it_is(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Pipeline(tmp_path / "run")
    pipeline.folder.mkdir()
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "scripts")])}
    monkeypatch.setattr(Pipeline, "environment", os.environ | paths)  # `tests.envs` is needed
    own = yaml.safe_load((folder / "config.yaml").read_text())
    own |= SMALL | {"output_dir": "dagger_pipeline_results"}
    (pipeline.folder / "config.yaml").write_text(yaml.safe_dump(own))
    done = pipeline.run()
    assert done.returncode == 0, done.stderr
    assert pipeline.rows()["BEGUN"]["status"] == "completed"
