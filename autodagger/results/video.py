"""Videos: episodes played again on the emulator, frame for frame, with the buttons shown.

An episode is its start state, its seed and its actions; the emulator is deterministic. So nothing
is recorded while experts and students play, and a video costs only whoever wants to see it.
"""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import imageio_ffmpeg
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from autodagger.game.env import GameEnv
from autodagger.results.layout import name_video
from autodagger.rollout.episode import NO_LABEL
from autodagger.rollout.replay import Replay, Replays
from autodagger.task import Task

CAPTION_ROWS = 16
"""Height of the strip below the screen that names the buttons, in screen pixels; with the screen's
160 rows it gives a height that H.264's 16-pixel blocks divide."""

LAST_FRAME_SECONDS = 1.0
"""How long a video rests on its last picture, the success."""

_ENCODER = ("-preset", "veryfast", "-crf", "20", "-threads", "1")

_INK, _PRESSED, _DIFFERS = (235, 235, 235), (120, 200, 120), (240, 170, 70)


@dataclass(frozen=True)
class VideoStyle:
    """How videos look.

    Attributes:
        fps: Pictures a second.
        scale: Size of a screen pixel in the video (nearest neighbour).
        speed: 1 is the game's real speed.
        show_expert: Whether the expert's choice stands beside the button where they differ.
    """

    fps: float
    scale: int = 3
    speed: float = 1.0
    show_expert: bool = False


def pick_replays(
    replays: Iterable[Replay], per_iteration: int, per_evaluation: int
) -> Iterator[Replay]:
    """The first episodes of each iteration and of each evaluation."""
    seen: Counter[tuple[str, int | None]] = Counter()
    for replay in replays:
        group = (replay.group, replay.iteration)
        seen[group] += 1
        if seen[group] <= (per_evaluation if replay.iteration is None else per_iteration):
            yield replay


def record_videos(task: Task, replays: Replays, folder: Path, style: VideoStyle) -> list[Path]:
    """Plays episodes again and writes each as a file (H.264, plays in browsers).

    Args:
        task: The milestone; nobody is asked.
        replays: The episodes.
        folder: Made anew.
        style: How they look.

    Returns:
        The files, in the order of the episodes.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    states = {start.name: start.data for start in task.load_starts()}
    paths = [folder / name_video(replays.milestone_id, replay) for replay in replays.episodes]
    env = GameEnv(task.game_dir, task.rom, task.milestone)
    try:
        for path, replay in zip(paths, replays.episodes, strict=True):
            env.reset(seed=replay.seed, options={"state": states[replay.start_state]})
            with Recorder(env, path, style) as recorder:
                _replay(recorder, replay, replays.actions, style.show_expert)
    finally:
        env.close()
    return paths


def _replay(
    recorder: "Recorder", replay: Replay, actions: Sequence[str], show_expert: bool
) -> None:
    for act, label in zip(replay.acts, replay.labels, strict=True):
        differs = show_expert and label not in (NO_LABEL, act)
        recorder.set_caption(actions[act], actions[label] if differs else None)
        recorder.env.step(act)


class Recorder:
    """A video of what an environment plays within a `with` block, with a caption below the screen.

    Args:
        env: Already reset.
        path: The .mp4 to write (H.264, plays in browsers).
        style: How it looks.
    """

    def __init__(self, env: GameEnv, path: Path, style: VideoStyle) -> None:
        self.env = env
        height, self._width, _ = env.simulator.screen_shape
        self._fps, scale = style.fps, style.scale
        self._frames_per_picture = env.simulator.frames_per_second * style.speed / style.fps
        self._frames, self._pictures = 0, 0
        self.set_caption(None)
        self._writer = imageio_ffmpeg.write_frames(
            str(path),
            (self._width, height + CAPTION_ROWS),
            fps=style.fps,
            codec="libx264",
            macro_block_size=None,
            output_params=[*_ENCODER, "-vf", f"scale=iw*{scale}:ih*{scale}:flags=neighbor"],
        )

    def __enter__(self) -> Self:
        self._writer.send(None)
        self.env.set_on_frame(self._take)
        return self

    def __exit__(self, *_: object) -> None:
        self.env.set_on_frame(None)
        for _picture in range(round(LAST_FRAME_SECONDS * self._fps)):
            self._send()
        self._writer.close()

    def set_caption(self, pressed: str | None, expert: str | None = None) -> None:
        """Names the button of the frames that follow, and the expert's choice if given."""
        self._caption = _draw_caption(self._width, pressed, expert)

    def _take(self) -> None:
        self._frames += 1
        while self._pictures * self._frames_per_picture < self._frames:
            self._pictures += 1
            self._send()

    def _send(self) -> None:
        self._writer.send(np.concatenate([self.env.simulator.screen(), self._caption]))


def _draw_caption(width: int, pressed: str | None, expert: str | None) -> np.ndarray:
    """The strip below the screen, (16, width, 3) uint8."""
    strip = Image.new("RGB", (width, CAPTION_ROWS), (24, 24, 28))
    draw = ImageDraw.Draw(strip)
    font = ImageFont.load_default(11)
    if pressed:
        draw.text((4, 1), "pressed", _INK, font)
        draw.text((52, 1), pressed, _DIFFERS if expert else _PRESSED, font)
    if expert:
        draw.text((124, 1), "expert", _INK, font)
        draw.text((166, 1), expert, _PRESSED, font)
    return np.asarray(strip)
