"""What a view does to a screen, in torch: to the last bit what Pillow does."""

import numpy as np
import pytest
import torch

from autodagger.player.seeing import Seeing
from autodagger.student.view import View

SIZES = [
    ((160, 240), (80, 120)),  # by 2
    ((160, 240), (40, 60)),  # by 4
    ((144, 160), (48, 32)),  # by 3 and 5, which are no whole fractions in binary
    ((160, 240), (160, 240)),
    ((160, 240), (84, 84)),
    ((224, 320), (80, 120)),
    ((155, 18), (77, 6)),  # here Pillow takes the rows first
    ((210, 160), (84, 160)),  # rows alone
    ((20, 45), (40, 50)),  # enlarged
]


@pytest.mark.parametrize(("screen_size", "frame_size"), SIZES)
@pytest.mark.parametrize("grayscale", [True, False])
def test_is_what_the_view_sees(
    screen_size: tuple[int, int], frame_size: tuple[int, int], grayscale: bool
) -> None:
    view = View(frame_size, grayscale)
    seeing = Seeing(view, screen_size)
    rng = np.random.default_rng(1)
    shape = (*screen_size, 3)
    for screen in (
        rng.integers(256, size=shape, dtype=np.uint8),
        rng.choice(np.array([0, 1, 254, 255], np.uint8), shape),
        np.full(shape, 255, np.uint8),
    ):
        found = seeing(torch.from_numpy(screen))
        assert found.dtype is torch.uint8
        np.testing.assert_array_equal(found.numpy(), view.see(screen))


def test_every_colour_has_the_gray_of_pillow() -> None:
    """A part of all 16 million: every level of each channel with every fifth of the others."""
    levels = [np.arange(256), np.arange(0, 256, 5), np.arange(0, 256, 5)]
    for order in ([0, 1, 2], [1, 0, 2], [1, 2, 0]):
        grid = np.stack(np.meshgrid(*(levels[k] for k in order), indexing="ij"), axis=-1)
        screen = grid.astype(np.uint8).reshape(256, -1, 3)
        view = View(screen.shape[:2])
        found = Seeing(view, view.frame_size)(torch.from_numpy(screen)).numpy()
        np.testing.assert_array_equal(found, view.see(screen))
