"""Pictures of what was played: each step beside its game state, and an overview of many."""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from autodagger.authoring.recording import Moment
from autodagger.errors import show

HEIGHT = 480
"""Of a picture with its state, at least; the screen is enlarged by a whole number."""

PANEL_WIDTH = 320
COLUMNS, THUMBNAIL_WIDTH, LABEL_HEIGHT, GAP = 6, 200, 18, 6
MOST_THUMBNAILS = 60

_FONT_SIZE, _LINE = 13, 18
_INK, _CHANGED, _FAINT, _PAPER = (235, 235, 235), (120, 200, 120), (140, 140, 150), (24, 24, 28)
_MOST_LETTERS = 38


class Panel:
    """Draws moments one after another; what has changed since the one before stands out."""

    def __init__(self) -> None:
        self._before: dict[str, str] = {}

    def draw(self, moment: Moment) -> np.ndarray:
        """The screen with the state beside it, (H, W, 3) uint8 with even sides."""
        scale = ceil(HEIGHT / moment.picture.shape[0])
        screen = moment.picture.repeat(scale, axis=0).repeat(scale, axis=1)
        height, width, _ = screen.shape
        picture = Image.new("RGB", (width + PANEL_WIDTH + width % 2, height + height % 2), _PAPER)
        picture.paste(Image.fromarray(screen))
        state = dict(flatten(moment.state))
        state.pop("prev_action", None)  # it stands above
        self._write(ImageDraw.Draw(picture), (width + 10, 8), height, moment, state)
        self._before = state
        return np.asarray(picture)

    def _write(
        self,
        draw: ImageDraw.ImageDraw,
        place: tuple[int, int],
        height: int,
        moment: Moment,
        state: Mapping[str, str],
    ) -> None:
        lines = [(f"step {moment.step}: {moment.action or 'start'}", _INK), ("", _INK)]
        for key, value in state.items():
            is_new = moment.step > 0 and self._before.get(key) != value
            lines.append((f"{key}: {value}"[:_MOST_LETTERS], _CHANGED if is_new else _INK))
        room = (height - 8) // _LINE
        if len(lines) > room:
            left_out = len(lines) - room + 1
            lines[room - 1 :] = [(f"… and {left_out} more", _FAINT)]
        font = ImageFont.load_default(_FONT_SIZE)
        for row, (text, colour) in enumerate(lines):
            draw.text((place[0], place[1] + row * _LINE), text, colour, font)


def flatten(state: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """A state's values by their path, as text: "player.x", "4"; long lists by their length."""
    for key, value in state.items():
        name = f"{path}.{key}".lstrip(".")
        if isinstance(value, Mapping):
            yield from flatten(value, name)
        elif isinstance(value, list | tuple) and len(str(value)) > _MOST_LETTERS:
            yield name, f"[{len(value)} values]"
        else:
            yield name, show(value)


def choose_steps(steps: Sequence[int]) -> list[int]:
    """At most `MOST_THUMBNAILS` of some steps, evenly spaced, the first and last included."""
    count = min(len(steps), MOST_THUMBNAILS)
    return [steps[round(place)] for place in np.linspace(0, len(steps) - 1, count)]


def draw_sheet(pictures: Sequence[tuple[int, np.ndarray]]) -> Image.Image:
    """An overview of screens, each below the number of its step.

    Args:
        pictures: Steps and screens, (H, W, 3) uint8 of one size.
    """
    height, width, _ = pictures[0][1].shape
    cell = (THUMBNAIL_WIDTH, round(height * THUMBNAIL_WIDTH / width))
    columns = min(COLUMNS, len(pictures))
    wide, high = cell[0] + GAP, cell[1] + LABEL_HEIGHT + GAP
    size = columns * wide, ceil(len(pictures) / columns) * high
    sheet = Image.new("RGB", size, _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(_FONT_SIZE)
    for number, (step, picture) in enumerate(pictures):
        x, y = number % columns * wide, number // columns * high
        method = Image.Resampling.LANCZOS if width > cell[0] else Image.Resampling.NEAREST
        draw.text((x + 4, y), f"step {step}", _INK, font)
        sheet.paste(Image.fromarray(picture).resize(cell, method), (x, y + LABEL_HEIGHT))
    return sheet
