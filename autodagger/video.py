"""Videos: episodes played again on the emulator, frame for frame, with the buttons shown.

An episode is its start state, its seed and its actions; the emulator is deterministic. So nothing
is recorded while experts and students play, and a video costs only whoever wants to see it.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

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
    env = GameEnv(game_dir, rom_path, Milestone(**milestone))
    try:
        return [
            _record(env, episode, states, actions, folder, fps, speed, scale, show_expert)
            for episode in trajectories
        ]
    finally:
        env.close()


def _record(
    env: GameEnv,
    episode: Mapping[str, Any],
    states: Mapping[str, bytes | None],
    actions: Sequence[str],
    folder: Path,
    fps: float,
    speed: float,
    scale: int,
    show_expert: bool,
) -> Path:
    path = folder / f"{episode['name']}.mp4"
    writer = imageio_ffmpeg.write_frames(
        str(path),
        (SCREEN_SHAPE[1], SCREEN_SHAPE[0] + CAPTION_ROWS),
        fps=fps,
        codec="libx264",
        macro_block_size=None,
        output_params=[*_ENCODER, "-vf", f"scale=iw*{scale}:ih*{scale}:flags=neighbor"],
    )
    writer.send(None)
    camera = _Camera(env, writer, FRAMES_PER_SECOND * speed / fps)
    env.reset(seed=episode["seed"], options={"state": states[episode["start_state"]]})
    env.set_on_frame(camera.take)
    for act, label in zip(episode["acts"], episode["labels"], strict=True):
        differs = show_expert and label not in (NO_LABEL, act)
        camera.set_caption(actions[act], actions[label] if differs else None)
        env.step(act)
    env.set_on_frame(None)
    camera.rest(round(LAST_FRAME_SECONDS * fps))
    writer.close()
    return path


class _Camera:
    """Sends every picture that is due to the encoder."""

    def __init__(self, env: GameEnv, writer: Any, frames_per_picture: float) -> None:
        self._env, self._writer = env, writer
        self._frames_per_picture = frames_per_picture
        self._frames, self._pictures = 0, 0
        self._caption = _draw_caption(None, None)

    def set_caption(self, pressed: str, expert: str | None) -> None:
        self._caption = _draw_caption(pressed, expert)

    def take(self) -> None:
        self._frames += 1
        while self._pictures * self._frames_per_picture < self._frames:
            self._pictures += 1
            self._send()

    def rest(self, pictures: int) -> None:
        for _ in range(pictures):
            self._send()

    def _send(self) -> None:
        self._writer.send(np.concatenate([self._env.emulator.screen(), self._caption]))


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
