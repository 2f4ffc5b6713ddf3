"""The map on made-up consoles and cartridges: every symbol, and what the cartridge's tables say."""

import copy
import random
import struct
from typing import Any

import pytest

from tests.games.emerald.consoles import Console, load_emerald

SAVE_1, SAVE_2 = 0x02025A00, 0x02024A54
OBJECTS, OBJECT_SIZE = 0x02037350, 0x24
GYM = (11, 3)
SIZES = {0x02: 0x40000, 0x03: 0x8000, 0x04: 0x400, 0x05: 0x400, 0x06: 0x18000, 0x07: 0x400}
# Where the made-up cartridge has its tables.
LAYOUT, PRIMARY, SECONDARY, ATTRIBUTES, EVENTS, WARPS, CONNECTIONS, ENTRIES = (
    0x08001000 + 0x1000 * place for place in range(8)
)


def draw(metatile: int, behavior: int, blocked: bool) -> str:
    """An own reading of which symbol a tile has: the first line that fits."""
    by_collision = "#" if blocked else "."
    cases = (
        (metatile == 0x3FF, "#"),
        (behavior == 0, by_collision),
        (behavior == 0x60, "S"),
        (behavior == 0x65, "D"),
        (behavior in (0x69, 0x6C, 0x6D, 0x8B, 0x8C, 0x8D, 0xBE, 0xEA), "D"),
        (behavior in (0x0D, 0x0E, 0x1B, 0x29), "S"),
        (behavior in (0x62, 0x63, 0x64, 0x67, 0x68, 0x6E), "S"),
        (0x10 <= behavior <= 0x15 or behavior in (0x17, 0x18, 0x1A), "W"),
        (behavior == 0x02, "~"),
        (behavior in (0x83, 0xB0, 0xB1, 0xC5), "c"),
        (behavior in (0x86, 0xC4), "T"),
        (0xE0 <= behavior <= 0xE2 or behavior == 0xE5, "B"),
        (behavior == 0x80, "C"),
        (behavior == 0xE3, "V"),
        (behavior == 0xE4, "U"),
        (behavior == 0x89, "M"),
        (behavior in (0x38, 0x3C), "→"),
        (behavior in (0x39, 0x3D), "←"),
        (behavior == 0x3A, "↑"),
        (behavior in (0x3B, 0x3E, 0x3F), "↓"),
        (0x70 <= behavior <= 0x73 or behavior == 0x78, by_collision),
        (0x7A <= behavior <= 0x7F or behavior == 0x2B, by_collision),
        (behavior in (0x0B, 0xB4, 0xB5, 0xC3, 0xC6), "."),
    )
    return next((symbol for fits, symbol in cases if fits), "#")


class World:
    """A console with one map, and a cartridge that says what its tiles are."""

    def __init__(self, blocks: list[list[int]], place: tuple[int, int] = (0, 16)) -> None:
        self.blocks = blocks
        self.console = Console({top << 24: bytes(size) for top, size in SIZES.items()})
        self.rom = bytearray(0x9000)
        self.game = load_emerald()
        self.height, self.width = len(blocks), len(blocks[0])
        write = self.console.write
        write(0x03005D8C, SAVE_1, 4)
        write(0x03005D90, SAVE_2, 4)
        write(SAVE_1 + 4, bytes(place))
        write(0x030022C4, 0x08085E5D, 4)
        write(0x03000E38, 2)
        write(0x020244E9, 1)
        write(0x02037318, struct.pack("<4I", LAYOUT, EVENTS, 0, CONNECTIONS))
        write(0x03005DC0, struct.pack("<iiI", self.width + 15, self.height + 14, 0x02032318))
        for y in range(self.height + 14):
            for x in range(self.width + 15):
                self.set_block(x - 7, y - 7, 0x3FF)
        for y, row in enumerate(blocks):
            for x, block in enumerate(row):
                self.set_block(x, y, block)
        self.put(LAYOUT, struct.pack("<ii4I", self.width, self.height, 0, 0, PRIMARY, SECONDARY))
        self.put(PRIMARY + 0x10, struct.pack("<I", ATTRIBUTES))
        self.put(SECONDARY + 0x10, struct.pack("<I", ATTRIBUTES + 1024))
        self.move_player(-1, -1)

    def put(self, address: int, content: bytes) -> None:
        start = address - 0x08000000
        self.rom[start : start + len(content)] = content

    def set_block(self, x: int, y: int, block: int) -> None:
        place = 0x02032318 + 2 * ((y + 7) * (self.width + 15) + x + 7)
        self.console.write(place, block, 2)

    def set_behavior(self, metatile: int, behavior: int) -> None:
        """With a layer in the upper byte, which says nothing of it."""
        self.put(ATTRIBUTES + 2 * metatile, struct.pack("<H", behavior | 0x1000))

    def move_player(self, x: int, y: int) -> None:
        self.console.write(SAVE_1, struct.pack("<hh", x, y))

    def add_object(self, slot: int, local_id: int, x: int, y: int, facing: int, trainer: int = 0):
        place = (self.console.read(SAVE_1 + 4, 1), self.console.read(SAVE_1 + 5, 1))
        start = OBJECTS + OBJECT_SIZE * slot
        content = bytes((1, 0, 0, 0, 0, 59, 0, trainer, local_id, place[1], place[0]))
        self.console.write(start, content)
        self.console.write(start + 0x10, struct.pack("<hh", x + 7, y + 7))
        self.console.write(start + 0x18, 0x50 | facing)

    def add_template(self, slot: int, local_id: int, x: int, y: int, sight=0, hide=0) -> None:
        one = struct.pack("<BBxxhhBxxxHHIH", local_id, 59, x, y, 3, 1, sight, 0, hide)
        self.console.write(SAVE_1 + 0xC70 + 24 * slot, one)

    def read(self) -> dict[str, Any]:
        self.game._cartridge = bytes(self.rom)  # type: ignore[attr-defined]
        return self.game.read_state(self.console)  # type: ignore[attr-defined, no-any-return]


