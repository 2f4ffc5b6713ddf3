"""The game's own character encoding."""

import functools
import re

_RUNS = (
    (0xA1, "0123456789"),
    (0xBB, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    (0xD5, "abcdefghijklmnopqrstuvwxyz"),
)
_SINGLE = {
    **{0x00: " ", 0x1B: "é", 0xAB: "!", 0xAC: "?", 0xAD: ".", 0xAE: "-", 0xB0: "…", 0xB1: "“"},
    **{0xB2: "”", 0xB3: "‘", 0xB4: "'", 0xB5: "♂", 0xB6: "♀", 0xB8: ",", 0xBA: "/", 0xF0: ":"},
    **{0xFA: " ", 0xFB: " ", 0xFE: " "},  # scroll, page, line
}
_LETTERS = _SINGLE | {first + i: one for first, run in _RUNS for i, one in enumerate(run)}
_PLACEHOLDER, _COMMAND, _END = 0xFD, 0xFC, 0xFF
_ARGUMENTS = {
    **dict.fromkeys((0x07, 0x09, 0x0A, 0x0F, 0x15, 0x16, 0x17, 0x18), 0),
    **{0x04: 3, 0x0B: 2, 0x10: 2},
}
"""Bytes behind a command (colours, pauses, sounds) after its own; one behind all others."""


@functools.lru_cache(maxsize=256)
def decode(data: bytes) -> str:
    """The text up to its end: a blank for each line or page, none doubled."""
    letters: list[str] = []
    place = 0
    while place < len(data) and data[place] != _END:
        code = data[place]
        if code == _COMMAND and place + 1 < len(data):
            place += 1 + _ARGUMENTS.get(data[place + 1], 1)
        elif code == _PLACEHOLDER:
            place += 1
        else:
            letters.append(_LETTERS.get(code, ""))
        place += 1
    return re.sub(" +", " ", "".join(letters)).strip()
