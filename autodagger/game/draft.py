"""Games that have no adapter yet: all is asked of the ROM's core, or of the environment."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from autodagger.actions import NO_OP
from autodagger.errors import UserError
from autodagger.files import sha1_file
from autodagger.game.cartridge import CartridgeGame
from autodagger.game.environment import make_environment
from autodagger.game.gba import GbaGame
from autodagger.game.gym import GymGame
from autodagger.game.retro import RetroGame, find_console, list_buttons

TIMING: dict[str, Any] = {"hold_frames": 4, "release_frames": (4, 8)}
"""Of a step of most games: long enough to be noticed, too short to act twice."""

_KINDS: dict[str, Any] = {"GbAdvance": GbaGame}
_PROBED_STEPS = 40
_MOST_NUMBERS = 16
"""Of an attribute of an environment that is taken for part of its state."""


def draft_cartridge(rom: Path, actions: Sequence[str] = ()) -> CartridgeGame:
    """A cartridge of which nothing is known, each button an action.

    Args:
        rom: The file.
        actions: Further ones, such as "left+b".

    Raises:
        UserError: There is no such file or console, or it lacks one of these buttons.
    """
    console = find_console(rom)
    buttons = [button for button in list_buttons(console) if button]
    about = {
        "name": rom.stem,
        "rom": rom.name,
        "rom_sha1": sha1_file(rom),
        "actions": tuple(dict.fromkeys((NO_OP, *buttons, *actions))),
        "read_state": lambda self, ram: {},
        **TIMING,
    }
    game: CartridgeGame = type("Draft", (_KINDS.get(console, RetroGame),), about)()
    if mistakes := game.list_mistakes():
        raise UserError("\n".join(f"ROM {rom}: {mistake}." for mistake in mistakes))
    return game


def draft_environment(env_id: str) -> GymGame:
    """An environment of which nothing is known; its actions are called as it calls them.

    Raises:
        UserError: It cannot be made, or its actions are no short list.
    """
    env = make_environment(env_id, {})
    try:
        actions = _name_actions(env_id, env)
    finally:
        env.close()
    about: dict[str, Any] = {
        "name": env_id.rpartition(":")[2],
        "env_id": env_id,
        "actions": actions,
        "no_op": next((name for name in actions if name in (NO_OP, "noop")), None),
        "read_env": lambda self, env: {},
    }
    game: GymGame = type("Draft", (GymGame,), about)()
    if mistakes := game.list_mistakes():
        raise UserError("\n".join(f"environment {env_id}: {mistake}." for mistake in mistakes))
    return game


def list_changing_attributes(env_id: str) -> list[str]:
    """Attributes of an environment that are some numbers, and change while it is played."""
    env = make_environment(env_id, {})
    env.action_space.seed(0)
    env.reset(seed=0)
    seen: dict[str, set[str]] = {}
    for _ in range(_PROBED_STEPS):
        for name, value in vars(env.unwrapped).items():
            if not name.startswith("_"):
                seen.setdefault(name, set()).add(_read_numbers(value))
        if any(env.step(env.action_space.sample())[2:4]):
            env.reset()
    env.close()
    return sorted(name for name, values in seen.items() if len(values) > 1 and "" not in values)


def _read_numbers(value: Any) -> str:
    """Some numbers as text; "" for what is none."""
    if not isinstance(value, int | float | tuple | list | np.ndarray | np.generic):
        return ""
    try:
        array = np.asarray(value)
    except ValueError:  # of lists of unequal lengths
        return ""
    is_plain = array.dtype.kind in "biuf" and 0 < array.size <= _MOST_NUMBERS
    return str(array.tolist()) if is_plain else ""


def _name_actions(env_id: str, env: Any) -> tuple[str, ...]:
    space = env.action_space
    if not isinstance(space, gymnasium.spaces.Discrete) or space.start != 0:
        raise UserError(
            f"environment {env_id}: its actions are {space}, of which a policy cannot name one. "
            "Expected Discrete(n): write an adapter that names some of them with action_values, as "
            "games/doorkey does."
        )
    own = env.unwrapped
    names: list[str] = []
    if hasattr(own, "get_action_meanings"):
        names = [str(name).lower() for name in own.get_action_meanings()]
    elif hasattr(own, "actions"):  # an enumeration, as in MiniGrid
        names = [str(getattr(action, "name", action)) for action in own.actions]
    if len(set(names)) != space.n:
        names = [f"action_{number}" for number in range(space.n)]
    return tuple(names)
