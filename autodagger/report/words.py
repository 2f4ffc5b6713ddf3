"""The page's words, in English and in Korean: templates/words.*.yaml."""

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from autodagger.files import read_text

LANGUAGES = {"en": "English", "ko": "한국어"}
"""By their codes; the first one's page is index.html."""

REASONS = {
    "skip_list": r"in skip list",
    "resume_point": r"before resume point",
    "passed": r"already reached wherever it starts, so there is nothing to learn",
    "no_expert": r"no expert file",
    "no_start": r"no start state",
    "not_loaded": r"expert cannot be loaded",
    "not_played": r"episodes cannot be played",
    "never": r"expert never succeeded: (.*)",
    "too_low": r"expert success rate too low: (.*)",
    "crashed": r"rule (\w+) stopped unexpectedly",
    "not_reached": r"not reached: (.*) stopped unexpectedly",
    "not_finished": r"student not finished",
    "no_result": r"a result cannot be read",
    "no_row": r"its row cannot be read",
}
"""Reasons as rows have them, by the names that the words have for them."""

Say = Callable[..., str]
"""Says a key in one language, with its braces filled in."""


@functools.cache
def read_words(language: str) -> dict[str, dict[str, str]]:
    """All words of a language: `page`, `reasons`, `steps`, `findings`."""
    path = Path(__file__).with_name("templates") / f"words.{language}.yaml"
    words: dict[str, dict[str, str]] = yaml.safe_load(read_text(path))
    return words


def get_words(language: str, part: str = "page") -> Say:
    """Who says the keys of one part."""
    words = read_words(language)[part]

    def say(key: str, **values: Any) -> str:
        return words[key].format(**values)

    return say


def say_reason(reason: str, language: str) -> str:
    """A row's reason in one language; one that is not known, as it is written."""
    for name, pattern in REASONS.items():
        if match := re.fullmatch(pattern, reason):
            reason = read_words(language)["reasons"][name].format(*match.groups())
            break
    return reason[:1].upper() + reason[1:]


def say_next_step(reason: str, language: str) -> str | None:
    """What to do about a row's reason."""
    for name, pattern in REASONS.items():
        if re.fullmatch(pattern, reason):
            return read_words(language)["steps"][name]
    return None
