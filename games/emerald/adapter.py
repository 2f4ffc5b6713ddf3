"""Pokémon Emerald (BPEE, English): buttons, a step's timing, and the state in the console's memory.

The addresses are of this one revision. Of those in the work RAM nearly all were compared on save
states in the real emulator; those that were not, and what stands in the cartridge, are named in
docs/emerald.md. Pointers are followed at every read: the save blocks move.
"""

import struct
from pathlib import Path
from typing import Any, ClassVar

from autodagger.actions import Answers
from autodagger.game.cartridge import Settling
from autodagger.game.gba import GameState, GbaGame, GbaSimulator, Ram

from .battle import MESSAGE, MESSAGE_SIZE, read_battle
from .done_when import DONE_WHEN, FAIL_WHEN, MAIN_MENU
from .maps import (
    FLAGS,
    NOWHERE,
    MapReader,
    describe_map,
    get_facing,
    get_map_name,
    preview_moves,
)
from .memory import Memory
from .party import PartyReader
from .text import decode

SAVE_BLOCK_1, SAVE_BLOCK_2 = 0x03005D8C, 0x03005D90  # pointers to them
CALLBACK2, IN_BATTLE = 0x030022C4, 0x030026F9
SCRIPT_STATUS, SCRIPT_FUNCTION = 0x03000E38, 0x03000E44
TEXT, TEXT_SIZE = 0x02021FC4, 1000
BG0_CONTROL, VIDEO_MEMORY = 0x04000008, 0x06000000
TASKS, TASK_SIZE, TASK_COUNT = 0x03005E00, 40, 16
MENU_CURSOR, MENU_LAST = 0x0203CD92, 0x0203CD94
START_CURSOR, START_COUNT = 0x0203760E, 0x0203760F
FADE = 0x02037FDB
WARP_DESTINATION = 0x020322E4

_OVERWORLD = 0x08085E5D
_BATTLE = 0x08038421
_TITLES = (0x0816CC01, 0x080AAB2D, MAIN_MENU)  # intro, title
_MENUS = (0x080E4F59, 0x08134C9D, 0x081AAD5D, 0x081B01B1, 0x08133F0D)
# naming, wall clock, bag, party, starter choice
_KNOWN = frozenset((_OVERWORLD, _BATTLE, *_TITLES, *_MENUS))
_TEXT_COMPLETE = 0x0809AC99
_STOPPED = 2  # of a script
_WINDOW_TILE, _WINDOW_PLACE = 0xF194, 2 * (15 * 32 + 2)  # tile (2, 15) of 32 a row
_TASK_MENUS = {0x080E215D: "yes_no", 0x080E2059: "choice", 0x0809FA35: "start"}

_STORY_MAPS = frozenset(((25, 40), (0, 9), (0, 16), *((1, number) for number in range(5))))
"""Where a new game leads; elsewhere without a party, the story has not begun."""

BADGES = ("Stone", "Knuckle", "Dynamo", "Heat", "Balance", "Feather", "Mind", "Rain")
_FIRST_BADGE = 0x867
_NAMED_FLAGS = {
    "clock_set": 0x51,
    "starter": 0x860,
    "pokedex": 0x861,
    "rival_103": 0x82,
    "grunt": 0x500 + 10,
    "josh": 0x500 + 320,
    "roxanne": 0x500 + 265,
}
_FLAG_BYTES = 0x12C


