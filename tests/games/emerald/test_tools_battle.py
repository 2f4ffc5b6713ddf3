"""`handle_battle` and `get_battle_ui` in every menu."""

from typing import Any

import pytest

from tests.games.emerald.tool_kit import load_tools, make_battle, make_map

tools = load_tools()
handle_battle, get_battle_ui = tools.handle_battle, tools.get_battle_ui
FIVE_WAYS = ("fight", "water_gun", "run", "FIGHT", "nonsense")


def press(cursor: int, button: str, entries: list[str]) -> int:
    """Where a cursor in two rows of two goes; it stays where there is no entry."""
    row, column = divmod(cursor, 2)
    row = {"up": 0, "down": 1}.get(button, row)
    column = {"left": 0, "right": 1}.get(button, column)
    wanted = 2 * row + column
    return wanted if entries[wanted] else cursor


def choose(menu: str, cursor: int, strategy: str, entries: list[str], **more: Any) -> int:
    """Follows the answers until A, and says what they choose; 9 where they never do."""
    for _ in range(4):
        button = handle_battle(make_battle(menu, cursor, **more), strategy)
        if button == "a":
            return cursor
        cursor = press(cursor, button, entries)
    return 9


@pytest.mark.parametrize("cursor", range(4))
@pytest.mark.parametrize(
    ("strategy", "wild", "entry"),
    [
        ("fight", True, 0),
        ("fight", False, 0),
        ("water_gun", True, 0),
        ("run", True, 3),
        ("run", False, 0),
        ("nonsense", True, 0),
    ],
)
def test_action_menu(strategy: str, wild: bool, entry: int, cursor: int) -> None:
    actions = ["FIGHT", "BAG", "POKEMON", "RUN"]
    assert choose("main_menu", cursor, strategy, actions, wild=wild) == entry


@pytest.mark.parametrize("cursor", range(4))
@pytest.mark.parametrize("place", range(4))
def test_water_gun_is_found_wherever_it_is(place: int, cursor: int) -> None:
    moves = ["Tackle", "Growl", "Mud-Slap", "Bide"]
    moves[place] = "Water Gun"
    assert choose("move_selection", cursor, "water_gun", moves, moves=moves) == place


@pytest.mark.parametrize("cursor", range(4))
def test_without_water_gun_the_fourth_move_is_used(cursor: int) -> None:
    moves = ["Tackle", "Growl", "Mud-Slap", "Bide"]
    assert choose("move_selection", cursor, "water_gun", moves, moves=moves) == 3


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_cursor_never_waits_for_a_move_that_is_not_there(count: int) -> None:
    moves = ["Tackle", "Growl", "Mud-Slap"][:count] + [""] * (4 - count)
    for cursor in range(count):
        assert choose("move_selection", cursor, "water_gun", moves, moves=moves) == count - 1
        own = [*moves[: count - 1], "Water Gun", *moves[count:]]
        assert choose("move_selection", cursor, "water_gun", own, moves=own) == count - 1


def test_water_gun_is_known_by_its_number_too() -> None:
    state = make_battle("move_selection", 0, moves=["", "", "", ""])
    state["battle_info"]["player_pokemon"] = {}
    state["player"]["party"] = [{"moves": ["A", "B", "C", "D"], "move_ids": [33, 55, 0, 0]}]
    assert handle_battle(state, "water_gun") == "right"
    assert handle_battle(make_battle("move_selection", 0, moves=[33, 55, 1, 2]), "water_gun") == (
        "right"
    )


@pytest.mark.parametrize("cursor", range(4))
def test_move_menu(cursor: int) -> None:
    assert handle_battle(make_battle("move_selection", cursor)) == "a"
    assert handle_battle(make_battle("move_selection", cursor), "run") == "b"


def test_who_cannot_run_from_a_trainer_fights() -> None:
    """Out of the move menu again, the cursor would be on FIGHT for ever."""
    assert handle_battle(make_battle("move_selection", wild=False), "run") == "a"


@pytest.mark.parametrize("strategy", FIVE_WAYS)
def test_words_are_read_on_and_nothing_happens_outside(strategy: str) -> None:
    assert handle_battle(make_battle("none"), strategy) == "a"
    assert handle_battle(make_map("P"), strategy) == "a"


@pytest.mark.parametrize(
    ("cursor", "grid"),
    [
        (0, [["* FIGHT", "BAG"], ["POKEMON", "RUN"]]),
        (1, [["FIGHT", "* BAG"], ["POKEMON", "RUN"]]),
        (2, [["FIGHT", "BAG"], ["* POKEMON", "RUN"]]),
        (3, [["FIGHT", "BAG"], ["POKEMON", "* RUN"]]),
    ],
)
def test_action_menu_as_text(cursor: int, grid: list[list[str]]) -> None:
    shown = get_battle_ui(make_battle("main_menu", cursor))
    assert shown["ui_type"] == "main_menu"
    assert shown["ui_grid"] == grid
    assert shown["raw_text"] == "\n".join(" | ".join(row) for row in grid)


def test_moves_as_text() -> None:
    shown = get_battle_ui(make_battle("move_selection", 1, moves=["Tackle", "Growl", "", ""]))
    assert shown["ui_type"] == "move_selection"
    assert shown["ui_grid"] == [["Tackle", "* Growl"], ["", ""]]


def test_what_is_said_in_a_battle() -> None:
    shown = get_battle_ui(make_battle("none", dialog_text="Go! MUDKIP!"))
    assert shown == {"ui_type": "none", "ui_grid": [["", ""], ["", ""]], "raw_text": "Go! MUDKIP!"}


def test_no_battle_is_no_menu() -> None:
    assert get_battle_ui(make_map("P"))["ui_type"] == "none"


def break_state(lost: str) -> dict[str, Any]:
    state = make_battle("main_menu")
    if lost == "cursor":
        state["battle_info"]["action_cursor"] = 7
    elif lost == "kind":
        state["battle_info"]["menu"] = "bag"
    elif lost == "nothing":
        state["battle_info"] = None
    else:
        state.pop(lost, None)
    return state


@pytest.mark.parametrize("lost", ["battle_info", "cursor", "kind", "nothing", "player"])
def test_odd_states_do_not_raise(lost: str) -> None:
    for strategy in FIVE_WAYS:
        assert handle_battle(break_state(lost), strategy) in ("a", "b", "down")
    shown = get_battle_ui(break_state(lost))
    assert shown["ui_type"] == ("main_menu" if lost == "player" else "error")
    assert [len(row) for row in shown["ui_grid"]] == [2, 2]
    assert handle_battle({}) == "a"
    assert get_battle_ui({})["ui_type"] == "none"
