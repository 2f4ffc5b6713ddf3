"""Changes to recorded consoles, each with what the state dictionary says of it."""

import random
import struct
from collections.abc import Callable
from typing import Any

from tests.games.emerald.consoles import Console

SAVE_1, SAVE_2 = 0x03005D8C, 0x03005D90
PARTY, COUNT = 0x020244EC, 0x020244E9
Change = Callable[[Console, dict[str, Any], random.Random], None]
"""Changes a console, and in the dictionary what it expects of that."""


def save_1(console: Console) -> int:
    return console.read(SAVE_1, 4)


def save_2(console: Console) -> int:
    return console.read(SAVE_2, 4)


def settle(state: dict[str, Any]) -> None:
    """Which screen it is, and the parts that only some have, follow from the rest."""
    game = state["game"]
    if game["is_in_battle"]:
        kind = "battle"
    elif game["callback2"] in (0x0816CC01, 0x080AAB2D, 0x0802F6B1):
        kind = "title"
    elif game["dialog_text"]:
        kind = "dialog"
    else:
        kind = "menu" if game["menu"] or game["callback2"] in MENUS else "overworld"
    game["game_state"] = kind
    known = (OVERWORLD, 0x08038421, 0x0816CC01, 0x080AAB2D, 0x0802F6B1, *MENUS)
    game["busy"] = game["callback2"] not in known


MENUS = (0x080E4F59, 0x08134C9D, 0x081AAD5D, 0x081B01B1, 0x08133F0D)
OVERWORLD = 0x08085E5D


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


def make_member(rng: random.Random) -> tuple[bytes, dict[str, Any]]:
    """One of the party as the game encrypts it, and as the dictionary has it."""
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
    return member.ljust(100, b"\0"), found


