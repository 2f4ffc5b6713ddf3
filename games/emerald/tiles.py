"""How tiles are drawn in `map.ascii_map`: by their behaviour, and whether they are free."""

import numpy as np

FACINGS = {1: "south", 2: "north", 3: "west", 4: "east"}
STEPS = {"north": (0, -1), "south": (0, 1), "west": (-1, 0), "east": (1, 0)}

MEANINGS = {
    ".": "free",
    "#": "blocked",
    "S": "stairs or a way out",
    "D": "door",
    "W": "water",
    "~": "tall grass",
    "c": "computer or shop",
    "T": "television",
    "B": "bookshelf or sign",
    "C": "counter",
    "V": "region map or trash",
    "U": "picture",
    "M": "map",
    "→": "ledge to the right",
    "←": "ledge to the left",
    "↑": "ledge upwards",
    "↓": "ledge downwards",
    "@": "seen by a trainer",
    "N": "person or thing",
    "P": "player",
}
FREE = frozenset(".~DSP?F@")
LEDGES = {"north": "↑", "south": "↓", "west": "←", "east": "→"}

_BY_COLLISION = (0x00, *range(0x70, 0x74), 0x78, *range(0x7A, 0x80), 0x2B)
_DRAWN: dict[str, tuple[int, ...]] = {
    "S": (0x60, 0x0D, 0x0E, 0x1B, 0x29, 0x62, 0x63, 0x64, 0x67, 0x68, 0x6E),
    "D": (0x65, 0x69, 0x6C, 0x6D, 0x8B, 0x8C, 0x8D, 0xBE, 0xEA),
    "W": (*range(0x10, 0x16), 0x17, 0x18, 0x1A),
    "~": (0x02,),
    "c": (0x83, 0xB0, 0xB1, 0xC5),
    "T": (0x86, 0xC4),
    "B": (0xE0, 0xE1, 0xE2, 0xE5),
    "C": (0x80,),
    "V": (0xE3,),
    "U": (0xE4,),
    "M": (0x89,),
    "→": (0x38, 0x3C),
    "←": (0x39, 0x3D),
    "↑": (0x3A,),
    "↓": (0x3B, 0x3E, 0x3F),
    ".": (0x0B, 0xB4, 0xB5, 0xC3, 0xC6),
}


def _make_table() -> np.ndarray:
    """(256, 2) of one letter each, by behaviour and whether it is blocked."""
    table = np.full((256, 2), "#", "<U1")
    for symbol, behaviours in _DRAWN.items():
        table[list(behaviours)] = symbol
    table[list(_BY_COLLISION)] = (".", "#")
    return table


_TABLE = _make_table()


def draw_tiles(behaviours: np.ndarray, blocked: np.ndarray, undefined: np.ndarray) -> list[str]:
    """Rows of symbols.

    Args:
        behaviours: (H, W) uint8.
        blocked: (H, W) bool: their collision bits are not 0.
        undefined: (H, W) bool: outside of the map.
    """
    symbols = np.where(undefined, "#", _TABLE[behaviours, blocked.astype(np.uint8)])
    return ["".join(row) for row in symbols.tolist()]
