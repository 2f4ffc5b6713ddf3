"""How far a screen is from all that was trained on."""

from collections.abc import Sequence

import numpy as np

from autodagger.diagnosis.evidence import Walk

_SIDE = 2400
"""Pixels that are compared of a screen, at most: neighbours are averaged."""

_SAMPLES = 200
_BLOCK = 512
_LEAST = 2.0
"""Grey levels: what is nearer than this is the same thing, seen a moment later."""


class Neighbours:
    """The screens of a training, for looking up the nearest ones.

    Distances are root mean squares over the pixels, in grey levels (0 to 255).

    Args:
        frames: (F, H, W, C) uint8, distinct screens.
        walks: The training's episodes.

    Attributes:
        usual: What is usual between a screen of the training and the nearest of its other
            episodes: 95 % are below it.
    """

    def __init__(self, frames: np.ndarray, walks: Sequence[Walk]) -> None:
        self._small = _shrink(frames)
        self._first = np.full(len(frames), -1)
        self._last = np.full(len(frames), -1)
        for number, walk in reversed(list(enumerate(walks))):
            self._first[list(walk.frames)] = number
        for number, walk in enumerate(walks):
            self._last[list(walk.frames)] = number
        self._known = np.flatnonzero(self._first >= 0)
        self.usual = self._measure_usual()

    def find(self, frame: int) -> tuple[int, float]:
        """The training's screen that is nearest to one, and its distance."""
        distances = self._measure(frame)
        nearest = int(distances.argmin())
        return int(self._known[nearest]), float(distances[nearest])

    def is_far(self, distance: float) -> bool:
        """Whether it is more than usual."""
        return distance > max(self.usual, _LEAST)

    def _measure(self, frame: int) -> np.ndarray:
        """Distances to all screens of the training, (K,) float."""
        squares = []
        for first in range(0, len(self._known), _BLOCK):
            block = self._small[self._known[first : first + _BLOCK]].astype(np.float32)
            squares.append(np.square(block - self._small[frame].astype(np.float32)).mean(1))
        return np.sqrt(np.concatenate(squares))

    def _measure_usual(self) -> float:
        places = np.linspace(0, len(self._known) - 1, min(_SAMPLES, len(self._known))).astype(int)
        found = []
        for frame in self._known[np.unique(places)]:
            own = self._first[frame]
            alone = (self._first[self._known] == own) & (self._last[self._known] == own)
            if not alone.all():
                found.append(self._measure(frame)[~alone].min())
        return float(np.percentile(found, 95)) if found else 0.0


def _shrink(frames: np.ndarray) -> np.ndarray:
    """(F, P) uint8: means of squares of pixels, at most `_SIDE` of them a channel."""
    count, height, width, channels = frames.shape
    size = int(np.ceil(np.sqrt(height * width / _SIDE)))
    rows, columns = height // size, width // size
    cut = frames[:, : rows * size, : columns * size]
    parts = cut.reshape(count, rows, size, columns, size, channels)
    small = np.empty((count, rows, columns, channels), np.uint8)
    for first in range(0, count, _BLOCK):
        small[first : first + _BLOCK] = parts[first : first + _BLOCK].mean((2, 4))
    return small.reshape(count, -1)
