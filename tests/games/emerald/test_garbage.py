"""Whatever stands in memory, the state dictionary is whole: no read fails."""

import json
import random
from collections.abc import Iterator
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

SIZES = {0x02: 0x40000, 0x03: 0x8000, 0x04: 0x400, 0x05: 0x400, 0x06: 0x18000, 0x07: 0x400}
POINTERS = (0x03005D8C, 0x03005D90, 0x02037318, 0x0203731C, 0x02037324, 0x03005DC8)
TARGETS = (0, 0x02000000, 0x0203FFFE, 0x0203FFFF, 0x03007FFF, 0x08000000, 0x09FFFFFC, 0x0A000000)
TARGETS += (0x0203F000, 0x07FFFFFF, 0x80000000, 0xFFFFFFFF)

TEXT, WHOLE, SURE = (str,), (int,), (bool,)
KEYS: dict[str, dict[str, tuple[type, ...]]] = {
    "player": {
        **{"name": TEXT, "position": (dict,), "location": TEXT, "facing": TEXT, "money": WHOLE},
        **{"party": (list,)},
    },
    "game": {
        **{"game_state": TEXT, "is_in_battle": SURE, "in_battle": SURE, "busy": SURE},
        **{"dialog_text": (str, type(None)), "dialog_finished": SURE, "menu": (dict, type(None))},
        **{"badges": (list,), "money": WHOLE, "time": (list,), "callback2": WHOLE},
        **{"flags": (dict,)},
    },
    "map": {
        **{"location": TEXT, "player_coords": (dict,), "ascii_map": (list,), "legend": (list,)},
        **{"player_position": (dict,), "collisions": (tuple,), "behaviors": (tuple,)},
        **{"elevations": (tuple,), "objects": (list,), "width": WHOLE, "height": WHOLE},
        **{"warps": (list,), "connections": (list,)},
    },
}
MEMBER = {
    *("species_name", "nickname", "species", "level", "current_hp", "max_hp", "status", "types"),
    *("moves", "move_ids", "move_pp"),
}
OBJECT = {"local_id", "x", "y", "facing", "graphics_id", "trainer_type", "visible"}
FLAGS = {"clock_set", "starter", "pokedex", "rival_103", "grunt", "josh", "roxanne"}
FACINGS = ("north", "south", "west", "east")


def check_whole(state: dict[str, Any]) -> None:
    """All keys, of their types; the same after JSON, but for tuples."""
    check_kinds(state)
    assert json.loads(json.dumps(state, allow_nan=False))
    for part, keys in KEYS.items():
        assert {key: type(value) for key, value in state[part].items()}.keys() == keys.keys()
        for key, kinds in keys.items():
            assert type(state[part][key]) in kinds, (part, key)
    player, game, here = state["player"], state["game"], state["map"]
    assert state["milestones"] == {}
    assert ("battle_info" in state) == game["is_in_battle"] == game["in_battle"]
    assert ("movement_preview" in state) <= (game["game_state"] == "overworld")
    assert game["game_state"] in ("title", "battle", "dialog", "menu", "overworld")
    assert player["facing"] in FACINGS
    assert len(player["party"]) <= 6
    assert all(set(one) == MEMBER for one in player["party"])
    assert all(set(one) == OBJECT for one in here["objects"])
    assert set(game["flags"]) == FLAGS
    assert len(game["time"]) == 3
    for rows in (here["ascii_map"], here["collisions"], here["behaviors"], here["elevations"]):
        assert len(rows) == here["height"]
        assert all(len(row) == here["width"] for row in rows)


def check_kinds(value: Any) -> None:
    """Python's own types alone: numpy's look alike and fail in JSON."""
    assert type(value) in (dict, list, tuple, str, int, float, bool, type(None))
    if isinstance(value, dict):
        assert all(type(key) is str for key in value)
    if isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            check_kinds(one)


