"""The map's rules read once more, slowly: one number and one tile at a time.

Written from the structures' public layouts and the list of symbols, not from the adapter.
"""

from collections.abc import Callable
from typing import Any

Read = Callable[[int, int], int]
"""The number of so many bytes at an address."""

FACINGS = {1: "south", 2: "north", 3: "west", 4: "east"}
OFFSETS = {"UP": (0, -1), "DOWN": (0, 1), "LEFT": (-1, 0), "RIGHT": (1, 0)}
LEDGES = {"UP": "↑", "DOWN": "↓", "LEFT": "←", "RIGHT": "→"}
SYMBOLS = (  # the first that has the behaviour
    ("S", "60"),
    ("D", "65 69 6C 6D 8B 8C 8D BE EA"),
    ("S", "0D 0E 1B 29 62 63 64 67 68 6E"),
    ("W", "10 11 12 13 14 15 17 18 1A"),
    ("~", "02"),
    ("c", "83 B0 B1 C5"),
    ("T", "86 C4"),
    ("B", "E0 E1 E2 E5"),
    ("C", "80"),
    ("V", "E3"),
    ("U", "E4"),
    ("M", "89"),
    ("→", "38 3C"),
    ("←", "39 3D"),
    ("↑", "3A"),
    ("↓", "3B 3E 3F"),
    ("#", "30 31 32 33 34 35 36 37 B9 C0 C1"),
    ("?", "00 2B 70 71 72 73 78 7A 7B 7C 7D 7E 7F"),  # by the collision
    (".", "0B B4 B5 C3 C6"),
)


def draw(behavior: int, collision: int, metatile: int) -> str:
    """The symbol of one tile."""
    if metatile == 0x3FF:
        return "#"
    for symbol, behaviors in SYMBOLS:
        if f"{behavior:02X}" in behaviors.split():
            return symbol.replace("?", "#" if collision else ".")
    return "#"


def signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


