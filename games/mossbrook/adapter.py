"""Mossbrook, the embedded game: its buttons, the timing of a step, and its state in RAM.

The game keeps one struct at 0x02000000, which ``source/src/state.h`` declares and documents. The
offsets below are those of that file; a test compares them. Names follow the enums of the C sources.
"""

import struct
from pathlib import Path
from typing import Any, ClassVar

from autodagger.game.gba import GameState, GbaGame, Ram

ADDRESS = 0x02000000  # STATE_ADDRESS
MAGIC = 0x53534F4D  # STATE_MAGIC
SIZE = 0xD0  # bytes up to the behaviours of the map's tiles
NPC_SIZE = 8  # of NpcState

# Where the fields of GameState are, in bytes, by their C names.
AT = {
    "frame": 0x004,
    "scene": 0x00C,
    "busy": 0x00D,
    "fade": 0x00E,
    "badges": 0x00F,
    "map_id": 0x010,
    "map_width": 0x011,
    "map_height": 0x012,
    "npc_count": 0x013,
    "player_x": 0x014,
    "player_y": 0x015,
    "facing": 0x016,
    "moving": 0x017,
    "flags": 0x018,
    "defeats": 0x01D,
    "items": 0x01E,
    "doors_open": 0x01F,
    "menu_kind": 0x020,
    "menu_cursor": 0x021,
    "menu_count": 0x022,
    "name_column": 0x024,
    "name_row": 0x025,
    "name": 0x028,
    "clock_hour": 0x030,
    "clock_minute": 0x031,
    "clock_field": 0x032,
    "text_open": 0x034,
    "text_waiting": 0x035,
    "script": 0x03A,
    "text": 0x03C,
    "party_count": 0x074,
    "party": 0x078,
    "battle_phase": 0x080,
    "battle_kind": 0x081,
    "battle_result": 0x082,
    "battle_turn": 0x083,
    "enemy": 0x084,
    "battle_cursor": 0x08E,
    "npcs": 0x090,
    "behaviour": 0x0D0,
}
NAME_SIZE, LINE_SIZE = 8, 28  # bytes of the name and of a line of text, with the final 0

SCENES = (
    "boot",
    "logo",
    "title",
    "new_game",
    "naming",
    "intro",
    "overworld",
    "clock",
    "battle",
)
MENUS = (None, "yes_no", "naming", "clock", "starter", "battle", "moves")
FLAGS = (
    "left_cart",
    "clock_set",
    "mom_talked",
    "rival_met",
    "starter_chosen",
    "first_battle_won",
    "lab_visited",
    "healed",
    "trainer_beaten",
    "badge_won",
    "mom_greeted",
)
BATTLE_PHASES = ("none", "message", "choose", "choose_move", "drain")
BATTLE_KINDS = ("wild", "first", "trainer", "leader")
BATTLE_RESULTS = ("none", "won", "lost", "fled")
FACINGS = ("down", "up", "left", "right")
LOCATIONS = (
    "CART",
    "HOME TOWN",
    "HOUSE 1F",
    "HOUSE 2F",
    "RIVAL HOUSE 1F",
    "RIVAL HOUSE 2F",
    "ROUTE 1",
    "LAB",
    "ROUTE 2",
    "BROOKFALL",
    "CARE HOUSE",
    "ROUTE 3",
    "GYM",
)
PEOPLE = (
    "PLAYER",
    "MOM",
    "RIVAL",
    "VILLAGER",
    "PROFESSOR",
    "KEEPER",
    "WALKER",
    "TRAINER",
    "LEADER",
)
CREATURES = (
    "MOSSNAIL",
    "LANTICK",
    "RILLET",
    "BURROLE",
    "PUFFSEED",
    "CAIRNLING",
    "BRAMBOAR",
)
MOVES = (
    "BUMP",
    "MOSS SLAP",
    "LAMP BITE",
    "COLD SPRAY",
    "ROLL OVER",
    "MEND",
    "TICKLE",
    "SNEEZE",
    "NIBBLE",
    "DIG UP",
    "PEBBLES",
    "ROCKFALL",
    "TUSK",
    "CHARGE",
    "STAMPEDE",
)
WALKABLE = (0, 2, 4)  # enum Behaviour: free, tall grass, switch

ROM_FILE = "mossbrook.gba"
Collisions = tuple[tuple[int, ...], ...]


