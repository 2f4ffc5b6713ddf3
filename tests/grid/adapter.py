"""The letter grid on which Mossbrook's player enters a name, as a game of its own.

It is on the screen a moment after power-on, the cursor walks on it like a player on a map, and
nothing else moves: small enough for tests that train. Addresses are those of state.h, see
games/mossbrook/source/src.
"""

from typing import ClassVar

from autodagger.game.gba import GameState, GbaGame, Ram

_STATE = 0x02000000
_SCENE, _BUSY, _FRAME, _COLUMN, _ROW, _NAME = 0x0C, 0x0D, 0x04, 0x24, 0x25, 0x28
_SCENES = ("boot", "logo", "title", "new_game", "naming", "intro", "overworld", "clock", "battle")
_COLUMNS, _ROWS, _NAME_BYTES = 7, 4, 8
_COLLISIONS = ((0,) * _COLUMNS,) * _ROWS


class Grid(GbaGame):
    """Reads the scene, the cursor (as the player's position) and the name."""

    name = "Grid"
    rom = "mossbrook.gba"
    rom_sha1 = "0" * 40
    actions = ("no_op", "a", "b", "start", "up", "down", "left", "right")
    hold_frames = 4
    release_frames = (4, 8)
    done_when: ClassVar[dict[str, str]] = {"NAMING": "game.scene == 'naming'"}

    def read_state(self, ram: Ram) -> GameState:
        """See the class."""
        name = ram.bytes(_STATE + _NAME, _NAME_BYTES).split(b"\0")[0].decode("ascii")
        return {
            "player": {
                "position": {"x": ram.u8(_STATE + _COLUMN), "y": ram.u8(_STATE + _ROW)},
                "facing": "down",
                "name": name,
            },
            "map": {"collisions": _COLLISIONS, "objects": []},
            "game": {
                "scene": _SCENES[ram.u8(_STATE + _SCENE)],
                "busy": bool(ram.u8(_STATE + _BUSY)),
                "frame": ram.u32(_STATE + _FRAME),
            },
        }
