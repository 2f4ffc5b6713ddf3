"""A toy cartridge of our own (source/) that keeps its state where Emerald keeps its own.

So Emerald's adapter, tools, milestones and experts in the reference's style run in the tests
without anything that is somebody else's.
"""

from pathlib import Path
from typing import ClassVar

from autodagger.game.contract import load_game

FOLDER = Path(__file__).resolve().parent
Emerald = type(load_game(FOLDER.parents[3] / "games" / "emerald"))


class Toy(Emerald):
    """Emerald's adapter with another cartridge."""

    name: ClassVar[str] = "Toy"
    rom: ClassVar[str] = "rom.gba"
    rom_sha1: ClassVar[str] = (FOLDER / "rom.gba.sha1").read_text(encoding="utf-8").split()[0]
