"""Who plays while a person looks: chance, a script of keys, or an expert."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from autodagger.authoring.recording import Choose
from autodagger.errors import UserError, suggest
from autodagger.expert.desk import PICTURE, Desk, mentions
from autodagger.expert.expert import Expert, ExpertError
from autodagger.expert.jail import Jail
from autodagger.expert.vision import Oracle
from autodagger.files import read_text
from autodagger.game.contract import Game

_EXPECTED = "Expected lines such as 'start', 'left+b 20' (that many steps) or '# a comment'."


def play_randomly(actions: Sequence[str], seed: int) -> Choose:
    """Any action, for a while each: who lets go at once gets nowhere in most games."""
    rng = np.random.default_rng([seed, 1])
    held: list[str] = []

    def choose(_state: object) -> str:
        if not held:
            held.extend([str(rng.choice(actions))] * int(rng.integers(1, 9)))
        return held.pop()

    return choose


def read_keys(path: Path) -> list[str]:
    """A script of keys, step by step.

    Args:
        path: A text file with an action a line, and how many steps it takes if more than one.

    Raises:
        UserError: It cannot be read, or a line is none; names file and line.
    """
    keys: list[str] = []
    for number, line in enumerate(read_text(path, "script of keys", _EXPECTED).splitlines(), 1):
        words = line.partition("#")[0].split()
        count = words[1] if len(words) == 2 else "1"
        if len(words) > 2 or not (count.isascii() and count.isdigit() and len(count) < 7):
            raise UserError(f"{path}, line {number}: found {line.strip()!r}. {_EXPECTED}")
        keys += words[:1] * int(count)
    return keys


def check_keys(path: Path, keys: Sequence[str], actions: Sequence[str]) -> None:
    """Refuses keys that are no actions of the game; raises UserError."""
    for key in keys:
        if key not in actions:
            raise UserError(
                f"{path}: {key!r} is no action of this game{suggest(key, actions)}. Expected some "
                f"of {', '.join(actions)}."
            )


def play_keys(keys: Sequence[str]) -> Choose:
    """One key a step, to the script's end."""
    left = iter(keys)
    return lambda _state: next(left, None)


class ExpertPlayer:
    """An expert with the tools of the game's folder, confined; use it in a `with` block.

    Args:
        path: The expert's file.
        folder: The game's, if it has one.
        game: Which actions it has, and what stands for them.
        seed: Of the expert's chance.
        see: Gives the screen of now, which it may look at; no vision model is asked about it.

    Raises:
        UserError: It cannot be loaded or confined.

    Attributes:
        error: What ended the play, if the expert raised, hung or named no action.
    """

    def __init__(
        self,
        path: Path,
        folder: Path | None,
        game: Game,
        seed: int,
        see: Callable[[], np.ndarray] | None = None,
    ) -> None:
        self._actions, self._see, self.error = game.actions, see, ""
        tools = sorted(folder.glob("tools/*.py")) if folder else []
        data = folder / "data" if folder else None
        self._jail = Jail(pictures=mentions([path, *tools], PICTURE))
        desk = Desk(Oracle(), game.channel_bits)
        try:
            self._expert = Expert(
                path,
                tools,
                game.actions,
                self._jail.door,
                data=data,
                answers=game.answers,
                desk=desk,
            )
            self._expert.start_episode(seed)
        except ExpertError as error:
            self._jail.close()
            raise UserError(str(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._expert.close()
        self._jail.close()

    def __call__(self, state: dict[str, Any]) -> str | None:
        """Its action, None from its first error on."""
        try:
            return self._actions[self._expert.act(state, self._see() if self._see else None)]
        except ExpertError as error:
            self.error = str(error)
            return None