def make_free(width: int, height: int) -> list[list[int]]:
    return [[1] * width for _ in range(height)]


@pytest.mark.parametrize("collision", range(4))
def test_every_behaviour_has_its_symbol(collision: int) -> None:
    """Of primary and secondary tilesets alike."""
    blocks = [
        [16 * y + x + half | collision << 10 | (x % 16) << 12 for x in range(16)]
        for half in (0, 512)
        for y in range(16)
    ]
    world = World(blocks)
    for behavior in range(256):
        world.set_behavior(behavior, behavior)
        world.set_behavior(behavior + 512, behavior)
    here = world.read()["map"]
    expected = [
        "".join(draw(0, 16 * (y % 16) + x, collision > 0) for x in range(16)) for y in range(32)
    ]
    assert here["ascii_map"] == expected
    assert here["behaviors"] == tuple(
        tuple(16 * (y % 16) + x for x in range(16)) for y in range(32)
    )
    assert here["collisions"] == ((int(collision > 0),) * 16,) * 32
    assert here["elevations"] == (tuple(range(16)),) * 32
    assert [line[0] for line in here["legend"]] == sorted(
        {symbol for row in expected for symbol in row}, key=[*".#SDW~cTBCVUM→←↑↓@NP"].index
    )


@pytest.mark.parametrize("seed", range(20))
def test_random_maps_are_drawn_tile_by_tile(seed: int) -> None:
    rng = random.Random(seed)
    width, height = rng.randrange(1, 40), rng.randrange(1, 40)
    metatiles = [*rng.sample(range(1024), 60), 0x3FF]
    world = World(
        [
            [rng.choice(metatiles) | rng.getrandbits(6) << 10 for _ in range(width)]
            for _ in range(height)
        ]
    )
    behaviors = {metatile: rng.randrange(256) for metatile in metatiles}
    for metatile, behavior in behaviors.items():
        world.set_behavior(metatile, behavior)
    here = world.read()["map"]
    assert (here["width"], here["height"]) == (width, height)
    for y, row in enumerate(world.blocks):
        for x, block in enumerate(row):
            metatile, blocked = block & 0x3FF, block >> 10 & 3 > 0
            assert here["ascii_map"][y][x] == draw(metatile, behaviors[metatile], blocked)
            assert here["collisions"][y][x] == (blocked or metatile == 0x3FF)


def test_a_layout_of_another_size_is_not_believed() -> None:
    world = World(make_free(6, 5))
    world.set_behavior(1, 0x02)
    assert world.read()["map"]["ascii_map"][0] == "~" * 6
    world = World(make_free(6, 5))
    world.set_behavior(1, 0x02)
    world.put(LAYOUT, struct.pack("<i", 7))
    assert world.read()["map"]["ascii_map"][0] == "." * 6


def test_a_changed_tile_alone_makes_a_map_anew() -> None:
    world = World(make_free(6, 5))
    first, again = world.read()["map"], world.read()["map"]
    for key in ("collisions", "behaviors", "elevations"):
        assert again[key] is first[key]
    world.set_block(2, 3, 1 | 1 << 10)
    changed = world.read()["map"]
    assert changed["ascii_map"][3] == "..#..." and changed["collisions"][3][2] == 1
    assert first["collisions"][3][2] == 0


