"""What a student sees of a screen."""

import numpy as np
import pytest

from autodagger.student.view import View, Watcher


@pytest.mark.parametrize("grayscale", [True, False])
@pytest.mark.parametrize("size", [(160, 240), (80, 120), (40, 60), (72, 96), (84, 84), (1, 1)])
def test_averages_areas(size: tuple[int, int], grayscale: bool) -> None:
    screen = np.zeros((160, 240, 3), np.uint8)
    screen[:, 120:] = (200, 100, 50)
    seen = View(size, grayscale).see(screen)
    assert seen.shape == View(size, grayscale).shape == (*size, 1 if grayscale else 3)
    assert seen.dtype == np.uint8
    right = round(0.299 * 200 + 0.587 * 100 + 0.114 * 50) if grayscale else 200
    if size[1] > 1:
        assert abs(int(seen[0, -1, 0]) - right) <= 1
        assert seen[0, 0, 0] == 0
    assert abs(float(seen[..., 0].mean()) - right / 2) <= 2


def test_keeps_rows_and_columns_apart() -> None:
    screen = np.zeros((160, 240, 3), np.uint8)
    screen[:16, :24] = 255  # the top left corner
    seen = View((10, 10)).see(screen)
    assert seen[0, 0, 0] == 255
    assert int(seen.sum()) == 255


def test_a_watcher_stacks_the_last_screens_the_newest_last() -> None:
    screens = [np.full((20, 30, 3), value, np.uint8) for value in (10, 20, 30, 40)]
    view = View((10, 15), frame_stack=3)
    watcher = Watcher(view)
    seen = [watcher.see(screen) for screen in screens]
    assert {obs.shape for obs in seen} == {view.shape} == {(10, 15, 3)}
    assert [obs[0, 0].tolist() for obs in seen] == [
        [10, 10, 10],
        [10, 10, 20],
        [10, 20, 30],
        [20, 30, 40],
    ]


def test_one_screen_alone_is_seen_as_it_is() -> None:
    screen = np.arange(600, dtype=np.uint16).reshape(10, 20, 3).astype(np.uint8)
    view = View((5, 10), grayscale=False)
    assert np.array_equal(Watcher(view).see(screen), view.see(screen))
