"""Questions of experts about the screen: answered from a file, or by a vision model and then kept.

All of it is on the trusted side; an expert's process has no network.
"""

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autodagger.errors import show
from autodagger.expert.kept_answers import KeptAnswers

if TYPE_CHECKING:  # the confinement is also tried by interpreters without it
    import numpy as np

PROMPT_LENGTH = 10_000
"""Longest prompt, in characters."""

_LOOK_SECONDS = 1.0
"""Between two signs of life while a model is waited for."""

_SHOWN = 100  # characters of a prompt in a message
_NOTED = 1000  # in the file, for people

_HOW = {
    "bool": "Answer with true or false alone.",
    "int": "Answer with a whole number alone.",
    "float": "Answer with a number alone.",
    "str": "Answer with the text alone.",
    "list": "Answer with a JSON list alone.",
    "dict": "Answer with a JSON object alone.",
}
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class VisionError(Exception):
    """A question has no answer, or none of its kind; the message says which question."""


@dataclass(frozen=True)
class Vision:
    """Who answers experts' questions about the screen.

    Attributes:
        file: Where the answers are kept.
        model: The vision model's name, a part of each question; without one there are no answers.
        url: Of its endpoint; "" answers from the file alone. Changes no result, as `timeout`.
        timeout: Longest wait for it, in seconds.
    """

    file: Path
    model: str = ""
    url: str = ""
    timeout: float = 120.0


@dataclass(frozen=True)
class Question:
    """One question about one picture.

    Attributes:
        prompt: In the expert's words.
        kind: What the answer must be, see `autodagger.expert.state.TYPES`.
        picture: (H, W, 3) uint8 RGB.
    """

    prompt: str
    kind: str
    picture: "np.ndarray"

    def get_key(self, model: str) -> str:
        """Equal for equal questions to the same model alone: SHA-256 in hexadecimal."""
        about = json.dumps([model, self.kind, self.prompt, self.picture.shape]).encode()
        return hashlib.sha256(about + b"\n" + self.picture.tobytes()).hexdigest()

    def __str__(self) -> str:
        prompt = self.prompt if len(self.prompt) <= _SHOWN else f"{self.prompt[:_SHOWN]}…"
        return f"{prompt!r} ({self.kind})"


class Oracle:
    """Answers questions, and counts them.

    Args:
        vision: Who answers; None: nobody.
        on_question: Told of each answer whether the model was asked for it.
        on_wait: Called again and again while it is waited for.
    """

    def __init__(
        self,
        vision: Vision | None = None,
        on_question: Callable[[bool], None] = lambda _: None,
        on_wait: Callable[[], None] = lambda: None,
    ) -> None:
        self._vision, self._on_question, self._on_wait = vision, on_question, on_wait
        self._kept = KeptAnswers(vision.file) if vision else None

    def answer(self, question: Question) -> Any:
        """The answer as a value of the question's kind.

        Raises:
            VisionError: There is none, or it is of another kind.
            UserError: The model cannot be asked, or the file neither read nor written.
        """
        vision = self._vision
        if vision is None or self._kept is None:
            raise VisionError(f"asks {question}, and there is no vision model here")
        key = question.get_key(vision.model)
        text = self._kept.get(key)
        is_new = text is None
        if text is None:
            text, is_new = self._ask(question, key)
        self._on_question(is_new)
        try:
            return convert(text, question.kind)
        except (ValueError, RecursionError) as error:
            raise VisionError(
                f"asked {question}, and the vision model answered {show(text)}; expected "
                f"{question.kind}. Word the prompt so that it does, or correct the answer in "
                f"{vision.file}, key {key[:12]}…"
            ) from error

    def _ask(self, question: Question, key: str) -> tuple[str, bool]:
        """The model's answer, or that of who has asked the same meanwhile; whether it is new."""
        vision, kept = self._vision, self._kept
        assert vision is not None and kept is not None
        if not vision.url or not vision.model:
            kept.note_missing(key)
            raise VisionError(
                f"asks {question}, which {vision.file} has no answer to by "
                f"{vision.model or 'any model'}. Name a vision model with vision_url and "
                "vision_model, or bring that file from a run that had one"
            )
        from concurrent.futures import ThreadPoolExecutor, wait  # for those who ask alone

        with ThreadPoolExecutor(1) as pool:
            asking = pool.submit(self._ask_once, question, key)
            while not wait([asking], _LOOK_SECONDS).done:
                self._on_wait()
            return asking.result()

    def _ask_once(self, question: Question, key: str) -> tuple[str, bool]:
        from autodagger.expert.vision_model import ask_model  # HTTP and TLS take a moment to load

        vision, kept = self._vision, self._kept
        assert vision is not None and kept is not None
        with kept.claim(key):
            if (text := kept.get(key)) is not None:
                return text, False
            prompt = f"{question.prompt}\n\n{_HOW[question.kind]}"
            text = ask_model(vision.url, vision.model, prompt, question.picture, vision.timeout)
            about = {"model": vision.model, "type": question.kind}
            kept.add(key, about | {"prompt": question.prompt[:_NOTED]}, text)
            first = kept.get(key)
            return text if first is None else first, True


def convert(text: str, kind: str) -> Any:
    """A model's words as a value of a kind: with a fence around it, or after its thoughts.

    Raises:
        ValueError: They are none.
    """
    text = _strip(text)
    if kind == "str":
        return _read_text(text)
    if kind == "bool":
        word = text.strip(" .!\"'`*").lower()
        if word not in _TRUTHS:
            raise ValueError(text)
        return _TRUTHS[word]
    if kind in ("int", "float"):
        return _read_number(text.strip(" .\"'`*"), kind)
    value = json.loads(text, parse_constant=_refuse)
    if not isinstance(value, list if kind == "list" else dict):
        raise ValueError(text)
    json.dumps(value, allow_nan=False)  # 1e999 is read as infinity
    return value


def _strip(text: str) -> str:
    text = text.rpartition("</think>")[2].strip()
    if text.startswith("```") and text.endswith("```") and len(text) > 6:
        first, _, rest = text[3:-3].partition("\n")
        text = (rest if rest and first.strip().isalnum() else text[3:-3]).strip()
    return text


def _read_text(text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, str) else text


def _read_number(text: str, kind: str) -> int | float:
    number = float(text)
    if not math.isfinite(number) or (kind == "int" and not number.is_integer()):
        raise ValueError(text)
    return int(number) if kind == "int" else number


def _refuse(constant: str) -> None:
    raise ValueError(constant)
