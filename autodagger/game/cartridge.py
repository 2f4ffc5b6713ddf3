"""Cartridges of any console: what a step's press is, and the console that takes it."""

from abc import abstractmethod
from collections.abc import Callable, Collection
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np

from autodagger.actions import NO_OP
from autodagger.errors import show
from autodagger.game.contract import Game, GameState, list_no_texts
from autodagger.game.memory import Snapshot

Frames = int | tuple[int, int]
"""A number of frames, or the fewest and the most, both included, between which chance decides."""


MAX_FRAMES = 3600
"""Of a step's press, and of its release: a minute."""


class Settling(NamedTuple):
    """Frames without a button that follow at once where a watched place in the memory changes.

    For games that go on by themselves at times, as while they change maps: what a step began is
    then over before the next one.

    Attributes:
        address: The place's first byte.
        size: Its bytes; a change of any of them counts.
        frames: How many frames follow. Then the hold or release goes on where it was.
    """

    address: int
    size: int
    frames: int


class Console(Protocol):
    """A console with one cartridge in it."""

    def run(
        self,
        frames: int,
        buttons: Collection[str] = (),
        on_frame: Callable[[], None] | None = None,
    ) -> None:
        """Runs `frames` frames with `buttons` held; calls `on_frame` after each."""

    def power_on(self) -> None:
        """Back to the moment it was switched on, before its first frame."""

    def load_state(self, data: bytes) -> None:
        """Continues from what `save_state` gave."""

    def save_state(self) -> bytes:
        """The whole console as bytes; equal consoles give equal bytes."""

    def screen(self) -> np.ndarray:
        """The picture after the last frame, (H, W, 3) uint8 RGB, a copy."""

    def ram(self) -> Any:
        """What an adapter's `read_state` reads the memory with."""

    def memory(self) -> Snapshot:
        """All that `ram` can read, as it is now."""

    def close(self) -> None:
        """Frees the process's console."""


class CartridgeGame(Game):
    """A cartridge; its adapter says how to press buttons and read the memory.

    An action is "no_op", a button, or several at once as in "left+b". A step presses it and lets
    go, each for a number of frames, or for one drawn afresh from a range, which is what makes
    episodes differ.

    Attributes:
        hold_frames: Frames for which a step holds its buttons.
        release_frames: Frames for which it lets go after that; 0 holds them through to the next
            step, which then decides anew.
        settling: What lets a step wait for the game; None: nothing.
    """

    hold_frames: ClassVar[Frames]
    release_frames: ClassVar[Frames]
    settling: ClassVar[Settling | None] = None

    @abstractmethod
    def read_state(self, ram: Any) -> GameState:
        """The game state that experts, `done_when` and `fail_when` see.

        By convention: `player` (location, position.x/y, facing, party), `map` (collisions as rows
        of 0 and 1, objects), `game` (in_battle, dialog, ...). The environment adds `prev_action`.
        Collision rows are tuples: an expert cannot alter what the next call sees.
        """

    def list_mistakes(self) -> list[str]:
        """Also what the ROM is, and a step's timing."""
        mistakes = super().list_mistakes() + list_no_texts(self, "rom", "rom_sha1")
        actions = getattr(self, "actions", None)
        if isinstance(actions, tuple) and actions and actions[0] != NO_OP:
            mistakes.append(
                f'actions begins with {actions[0]!r}; expected "{NO_OP}" first, the step without a '
                "button"
            )
        hold, release = (getattr(self, f"{key}_frames", None) for key in ("hold", "release"))
        if not _is_frames(hold) or hold in (0, (0, 0)):
            mistakes.append(
                f"hold_frames is {show(hold)}; expected the frames for which a step holds its "
                "button, a whole number such as 4, or the fewest and the most, such as (4, 8), up "
                f"to {MAX_FRAMES:,}"
            )
        if not _is_frames(release):
            mistakes.append(
                f"release_frames is {show(release)}; expected the fewest and the most frames "
                f"between two buttons, whole numbers such as (4, 8), or one number, up to "
                f"{MAX_FRAMES:,}"
            )
        if self.settling is not None and not _is_settling(self.settling):
            mistakes.append(
                f"settling is {show(self.settling)}; expected Settling(address, size, frames), "
                f"whole numbers of at least 1, with up to {MAX_FRAMES:,} frames, or None"
            )
        return mistakes


