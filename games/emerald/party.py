"""The party: six creatures of 100 bytes, their inner 48 encrypted."""

import struct
from typing import Any

from .memory import Memory
from .move_names import get_move_name
from .text import decode

COUNT, PARTY, SIZE = 0x020244E9, 0x020244EC, 100
MOST = 6

_INNER, _INNER_SIZE = 0x20, 48
_ORDERS = (
    *(
        "GAEM",
        "GAME",
        "GEAM",
        "GEMA",
        "GMAE",
        "GMEA",
        "AGEM",
        "AGME",
        "AEGM",
        "AEMG",
        "AMGE",
        "AMEG",
    ),
    *(
        "EGAM",
        "EGMA",
        "EAGM",
        "EAMG",
        "EMGA",
        "EMAG",
        "MGAE",
        "MGEA",
        "MAGE",
        "MAEG",
        "MEGA",
        "MEAG",
    ),
)
"""Of the four inner parts (growth, attacks, effort, misc) by the personality modulo 24."""

_STATUSES = (
    (0x07, "SLEEP"),
    (0x08, "POISON"),
    (0x10, "BURN"),
    (0x20, "FREEZE"),
    (0x40, "PARALYSIS"),
    (0x80, "POISON"),
)


class PartyReader:
    """Reads the party, and decodes it only where it changed."""

    def __init__(self) -> None:
        self._content: bytes | None = None
        self._party: list[dict[str, Any]] = []

    def read(self, memory: Memory) -> list[dict[str, Any]]:
        """The members, the first one first; see the state dictionary in adapter.py."""
        count = memory.u8(COUNT)
        size = SIZE * count if count <= MOST else 0
        content = memory.bytes(PARTY, size)
        if content != self._content:
            self._content = content
            self._party = [_read_member(content[i : i + SIZE]) for i in range(0, size, SIZE)]
        return [_copy(member) for member in self._party]


def _copy(member: dict[str, Any]) -> dict[str, Any]:
    """With lists of its own: a state is its reader's."""
    return {key: list(one) if isinstance(one, list) else one for key, one in member.items()}


def decrypt(member: bytes) -> dict[str, bytes]:
    """The four inner parts of 12 bytes by their letter, see `_ORDERS`."""
    personality, owner = struct.unpack_from("<II", member)
    words = struct.unpack_from("<12I", member, _INNER)
    plain = struct.pack("<12I", *(word ^ personality ^ owner for word in words))
    order = _ORDERS[personality % len(_ORDERS)]
    return {letter: plain[12 * place : 12 * place + 12] for place, letter in enumerate(order)}


def _read_member(member: bytes) -> dict[str, Any]:
    parts = decrypt(member)
    moves = struct.unpack_from("<4H", parts["A"])
    nickname = decode(member[8:18])
    status, level, hp, most = struct.unpack_from("<IBxHH", member, 0x50)
    return {
        "species_name": nickname,
        "nickname": nickname,
        "species": int.from_bytes(parts["G"][:2], "little"),
        "level": level,
        "current_hp": hp,
        "max_hp": most,
        "status": next((name for bits, name in _STATUSES if status & bits), "OK"),
        "types": [],
        "moves": [get_move_name(move) for move in moves],
        "move_ids": list(moves),
        "move_pp": list(parts["A"][8:12]),
    }
