"""Game Boy Advance cartridges: what a step's press is, and the console that takes it."""

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from autodagger.actions import NO_OP
from autodagger.errors import show, suggest
from autodagger.game.contract import Game, GameState
from autodagger.game.emulator import BUTTONS, FRAMES_PER_SECOND, SCREEN_SHAPE, Emulator, Ram

MAX_FRAMES = 3600
"""Of a step's press, and of its release: a minute."""


class GbaGame(Game):
    """A cartridge; its adapter says how to press buttons and read the RAM.

    Attributes:
        hold_frames: Frames for which a step holds its button.
        release_frames: Fewest and most frames of release after it; each step draws from this range
            (both ends included), which is what makes episodes differ.
    """

    hold_frames: ClassVar[int]
    release_frames: ClassVar[tuple[int, int]]

    @abstractmethod
    def read_state(self, ram: Ram) -> GameState:
        """The game state that experts, `done_when` and `fail_when` see.

        By convention: `player` (location, position.x/y, facing, party), `map` (collisions as rows
        of 0 and 1, objects), `game` (in_battle, dialog, ...). The environment adds `prev_action`.
        Collision rows are tuples: an expert cannot alter what the next call sees.
        """

    def list_mistakes(self) -> list[str]:
        """Also buttons that the console does not have, and a step's timing."""
        mistakes = super().list_mistakes() + self._list_unknown_buttons()
        hold, release = (getattr(self, f"{key}_frames", None) for key in ("hold", "release"))
        if not _is_frames(hold) or hold == 0:
            mistakes.append(
                f"hold_frames is {show(hold)}; expected the frames for which a step holds its "
                f"button, a whole number such as 4, up to {MAX_FRAMES:,}"
            )
        if (
            not isinstance(release, tuple | list)
            or len(release) != 2
            or not all(map(_is_frames, release))
            or release[0] > release[1]
        ):
            mistakes.append(
                f"release_frames is {show(release)}; expected the fewest and the most frames "
                f"between two buttons, whole numbers such as (4, 8), up to {MAX_FRAMES:,}"
            )
        return mistakes

    def _list_unknown_buttons(self) -> list[str]:
        known = (NO_OP, *filter(None, BUTTONS))
        actions = getattr(self, "actions", None)
        return [
            f"actions has {name!r}{suggest(name, known)}, which is no button; expected some of "
            f"{', '.join(known)}"
            for name in (actions if isinstance(actions, tuple) else ())
            if isinstance(name, str) and name not in known
        ]

    def open(self, rom: Path) -> "GbaSimulator":
        """Switches a console with this cartridge on; a process has room for one."""
        return GbaSimulator(self, rom)


def _is_frames(value: Any) -> bool:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return is_number and 0 <= value <= MAX_FRAMES


class GbaSimulator:
    """A console that plays one cartridge, see `autodagger.game.contract.Simulator`.

    Attributes:
        emulator: The console itself.
    """

    screen_shape = SCREEN_SHAPE
    frames_per_second = FRAMES_PER_SECOND

    def __init__(self, game: GbaGame, rom: Path) -> None:
        self._game = game
        self.emulator = Emulator(rom)

    @property
    def frames_per_step(self) -> float:
        """How many frames a step takes, on average: its hold and the middle of its release."""
        return self._game.hold_frames + sum(self._game.release_frames) / 2

    def power_on(self) -> None:
        """From the moment the console is switched on, one frame later: there is a picture."""
        self.emulator.power_on()
        self.emulator.run(1)

    def load(self, state: bytes) -> None:
        """Continues from a save state, one frame later.

        A state holds no picture: until the next frame the screen is that of the episode before.
        """
        self.emulator.load_state(state)
        self.emulator.run(1)

    def save(self) -> bytes:
        """The whole console as bytes; equal consoles give equal bytes."""
        return self.emulator.save_state()

    def act(
        self, action: str, rng: np.random.Generator, on_frame: Callable[[], None] | None = None
    ) -> int:
        """Holds the action's button, releases it for a number of frames drawn from `rng`."""
        fewest, most = self._game.release_frames
        released = int(rng.integers(fewest, most + 1))
        self.emulator.run(self._game.hold_frames, () if action == NO_OP else (action,), on_frame)
        self.emulator.run(released, (), on_frame)
        return self._game.hold_frames + released

    def screen(self) -> np.ndarray:
        """The picture after the last frame, (160, 240, 3) uint8 RGB, a copy."""
        return self.emulator.screen()

    def state(self) -> GameState:
        """What the adapter reads from the RAM as it is now."""
        return self._game.read_state(self.emulator.ram())

    def close(self) -> None:
        """Frees the process's emulator."""
        self.emulator.close()