def _is_settling(value: Any) -> bool:
    is_whole = isinstance(value, Settling) and all(type(number) is int for number in value)
    return is_whole and min(value) >= 1 and value.frames <= MAX_FRAMES


def _is_frames(value: Any) -> bool:
    ends = value if isinstance(value, tuple | list) and len(value) == 2 else (value, value)
    is_whole = all(isinstance(end, int) and not isinstance(end, bool) for end in ends)
    return is_whole and 0 <= ends[0] <= ends[1] <= MAX_FRAMES


class CartridgeSimulator:
    """A console that plays one cartridge, see `autodagger.game.contract.Simulator`.

    Args:
        game: The cartridge's game.
        console: With the cartridge in it.
    """

    screen_shape: tuple[int, int, int]
    frames_per_second: float
    has_ended = False  # cartridges play on, whatever they show

    def __init__(self, game: CartridgeGame, console: Console) -> None:
        self._game, self._console = game, console
        self._buttons = {name: split_action(name) for name in game.actions}
        self._settling, self._watched = game.settling, list[int]()

    @property
    def frames_per_step(self) -> float:
        """How many frames a step takes, on average: the middles of its hold and its release."""
        return float(np.mean(self._game.hold_frames) + np.mean(self._game.release_frames))

    def power_on(self, _rng: np.random.Generator | None = None) -> None:
        """From the moment the console is switched on, one frame later: there is a picture."""
        self._console.power_on()
        self._console.run(1)
        self._watched = self._look()

    def load(self, state: bytes) -> None:
        """Continues from a save state, one frame later.

        A state holds no picture: until the next frame the screen is that of the episode before.
        """
        self._console.load_state(state)
        self._console.run(1)
        self._watched = self._look()

    def save(self) -> bytes:
        """The whole console as bytes; equal consoles give equal bytes."""
        return self._console.save_state()

    def act(
        self, action: str, rng: np.random.Generator, on_frame: Callable[[], None] | None = None
    ) -> int:
        """Holds the action's buttons, then releases them, as the game's timing says."""
        held, released = _draw(self._game.hold_frames, rng), _draw(self._game.release_frames, rng)
        if self._settling:
            waited = self._run_watched(held, self._buttons[action], on_frame)
            waited += self._run_watched(released, (), on_frame)
            return held + released + waited
        self._console.run(held, self._buttons[action], on_frame)
        self._console.run(released, (), on_frame)
        return held + released

    def _run_watched(
        self, frames: int, buttons: Collection[str], on_frame: Callable[[], None] | None
    ) -> int:
        """Runs `frames` frames, looks after each, and gives the further ones it took."""
        assert self._settling is not None
        waited = 0
        for _ in range(frames):
            self._console.run(1, buttons, on_frame)
            found = self._look()
            if found != self._watched:
                self._watched = found
                self._console.run(self._settling.frames, (), on_frame)
                waited += self._settling.frames
        return waited

    def _look(self) -> list[int]:
        """The watched place as it is now."""
        if not self._settling:
            return []
        address, size, _ = self._settling
        ram = self._console.ram()
        return [ram.u8(place) for place in range(address, address + size)]

    def screen(self) -> np.ndarray:
        """The picture after the last frame, of `screen_shape`, uint8 RGB, a copy."""
        return self._console.screen()

    def state(self) -> GameState:
        """What the adapter reads from the memory as it is now."""
        return self._game.read_state(self._console.ram())

    def memory(self) -> Snapshot:
        """All that the adapter can read, as it is now."""
        return self._console.memory()

    def close(self) -> None:
        """Frees the process's console."""
        self._console.close()


def split_action(action: str) -> tuple[str, ...]:
    """The buttons of an action: none for "no_op", two for "left+b"."""
    return () if action == NO_OP else tuple(action.split("+"))


def _draw(frames: Frames, rng: np.random.Generator) -> int:
    if isinstance(frames, int):
        return frames
    fewest, most = frames
    return int(rng.integers(fewest, most + 1))
