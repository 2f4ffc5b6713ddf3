"""docs/datasets.md: its lines open a dataset, and the example clones an expert from one."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from autodagger.files import sha1_file
from autodagger.game.starts import StartState, save_start_states
from autodagger.rollout.replay import Replays, record_replays
from benchmarks.policies import IMITATION_PYTHON
from tests.grid import (
    ACTIONS,
    GO_THERE,
    ROM,
    ROOT,
    GridStates,
    make_spec,
    make_task,
    play,
    write_expert,
)

pytest.importorskip("h5py", reason="needs h5py: pip install -r envs/requirements.txt")
PAGE = (ROOT / "docs" / "datasets.md").read_text(encoding="utf-8")


@pytest.fixture
def datasets(tmp_path: Path, grid_states: GridStates) -> Path:
    """The folder of a dataset of the page's name."""
    from autodagger.results.datasets import save_datasets

    plans = grid_states.plans(15)
    states = [StartState(plan.start.name, plan.start.data) for plan in plans[:3]]
    save_start_states(tmp_path / "states.zip", states, sha1_file(ROM))
    task = make_task(write_expert(tmp_path, GO_THERE), starts=tmp_path / "states.zip")
    played = play(make_spec(task.expert, starts=task.starts), plans, noise=0.2)
    replays = Replays("RIVAL_HOUSE", ACTIONS, record_replays(played, "demonstration", 0))
    folder = tmp_path / "dagger_pipeline_results" / "datasets"
    save_datasets(task, {"demonstrations": replays}, folder / "RIVAL_HOUSE")
    return folder


def test_its_lines_open_a_dataset(datasets: Path) -> None:
    pytest.importorskip("minari", reason="pip install -r envs/requirements-dev.txt")
    [script] = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    command, folder = [sys.executable, "-c", script], datasets.parents[1]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    assert said.startswith("15 (")
    assert "'start_state': 'top_left'" in said


@pytest.mark.slow
@pytest.mark.skipif(not IMITATION_PYTHON.is_file(), reason="needs what `make bench` sets up")
def test_the_example_clones_an_expert(datasets: Path, tmp_path: Path) -> None:
    script = ROOT / "benchmarks" / "imitation" / "clone.py"
    arguments = [datasets, "RIVAL_HOUSE/demonstrations-v0", tmp_path / "policy.zip"]
    subprocess.run([IMITATION_PYTHON, script, *arguments], cwd=tmp_path, check=True)
    assert (tmp_path / "policy.zip").stat().st_size > 1_000_000
