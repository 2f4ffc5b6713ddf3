"""Loading a game folder, and refusing ROMs that its addresses do not belong to."""

import os
import py_compile
import zipfile
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


def test_an_edit_within_the_same_second_is_seen(tmp_path: Path) -> None:
    """Python itself would take the bytecode of a file as old and as long as this one."""
    path = tmp_path / "adapter.py"
    for name in ("One", "Two"):
        path.write_text(ADAPTER.format(name=name))
        os.utime(path, (1_000_000_000, 1_000_000_000))
        assert load_game(tmp_path).name == name


def write_split(folder: Path, place: int, body: str = "") -> None:
    """An adapter of three files, each of which imports the next."""
    folder.mkdir(exist_ok=True)
    text = ADAPTER.format(name="Split") + "    name = NAME\n"
    (folder / "adapter.py").write_text("from .places import NAME\n" + text)
    (folder / "places.py").write_text("from . import numbers_of\nNAME = f'at {numbers_of.AT}'\n")
    (folder / "numbers_of.py").write_text(f"AT = {place}\n{body}")
    for path in folder.glob("*.py"):
        os.utime(path, (1_000_000_000, 1_000_000_000))


def test_adapter_may_be_several_files(tmp_path: Path) -> None:
    for place in (1, 2):
        write_split(tmp_path / "game", place)
        assert load_game(tmp_path / "game").name == f"at {place}"
    assert not list(tmp_path.rglob("*.pyc"))


def test_files_beside_adapters_of_one_name_do_not_mix(tmp_path: Path) -> None:
    for place, folder in enumerate(("a", "b")):
        (tmp_path / folder).mkdir()
        write_split(tmp_path / folder / "game", place)
    assert [load_game(tmp_path / one / "game").name for one in "ab"] == ["at 0", "at 1"]


def test_bytecode_of_an_earlier_edit_is_not_taken(tmp_path: Path) -> None:
    """Whoever wrote it: a tool that compiles a whole folder does."""
    write_split(tmp_path / "game", 1)
    py_compile.compile(str(tmp_path / "game/numbers_of.py"))
    write_split(tmp_path / "game", 2)
    assert load_game(tmp_path / "game").name == "at 2"


def test_files_imported_late_are_the_adapters_own_and_fresh(tmp_path: Path) -> None:
    late = "        from .late import AT\n        return {'at': AT}\n"
    games = []
    for place in "ab":
        folder = tmp_path / place / "game"
        folder.mkdir(parents=True)
        text = ADAPTER.format(name="Late").replace("        return {}\n", late)
        (folder / "adapter.py").write_text(text)
        (folder / "late.py").write_text(f"AT = {place!r}\n")
        games.append(load_game(folder))
    read = [game.read_state(None) for game in games]  # type: ignore[attr-defined]
    assert read == [{"at": "a"}, {"at": "b"}]
    assert not list(tmp_path.rglob("*.pyc"))


def test_files_in_folders_below_are_the_adapters_too(tmp_path: Path) -> None:
    text = "from .more.places import NAME\n" + ADAPTER.format(name="Deep") + "    name = NAME\n"
    (tmp_path / "adapter.py").write_text(text)
    (tmp_path / "top.py").write_text("NAME = 'at the top'\n")
    (tmp_path / "more").mkdir()
    places = tmp_path / "more" / "places.py"
    places.write_text("from ..top import NAME\n")
    assert load_game(tmp_path).name == "at the top"
    places.write_text("NAME = 1\n\nNAME += ''\n")
    with pytest.raises(UserError, match=r"/more/places\.py, line 3: TypeError: "):
        load_game(tmp_path)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("1 / 0\n", r"numbers_of\.py, line 2: ZeroDivisionError: .*Mend that line"),
        ("def odd(:\n", r"numbers_of\.py, line 2: invalid syntax"),
    ],
)
def test_mistake_in_a_file_beside_an_adapter_is_placed(
    tmp_path: Path, body: str, expected: str
) -> None:
    write_split(tmp_path / "game", 1, body)
    with pytest.raises(UserError, match=expected):
        load_game(tmp_path / "game")


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


GOOD = {
    "name": '"Mine"',
    "rom": '"mossbrook.gba"',
    "rom_sha1": f'"{"0" * 40}"',
    "actions": '("no_op", "a", "left")',
    "hold_frames": "4",
    "release_frames": "(4, 8)",
    "done_when": "{}",
}


