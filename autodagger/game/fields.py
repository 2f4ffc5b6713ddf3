"""Fields that milestones ask for and the adapter's state does not have.

JMESPath gives null for them without a word: a `done_when` with a misspelt field is never true, and
its expert is blamed. So the paths of each expression are walked over one state of the game.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jmespath

from autodagger.actions import NO_OP
from autodagger.errors import UserError, suggest
from autodagger.files import is_readable, read_bytes
from autodagger.game.contract import GameState
from autodagger.game.milestone import Milestone
from autodagger.game.predicate import Predicate

_BARE = ("true", "false")
_LOST = "every episode is lost"
_UNKNOWN = object()
"""A value that one state says nothing of: below a null, of an empty list, of a function."""


def check_fields(milestones: Iterable[Milestone], state: GameState, game_dir: Path) -> None:
    """Refuses expressions that ask a dict of `state` for a key which is not there.

    Null and what is below it prove nothing, nor does an empty dict. A key that the game's Python
    files spell out may come and go with the moment of the game; unless the state has it elsewhere.

    Args:
        milestones: With their expressions.
        state: What the adapter reads at one moment.
        game_dir: The game's folder.

    Raises:
        UserError: Names milestone, path and the nearest field; one line for each.
    """
    state = {**state, "prev_action": NO_OP}
    files = filter(is_readable, game_dir.glob("*.py"))
    texts = (read_bytes(path).decode(errors="replace") for path in files)
    spelt_out = set(re.findall(r"\w+", "\n".join(texts)))
    places = dict(_list_places(state))
    problems = []
    for milestone, key in itertools.product(milestones, ("done_when", "fail_when")):
        for path, known in _list_missing(getattr(milestone, key), state):
            name = path[-1]
            if name in places or name not in spelt_out or name in _BARE:
                where = f"milestone {milestone.id}: {key} asks for {'.'.join(path)}"
                problems.append(f"{where}, {_describe(path, known, places.get(name))}")
    if problems:
        raise UserError("\n".join(problems))


def check_start(milestone: Milestone, state: GameState, is_power_on: bool = True) -> None:
    """Refuses expressions that cannot be evaluated where a milestone starts, or are true there.

    Args:
        milestone: The milestone.
        state: The game's where it starts.
        is_power_on: Only then is a `done_when` that is true refused: it says nothing at all. From a
            save state on, a milestone passes through, see `autodagger.evaluation.expert`.

    Raises:
        UserError: Names the milestone and the expression.
    """
    state = {**state, "prev_action": NO_OP}
    for key, then in (("done_when", "there is nothing to reach"), ("fail_when", _LOST)):
        expression = getattr(milestone, key)
        is_true = expression and Predicate(milestone.id, key, expression).holds(state)
        if is_true and (is_power_on or key == "fail_when"):
            raise UserError(
                f"milestone {milestone.id}: {key} is true in its start state already, so {then}. "
                f"Mend {key}, or the save state it starts from."
            )


def describe_never_true(milestone: Milestone, states: Sequence[GameState]) -> str:
    """What to say of a milestone that was reached in none of the states seen.

    A field that was null in all of them, or never there, is likely misspelt.
    """
    nulls: dict[tuple[str, ...], bool] = {}
    for state in states:
        for path, value in _list_values(milestone.done_when, state):
            nulls[path] = nulls.get(path, True) and value is None
    places = dict(_list_places({key: value for one in states for key, value in one.items()}))
    text = f"done_when was false or null in all {len(states)} states seen"
    for path in [path for path, null in nulls.items() if null][:1]:
        name = places.get(path[-1]) or suggest(path[-1], places).partition("'")[2].partition("'")[0]
        full = places.get(name, name)
        nearest = f" (did you mean {full!r}?)" if full and full != ".".join(path) else ""
        text += f"; {'.'.join(path)} was null or missing in each{nearest}: is the path right?"
    return text


def _list_values(expression: str, state: GameState) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(path, value) of each field that an expression asks for outside lists."""
    tree = jmespath.compile(expression).parsed
    missing: dict[tuple[str, ...], list[str]] = {}
    values: dict[tuple[str, ...], Any] = {}
    _walk(tree, state, (), missing, values)
    yield from (values | dict.fromkeys(missing)).items()


