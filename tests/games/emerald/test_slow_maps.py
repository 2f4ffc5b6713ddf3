"""Maps of chance, in a cartridge of chance, against a slow reading of the same structures."""

import random
import struct
from typing import Any

import pytest

from tests.games.emerald.consoles import Console, load_emerald
from tests.games.emerald.slow_maps import SlowMap, preview

SAVE = 0x02025A00
PLACES = {
    (0, 9): "LITTLEROOT TOWN",
    (0, 16): "ROUTE 101",
    (11, 3): "RUSTBORO CITY GYM",
    (25, 40): "MOVING_VAN",
    (0x63, 0x0B): "Map_63_0B",
}
LAYOUT, TILESETS, EVENTS, CONNECTIONS = 0x08000100, (0x08000200, 0x08000300), 0x08000400, 0x08000500
ATTRIBUTES = (0x08002000, 0x08003000)
WARPS, ENTRIES = 0x08004000, 0x08005000


def get_name(group: int, number: int) -> str:
    return PLACES.get((group, number), f"Map_{group:02X}_{number:02X}")


def make_console(rng: random.Random) -> Console:
    """A console in the overworld of a map of chance, with its cartridge."""
    sizes = {0x02: 0x40000, 0x03: 0x8000, 0x04: 0x400, 0x06: 0x18000, 0x08: 0x8000}
    console = Console({top << 24: bytes(size) for top, size in sizes.items()})
    width, height = rng.randrange(1, 24), rng.randrange(1, 24)
    console.write(0x030022C4, 0x08085E5D, 4)
    console.write(0x03005D8C, SAVE, 4)
    console.write(0x03005D90, 0x02024A00, 4)
    console.write(0x020244E9, 1)  # a party, so that the story has begun
    console.write(0x03005DC0, struct.pack("<iiI", width + 15, height + 14, 0x02032318))
    place = rng.choice([*PLACES, (11, 3), (11, 3)])  # in this one sights are drawn
    x, y = rng.randrange(-1, width + 1), rng.randrange(-1, height + 1)
    console.write(SAVE, struct.pack("<hhBB", x, y, *place))
    write_tiles(console, rng, (width + 15) * (height + 14))
    write_cartridge(console, rng, width + (rng.random() < 0.1))
    write_people(console, rng, place, (width, height))
    return console


def write_tiles(console: Console, rng: random.Random, count: int) -> None:
    """Of few kinds, so that there is room to look and walk."""
    known = [rng.randrange(0x400) for _ in range(40)] + [0, 0, 0x3FF]
    for i in range(count):
        metatile = 0 if rng.random() < 0.4 else rng.choice(known)
        collision = rng.choice((0, 0, 0, 1, 2, 3))
        block = metatile | collision << 10 | rng.randrange(16) << 12
        console.write(0x02032318 + 2 * i, block, 2)


def write_cartridge(console: Console, rng: random.Random, width: int) -> None:
    has_events, has_connections = rng.random() < 0.8, rng.random() < 0.8
    header = (LAYOUT, EVENTS * has_events, 0, CONNECTIONS * has_connections)
    console.write(0x02037318, struct.pack("<4I", *header))
    console.write(LAYOUT, struct.pack("<iiIIII", width, 9, 0, 0, *TILESETS))
    for tileset, attributes in zip(TILESETS, ATTRIBUTES, strict=True):
        console.write(tileset + 0x10, attributes, 4)
        console.write(attributes, rng.randbytes(1024))
    console.write(ATTRIBUTES[0], 0, 2)  # metatile 0 is plain
    warps, entries = rng.randrange(9), rng.randrange(6)
    console.write(EVENTS, struct.pack("<4B4I", 3, warps, 2, 1, 0, WARPS, 0, 0))
    console.write(CONNECTIONS, struct.pack("<iI", entries, ENTRIES))
    for i in range(warps):
        group, number = rng.choice(list(PLACES))
        place = (rng.randrange(-9, 99), rng.randrange(99))
        warp = struct.pack("<hhBBBB", *place, rng.randrange(16), rng.randrange(9), number, group)
        console.write(WARPS + 8 * i, warp)
    for i in range(entries):
        parts = (rng.randrange(7), rng.randrange(-60, 60), *rng.choice(list(PLACES)))
        console.write(ENTRIES + 12 * i, struct.pack("<BxxxiBBxx", *parts))


