"""The one action that every game has, and what else experts may answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

NO_OP = "no_op"
"""A step without a button."""


@dataclass(frozen=True)
class Answers:
    """What experts' answers that name no action stand for; without it they are refused.

    Attributes:
        first_of_list: Whether a list or a tuple stands for its first element.
        names: Actions by further words, whatever their case; a word may be an action's, too.
        otherwise: The action of all other answers, None among them; None refuses them.
    """

    first_of_list: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    otherwise: str | None = None


ACTIONS_ONLY = Answers()
"""Whatever names no action is refused."""
