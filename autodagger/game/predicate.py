"""What a milestone asks of the game state: JMESPath expressions, checked before they are needed."""

from collections.abc import Iterator
from typing import Any

import jmespath
from jmespath.functions import Functions

from autodagger.errors import UserError, show, suggest

_FUNCTIONS: dict[str, dict[str, Any]] = Functions.FUNCTION_TABLE


class Predicate:
    """An expression that is true or false of a state.

    Args:
        milestone_id: Whose it is.
        key: "done_when" or "fail_when".
        expression: JMESPath.
    """

    def __init__(self, milestone_id: str, key: str, expression: str) -> None:
        self._where = f"milestone {milestone_id}: {key}"
        self._expression = expression
        self._compiled = jmespath.compile(expression)

    def holds(self, state: dict[str, Any]) -> bool:
        """Whether it is true of a state; null is false.

        Raises:
            UserError: It cannot be evaluated, or gives something else.
        """
        try:
            value = self._compiled.search(state)
        except Exception as error:  # jmespath's own, and what Python's functions raise in it
            text = " ".join(str(error).split()) or type(error).__name__
            raise UserError(
                f"{self._where} cannot be evaluated ({text[:200]}). It is "
                f"{show(self._expression)}; look at the types of what it asks for."
            ) from error
        if isinstance(value, bool) or value is None:
            return bool(value)
        raise UserError(
            f"{self._where} gave {show(value)}; expected true or false. Compare the value with "
            "something, for instance \"player.location == 'TOWN'\"."
        )


def find_mistake(expression: Any) -> str | None:
    """What is wrong with an expression whatever the state is, as a sentence without its end."""
    if not isinstance(expression, str):
        return "which is no JMESPath expression (those are text)"
    try:
        tree = jmespath.compile(expression).parsed
        for name, count in _list_calls(tree):
            if mistake := _find_mistaken_call(name, count):
                return mistake
    except Exception as error:  # for what is no text, or nested too deep, it raises many kinds
        nested = isinstance(error, RecursionError)
        text = "nested too deep" if nested else next(iter(str(error).splitlines()), "")
        return f"which is no JMESPath expression ({text or type(error).__name__})"
    return None


def _list_calls(node: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Name and number of arguments of every function in an expression."""
    if node["type"] == "function_expression":
        yield node["value"], len(node["children"])
    for child in node["children"]:
        yield from _list_calls(child)


def _find_mistaken_call(name: str, count: int) -> str | None:
    if name not in _FUNCTIONS:
        return f"which calls {name}(), no function of JMESPath{suggest(name, _FUNCTIONS)}"
    signature = _FUNCTIONS[name]["signature"]
    variadic = bool(signature) and signature[-1].get("variadic", False)
    if count == len(signature) or (variadic and count >= len(signature)):
        return None
    expected = f"at least {len(signature)}" if variadic else str(len(signature))
    return f"which gives {name}() {count} arguments, and it takes {expected}"
