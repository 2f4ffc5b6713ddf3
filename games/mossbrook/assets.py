"""Turn the pictures and map files of ``assets/`` into C: ``assets.h`` and ``assets.c``.

Everything that a person edits is a PNG or a text file: ``tiles.png`` with its index ``tiles.txt``,
``maps/*.txt``, ``sprites.png``, ``creatures.png``, ``ui.png`` with ``ui.txt``, ``font.txt``,
``screen_*.png``. ``docs/mossbrook.md`` describes the map format.
The same files always give the same bytes.
"""

from collections.abc import Iterable, Sequence
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
SPRITES = (
    "PLAYER",
    "MOM",
    "RIVAL",
    "VILLAGER",
    "PROFESSOR",
    "KEEPER",
    "WALKER",
    "TRAINER",
    "LEADER",
)
CREATURES = (
    "MOSSNAIL",
    "LANTICK",
    "RILLET",
    "BURROLE",
    "PUFFSEED",
    "CAIRNLING",
    "BRAMBOAR",
)
SCREENS = ("logo", "title", "intro", "battle")
FACINGS = ("down", "up", "left", "right")
MOVEMENTS = ("still", "wander", "pace_x", "pace_y")
STEPS = {"down": (0, 1), "up": (0, -1), "left": (-1, 0), "right": (1, 0)}
BEHAVIOURS = {"free": 0, "solid": 1, "grass": 2, "counter": 3, "switch": 4, "door": 5}
FIRST_EXAMINE = 6
INK, PAPER, SHADOW = (52, 44, 60), (252, 246, 226), (206, 190, 164)
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


def edge_overlays(
    game_map: GameMap, tiles: TileSet, x: int, y: int, edges: Cell
) -> list[Cell]:
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


def paint(game_map: GameMap, tiles: TileSet) -> list[list[Pixels]]:
    """The 16x16 picture of each cell, [y][x]: ground, its edges, then the objects over it."""
    cells = []
    for y, row in enumerate(game_map.grid):
        cells.append([tiles.ground(name, x, y) for x, name in enumerate(row)])
        for x, name in enumerate(row):
            edges = tiles.tiles[name].edges
            for at in edge_overlays(game_map, tiles, x, y, edges) if edges else ():
                cells[y][x] = over(cells[y][x], tiles.cut(at))
    for name, (left, top) in game_map.places:
        thing = tiles.objects[name]
        for dy, signs in enumerate(thing.behaviours):
            for dx in range(len(signs)):
                picture = tiles.cut((thing.at[0] + dx, thing.at[1] + dy))
                cells[top + dy][left + dx] = over(cells[top + dy][left + dx], picture)
    return cells


def resolve(game_map: GameMap, warp: Warp, maps: dict[str, GameMap]) -> list[tuple[Cell, Cell]]:
    """(cell, arrival cell) for each cell of a warp; arrivals stand one step out of the other end."""
    to_map, _, to_name = warp.to.partition(".")
    there = next((w for w in maps[to_map].warps if w.name == to_name), None)
    if there is None or there.to != f"{game_map.id}.{warp.name}":
        raise AssetError(f"{game_map.id}.{warp.name} leads to {warp.to}, which does not lead back")
    dx, dy = STEPS[there.out]
    last = len(there.cells) - 1
    ends = [there.cells[min(i, last)] for i in range(len(warp.cells))]
    return [(cell, (x + dx, y + dy)) for cell, (x, y) in zip(warp.cells, ends, strict=True)]


class Palette:
    """Up to 256 colours of 15 bits, numbered in the order in which they are first seen."""

    def __init__(self, first: Iterable[tuple[int, int, int]] = ()) -> None:
        self.colours: list[int] = [0]
        self.numbers: dict[int, int] = {}
        for red, green, blue in first:
            self.add(red >> 3 | green >> 3 << 5 | blue >> 3 << 10)

    def add(self, colour: int) -> int:
        """The number of a 15-bit colour; 0 is kept for transparent pixels."""
        if colour not in self.numbers:
            self.numbers[colour] = len(self.colours)
            self.colours.append(colour)
            if len(self.colours) > 256:
                raise AssetError("more than 255 colours in one palette: use fewer")
        return self.numbers[colour]

    def indices(self, pixels: Pixels) -> np.ndarray:
        """(height, width) uint8 colour numbers of a picture."""
        rgb = pixels[..., :3].astype(np.uint16) >> 3
        colours = rgb[..., 0] | rgb[..., 1] << 5 | rgb[..., 2] << 10
        seen, inverse = np.unique(colours[pixels[..., 3] > 127], return_inverse=True)
        numbers = np.array([self.add(int(colour)) for colour in seen], np.uint8)
        result = np.zeros(pixels.shape[:2], np.uint8)
        if len(seen):
            result[pixels[..., 3] > 127] = numbers[inverse]
        return result


