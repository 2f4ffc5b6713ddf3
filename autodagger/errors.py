"""Errors that the user can put right."""

import difflib
import reprlib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 100


@contextmanager
def exit_in_words() -> Iterator[None]:
    """Ends the process by what a UserError says, where nobody else would catch it."""
    try:
        yield
    except UserError as error:
        sys.exit(str(error))


class UserError(Exception):
    """A user's mistake: its message is shown as it is, without a traceback.

    The message says what was being done, what was found, what is expected and what to do next.
    """


def suggest(name: str, known: Iterable[str], form: str = "{}") -> str:
    """` (did you mean 'X'?)` for the nearest known name, written as `form` says; or nothing."""
    folded = {item.lower(): item for item in known}
    match = difflib.get_close_matches(name.lower(), list(folded), n=1, cutoff=0.5)
    return f" (did you mean {form.format(folded[match[0]])!r}?)" if match else ""


def show(value: Any) -> str:
    """A value as a message quotes it: as Python writes it, but never more than a line or two."""
    return _SHORT.repr(value)
