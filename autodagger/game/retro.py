"""Cartridges of the other consoles that stable-retro plays: Genesis, NES, SNES and more.

Buttons, byte order, memory blocks, screen and rate are asked of the core that the ROM's suffix
names.
"""

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autodagger.actions import NO_OP
from autodagger.errors import UserError, suggest
from autodagger.files import check_readable
from autodagger.game.cartridge import CartridgeGame, CartridgeSimulator, split_action
from autodagger.game.contract import GameState
from autodagger.game.libretro import (
    Serializer,
    find_core,
    forget_addresses,
    insert,
    name_core_folder,
)
from autodagger.game.memory import Snapshot, take_snapshot

__all__ = ["GameState", "Memory", "RetroGame", "RetroSimulator"]


class RetroGame(CartridgeGame):
    """A cartridge of any console; see `CartridgeGame` for its attributes.

    Buttons are called as stable-retro's `cores/*.json` call them, in small letters.
    """

    crash_advice = (
        "Some ROMs do that to a core of stable-retro: check the ROM's SHA-1 against a published "
        "one, and try another core with RETRO_CORE_PATH. Look at the adapter's own native code, "
        "too."
    )

    @abstractmethod
    def read_state(self, ram: "Memory") -> GameState:
        """The game state, see `CartridgeGame.read_state`."""

    def open(self, rom: Path | None) -> "RetroSimulator":
        """Switches a console with this cartridge on; a process has room for one."""
        assert rom is not None  # `list_mistakes` asks for one
        return RetroSimulator(self, rom)


class RetroSimulator(CartridgeSimulator):
    """A console that plays one cartridge, see `autodagger.game.contract.Simulator`."""

    def __init__(self, game: RetroGame, rom: Path) -> None:
        console = RetroConsole(rom)
        try:
            _check_buttons(game, console)
        except UserError:
            console.close()
            raise
        super().__init__(game, console)
        self.screen_shape = console.screen().shape
        self.frames_per_second = console.frames_per_second


class RetroConsole:
    """A console with one cartridge, see `autodagger.game.cartridge.Console`.

    Args:
        rom_path: The cartridge image; its suffix says which console.

    Raises:
        UserError: There is no such file or console, the core refuses the ROM, or this process has
            an emulator already.

    Attributes:
        name: As stable-retro calls it, e.g. "Genesis".
        buttons: In the order of the libretro joypad mask; "" where the console has none.
        frames_per_second: As the core says.
    """

    def __init__(self, rom_path: Path) -> None:
        import stable_retro

        self.name = find_console(rom_path)
        info = stable_retro.get_system_info(self.name)
        self.buttons = list_buttons(self.name)
        self._core, self._data = insert(rom_path, f"ROM of a {self.name}")
        self._serializer = Serializer(find_core(self.name))
        self._mask = np.zeros(len(self.buttons), np.uint8)
        self._swapped = _find_swapped(info)
        self._is_big = any(kind.startswith(">u") for kind in info.get("types", ()))
        self._blank = self.save_state()
        self.run(1)
        self.frames_per_second = float(self._core.get_screen_rate())

    def run(
        self,
        frames: int,
        buttons: Collection[str] = (),
        on_frame: Callable[[], None] | None = None,
    ) -> None:
        """Runs `frames` frames with `buttons` held; calls `on_frame` after each."""
        self._mask[:] = [button in buttons for button in self.buttons]
        self._core.set_button_mask(self._mask, 0)
        for _ in range(frames):
            self._core.step()
            if on_frame is not None:
                on_frame()

    def screen(self) -> np.ndarray:
        """The picture after the last frame, (H, W, 3) uint8 RGB, a copy."""
        picture: np.ndarray = self._core.get_screen()
        return picture

    def ram(self) -> "Memory":
        """All memory that the core shows; what it reads follows the emulation."""
        return Memory(self._data.memory, self._is_big, self._swapped)

    def memory(self) -> Snapshot:
        """All that `ram` can read, as it is now."""
        return take_snapshot(self.ram().blocks, self._is_big, self._swapped)

    def save_state(self) -> bytes:
        """The console as the core writes it; equal consoles give equal bytes."""
        state = self._serializer.read()
        forget_addresses(state)
        return state.tobytes()

    def load_state(self, data: bytes) -> None:
        """Continues from what `save_state` gave.

        Raises:
            UserError: The core does not take it.
        """
        if len(data) != len(self._blank) or not self._core.set_state(data):
            raise UserError(
                f"save state: found {len(data):,} bytes, which this {self.name} does not take; its "
                f"states have {len(self._blank):,}. Record it again with this core and ROM."
            )

    def power_on(self) -> None:
        """Back to the moment the console was switched on, before its first frame."""
        self.load_state(self._blank)

    def close(self) -> None:
        """Frees the emulator, so that this process may load another ROM."""
        del self._core, self._data


