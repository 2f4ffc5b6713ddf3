"""Environments of Gymnasium's interface for tests, and adapters of them."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

ADAPTER = """
from autodagger.game.gym import GymGame
class Mine(GymGame):
    name, env_id, actions = "Mine", "tests.envs:{env}-v0", {actions}
    {more}
    def read_env(self, env):
        return {{"x": env.x}}
"""


def write_adapter(
    folder: Path, env: str = "Line", actions: str = '("left", "right")', more: str = "pass"
) -> Path:
    """An adapter of one of the environments below; returns its folder."""
    text = ADAPTER.format(env=env, actions=actions, more=more)
    (folder / "adapter.py").write_text(text, encoding="utf-8")
    return folder


class Line(gymnasium.Env[int, int]):
    """A dot on a line of 9 places: its start and a push now and then are chance; it ends at 0."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012

    def __init__(self, render_mode: str | None = None, height: int = 20, width: int = 45) -> None:
        self._height, self._width = height, width
        self.action_space = gymnasium.spaces.Discrete(2)
        self.observation_space = gymnasium.spaces.Discrete(9)
        self.x = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        super().reset(seed=seed)
        self.x = int(self.chance().integers(4, 8))
        return self.x, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        push = int(self.chance().integers(0, 2))
        self.x = min(8, max(0, self.x + 2 * int(action) - 1 + push))
        return self.x, float(self.x), self.x == 0, False, {}

    def render(self) -> Any:
        picture = np.zeros((self._height, self._width, 3), np.uint8)
        step = self._width // 9
        picture[:, step * self.x : step * self.x + step] = 255
        return picture

    def chance(self) -> np.random.Generator:
        return self.np_random


class Unseeded(Line):
    """Its chance is its own."""

    def chance(self) -> np.random.Generator:
        return np.random.default_rng()


class OldReset(Line):
    """Of the interface before Gymnasium."""

    def reset(self) -> Any:  # type: ignore[override]
        return 0


class Growing(Line):
    """Its picture grows as it goes."""

    def render(self) -> Any:
        return np.zeros((20 + self.x, 45, 3), np.uint8)


class Gray(Line):
    """Its picture has no colours."""

    def render(self) -> Any:
        return np.zeros((20, 45), np.uint8)


class Lacking(Line):
    """Its package needs another one."""

    def __init__(self, **_: Any) -> None:
        raise gymnasium.error.DependencyNotInstalled("no box2d, run `pip install here-i-am`")


for kind in (Line, Unseeded, OldReset, Growing, Gray, Lacking):
    gymnasium.register(f"{kind.__name__}-v0", kind)
