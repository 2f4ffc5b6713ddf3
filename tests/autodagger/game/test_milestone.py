"""The milestone file: what it accepts, and what each refusal says."""

import json
from pathlib import Path
from typing import Any

import pytest

from autodagger.errors import UserError
from autodagger.game.milestone import (
    DEFAULT_MAX_STEPS,
    Milestone,
    list_path,
    load_milestones,
)

DONE = "player.location == 'TOWN'"


def entry(milestone_id: str, **values: Any) -> dict[str, Any]:
    return {"id": milestone_id, "description": "d", "done_when": DONE, **values}


def write(folder: Path, *entries: Any) -> Path:
    path = folder / "milestone_config.json"
    path.write_text(json.dumps({"milestones": list(entries)}))
    return path


def refusal(path: Path, done_when: dict[str, str] | None = None) -> str:
    with pytest.raises(UserError) as caught:
        load_milestones(path, done_when)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_entries_follow_one_another(tmp_path: Path) -> None:
    path = write(tmp_path, entry("A", starting_state=None), entry("B", max_steps=7), entry("C"))
    first, second, third = load_milestones(path)
    assert first == Milestone("A", None, DEFAULT_MAX_STEPS, DONE, None, 0, "d")
    assert (second.predecessor, second.max_steps, second.index) == ("A", 7, 1)
    assert (third.predecessor, third.max_steps) == ("B", DEFAULT_MAX_STEPS)


@pytest.mark.parametrize(
    "found", ["A", "A_completed.state", "cache/milestone_states/A_completed.state"]
)
def test_starting_state_may_name_any_earlier_milestone(tmp_path: Path, found: str) -> None:
    path = write(tmp_path, entry("A"), entry("B"), entry("C", starting_state=found))
    assert load_milestones(path)[2].predecessor == "A"


def test_null_starting_state_is_power_on_anywhere(tmp_path: Path) -> None:
    path = write(tmp_path, entry("A"), entry("B", starting_state=None))
    assert load_milestones(path)[1].predecessor is None


@pytest.mark.parametrize(
    "done_when",
    ["!(game.busy)", "!busy && game.scene == 'x'", "map.objects[?!(moving)] | [0].x > `1`"],
)
def test_negations_of_whole_terms_are_fine(tmp_path: Path, done_when: str) -> None:
    assert (
        load_milestones(write(tmp_path, entry("A", done_when=done_when)))[0].done_when == done_when
    )


def test_fail_when_is_optional(tmp_path: Path) -> None:
    path = write(tmp_path, entry("A", fail_when="game.in_battle"), entry("B", fail_when=None))
    assert [m.fail_when for m in load_milestones(path)] == ["game.in_battle", None]


def test_games_table_fills_in_done_when_but_does_not_override(tmp_path: Path) -> None:
    own = entry("A")
    bare = {"id": "B"}
    milestones = load_milestones(write(tmp_path, own, bare), {"A": "a", "B": "b"})
    assert [m.done_when for m in milestones] == [DONE, "b"]


def test_params_leave_out_what_no_episode_depends_on() -> None:
    first = Milestone("A", None, 5, DONE, None, index=3, description="x")
    second = Milestone("A", None, 5, DONE, None, index=9, description="y")
    assert first.to_params() == second.to_params()
    assert Milestone(**first.to_params()) == Milestone("A", None, 5, DONE)


@pytest.mark.parametrize(
    ("bad", "parts"),
    [
        pytest.param(entry("B", max_step=3), ["'max_step'", "'max_steps'"], id="unknown key"),
        pytest.param(entry("B", done_wen="x"), ["'done_wen'", "'done_when'"], id="misspelt key"),
        pytest.param(entry("B", max_steps=0), ["max_steps is 0", ">= 1"], id="no steps"),
        pytest.param(entry("B", max_steps="9"), ["max_steps is '9'", "whole number"], id="text"),
        pytest.param(entry("B", max_steps=True), ["max_steps is True"], id="bool"),
        pytest.param(entry("B", max_steps=1.5), ["max_steps is 1.5"], id="fraction"),
        pytest.param(
            entry("B", starting_state="FRIST"),
            ["'FRIST'", "did you mean 'FIRST'", "power-on"],
            id="unknown start",
        ),
        pytest.param(entry("B", starting_state="B"), ["starting_state is 'B'"], id="own start"),
        pytest.param(entry("B", starting_state=5), ["starting_state is 5"], id="start no text"),
        pytest.param(
            entry("B", done_when="player.x = 3"),
            ["done_when", "player.x = 3", "JMESPath"],
            id="jmes",
        ),
        pytest.param(entry("B", done_when=5), ["done_when is 5"], id="done_when no text"),
        pytest.param(entry("B", done_when=""), ["done_when is ''"], id="empty done_when"),
        pytest.param(
            entry("B", done_when="x == `1` && !game.busy"),
            ["done_when is", "!game.", "Write !(a.b)"],
            id="negation of one word",
        ),
        pytest.param(entry("B", fail_when="a &&"), ["fail_when", "a &&"], id="fail_when"),
    ],
)
def test_wrong_entry_is_refused_by_name(
    tmp_path: Path, bad: dict[str, Any], parts: list[str]
) -> None:
    message = refusal(write(tmp_path, entry("FIRST"), bad))
    for part in ["entry 1 (B)", *parts]:
        assert part in message


