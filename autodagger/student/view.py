"""What a student sees."""

import hashlib
from collections import deque
from dataclasses import dataclass

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class View:
    """How a screen becomes a student's observation.

    Attributes:
        frame_size: Height and width of an observation in pixels.
        grayscale: One channel instead of three.
        previous_action: Whether the student sees its previous action beside the frame.
        frame_stack: Screens, of as many steps, that an observation shows, the newest one last: one
            alone shows no movement.
    """

    frame_size: tuple[int, int] = (80, 120)
    grayscale: bool = True
    previous_action: bool = False
    frame_stack: int = 1

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an observation."""
        return (*self.frame_size, (1 if self.grayscale else 3) * self.frame_stack)

    def see(self, screen: np.ndarray) -> np.ndarray:
        """One screen as it is in an observation; `Watcher` puts those of several steps together.

        Args:
            screen: (H, W, 3) uint8 RGB, of any size.

        Returns:
            (height, width, 1 or 3) uint8: gray is ITU-R 601 luma, as Pillow's mode "L"; each pixel
            is the mean of the area it covers.
        """
        height, width = self.frame_size
        image = Image.fromarray(screen)
        if self.grayscale:
            image = image.convert("L")
        if image.size != (width, height):
            rows, row_rest = divmod(screen.shape[0], height)
            columns, column_rest = divmod(screen.shape[1], width)
            if row_rest == column_rest == 0:
                image = image.reduce((columns, rows))
            else:
                image = image.resize((width, height), Image.Resampling.BOX)
        return np.asarray(image, np.uint8).reshape(height, width, -1)

    @staticmethod
    def digest(obs: np.ndarray) -> bytes:
        """Equal for equal observations alone; SHA-1, for which processors have instructions."""
        return hashlib.sha1(obs.tobytes(), usedforsecurity=False).digest()


class Watcher:
    """Looks at the screens of one episode, one after another.

    Args:
        view: What is seen of them.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._seen: deque[np.ndarray] = deque(maxlen=view.frame_stack)

    def see(self, screen: np.ndarray) -> np.ndarray:
        """The observation, of the view's `shape`, uint8, once `screen` (H, W, 3) uint8 is there.

        Where the episode is younger than the stack, its first screen stands for those before.
        """
        now = self._view.see(screen)
        if self._view.frame_stack == 1:
            return now
        while len(self._seen) < self._view.frame_stack - 1:
            self._seen.append(now)
        self._seen.append(now)
        return np.concatenate(self._seen, axis=2)
