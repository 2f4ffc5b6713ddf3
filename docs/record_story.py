"""Records one video of the whole story: the experts play from power-on to the badge.

Usage: python -m docs.record_story [story.mp4] [--seed 0] [--until MILESTONE]

On one emulator that is never reset: a lost fight is part of the video, as it is of the game.
"""

import argparse
from pathlib import Path
from typing import Any

import jmespath

from autodagger.game.env import GameEnv
from autodagger.game.milestone import Milestone
from autodagger.results.video import Recorder, VideoStyle
from games.mossbrook.story import FOLDER, follow_expert, load_story

STYLE = VideoStyle(fps=30, speed=2)


def main() -> None:
    """Plays milestone after milestone, and says how many steps each took."""
    milestones = load_story()
    ids = [milestone.id for milestone in milestones]
    parser = argparse.ArgumentParser(prog="python -m docs.record_story")
    parser.add_argument("video", type=Path, nargs="?", default=Path("story.mp4"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--until", choices=ids, default=ids[-1], metavar="MILESTONE")
    given = parser.parse_args()
    total = record(given.video, given.seed, milestones[: ids.index(given.until) + 1])
    print(f"{total} steps from power-on to {given.until}, in {given.video}")


def record(video: Path, seed: int, milestones: list[Milestone]) -> int:
    """Writes the video; returns the steps."""
    total = 0
    with GameEnv(FOLDER) as env:
        _, info = env.reset(seed=seed)
        with Recorder(env, video, STYLE) as recorder:
            for milestone in milestones:
                info, steps = _play(recorder, milestone, info)
                total += steps
                defeats = info["state"]["game"]["defeats"]
                line = f"{milestone.index:2} {milestone.id:24} {steps:4} steps, {defeats} defeats"
                print(line, flush=True)
    return total


def _play(
    recorder: Recorder, milestone: Milestone, info: dict[str, Any]
) -> tuple[dict[str, Any], int]:
    """The way to one milestone; what the environment said last, and the steps."""
    done, steps = jmespath.compile(milestone.done_when), 0

    def announce(action: str) -> None:
        recorder.set_caption(f"{action:<8} {milestone.id}")

    played = follow_expert(recorder.env, milestone, info, announce)
    while not done.search(info["state"]):
        info = next(played)
        steps += 1
    return info, steps


if __name__ == "__main__":
    main()
