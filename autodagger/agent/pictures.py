"""Pictures of runs: how many are still alive after each milestone, and one run as a strip."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from autodagger.files import write_bytes

_PAPER, _INK, _QUIET, _GRID = (255, 255, 255), (30, 34, 40), (110, 116, 124), (226, 229, 233)
_AGENT, _STUDENTS, _EXPERTS = (52, 105, 190), (222, 126, 36), (52, 150, 84)
_ROW, _LEFT, _BAR, _TOP = 26, 250, 520, 96  # pixels
_WIDTH = _LEFT + _BAR + 80
_COLUMNS, _GAP, _LABEL = 6, 8, 34


def draw_survival(report: Mapping[str, Any], path: Path) -> None:
    """Writes a PNG: a bar a milestone, as long as the share of runs that passed it.

    Args:
        report: See `autodagger.agent.evaluation.evaluate_agent`.
        path: The file.
    """
    rows, runs = report["milestones"], max(1, report["runs"])
    image = Image.new("RGB", (_WIDTH, _TOP + _ROW * len(rows) + 34), _PAPER)
    draw = ImageDraw.Draw(image)
    title = f"Runs that passed each milestone, of {report['runs']} from power-on"
    draw.text((16, 12), title, _INK, _font(19))
    _draw_legend(draw)
    bottom = _TOP + _ROW * len(rows)
    for share in (0, 25, 50, 75, 100):
        x = _LEFT + _BAR * share // 100
        draw.line([(x, _TOP - 6), (x, bottom)], _GRID)
        draw.text((x, bottom + 6), f"{share} %", _QUIET, _font(12), anchor="ma")
    others = {
        _EXPERTS: report["experts"]["milestones"],
        _STUDENTS: report["students"]["milestones"],
    }
    for number, row in enumerate(rows):
        y = _TOP + _ROW * number
        name = _shorten(row["milestone_id"], 13, _LEFT - 20)
        draw.text((_LEFT - 10, y + 12), name, _INK, _font(13), "rm")
        length = round(_BAR * row["passed"] / runs)
        draw.rectangle([_LEFT, y + 4, _LEFT + length, y + 20], _AGENT)
        draw.text((_LEFT + _BAR + 14, y + 12), str(row["passed"]), _INK, _font(13), "lm")
        for colour, other in others.items():
            x = _LEFT + round(_BAR * other[number]["passed"] / runs)
            top = y + (2 if colour == _EXPERTS else 13)
            draw.rectangle([x - 2, top, x + 2, top + 9], colour, _PAPER)
    _write(image, path)


def draw_strip(pictures: Sequence[tuple[str, np.ndarray]], path: Path) -> None:
    """Writes a PNG: screens of a run in rows, each with a line of text below it.

    Args:
        pictures: Text and screen (H, W, 3) uint8 RGB, in order.
        path: The file.
    """
    height, width = pictures[0][1].shape[:2]
    step_x, step_y = width + _GAP, height + _LABEL + _GAP
    rows = -(-len(pictures) // _COLUMNS)
    columns = min(_COLUMNS, len(pictures))
    image = Image.new("RGB", (step_x * columns + _GAP, step_y * rows + _GAP), _PAPER)
    draw = ImageDraw.Draw(image)
    for number, (text, screen) in enumerate(pictures):
        row, column = divmod(number, _COLUMNS)
        x, y = _GAP + step_x * column, _GAP + step_y * row
        image.paste(Image.fromarray(screen), (x, y))
        lines = "\n".join(_shorten(line, 12, width - 2) for line in text.split("\n"))
        draw.multiline_text((x + 2, y + height + 3), lines, _INK, _font(12), spacing=2)
    _write(image, path)


def _draw_legend(draw: ImageDraw.ImageDraw) -> None:
    x = 16
    kinds = (
        (_AGENT, "the agent, from pixels alone"),
        (_STUDENTS, "students, switched by the judge"),
        (_EXPERTS, "experts in one go"),
    )
    for colour, text in kinds:
        draw.rectangle([x, 50, x + 13, 63], colour)
        draw.text((x + 20, 48), text, _QUIET, _font(14))
        x += 44 + round(draw.textlength(text, _font(14)))


def _font(size: int) -> Any:
    return ImageFont.load_default(size)


def _shorten(text: str, size: int, width: int) -> str:
    """As much of a text in a font's size as fits into so many pixels."""
    font, shown = _font(size), text
    while text and font.getlength(shown) > width:
        text = text[:-1]
        shown = f"{text}…"
    return shown


def _write(image: Image.Image, path: Path) -> None:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    write_bytes(path, buffer.getvalue())