class TileBank:
    """8x8 tiles, each kept once; a reference may flip the tile that it names."""

    def __init__(self) -> None:
        self.tiles: list[bytes] = []
        self.known: dict[bytes, int] = {}

    def add(self, tile: np.ndarray) -> int:
        """The reference (index, 0x400 horizontal and 0x800 vertical flip) of an (8, 8) tile."""
        data = tile.tobytes()
        if data not in self.known:
            index = len(self.tiles)
            self.tiles.append(data)
            for flip, view in (
                (0x0C00, tile[::-1, ::-1]),
                (0x0800, tile[::-1]),
                (0x0400, tile[:, ::-1]),
                (0, tile),
            ):
                self.known[view.tobytes()] = index | flip
        return self.known[data]

    def add_picture(self, indices: np.ndarray) -> list[int]:
        """References of all tiles of a picture, row by row."""
        return [self.add(tile) for tile in split_tiles(indices)]

    @property
    def data(self) -> bytes:
        return b"".join(self.tiles)


def split_tiles(indices: np.ndarray) -> list[np.ndarray]:
    """The (8, 8) tiles of a picture, row by row."""
    height, width = indices.shape
    return [
        np.ascontiguousarray(indices[y : y + 8, x : x + 8])
        for y in range(0, height, 8)
        for x in range(0, width, 8)
    ]


def read_font(assets_dir: Path) -> Pixels:
    """The 95 glyphs of ``font.txt``, (8, 760, 4): each is a ``char`` line, then up to 8 rows."""
    glyphs = (assets_dir / "font.txt").read_text().split("glyph ")[1:]
    picture = np.zeros((8, 8 * 95, 4), np.uint8)
    picture[...] = (*PAPER, 255)
    for i, glyph in enumerate(glyphs):
        sign, *rows = glyph.splitlines()
        if sign != chr(32 + i) and not (i == 0 and sign == "space"):
            raise AssetError(f"font.txt: glyph {i} is {sign!r}, not {chr(32 + i)!r}")
        for y, row in enumerate(rows):
            for x in (x for x, mark in enumerate(row) if mark == "#"):
                picture[y, i * 8 + x] = (*INK, 255)
    return picture


@dataclass
class Writer:
    """The two C files as they grow."""

    header: list[str] = field(default_factory=list)
    source: list[str] = field(default_factory=list)

    def enum(self, name: str, members: Sequence[str], first: int = 0) -> None:
        """An enum with one member a line."""
        lines = [f"  {member} = {first + i}," for i, member in enumerate(members)]
        self.header += [f"enum {name} {{", *lines, "};"]

    def array(self, kind: str, name: str, values: Iterable[int], shape: str = "") -> None:
        """A constant array, declared in the header and defined in the source."""
        numbers = [str(value) for value in values]
        size = shape or f"[{len(numbers)}]"
        self.header.append(f"extern const {kind} {name}{size};")
        lines = [",".join(numbers[i : i + 24]) + "," for i in range(0, len(numbers), 24)]
        self.source += [f"const {kind} {name}{size} __attribute__((aligned(4))) = {{", *lines, "};"]


STRUCTS = """
/* Every warp fires when the player has walked onto (x, y). kind: 0 door or stairs, 1 map edge. */
typedef struct { unsigned char x, y, to_map, to_x, to_y, kind, facing; } Warp;
/* movement: 0 still, 1 wander within 2 tiles, 2 to and fro in x, 3 in y. script: enum ScriptId. */
typedef struct { unsigned char x, y, sprite, facing, movement, script; } Npc;
typedef struct {
  const char *name;
  unsigned char width, height;
  const unsigned short *metatiles;
  const unsigned char *behaviour;
  const unsigned char *tiles; /* what the metatiles of this map refer to: 64 bytes each */
  unsigned short n_tiles;
  const Warp *warps;
  unsigned char n_warps;
  const Npc *npcs;
  unsigned char n_npcs;
  unsigned short border_metatile;
} Map;
"""


