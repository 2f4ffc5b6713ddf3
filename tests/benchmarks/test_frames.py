"""The measurement of the ROM's speed: it runs, and counts what it should."""

from autodagger.game.env import GameEnv
from benchmarks.frames import build_empty_loop, measure, watch_emulators
from games.mossbrook.story import FOLDER


def test_empty_loop_is_built_and_measured(tmp_path):
    speeds = measure(build_empty_loop(tmp_path), {"empty": None}, frames=100)
    assert list(speeds) == ["empty, still", "empty, random presses"]
    assert min(speeds.values()) > 0


def test_frames_of_a_step_are_counted():
    with GameEnv(FOLDER) as env:
        env.reset(seed=0)
        with watch_emulators() as tally:
            _, _, _, _, info = env.step(1)
        env.step(1)
    assert tally.frames == info["frames"]
    assert tally.speed > 0