def test_ways_out_are_named() -> None:
    world = World(make_free(6, 5))
    world.put(EVENTS, struct.pack("<4B4I", 0, 3, 0, 0, 0, WARPS, 0, 0))
    world.put(WARPS, struct.pack("<hhBBBB", 5, 4, 3, 1, 0, 1))
    world.put(WARPS + 8, struct.pack("<hhBBBB", -1, 300, 0, 255, 40, 25))
    world.put(WARPS + 16, struct.pack("<hhBBBB", 0, 0, 0, 0, 0xFE, 0x70))
    world.put(CONNECTIONS, struct.pack("<iI", 3, ENTRIES))
    world.put(ENTRIES, struct.pack("<BxxxiBBxx", 2, -10, 0, 10))
    world.put(ENTRIES + 12, struct.pack("<BxxxiBBxx", 5, 0, 0, 50))  # dive: no edge
    world.put(ENTRIES + 24, struct.pack("<BxxxiBBxx", 3, 20, 0, 17))
    here = world.read()["map"]
    assert here["warps"] == [
        {"x": 5, "y": 4, "to": "LITTLEROOT TOWN BRENDANS HOUSE 1F", "to_warp": 1},
        {"x": -1, "y": 300, "to": "MOVING_VAN", "to_warp": 255},
        {"x": 0, "y": 0, "to": "Map_70_FE", "to_warp": 0},
    ]
    assert here["connections"] == [
        {"direction": "north", "offset": -10, "to": "OLDALE TOWN"},
        {"direction": "west", "offset": 20, "to": "ROUTE 102"},
    ]


def test_people_are_drawn_and_the_hidden_are_not() -> None:
    world = World(make_free(6, 3))
    world.move_player(0, 0)
    world.add_object(1, local_id=4, x=2, y=1, facing=3)
    world.add_template(0, local_id=4, x=5, y=2)  # it has walked away from there
    world.add_template(1, local_id=5, x=4, y=2)
    world.add_template(2, local_id=6, x=3, y=2, hide=0x2BC)
    world.console.write(SAVE_1 + 0x1270 + (0x2BC >> 3), 1 << (0x2BC & 7))
    here = world.read()["map"]
    assert here["ascii_map"] == ["P.....", "..N...", "....N."]
    assert [(one["local_id"], one["facing"]) for one in here["objects"]] == [(4, "west"), (5, None)]


@pytest.mark.parametrize(
    ("facing", "expected"),
    [
        (1, ["......", "......", "..N..#", "..@...", "..@..."]),
        (2, ["......", "..@...", "..N..#", "......", "......"]),
        (3, ["......", "......", "@@N..#", "......", "......"]),
        (4, ["......", "......", "..N@@#", "......", "......"]),
    ],
)
def test_what_trainers_see_is_marked_in_the_gym_alone(facing: int, expected: list[str]) -> None:
    blocks = make_free(6, 5)
    blocks[2][5] |= 1 << 10
    blocks[0][2] = 2
    for place in (GYM, (11, 4)):
        world = World(blocks, place)
        world.set_behavior(2, 0xB4)
        world.add_template(0, local_id=1, x=2, y=2, sight=3)
        world.add_object(1, local_id=1, x=2, y=2, facing=facing, trainer=1)
        rows = world.read()["map"]["ascii_map"]
        if place == GYM:
            shown = expected if facing != 2 else ["..@...", *expected[1:]]
            assert rows == shown
        else:
            assert rows == [
                "".join(".N"[symbol == "N"] if symbol != "#" else "#" for symbol in row)
                for row in expected
            ]


def test_a_step_is_foreseen_ledges_in_their_direction_only() -> None:
    for behavior, open_to in ((0x38, "RIGHT"), (0x39, "LEFT"), (0x3A, "UP"), (0x3B, "DOWN")):
        blocks = [[1 | 1 << 10] * 3 for _ in range(3)]
        blocks[1][1] = 2
        world = World(blocks)
        world.move_player(1, 1)
        world.set_behavior(1, behavior)
        preview = world.read()["movement_preview"]
        assert preview["UP"]["new_coords"] == (1, 0) and preview["LEFT"]["new_coords"] == (0, 1)
        assert preview["DOWN"]["new_coords"] == (1, 2) and preview["RIGHT"]["new_coords"] == (2, 1)
        assert {name for name, one in preview.items() if not one["blocked"]} == {open_to}


def test_a_step_off_the_map_is_blocked_and_water_and_people_too() -> None:
    world = World([[1, 2, 1]])
    world.set_behavior(2, 0x10)
    world.move_player(0, 0)
    preview = world.read()["movement_preview"]
    assert all(one["blocked"] for one in preview.values())
    world = World([[1, 1, 1]])
    world.move_player(0, 0)
    assert not world.read()["movement_preview"]["RIGHT"]["blocked"]
    world.add_object(1, local_id=1, x=1, y=0, facing=1)
    found = world.read()["movement_preview"]["RIGHT"]
    assert (found["blocked"], found["tile_symbol"]) == (True, "N")


def test_what_is_done_to_one_state_does_not_show_in_the_next() -> None:
    world = World(make_free(6, 5))
    world.add_template(0, local_id=1, x=2, y=2)
    world.put(EVENTS, struct.pack("<4B4I", 0, 1, 0, 0, 0, WARPS, 0, 0))
    state = world.read()
    expected = copy.deepcopy(state)
    member = state["player"]["party"][0]
    for values in (member["moves"], member["move_ids"], member["move_pp"], member["types"]):
        values.append("changed")
    for part in (member, state["map"]["objects"][0], state["map"]["warps"][0]):
        part.clear()
    state["map"]["ascii_map"].clear()
    assert world.read() == expected