def write_people(
    console: Console, rng: random.Random, place: tuple[int, int], size: tuple[int, int]
) -> None:
    ids = rng.sample(range(1, 30), 20)
    for i in range(16):
        on, group, number = rng.random() < 0.6, *rng.choice((place, place, place, (9, 9)))
        one = bytearray(0x24)
        one[0], one[1], one[2] = on, rng.choice((0, 0x20, 0xDF)), rng.choice((0, 0, 0, 1, 0xFE))
        one[5], one[7], one[8], one[9], one[10] = rng.randrange(256), i % 4, ids[i], number, group
        struct.pack_into("<hh", one, 0x10, *(rng.randrange(-2, side + 2) + 7 for side in size))
        one[0x18] = rng.randrange(1, 5) | rng.randrange(16) << 4
        console.write(0x02037350 + 0x24 * i, bytes(one))
    console.write(SAVE + 0x1270, rng.randbytes(0x12C))
    for k, local_id in enumerate(rng.sample(ids, rng.randrange(20))):
        parts = (local_id, rng.randrange(256), *(rng.randrange(side) for side in size))
        parts += (rng.randrange(4), rng.randrange(7), 0, rng.choice((0, rng.randrange(0x960))))
        template = struct.pack("<BBxxhhBxxxHHIH", *parts[:4], 3, *parts[4:])
        console.write(SAVE + 0xC70 + 24 * k, template)


def read(console: Console, game: Any = None) -> dict[str, Any]:
    game = game or load_emerald()
    game._cartridge = console.blocks[0x08000000]
    found: dict[str, Any] = game.read_state(console)
    return found


@pytest.mark.parametrize("seed", range(120))
def test_a_map_is_what_its_structures_say(seed: int) -> None:
    console = make_console(random.Random(seed))
    state, slow = read(console), SlowMap(console.read, SAVE, get_name)
    here, place = state["map"], state["player"]["position"]
    rows = slow.draw((place["x"], place["y"]))
    tiles = [[slow.read_block(x, y) for x in range(slow.width)] for y in range(slow.height)]
    assert here["location"] == state["player"]["location"] == get_name(*slow.place)
    assert (here["width"], here["height"]) == (slow.width, slow.height)
    assert here["collisions"] == tuple(
        tuple(int(c > 0 or m == 0x3FF) for m, c, _ in row) for row in tiles
    )
    assert here["elevations"] == tuple(tuple(e for _, _, e in row) for row in tiles)
    assert here["behaviors"] == tuple(
        tuple(slow.read_behavior(m) for m, _, _ in row) for row in tiles
    )
    assert here["objects"] == slow.list_objects()
    assert here["warps"] == slow.list_warps()
    assert here["connections"] == slow.list_connections()
    assert here["ascii_map"] == rows
    assert {line[0] for line in here["legend"]} == set("".join(rows))
    assert len(here["legend"]) == len(set("".join(rows)))
    moves = {
        button: (move["new_coords"], move["blocked"], move["tile_symbol"])
        for button, move in state["movement_preview"].items()
    }
    assert moves == preview(rows, place["x"], place["y"])


def test_maps_of_chance_hold_what_they_are_for() -> None:
    """The test above says nothing of symbols that never come up."""
    seen = set[str]()
    hidden = sights = 0
    for seed in range(120):
        console = make_console(random.Random(seed))
        slow = SlowMap(console.read, SAVE, get_name)
        rows = "".join(slow.draw((0, 0)))
        seen |= set(rows)
        sights += "@" in rows
        hidden += any(map(slow.is_hidden, slow.list_templates()))
    assert seen >= set(".#SDW~cTBCVUM→←↑↓NP@")
    assert hidden > 20
    assert sights > 5


def test_one_reader_reads_maps_of_chance_as_fresh_ones_do() -> None:
    """Also where only one of a map's parts has changed since it read them."""
    for seed in range(20):
        rng = random.Random(seed)
        one, other = make_console(rng), make_console(rng)
        game = load_emerald()
        read(one, game)
        for top, start, size in (
            *((0x02, 0x37318, 0x1C), (0x02, 0x37350, 0x240), (0x02, 0x25A00, 6)),
            *((0x02, 0x26670, 0x600), (0x02, 0x26C70, 0x12C), (0x02, 0x32318, 0x5000)),
            *((0x03, 0x5DC0, 8),),
        ):
            content = other.blocks[top << 24][start : start + size]
            one.write((top << 24) + start, content)
            assert read(one, game) == read(one)
