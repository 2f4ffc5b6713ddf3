"""Turn the pictures and map files of ``assets/`` into C: ``assets.h`` and ``assets.c``.

Everything that a person edits is a PNG or a text file: ``tiles.png`` with its index ``tiles.txt``,
``maps/*.txt``, ``sprites.png``, ``creatures.png``, ``ui.png`` with ``ui.txt``, ``font.txt``,
``screen_*.png``. The same files always give the same bytes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from games.mossbrook.source.mapfiles import (
    BEHAVIOURS,
    FIRST_EXAMINE,
    MAP_IDS,
    AssetError,
    GameMap,
    Pixels,
    behaviours_of,
    paint,
    read_maps,
    read_png,
    read_tiles,
    resolve,
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
INK, PAPER, SHADOW = (52, 44, 60), (252, 246, 226), (206, 190, 164)


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
            f"N_{game_map.tileset.upper()}_TILES, {key}_warps, {len(warps)}, "
            f"{key}_npcs, {len(npcs)}, {named[game_map.border]}}},"
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
        """Walkers (a row each: four facings of two frames), creatures, the professor."""
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
