"""What experts get as the game's state: a dict that can also be asked about the screen.

It lives in the expert's process, as `autodagger.expert.inmate` does, and nothing outside relies on
it.
"""

import binascii
from collections.abc import Callable
from typing import Any

TYPES = ("bool", "int", "str", "float", "list", "dict")
"""What a question to the vision model can have as its answer, by their names in Python."""

Ask = Callable[[str, dict[str, Any]], Any]
"""Asks the other side for "picture" or an answer to a "question"; raises where it has none."""


class Schema:
    """The questions that an expert and its tools have registered, by their keys in a state."""

    def __init__(self) -> None:
        self.questions: dict[Any, tuple[str, str]] = {}

    def add(self, key: str, vlm_prompt: str, return_type: Any) -> None:
        """`add_to_state_schema` of experts; a type can be given by its name."""
        self.questions[key] = (str(vlm_prompt), _name_type(return_type))


class Moment:
    """What a state and its copies have in common: the screen, and what was asked about it.

    Args:
        schema: The questions by their keys.
        ask: Asks the other side about the screen of now.
    """

    def __init__(self, schema: Schema, ask: Ask) -> None:
        self._ask = ask
        self.schema = schema
        self._answers: dict[tuple[str, str], Any] = {}
        self._picture: list[Any] = []
        self.is_now = True

    def __deepcopy__(self, _memo: Any) -> "Moment":
        return self

    def get_answer(self, key: Any) -> Any:
        """The vision model's, to a registered question."""
        question = self.schema.questions[key]
        if question not in self._answers:
            self._check_now("question about it")
            prompt, kind = question
            content = {"key": str(key), "prompt": prompt, "type": kind}
            self._answers[question] = self._ask("question", content)
        return self._answers[question]

    def get_picture(self) -> Any:
        """The screen as a PIL picture, or None where nobody has one."""
        if not self._picture:
            self._check_now("picture")
            self._picture.append(_draw(self._ask("picture", {})))
        return self._picture[0]

    def _check_now(self, what: str) -> None:
        if not self.is_now:
            raise LookupError(
                f"a state of an earlier call: no further {what} can be had. Ask in the call that "
                "the state is for"
            )


class State(dict[Any, Any]):
    """The game's state. A missing key that `add_to_state_schema` knows asks the vision model."""

    _moment: Moment | None = None  # of what an expert makes itself of this class

    @classmethod
    def make(cls, content: dict[Any, Any], moment: Moment | None) -> "State":
        """A state with this content."""
        state = cls(content)
        state._moment = moment
        return state

    def __missing__(self, key: Any) -> Any:
        if self._moment and key in self._moment.schema.questions:
            return self._moment.get_answer(key)
        raise KeyError(key)

    def get(self, key: Any, default: Any = None) -> Any:
        """As a dict's, but for the keys of the schema."""
        if key not in self and self._moment and key in self._moment.schema.questions:
            return self._moment.get_answer(key)
        return super().get(key, default)

    def copy(self) -> "State":
        """A copy that can be asked as well."""
        return State.make(self, self._moment)

    @property
    def _screenshot(self) -> Any:
        return self._moment.get_picture() if self._moment else None


def _name_type(kind: Any) -> str:
    """`bool`, `"bool"`, `list[str]` and `typing.List` by the names that `TYPES` has."""
    kind = getattr(kind, "__origin__", kind)
    name = kind if isinstance(kind, str) else getattr(kind, "__name__", repr(kind))
    name = name.partition("[")[0].strip().lower()
    if name not in TYPES:
        raise ValueError(
            f"add_to_state_schema: return_type is {kind!r}; expected one of {', '.join(TYPES)}"
        )
    return name


def _draw(picture: dict[str, Any] | None) -> Any:
    if picture is None:
        return None
    try:
        from PIL import Image  # loaded before this process was confined
    except ImportError:
        raise LookupError(
            "there are no pictures here. Write state._screenshot plainly in the expert or a tool"
        ) from None
    size = picture["width"], picture["height"]
    return Image.frombytes("RGB", size, binascii.a2b_base64(picture["pixels"]))
