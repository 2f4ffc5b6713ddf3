"""Fields that no state has are refused; what one state cannot disprove is not."""

from pathlib import Path
from typing import Any

import pytest

from autodagger.errors import UserError
from autodagger.game.contract import load_game
from autodagger.game.fields import check_fields, check_start, describe_never_true
from autodagger.game.milestone import Milestone, load_milestones
from autodagger.game.sample import read_sample
from tests.grid import ROOT

STATE: dict[str, Any] = {
    "player": {"location": None, "position": {"x": 0, "y": 0}, "party": []},
    "map": {"objects": [{"name": "MOM", "x": 1}, {"name": "RIVAL", "level": 3}], "flags": {}},
    "game": {"scene": "title", "menu": {"kind": "clock"}, "busy": False},
    "battle": None,
}


def check(folder: Path, expression: str, key: str = "done_when") -> None:
    (folder / "adapter.py").write_text('menu["hour"] = 3')
    expressions = {"done_when": "game.busy"} | {key: expression}
    check_fields([Milestone("GOAL", None, 10, **expressions)], STATE, folder)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (
            "player.locaton == 'TOWN'",
            r"player\.locaton, but player has no 'locaton' \(did you mean",
        ),
        ("playr.location == 'TOWN'", r"playr, but the adapter's state has no 'playr' \(did you"),
        (
            "player.scene == 'title'",
            r"player has no 'scene' \(did you mean 'game.scene'\?\); it ha",
        ),
        ("player.position.z == `1`", r"player\.position\.z, .*; it has x, y\."),
        ("!(game.bussy)", r"game\.bussy"),
        ("game.busy && game.scen == 'x'", r"game\.scen"),
        ("game.busy || game.scen == 'x'", r"game\.scen"),
        ("contains(game.scen, 'x')", r"game\.scen"),
        ("game.[busy, scen][0] == 'x'", r"game\.scen"),
        ("map.objects[0].nam == 'x'", r"map\.objects\.nam"),
        ("map.objects[?nam == 'MOM'] != `[]`", r"map\.objects\.nam"),
        ("map.objects[].nam | [0] == 'MOM'", r"map\.objects\.nam"),
        ("game.menu.minute == `1`", r"game\.menu\.minute"),
        ("game.busy == true", r"which JMESPath reads as a field's name\. Write it"),
    ],
)
def test_a_field_that_is_not_there_is_refused(
    tmp_path: Path, expression: str, expected: str
) -> None:
    with pytest.raises(UserError, match=f"milestone GOAL: done_when asks for .*{expected}"):
        check(tmp_path, expression)


@pytest.mark.parametrize(
    "expression",
    [
        "game.busy == `true`",
        "battle.enemy.hp == `0`",  # there is no battle now
        "player.location.name == 'TOWN'",
        "player.party[0].hp > `0`",  # nor a party
        "player.party[?hp > `0`] | length(@) > `0`",
        "map.flags.mom_talked",  # nor a flag
        "map.objects[?level > `2`].name | [0] == 'RIVAL'",  # not every person has one
        "game.menu.hour == `10`",  # the adapter names it: another menu's
        "battle == null",
        "prev_action == 'a'",
        "max_by(map.objects, &strength).name == 'MOM'",
        "map.*.name | [0] == 'x'",
        "game.menu.kind == 'clock' && @.player.position.x == `1`",
    ],
)
def test_what_one_state_cannot_disprove_is_accepted(tmp_path: Path, expression: str) -> None:
    check(tmp_path, expression)


def test_fail_when_is_looked_at_too_and_every_mistake_has_a_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"fail_when asks for game\.scen,.*\n.*game\.busi"):
        check(tmp_path, "game.scen == 'x' && game.busi", "fail_when")


def test_the_embedded_games_milestones_ask_for_what_is_there() -> None:
    folder = ROOT / "games" / "mossbrook"
    game = load_game(folder)
    state = read_sample(folder, folder / game.rom)
    assert state is not None
    check_fields(load_milestones(folder / "milestone_config.json", game.done_when), state, folder)


@pytest.mark.parametrize(
    ("done_when", "expected"),
    [
        ("game.scne == 'town'", "game.scne was null or missing in each (did you mean 'game.scene'"),
        ("player.flag == `1`", "player.flag was null or missing in each: is the path right?"),
        ("flag == `1`", "flag was null or missing in each (did you mean 'player.flag'?)"),
        ("game.scene == 'town'", "false or null in all 2 states seen"),
        ("player.name == 'B'", "false or null in all 2 states seen"),
    ],
)
def test_what_was_null_in_every_state_is_told(done_when: str, expected: str) -> None:
    states = [
        {"game": {"scene": "logo"}, "player": {"flag": None, "name": None}},
        {"game": {"scene": "title"}, "player": {"flag": None, "name": "A"}},
    ]
    text = describe_never_true(Milestone("A", None, 5, done_when), states)
    assert expected in text
    assert ("is the path right?" in text) == ("was null" in expected)


@pytest.mark.parametrize("key", ["done_when", "fail_when"])
def test_what_is_true_at_the_start_is_refused(key: str) -> None:
    values = {"done_when": "`false`", key: "game.busy"}
    milestone = Milestone("A", None, 5, **values)
    check_start(milestone, {"game": {"busy": False}})
    with pytest.raises(UserError, match=rf"milestone A: {key} is true in its start state already"):
        check_start(milestone, {"game": {"busy": True}})


def test_what_is_reached_in_a_save_state_passes_through() -> None:
    milestone = Milestone("A", "B", 5, "game.busy")
    check_start(milestone, {"game": {"busy": True}}, is_power_on=False)
    lost = Milestone("A", "B", 5, "`false`", "game.busy")
    with pytest.raises(UserError, match="fail_when is true in its start state already"):
        check_start(lost, {"game": {"busy": True}}, is_power_on=False)
