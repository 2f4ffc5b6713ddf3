"""The adapter reads what ``source/src/state.h`` lays out, in the words of the sources."""

import json
import re
import struct
import time

from autodagger.game.contract import load_game
from autodagger.game.emulator import Ram
from games.mossbrook import adapter
from games.mossbrook.adapter import ADDRESS, AT, Mossbrook
from games.mossbrook.source import assets, mapfiles
from games.mossbrook.story import FOLDER

SOURCE = FOLDER / "source"
STATE_H = (SOURCE / "src" / "state.h").read_text()
CREATURES_H = (SOURCE / "src" / "creatures.h").read_text()
TYPE_SIZE = {"u8": 1, "char": 1, "u16": 2, "u32": 4, "Creature": 8, "NpcState": 8}


class Memory:
    """Stands in for the emulator's memory."""

    def __init__(self, **fields: int) -> None:
        self.data = bytearray(0x4D0)
        for name, value in fields.items():
            self.data[AT[name]] = value

    def extract(self, address: int, kind: str) -> int:
        size = int(kind[-1])
        offset = address - ADDRESS
        return int.from_bytes(self.data[offset : offset + size], "little")


def read(memory: Memory) -> dict:
    return Mossbrook().read_state(Ram(memory))


def enum_members(text: str, name: str) -> list[str]:
    """The members of a C enum, without the last, which counts them."""
    body = re.search(rf"enum {name} \{{(.*?)\}};", text, re.S)[1]
    body = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
    return [member.split("=")[0].strip() for member in body.split(",") if member.strip()]


def struct_offsets() -> dict[str, int]:
    """Offsets of the fields of GameState, added up from its declaration."""
    body = re.search(r"u32 magic;.*?(?=\} GameState;)", STATE_H, re.S)[0]
    body = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
    sizes = {"MAX_NAME + 1": 8, "LINE_LENGTH + 2": 28, "MAX_NPCS": 8}
    offsets, offset = {}, 0
    for kind, name, arrays in re.findall(r"(\w+) (\w+)((?:\[[^\]]+\])*);", body):
        offsets[name] = offset
        length = TYPE_SIZE[kind]
        for size in re.findall(r"\[([^\]]+)\]", arrays):
            length *= sizes.get(size) or (int(size) if size.isdigit() else 32 * 32)
        offset += length
    return offsets


def test_offsets_are_those_of_the_struct():
    offsets = struct_offsets()
    assert {name: offsets[name] for name in AT} == AT


def test_words_are_those_of_the_sources(tmp_path):
    def words(enum: str, prefix: str, text: str = STATE_H) -> list[str]:
        members = [m.removeprefix(prefix).lower() for m in enum_members(text, enum)]
        return [m for m in members if not m.endswith("count")]

    assert list(adapter.SCENES) == words("Scene", "SCENE_")
    assert ["none", *adapter.MENUS[1:]] == words("MenuKind", "MENU_")
    assert list(adapter.FLAGS) == words("Flag", "FLAG_")
    phases = words("BattlePhase", "BATTLE_")
    assert list(adapter.BATTLE_PHASES) == phases
    assert list(adapter.BATTLE_KINDS) == words("BattleKind", "BATTLE_")
    assert list(adapter.BATTLE_RESULTS) == words("BattleResult", "RESULT_")
    moves = words("MoveId", "MOVE_", CREATURES_H)
    assert [name.lower().replace(" ", "_") for name in adapter.MOVES] == moves
    assert adapter.CREATURES == assets.CREATURES
    assert adapter.PEOPLE == assets.SPRITES
    assert adapter.FACINGS == assets.FACINGS
    titles = mapfiles.read_maps(SOURCE / "assets", mapfiles.read_tiles(SOURCE / "assets"))
    assert list(adapter.LOCATIONS) == [game_map.title for game_map in titles.values()]
    assert [mapfiles.BEHAVIOURS[w] for w in ("free", "grass", "switch")] == list(adapter.WALKABLE)


def test_game_is_found_with_the_sha1_of_its_rom():
    game = load_game(FOLDER)
    assert game.actions[0] == "no_op"
    assert game.rom_sha1 == (FOLDER / "mossbrook.gba.sha1").read_text().split()[0]


def test_nothing_is_anywhere_before_a_map_is_entered():
    state = read(Memory())
    assert state["player"]["location"] is None
    assert state["map"]["collisions"] == ()
    assert state["game"]["dialog"] is state["game"]["menu"] is state["battle"] is None


def test_map_and_people():
    memory = Memory(map_id=1, map_width=3, map_height=2, npc_count=1, player_x=2, facing=3)
    memory.data[AT["behaviour"] : AT["behaviour"] + 6] = bytes([0, 1, 2, 3, 4, 9])
    memory.data[AT["npcs"] : AT["npcs"] + 5] = bytes([1, 1, 2, 3, 7])
    state = read(memory)
    assert state["player"]["location"] == "HOME TOWN"
    assert (state["player"]["position"], state["player"]["facing"]) == ({"x": 2, "y": 0}, "right")
    assert state["map"]["collisions"] == ((0, 1, 0), (1, 0, 1))
    assert state["map"]["objects"] == [
        {"name": "VILLAGER", "x": 1, "y": 1, "facing": "left", "moving": True}
    ]


def test_open_doors_change_the_collisions():
    game = Mossbrook()
    memory = Memory(map_id=12, map_width=2, map_height=1)
    memory.data[AT["behaviour"]] = 5
    assert game.read_state(Ram(memory))["map"]["collisions"] == ((1, 0),)
    memory.data[AT["behaviour"]], memory.data[AT["doors_open"]] = 0, 1
    assert game.read_state(Ram(memory))["map"]["collisions"] == ((0, 0),)


def test_words_menu_and_fight():
    memory = Memory(scene=8, text_open=1, menu_kind=5, menu_cursor=1, menu_count=3, party_count=1)
    memory.data[AT["text"] : AT["text"] + 4] = b"Hit!"
    memory.data[AT["party"] : AT["party"] + 8] = bytes([2, 5, 20, 24, 0, 3, 4, 5])
    memory.data[AT["enemy"] : AT["enemy"] + 8] = bytes([6, 8, 30, 44, 12, 12, 13, 14])
    struct.pack_into("<I", memory.data, AT["flags"], 0b10010)
    state = read(memory)
    assert state["game"]["dialog"] == {"open": True, "text": "Hit!", "waiting": False}
    assert state["game"]["menu"] == {"kind": "battle", "cursor": 1, "count": 3}
    assert state["game"]["flags"]["clock_set"] and state["game"]["flags"]["starter_chosen"]
    assert not state["game"]["flags"]["rival_met"]
    assert state["player"]["party"][0]["moves"] == ["BUMP", "COLD SPRAY", "ROLL OVER", "MEND"]
    assert state["battle"]["enemy"]["name"] == "BRAMBOAR"
    assert json.loads(json.dumps(state))["battle"]["enemy"]["hp"] == 30


def test_reading_is_fast():
    game, ram = Mossbrook(), Ram(Memory(map_width=20, map_height=20, npc_count=3))
    game.read_state(ram)
    start = time.perf_counter()
    for _ in range(200):
        game.read_state(ram)
    assert (time.perf_counter() - start) / 200 < 0.001  # seconds; about 0.0001 on an idle core
