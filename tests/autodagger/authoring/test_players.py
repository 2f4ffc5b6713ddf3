"""Who plays while a person looks."""

from pathlib import Path

import numpy as np
import pytest

from autodagger.authoring.players import (
    ExpertPlayer,
    check_keys,
    play_keys,
    play_randomly,
    read_keys,
)
from autodagger.errors import UserError
from autodagger.game.contract import load_game
from tests.grid import GAME_DIR, write_expert

GAME = load_game(GAME_DIR)
ACTIONS = ("no_op", "start", "left+b")


def write_keys(folder: Path, text: str) -> Path:
    (folder / "keys.txt").write_text(text)
    return folder / "keys.txt"


def test_a_script_is_played_step_by_step_to_its_end(tmp_path: Path) -> None:
    keys = read_keys(write_keys(tmp_path, "# title\nno_op 2\n\nstart # menu\nleft+b 1\n"))
    check_keys(tmp_path, keys, ACTIONS)
    choose = play_keys(keys)
    assert [choose({}) for _ in range(5)] == ["no_op", "no_op", "start", "left+b", None]


@pytest.mark.parametrize("line", ["start x", "start 2 3", "start -1", "start ²", "start 12345678"])
def test_a_line_that_is_none_is_named(tmp_path: Path, line: str) -> None:
    path = write_keys(tmp_path, f"no_op\n{line}\n")
    with pytest.raises(UserError, match=r"keys\.txt, line 2: found 'start.*Expected lines such as"):
        read_keys(path)


def test_a_key_that_is_no_action_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"'strat' is no action of this game \(did you mean 'start"):
        check_keys(tmp_path / "keys.txt", ["no_op", "strat"], ACTIONS)


def test_chance_holds_actions_for_a_while_and_equally_for_equal_seeds() -> None:
    plays = [[play({}) for _ in range(200)] for play in (play_randomly(ACTIONS, s) for s in (1, 1))]
    assert plays[0] == plays[1]
    assert set(plays[0]) == set(ACTIONS)
    changes = sum(a != b for a, b in zip(plays[0], plays[0][1:], strict=False))
    assert 10 < changes < 100


def test_an_expert_plays_with_its_games_tools(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "t.py").write_text("def pick(state):\n    return state['what']\n")
    path = write_expert(tmp_path, "def run(state): return pick(state)")
    with ExpertPlayer(path, tmp_path, GAME, 0) as choose:
        assert choose({"what": "START"}) == "start"
        assert choose.error == ""
        assert choose({}) is None
        assert "KeyError: 'what'" in choose.error


def test_an_expert_sees_the_screen_and_asks_nobody_about_it(tmp_path: Path) -> None:
    text = """
add_to_state_schema("n", "How many?", int)
def run(state):
    return "a" if state._screenshot.getpixel((1, 0)) == (255, 0, 132) else state["n"]
"""
    screen = np.zeros((2, 3, 3), np.uint8)
    with ExpertPlayer(write_expert(tmp_path, text), None, GAME, 0, lambda: screen) as choose:
        screen[0, 1] = 0xF8, 0, 0x80
        assert choose({}) == "a"
        screen = screen.copy()
        screen[:] = 0
        assert choose({}) is None
        assert "asks 'How many?' (int), and there is no vision model here" in choose.error


def test_an_expert_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    path = write_expert(tmp_path, "def ruin(state): pass")
    with pytest.raises(UserError, match="run"), ExpertPlayer(path, None, GAME, 0):
        pass