class Generator:
    """Collects palettes, tiles and maps, and writes them as C."""

    def __init__(self, assets_dir: Path) -> None:
        self.dir = assets_dir
        self.tiles = read_tiles(assets_dir)
        self.maps = read_maps(assets_dir, self.tiles)
        self.bg, self.obj = Palette((INK, PAPER, SHADOW)), Palette()
        self.banks: dict[str, TileBank] = {}  # by tileset
        self.metatiles: dict[tuple[str, tuple[int, ...]], int] = {}
        self.out = Writer()

    def metatile(self, tileset: str, pixels: Pixels) -> int:
        """The number of a 16x16 picture, new or already known."""
        bank = self.banks.setdefault(tileset, TileBank())
        bank.add(np.zeros((8, 8), np.uint8))  # tile 0 of each tileset is the empty one
        refs = tuple(bank.add_picture(self.bg.indices(pixels)))
        return self.metatiles.setdefault((tileset, refs), len(self.metatiles))

    def run(self) -> Writer:
        """Write everything; the header's enums first."""
        self.enums()
        self.maps_and_tiles()
        self.screens()
        self.text_tiles()
        self.sprites()
        for name, palette in (("bg_palette", self.bg), ("obj_palette", self.obj)):
            colours = palette.colours + [0] * (256 - len(palette.colours))
            self.out.array("unsigned short", name, colours)
        return self.out

    def enums(self) -> None:
        out = self.out
        out.enum("MapId", [*(f"MAP_{m}" for m in MAP_IDS), "MAP_COUNT"])
        out.enum("Facing", [f"FACE_{f.upper()}" for f in FACINGS])
        out.enum("SpriteId", [*(f"SPR_{s}" for s in SPRITES), "SPR_COUNT"])
        out.enum("CreaturePicture", [*(f"CRE_{c}" for c in CREATURES), "CRE_COUNT"])
        out.enum("Behaviour", [f"BEHAVIOUR_{b.upper()}" for b in BEHAVIOURS])
        out.enum("Examine", [f"EXAMINE_{e}" for e in self.tiles.examines], FIRST_EXAMINE)
        out.header.append(STRUCTS)

    def maps_and_tiles(self) -> None:
        singles = [tile for tile in self.tiles.tiles.values() if not tile.block]
        numbers = [
            (tile.name, self.metatile(tile.tileset, self.tiles.ground(tile.name)))
            for tile in singles
        ]
        self.out.header += ["enum Metatile {"]
        self.out.header += [f"  METATILE_{name} = {number}," for name, number in numbers] + ["};"]
        rows = [self.write_map(game_map, dict(numbers)) for game_map in self.maps.values()]
        self.out.header.append("extern const Map maps[MAP_COUNT];")
        self.out.source += ["const Map maps[MAP_COUNT] = {", *rows, "};"]
        refs = [ref for _, metatile in self.metatiles for ref in metatile]
        self.out.header.append(f"#define N_METATILES {len(self.metatiles)}")
        self.out.array("unsigned short", "metatiles", refs, "[N_METATILES][4]")
        for tileset, bank in self.banks.items():
            self.write_bank(f"{tileset}_tiles", f"N_{tileset.upper()}_TILES", bank)

    def write_bank(self, name: str, count: str, bank: TileBank) -> None:
        self.out.header.append(f"#define {count} {len(bank.tiles)}")
        self.out.array("unsigned char", name, bank.data)

    def write_map(self, game_map: GameMap, named: dict[str, int]) -> str:
        """The arrays of one map; returns its row of ``maps``."""
        key = game_map.id.lower()
        pictures = [p for row in paint(game_map, self.tiles) for p in row]
        cells = [self.metatile(game_map.tileset, picture) for picture in pictures]
        behaviours = [b for row in behaviours_of(game_map, self.tiles) for b in row]
        local = self.out.source
        for kind, name, numbers in (
            ("unsigned short", "metatiles", cells),
            ("unsigned char", "behaviour", behaviours),
        ):
            local += [f"static const {kind} {key}_{name}[] = {{", ",".join(map(str, numbers)), "};"]
        warps, npcs = self.warp_rows(game_map), npc_rows(game_map)
        local += [f"static const Warp {key}_warps[] = {{", *warps, "};"]
        local += [f"static const Npc {key}_npcs[] = {{", *(npcs or ["{0}"]), "};"]
        return (
            f'{{"{game_map.title}", {game_map.width}, {game_map.height}, {key}_metatiles, '
            f"{key}_behaviour, {game_map.tileset}_tiles, "
            f"N_{game_map.tileset.upper()}_TILES, {key}_warps, {len(warps)}, {key}_npcs, {len(npcs)}, "
            f"{named[game_map.border]}}},"
        )

    def warp_rows(self, game_map: GameMap) -> list[str]:
        rows = []
        for warp in game_map.warps:
            to_map, _, to_name = warp.to.partition(".")
            for (x, y), (to_x, to_y) in resolve(game_map, warp, self.maps):
                there = next(w for w in self.maps[to_map].warps if w.name == to_name)
                facing = f"FACE_{there.out.upper()}"
                rows.append(f"{{{x},{y},MAP_{to_map},{to_x},{to_y},{int(warp.edge)},{facing}}},")
        return rows

    def screens(self) -> None:
        """The full-screen pictures, each 30x20 tiles with a tile set of its own."""
        for name in SCREENS:
            bank = TileBank()
            picture = self.bg.indices(read_png(self.dir / f"screen_{name}.png"))
            self.out.array("unsigned short", f"screen_{name}", bank.add_picture(picture))
            self.write_bank(f"screen_{name}_tiles", f"N_SCREEN_{name.upper()}_TILES", bank)

    def text_tiles(self) -> None:
        """Font and window pieces: one tile each, never flipped."""
        font = split_tiles(self.bg.indices(read_font(self.dir)))
        self.out.array("unsigned char", "font_tiles", b"".join(tile.tobytes() for tile in font))
        names = (self.dir / "ui.txt").read_text().split()
        pieces = split_tiles(self.bg.indices(read_png(self.dir / "ui.png")))[: len(names)]
        self.out.enum("UiTile", [*(f"UI_{name}" for name in names), "UI_COUNT"])
        self.out.array("unsigned char", "ui_tiles", b"".join(tile.tobytes() for tile in pieces))

    def sprites(self) -> None:
        """Walkers (a row each: down, up, left, right, two frames each), creatures, the professor."""
        self.out.header += ["/* 16x16: first tile ((SPR_x * 4 + facing) * 2 + frame) * 4. */"]
        sheet = self.obj.indices(read_png(self.dir / "sprites.png"))
        self.out.array("unsigned char", "obj_tiles", picture_tiles(sheet, 16, len(SPRITES) * 8))
        self.out.header += ["/* 64x64, 4096 bytes each. */"]
        sheet = self.obj.indices(read_png(self.dir / "creatures.png"))
        pictures = picture_tiles(sheet, 64, len(CREATURES) + 1)
        self.out.array("unsigned char", "creature_tiles", pictures[:-4096], "[CRE_COUNT][4096]")
        self.out.array("unsigned char", "portrait_tiles", pictures[-4096:])


