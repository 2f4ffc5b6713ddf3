"""The map the player is on: its tiles, its ways out, and who stands on it.

Tiles come from the work RAM, with what scripts changed; their behaviours, warps and connections
from the cartridge. Structures as the public symbol lists and layouts have them.
"""

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .map_names import NAMES
from .memory import Memory
from .tiles import FACINGS, FREE, LEDGES, MEANINGS, STEPS, draw_tiles

HEADER, HEADER_SIZE = 0x02037318, 0x1C
GRID_SIZE, GRID = 0x03005DC0, 0x02032318
OBJECTS, OBJECT_SIZE, OBJECT_COUNT = 0x02037350, 0x24, 16
AVATAR_OBJECT = 0x02037590 + 5
TEMPLATES, TEMPLATE_SIZE, TEMPLATE_COUNT = 0xC70, 24, 64  # in save block 1
FLAGS = 0x1270  # in save block 1

_MARGIN = 7  # tiles of border around a map, on the left and above
_WIDER, _HIGHER = 15, 14  # tiles that the grid has more than the map
_MOST_TILES = 0x2800  # the grid's room
_UNDEFINED = 0x3FF
_PRIMARY = 512  # metatiles of the primary tileset; the secondary one has the rest
_DIRECTIONS = {1: "south", 2: "north", 3: "west", 4: "east"}
_MOST_ENTRIES = 64  # of warps or connections; a map has fewer
_SIGHT_MAP = "RUSTBORO CITY GYM"
_PREVIEWED = {"UP": "north", "DOWN": "south", "LEFT": "west", "RIGHT": "east"}


def get_map_name(group: int, number: int) -> str:
    """As `player.location` has it."""
    return NAMES.get((group, number), f"Map_{group:02X}_{number:02X}")


@dataclass(frozen=True)
class Tiles:
    """A map without who is on it.

    Attributes:
        collisions, behaviors, elevations: Rows of integers.
        rows: Rows of symbols, see tiles.py.
        symbols: How often each of them occurs.
        warps, connections: As in the state dictionary.
    """

    collisions: tuple[tuple[int, ...], ...] = ()
    behaviors: tuple[tuple[int, ...], ...] = ()
    elevations: tuple[tuple[int, ...], ...] = ()
    rows: tuple[str, ...] = ()
    symbols: Counter[str] | None = None
    warps: tuple[dict[str, Any], ...] = ()
    connections: tuple[dict[str, Any], ...] = ()

    @property
    def width(self) -> int:
        """In tiles."""
        return len(self.rows[0]) if self.rows else 0

    @property
    def height(self) -> int:
        """In tiles."""
        return len(self.rows)

    def symbol(self, x: int, y: int) -> str:
        """What is drawn there; blocked outside."""
        return self.rows[y][x] if 0 <= y < self.height and 0 <= x < self.width else "#"


NOWHERE = Tiles()


