"""Fixtures of the agent's tests."""

from pathlib import Path

import pytest

from tests.autodagger.agent.helpers import write_world
from tests.grid import GridStates


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, grid_states: GridStates) -> Path:
    """A folder with experts of the grid's three milestones and their start states."""
    return write_world(tmp_path_factory.mktemp("world"), grid_states)