def write_adapter(folder: Path, code: str = "", **changes: str | None) -> Path:
    """An adapter with these attributes, as Python text; None leaves one out."""
    lines = [f"    {key} = {value}" for key, value in (GOOD | changes).items() if value]
    body = "\n".join(lines)
    reader = "    def read_state(self, ram): return {}"
    (folder / "adapter.py").write_text(
        f"{code}\nfrom autodagger.actions import Answers\nfrom autodagger.game.gba import GbaGame\n"
        f"class Mine(GbaGame):\n{body}\n{reader}\n"
    )
    return folder


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"actions": '("no_op", "Left")'},
            r"actions has 'Left' \(did you mean 'left'\?\), which i",
        ),
        (
            {"actions": '("no_op", "jump")'},
            r"actions has 'jump'.*, which is no button; expected",
        ),
        ({"actions": '("no_op", "")'}, r"actions has '', which is no button"),
        ({"actions": '("no_op", "left+x")'}, r"actions has 'left\+x'.*, which is no button"),
        ({"actions": '("no_op", "a", "b", "a")'}, r"actions has 'a' 2 times; leave one"),
        ({"actions": '("a", "b")'}, r'actions begins with \'a\'; expected "no_op" first'),
        ({"actions": '("a", "no_op")'}, r"actions begins with 'a'"),
        ({"actions": "()"}, r"actions is empty"),
        ({"actions": '"no_op"'}, r"actions is 'no_op'; expected names such as"),
        ({"actions": "(0, 1)"}, r"actions is \(0, 1\); expected names"),
        ({"actions": None}, r"actions is None; expected names"),
        ({"hold_frames": None}, r"hold_frames is None; expected the frames for which"),
        ({"hold_frames": "0"}, r"hold_frames is 0"),
        ({"hold_frames": "2.5"}, r"hold_frames is 2\.5"),
        ({"release_frames": None}, r"release_frames is None; expected the fewest"),
        ({"release_frames": '"8"'}, r"release_frames is '8'; expected the fewest"),
        ({"release_frames": "(8, 4)"}, r"release_frames is \(8, 4\)"),
        ({"release_frames": "(4, 8, 9)"}, r"release_frames is \(4, 8, 9\)"),
        ({"rom_sha1": "None"}, r"rom_sha1 is None; expected text"),
        ({"rom": None}, r"rom is None; expected text"),
        ({"done_when": "[]"}, r"done_when is \[\]; expected a dict"),
        ({"answers": "None"}, r"answers is None; expected such as Answers\(otherwise="),
        ({"answers": '{"a": "b"}'}, r"answers is \{'a': 'b'\}; expected such as"),
        ({"answers": "Answers(names=['a'])"}, r"answers is .*; expected such as"),
        (
            {"answers": "Answers(otherwise='b')"},
            r"answers\.otherwise is 'b'; expected one of actio",
        ),
        ({"answers": "Answers(otherwise=1)"}, r"answers\.otherwise is 1; expected one of actions"),
        ({"answers": "Answers(names={'x': 'b'})"}, r"answers\.names\['x'\] is 'b'; expected one"),
        ({"answers": "Answers(names={1: 'a'})"}, r"answers has 1 in names; expected a word"),
        ({"answers": "Answers(otherwise='a')", "actions": "1"}, r"actions is 1; expected names"),
        ({"channel_bits": "0"}, r"channel_bits is 0; expected a whole number from 1 to 8"),
        ({"hold_frames": None, "name": "1"}, r"(?s)name is 1.*\n.*hold_frames is None"),
    ],
)
def test_wrong_attributes_are_refused(
    tmp_path: Path, changes: dict[str, str | None], expected: str
) -> None:
    with pytest.raises(UserError, match=expected) as caught:
        load_game(write_adapter(tmp_path, **changes))
    assert all(
        line.startswith(f"{tmp_path}/adapter.py: ") for line in str(caught.value).split("\n")
    )


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def x(:", r"adapter\.py, line 1: invalid syntax\. Mend that line"),
        (
            "\nimport nothing_like_this",
            r"adapter\.py, line 2: ModuleNotFoundError: No module named",
        ),
        ("from autodagger.game.gba import Gba", r"line 1: ImportError: cannot import name 'Gba'"),
        ("raise SystemExit('bye')", r"line 1: SystemExit: bye, while the adapter was loaded"),
        ("1 / 0", r"line 1: ZeroDivisionError: division by zero"),
        ("import sys; sys.exit()", r"line 1: SystemExit, while"),
    ],
)
def test_an_adapter_that_does_not_load_is_named_with_its_line(
    tmp_path: Path, code: str, expected: str
) -> None:
    with pytest.raises(UserError, match=expected):
        load_game(write_adapter(tmp_path, code))


