"""One video of the whole story: the experts play from power-on to the badge without a break.

Usage: python games/mossbrook/record_story.py [story.mp4] [seed]
"""

import sys
from pathlib import Path

import jmespath

from autodagger.expert.expert import Expert
from autodagger.game.env import GameEnv
from autodagger.game.milestone import load_milestones
from autodagger.results.video import Recorder

FOLDER = Path(__file__).resolve().parent


def main(path: Path, seed: int) -> None:
    """Plays each expert until its milestone is done, on one emulator that is never reset."""
    env = GameEnv(FOLDER)
    _, info = env.reset(seed=seed)
    with Recorder(env, path, fps=30, speed=2) as recorder:
        total = 0
        for milestone in load_milestones(FOLDER / "milestone_config.json"):
            expert = Expert(
                FOLDER / "experts" / f"{milestone.id}.py", FOLDER / "tools", env.game.actions
            )
            done, steps = jmespath.compile(milestone.done_when), 0
            while not done.search(info["state"]):
                act = expert.act(info["state"])
                recorder.set_caption(f"{env.game.actions[act]:<8} {milestone.id}")
                _, _, _, _, info = env.step(act)
                steps += 1
            total += steps
            defeats = info["state"]["game"]["defeats"]
            print(f"{milestone.index:2} {milestone.id:24} {steps:4} steps, {defeats} defeats")
    print(f"{total} steps from power-on to the badge, in {path}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "story.mp4"), int((sys.argv[2:] or ["0"])[0]))
