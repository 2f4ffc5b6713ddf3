"""Videos of the agent's runs, played again, with its belief beside the button."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from autodagger.agent.chain import Chain
from autodagger.agent.evaluation import Run, read_runs
from autodagger.agent.pictures import draw_strip
from autodagger.files import folder_in_one_step
from autodagger.game.env import GameEnv
from autodagger.results.video import Recorder, VideoStyle

SPEED = 2.0
"""Of the videos: a whole game is long."""


def record_agent_videos(
    chain: Chain,
    runs_file: Path,
    style: VideoStyle,
    outputs: dict[str, Path],
) -> list[Path]:
    """Makes a video of the first run that reached the end, one of the first that did not, a strip.

    Args:
        chain: The milestones.
        runs_file: What `evaluate_agent` kept.
        style: How they look, at the game's own speed.
        outputs: What to write: `videos` (a folder that appears with all of them) and `strip`.

    Returns:
        The videos.

    Raises:
        UserError: The runs cannot be read, or the encoder stopped.
    """
    actions, runs = read_runs(runs_file, len(chain.ids))
    reached = [run for run in runs if run.success]
    failed = [run for run in runs if not run.success and run.acts]  # not a crash's
    folder = outputs["videos"]
    names: list[str] = []
    with folder_in_one_step(folder) as unfinished:
        for run in (*reached[:1], *failed[:1]):
            name = f"agent_run{run.number}_{_kind(run)}_steps{len(run.acts)}.mp4"
            pictures = _play(chain, actions, run, replace(style, speed=SPEED), unfinished / name)
            if not names:
                draw_strip(pictures, outputs["strip"])
            names.append(name)
    return [folder / name for name in names]


def _kind(run: Run) -> str:
    return "success" if run.success else "fail"


def _play(
    chain: Chain, actions: Sequence[str], run: Run, style: VideoStyle, path: Path
) -> list[tuple[str, np.ndarray]]:
    """Plays a run again into a video; returns the screen at each milestone's end, with a text."""
    first, ids = chain.tasks[0], chain.ids
    width = len(str(len(ids)))
    env = GameEnv(first.game_dir, first.rom)
    try:
        screen, _ = env.reset(seed=run.seed)
        pictures: list[tuple[str, np.ndarray]] = [("power-on", screen)]
        after = [*run.due[1:], len(ids) if run.success else run.due[-1]]
        with Recorder(env, path, style) as recorder:
            for step, act in enumerate(run.acts):
                belief = f"{run.beliefs[step] + 1:>{width}}/{len(ids)}  {ids[run.beliefs[step]]}"
                recorder.set_caption(actions[act], belief=belief)
                screen, *_ = env.step(act)
                if after[step] != run.due[step]:
                    text = f"{after[step]:>{width}} {ids[after[step] - 1]}\nstep {step + 1}"
                    pictures.append((text, screen))
        return pictures
    finally:
        env.close()
