"""What a game is to everything outside this wing: a `Game` that opens a `Simulator`.

A game is a folder whose `adapter.py` holds one subclass of `Game`, of a kind that this wing has:
`GbaGame` (gba.py), `RetroGame` (retro.py) or `GymGame` (gym.py).
"""

import hashlib
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from autodagger.actions import ACTIONS_ONLY, NO_OP, Answers
from autodagger.errors import UserError, show
from autodagger.files import exists, read_bytes, sha1_file
from autodagger.game.package import is_of_game, make_package
from autodagger.game.predicate import find_mistake

if TYPE_CHECKING:  # jobs that play nothing need none
    import numpy as np

    from autodagger.game.memory import Snapshot

_ADVICE = "Expected a game folder such as games/mossbrook; name it with the option game."

GameState = dict[str, Any]
"""What an adapter reads of a running game: JSON-like values."""


class Simulator(Protocol):
    """One running game; a process has room for one.

    Deterministic: equal states, actions and generators give equal screens and states.

    Attributes:
        screen_shape: Height, width and 3; of any size.
        frames_per_second: Of the game, at its real speed.
        frames_per_step: How many a step takes, on average.
        has_ended: Whether the game itself is over, so that no step can follow.
    """

    @property
    def screen_shape(self) -> tuple[int, int, int]: ...  # noqa: D102

    @property
    def frames_per_second(self) -> float: ...  # noqa: D102

    @property
    def frames_per_step(self) -> float: ...  # noqa: D102

    @property
    def has_ended(self) -> bool: ...  # noqa: D102

    def power_on(self, rng: "np.random.Generator") -> None:
        """Starts from the beginning, with a picture on the screen.

        Args:
            rng: Source of all chance in it, such as which level it is.
        """

    def load(self, state: bytes) -> None:
        """Continues from what `save` gave, with a picture on the screen.

        Raises:
            UserError: The state is not this simulator's.
        """

    def save(self) -> bytes:
        """The whole game as bytes."""

    def act(
        self, action: str, rng: "np.random.Generator", on_frame: Callable[[], None] | None = None
    ) -> int:
        """Takes one step: all its chance is drawn from `rng`.

        Args:
            action: One of the game's actions.
            rng: Source of all randomness.
            on_frame: Called after each frame.

        Returns:
            The frames it took.
        """

    def screen(self) -> "np.ndarray":
        """The picture now, of `screen_shape`, uint8 RGB, a copy."""

    def state(self) -> GameState:
        """The game state now, a fresh dict."""

    def memory(self) -> "Snapshot":
        """All memory that the adapter can read, as it is now; none where it reads none."""

    def close(self) -> None:
        """Frees what this process holds."""