class SlowMap:
    """The map of one moment.

    Args:
        read: Reads the work RAMs and the cartridge.
        save: Where save block 1 is.
        name: Of a map by group and number.
    """

    def __init__(self, read: Read, save: int, name: Callable[[int, int], str]) -> None:
        self.read, self.save, self.name = read, save, name
        self.width, self.height = read(0x03005DC0, 4) - 15, read(0x03005DC4, 4) - 14
        self.place = (read(save + 4, 1), read(save + 5, 1))

    def read_block(self, x: int, y: int) -> tuple[int, int, int]:
        """Metatile, collision and elevation."""
        block = self.read(0x02032318 + 2 * ((y + 7) * (self.width + 15) + x + 7), 2)
        return block & 0x3FF, block >> 10 & 3, block >> 12

    def read_behavior(self, metatile: int) -> int:
        layout = self.read(0x02037318, 4)
        if self.read(layout, 4) != self.width:
            return 0
        tileset = self.read(layout + (0x10 if metatile < 512 else 0x14), 4)
        return self.read(self.read(tileset + 0x10, 4) + 2 * (metatile % 512), 1)

    def draw_tile(self, x: int, y: int) -> str:
        metatile, collision, _ = self.read_block(x, y)
        return draw(self.read_behavior(metatile), collision, metatile)

    def list_templates(self) -> list[int]:
        places = range(self.save + 0xC70, self.save + 0xC70 + 64 * 24, 24)
        return [place for place in places if self.read(place, 1)]

    def list_objects(self) -> list[dict[str, Any]]:
        found = []
        for at in range(0x02037350, 0x02037350 + 16 * 0x24, 0x24):
            place = (self.read(at + 0xA, 1), self.read(at + 9, 1))
            if self.read(at, 1) & 1 and not self.read(at + 2, 1) & 1 and place == self.place:
                found.append(
                    {
                        "local_id": self.read(at + 8, 1),
                        "x": signed(self.read(at + 0x10, 2), 16) - 7,
                        "y": signed(self.read(at + 0x12, 2), 16) - 7,
                        "facing": FACINGS[self.read(at + 0x18, 1) & 15],
                        "graphics_id": self.read(at + 5, 1),
                        "trainer_type": self.read(at + 7, 1),
                        "visible": not self.read(at + 1, 1) >> 5 & 1,
                    }
                )
        near = [one["local_id"] for one in found]
        for at in self.list_templates():
            if self.read(at, 1) not in near and not self.is_hidden(at):
                found.append(
                    {
                        "local_id": self.read(at, 1),
                        "x": signed(self.read(at + 4, 2), 16),
                        "y": signed(self.read(at + 6, 2), 16),
                        "facing": None,
                        "graphics_id": self.read(at + 1, 1),
                        "trainer_type": self.read(at + 0xC, 2),
                        "visible": True,
                    }
                )
        return found

    def is_hidden(self, template: int) -> bool:
        flag = self.read(template + 0x14, 2)
        return bool(flag and self.read(self.save + 0x1270 + flag // 8, 1) >> flag % 8 & 1)

    def draw(self, player: tuple[int, int]) -> list[str]:
        """The rows of symbols, with all who stand there."""
        rows = [[self.draw_tile(x, y) for x in range(self.width)] for y in range(self.height)]
        objects = self.list_objects()
        if self.name(*self.place) == "RUSTBORO CITY GYM":
            for one in objects:
                self.mark_sight(rows, one)
        marks = [(one["x"], one["y"], "N") for one in objects if one["visible"]]
        for x, y, mark in [*marks, (*player, "P")]:
            if x in range(self.width) and y in range(self.height):
                rows[y][x] = mark
        return ["".join(row) for row in rows]

    def mark_sight(self, rows: list[list[str]], one: dict[str, Any]) -> None:
        if not one["trainer_type"] or not one["facing"]:
            return
        sight = [
            self.read(at + 0xE, 2)
            for at in self.list_templates()
            if self.read(at, 1) == one["local_id"]
        ]
        dx, dy = {"north": (0, -1), "south": (0, 1), "west": (-1, 0), "east": (1, 0)}[one["facing"]]
        x, y = one["x"], one["y"]
        for _ in range(sight[0] if sight else 0):
            x, y = x + dx, y + dy
            if x not in range(self.width) or y not in range(self.height):
                return
            if self.draw_tile(x, y) != ".":
                return
            rows[y][x] = "@"

    def list_warps(self) -> list[dict[str, Any]]:
        events = self.read(0x0203731C, 4)
        found = []
        for i in range(self.read(events + 1, 1) if events else 0):
            at = self.read(events + 8, 4) + 8 * i
            found.append(
                {
                    "x": signed(self.read(at, 2), 16),
                    "y": signed(self.read(at + 2, 2), 16),
                    "to": self.name(self.read(at + 7, 1), self.read(at + 6, 1)),
                    "to_warp": self.read(at + 5, 1),
                }
            )
        return found

    def list_connections(self) -> list[dict[str, Any]]:
        header = self.read(0x02037324, 4)
        found = []
        for i in range(self.read(header, 4) if header else 0):
            at = self.read(header + 4, 4) + 12 * i
            if self.read(at, 1) in FACINGS:
                found.append(
                    {
                        "direction": FACINGS[self.read(at, 1)],
                        "offset": signed(self.read(at + 4, 4), 32),
                        "to": self.name(self.read(at + 8, 1), self.read(at + 9, 1)),
                    }
                )
        return found


def preview(rows: list[str], x: int, y: int) -> dict[str, tuple[tuple[int, int], bool, str]]:
    """By direction: the tile, whether it is blocked, and its symbol."""
    found = {}
    for button, (dx, dy) in OFFSETS.items():
        column, row = x + dx, y + dy
        is_inside = row in range(len(rows)) and column in range(len(rows[0]))
        symbol = rows[row][column] if is_inside else "#"
        is_free = symbol in ".~DSP?F@" or symbol == LEDGES[button]
        found[button] = ((column, row), not is_free, symbol)
    return found
