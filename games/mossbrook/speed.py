"""Measure how fast the game runs beside a ROM that does nothing but wait for frames.

    python games/mossbrook/speed.py

Frames a second of processor time of one core (the emulator is single-threaded), so that other work
on the machine disturbs little. "story" is the experts' way from power-on to the badge.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import build
import numpy as np

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))

from autodagger.game.emulator import Emulator  # noqa: E402  found by the line above
from games.mossbrook.story import play_story  # noqa: E402

BUTTONS = ("a", "b", "start", "up", "down", "left", "right")
FRAMES = 20_000
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
        (folder / name).write_bytes((FOLDER / "src" / name).read_bytes())
    rom = folder / "empty.gba"
    rom.write_bytes(build.finish(build.compile_rom(folder)))
    return rom


def press_at_random(emulator: Emulator, rng: np.random.Generator) -> int:
    """One button as the environment presses it; returns the frames that took."""
    released = int(rng.integers(4, 9))
    emulator.run(4, [BUTTONS[rng.integers(len(BUTTONS))]])
    emulator.run(released)
    return 4 + released


def frames_a_second(run: Callable[[], int]) -> float:
    """How many frames a second ``run``, which returns a number of frames, gets through."""
    start, frames = time.process_time(), 0
    while frames < FRAMES:
        frames += run()
    return frames / (time.process_time() - start)


def measure(rom: Path, states: dict[str, bytes]) -> dict[str, float]:
    """Frames a second idle and with random presses, from each state (power-on without states)."""
    emulator, rng = Emulator(rom), np.random.default_rng(0)

    def idle() -> int:
        emulator.run(100)
        return 100

    results = {}
    for name, state in (states or {"power-on": None}).items():
        for kind, run in (
            ("still", idle),
            ("random presses", lambda: press_at_random(emulator, rng)),
        ):
            emulator.run(60)
            if state:
                emulator.load_state(state)
            results[f"{name}, {kind}"] = frames_a_second(run)
    emulator.close()
    return results


class StopWatch:
    """Counts the frames and the processor time of every ``Emulator.run`` within ``with``."""

    def __enter__(self) -> "StopWatch":
        self.frames, self.seconds, self._run = 0, 0.0, Emulator.run
        run = self._run

        def timed(emulator: Emulator, frames: int, *rest: Any) -> None:
            start = time.process_time()
            run(emulator, frames, *rest)
            self.seconds += time.process_time() - start
            self.frames += frames

        Emulator.run = timed  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        Emulator.run = self._run  # type: ignore[method-assign]


def measure_story() -> float:
    """Frames a second while the experts play: the emulator's part alone."""
    with StopWatch() as watch:
        for _ in play_story(seed=2):
            pass
    return watch.frames / watch.seconds


def main() -> None:
    wanted = ("HOME_TOWN", "ROUTE_1", "NEXT_TOWN")
    states = {name: state for name, state in play_story(seed=2) if name in wanted}
    with tempfile.TemporaryDirectory() as name:
        rows = {
            f"empty loop: {case}": speed
            for case, speed in measure(build_empty_loop(Path(name)), {}).items()
        }
    rows |= measure(FOLDER / "mossbrook.gba", states)
    rows["story"] = measure_story()
    for case, speed in rows.items():
        print(f"{case:36}{speed:10,.0f} frames/s")


if __name__ == "__main__":
    main()