def npc_rows(game_map: GameMap) -> list[str]:
    """C rows of the people of a map."""
    return [
        f"{{{x},{y},SPR_{sprite},FACE_{facing.upper()},{MOVEMENTS.index(movement)},{script}}},"
        for sprite, (x, y), facing, movement, script in game_map.npcs
    ]


def picture_tiles(sheet: np.ndarray, size: int, count: int) -> bytes:
    """The tiles of the first ``count`` square pictures of a sheet, in the order of 1D mapping."""
    columns = sheet.shape[1] // size
    cells = [(i % columns * size, i // columns * size) for i in range(count)]
    pictures = [sheet[y : y + size, x : x + size] for x, y in cells]
    return b"".join(tile.tobytes() for picture in pictures for tile in split_tiles(picture))


def generate(assets_dir: Path, out_dir: Path) -> None:
    """Write ``assets.h`` and ``assets.c`` into ``out_dir``."""
    out = Generator(assets_dir).run()
    note = "/* Made by assets.py from the files of assets/: edit those. */"
    guard = ["#ifndef ASSETS_H", "#define ASSETS_H"]
    (out_dir / "assets.h").write_text("\n".join([note, *guard, *out.header, "#endif", ""]))
    includes = ['#include "assets.h"', '#include "scripts.h"']
    (out_dir / "assets.c").write_text("\n".join([note, *includes, *out.source, ""]))
