"""Frames a second of Emerald's step loop, on the toy and on toys that keep the processor busy.

Usage: python -m tests.games.emerald.toy.speed

Steps as the pipeline takes them (`GameEnv`): buttons, every frame watched, the state read, the
screen taken. Seconds are of one core's processor time, so that other work on the machine disturbs
little.
"""

import tempfile
import time
from pathlib import Path

import numpy as np

from autodagger.game.env import GameEnv
from tests.games.emerald.toy import FOLDER
from tests.games.emerald.toy.source import build

LOADS = {"asleep": 0, "busy 22 %": 50, "busy 45 %": 103, "busy 90 %": 205}
"""Of a frame's 228 lines, how many the processor works for."""
OPENING = ("start", "a", "a", "a", "a", "a", "right", "right", "right")  # out of the van
WALK = ("up", "down", "left", "right", "a", "b")
STEPS = 300


def measure(rom: Path, steps: int = STEPS) -> tuple[float, float, float]:
    """Frames a second, milliseconds a step, and microseconds of a step that the state takes."""
    with GameEnv(FOLDER, rom) as env:
        env.reset(seed=0)
        for button in OPENING:
            env.step(env.game.actions.index(button))
        rng, frames, start = np.random.default_rng(0), 0, time.process_time()
        for button in rng.choice(WALK, steps):
            frames += env.step(env.game.actions.index(button))[-1]["frames"]
        seconds, start = time.process_time() - start, time.process_time()
        for _ in range(steps):
            env.simulator.state()
        reading = time.process_time() - start
    return frames / seconds, 1e3 * seconds / steps, 1e6 * reading / steps


def main() -> None:
    """Measures each cartridge and prints a table."""
    with tempfile.TemporaryDirectory() as folder:
        rom = Path(folder, "busy.gba")
        for name, lines in LOADS.items():
            rom.write_bytes(build.build(lines))
            speed, step, reading = measure(rom)
            print(f"{name:12}{speed:8,.0f} frames/s{step:8.1f} ms a step{reading:8.0f} µs a state")


if __name__ == "__main__":
    main()