def test_an_adapter_that_leaves_a_method_out_is_named(tmp_path: Path) -> None:
    text = write_adapter(tmp_path).joinpath("adapter.py").read_text()
    (tmp_path / "adapter.py").write_text(text.replace("read_state", "read_stat"))
    with pytest.raises(UserError, match=r"adapter\.py: TypeError: .*abstract.*read_state"):
        load_game(tmp_path)


def test_a_list_of_actions_is_as_good_as_a_tuple(tmp_path: Path) -> None:
    game = load_game(write_adapter(tmp_path, actions='["no_op", "a"]'))
    assert game.actions == ("no_op", "a")


def test_a_sha1_in_capitals_is_fine(tmp_path: Path) -> None:
    game = load_game(write_adapter(tmp_path, rom_sha1=f'"{sha1_file(ROM).upper()}"'))
    check_rom(game, ROM)


def test_rom_of_another_revision_is_refused() -> None:
    game = load_game(GAME_DIR)  # its rom_sha1 is made up
    found = rf"found SHA-1 {sha1_file(ROM)}, which .* code \w+; Grid expects {'0' * 40}"
    with pytest.raises(UserError, match=found):
        check_rom(game, ROM)


def test_expected_rom_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    game = load_game(GAME_DIR)
    monkeypatch.setattr(type(game), "rom_sha1", sha1_file(ROM))
    check_rom(game, ROM)


def test_missing_rom_is_named_with_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"x\.gba: no such file.*mossbrook\.gba.*rom_path"):
        check_rom(load_game(GAME_DIR), tmp_path / "x.gba")


WITHOUT_ROM = """
from autodagger.game.contract import Game
class Mine(Game):
    name, actions, no_op = "Mine", {actions}, {no_op}
    def open(self, rom): return rom
"""


def write_game(folder: Path, actions: str = '("left", "right")', no_op: str = "None") -> Path:
    (folder / "adapter.py").write_text(WITHOUT_ROM.format(actions=actions, no_op=no_op))
    return folder


def test_a_game_without_a_rom_has_none_and_an_identity(tmp_path: Path) -> None:
    game = load_game(write_game(tmp_path))
    assert game.find_rom(tmp_path) is None
    check_rom(game, None)
    assert len(game.identify(None)) == 40
    with pytest.raises(UserError, match=r"Mine is played without one\. Leave rom_path empty"):
        check_rom(game, ROM)


def test_a_roms_sha1_is_the_games_identity() -> None:
    assert load_game(GAME_DIR).identify(ROM) == sha1_file(ROM)


def test_a_full_path_names_a_rom_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    game = load_game(GAME_DIR)
    monkeypatch.setattr(type(game), "rom", str(ROM))
    assert game.find_rom(GAME_DIR) == ROM


def test_the_action_that_does_nothing_can_have_another_name(tmp_path: Path) -> None:
    game = load_game(write_game(tmp_path, '("left", "wait")', '"wait"'))
    assert game.no_op == "wait"
    with pytest.raises(UserError, match=r"actions has no 'no_op', the action that does nothing"):
        load_game(write_game(tmp_path, no_op='"no_op"'))


@pytest.mark.parametrize(
    ("code", "mark", "expected"),
    [
        (
            "AXVE",
            0x96,
            "which says of itself that it is 'A TITLE', code AXVE (Pokémon Ruby, English);",
        ),
        ("BPEJ", 0x96, "code BPEJ (Pokémon Emerald, Japanese);"),
        ("ABCE", 0x96, "that it is 'A TITLE', code ABCE;"),
        ("AXVE", 0x00, "which is no Game Boy Advance cartridge by its header (192 bytes);"),
    ],
)
def test_another_cartridge_is_named_by_its_header(
    tmp_path: Path, code: str, mark: int, expected: str
) -> None:
    header = bytearray(0xC0)
    header[0xA0:0xB0], header[0xB2] = b"A TITLE".ljust(12, b"\0") + code.encode(), mark
    (tmp_path / "other.gba").write_bytes(header)
    with pytest.raises(UserError) as caught:
        check_rom(load_game(GAME_DIR), tmp_path / "other.gba")
    assert expected in str(caught.value)


def test_a_cartridge_in_an_archive_is_to_be_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "rom.gba", "w") as archive:
        archive.writestr("rom.gba", ROM.read_bytes())
    with pytest.raises(UserError, match=r"which is a zip archive \(unpack it, and name the \.gba"):
        check_rom(load_game(GAME_DIR), tmp_path / "rom.gba")
