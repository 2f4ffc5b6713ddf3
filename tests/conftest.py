"""Fixtures that several test files share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from autodagger.game.env import GameEnv
from autodagger.student.device import choose_device, compute_repeatably
from tests.grid import GO_THERE, GridStates, open_env, press, write_expert


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips what needs a GPU where there is none."""
    if item.get_closest_marker("gpu") and not torch.cuda.is_available():
        pytest.skip("needs a CUDA device; torch finds none")


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> torch.device:
    """Each device in turn, set up as the pipeline sets it up."""
    compute_repeatably()
    return choose_device(request.param == "cuda")


@pytest.fixture(scope="session")
def grid_states() -> GridStates:
    """Save states of the letter grid, reached from power-on."""
    with open_env(None) as env:
        _, info = env.reset(seed=0)
        while info["state"]["game"]["scene"] != "naming" or info["state"]["game"]["busy"]:
            info = press(env, "start" if info["state"]["game"]["scene"] == "title" else "a")
        top_left = env.simulator.save()
        press(env, *["right"] * 6)
        top_right = env.simulator.save()
        press(env, *["left"] * 5, *["down"] * 3)
        return GridStates(top_left, top_right, env.simulator.save())


@pytest.fixture
def env(grid_states: GridStates) -> Iterator[GameEnv]:
    """An environment for the milestone CURSOR, not yet reset."""
    with open_env() as env:
        yield env


@pytest.fixture
def good_expert(tmp_path: Path) -> Path:
    """An expert that always reaches CURSOR."""
    return write_expert(tmp_path, GO_THERE)
