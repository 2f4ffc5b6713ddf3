"""The tools as experts call them: in the confined process, in the way such experts are written."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autodagger.expert.expert import ExpertError
from tests.games.emerald.tool_kit import FILES, make_battle, make_map
from tests.grid import ACTIONS, load_expert, write_expert

# The style of experts that language models write: all at once, most of it defensive.
EXPERT = '''
"""Leaves the house: past MOM, through the door."""

def run(state):
    player = state.get("player", {})
    position = player.get("position", {})
    x, y = position.get("x", 0), position.get("y", 0)
    if state["game"]["in_battle"]:
        log(f"battle: {get_battle_ui(state)['ui_type']}")
        return handle_battle(state, strategy="run")
    if is_dialog_open(state):
        return navigate_ui(state, intent="confirm")
    if "HOUSE" in player.get("location", "").upper():
        log(f"at {x}, {y}")
        return find_path_action(state, goal_x=2, goal_y=2, use_vlm_fallback=True).upper()
    return find_path_action(state, 0, -1)
'''
HOUSE = ["..P", ".N#", "..D"]


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Callable[[dict[str, Any]], str]]:
    expert = load_expert(write_expert(tmp_path, EXPERT), FILES)
    yield lambda state: ACTIONS[expert.act(state)]
    expert.close()


def place(state: dict[str, Any], location: str) -> dict[str, Any]:
    state["player"]["location"] = location
    return state


def test_walks_by_the_tool_of_the_game(ask: Callable[[dict[str, Any]], str]) -> None:
    """The built-in one has no such arguments."""
    house = place(make_map(HOUSE), "LITTLEROOT TOWN BRENDANS HOUSE 1F")
    assert ask(house) == "left"
    assert ask(place(make_map("P.\n.."), "LITTLEROOT TOWN")) == "up"


def test_fights_and_reads_by_the_tools(ask: Callable[[dict[str, Any]], str]) -> None:
    assert ask(place(make_battle("main_menu", 0), "ROUTE 101")) == "down"
    assert ask(place(make_battle("move_selection"), "ROUTE 101")) == "b"
    assert ask(place(make_map("P", dialog_text="MOM: Hi!"), "HOUSE")) == "a"


def test_a_map_that_was_sent_before_is_known_still(ask: Callable[[dict[str, Any]], str]) -> None:
    """Tuples travel once; here the one that closes diagonal ledges."""
    state = place(make_map(["P→.", "..."]), "HOUSE")
    state["map"]["behaviors"] = ((0, 0x3C, 0), (0, 0, 0))
    state["map"]["ascii_map"] += ["..."]
    assert [ask(state) for _ in range(3)] == ["down"] * 3


def test_an_episode_of_a_whole_walk(ask: Callable[[dict[str, Any]], str]) -> None:
    state = place(make_map(HOUSE), "HOUSE")
    position, taken = state["player"]["position"], []
    while (position["x"], position["y"]) != (2, 2):
        taken.append(ask(state))
        position["x"] += {"left": -1, "right": 1}.get(taken[-1], 0)
        position["y"] += {"up": -1, "down": 1}.get(taken[-1], 0)
    assert taken == ["left", "left", "down", "down", "right", "right"]


def test_nothing_else_than_tools_is_offered(tmp_path: Path) -> None:
    """What a file imports for itself is no tool."""
    expert = load_expert(
        write_expert(tmp_path, "def run(state): return ' '.join(globals())"), FILES
    )
    with pytest.raises(ExpertError) as caught:
        expert.act(make_map("P"))
    expert.close()
    offered = set(str(caught.value).split("'")[1].split())
    tools = {"find_path_action", "handle_battle", "get_battle_ui", "is_dialog_open", "navigate_ui"}
    assert {name for name in offered if name[:1] != "_"} >= tools | {"log", "look_up"}
    assert {"re", "heapq"}.isdisjoint(offered)
