"""Fixtures of the agent's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.autodagger.agent.helpers import write_world
from tests.grid import GridStates


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, grid_states: GridStates) -> Path:
    """A folder with experts of the grid's three milestones and their start states."""
    return write_world(tmp_path_factory.mktemp("world"), grid_states)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks as small as these are slower on several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
