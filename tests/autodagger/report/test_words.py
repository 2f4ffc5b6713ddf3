"""The languages say the same things, and all that the page asks for."""

import re
from string import Formatter

import pytest

from autodagger.report.words import LANGUAGES, REASONS, read_words, say_next_step, say_reason
from tests.grid import ROOT

TEMPLATE = (ROOT / "autodagger" / "report" / "templates" / "report.html.j2").read_text()


def list_fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_all_languages_have_equal_keys_and_fields() -> None:
    first, *others = (read_words(language) for language in LANGUAGES)
    for words in others:
        assert words.keys() == first.keys()
        for part, texts in words.items():
            assert texts.keys() == first[part].keys()
            for key, text in texts.items():
                assert list_fields(text) == list_fields(first[part][key]), key


def test_the_template_asks_for_nothing_else() -> None:
    asked = set(re.findall(r'\bt\("(\w+)"(?! ~)', TEMPLATE))
    assert len(asked) > 50
    assert asked <= read_words("en")["page"].keys()


@pytest.mark.parametrize("name", REASONS)
def test_every_reason_has_words_and_a_next_step(name: str) -> None:
    for language in LANGUAGES:
        assert read_words(language)["reasons"][name]
        assert read_words(language)["steps"][name]


def test_reasons_are_those_that_are_written() -> None:
    """By the program's text: a reason that is worded anew must be told anew."""
    code = "".join(
        path.read_text()
        for wing in ("evaluation", "results", "workflow")
        for path in (ROOT / "autodagger" / wing).glob("*.py")
    )
    for pattern in REASONS.values():
        for part in re.split(r"\(.*?\)", pattern):
            assert part.strip(": ") in code, part
    assert say_reason("in skip list", "en") == "In the skip list"


def test_what_is_not_known_is_told_as_it_is() -> None:
    assert say_reason("something new", "ko") == "Something new"
    assert say_next_step("something new", "ko") is None


def test_numbers_of_a_reason_stay() -> None:
    reason = "expert success rate too low: 0.20 < min_success_rate 0.6"
    assert say_reason(reason, "ko") == "Expert 성공률이 너무 낮음: 0.20 < min_success_rate 0.6"
