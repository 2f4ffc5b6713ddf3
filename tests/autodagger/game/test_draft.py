"""Games without an adapter: what they are is asked of the core or the environment."""

from pathlib import Path

import pytest

from autodagger.errors import UserError
from autodagger.game.draft import draft_cartridge, draft_environment, list_changing_attributes
from autodagger.game.environment import make_environment
from autodagger.game.gba import GbaGame
from autodagger.game.retro import RetroGame
from games.airstriker.adapter import find_rom
from tests.workflow.conftest import GAME


def test_a_cartridge_has_its_consoles_buttons_and_its_own_digest() -> None:
    game = draft_cartridge(Path(find_rom()), ["left+b"])
    assert isinstance(game, RetroGame)
    assert game.actions[:2] == ("no_op", "b") and game.actions[-1] == "left+b"
    assert {"start", "mode", "up", "z"} <= set(game.actions)
    assert game.rom_sha1 == "a8be7b0ca850119b167f9644e6a4a22e983d61a4"


def test_each_console_has_its_own_kind_of_game() -> None:
    game = draft_cartridge(GAME / "mossbrook.gba")
    assert isinstance(game, GbaGame)
    assert {"l", "r", "select"} <= set(game.actions)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("none.md", "no such file"), ("game.smd", r"no console is known for names that end so")],
)
def test_a_rom_that_cannot_be_played_is_named(tmp_path: Path, name: str, expected: str) -> None:
    (tmp_path / "game.smd").write_bytes(b"x")
    with pytest.raises(UserError, match=expected):
        draft_cartridge(tmp_path / name)


def test_an_environment_is_asked_for_its_actions_and_what_changes_in_it() -> None:
    game = draft_environment("tests.envs:Line-v0")
    assert (game.actions, game.no_op) == (("action_0", "action_1"), None)
    assert list_changing_attributes("tests.envs:Line-v0") == ["x"]


@pytest.mark.parametrize(
    ("env_id", "expected"),
    [
        ("CartPol-v1", "environment CartPol-v1: it cannot be made.*did you mean"),
        ("tests.envs:Lin-v0", r"\(did you mean 'tests\.envs:Line-v0'\?\)"),
        ("MiniGrid-Nowhere-v0", r"did you mean 'minigrid:MiniGrid-Nowhere-v0'\?"),
        ("not_there:X-v0", r"needs the Python package not_there, .*pip install not-there and"),
        ("Pendulum-v1", r"its actions are Box.*Expected Discrete\(n\).*action_values"),
    ],
)
def test_an_environment_that_cannot_be_played_is_named(env_id: str, expected: str) -> None:
    with pytest.raises(UserError, match=expected):
        draft_environment(env_id)


def test_a_package_that_is_missing_later_on_is_named() -> None:
    with pytest.raises(UserError, match=r"lacks a Python package .*pip install here-i-am"):
        make_environment("tests.envs:Lacking-v0", {})
