"""Fixtures of the evaluations' tests."""

from pathlib import Path

import pytest

from autodagger.files import sha1_file
from autodagger.game.starts import StartState, save_start_states
from tests.grid import ROM, GridStates


@pytest.fixture
def start(tmp_path: Path, grid_states: GridStates) -> Path:
    """A file of two start states, from which the best ways have 6 and 4 steps."""
    path = tmp_path / "start" / "completed_states.zip"
    states = [
        StartState("ep1.state", grid_states.top_left),
        StartState("ep2.state", grid_states.top_right),
    ]
    save_start_states(path, states, sha1_file(ROM))
    return path
