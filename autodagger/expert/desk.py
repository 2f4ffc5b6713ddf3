"""Answers what an expert asks about the screen in the midst of a call; trusts nothing it says."""

import binascii
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autodagger.expert.state import TYPES
from autodagger.expert.vision import PROMPT_LENGTH, Oracle, Question, VisionError
from autodagger.expert.wire import clean
from autodagger.files import DamagedFile, read_bytes

if TYPE_CHECKING:  # the confinement is also tried by interpreters without it
    import numpy as np

ASKING = "add_to_state_schema"
PICTURE = "_screenshot"
"""What the sources of experts say that ask the vision model, or look at the screen."""

CALL_QUESTIONS = 100
"""Most that an expert can ask about one state."""

EPISODE_QUESTIONS = 10_000
"""Most questions to the vision model in one episode."""


class AskedWrongly(Exception):
    """No expert asks so that is what it should be."""


class Desk:
    """The screens of the states that an expert was sent and has not answered, and who knows more.

    Args:
        oracle: Answers questions.
        channel_bits: See `autodagger.game.contract.Game`.
    """

    def __init__(self, oracle: Oracle, channel_bits: int = 8) -> None:
        self._oracle, self._channel_bits = oracle, channel_bits
        self.start_episode()

    def start_episode(self) -> None:
        """Forgets the last one."""
        self._screens: deque[np.ndarray | None] = deque()
        self._in_call = self._in_episode = 0

    def put(self, screen: "np.ndarray | None") -> None:
        """The screen of the next state, (H, W, 3) uint8 RGB, which nobody alters any more."""
        self._screens.append(screen)

    def drop(self) -> None:
        """The first of the states is answered."""
        self._screens.popleft()
        self._in_call = 0

    def answer(self, kind: str, content: Any) -> Any:
        """What is asked about the first of the states, as JSON has it.

        Raises:
            VisionError: There is no answer.
            AskedWrongly: It is no question, or one too many.
            UserError: The vision model cannot be asked.
        """
        self._in_call += 1
        if not self._screens:
            raise AskedWrongly("gave an answer that was not asked for")
        if self._in_call > CALL_QUESTIONS:
            raise AskedWrongly(f"asked more than {CALL_QUESTIONS} times about one state")
        picture = self._take_picture()
        if kind == "picture":
            return None if picture is None else _pack_picture(picture)
        question = _read_question(content)
        self._in_episode += 1
        if self._in_episode > EPISODE_QUESTIONS:
            raise VisionError(f"asks more than {EPISODE_QUESTIONS:,} questions in one episode")
        if picture is None:
            raise VisionError(f"asks {question[0]!r}, and there is no screen here")
        return self._oracle.answer(Question(*question, picture))

    def _take_picture(self) -> "np.ndarray | None":
        screen = self._screens[0]
        return None if screen is None else screen | screen >> self._channel_bits


def mentions(paths: Iterable[Path], word: str) -> bool:
    """Whether one of these files has a word in it; those that cannot be read have none."""
    return any(word.encode() in _read(path) for path in paths)


def _read(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except DamagedFile:
        return b""


def _pack_picture(picture: "np.ndarray") -> dict[str, Any]:
    height, width, _ = picture.shape
    pixels = binascii.b2a_base64(picture.tobytes(), newline=False).decode()
    return {"width": width, "height": height, "pixels": pixels}


def _read_question(content: Any) -> tuple[str, str]:
    prompt = content.get("prompt") if isinstance(content, dict) else None
    kind = content.get("type") if isinstance(content, dict) else None
    if not isinstance(prompt, str) or kind not in TYPES:
        raise AskedWrongly("gave an answer that was not asked for")
    if len(prompt) > PROMPT_LENGTH:
        raise VisionError(
            f"asks {clean(prompt[:50])!r}…, {len(prompt):,} characters; expected "
            f"{PROMPT_LENGTH:,} at most"
        )
    return prompt, kind
