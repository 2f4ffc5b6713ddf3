"""A Gymnasium environment over a game: actions in, pixels out, game state in `info`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from autodagger.errors import UserError
from autodagger.files import read_bytes
from autodagger.game.contract import Game, Simulator, explain_adapter, load_game
from autodagger.game.milestone import Milestone
from autodagger.game.predicate import Predicate

_STATE = "Expected what the simulator's `save` gave, or a save state of the game."


class GameEnv(gymnasium.Env[np.ndarray, np.int64]):
    """One episode goes for one milestone; without a milestone it never ends by itself.

    What a step is, is the game's affair; its chance is drawn from the environment's own generator:
    equal state, seed and actions give equal frames.

    Observation: the screen, (H, W, 3) uint8 RGB. Reward: 1.0 on the step that reaches the
    milestone, else 0.0. `terminated`: reached or lost (`fail_when`, or the game itself is over).
    `truncated`: `max_steps`.
    `info`: `state` (game state dict with `prev_action`), `success` (bool), `frames` (frames of this
    step; 0 after a reset). `metadata["render_fps"]`: steps a second.

    Args:
        game_dir: The game's folder, see `autodagger.game.contract.load_game`.
        rom_path: ROM file; None takes the game's own, if it has one.
        milestone: What the episode is for.
        max_steps: Steps until truncation; None takes the milestone's own.
    """

    metadata = {"render_modes": ["rgb_array"]}  # noqa: RUF012  Gymnasium's own declaration

    def __init__(
        self,
        game_dir: Path,
        rom_path: Path | None = None,
        milestone: Milestone | None = None,
        max_steps: int | None = None,
        render_mode: str | None = None,
    ) -> None:
        if render_mode not in (None, "rgb_array"):
            raise ValueError(f"render_mode is {render_mode!r}; expected None or 'rgb_array'")
        self.render_mode = render_mode
        self.game: Game = load_game(Path(game_dir))
        self.simulator: Simulator = self.game.open(rom_path or self.game.find_rom(game_dir))
        # A wrapper that records takes one picture a step.
        steps_per_second = self.simulator.frames_per_second / self.simulator.frames_per_step
        self.metadata = {**type(self).metadata, "render_fps": steps_per_second}
        self.max_steps = max_steps or (milestone.max_steps if milestone else None)
        self._milestone_id = milestone.id if milestone else None
        self._done, self._lost = (
            Predicate(milestone.id, key, expression)
            if milestone and (expression := getattr(milestone, key))
            else None
            for key in ("done_when", "fail_when")
        )
        self._adapter = Path(game_dir) / "adapter.py"
        self._on_frame: Callable[[], None] | None = None
        self._steps = 0
        self.observation_space = gymnasium.spaces.Box(0, 255, self.simulator.screen_shape, np.uint8)
        self.action_space = gymnasium.spaces.Discrete(len(self.game.actions))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Starts an episode from `options["state"]` (save state bytes or a file), or power-on.

        Where the milestone is reached from the first, `info["success"]` says so and no step is
        expected.

        Raises:
            UserError: The save state is not this game's, or in it the game is over or lost.
        """
        super().reset(seed=seed)
        self._steps = 0
        start = (options or {}).get("state")
        if start is None:
            self.simulator.power_on(self.np_random)
        else:
            is_file = not isinstance(start, bytes)
            self.simulator.load(read_bytes(start, "save state", _STATE) if is_file else start)
        state = self._read_state(self.game.no_op)
        if self._done and self._done.holds(state):
            return self.simulator.screen(), {"state": state, "success": True, "frames": 0}
        if self._lost and self._lost.holds(state):
            raise UserError(
                f"milestone {self._milestone_id}: fail_when is true in its start state already, so "
                "every episode is lost. Mend fail_when, or the save state it starts from."
            )
        if self.simulator.has_ended:
            raise UserError(
                f"milestone {self._milestone_id}: the game is over in its start state, so no step "
                "can follow. Let it start elsewhere (starting_state), or have the milestone before "
                "it reached earlier (done_when)."
            )
        return self.simulator.screen(), {"state": state, "success": False, "frames": 0}

    def step(self, action: np.int64 | int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Takes one action, see the class."""
        name = self.game.actions[int(action)]
        frames = self.simulator.act(name, self.np_random, self._on_frame)
        self._steps += 1
        state = self._read_state(name)
        success = self._done is not None and self._done.holds(state)
        lost = not success and (self.simulator.has_ended or self._is_lost(state))
        truncated = not (success or lost) and self._steps == self.max_steps
        info = {"state": state, "success": success, "frames": frames}
        return self.simulator.screen(), float(success), success or lost, truncated, info

    def set_on_frame(self, on_frame: Callable[[], None] | None) -> None:
        """Has `on_frame` called after every frame of the steps that follow."""
        self._on_frame = on_frame

    def render(self) -> np.ndarray | None:
        """The screen, (H, W, 3) uint8 RGB, in render mode "rgb_array"."""
        return self.simulator.screen() if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """Frees the process's game."""
        if hasattr(self, "simulator"):
            self.simulator.close()
            del self.simulator

    def _read_state(self, prev_action: str | None) -> dict[str, Any]:
        with explain_adapter(self._adapter, f"in read_state after {self._steps} steps"):
            state = self.simulator.state()
        if not isinstance(state, dict):
            raise UserError(
                f"{self._adapter}: read_state gave {type(state).__name__} after {self._steps} "
                "steps; expected a dict."
            )
        state["prev_action"] = prev_action
        return state

    def _is_lost(self, state: dict[str, Any]) -> bool:
        return self._lost is not None and self._lost.holds(state)