def change_member(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    """Another one in the party's first place."""
    member, found = make_member(rng)
    console.write(PARTY, member)
    console.write(COUNT, max(1, len(state["player"]["party"])))
    state["player"]["party"][:1] = [found]


def change_party(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    """Up to six others."""
    members = [make_member(rng) for _ in range(rng.randrange(2, 7))]
    console.write(PARTY, b"".join(member for member, _ in members))
    console.write(COUNT, len(members))
    state["player"]["party"] = [found for _, found in members]


def change_health(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    """What a hit, a potion or a level changes, outside of what is encrypted."""
    for place, one in enumerate(state["player"]["party"]):
        status, one["status"] = rng.choice(STATUSES)
        one["level"], one["max_hp"] = rng.randrange(1, 101), rng.randrange(1, 700)
        one["current_hp"] = rng.randrange(one["max_hp"] + 1)
        parts = (status, one["level"], 0, one["current_hp"], one["max_hp"])
        console.write(PARTY + 100 * place + 0x50, struct.pack("<IBBHH", *parts))


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
    if kind != "start":
        cursor = rng.choice((cursor, -1, -2))  # as it is without a choice
    if kind == "start":
        console.write(0x0203760E, cursor)
        console.write(0x0203760F, last + 1)
    else:
        console.write(0x0203CD92, cursor)
        console.write(0x0203CD94, last)
    state["game"]["menu"] = {"kind": kind, "cursor": cursor, "last": last}
    settle(state)


def leave_menu(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    """A task that has ended keeps its function, and another one takes its place elsewhere."""
    for place in range(0x03005E00, 0x03005E00 + 16 * 40, 40):
        if not console.read(place + 4, 1):
            console.write(place, rng.choice((0x080E215D, 0x080E2059, 0x0809FA35)), 4)


def start_fade(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    console.write(0x02037FDB, console.read(0x02037FDB, 1) | 0x80)
    state["game"]["busy"] = True


def hide_object(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    near = [one for one in state["map"]["objects"] if one["facing"]]
    if near:
        chosen = rng.choice(near)
        place = find_object(console, chosen["local_id"])
        console.write(place + 1, console.read(place + 1, 1) | 0x20)
        chosen["visible"] = False


def move_object(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    for one in state["map"]["objects"]:
        if one["facing"]:
            place = find_object(console, one["local_id"])
            one["x"], one["y"] = rng.randrange(-9, 99), rng.randrange(-9, 99)
            console.write(place + 0x10, struct.pack("<hh", one["x"] + 7, one["y"] + 7))


def find_object(console: Console, local_id: int) -> int:
    for place in range(0x02037350, 0x02037350 + 16 * 0x24, 0x24):
        is_other = console.read(place, 1) & 1 and not console.read(place + 2, 1) & 1
        if is_other and console.read(place + 8, 1) == local_id:
            return place
    raise AssertionError(local_id)


def move_player(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    x, y = rng.randrange(-300, 300), rng.randrange(-300, 300)
    console.write(save_1(console), struct.pack("<hh", x, y))
    state["player"]["position"] = {"x": x, "y": y}
    state["map"]["player_position"] |= {"x": x, "y": y}


PLACES = {
    (0, 9): "LITTLEROOT TOWN",
    (0, 16): "ROUTE 101",
    (1, 4): "LITTLEROOT TOWN PROFESSOR BIRCHS LAB",
    (25, 40): "MOVING_VAN",
}
LATER_PLACES = {
    (0, 3): "RUSTBORO CITY",
    (11, 3): "RUSTBORO CITY GYM",
    (24, 11): "PETALBURG WOODS",
    (0xFE, 0x0B): "Map_FE_0B",
}


def change_map(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    """Another map's number, also in all who stand there."""
    party = state["player"]["party"]
    places = PLACES | LATER_PLACES if party else PLACES  # elsewhere nobody has none
    (group, number), name = rng.choice(list(places.items()))
    old = console.read(save_1(console) + 4, 2)
    console.write(save_1(console) + 4, bytes([group, number]))
    for place in range(0x02037350, 0x02037350 + 16 * 0x24, 0x24):
        if console.read(place + 9, 2) == (old >> 8 | (old & 0xFF) << 8):
            console.write(place + 9, bytes([number, group]))
    state["player"]["location"] = state["map"]["location"] = name


def change_screen(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    """Any but the overworld: what its script left behind means nothing there."""
    game = state["game"]
    game["callback2"] = rng.choice((0x0816CC01, 0x080AAB2D, 0x0802F6B1, 0x08000001, *MENUS))
    console.write(0x030022C4, game["callback2"], 4)
    if not game["is_in_battle"]:
        game["dialog_text"] = None
    settle(state)


def show_message(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    text = "".join(rng.choice("abcXYZ089") for _ in range(rng.randrange(1, 40)))
    is_complete, base = rng.random() < 0.5, rng.randrange(32)
    if state["game"]["is_in_battle"]:
        console.write(0x02022E2C, encode(text))
    else:
        console.write(0x02021FC4, encode(text))
        console.write(0x03000E38, rng.randrange(2))
        console.write(0x04000008, base << 8 | rng.getrandbits(8), 2)
        console.write(0x06000000 + 0x800 * base + 2 * (15 * 32 + 2), 0xF194, 2)
    console.write(0x03000E44, 0x0809AC99 if is_complete else rng.getrandbits(30), 4)
    state["game"] |= {"dialog_text": text, "dialog_finished": is_complete}
    settle(state)


def end_message(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    """Its script stops, or its window goes."""
    if rng.random() < 0.5:
        console.write(0x03000E38, 2)
    else:
        base = console.read(0x04000008, 2) >> 8 & 31
        console.write(0x06000000 + 0x800 * base + 2 * (15 * 32 + 2), 0xF193, 2)
    if not state["game"]["is_in_battle"]:
        state["game"]["dialog_text"] = None
    settle(state)


def begin_battle(console: Console, state: dict[str, Any], rng: random.Random) -> None:
    """With all that a battle has, also where there was one."""
    flags, opponent = rng.getrandbits(16), rng.randrange(1000)
    console.write(0x030026F9, console.read(0x030026F9, 1) | 2)
    console.write(0x02022FEC, flags, 4)
    console.write(0x02038BCA, opponent, 2)
    console.write(0x02022E2C, encode("Go"))
    own, other = (begin_fight(console, 0x02024084 + 0x58 * place, rng) for place in range(2))
    controller, menu = rng.choice(
        [(0x08057589, "main_menu"), (0x08057BFD, "move_selection"), (0x08057825, "none")]
    )
    action, move = rng.randrange(4), rng.randrange(4)
    console.write(0x03005D60, controller, 4)
    console.write(0x020244AC, action)
    console.write(0x020244B0, move)
    state["battle_info"] = {
        "in_battle": True,
        "battle_type_flags": flags,
        "is_trainer_battle": flags & 8 > 0,
        "is_wild_battle": flags & 8 == 0,
        "is_double_battle": flags & 1 > 0,
        "trainer_opponent": opponent,
        "player_pokemon": own,
        "opponent_pokemon": other,
        "menu": menu,
        "action_cursor": action,
        "move_cursor": move,
    }
    state["game"] |= {"is_in_battle": True, "in_battle": True, "dialog_text": "Go"}
    settle(state)


def begin_fight(console: Console, place: int, rng: random.Random) -> dict[str, Any]:
    species, level, most = rng.randrange(1, 412), rng.randrange(1, 101), rng.randrange(1, 700)
    hp, points = rng.choice((0, rng.randrange(most + 1))), [rng.randrange(64) for _ in range(4)]
    name = "".join(rng.choice("WURMPLE") for _ in range(10))
    console.write(place, species, 2)
    console.write(place + 0xC, struct.pack("<4H", *(rng.randrange(355) for _ in range(4))))
    console.write(place + 0x24, bytes(points))
    console.write(place + 0x28, struct.pack("<HBxH", hp, level, most))
    console.write(place + 0x30, encode(name))
    return {
        "species": species,
        "nickname": name,
        "level": level,
        "current_hp": hp,
        "max_hp": most,
        "hp_percentage": round(100 * hp / most, 1),
        "move_pp": points,
        "is_fainted": hp == 0,
    }


CHANGES: tuple[Change, ...] = (
    *(change_money, change_key, move_blocks, change_badges, change_flag, change_time, change_name),
    *(
        change_facing,
        change_tile,
        change_member,
        change_party,
        change_health,
        open_menu,
        leave_menu,
    ),
    *(start_fade, hide_object, move_object, move_player, change_map, change_screen),
    *(show_message, end_message, begin_battle),
)