@pytest.mark.parametrize("found", ["", "../up", "a b", "a/b", "Ä", "A\n", None, 5, ["A"]])
def test_id_that_is_no_file_name_is_refused(tmp_path: Path, found: Any) -> None:
    message = refusal(write(tmp_path, entry("FIRST"), {**entry("B"), "id": found}))
    assert "entry 1" in message
    assert repr(found) in message


@pytest.mark.parametrize("second", ["TOWN", "town"])
def test_id_is_taken_whatever_its_case(tmp_path: Path, second: str) -> None:
    message = refusal(write(tmp_path, entry("TOWN"), entry(second)))
    assert "entry 1" in message
    assert "taken by entry 0 (TOWN)" in message


def test_unknown_id_without_done_when_names_the_nearest(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, {"id": "RIVAL_HOUS"}), {"RIVAL_HOUSE": "x", "GYM": "y"})
    assert "RIVAL_HOUS)" in message
    assert "did you mean 'RIVAL_HOUSE'?" in message


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("{]", "not valid JSON"),
        ("[]", "found no milestones"),
        ("{}", "found no milestones"),
        ('{"milestones": []}', "found no milestones"),
        ('{"milestones": {"id": "A"}}', "found no milestones"),
        ('{"milestones": ["A"]}', "entry 0"),
        ('{"milestones": [{}]}', "the id is None"),
    ],
)
def test_file_of_another_shape_is_refused(tmp_path: Path, text: str, part: str) -> None:
    path = tmp_path / "m.json"
    path.write_text(text)
    assert part in refusal(path)


def test_json_error_says_where(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text('{"milestones": [\n  {"id": "A",}\n]}')
    assert "line 2" in refusal(path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "nowhere.json")


# ---- The way to the last one -------------------------------------------------------------------


def find_path(*starts: str | None) -> list[str]:
    """The way through milestones A, B, C and so on that start where these end."""
    ids = "ABCDEFGH"[: len(starts)]
    both = zip(ids, starts, strict=True)
    return list_path({name: Milestone(name, start, 9, DONE) for name, start in both})


@pytest.mark.parametrize(
    ("starts", "path"),
    [
        pytest.param([None], "A", id="one"),
        pytest.param([None, "A", "B"], "ABC", id="one after another"),
        pytest.param([None, "A", "A", "C"], "ACD", id="a branch is left out"),
        pytest.param([None, "A", "B", "A"], "AD", id="the last one is a branch"),
        pytest.param([None, None, "A", "B"], "BD", id="two begin at power-on"),
        pytest.param([None, "A", None], "C", id="the last one begins at power-on"),
    ],
)
def test_way_leads_from_power_on_to_the_last_milestone(starts: list[str | None], path: str) -> None:
    assert find_path(*starts) == list(path)


def test_keys_of_the_originals_generator_are_read_over(tmp_path: Path) -> None:
    odd = {"max_retries": 3, "timeout": 600, "stuck_threshold": None}
    path = tmp_path / "milestone_config.json"
    path.write_text(json.dumps({"stop_on_failure": True, "milestones": [entry("A", **odd)]}))
    assert load_milestones(path) == load_milestones(write(tmp_path, entry("A")))


def test_game_may_say_when_episodes_are_lost(tmp_path: Path) -> None:
    path = write(
        tmp_path, entry("A"), entry("B", fail_when="lives == `0`"), entry("C", fail_when=None)
    )
    lost = [one.fail_when for one in load_milestones(path, fail_when="hp == `0`")]
    assert lost == ["hp == `0`", "lives == `0`", None]


@pytest.mark.parametrize(
    ("found", "is_meant"),
    [
        (".milestone_trainer_cache/milestone_states/A_completed.state", True),
        ("milestone_states/A_completed.state", True),
        ("/home/her/game/.milestone_trainer_cache/milestone_states/A_completed.state", True),
        ("A_completed.state", True),
        ("states/A_completed.state", False),
        (".milestone_trainer_cache/A_completed.state", False),
    ],
)
def test_folder_of_a_starting_state_may_be_written_from_elsewhere(
    tmp_path: Path, found: str, is_meant: bool
) -> None:
    path = write(tmp_path, entry("A"), entry("B", starting_state=found))
    state_dir = ".milestone_trainer_cache/milestone_states"
    if is_meant:
        assert load_milestones(path, state_dir=state_dir)[1].predecessor == "A"
    else:
        with pytest.raises(UserError, match="save states are looked for in"):
            load_milestones(path, state_dir=state_dir)


def test_other_folder_that_is_there_is_not_taken_for_the_one(tmp_path: Path) -> None:
    other = tmp_path / "old" / "states"
    other.mkdir(parents=True)
    path = write(tmp_path, entry("A"), entry("B", starting_state=f"{other}/A_completed.state"))
    with pytest.raises(UserError, match="save states are looked for in"):
        load_milestones(path, state_dir="states")