class MapReader:
    """Reads maps, and decodes only what changed since the last time."""

    def __init__(self) -> None:
        self._key: tuple[bytes, ...] = ()
        self._tiles = NOWHERE
        self._attributes: dict[tuple[int, ...], np.ndarray] = {}
        self._templates: dict[bytes, list[tuple[dict[str, Any], int, int]]] = {}

    def read_tiles(self, memory: Memory) -> Tiles:
        """The tiles, as they are now."""
        width, height, place = struct.unpack("<iiI", memory.bytes(GRID_SIZE, 12))
        is_whole = width > _WIDER and height > _HIGHER and width * height <= _MOST_TILES
        if place != GRID or not is_whole:
            return NOWHERE
        header = memory.bytes(HEADER, HEADER_SIZE)
        content = memory.bytes(GRID, 2 * width * height)
        key = (header, content, memory.bytes(GRID_SIZE, 8))
        if key != self._key:
            self._key = key
            self._tiles = self._decode(memory, header, content, width, height)
        return self._tiles

    def _decode(
        self, memory: Memory, header: bytes, content: bytes, width: int, height: int
    ) -> Tiles:
        layout, events, _, connections = struct.unpack_from("<4I", header)
        grid = np.frombuffer(content, "<u2").reshape(height, width)
        grid = grid[_MARGIN : height - (_HIGHER - _MARGIN), _MARGIN : width - (_WIDER - _MARGIN)]
        metatiles, undefined = grid & 0x3FF, (grid & 0x3FF) == _UNDEFINED
        blocked = (grid >> 10 & 3) != 0
        is_layouts = memory.u32(layout) == width - _WIDER
        behaviors = self._get_attributes(memory, layout if is_layouts else 0)[metatiles]
        rows = draw_tiles(behaviors, blocked, undefined)
        return Tiles(
            collisions=_freeze((blocked | undefined).astype(int)),
            behaviors=_freeze(behaviors),
            elevations=_freeze(grid >> 12),
            rows=tuple(rows),
            symbols=Counter("".join(rows)),
            warps=tuple(_read_warps(memory, events)),
            connections=tuple(_read_connections(memory, connections)),
        )

    def _get_attributes(self, memory: Memory, layout: int) -> np.ndarray:
        """(1024,) uint8: the behaviour of each metatile; 0 where the layout is not to be found."""
        tilesets = struct.unpack("<2I", memory.bytes(layout + 0x10, 8)) if layout else (0, 0)
        if tilesets not in self._attributes:
            parts = [
                memory.bytes(memory.u32(tileset + 0x10), 2 * _PRIMARY) if tileset else bytes(1024)
                for tileset in tilesets
            ]
            self._attributes[tilesets] = np.frombuffer(b"".join(parts), "<u2").astype(np.uint8)
        return self._attributes[tilesets]

    def read_objects(self, memory: Memory, save: int) -> list[dict[str, Any]]:
        """Who is here: first those the game moves, then those too far off for it."""
        place = (memory.u8(save + 4), memory.u8(save + 5))
        content = memory.bytes(OBJECTS, OBJECT_SIZE * OBJECT_COUNT)
        found = []
        for start in range(0, len(content), OBJECT_SIZE):
            one = content[start : start + OBJECT_SIZE]
            if one[0] & 1 and not one[2] & 1 and (one[0xA], one[9]) == place:
                found.append(_read_object(one))
        near = {one["local_id"] for one in found}
        flags = memory.bytes(save + FLAGS, 0x200)
        for template, hide, _ in self._list_templates(memory, save):
            is_hidden = hide and flags[hide >> 3 & 0x1FF] >> (hide & 7) & 1
            if template["local_id"] not in near and not is_hidden:
                found.append(dict(template))
        return found

    def _list_templates(self, memory: Memory, save: int) -> list[tuple[dict[str, Any], int, int]]:
        content = memory.bytes(save + TEMPLATES, TEMPLATE_SIZE * TEMPLATE_COUNT)
        if content not in self._templates:
            self._templates = {content: _read_templates(content)}
        return self._templates[content]

    def list_sights(
        self, memory: Memory, save: int, tiles: Tiles, objects: list[dict[str, Any]]
    ) -> Iterator[tuple[int, int]]:
        """The free tiles that a trainer looks at."""
        sights = {one["local_id"]: sight for one, _, sight in self._list_templates(memory, save)}
        for one in objects:
            if one["trainer_type"] and one["facing"]:
                dx, dy = STEPS[one["facing"]]
                for distance in range(1, min(sights.get(one["local_id"], 0), 16) + 1):
                    x, y = one["x"] + dx * distance, one["y"] + dy * distance
                    if tiles.symbol(x, y) != ".":
                        break
                    yield x, y


