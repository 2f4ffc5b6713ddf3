"""Airstriker: a shooter for the Sega Genesis by Electrokinesis, which stable-retro brings along.

Its ROM lies in the installed package. The addresses of score and lives are those of stable-retro's
integration (data.json beside the ROM); the others were found by watching the memory while the ship
moved and the menus changed.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

from autodagger.game.retro import GameState, Memory, RetroGame

SCORE, LIVES = 0xFF024E, 0xFF025A
SHIP_X = 0xFF0268  # 128 more than the ship's left edge has on the screen
MENU_ROW = 0xFF02DE  # 9 from the first menu on, something else before


def find_rom() -> str:
    package = find_spec("stable_retro")
    assert package is not None and package.origin is not None  # requirements.txt has it
    return str(Path(package.origin).parent / "data/stable/Airstriker-Genesis-v0/rom.md")


class Airstriker(RetroGame):
    """A step holds its buttons through: the ship neither stops nor ceases fire between steps."""

    name = "Airstriker"
    rom: ClassVar[str] = find_rom()
    rom_sha1 = "a8be7b0ca850119b167f9644e6a4a22e983d61a4"
    actions = ("no_op", "start", "b", "left+b", "right+b")  # b fires
    hold_frames = (6, 10)
    release_frames = (0, 2)

    def read_state(self, ram: Memory) -> GameState:
        """See the addresses above."""
        return {
            "score": ram.u32(SCORE),
            "lives": ram.u16(LIVES),
            "player": {"x": ram.u16(SHIP_X) - 128},
            "in_menu": ram.u16(MENU_ROW) == 9,
        }
