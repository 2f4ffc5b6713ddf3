"""Loading a game folder, and refusing ROMs that its addresses do not belong to."""

from pathlib import Path

import pytest

from autodagger.errors import UserError
from autodagger.files import sha1_file
from autodagger.game.contract import check_rom, load_game
from tests.grid import ACTIONS, GAME_DIR, ROM

ADAPTER = """
from autodagger.game.gba import GbaGame
class {name}(GbaGame):
    name, rom, rom_sha1, actions = "{name}", "x.gba", "0", ("no_op", "a")
    hold_frames, release_frames = 4, (4, 8)
    def read_state(self, ram):
        return {{}}
"""


def test_folder_with_one_game_loads() -> None:
    game = load_game(GAME_DIR)
    assert game.name == "Grid"
    assert game.actions == ACTIONS


def test_games_of_several_folders_do_not_mix(tmp_path: Path) -> None:
    for name in ("One", "Two"):
        folder = tmp_path / name / "game"
        folder.mkdir(parents=True)
        (folder / "adapter.py").write_text(ADAPTER.format(name=name))
    assert load_game(tmp_path / "One" / "game").name == "One"
    assert load_game(tmp_path / "Two" / "game").name == "Two"


def test_missing_adapter_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no adapter\.py there.*option game"):
        load_game(tmp_path)


@pytest.mark.parametrize(("names", "found"), [((), "none"), (("One", "Two"), "One, Two")])
def test_adapter_without_exactly_one_game_is_refused(
    tmp_path: Path, names: tuple[str, ...], found: str
) -> None:
    text = "".join(ADAPTER.format(name=name) for name in names)
    (tmp_path / "adapter.py").write_text(text or "from autodagger.game.gba import GbaGame")
    with pytest.raises(UserError, match=f"found {found}; expected exactly one"):
        load_game(tmp_path)


def test_rom_of_another_revision_is_refused() -> None:
    game = load_game(GAME_DIR)  # its rom_sha1 is made up
    with pytest.raises(UserError, match=f"found SHA-1 {sha1_file(ROM)}; Grid expects {'0' * 40}"):
        check_rom(game, ROM)


def test_expected_rom_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    game = load_game(GAME_DIR)
    monkeypatch.setattr(type(game), "rom_sha1", sha1_file(ROM))
    check_rom(game, ROM)


def test_missing_rom_is_named_with_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"x\.gba: no such file.*mossbrook\.gba.*rom_path"):
        check_rom(load_game(GAME_DIR), tmp_path / "x.gba")
