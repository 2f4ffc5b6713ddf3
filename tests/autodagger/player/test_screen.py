"""What is given to a policy and is no screen: said in words."""

from typing import Any

import numpy as np
import pytest
import torch

from autodagger.errors import UserError
from autodagger.player.screen import check_screen

SCREEN = np.random.default_rng(0).integers(256, size=(6, 9, 3), dtype=np.uint8)
SCREEN[0, :2, 0] = 0, 255


@pytest.mark.parametrize("size", [None, (6, 9)])
@pytest.mark.parametrize("screen", [SCREEN, SCREEN[::-1], np.asfortranarray(SCREEN)])
def test_a_screen_passes(screen: np.ndarray, size: Any) -> None:
    check_screen(screen, size)


@pytest.mark.parametrize(
    ("screen", "found", "advice"),
    [
        (SCREEN.tolist(), "a list;", "np.asarray"),
        (None, "a NoneType;", "np.asarray"),
        (torch.from_numpy(SCREEN), "a torch.Tensor;", "np.asarray"),
        (SCREEN[None], r"shape \(1, 6, 9, 3\), several screens", "one a step"),
        (SCREEN[:, :, 0], r"shape \(6, 9\), without colours", "RGB"),
        (SCREEN.transpose(2, 0, 1), r"shape \(3, 6, 9\), the channels first", r"transpose\(1, 2, "),
        (np.dstack([SCREEN, SCREEN[:, :, :1]]), "with a fourth channel", ":3"),
        (SCREEN[:, :, :2], r"shape \(6, 9, 2\);", "three channels"),
        (SCREEN[:0], r"shape \(0, 9, 3\);", "Look at"),
        (SCREEN / np.float32(255), "values of float32 from 0 to 1;", r"\* 255"),
        (SCREEN.astype(float), "values of float64 from 0 to 255;", r"astype\(np.uint8\)"),
        (SCREEN.astype(np.int64), "values of int64 from 0 to 255;", r"astype\(np.uint8\)"),
        (SCREEN / 127.5 - 1, "values of float64 from -1 to 1;", "Undo"),
        (SCREEN * np.nan, "values of float64 from nan to nan;", "Undo"),
        (SCREEN > 7, "values of bool;", "Look at"),
        (SCREEN.transpose(1, 0, 2), "9 rows and 6 columns, which are swapped", r"transpose\(1, 0,"),
        (SCREEN[:, :8], "6 rows and 8 columns;", "neither cut nor resized"),
        (SCREEN.repeat(2, 0).repeat(2, 1), "12 rows and 18 columns;", "neither cut nor resized"),
    ],
)
def test_what_is_none_is_refused(screen: Any, found: str, advice: str) -> None:
    expected = r"a numpy array \(6, 9, 3\) of uint8, RGB from 0 to 255"
    with pytest.raises(UserError, match=f"^act: found .*{found}.* expected .*{expected}.*{advice}"):
        check_screen(screen, (6, 9))


def test_of_an_unknown_size_any_will_do_but_not_any_shape() -> None:
    check_screen(SCREEN[:, :8], None)
    with pytest.raises(UserError, match=r"array \(height, width, 3\)"):
        check_screen(SCREEN[0], None)
