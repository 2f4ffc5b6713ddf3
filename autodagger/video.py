"""Videos: episodes played again on the emulator, frame for frame, with the buttons shown.

An episode is its start state, its seed and its actions; the emulator is deterministic. So nothing
is recorded while experts and students play, and a video costs only whoever wants to see it.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import imageio_ffmpeg
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from autodagger.emulator import FRAMES_PER_SECOND, SCREEN_SHAPE
from autodagger.env import GameEnv
from autodagger.milestone import Milestone
from autodagger.states import load_start_states
from autodagger.worker import NO_LABEL

CAPTION_ROWS = 16
"""Height of the strip below the screen that names the buttons, in screen pixels; with the screen's
160 rows it gives a height that H.264's 16-pixel blocks divide."""

LAST_FRAME_SECONDS = 1.0
"""How long a video rests on its last picture, the success."""

_ENCODER = ("-preset", "veryfast", "-crf", "20", "-threads", "1")

_INK, _PRESSED, _DIFFERS = (235, 235, 235), (120, 200, 120), (240, 170, 70)


def record_videos(
    *,
    game_dir: Path,
    rom_path: Path,
    milestone: Mapping[str, Any],
    start_states: Path | None,
    trajectories: Sequence[Mapping[str, Any]],
    actions: Sequence[str],
    folder: Path,
    fps: float,
    speed: float = 1.0,
    scale: int = 3,
    show_expert: bool = False,
) -> list[Path]:
    """Plays episodes again and writes each as `{folder}/{name}.mp4` (H.264, plays in browsers).

    Args:
        milestone: What `Milestone.to_params` gave.
        start_states: File for `load_start_states`.
        trajectories: Episodes as `autodagger.evaluation.trajectory` describes them.
        actions: Action names, as the trajectories count them.
        folder: Made anew.
        fps: Pictures a second.
        speed: 1 is the game's real speed.
        scale: Size of a screen pixel in the video (nearest neighbour).
        show_expert: Whether the expert's choice stands beside the button where they differ.

    Returns:
        The files, in the order of the trajectories.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    states = {state.name: state.data for state in load_start_states(start_states)}
    paths = [folder / f"{episode['name']}.mp4" for episode in trajectories]
    env = GameEnv(game_dir, rom_path, Milestone(**milestone))
    try:
        for path, episode in zip(paths, trajectories, strict=True):
            recorder = Recorder(env, path, fps, speed, scale)
            _replay(recorder, episode, states[episode["start_state"]], actions, show_expert)
    finally:
        env.close()
    return paths


def _replay(
    recorder: "Recorder",
    episode: Mapping[str, Any],
    start: bytes | None,
    actions: Sequence[str],
    show_expert: bool,
) -> None:
    env = recorder.env
    env.reset(seed=episode["seed"], options={"state": start})
    with recorder:
        for act, label in zip(episode["acts"], episode["labels"], strict=True):
            differs = show_expert and label not in (NO_LABEL, act)
            recorder.set_caption(actions[act], actions[label] if differs else None)
            env.step(act)


class Recorder:
    """A video of what an environment plays within a `with` block, with a caption below the screen.

    Args:
        env: Already reset.
        path: The .mp4 to write (H.264, plays in browsers).
        fps: Pictures a second.
        speed: 1 is the game's real speed.
        scale: Size of a screen pixel in the video (nearest neighbour).
    """

    def __init__(
        self, env: GameEnv, path: Path, fps: float, speed: float = 1.0, scale: int = 3
    ) -> None:
        self.env = env
        self._fps, self._frames_per_picture = fps, FRAMES_PER_SECOND * speed / fps
        self._frames, self._pictures = 0, 0
        self._caption = _draw_caption(None, None)
        self._writer = imageio_ffmpeg.write_frames(
            str(path),
            (SCREEN_SHAPE[1], SCREEN_SHAPE[0] + CAPTION_ROWS),
            fps=fps,
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

    def set_caption(self, pressed: str, expert: str | None = None) -> None:
        """Names the button of the frames that follow, and the expert's choice if given."""
        self._caption = _draw_caption(pressed, expert)

    def _take(self) -> None:
        self._frames += 1
        while self._pictures * self._frames_per_picture < self._frames:
            self._pictures += 1
            self._send()

    def _send(self) -> None:
        self._writer.send(np.concatenate([self.env.emulator.screen(), self._caption]))


def _draw_caption(pressed: str | None, expert: str | None) -> np.ndarray:
    """The strip below the screen, (16, 240, 3) uint8."""
    strip = Image.new("RGB", (SCREEN_SHAPE[1], CAPTION_ROWS), (24, 24, 28))
    draw = ImageDraw.Draw(strip)
    font = ImageFont.load_default(11)
    if pressed:
        draw.text((4, 1), "pressed", _INK, font)
        draw.text((52, 1), pressed, _DIFFERS if expert else _PRESSED, font)
    if expert:
        draw.text((124, 1), "expert", _INK, font)
        draw.text((166, 1), expert, _PRESSED, font)
    return np.asarray(strip)
