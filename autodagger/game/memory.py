"""All memory that an adapter can read, as a whole: what a search for a counter looks through."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

WIDTHS = {"u8": 1, "u16": 2, "u32": 4}
"""Bytes of the numbers that adapters read, by their name."""


@dataclass(frozen=True)
class MemoryMap:
    """How a game's memory is addressed and read.

    Attributes:
        blocks: Bytes of each block, by the address of its first.
        is_big: Whether numbers begin with their highest byte.
        alignment: Numbers begin at multiples of it, or of their own size where that is less.
        reading: How an adapter reads a number, with {kind} and {address}, see `format_address`.
        kinds: Which of `WIDTHS` it can read.
    """

    blocks: Mapping[int, int] = field(default_factory=dict)
    is_big: bool = False
    alignment: int = 1
    reading: str = "ram.{kind}({address})"
    kinds: tuple[str, ...] = tuple(WIDTHS)


@dataclass(frozen=True)
class Snapshot:
    """The memory at one moment.

    Attributes:
        map: How it is addressed.
        content: All blocks, one after another in the map's order.
    """

    map: MemoryMap
    content: bytes


def take_snapshot(blocks: Mapping[int, bytes], is_big: bool, alignment: int) -> Snapshot:
    """What a cartridge's `ram` reads of these blocks, by the address of each; see `MemoryMap`."""
    sizes = {base: len(blocks[base]) for base in sorted(blocks)}
    content = b"".join(blocks[base] for base in sizes)
    return Snapshot(MemoryMap(sizes, is_big, alignment), content)


def find_addresses(memory_map: MemoryMap) -> np.ndarray:
    """(M,) int64: the address of each byte of a snapshot."""
    blocks = [np.arange(base, base + size) for base, size in memory_map.blocks.items()]
    return np.concatenate([np.empty(0, np.int64), *blocks])


def format_address(address: int) -> str:
    """As adapters write it: "0xFF024E", "0x02000024"."""
    return f"0x{address:08X}" if address >> 24 else f"0x{address:X}"
