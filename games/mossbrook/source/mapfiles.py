"""Read the tiles and maps of ``assets/``, and paint each map cell by cell.

``tiles.txt`` names the pictures of ``tiles.png``; ``maps/*.txt`` hold header lines and a grid of
signs. ``docs/mossbrook.md`` describes the format.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

MAP_IDS = (
    "CART",
    "TOWN",
    "HOUSE_1F",
    "HOUSE_2F",
    "RIVAL_1F",
    "RIVAL_2F",
    "ROUTE_1",
    "LAB",
    "ROUTE_2",
    "TOWN_2",
    "CARE_HOUSE",
    "ROUTE_3",
    "GYM",
)
STEPS = {"down": (0, 1), "up": (0, -1), "left": (-1, 0), "right": (1, 0)}
BEHAVIOURS = {"free": 0, "solid": 1, "grass": 2, "counter": 3, "switch": 4, "door": 5}
FIRST_EXAMINE = 6
N, E, S, W = (0, -1), (1, 0), (0, 1), (-1, 0)

Cell = tuple[int, int]
Pixels = np.ndarray  # (height, width, 4) uint8 RGBA; alpha 0 is transparent


class AssetError(ValueError):
    """A file of ``assets/`` holds something that cannot be turned into C."""


@dataclass(frozen=True)
class Tile:
    """One 16x16 picture of ``tiles.png``; ``block`` pictures are 2x2 of them, chosen by parity."""

    name: str
    behaviour: int
    at: Cell  # column, row in the sheet, in tiles
    base: str | None = None  # tile drawn below
    edges: Cell | None = None  # 12 overlays: N E S W, NE SE SW NW, and the four inner corners
    block: bool = False
    tileset: str = ""


@dataclass(frozen=True)
class Object:
    """A picture of several tiles with one behaviour a tile (None keeps the ground's)."""

    at: Cell
    behaviours: list[list[int | None]]


@dataclass
class TileSet:
    """What ``tiles.txt`` says."""

    sheet: Pixels
    tiles: dict[str, Tile] = field(default_factory=dict)
    chars: dict[str, str] = field(default_factory=dict)  # map character -> tile name
    objects: dict[str, Object] = field(default_factory=dict)
    examines: list[str] = field(default_factory=list)
    tileset: str = ""  # of the lines being read

    def behaviour(self, word: str) -> int:
        """The number of a behaviour word such as ``solid`` or ``examine:CLOCK``."""
        if word.startswith("examine:"):
            return FIRST_EXAMINE + self.examines.index(word.removeprefix("examine:"))
        return BEHAVIOURS[word]

    def cut(self, at: Cell) -> Pixels:
        """The 16x16 picture at (column, row) of the sheet."""
        x, y = at[0] * 16, at[1] * 16
        return self.sheet[y : y + 16, x : x + 16]

    def ground(self, name: str, x: int = 0, y: int = 0) -> Pixels:
        """The picture of a tile over its base, as it looks at map cell (x, y)."""
        tile = self.tiles[name]
        at = (tile.at[0] + x % 2, tile.at[1] + y % 2) if tile.block else tile.at
        below = self.ground(tile.base, x, y) if tile.base else np.zeros((16, 16, 4), np.uint8)
        return over(below, self.cut(at))


@dataclass(frozen=True)
class Warp:
    """A named way in and out of a map, one or more cells wide."""

    name: str
    cells: list[Cell]
    out: str  # the direction in which those who arrive here step out of it
    to: str  # "MAP.warp"
    edge: bool


@dataclass
class GameMap:
    """One map file: the tile names by cell and everything that stands on them."""

    id: str
    title: str
    tileset: str
    border: str
    grid: list[list[str]]  # tile names, [y][x]
    places: list[tuple[str, Cell]]
    warps: list[Warp]
    npcs: list[tuple[str, Cell, str, str, str]]  # sprite, cell, facing, movement, script
    examines: list[tuple[str, Cell]]

    @property
    def width(self) -> int:
        return len(self.grid[0])

    @property
    def height(self) -> int:
        return len(self.grid)


def over(below: Pixels, above: Pixels) -> Pixels:
    """``above`` laid over ``below``; alpha is all or nothing."""
    return np.where(above[..., 3:] > 127, above, below)


def read_png(path: Path) -> Pixels:
    """The picture as (height, width, 4) uint8 RGBA."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA"))


def parse_cell(text: str) -> Cell:
    """``"3,4"`` as (3, 4)."""
    x, y = text.split(",")
    return int(x), int(y)


def parse_cells(text: str) -> list[Cell]:
    """``"8-9,0"`` as [(8, 0), (9, 0)]; either number may be a range."""
    xs, ys = ([int(n) for n in part.split("-")] for part in text.split(","))
    return [(x, y) for y in range(ys[0], ys[-1] + 1) for x in range(xs[0], xs[-1] + 1)]


def read_tiles(assets_dir: Path) -> TileSet:
    """Read ``tiles.txt`` and its sheet."""
    tiles = TileSet(read_png(assets_dir / "tiles.png"))
    for line in (assets_dir / "tiles.txt").read_text().splitlines():
        words = line.split()
        if not words or line.startswith("# "):
            continue
        kind, *rest = words
        if kind == "examine":
            tiles.examines += rest
        elif kind == "tileset":
            (tiles.tileset,) = rest
        elif kind == "object":
            tiles.objects[rest[0]] = parse_object(tiles, rest)
        elif kind in ("tile", "block"):
            parse_tile(tiles, rest, block=kind == "block")
        else:
            raise AssetError(f"tiles.txt: a line starts with {kind!r}, not tile, block, object ...")
    return tiles


def parse_tile(tiles: TileSet, words: Sequence[str], *, block: bool) -> None:
    """``NAME CHAR BEHAVIOUR COL,ROW [base=NAME] [edges=COL,ROW]``."""
    name, char, behaviour, at, *options = words
    named = dict(option.split("=") for option in options)
    edges = parse_cell(named["edges"]) if "edges" in named else None
    number = tiles.behaviour(behaviour)
    base, corner = named.get("base"), parse_cell(at)
    tiles.tiles[name] = Tile(name, number, corner, base, edges, block, tiles.tileset)
    if char != "none":
        if char in tiles.chars:
            raise AssetError(f"tiles.txt: {name} and {tiles.chars[char]} share the map sign {char}")
        tiles.chars[char] = name


def parse_object(tiles: TileSet, words: Sequence[str]) -> Object:
    """``NAME COL,ROW ROW/ROW/... [C=behaviour]``: ``#`` solid, ``.`` the ground's, ``C`` named."""
    _, at, rows, *options = words
    signs: dict[str, int | None] = {"#": BEHAVIOURS["solid"], ".": None}
    signs |= {option[0]: tiles.behaviour(option[2:]) for option in options}
    return Object(parse_cell(at), [[signs[sign] for sign in row] for row in rows.split("/")])


def read_map(assets_dir: Path, map_id: str, tiles: TileSet) -> GameMap:
    """Read ``maps/{map_id}.txt``: header lines, then ``grid`` and the rows of signs."""
    path = assets_dir / "maps" / f"{map_id.lower()}.txt"
    head, _, body = path.read_text().partition("grid\n")
    rows = body.splitlines()
    if any(len(row) != len(rows[0]) for row in rows):
        raise AssetError(f"{path.name}: rows of {sorted({len(row) for row in rows})} signs")
    unknown = sorted(set("".join(rows)) - set(tiles.chars))
    if unknown:
        raise AssetError(f"{path.name}: signs {unknown} are not in tiles.txt")
    grid = [[tiles.chars[sign] for sign in row] for row in rows]
    game_map = GameMap(map_id, map_id, "indoor", "VOID", grid, [], [], [], [])
    for line in head.splitlines():
        parse_header(game_map, line.split(), path.name)
    return game_map


def parse_header(game_map: GameMap, words: list[str], file: str) -> None:
    """One header line of a map file."""
    match words:
        case [] | ["#", *_]:
            pass
        case ["name", *title]:
            game_map.title = " ".join(title)
        case ["tileset", tileset]:
            game_map.tileset = tileset
        case ["border", tile]:
            game_map.border = tile
        case ["place", name, at]:
            game_map.places.append((name, parse_cell(at)))
        case ["npc", sprite, at, facing, movement, script]:
            game_map.npcs.append((sprite, parse_cell(at), facing, movement, script))
        case ["examine", name, at]:
            game_map.examines.append((name, parse_cell(at)))
        case ["door" | "edge" as kind, name, cells, out, "to", to]:
            game_map.warps.append(Warp(name, parse_cells(cells), out, to, kind == "edge"))
        case _:
            raise AssetError(f"{file}: cannot read the header line {' '.join(words)!r}")


def read_maps(assets_dir: Path, tiles: TileSet) -> dict[str, GameMap]:
    """All maps by id, in the order of ``MAP_IDS``."""
    return {map_id: read_map(assets_dir, map_id, tiles) for map_id in MAP_IDS}


def behaviours_of(game_map: GameMap, tiles: TileSet) -> list[list[int]]:
    """The behaviour number of each cell, [y][x]; a warp's cells are free."""
    cells = [[tiles.tiles[name].behaviour for name in row] for row in game_map.grid]
    for name, (left, top) in game_map.places:
        for dy, row in enumerate(tiles.objects[name].behaviours):
            for dx, behaviour in enumerate(row):
                if behaviour is not None:
                    cells[top + dy][left + dx] = behaviour
    for name, (x, y) in game_map.examines:
        cells[y][x] = tiles.behaviour(f"examine:{name}")
    for x, y in (cell for warp in game_map.warps for cell in warp.cells):
        cells[y][x] = BEHAVIOURS["free"]
    return cells


def edge_overlays(game_map: GameMap, tiles: TileSet, x: int, y: int, edges: Cell) -> list[Cell]:
    """The sheet cells of the edges that a tile shows towards tiles of other kinds."""

    def kind(name: str) -> str:
        base = tiles.tiles[name].base
        return base if base and tiles.tiles[base].edges else name

    def other(*steps: Cell) -> bool:
        cx, cy = x + sum(s[0] for s in steps), y + sum(s[1] for s in steps)
        inside = 0 <= cx < game_map.width and 0 <= cy < game_map.height
        return inside and kind(game_map.grid[cy][cx]) != kind(game_map.grid[y][x])

    shown = [i for i, side in enumerate((N, E, S, W)) if other(side)]
    corners = ((N, E), (S, E), (S, W), (N, W))
    for i, (a, b) in enumerate(corners):
        if other(a) and other(b):
            shown.append(4 + i)
        elif not other(a) and not other(b) and other(a, b):
            shown.append(8 + i)
    return [(edges[0] + i, edges[1]) for i in shown]


def paint_ground(game_map: GameMap, tiles: TileSet, x: int, y: int, name: str) -> Pixels:
    """The picture of the tile ``name`` at (x, y), with its edges and those of what is below it."""
    tile = tiles.tiles[name]
    if tile.base and tiles.tiles[tile.base].edges:
        return over(paint_ground(game_map, tiles, x, y, tile.base), tiles.cut(tile.at))
    picture = tiles.ground(name, x, y)
    for at in edge_overlays(game_map, tiles, x, y, tile.edges) if tile.edges else ():
        picture = over(picture, tiles.cut(at))
    return picture


def paint(game_map: GameMap, tiles: TileSet) -> list[list[Pixels]]:
    """The 16x16 picture of each cell, [y][x]: ground, its edges, then the objects over it."""
    cells = [
        [paint_ground(game_map, tiles, x, y, name) for x, name in enumerate(row)]
        for y, row in enumerate(game_map.grid)
    ]
    for name, (left, top) in game_map.places:
        thing = tiles.objects[name]
        for dy, signs in enumerate(thing.behaviours):
            for dx in range(len(signs)):
                picture = tiles.cut((thing.at[0] + dx, thing.at[1] + dy))
                cells[top + dy][left + dx] = over(cells[top + dy][left + dx], picture)
    return cells


def resolve(game_map: GameMap, warp: Warp, maps: dict[str, GameMap]) -> list[tuple[Cell, Cell]]:
    """(cell, arrival) for each cell of a warp; who arrives stands one step out of its other end."""
    to_map, _, to_name = warp.to.partition(".")
    there = next((w for w in maps[to_map].warps if w.name == to_name), None)
    if there is None or there.to != f"{game_map.id}.{warp.name}":
        raise AssetError(f"{game_map.id}.{warp.name} leads to {warp.to}, which does not lead back")
    dx, dy = STEPS[there.out]
    last = len(there.cells) - 1
    ends = [there.cells[min(i, last)] for i in range(len(warp.cells))]
    return [(cell, (x + dx, y + dy)) for cell, (x, y) in zip(warp.cells, ends, strict=True)]
