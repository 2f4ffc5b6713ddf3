"""What a student sees."""

import hashlib
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
    """

    frame_size: tuple[int, int] = (80, 120)
    grayscale: bool = True
    previous_action: bool = False

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an observation."""
        return (*self.frame_size, 1 if self.grayscale else 3)

    def see(self, screen: np.ndarray) -> np.ndarray:
        """The observation of a screen.

        Args:
            screen: (H, W, 3) uint8 RGB.

        Returns:
            Of `shape`, uint8: gray is ITU-R 601 luma, as Pillow's mode "L"; each pixel is the mean
            of the area it covers.
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
        return np.asarray(image, np.uint8).reshape(self.shape)

    @staticmethod
    def digest(obs: np.ndarray) -> bytes:
        """Equal for equal observations alone; SHA-1, for which processors have instructions."""
        return hashlib.sha1(obs.tobytes(), usedforsecurity=False).digest()
