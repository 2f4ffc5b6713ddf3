"""A game: a folder with a ROM and an adapter that says how to press buttons and read the RAM."""

import importlib.util
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from autodagger.emulator import Ram
from autodagger.errors import UserError
from autodagger.files import sha1_file

NO_OP = "no_op"

GameState = dict[str, Any]
"""What an adapter reads from the RAM: JSON-like values, see `Game.read_state`."""


class Game(ABC):
    """One game. `games/<name>/adapter.py` holds exactly one subclass.

    Attributes:
        name: What people call the game.
        rom: File name of the ROM inside the game's folder.
        rom_sha1: SHA-1 of the ROM that the adapter's addresses belong to.
        actions: Button names in the order of the action space; the first is "no_op".
        hold_frames: Frames for which a step holds its button.
        release_frames: Fewest and most frames of release after it; each step draws from this range
            (both ends included), which is what makes episodes differ.
        done_when: JMESPath expression by milestone id, for milestone files without `done_when`.
    """

    name: ClassVar[str]
    rom: ClassVar[str]
    rom_sha1: ClassVar[str]
    actions: ClassVar[tuple[str, ...]]
    hold_frames: ClassVar[int]
    release_frames: ClassVar[tuple[int, int]]
    done_when: ClassVar[dict[str, str]] = {}

    @abstractmethod
    def read_state(self, ram: Ram) -> GameState:
        """The game state that experts, `done_when` and `fail_when` see.

        By convention: `player` (location, position.x/y, facing, party), `map` (collisions as rows
        of 0 and 1, objects), `game` (in_battle, dialog, ...). The environment adds `prev_action`.
        Collision rows are tuples: an expert cannot alter what the next call sees.
        """


def load_game(folder: Path) -> Game:
    """Loads the adapter of the game in `folder`.

    Raises:
        UserError: The folder has no adapter, or not exactly one `Game` in it.
    """
    path = Path(folder) / "adapter.py"
    if not path.is_file():
        raise UserError(
            f"game {folder}: no adapter.py there. Expected a game folder such as games/mossbrook; "
            "name it with the option game."
        )
    module_name = f"autodagger_game_{Path(folder).name}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None and spec.loader is not None  # true of every existing .py file
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    games = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Game) and value.__module__ == module_name
    ]
    if len(games) != 1:
        names = ", ".join(game.__name__ for game in games) or "none"
        raise UserError(f"{path}: found {names}; expected exactly one subclass of Game.")
    game: Game = games[0]()
    return game


def check_rom(game: Game, rom_path: Path) -> None:
    """Refuses a ROM that the adapter's addresses do not belong to.

    Raises:
        UserError: The file is missing or its SHA-1 differs from `game.rom_sha1`.
    """
    if not Path(rom_path).is_file():
        raise UserError(
            f"ROM {rom_path}: no such file. {game.name} expects {game.rom} with SHA-1 "
            f"{game.rom_sha1}; put it there or name its place with the option rom_path."
        )
    found = sha1_file(rom_path)
    if found != game.rom_sha1:
        raise UserError(
            f"ROM {rom_path}: found SHA-1 {found}; {game.name} expects {game.rom_sha1}. "
            "Another revision of the game has its memory elsewhere: use the expected ROM, "
            "or write an adapter for this one."
        )
