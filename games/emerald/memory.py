"""The console's memories and the cartridge as one address space, read at one moment.

A pointer can point anywhere while a game starts or changes maps, so no read fails: where nothing
is, zeros are.
"""

from collections.abc import Mapping

_CARTRIDGE = 8  # the highest byte of its addresses; the upper 16 MiB have 9 (GBATEK, "Memory Map")
_CARTRIDGE_MASK = 0x01FFFFFF
_WORK_RAM = range(0x02000000, 0x02040000)


class Memory:
    """All that can be read at one moment.

    Args:
        blocks: Bytes by the address of the first, as `autodagger.game.emulator.Ram.blocks` has
            them.
        rom: The cartridge; empty where there is none.
    """

    def __init__(self, blocks: Mapping[int, bytes], rom: bytes = b"") -> None:
        self._blocks = {base >> 24: block for base, block in blocks.items()}
        self._rom = rom

    def bytes(self, address: int, size: int) -> bytes:
        """`size` bytes from `address` on."""
        region = address >> 24
        if region in (_CARTRIDGE, _CARTRIDGE + 1):
            block, start = self._rom, address & _CARTRIDGE_MASK
        else:
            block, start = self._blocks.get(region, b""), address & 0xFFFFFF
        found = block[start : start + size]
        return found if len(found) == size else found + b"\0" * (size - len(found))

    def u8(self, address: int) -> int:
        """The unsigned byte there."""
        return self.bytes(address, 1)[0]

    def s8(self, address: int) -> int:
        """The signed byte there."""
        return int.from_bytes(self.bytes(address, 1), "little", signed=True)

    def u16(self, address: int) -> int:
        """The unsigned 16-bit number there."""
        return int.from_bytes(self.bytes(address, 2), "little")

    def s16(self, address: int) -> int:
        """The signed 16-bit number there."""
        return int.from_bytes(self.bytes(address, 2), "little", signed=True)

    def u32(self, address: int) -> int:
        """The unsigned 32-bit number there."""
        return int.from_bytes(self.bytes(address, 4), "little")

    def follow(self, address: int) -> int | None:
        """The pointer there, if it points into the work RAM."""
        found = self.u32(address)
        return found if found in _WORK_RAM else None
