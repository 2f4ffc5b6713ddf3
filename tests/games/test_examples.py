"""The example games of other kinds: exact, played by their experts, and through the pipeline."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from autodagger.expert.expert import Expert
from autodagger.expert.jail import get_jail
from autodagger.files import sha256_file
from autodagger.game.contract import check_rom, load_game
from autodagger.game.env import GameEnv
from autodagger.game.fields import check_fields
from autodagger.game.milestone import Milestone, load_milestones
from autodagger.game.sample import read_sample
from tests.workflow.conftest import ROOT, Pipeline

GAMES = {"airstriker": "stable_retro", "pong": "ale_py", "doorkey": "minigrid"}
MAX_TRIES = 5
SMALL = {
    "eval_episodes": 2,
    "min_success_rate": 0.1,
    "start_states": 3,
    "dagger_iterations": 1,
    "episodes_per_iter": 1,
    "train_steps_per_iter": 10,
    "hidden_dim": 16,
    "batch_size": 16,
    "student_eval_episodes": 2,
    "videos_per_iteration": 0,
    "videos_per_evaluation": 1,
    "video_scale": 1,
    "early_stop": False,
}


@pytest.fixture(params=GAMES)
def folder(request: pytest.FixtureRequest) -> Path:
    """Each game's folder in turn."""
    if find_spec(GAMES[request.param]) is None:
        pytest.skip(f"needs {GAMES[request.param]}: pip install -r envs/requirements-games.txt")
    return ROOT / "games" / request.param


def get_milestones(folder: Path) -> list[Milestone]:
    return load_milestones(folder / "milestone_config.json", load_game(folder).done_when)


def test_every_milestone_has_its_expert(folder: Path) -> None:
    experts = {path.stem for path in (folder / "experts").glob("*.py")}
    assert experts == {milestone.id for milestone in get_milestones(folder)}


def test_the_game_is_exact_and_has_the_fields_that_milestones_ask_for(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    rom = load_game(folder).find_rom(folder)
    check_rom(load_game(folder), rom)
    state = read_sample(folder, rom)
    assert state is not None and any(tmp_path.rglob("exact/*"))
    check_fields(get_milestones(folder), state, folder)


def test_experts_play_one_milestone_after_another(folder: Path) -> None:
    start = None
    for milestone in get_milestones(folder):
        ends = (play(folder, milestone, start, seed) for seed in range(MAX_TRIES))
        start = next((end for end in ends if end is not None), None)
        assert start is not None, milestone.id


def play(folder: Path, milestone: Milestone, start: bytes | None, seed: int) -> bytes | None:
    """Where the expert reaches the milestone; None if it does not."""
    tools, path = sorted((folder / "tools").glob("*.py")), folder / f"experts/{milestone.id}.py"
    env = GameEnv(folder, None, milestone)
    expert = Expert(path, tools, env.game.actions, get_jail().door)
    try:
        _, info = env.reset(seed=seed, options={"state": start})
        expert.start_episode(seed)
        ended = False
        while not ended:
            expert.ask(info["state"])
            [act] = expert.collect()
            assert isinstance(act, int), act
            _, _, terminated, truncated, info = env.step(act)
            ended = terminated or truncated
        return env.simulator.save() if info["success"] else None
    finally:
        expert.close()
        env.close()


@pytest.mark.slow
def test_the_pipeline_gives_the_same_with_any_number_of_environments(
    folder: Path, tmp_path: Path
) -> None:
    results = []
    for num_envs in (1, 3):
        pipeline = Pipeline(tmp_path / str(num_envs))
        pipeline.folder.mkdir()
        own = yaml.safe_load((folder / "config.yaml").read_text())
        own |= SMALL | {"output_dir": "dagger_pipeline_results", "num_envs": num_envs}
        (pipeline.folder / "config.yaml").write_text(yaml.safe_dump(own))
        done = pipeline.run()
        assert done.returncode == 0, done.stderr
        rows = pipeline.rows()
        assert {row["status"] for row in rows.values()} == {"completed"}
        assert list(rows) == [milestone.id for milestone in get_milestones(folder)]
        assert pipeline.plan() == []
        files = [*pipeline.results.rglob("*.pth"), *pipeline.results.rglob("*.zip")]
        files += [*pipeline.results.rglob("*.mp4"), *pipeline.results.rglob("student_eval.json")]
        results.append(
            {str(path.relative_to(pipeline.results)): sha256_file(path) for path in files}
        )
        board = subprocess.run(
            [sys.executable, "-m", "autodagger", "status"],
            cwd=pipeline.folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert f"{len(rows)} of {len(rows)} milestones have their row." in board.stdout
    assert len(results[0]) >= 6 * len(rows)
    assert results[0] == results[1]
