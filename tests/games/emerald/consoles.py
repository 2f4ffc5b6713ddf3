"""Recorded consoles of the real game, where somebody has them, and what is true in each."""

import functools
import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autodagger.game.contract import Game, load_game
from tests.grid import ROOT

VARIABLE = "AUTODAGGER_EMERALD_STATES"
FOLDER = Path(os.environ.get(VARIABLE) or ROOT.parent / "shared/emerald_states")
GAME = ROOT / "games" / "emerald"

# Where mGBA's states have the memories: address, place in the file, bytes.
_MEMORIES = (
    (0x02000000, 0x21000, 0x40000),
    (0x03000000, 0x19000, 0x8000),
    (0x04000000, 0x400, 0x400),
    (0x05000000, 0x800, 0x400),
    (0x06000000, 0x1000, 0x18000),
    (0x07000000, 0xC00, 0x400),
)


class Console:
    """The memories of a console, which can be written to."""

    def __init__(self, memories: dict[int, bytes]) -> None:
        self._memories = {base: bytearray(content) for base, content in memories.items()}

    @property
    def blocks(self) -> dict[int, bytes]:
        return {base: bytes(content) for base, content in self._memories.items()}

    def read(self, address: int, size: int) -> int:
        memory, place = self._memories[address & 0xFF000000], address & 0xFFFFFF
        return int.from_bytes(memory[place : place + size], "little")

    def write(self, address: int, value: int | bytes, size: int = 1) -> None:
        content = (
            value
            if isinstance(value, bytes)
            else (value % (1 << 8 * size)).to_bytes(size, "little")
        )
        memory, place = self._memories[address & 0xFF000000], address & 0xFFFFFF
        memory[place : place + len(content)] = content

    def copy(self) -> "Console":
        return Console(self.blocks)


@functools.cache
def _load() -> type[Game]:
    return type(load_game(GAME))


def load_emerald() -> Game:
    """The game, which has read nothing yet."""
    return _load()()


def read(console: Any) -> dict[str, Any]:
    """The state dictionary, by a game that has read nothing before."""
    return load_emerald().read_state(console)  # type: ignore[attr-defined, no-any-return]


def list_names() -> list[str]:
    return sorted(path.name.removesuffix(".state.gz") for path in FOLDER.glob("*.state.gz"))


def read_raw(name: str) -> bytes:
    return gzip.decompress((FOLDER / f"{name}.state.gz").read_bytes())


def load_console(name: str) -> Console:
    raw = read_raw(name)
    return Console({base: raw[at : at + size] for base, at, size in _MEMORIES})


def load_truth() -> dict[str, dict[str, Any]]:
    return {one["state"]: one for one in json.loads((FOLDER / "truth.json").read_text())}


needs_states = pytest.mark.skipif(
    not list_names(), reason=f"needs recorded consoles; {VARIABLE} names their folder"
)


def list_facts(truth: dict[str, Any], state: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Each field of a console's truth that the state dictionary has: name, expected, found."""
    player, game = state["player"], state["game"]
    location = truth["location"].replace("MOVING VAN", "MOVING_VAN")  # as the reference has it
    yield "location", location, player["location"]
    yield "callback2", int(truth["callback2"], 16), game["callback2"]
    yield "in_battle", truth["in_battle"], game["is_in_battle"]
    yield "badges", truth["badges"], game["badges"]
    is_battle = truth["screen"] == "battle"
    kind = {"main_menu": "title", "battle": "battle"}.get(truth["screen"], "overworld")
    has_box = truth["dialog"]["box_on_screen"]
    yield "game_state", "dialog" if has_box else kind, game["game_state"]
    if not is_battle:
        yield "box", has_box, bool(game["dialog_text"])
    if prefix := truth["dialog"].get("text_prefix"):
        yield "text", prefix, (game["dialog_text"] or "")[: len(prefix)]
    yield "party.count", truth["party"]["count"], len(player["party"])
    if truth["in_game"]:
        yield from _list_facts_in_game(truth, state)


def _list_facts_in_game(
    truth: dict[str, Any], state: dict[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    player, game, here = state["player"], state["game"], state["map"]
    yield "x", truth["x"], player["position"]["x"]
    yield "y", truth["y"], player["position"]["y"]
    yield "facing", truth["facing"], player["facing"]
    own = {"x": truth["x"], "y": truth["y"], "facing": truth["facing"].capitalize()}
    yield "player_position", own, here["player_position"]
    yield "map.location", player["location"], here["location"]
    yield "money", truth["money"], player["money"]
    yield "game.money", truth["money"], game["money"]
    yield "name", truth["player"]["name"], player["name"]
    yield "time", truth["player"]["play_time"], game["time"]
    numbers = {int(flag.split()[0], 16) for flag in truth["flags_set"]}
    for name, number in (
        ("clock_set", 0x51),
        ("starter", 0x860),
        ("pokedex", 0x861),
        ("rival_103", 0x82),
        *(("grunt", 0x50A), ("josh", 0x640), ("roxanne", 0x609)),
    ):
        yield f"flags.{name}", number in numbers, game["flags"][name]
    for own, found in zip(truth["party"]["mons"], player["party"], strict=True):
        for key, name in (
            *(("species_id", "species"), ("nickname", "nickname"), ("nickname", "species_name")),
            *(("level", "level"), ("hp", "current_hp"), ("max_hp", "max_hp")),
            *(("move_ids", "move_ids"), ("pp", "move_pp")),
        ):
            yield f"party.{name}", own[key], found[name]
        yield "party.status", "OK" if own["status"] == 0 else own["status"], found["status"]
    near = {one["local_id"]: one for one in here["objects"] if one["facing"]}
    yield "objects", sorted(one["local_id"] for one in truth["npcs"]), sorted(near)
    for one in truth["npcs"]:
        for key in ("x", "y", "facing", "graphics_id", "trainer_type"):
            yield f"objects.{key}", one[key], near[one["local_id"]][key]
    tiles = truth["collision_15x15"]
    yield "map.size", tiles["map_size"], [here["width"], here["height"]]
    left, top = tiles["origin"]
    for y, row in enumerate(tiles["rows"], top):
        for x, expected in enumerate(row, left):
            if 0 <= x < here["width"] and 0 <= y < here["height"]:
                yield "tile", expected != ".", bool(here["collisions"][y][x])
    if foe := truth.get("battle"):
        info = state["battle_info"]
        other = info["opponent_pokemon"]
        yield "battle.flags", int(foe["type_flags"], 16), info["battle_type_flags"]
        yield "battle.trainer", foe["is_trainer"], info["is_trainer_battle"]
        yield "battle.menu", "main_menu", info["menu"]
        yield "battle.action_cursor", 0, info["action_cursor"]
        fighter = info["player_pokemon"]
        [mine] = truth["party"]["mons"]
        for key, name in (
            *(("species_id", "species"), ("nickname", "nickname"), ("level", "level")),
            *(("hp", "current_hp"), ("max_hp", "max_hp"), ("pp", "move_pp")),
        ):
            yield f"battle.own.{name}", mine[key], fighter[name]
        yield "battle.name", foe["enemy"]["species"].upper(), other["nickname"]
        for key, name in (
            ("species_id", "species"),
            ("level", "level"),
            ("hp", "current_hp"),
            ("max_hp", "max_hp"),
        ):
            yield f"battle.{name}", foe["enemy"][key], other[name]
