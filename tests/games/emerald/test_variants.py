"""Recorded consoles with one thing changed: the state dictionary says exactly that."""

import copy
import random
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.games.emerald.consoles import (
    Console,
    list_names,
    load_console,
    load_emerald,
    needs_states,
    read,
)

SAVE_1, SAVE_2 = 0x03005D8C, 0x03005D90
PARTY, COUNT = 0x020244EC, 0x020244E9
Change = Callable[[Console, dict[str, Any], random.Random], None]
"""Changes a console, and in the dictionary what it expects of that."""


def save_1(console: Console) -> int:
    return console.read(SAVE_1, 4)


def save_2(console: Console) -> int:
    return console.read(SAVE_2, 4)


def change_money(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    money = rng.randrange(1_000_000)
    console.write(save_1(console) + 0x490, money ^ console.read(save_2(console) + 0xAC, 4), 4)
    state["player"]["money"] = state["game"]["money"] = money


def change_key(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    """As the game does at times: all that it encrypts stays what it is."""
    key = rng.getrandbits(32)
    console.write(save_2(console) + 0xAC, key, 4)
    console.write(save_1(console) + 0x490, state["player"]["money"] ^ key, 4)


def move_blocks(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    for pointer, size in ((SAVE_1, 0x3D00), (SAVE_2, 0xF00)):
        start = console.read(pointer, 4)
        content = console.blocks[0x02000000][start & 0xFFFFFF :][:size]
        target = start + 4 * rng.randrange(1, 32)
        console.write(target, content)
        console.write(pointer, target, 4)
        if pointer == SAVE_1:  # nothing is left where it was
            console.write(start, b"\xa5" * (target - start))


def change_badges(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    names = ["Stone", "Knuckle", "Dynamo", "Heat", "Balance", "Feather", "Mind", "Rain"]
    owned = rng.randrange(1, 256)
    for i in range(len(names)):
        set_flag(console, 0x867 + i, bool(owned >> i & 1))
    state["game"]["badges"] = [name for i, name in enumerate(names) if owned >> i & 1]


def change_flag(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    numbers = {"clock_set": 0x51, "starter": 0x860, "pokedex": 0x861, "rival_103": 0x82}
    numbers |= {"grunt": 0x50A, "josh": 0x640, "roxanne": 0x609}
    name = rng.choice(list(numbers))
    state["game"]["flags"][name] = not state["game"]["flags"][name]
    set_flag(console, numbers[name], state["game"]["flags"][name])


def set_flag(console: Console, number: int, value: bool) -> None:
    place = save_1(console) + 0x1270 + (number >> 3)
    old = console.read(place, 1)
    console.write(place, old | 1 << (number & 7) if value else old & ~(1 << (number & 7)))


def change_time(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    time = [rng.randrange(999), rng.randrange(60), rng.randrange(60)]
    console.write(save_2(console) + 0xE, struct.pack("<HBB", *time))
    state["game"]["time"] = time


def change_name(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    name = "".join(rng.choice("ABCXYZabcxyz0189") for _ in range(rng.randrange(1, 8)))
    console.write(save_2(console), encode(name).ljust(8, b"\xff"))
    state["player"]["name"] = name


def encode(text: str) -> bytes:
    runs = ((0xBB, "A", 26), (0xD5, "a", 26), (0xA1, "0", 10))
    codes = {chr(ord(first) + i): code + i for code, first, size in runs for i in range(size)}
    return bytes(codes[letter] for letter in text) + b"\xff"


def change_facing(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    code, facing = rng.choice([(1, "south"), (2, "north"), (3, "west"), (4, "east")])
    index = console.read(0x02037595, 1)
    place = 0x02037350 + 0x24 * index + 0x18
    console.write(place, console.read(place, 1) & 0xF0 | code)
    state["player"]["facing"] = facing
    state["map"]["player_position"]["facing"] = facing.capitalize()


def change_tile(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    here = state["map"]
    x, y = rng.randrange(here["width"]), rng.randrange(here["height"])
    metatile, blocked, height = rng.randrange(0x3FF), rng.randrange(4), rng.randrange(16)
    width = console.read(0x03005DC0, 4)
    place = 0x02032318 + 2 * ((y + 7) * width + x + 7)
    console.write(place, metatile | blocked << 10 | height << 12, 2)
    for key, value in (("collisions", int(blocked > 0)), ("elevations", height)):
        rows = [list(row) for row in here[key]]
        rows[y][x] = value
        here[key] = tuple(map(tuple, rows))


def change_member(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    """Another one in the party's first place, as the game encrypts it."""
    personality, owner = rng.getrandbits(32), rng.getrandbits(32)
    moves, points = [rng.randrange(1, 355) for _ in range(4)], [rng.randrange(64) for _ in range(4)]
    species, level, most = rng.randrange(1, 412), rng.randrange(1, 101), rng.randrange(1, 700)
    hp, nickname = rng.randrange(most + 1), "".join(rng.choice("MUDKIP") for _ in range(6))
    parts = {
        "G": struct.pack("<HHII", species, 0, 0, 0),
        "A": struct.pack("<4H4B", *moves, *points),
        "E": bytes(12),
        "M": bytes(12),
    }
    plain = b"".join(parts[letter] for letter in ORDERS[personality % 24])
    words = [word ^ personality ^ owner for word in struct.unpack("<12I", plain)]
    status, name = rng.choice(STATUSES)
    member = struct.pack("<II", personality, owner) + encode(nickname).ljust(10, b"\xff")
    member = member.ljust(0x20, b"\0") + struct.pack("<12I", *words)
    member += struct.pack("<IBBHH", status, level, 0, hp, most)
    console.write(PARTY, member.ljust(100, b"\0"))
    console.write(COUNT, max(1, len(state["player"]["party"])))
    found = {
        "species_name": nickname,
        "nickname": nickname,
        "species": species,
        "level": level,
        "current_hp": hp,
        "max_hp": most,
        "status": name,
        "types": [],
        "move_ids": moves,
        "move_pp": points,
    }
    state["player"]["party"][:1] = [found]


# Of public documentation of the structure: by the personality modulo 24.
ORDERS = (
    *("GAEM", "GAME", "GEAM", "GEMA", "GMAE", "GMEA", "AGEM", "AGME", "AEGM", "AEMG", "AMGE"),
    *("AMEG", "EGAM", "EGMA", "EAGM", "EAMG", "EMGA", "EMAG", "MGAE", "MGEA", "MAGE", "MAEG"),
    *("MEGA", "MEAG"),
)
STATUSES = ((0, "OK"), (3, "SLEEP"), (8, "POISON"), (0x10, "BURN"), (0x20, "FREEZE"))
STATUSES += ((0x40, "PARALYSIS"), (0x80, "POISON"))


def open_menu(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    kind, task = rng.choice([("yes_no", 0x080E215D), ("choice", 0x080E2059), ("start", 0x0809FA35)])
    place = 0x03005E00 + 40 * rng.randrange(16)
    console.write(place, task, 4)
    console.write(place + 4, 1)
    cursor, last = rng.randrange(3), rng.randrange(3, 8)
    if kind == "start":
        console.write(0x0203760E, cursor)
        console.write(0x0203760F, last + 1)
    else:
        console.write(0x0203CD92, cursor)
        console.write(0x0203CD94, last)
    state["game"]["menu"] = {"kind": kind, "cursor": cursor, "last": last}
    if state["game"]["game_state"] == "overworld":
        state["game"]["game_state"] = "menu"
        state.pop("movement_preview")


def start_fade(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    console.write(0x02037FDB, console.read(0x02037FDB, 1) | 0x80)
    state["game"]["busy"] = True


def hide_object(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    near = [one for one in state["map"]["objects"] if one["facing"]]
    if near:
        chosen = rng.choice(near)
        for place in range(0x02037350, 0x02037350 + 16 * 0x24, 0x24):
            is_other = console.read(place, 1) & 1 and not console.read(place + 2, 1) & 1
            if is_other and console.read(place + 8, 1) == chosen["local_id"]:
                console.write(place + 1, console.read(place + 1, 1) | 0x20)
        chosen["visible"] = False


CHANGES: tuple[Change, ...] = (
    *(change_money, change_key, move_blocks, change_badges, change_flag, change_time, change_name),
    *(change_facing, change_tile, change_member, open_menu, start_fade, hide_object),
)
DRAWN = (
    "ascii_map",
    "legend",
    "behaviors",
)  # what a tile or an object does to these, test_map says


def reduce(state: dict[str, Any]) -> dict[str, Any]:
    """Without what follows from other fields, see `DRAWN`."""
    state = copy.deepcopy(state)
    for key in DRAWN:
        del state["map"][key]
    state.pop("movement_preview", None)
    for member in state["player"]["party"]:
        member.pop("moves", None)
    return state


def list_cases() -> Iterator[tuple[str, Change, int]]:
    for name in list_names():
        if name != "S_00_init":  # no story yet: nothing of these is in memory
            for change in CHANGES:
                for seed in (0, 1):
                    yield name, change, seed


@needs_states
@pytest.mark.parametrize(("name", "change", "seed"), list(list_cases()))
def test_a_change_is_read_and_nothing_else(name: str, change: Change, seed: int) -> None:
    console = load_console(name)
    game = load_emerald()
    expected = copy.deepcopy(game.read_state(console))  # type: ignore[attr-defined]
    change(console, expected, random.Random(f"{name} {seed}"))
    assert reduce(read(console)) == reduce(expected)
    # what is kept of the console before the change makes no difference
    assert game.read_state(console) == read(console)  # type: ignore[attr-defined]