class Emerald(GbaGame):
    """A step is a button held for 12 frames, and 45 to 54 without one.

    A step's press waits while the player changes maps: where the destination of the next warp
    changes, 100 frames pass first.
    """

    name = "Pokémon Emerald"
    rom = "Emerald-GBAdvance/rom.gba"
    rom_sha1 = "f3ae088181bf583e55daf962a92bb46f4f1d07b7"
    actions = ("no_op", "a", "b", "start", "select", "up", "down", "left", "right")
    hold_frames = 12
    release_frames = (45, 54)
    settling = Settling(WARP_DESTINATION, 2, 100)
    answers = Answers(first_of_list=True, names={"no_op": "b"}, otherwise="b")
    done_when: ClassVar[dict[str, str]] = DONE_WHEN
    fail_when = FAIL_WHEN

    def __init__(self) -> None:
        self._cartridge = b""
        self._maps, self._parties = MapReader(), PartyReader()

    def find_rom(self, folder: Path) -> Path:
        """In the game's folder as rom.gba, or where the reference's users have it."""
        own = Path(folder, "rom.gba")
        return own if own.is_file() else Path(self.rom)

    def open(self, rom: Path | None) -> GbaSimulator:
        """Also keeps the cartridge, which holds what tiles are and where doors lead."""
        simulator = super().open(rom)
        assert rom is not None  # it was opened
        self._cartridge = Path(rom).read_bytes()
        return simulator

    def read_state(self, ram: Ram) -> GameState:
        """The whole state, from one copy of all memories.

        - `player`: name, position, location (the map's name), facing, money, party.
        - `game`: game_state (title, battle, dialog, menu, overworld), is_in_battle, in_battle,
          dialog_text, dialog_finished, menu, busy, badges, money, time ([h, m, s]), callback2,
          flags.
        - `map`: location, ascii_map and legend (see tiles.py), player_position, collisions,
          behaviors, elevations, objects, width, height, warps, connections, player_coords.
        - `battle_info` in battles, `movement_preview` in the overworld, `milestones` (empty).
        """
        memory = Memory(ram.blocks, self._cartridge)
        save, profile = memory.follow(SAVE_BLOCK_1), memory.follow(SAVE_BLOCK_2)
        party = self._parties.read(memory)
        place = (memory.u8(save + 4), memory.u8(save + 5)) if save else None
        has_begun = place is not None and (bool(party) or place in _STORY_MAPS)
        location = get_map_name(*place) if place and has_begun else "TITLE_SEQUENCE"
        x, y = struct.unpack("<hh", memory.bytes(save, 4)) if save else (0, 0)
        facing = get_facing(memory)
        flags = memory.bytes(save + FLAGS, _FLAG_BYTES) if save else bytes(_FLAG_BYTES)
        money = _read_money(memory, save, profile)
        game = _read_game(memory, has_begun) | {
            "badges": [name for i, name in enumerate(BADGES) if _is_set(flags, _FIRST_BADGE + i)],
            "money": money,
            "time": _read_time(memory, profile),
            "flags": {name: _is_set(flags, number) for name, number in _NAMED_FLAGS.items()},
        }
        state: GameState = {
            "player": {
                "name": decode(memory.bytes(profile, 8)) if save and profile else "",
                "position": {"x": x, "y": y},
                "location": location,
                "facing": facing,
                "money": money,
                "party": party,
            },
            "game": game,
            "map": self._read_map(memory, save if has_begun else None, location, (x, y, facing)),
            "milestones": {},
        }
        if game["is_in_battle"]:
            state["battle_info"] = read_battle(memory)
        elif has_begun and game["game_state"] == "overworld":
            state["movement_preview"] = preview_moves(state["map"]["ascii_map"], x, y)
        return state

    def _read_map(
        self, memory: Memory, save: int | None, location: str, player: tuple[int, int, str]
    ) -> dict[str, Any]:
        tiles = self._maps.read_tiles(memory) if save else NOWHERE
        objects = self._maps.read_objects(memory, save) if save else []
        sights = self._maps.list_sights(memory, save or 0, tiles, objects)
        rows, legend = describe_map(tiles, location, player, objects, sights)
        return {
            "location": location,
            "player_coords": {},
            "ascii_map": rows,
            "legend": legend,
            "player_position": {"x": player[0], "y": player[1], "facing": player[2].capitalize()},
            "collisions": tiles.collisions,
            "behaviors": tiles.behaviors,
            "elevations": tiles.elevations,
            "objects": objects,
            "width": tiles.width,
            "height": tiles.height,
            "warps": [dict(warp) for warp in tiles.warps],
            "connections": [dict(connection) for connection in tiles.connections],
        }


def _read_game(memory: Memory, has_begun: bool) -> dict[str, Any]:
    callback2 = memory.u32(CALLBACK2)
    in_battle = bool(memory.u8(IN_BATTLE) & 2)
    text = _read_text(memory, callback2, in_battle)
    menu = _read_menu(memory)
    if in_battle:
        kind = "battle"
    elif callback2 in _TITLES or not has_begun:
        kind = "title"
    elif text:
        kind = "dialog"
    else:
        kind = "menu" if menu or callback2 in _MENUS else "overworld"
    return {
        "game_state": kind,
        "is_in_battle": in_battle,
        "in_battle": in_battle,
        "dialog_text": text,
        "dialog_finished": memory.u32(SCRIPT_FUNCTION) == _TEXT_COMPLETE,
        "menu": menu,
        "busy": bool(memory.u8(FADE) & 0x80) or callback2 not in _KNOWN,
        "callback2": callback2,
    }


def _read_text(memory: Memory, callback2: int, in_battle: bool) -> str | None:
    if in_battle:
        return decode(memory.bytes(MESSAGE, MESSAGE_SIZE))
    is_open = callback2 == _OVERWORLD and memory.u8(SCRIPT_STATUS) != _STOPPED
    tiles = VIDEO_MEMORY + 0x800 * (memory.u16(BG0_CONTROL) >> 8 & 0x1F)
    if not is_open or memory.u16(tiles + _WINDOW_PLACE) != _WINDOW_TILE:
        return None
    return decode(memory.bytes(TEXT, TEXT_SIZE))


def _read_menu(memory: Memory) -> dict[str, Any] | None:
    tasks = memory.bytes(TASKS, TASK_SIZE * TASK_COUNT)
    for start in range(0, len(tasks), TASK_SIZE):
        if tasks[start + 4]:
            kind = _TASK_MENUS.get(int.from_bytes(tasks[start : start + 4], "little"))
            if kind == "start":
                cursor, last = memory.u8(START_CURSOR), memory.u8(START_COUNT) - 1
                return {"kind": kind, "cursor": cursor, "last": last}
            if kind:
                cursor, last = memory.s8(MENU_CURSOR), memory.s8(MENU_LAST)
                return {"kind": kind, "cursor": cursor, "last": last}
    return None


def _read_money(memory: Memory, save: int | None, profile: int | None) -> int:
    return memory.u32(save + 0x490) ^ memory.u32(profile + 0xAC) if save and profile else 0


def _read_time(memory: Memory, profile: int | None) -> list[int]:
    return list(struct.unpack("<HBB", memory.bytes(profile + 0xE, 4))) if profile else [0, 0, 0]


def _is_set(flags: bytes, number: int) -> bool:
    return bool(flags[number >> 3] >> (number & 7) & 1)
