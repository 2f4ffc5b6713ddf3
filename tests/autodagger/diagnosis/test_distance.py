"""The nearest screen, and what is usual."""

import numpy as np

from autodagger.diagnosis.distance import Neighbours
from tests.autodagger.diagnosis.test_lookalikes import walk


def make_frames(*levels: int) -> np.ndarray:
    return np.stack([np.full((40, 60, 1), level, np.uint8) for level in levels])


def test_the_nearest_one_and_its_distance() -> None:
    neighbours = Neighbours(make_frames(0, 10, 50, 57, 250), [walk([0, 1], [0, 0])])
    assert neighbours.find(3) == (1, 47.0)
    assert neighbours.find(1) == (1, 0.0)


def test_usual_is_between_episodes_not_within_one() -> None:
    """Each episode's own screens differ by one grey level, those of the other by ten."""
    frames = make_frames(*range(0, 5), *range(14, 19))
    neighbours = Neighbours(frames, [walk(range(5), [0] * 5), walk(range(5, 10), [0] * 5)])
    assert 10 <= neighbours.usual <= 14
    assert not neighbours.is_far(10)
    assert neighbours.is_far(40)


def test_large_screens_are_made_small() -> None:
    frames = np.zeros((3, 300, 400, 3), np.uint8)
    frames[1] = 20
    neighbours = Neighbours(frames, [walk([0], [0])])
    assert neighbours.find(1) == (0, 20.0)