class Mossbrook(GbaGame):
    """The embedded game."""

    name: ClassVar[str] = "Mossbrook"
    rom: ClassVar[str] = ROM_FILE
    rom_sha1: ClassVar[str] = Path(__file__).with_name(f"{ROM_FILE}.sha1").read_text().split()[0]
    actions: ClassVar[tuple[str, ...]] = (
        "no_op",
        "a",
        "b",
        "start",
        "up",
        "down",
        "left",
        "right",
    )
    hold_frames: ClassVar[int] = 4
    release_frames: ClassVar[tuple[int, int]] = (4, 8)

    def __init__(self) -> None:
        self._collisions: dict[tuple[int, ...], Collisions] = {}

    def read_state(self, ram: Ram) -> GameState:
        """The state dict; see the tables above for the words it uses."""
        data = ram.bytes(ADDRESS, SIZE)
        in_battle = SCENES[data[AT["scene"]]] == "battle"
        return {
            "player": _player(data),
            "map": self._map(ram, data),
            "game": {
                "scene": SCENES[data[AT["scene"]]],
                "in_battle": in_battle,
                "busy": bool(data[AT["busy"]]),
                "fade": data[AT["fade"]],
                "script_running": bool(data[AT["script"]]),
                "dialog": _dialog(data),
                "menu": _menu(data),
                "flags": _flags(data),
                "defeats": data[AT["defeats"]],
                "frame": struct.unpack_from("<I", data, AT["frame"])[0],
            },
            "battle": _battle(data) if in_battle else None,
        }

    def _map(self, ram: Ram, data: bytes) -> GameState:
        """Size, collisions and people of the present map; doors are its only changing tiles."""
        key = tuple(data[AT[name]] for name in ("map_id", "map_width", "map_height", "doors_open"))
        if key not in self._collisions:
            _, width, height, _ = key
            tiles = ram.bytes(ADDRESS + AT["behaviour"], width * height)
            blocked = [int(tile not in WALKABLE) for tile in tiles]
            rows = (blocked[y * width : (y + 1) * width] for y in range(height))
            self._collisions[key] = tuple(map(tuple, rows))
        return {
            "width": key[1],
            "height": key[2],
            "collisions": self._collisions[key],
            "objects": _people(data),
        }


def _text(data: bytes, offset: int, size: int) -> str:
    return data[offset : offset + size].partition(b"\0")[0].decode("ascii")


def _player(data: bytes) -> GameState:
    on_map = data[AT["map_width"]] > 0
    party = [_creature(data, AT["party"])] if data[AT["party_count"]] else []
    return {
        "location": LOCATIONS[data[AT["map_id"]]] if on_map else None,
        "position": {"x": data[AT["player_x"]], "y": data[AT["player_y"]]},
        "facing": FACINGS[data[AT["facing"]]],
        "moving": data[AT["moving"]] > 0,
        "name": _text(data, AT["name"], NAME_SIZE),
        "party": party,
        "berries": data[AT["items"]],
        "badges": data[AT["badges"]],
    }


def _creature(data: bytes, offset: int) -> GameState:
    species, level, hp, max_hp, *moves = data[offset : offset + 8]
    return {
        "name": CREATURES[species],
        "level": level,
        "hp": hp,
        "max_hp": max_hp,
        "moves": [MOVES[move] for move in moves],
    }


def _people(data: bytes) -> list[GameState]:
    """Everybody on the map; a walking person counts on the tile walked to."""
    people = []
    for i in range(data[AT["npc_count"]]):
        offset = AT["npcs"] + i * NPC_SIZE
        x, y, facing, sprite, moving = data[offset : offset + 5]
        person = {"name": PEOPLE[sprite], "x": x, "y": y, "facing": FACINGS[facing]}
        people.append({**person, "moving": moving > 0})
    return people


def _dialog(data: bytes) -> GameState | None:
    if not data[AT["text_open"]]:
        return None
    lines = [_text(data, AT["text"] + i * LINE_SIZE, LINE_SIZE) for i in (0, 1)]
    return {
        "open": True,
        "text": "\n".join(lines).rstrip("\n"),
        "waiting": bool(data[AT["text_waiting"]]),
    }


def _menu(data: bytes) -> GameState | None:
    kind = MENUS[data[AT["menu_kind"]]]
    if kind is None:
        return None
    menu: dict[str, Any] = {
        "kind": kind,
        "cursor": data[AT["menu_cursor"]],
        "count": data[AT["menu_count"]],
    }
    if kind == "naming":
        menu |= {"column": data[AT["name_column"]], "row": data[AT["name_row"]]}
    elif kind == "clock":
        menu |= {
            "hour": data[AT["clock_hour"]],
            "minute": data[AT["clock_minute"]],
            "field": ("hour", "minute")[data[AT["clock_field"]]],
        }
    return menu


def _flags(data: bytes) -> dict[str, bool]:
    bits = struct.unpack_from("<I", data, AT["flags"])[0]
    return {name: bool(bits >> i & 1) for i, name in enumerate(FLAGS)}


def _battle(data: bytes) -> GameState:
    return {
        "phase": BATTLE_PHASES[data[AT["battle_phase"]]],
        "kind": BATTLE_KINDS[data[AT["battle_kind"]]],
        "result": BATTLE_RESULTS[data[AT["battle_result"]]],
        "turn": data[AT["battle_turn"]],
        "last_move": data[AT["battle_cursor"]],
        "enemy": _creature(data, AT["enemy"]),
    }