def make_console(rng: random.Random, kind: str) -> Console:
    fill = {"zeros": b"\0", "ones": b"\xff"}.get(kind)
    return Console(
        {top << 24: fill * size if fill else rng.randbytes(size) for top, size in SIZES.items()}
    )


def read_with(console: Any, cartridge: bytes) -> dict[str, Any]:
    game = load_emerald()
    game._cartridge = cartridge  # type: ignore[attr-defined]
    found: dict[str, Any] = game.read_state(console)  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("seed", range(90))
def test_any_memory_gives_a_whole_state(seed: int) -> None:
    rng = random.Random(seed)
    console = make_console(rng, ("noise", "zeros", "ones")[seed % 3])
    for pointer in rng.sample(POINTERS, rng.randrange(len(POINTERS))):
        console.write(pointer, rng.choice(TARGETS), 4)
    if rng.random() < 0.7:  # a map after all
        console.write(0x03005DC0, rng.randrange(16, 100), 4)
        console.write(0x03005DC4, rng.randrange(15, 100), 4)
        console.write(0x03005DC8, 0x02032318, 4)
        console.write(0x03005D8C, rng.choice((0x02025A00, 0x0203FFF0)), 4)
        console.write(0x020244E9, rng.randrange(7))
    check_whole(read_with(console, rng.randbytes(1 << rng.randrange(4, 16))))


@pytest.mark.parametrize("left_out", SIZES)
def test_a_memory_that_a_core_does_not_show_reads_as_zeros(left_out: int) -> None:
    blocks = make_console(random.Random(left_out), "noise").blocks
    del blocks[left_out << 24]
    check_whole(read(Console(blocks)))


@needs_states
@pytest.mark.parametrize("name", list_names())
def test_a_console_with_noise_in_it_gives_a_whole_state(name: str) -> None:
    """Half-made states: one kind of bytes where the adapter looks, and all others as they were."""
    for seed in range(12):
        rng, console = random.Random(f"{name} {seed}"), load_console(name)
        for place in rng.sample(list(list_places(console)), rng.randrange(1, 12)):
            size = rng.choice((1, 2, 4, 4, 40))
            console.write(place, rng.choice((b"\0", b"\xff", b"\x80", b"\x7f")) * size)
        for pointer in rng.sample(POINTERS, rng.randrange(3)):
            console.write(pointer, rng.choice(TARGETS), 4)
        check_whole(read_with(console, rng.randbytes(rng.choice((0, 1, 0xC0, 4096)))))


def list_places(console: Console) -> Iterator[int]:
    """Where the adapter reads: fixed places, and those in the save blocks."""
    yield from (0x03005DC0, 0x03005DC4, 0x02037595, 0x020244E9, 0x030022C4, 0x030026F9)
    yield from (0x03000E38, 0x03000E44, 0x04000008, 0x02037FDB, 0x0203CD92, 0x0203760E)
    yield from (0x02022FEC, 0x02024084, 0x020240A8, 0x020240B4, 0x020240DC, 0x03005D60)
    yield from (0x02037330, 0x0203732C)
    yield from range(0x02037350, 0x02037590, 0x24)
    yield from range(0x03005E00, 0x03006080, 40)
    yield from range(0x020244EC, 0x02024744, 100)
    yield from range(0x02021FC4, 0x02021FC4 + 900, 50)
    start = console.read(0x03005D8C, 4)
    if start:
        yield from (start, start + 4, *range(start + 0xC70, start + 0x1270, 24))


@pytest.mark.parametrize("size", [0, 1, 0x1F, 0x20, 0xC0, 0x101, 0x110, 0x202, 0x2004])
def test_a_cartridge_may_end_anywhere(size: int) -> None:
    """As one that was cut off does, or a test's."""
    from tests.games.emerald.test_slow_maps import make_console as make_map

    console = make_map(random.Random(size))
    check_whole(read_with(console, console.blocks[0x08000000][:size]))
