"""The toy's pictures: what its maps are made of, its people and its letters. All are its own."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from games.mossbrook.source import assets

ARROW = 0xEF
LETTERS = {
    " ": 0x00, "!": 0xAB, "?": 0xAC, ".": 0xAD, "-": 0xAE, "'": 0xB4, ",": 0xB8, "/": 0xBA,
    ":": 0xF0, ">": ARROW,
    **{chr(ord("0") + i): 0xA1 + i for i in range(10)},
    **{chr(ord("A") + i): 0xBB + i for i in range(26)},
    **{chr(ord("a") + i): 0xD5 + i for i in range(26)},
}  # fmt: skip
"""Emerald's codes of the letters that the texts need."""

Picture = Callable[[int, int], int]
"""The colour, 0 to 15, of pixel (x, y) of 16 by 16."""


def _speckle(ground: int, spot: int, every: int) -> Picture:
    return lambda x, y: spot if (x * 7 + y * 13 + x * y) % every == 0 else ground


def _framed(inside: Picture, edge: int, width: int = 1) -> Picture:
    def draw(x: int, y: int) -> int:
        is_edge = min(x, y) < width or max(x, y) > 15 - width
        return edge if is_edge else inside(x, y)

    return draw


def _bricks(brick: int, gap: int) -> Picture:
    return lambda x, y: gap if y % 4 == 3 or (x + y // 4 % 2 * 4) % 8 == 7 else brick


def _blades(x: int, y: int) -> int:
    return 3 if (x % 4 == y % 4) or (x % 4 == 3 - y % 4) else 1


def _tree(x: int, y: int) -> int:
    distance = (x - 8) ** 2 + (y - 7) ** 2
    return 3 if distance < 48 else 8 if y > 12 and 6 <= x <= 9 else 1


def _clock(x: int, y: int) -> int:
    distance = (x - 8) ** 2 + (y - 8) ** 2
    hand = (x == 8 and 4 < y < 9) or (y == 8 and 8 <= x < 12)
    return 12 if hand and distance < 30 else 7 if distance < 30 else 12 if distance < 42 else 9


def _arrow(ground: int, mark: int, down: bool) -> Picture:
    def draw(x: int, y: int) -> int:
        along, across = (y, abs(2 * x - 15)) if down else (x, abs(2 * y - 15))
        return mark if along >= 4 and across <= 2 * (14 - along) else ground

    return draw


# Colours of both tilesets: 1, 2 grass, 3 leaves, 4, 5 water, 6 path, 7 white, 8 wood, 9 wall,
# 10 roof, 11 floor, 12 dark, 13 red, 14 stone, 15 yellow.
COLOURS = """
    000000 78c850 68b848 307830 5890e0 78b0f0 d8c890 f8f8f8
    805028 c8b8a8 b84840 e8d8b0 303038 e05050 909098 f0d048
"""
SPRITE_COLOURS = """
    000000 f8c8a0 202028 603018 d03838 3048a0 38a048 e8e8f0
    a06830 d8a048 000000 000000 000000 000000 000000 000000
"""
TEXT_COLOURS = "000000 f8f8f8 303030 6080c0" + 12 * " 000000"


@dataclass(frozen=True)
class Kind:
    """What a letter of a map stands for."""

    picture: Picture
    behaviour: int = 0
    is_blocked: bool = False


OUTSIDE = {
    ".": Kind(_speckle(1, 2, 11)),
    ",": Kind(_speckle(6, 11, 9)),
    "~": Kind(_blades, 0x02),
    "T": Kind(_tree, 0, True),
    "w": Kind(lambda x, y: 5 if (y + x // 4) % 6 == 0 else 4, 0x10, True),
    "R": Kind(_bricks(10, 12), 0, True),
    "H": Kind(_bricks(9, 14), 0, True),
    "D": Kind(_framed(lambda x, y: 15 if (x, y) == (11, 8) else 8, 12, 2), 0x69, True),
    "v": Kind(lambda x, y: 8 if y > 11 else 6 if y > 8 else 1, 0x3B, True),
    "s": Kind(lambda x, y: 8 if (2 < x < 13 and 3 < y < 11) or 7 <= x <= 8 < y else 1, 0, True),
}
INSIDE = {
    "_": Kind(_framed(lambda x, y: 11, 6)),
    "#": Kind(_bricks(14, 12), 0, True),
    "=": Kind(_speckle(9, 6, 17), 0, True),
    "S": Kind(lambda x, y: 12 if y % 4 == 0 else 14, 0x60),
    "E": Kind(_arrow(13, 15, True), 0x65),
    ">": Kind(_arrow(11, 15, False), 0x62),
    "C": Kind(_clock, 0, True),
    "t": Kind(_framed(lambda x, y: 8, 12), 0, True),
    "b": Kind(_framed(lambda x, y: 6 if x in (7, 8) else 15, 12), 0, True),
}


# Rows of a figure from the front; o skin, e eye, h hair, c clothes, l legs.
FIGURE = """
................
.....hhhhhh.....
....hhhhhhhh....
....hhhhhhhh....
....hooooooh....
....hoeooeoh....
....hooooooh....
.....oooooo.....
....cccccccc....
...occcccccco...
...occcccccco...
....cccccccc....
....cccccccc....
.....ll..ll.....
.....ll..ll.....
.....ll..ll.....
"""
CLOTHES = {"player": (3, 4, 5), "woman": (8, 6, 7), "boy": (2, 9, 8)}  # hair, clothes, legs


def pack_tiles(pixels: Callable[[int, int], int]) -> list[int]:
    """A picture of 16 by 16 as four tiles, a row of 8 pixels in each number."""
    return [
        sum(pixels(left + x, top + y) << 4 * x for x in range(8))
        for top in (0, 8)
        for left in (0, 8)
        for y in range(8)
    ]


def _draw_figure(facing: int, clothes: tuple[int, int, int]) -> list[int]:
    rows = FIGURE.split()
    if facing == 1:  # north: the back of the head
        rows = [row.replace("e", "h").replace("hooo", "hhhh") if y < 7 else row
                for y, row in enumerate(rows)]  # fmt: skip
    elif facing > 1:  # west, east: one eye, and hair behind
        rows[4:7] = ["....oooohhhh....", "....oeoohhhh....", "....oooohhhh...."]
        rows[13:16] = ["......lll......."] * 3
    colours = dict(zip(".oehcl", (0, 1, 2, *clothes), strict=True))
    return pack_tiles(lambda x, y: colours[rows[y][15 - x if facing == 3 else x]])


def _draw_bag(x: int, y: int) -> int:
    if 3 <= y <= 5 and 6 <= x <= 9:
        return 2 if y == 3 or x in (6, 9) else 0
    return 0 if not (2 <= x <= 13 and 6 <= y <= 14) else 9 if y in (9, 10) else 8


def draw_sprites() -> list[int]:
    """Each figure facing south, north, west and east: rows of 8 pixels."""
    people = [
        row
        for clothes in CLOTHES.values()
        for facing in range(4)
        for row in _draw_figure(facing, clothes)
    ]
    return people + pack_tiles(_draw_bag) * 4


def draw_letters() -> list[int]:
    """A tile for each of Emerald's codes, in the shapes of Mossbrook's font: rows of 8 pixels."""
    font = (Path(assets.__file__).parent / "assets" / "font.txt").read_text(encoding="utf-8")
    tiles = [[0x11111111] * 8 for _ in range(256)]
    for glyph in font.split("glyph ")[1:]:
        sign, *rows = glyph.splitlines()
        if sign in LETTERS:
            tiles[LETTERS[sign]] = [
                sum((2 if mark == "#" else 1) << 4 * x for x, mark in enumerate(row))
                for row in (rows + ["." * 8] * 8)[:8]
            ]
    return [row for tile in tiles for row in tile]


def pack_colours(colours: str) -> list[int]:
    """RRGGBB as the console has it: 5 bits each, red lowest."""
    channels = [[int(name[i : i + 2], 16) >> 3 for i in (0, 2, 4)] for name in colours.split()]
    return [red | green << 5 | blue << 10 for red, green, blue in channels]