class Game(ABC):
    """One game. `games/<name>/adapter.py` holds exactly one subclass.

    Attributes:
        name: What people call the game.
        rom: File name of the ROM inside the game's folder, or its full path; None for a game
            without one.
        rom_sha1: SHA-1 of the ROM that the adapter belongs to, in either case.
        actions: Action names in the order of the action space.
        no_op: Which of them does nothing: the action "before" the first one of an episode. None
            where there is none.
        done_when: JMESPath expression by milestone id, for milestone files without `done_when`.
        fail_when: JMESPath expression for all milestones that name none; None: only time loses.
        answers: What an expert's answer stands for that is no action.
        channel_bits: Bits that the console has for each of a colour's channels: the upper ones of
            the screen's bytes. A picture for experts has them repeated below, so that white is 255.
        crash_advice: What to do where its native code crashes, as sentences.
    """

    name: ClassVar[str]
    rom: ClassVar[str | None] = None
    rom_sha1: ClassVar[str | None] = None
    actions: ClassVar[tuple[str, ...]]
    no_op: ClassVar[str | None] = NO_OP
    done_when: ClassVar[dict[str, str]] = {}
    fail_when: ClassVar[str | None] = None
    answers: ClassVar[Answers] = ACTIONS_ONLY
    channel_bits: ClassVar[int] = 8
    crash_advice: ClassVar[str] = "Look at the adapter's own native code."

    @abstractmethod
    def open(self, rom: Path | None) -> Simulator:
        """A running game of this process's own.

        Args:
            rom: What `find_rom` gives.

        Raises:
            UserError: The ROM, its emulator or the environment cannot be loaded.
        """

    def find_rom(self, folder: Path) -> Path | None:
        """Where the ROM lies unless somebody says otherwise; None for a game without one."""
        return None if self.rom is None else Path(folder, self.rom)

    def identify(self, rom: Path | None) -> str:
        """Equal for equal games alone, as SHA-1 in hexadecimal: the ROM's, if there is one."""
        return sha1_file(rom) if rom else hashlib.sha1(self.name.encode()).hexdigest()

    def describe_rom(self, rom: Path) -> str:
        """What a ROM of another game says of itself, for people; "" where nothing is known."""
        return ""

    def list_mistakes(self) -> list[str]:
        """What is wrong with the attributes above; a kind of game adds its own."""
        mistakes = list_no_texts(self, "name")
        if not isinstance(self.done_when, dict):
            found = show(self.done_when)
            mistakes.append(f"done_when is {found}; expected a dict by milestone id")
        if self.fail_when is not None and (mistake := find_mistake(self.fail_when)):
            mistakes.append(f"fail_when is {show(self.fail_when)}, {mistake}")
        return mistakes + self._list_mistaken_actions() + self._list_mistaken_answers()

    def _list_mistaken_actions(self) -> list[str]:
        actions = getattr(self, "actions", None)
        if not isinstance(actions, tuple) or not all(isinstance(name, str) for name in actions):
            return [f'actions is {show(actions)}; expected names such as ("{NO_OP}", "a", "left")']
        mistakes = [
            f"actions has {name!r} {actions.count(name)} times; leave one"
            for name in dict.fromkeys(actions)
            if actions.count(name) > 1
        ]
        if not actions:
            mistakes.append("actions is empty; expected the names of what a policy can do")
        elif self.no_op is not None and self.no_op not in actions:
            mistakes.append(
                f"actions has no {self.no_op!r}, the action that does nothing; add it, or name the "
                "game's own with no_op (None where it has none)"
            )
        return mistakes

    def _list_mistaken_answers(self) -> list[str]:
        answers, bits = self.answers, self.channel_bits
        if not isinstance(bits, int) or isinstance(bits, bool) or not 1 <= bits <= 8:
            return [f"channel_bits is {show(bits)}; expected a whole number from 1 to 8"]
        if not isinstance(answers, Answers) or not isinstance(answers.names, Mapping):
            return [f'answers is {show(answers)}; expected such as Answers(otherwise="a")']
        actions = getattr(self, "actions", ())
        meant = {f"names[{show(word)}]": action for word, action in answers.names.items()}
        if answers.otherwise is not None:
            meant["otherwise"] = answers.otherwise
        mistakes = [
            f"answers has {show(word)} in names; expected a word that experts answer"
            for word in answers.names
            if not isinstance(word, str)
        ]
        return mistakes + [
            f"answers.{place} is {show(action)}; expected one of actions"
            for place, action in meant.items()
            if not isinstance(actions, tuple) or action not in actions
        ]


def list_no_texts(game: Game, *keys: str) -> list[str]:
    """What is wrong with those attributes that are no text."""
    values = {key: getattr(game, key, None) for key in keys}
    return [
        f"{key} is {show(value)}; expected text"
        for key, value in values.items()
        if not isinstance(value, str)
    ]


