"""Screens, with what was pressed there below them."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_PAPER = (24, 24, 28)
_COLOURS = {"plain": (200, 205, 212), "student": (242, 162, 92), "expert": (95, 207, 141)}
_WIDTH = 256
_EDGE, _LINE, _SIZE = 6, 20, 15


def draw_shot(screen: np.ndarray, lines: Sequence[tuple[str, str]]) -> Image.Image:
    """A screen with lines of text below it.

    Args:
        screen: (H, W, 3) uint8 RGB; a small one is enlarged.
        lines: Text and the name of its colour.
    """
    height, width = screen.shape[:2]
    scale = max(1, -(-_WIDTH // width))
    width, height = width * scale, height * scale
    size = (width, height + (2 * _EDGE + _LINE * len(lines) if lines else 0))
    image = Image.new("RGB", size, _PAPER)
    picture = Image.fromarray(screen).resize((width, height), Image.Resampling.NEAREST)
    image.paste(picture, (0, 0))
    draw = ImageDraw.Draw(image)
    for row, (text, colour) in enumerate(lines):
        place = (_EDGE, height + _EDGE + _LINE * row)
        draw.text(place, text, _COLOURS[colour], ImageFont.load_default(_SIZE))
    return image


def to_png(image: Image.Image) -> bytes:
    """The file's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
