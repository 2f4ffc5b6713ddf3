"""Frames a second: the game beside a ROM that does nothing but wait for frames.

Usage: python -m benchmarks.frames

Frames a second of processor time of one core (the emulator is single-threaded), so that other work
on the machine disturbs little. "story" is the experts' way from power-on to the badge. A printed
table and no part of `python -m benchmarks`: it looks at the ROM, not at AutoDAgger.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from autodagger.game.emulator import Emulator
from games.mossbrook.source import build
from games.mossbrook.story import FOLDER, play_story

BUTTONS = ("a", "b", "start", "up", "down", "left", "right")
FRAMES = 20_000
PLACES = ("HOME_TOWN", "ROUTE_1", "NEXT_TOWN")
EMPTY_MAIN = r"""
#define REG16(address) (*(volatile unsigned short *)(address))
extern void interrupt_handler(void);
int main(void) {
    *(volatile unsigned *)0x03007FFC = (unsigned)interrupt_handler;
    REG16(0x04000000) = 0x0100;
    REG16(0x04000004) = 0x0008;
    REG16(0x04000200) = 1;
    REG16(0x04000208) = 1;
    for (;;) __asm__ volatile("swi 5" ::: "r0", "r1", "r2", "r3", "memory");
}
"""


def build_empty_loop(folder: Path) -> Path:
    """A ROM that shows an empty layer and sleeps from frame to frame."""
    (folder / "main.c").write_text(EMPTY_MAIN)
    for name in ("crt0.s", "link.ld"):
        (folder / name).write_bytes((build.FOLDER / "src" / name).read_bytes())
    rom = folder / "empty.gba"
    rom.write_bytes(build.finish(build.compile_rom(folder)))
    return rom


def measure(rom: Path, states: Mapping[str, bytes | None], frames: int) -> dict[str, float]:
    """Frames a second idle and with random presses, from each state (None: power-on)."""
    emulator, rng, results = Emulator(rom), np.random.default_rng(0), {}
    ways = {
        "still": lambda: _wait(emulator),
        "random presses": lambda: _press_at_random(emulator, rng),
    }
    for name, state in states.items():
        for kind, run in ways.items():
            emulator.run(60)
            if state is not None:
                emulator.load_state(state)
            results[f"{name}, {kind}"] = _frames_a_second(run, frames)
    emulator.close()
    return results


def _wait(emulator: Emulator) -> int:
    emulator.run(100)
    return 100


def _press_at_random(emulator: Emulator, rng: np.random.Generator) -> int:
    """One button as the environment presses it; returns the frames that took."""
    released = int(rng.integers(4, 9))
    emulator.run(4, [BUTTONS[rng.integers(len(BUTTONS))]])
    emulator.run(released)
    return 4 + released


def _frames_a_second(run: Callable[[], int], at_least: int) -> float:
    """How many frames a second `run`, which returns a number of frames, gets through."""
    start, frames = time.process_time(), 0
    while frames < at_least:
        frames += run()
    return frames / (time.process_time() - start)


class Tally:
    """Frames that emulators ran, and the processor seconds of that."""

    frames, seconds = 0, 0.0

    @property
    def speed(self) -> float:
        """Frames a second."""
        return self.frames / self.seconds


@contextmanager
def watch_emulators() -> Iterator[Tally]:
    """Counts what every `Emulator.run` within the block takes."""
    tally, run = Tally(), Emulator.run

    def timed(emulator: Emulator, frames: int, *rest: Any) -> None:
        start = time.process_time()
        run(emulator, frames, *rest)
        tally.seconds += time.process_time() - start
        tally.frames += frames

    Emulator.run = timed  # type: ignore[method-assign]
    try:
        yield tally
    finally:
        Emulator.run = run  # type: ignore[method-assign]


def main() -> None:
    """Measures everything and prints a table."""
    with watch_emulators() as tally:
        states = {name: state for name, state in play_story(seed=2) if name in PLACES}
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(build_empty_loop(Path(folder)), {"empty loop": None}, FRAMES)
    rows |= measure(FOLDER / "mossbrook.gba", states, FRAMES)
    rows["story"] = tally.speed
    for case, speed in rows.items():
        print(f"{case:36}{speed:10,.0f} frames/s")


if __name__ == "__main__":
    main()