def load_game(folder: Path) -> Game:
    """Loads the adapter of the game in `folder`.

    Raises:
        UserError: The folder has no adapter, it cannot be loaded, there is not exactly one `Game`
            in it, or that one's attributes are wrong. A line for each mistake.
    """
    path = Path(folder) / "adapter.py"
    if not exists(path):
        raise UserError(f"game {folder}: no adapter.py there. {_ADVICE}")
    module = _import(path)
    games = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Game)
        and value.__module__ == module.__name__
    ]
    if len(games) != 1:
        names = ", ".join(game.__name__ for game in games) or "none"
        raise UserError(f"{path}: found {names}; expected exactly one subclass of Game.")
    actions = getattr(games[0], "actions", None)
    if isinstance(actions, list | tuple) and all(isinstance(name, str) for name in actions):
        # Also of kinds of text (enums, numpy's) that a model's file could not keep.
        games[0].actions = tuple(str.__str__(name) for name in actions)
    with explain_adapter(path, "while the adapter was loaded"):
        game: Game = games[0]()
        mistakes = game.list_mistakes()
    if mistakes:
        raise UserError("\n".join(f"{path}: {mistake}." for mistake in mistakes))
    return game


@contextmanager
def explain_adapter(path: Path, doing: str) -> Iterator[None]:
    """Turns whatever an adapter raises into a `UserError` that names file and line.

    Args:
        path: The adapter's file.
        doing: What was being done, as the end of a sentence.
    """
    try:
        yield
    except (UserError, MemoryError, KeyboardInterrupt):
        raise
    except SyntaxError as error:
        place = error.filename or path
        if not error.lineno:  # of the file as a whole
            raise UserError(
                f"{place}: {error.msg}. Expected Python; save the file as text in UTF-8."
            ) from error
        raise UserError(f"{place}, line {error.lineno}: {error.msg}. Mend that line.") from error
    except BaseException as error:  # SystemExit, too: it would end the run without a word
        place = str(path)
        for frame, line in traceback.walk_tb(error.__traceback__):
            file = Path(frame.f_code.co_filename)
            if is_of_game(str(frame.f_globals.get("__name__"))) or _is_beside(file, path):
                place = f"{_shorten(file, path.parent)}, line {line}"
        text = ": ".join(filter(None, (type(error).__name__, _get_text(error))))
        raise UserError(f"{place}: {text}, {doing}. Mend that line.") from error


def _is_beside(file: Path, adapter: Path) -> bool:
    return file.resolve().parent == adapter.resolve().parent


def _shorten(file: Path, folder: Path) -> Path:
    """A file below a folder by the folder's name as it was given."""
    with suppress(ValueError):
        return folder / file.resolve().relative_to(folder.resolve())
    return file


def _get_text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # an adapter's own kind of error may fail at this, too
        return ""


def _import(path: Path) -> ModuleType:
    """The adapter's module, from its file as it is now."""
    module = make_package(path)
    with explain_adapter(path, "while the adapter was loaded"):
        exec(compile(read_bytes(path, "adapter", _ADVICE), path, "exec"), module.__dict__)
    return module


def check_rom(game: Game, rom_path: Path | None) -> None:
    """Refuses a ROM that the adapter's addresses do not belong to.

    Raises:
        UserError: The file is missing, its SHA-1 differs from `game.rom_sha1`, or the game takes
            none.
    """
    if game.rom is None or game.rom_sha1 is None:
        if rom_path is not None:
            raise UserError(
                f"ROM {rom_path}: {game.name} is played without one. Leave rom_path empty, or name "
                "another game with the option game."
            )
        return
    expected = (
        f"{game.name} expects {game.rom} with SHA-1 {game.rom_sha1}; put it there or name its "
        "place with the option rom_path."
    )
    found = sha1_file(rom_path or "", "ROM", expected)
    if found != game.rom_sha1.strip().lower():
        description = game.describe_rom(Path(rom_path or ""))
        raise UserError(
            f"ROM {rom_path}: found SHA-1 {found}{description}; {game.name} expects "
            f"{game.rom_sha1}. "
            "Another game or revision, or a changed copy, has its memory elsewhere: use the "
            "expected ROM, or write an adapter for this one."
        )
