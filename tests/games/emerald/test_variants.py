"""Recorded consoles with one thing changed: the state dictionary says exactly that."""

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.games.emerald.changes import (
    CHANGES,
    SAVE_1,
    SAVE_2,
    Change,
    change_key,
    leave_menu,
    move_blocks,
    save_1,
)
from tests.games.emerald.consoles import (
    list_names,
    load_console,
    load_emerald,
    needs_states,
    read,
)

DRAWN = ("ascii_map", "legend", "behaviors")
"""What a tile or an object does to these, test_map.py says."""


def reduce(state: dict[str, Any]) -> dict[str, Any]:
    """Without what follows from other fields, see `DRAWN`."""
    state = copy.deepcopy(state)
    for key in DRAWN:
        del state["map"][key]
    state.pop("movement_preview", None)
    fighters = [state["battle_info"][key] for key in FIGHTERS] if "battle_info" in state else []
    for one in [*state["player"]["party"], *fighters]:
        one.pop("moves", None)
    state.get("battle_info", {}).pop("battle_interface", None)
    return state


FIGHTERS = ("player_pokemon", "opponent_pokemon")


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
    found = read(console)
    assert reduce(found) == reduce(expected)
    is_walking = expected["game"]["game_state"] == "overworld"
    assert ("movement_preview" in found) == is_walking
    # what is kept of the console before the change makes no difference
    assert game.read_state(console) == read(console)  # type: ignore[attr-defined]


MOVES = {1: "Pound", 10: "Scratch", 33: "Tackle", 45: "Growl", 52: "Ember", 55: "Water Gun"}
MOVES |= {0: "", 71: "Absorb", 98: "Quick Attack", 189: "Mud Slap", 354: "Psycho Boost"}


@needs_states
def test_moves_have_their_names_in_party_and_battle() -> None:
    console = load_console("T_wild_battle")
    for number, name in MOVES.items():
        for key, place in zip(FIGHTERS, (0x02024090, 0x020240E8), strict=True):
            console.write(place + 2, number, 2)
            console.write(0x03005D60, 0x08057BFD, 4)
            info = read(console)["battle_info"]
            assert info[key]["moves"][1] == name
        actions = info["battle_interface"]["available_actions"]
        assert actions == [one for one in info["player_pokemon"]["moves"] if one]
    console.write(0x03005D60, 0x08057589, 4)
    info = read(console)["battle_info"]
    assert info["battle_interface"]["available_actions"] == ["FIGHT", "BAG", "POKEMON", "RUN"]
    [member] = read(console)["player"]["party"]
    assert member["moves"] == ["Scratch", "Growl", "", ""]


@needs_states
@pytest.mark.parametrize("pointers", [(SAVE_1,), (SAVE_2,), (SAVE_1, SAVE_2)])
@pytest.mark.parametrize("value", [0, 0x01FFFFFF, 0x02040000, 0x08000000, 0xFFFFFFFF])
def test_no_name_before_there_are_save_blocks(pointers: tuple[int, ...], value: int) -> None:
    console = load_console("T_no_dialog1")
    for pointer in pointers:
        console.write(pointer, value, 4)
    state = read(console)
    assert (state["player"]["name"], state["player"]["money"]) == ("", 0)
    if SAVE_1 in pointers:
        assert state["player"]["position"] == {"x": 0, "y": 0}
        assert state["player"]["location"] == "TITLE_SEQUENCE"
        assert (state["map"]["ascii_map"], state["game"]["game_state"]) == ([], "title")
    if SAVE_2 in pointers:
        assert state["game"]["time"] == [0, 0, 0]


@needs_states
@pytest.mark.parametrize(
    ("place", "has_begun"),
    [
        *(((25, 40), True), ((0, 9), True), ((0, 16), True), ((1, 0), True), ((1, 4), True)),
        *(((1, 5), False), ((0, 0), False), ((0, 10), False), ((0, 17), False), ((9, 9), False)),
    ],
)
def test_the_story_begins_where_a_new_game_leads(place: tuple[int, int], has_begun: bool) -> None:
    console = load_console("E_clock_test")  # without a party
    console.write(save_1(console) + 4, bytes(place))
    state = read(console)
    assert (state["player"]["location"] != "TITLE_SEQUENCE") == has_begun
    assert bool(state["map"]["ascii_map"]) == has_begun
    assert ("movement_preview" in state) == has_begun


@needs_states
@pytest.mark.parametrize("change", CHANGES)
def test_each_change_is_one(change: Change) -> None:
    """Otherwise the variants above would say nothing."""
    differ = 0
    for name, one, seed in list_cases():
        if one is change:
            console = load_console(name)
            state = read(console)
            expected = copy.deepcopy(state)
            before = console.blocks
            change(console, expected, random.Random(f"{name} {seed}"))
            is_hidden = change in (change_key, leave_menu, move_blocks)  # told by the memory alone
            differ += before != console.blocks if is_hidden else state != expected
    assert differ >= 3