def describe_map(
    tiles: Tiles,
    name: str,
    player: tuple[int, int, str],
    objects: list[dict[str, Any]],
    sights: Iterator[tuple[int, int]],
) -> tuple[list[str], list[str]]:
    """`map.ascii_map` and `map.legend`."""
    marks = [(x, y, "@") for x, y in sights] if name == _SIGHT_MAP else []
    marks += [(one["x"], one["y"], "N") for one in objects if one["visible"]]
    marks.append((player[0], player[1], "P"))
    rows, symbols = list(tiles.rows), Counter(tiles.symbols or {})
    for x, y, mark in marks:
        if 0 <= y < tiles.height and 0 <= x < tiles.width:
            row = rows[y]
            symbols[row[x]] -= 1
            symbols[mark] += 1
            rows[y] = f"{row[:x]}{mark}{row[x + 1 :]}"
    legend = [f"{one} = {MEANINGS[one]}" for one in MEANINGS if symbols[one] > 0]
    return rows, legend


def preview_moves(rows: list[str], x: int, y: int) -> dict[str, dict[str, Any]]:
    """`movement_preview`: what a step in each direction meets."""
    preview = {}
    for button, direction in _PREVIEWED.items():
        dx, dy = STEPS[direction]
        column, row = x + dx, y + dy
        is_inside = 0 <= row < len(rows) and 0 <= column < len(rows[0])
        symbol = rows[row][column] if is_inside else "#"
        preview[button] = {
            "new_coords": (column, row),
            "blocked": symbol not in FREE and symbol != LEDGES[direction],
            "tile_symbol": symbol,
            "tile_description": MEANINGS[symbol],
        }
    return preview


def get_facing(memory: Memory) -> str:
    """Where the player looks, from the player's own object; south where there is none."""
    index = memory.u8(AVATAR_OBJECT)
    if index >= OBJECT_COUNT:
        return "south"
    return FACINGS.get(memory.u8(OBJECTS + OBJECT_SIZE * index + 0x18) & 0xF, "south")


def _freeze(values: np.ndarray) -> tuple[tuple[int, ...], ...]:
    return tuple(map(tuple, values.tolist()))


def _read_object(one: bytes) -> dict[str, Any]:
    x, y = struct.unpack_from("<hh", one, 0x10)
    return {
        "local_id": one[8],
        "x": x - _MARGIN,
        "y": y - _MARGIN,
        "facing": FACINGS.get(one[0x18] & 0xF, "south"),
        "graphics_id": one[5],
        "trainer_type": one[7],
        "visible": not one[1] & 0x20,
    }


def _read_templates(content: bytes) -> list[tuple[dict[str, Any], int, int]]:
    """Each with its hide flag and its sight in tiles."""
    found = []
    for start in range(0, len(content), TEMPLATE_SIZE):
        local_id, graphics, x, y, _, trainer, sight, _, hide = struct.unpack_from(
            "<BBxxhhBxxxHHIH", content, start
        )
        if local_id:
            template = {
                "local_id": local_id,
                "x": x,
                "y": y,
                "facing": None,
                "graphics_id": graphics,
                "trainer_type": trainer & 0xFF,
                "visible": True,
            }
            found.append((template, hide, sight))
    return found


def _read_warps(memory: Memory, events: int) -> Iterator[dict[str, Any]]:
    if not _is_in_cartridge(events):
        return
    count, first = memory.u8(events + 1), memory.u32(events + 8)
    content = memory.bytes(first, 8 * count) if _is_in_cartridge(first) else b""
    for x, y, _, warp, number, group in struct.iter_unpack("<hhBBBB", content):
        yield {"x": x, "y": y, "to": get_map_name(group, number), "to_warp": warp}


def _read_connections(memory: Memory, connections: int) -> Iterator[dict[str, Any]]:
    if not _is_in_cartridge(connections):
        return
    count, first = struct.unpack("<iI", memory.bytes(connections, 8))
    is_real = 0 < count <= _MOST_ENTRIES and _is_in_cartridge(first)
    content = memory.bytes(first, 12 * count) if is_real else b""
    for direction, offset, group, number in struct.iter_unpack("<BxxxiBBxx", content):
        if direction in _DIRECTIONS:
            to = get_map_name(group, number)
            yield {"direction": _DIRECTIONS[direction], "offset": offset, "to": to}


def _is_in_cartridge(address: int) -> bool:
    return 0x08000000 <= address < 0x0A000000
