"""Pictures of what was played, of any size."""

import numpy as np
import pytest

from autodagger.authoring.drawing import (
    HEIGHT,
    MOST_THUMBNAILS,
    PANEL_WIDTH,
    Panel,
    choose_steps,
    draw_sheet,
    flatten,
)
from autodagger.authoring.recording import Moment


@pytest.mark.parametrize("size", [(20, 45), (105, 81), (224, 320), (600, 601)])
def test_the_state_stands_beside_the_screen_and_sides_are_even(size: tuple[int, int]) -> None:
    screen = np.full((*size, 3), 200, np.uint8)
    picture = Panel().draw(Moment(3, "up", screen, {"x": 4}))
    height, width, _ = picture.shape
    scale = -(-HEIGHT // size[0])
    assert height >= HEIGHT and height % 2 == width % 2 == 0
    assert (picture[: size[0] * scale, : size[1] * scale] == 200).all()
    assert (picture[:, -PANEL_WIDTH:] > 200).any()  # letters


def test_what_changed_stands_out() -> None:
    panel, screen = Panel(), np.zeros((480, 2, 3), np.uint8)
    moments = [Moment(step, "up", screen, {"x": x, "y": 0}) for step, x in enumerate((1, 1, 2))]
    green = [
        ((picture[..., 1] > 150) & (picture[..., 0] < 150)).any()
        for picture in map(panel.draw, moments)
    ]
    assert green == [False, False, True]


def test_a_long_state_is_cut_and_said_to_be() -> None:
    state = {f"key{number}": number for number in range(100)}
    picture = Panel().draw(Moment(0, None, np.zeros((480, 2, 3), np.uint8), state))
    assert picture.shape[0] == 480


def test_a_state_is_flattened_and_long_lists_are_counted() -> None:
    state = {"a": {"b": 1, "c": [1, 2]}, "d": [list(range(30))] * 9, "e": None}
    assert dict(flatten(state)) == {"a.b": "1", "a.c": "[1, 2]", "d": "[9 values]", "e": "None"}


def test_an_overview_shows_some_steps_evenly() -> None:
    steps = choose_steps(range(0, 1000, 2))
    assert (steps[0], steps[-1], len(steps)) == (0, 998, MOST_THUMBNAILS)
    assert choose_steps([0, 5]) == [0, 5]
    sheet = draw_sheet([(step, np.full((20, 45, 3), step, np.uint8)) for step in range(8)])
    assert sheet.size[0] > 6 * 200 and sheet.getpixel((100, 50)) == (0, 0, 0)