class Memory:
    """A console's memory as it is now, by the console's own addresses and in its byte order.

    Args:
        memory: stable-retro's.
        is_big: Whether the console's numbers begin with the highest byte.
        swapped: Bytes of the units in which the core keeps its memory turned round; 1: it does not.

    Attributes:
        blocks: First address and bytes of each block that the core shows.
    """

    def __init__(self, memory: Any, is_big: bool, swapped: int) -> None:
        self._memory, self._order, self._swapped = memory, ">" if is_big else "<", swapped

    @property
    def blocks(self) -> Mapping[int, bytes]:  # noqa: D102  see the class
        return {base: _turn(block, self._swapped) for base, block in self._memory.blocks.items()}

    def u8(self, address: int) -> int:
        """The unsigned byte at `address`; raises ValueError where no memory is shown."""
        return self._read(address, "|u1")

    def u16(self, address: int) -> int:
        """The unsigned 16-bit number there; raises ValueError likewise."""
        return self._read(address, f"{self._order}u2")

    def u32(self, address: int) -> int:
        """The unsigned 32-bit number there; raises ValueError likewise."""
        return self._read(address, f"{self._order}u4")

    def bytes(self, address: int, size: int) -> bytes:
        """`size` bytes from `address` on, by a copy of all memory; raises ValueError likewise."""
        blocks = self._memory.blocks
        for base, block in blocks.items():
            if base <= address and address + size <= base + len(block):
                start = address - base
                first, end = start & -self._swapped, -(-(start + size) // self._swapped)
                turned = _turn(block[first : end * self._swapped], self._swapped)
                return turned[start - first :][:size]
        raise _explain(address, size, blocks)

    def _read(self, address: int, kind: str) -> int:
        try:
            return int(self._memory.extract(address, kind))
        except (IndexError, RuntimeError, ValueError):
            raise _explain(address, int(kind[2:]), self._memory.blocks) from None


def _turn(block: bytes, size: int) -> bytes:
    """The block with each unit of `size` bytes turned round."""
    return block if size == 1 else np.frombuffer(block, f"u{size}").byteswap().tobytes()


def _explain(address: int, size: int, blocks: Mapping[int, bytes]) -> ValueError:
    shown = ", ".join(f"{base:#x}+{len(block):#x}" for base, block in sorted(blocks.items()))
    return ValueError(
        f"memory read of {size} bytes at {address:#x}: the core shows {shown or 'none'}"
    )


def find_console(rom_path: Path) -> str:
    """Which console a ROM is for, as stable-retro calls it, by its suffix.

    Raises:
        UserError: There is no such file, or no console for it.
    """
    import stable_retro

    check_readable(rom_path, "ROM", "Put it there, or name its place with rom_path.")
    known: Mapping[str, str] = stable_retro.data.EMU_EXTENSIONS
    console = known.get(Path(rom_path).suffix)
    if console is None:
        raise UserError(
            f"ROM {rom_path}: no console is known for names that end so. Expected one of "
            f"{', '.join(sorted(known)) or 'none'}, for which there are cores in "
            f"{name_core_folder()}; rename it, or add its console's core."
        )
    return console


def list_buttons(console: str) -> tuple[str, ...]:
    """A console's buttons in the order of the libretro joypad mask; "" where it has none."""
    import stable_retro

    info = stable_retro.get_system_info(console)
    return tuple((button or "").lower() for button in info["buttons"])


def _find_swapped(info: Mapping[str, Any]) -> int:
    """See `Memory`; stable-retro says it as [order in the core, order on the console, bytes]."""
    kept, meant, size = info.get("overlay", ("=", "=", 1))
    is_turned = np.dtype(f"{kept}u2") != np.dtype(f"{meant}u2")
    return int(size) if is_turned else 1


def _check_buttons(game: RetroGame, console: RetroConsole) -> None:
    known: Sequence[str] = [button for button in console.buttons if button]
    for action in game.actions:
        for button in split_action(action):
            if button not in known:
                raise UserError(
                    f"{game.name}: actions has {action!r}, but {button!r} is no button of a "
                    f"{console.name}{suggest(button, known)}. Expected {NO_OP}, some of "
                    f"{', '.join(known)}, or several as in '{known[0]}+{known[1]}'."
                )