def _describe(path: tuple[str, ...], known: list[str], elsewhere: str | None) -> str:
    if path[-1] in _BARE:
        return f"which JMESPath reads as a field's name. Write it in backticks: `{path[-1]}`."
    nearest = suggest(path[-1], known)
    if elsewhere and not nearest:
        nearest = f" (did you mean {elsewhere!r}?)"
    holder = ".".join(path[:-1]) or "the adapter's state"
    return (
        f"but {holder} has no {path[-1]!r}{nearest}; it has {', '.join(known)}. Correct the "
        "expression, or have read_state give the field at all times, None where there is nothing."
    )


def _list_places(state: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """(key, full path) of every field outside lists, the inner ones first."""
    for key, value in state.items():
        if isinstance(value, dict):
            yield from _list_places(value, f"{path}{key}.")
        yield key, f"{path}{key}"


def _list_missing(
    expression: str | None, state: GameState
) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """(path, the keys that are there) of each field that a dict does not have."""
    missing: dict[tuple[str, ...], list[str]] = {}
    if expression is not None:
        _walk(jmespath.compile(expression).parsed, state, (), missing)
    missing.pop(("null",), None)  # `x == null` compares with a field that is not there: the same
    yield from missing.items()


def _walk(
    node: dict[str, Any],
    value: Any,
    path: tuple[str, ...],
    missing: dict[tuple[str, ...], Any],
    values: dict[tuple[str, ...], Any] | None = None,
) -> tuple[Any, tuple[str, ...]]:
    """What a node gives for `value`, which stands at `path`.

    Notes fields that are not there as `missing`, and what the others hold as `values`.
    """
    kind, children = node["type"], node["children"]
    if kind == "field":
        path = (*path, node["value"])
        if isinstance(value, dict) and value and node["value"] not in value:
            missing[path] = list(value)
        found = value.get(node["value"], _UNKNOWN) if isinstance(value, dict) else _UNKNOWN
        if values is not None and (value is None or isinstance(value, dict)):
            values[path] = None if found is _UNKNOWN else found
        return found, path
    if kind in ("subexpression", "index_expression", "pipe"):
        for child in children:
            value, path = _walk(child, value, path, missing, values)
        return value, path
    if kind == "index":
        inside = isinstance(value, list | tuple) and -len(value) <= node["value"] < len(value)
        return (value[node["value"]] if inside else _UNKNOWN), path
    if kind in ("projection", "filter_projection"):
        return _walk_projection(children, value, path, missing)
    if kind in ("current", "identity"):
        return value, path
    if kind == "flatten":
        return _walk(children[0], value, path, missing)
    if kind == "value_projection":
        _walk(children[0], value, path, missing)
        return _UNKNOWN, path
    if kind in ("slice", "expref"):  # of numbers; of each item of a list
        return (value if kind == "slice" else _UNKNOWN), path
    for child in children:  # comparisons, and, or, not, functions, lists and dicts of expressions
        _walk(child, value, path, missing, values)
    return _UNKNOWN, path


def _walk_projection(
    children: list[dict[str, Any]],
    value: Any,
    path: tuple[str, ...],
    missing: dict[tuple[str, ...], Any],
) -> tuple[Any, tuple[str, ...]]:
    """Of a list's items; a field that only some of them have is there."""
    items, path = _walk(children[0], value, path, missing)
    dicts = [item for item in items if isinstance(item, dict)] if _is_list(items) else []
    item = {key: value for one in dicts for key, value in one.items()} or _UNKNOWN
    for child in children[1:]:
        _walk(child, item, path, missing)
    return _UNKNOWN, path


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)
