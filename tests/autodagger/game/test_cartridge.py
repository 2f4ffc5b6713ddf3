"""What a step's press is: above all, how it waits for a game that goes on by itself."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from autodagger.game.cartridge import CartridgeGame, CartridgeSimulator, Settling

PLACE = 0x02000010


class Ram:
    def __init__(self, memory: bytearray) -> None:
        self._memory = memory

    def u8(self, address: int) -> int:
        return self._memory[address - PLACE]


class Console:
    """Keeps what was pressed in each frame; its watched place changes after some of them."""

    def __init__(self, changes: Collection[int]) -> None:
        self.pressed: list[tuple[str, ...]] = []
        self._memory, self._changes = bytearray(2), changes

    def run(
        self,
        frames: int,
        buttons: Collection[str] = (),
        on_frame: Callable[[], None] | None = None,
    ) -> None:
        for _ in range(frames):
            self.pressed.append(tuple(buttons))
            if len(self.pressed) in self._changes:
                self._memory[1] += 1
            if on_frame:
                on_frame()

    def ram(self) -> Ram:
        return Ram(self._memory)

    def power_on(self) -> None:
        pass

    def load_state(self, data: bytes) -> None:
        self._memory[0] = data[0]


class Waiting(CartridgeGame):
    name, rom, rom_sha1 = "Waiting", "a.gba", "0" * 40
    actions = ("no_op", "a")
    hold_frames, release_frames = 3, 4
    settling: ClassVar[Settling | None] = Settling(PLACE, 2, 10)

    def read_state(self, ram: Any) -> dict[str, Any]:
        return {}

    def open(self, rom: Path | None) -> CartridgeSimulator:
        raise NotImplementedError


def play(changes: Collection[int], game: CartridgeGame | None = None) -> tuple[Console, int, int]:
    """One step after power-on: the console, the frames the step took, and how often it was told."""
    console = Console(changes)
    simulator = CartridgeSimulator(game or Waiting(), console)  # type: ignore[arg-type]
    simulator.power_on()
    told: list[int] = []
    frames = simulator.act("a", np.random.default_rng(0), lambda: told.append(1))
    return console, frames, len(told)


def test_step_in_which_nothing_changes_waits_for_nothing() -> None:
    console, frames, told = play(())
    assert (frames, told) == (7, 7)
    assert console.pressed == [(), *[("a",)] * 3, *[()] * 4]


@pytest.mark.parametrize("frame", [2, 3, 4])
def test_change_while_it_holds_lets_go_and_then_holds_on(frame: int) -> None:
    console, frames, told = play({frame})
    assert (frames, told) == (17, 17)
    before = frame - 1
    held = [*[("a",)] * before, *[()] * 10, *[("a",)] * (3 - before)]
    assert console.pressed == [(), *held, *[()] * 4]


def test_each_change_waits_anew() -> None:
    _, frames, _ = play({2, 13, 25})  # in the hold, in its last frame, in the release
    assert frames == 37


def test_change_while_it_waits_is_seen_in_the_next_frame() -> None:
    _, frames, _ = play({2, 5})
    assert frames == 27


def test_start_itself_never_waits() -> None:
    console = Console({1})
    simulator = CartridgeSimulator(Waiting(), console)  # type: ignore[arg-type]
    simulator.load(b"\7")
    assert simulator.act("no_op", np.random.default_rng(0)) == 7


def test_game_that_watches_nothing_is_not_looked_at() -> None:
    class Plain(Waiting):
        settling = None

    _, frames, _ = play({2, 3, 4, 5, 6, 7}, Plain())
    assert frames == 7


@pytest.mark.parametrize("value", [(PLACE, 2, 10), Settling(PLACE, 0, 10), Settling(PLACE, 2, 0.5)])
def test_mistaken_settling_is_named(value: Any) -> None:
    game = type("Odd", (Waiting,), {"settling": value})()
    (mistake,) = game.list_mistakes()
    assert "settling is" in mistake and "expected Settling(address, size, frames)" in mistake
