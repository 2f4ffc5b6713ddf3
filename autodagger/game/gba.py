"""Game Boy Advance cartridges."""

import zipfile
from abc import abstractmethod
from pathlib import Path

from autodagger.actions import NO_OP
from autodagger.errors import suggest
from autodagger.game.cartridge import CartridgeGame, CartridgeSimulator, split_action
from autodagger.game.contract import GameState
from autodagger.game.emulator import BUTTONS, FRAMES_PER_SECOND, SCREEN_SHAPE, Emulator, Ram

__all__ = ["GameState", "GbaGame", "GbaSimulator", "Ram"]


_HEADER_BYTES = 0xC0
_GAMES = {
    "AXV": "Pokémon Ruby",
    "AXP": "Pokémon Sapphire",
    "BPE": "Pokémon Emerald",
    "BPR": "Pokémon FireRed",
    "BPG": "Pokémon LeafGreen",
}
"""The first three letters of the codes of games that are taken for one another."""

_LANGUAGES = {"E": "English", "J": "Japanese", "D": "German", "F": "French", "S": "Spanish"}
_LANGUAGES |= {"I": "Italian", "P": "European"}


def read_header(rom: Path) -> tuple[str, str] | None:
    """Title and game code of a cartridge; None for what has no header of one.

    GBATEK, "GBA Cartridge Header": title at 0xA0, code at 0xAC, and 0x96 at 0xB2.
    """
    with Path(rom).open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES or header[0xB2] != 0x96:
        return None
    title, code = header[0xA0:0xAC].rstrip(b"\0"), header[0xAC:0xB0]
    return title.decode("ascii", "replace"), code.decode("ascii", "replace")


def _name_game(code: str) -> str:
    game, language = _GAMES.get(code[:3]), _LANGUAGES.get(code[3:])
    known = ", ".join(filter(None, (game, language)))
    return f" ({known})" if game else ""


class GbaGame(CartridgeGame):
    """A cartridge of this console, see `CartridgeGame` for its attributes."""

    channel_bits = 5
    crash_advice = (
        "Some ROMs do that to the bundled core: use the newer one, docs/new_game.md says how. If "
        "it crashes there, too, look at the adapter's own native code, and at the ROM."
    )

    @abstractmethod
    def read_state(self, ram: Ram) -> GameState:
        """The game state, see `CartridgeGame.read_state`."""

    def list_mistakes(self) -> list[str]:
        """Also buttons that the console does not have."""
        return super().list_mistakes() + self._list_unknown_buttons()

    def _list_unknown_buttons(self) -> list[str]:
        known = tuple(filter(None, BUTTONS))
        actions = getattr(self, "actions", None)
        return [
            f"actions has {name!r}{suggest(name, (NO_OP, *known))}, which is no button; expected "
            f"some of {', '.join((NO_OP, *known))}"
            for name in (actions if isinstance(actions, tuple) else ())
            if isinstance(name, str) and not set(split_action(name)) <= set(known)
        ]

    def describe_rom(self, rom: Path) -> str:
        """By the cartridge's header, see `read_header`."""
        header = read_header(rom)
        if header is None and zipfile.is_zipfile(rom):
            return ", which is a zip archive (unpack it, and name the .gba file in it)"
        if header is None:
            size = f"{rom.stat().st_size:,} bytes"
            return f", which is no Game Boy Advance cartridge by its header ({size})"
        title, code = header
        return f", which says of itself that it is {title!r}, code {code}{_name_game(code)}"

    def open(self, rom: Path | None) -> "GbaSimulator":
        """Switches a console with this cartridge on; a process has room for one."""
        assert rom is not None  # `list_mistakes` asks for one
        return GbaSimulator(self, rom)


class GbaSimulator(CartridgeSimulator):
    """A console that plays one cartridge, see `autodagger.game.contract.Simulator`.

    Attributes:
        emulator: The console itself.
    """

    screen_shape = SCREEN_SHAPE
    frames_per_second = FRAMES_PER_SECOND

    def __init__(self, game: GbaGame, rom: Path) -> None:
        self.emulator = Emulator(rom)
        super().__init__(game, self.emulator)
