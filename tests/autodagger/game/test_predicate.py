"""Expressions of milestones: what is refused before play, and what play says."""

import pytest

from autodagger.errors import UserError
from autodagger.game.predicate import Predicate, find_mistake

DEEP = "(" * 3000 + "a" + ")" * 3000


@pytest.mark.parametrize(
    "expression",
    [
        "player.x == `3`",
        "length(party) > `1`",
        "contains(name, 'a')",
        "not_null(a, b, c)",
        "a || b",
    ],
)
def test_sound_expressions_have_no_mistake(expression: str) -> None:
    assert find_mistake(expression) is None


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("lenght(a) > `1`", "calls lenght(), no function of JMESPath (did you mean 'length'?)"),
        ("a && map(&foo(@), b)", "calls foo(), no function of JMESPath"),
        ("length(a, b)", "gives length() 2 arguments, and it takes 1"),
        ("contains(a)", "gives contains() 1 arguments, and it takes 2"),
        ("not_null()", "and it takes at least 1"),
        ("a =", "which is no JMESPath expression ("),
        ("`", "which is no JMESPath expression ("),
        ('"\\u"', "which is no JMESPath expression ("),
        ("", "which is no JMESPath expression ("),
        (None, "which is no JMESPath expression ("),
        (["a"], "which is no JMESPath expression ("),
        (DEEP, "which is no JMESPath expression (nested too deep)"),
    ],
)
def test_mistakes_are_found_without_a_state(expression: object, expected: str) -> None:
    assert expected in str(find_mistake(expression))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("length(x)", "cannot be evaluated ("),
        ("sum(items)", "cannot be evaluated ("),
        ("sort_by(items, &@)[0] == `1`", "cannot be evaluated ("),
        ("max_by(things, &n).n == `1`", "cannot be evaluated ("),
        ("x", "gave 1; expected true or false. Compare"),
        ("items", "gave [1, 'a']; expected true or false"),
    ],
)
def test_what_goes_wrong_in_play_names_milestone_and_key(expression: str, expected: str) -> None:
    predicate = Predicate("TOWN", "fail_when", expression)
    with pytest.raises(UserError) as refusal:
        predicate.holds({"x": 1, "items": [1, "a"], "things": [{"n": 1}, {"n": None}]})
    assert str(refusal.value).startswith("milestone TOWN: fail_when ")
    assert expected in str(refusal.value)


def test_null_is_false() -> None:
    assert not Predicate("TOWN", "done_when", "player.x == `3`").holds({})
    assert Predicate("TOWN", "done_when", "player.x == `3`").holds({"player": {"x": 3}})
