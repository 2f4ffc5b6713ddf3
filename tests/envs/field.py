"""A dot on a strip of places, for students that fail in one way each."""

from typing import Any

import gymnasium
import numpy as np

PLACES, SIZE = 12, 4


class Field(gymnasium.Env[int, int]):
    """The dot walks; with `timer` it stands, and what counts is a clock that nobody sees.

    The clock begins anywhere: neither more screens nor the button before tell what it shows.

    Args:
        timer: Whether `right` reaches the goal from a clock of 6 on, and loses before.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012

    def __init__(self, render_mode: str | None = None, timer: bool = False) -> None:
        self.action_space = gymnasium.spaces.Discrete(3)
        self.observation_space = gymnasium.spaces.Discrete(PLACES)
        self._timer = timer
        self.x = self.clock = 0
        self.ended = ""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        super().reset(seed=seed)
        self.x = int(self.np_random.integers(0, PLACES))
        self.clock, self.ended = int(self.np_random.integers(0, 4)), ""
        if self._timer:
            self.x = 5
        return self.x, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        self.clock += 1
        if self._timer:
            if action == 1:
                self.ended = "won" if self.clock > 6 else "lost"
        else:
            self.x = min(PLACES - 1, max(0, self.x + (-1, 1, 0)[int(action)]))
        return self.x, 0.0, False, False, {}

    def render(self) -> Any:
        picture = np.zeros((8 * SIZE, PLACES * SIZE, 3), np.uint8)
        picture[8:24, SIZE * self.x : SIZE * (self.x + 1)] = 255
        return picture


gymnasium.register("Field-v0", Field)
