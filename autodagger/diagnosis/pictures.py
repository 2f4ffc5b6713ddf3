"""Screens side by side, with what was pressed there below them."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_PAPER = (24, 24, 28)
_COLOURS = {"plain": (200, 205, 212), "student": (242, 162, 92), "expert": (95, 207, 141)}
_WIDTH = 256
_GAP, _LINE, _SIZE = 8, 20, 15


def draw_shots(screens: Sequence[np.ndarray], lines: Sequence[Sequence[tuple[str, str]]]) -> bytes:
    """A PNG of screens in a row.

    Args:
        screens: Each (H, W, 3) uint8 RGB, all of one size; small ones are enlarged.
        lines: For each: text and the name of its colour.
    """
    height, width = screens[0].shape[:2]
    scale = max(1, -(-_WIDTH // width))
    width, height = width * scale, height * scale
    rows = max(map(len, lines), default=0)
    size = (_GAP + (width + _GAP) * len(screens), height + 2 * _GAP + _LINE * rows)
    image = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(image)
    for number, (screen, texts) in enumerate(zip(screens, lines, strict=True)):
        left = _GAP + (width + _GAP) * number
        picture = Image.fromarray(screen).resize((width, height), Image.Resampling.NEAREST)
        image.paste(picture, (left, _GAP))
        for row, (text, colour) in enumerate(texts):
            place = (left, height + _GAP + 2 + _LINE * row)
            draw.text(place, text, _COLOURS[colour], ImageFont.load_default(_SIZE))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
