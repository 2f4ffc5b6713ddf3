"""Videos: episodes played again, frame for frame, with the actions shown.

An episode is its start state, its seed and its actions; the game is deterministic. So nothing
is recorded while experts and students play, and a video costs only whoever wants to see it.
"""

import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import NoReturn, Self

import imageio_ffmpeg
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from autodagger.errors import UserError
from autodagger.files import folder_in_one_step
from autodagger.game.env import GameEnv
from autodagger.results.layout import name_video
from autodagger.rollout.episode import NO_LABEL
from autodagger.rollout.replay import Replay, Replays
from autodagger.task import Task

CAPTION_WIDTH, CAPTION_ROWS = 240, 16
"""Size of the strip below the screen that names the actions, in screen pixels. A wider screen has
a whole multiple of it; a narrower one is enlarged first, as far as the style's scale lets.
"""

LAST_FRAME_SECONDS = 1.0
"""How long a video rests on its last picture, the success."""

# The index comes first (faststart), so that a browser plays while it still loads.
_FORMAT = ("-vcodec", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart")
_ENCODER = (*_FORMAT, "-preset", "veryfast", "-crf", "20", "-threads", "1")

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
    scale: int = 2
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
        folder: Appears with all of them, in one step, in the place of an earlier one; a kill leaves
            a hidden folder beside it, which the next call takes away.
        style: How they look.

    Returns:
        The files, in the order of the episodes.

    Raises:
        UserError: The encoder stopped, as it does when the disk is full.
    """
    names = [name_video(replays.milestone_id, replay) for replay in replays.episodes]
    with folder_in_one_step(folder) as unfinished:
        _record(task, replays, [unfinished / name for name in names], style)
    return [folder / name for name in names]


def _record(task: Task, replays: Replays, paths: Sequence[Path], style: VideoStyle) -> None:
    states = {start.name: start.data for start in (*task.load_starts(), *task.load_test_starts())}
    env = GameEnv(task.game_dir, task.rom, task.milestone)
    try:
        for path, replay in zip(paths, replays.episodes, strict=True):
            env.reset(seed=replay.seed, options={"state": states[replay.start_state]})
            with Recorder(env, path, style) as recorder:
                _replay(recorder, replay, replays.actions, style.show_expert)
    finally:
        env.close()


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
        height, width, _ = env.simulator.screen_shape
        self._enlarged = _choose_enlargement(width, style.scale)
        self._width = width * self._enlarged
        height *= self._enlarged
        self._fps = style.fps
        self._frames_per_picture = env.simulator.frames_per_second * style.speed / style.fps
        self._frames, self._pictures = 0, 0
        self.set_caption(None)
        # H.264 halves the colours' resolution, so that both sides must be even.
        self._padding = ((0, (height + len(self._caption)) % 2), (0, self._width % 2), (0, 0))
        (_, row), (_, column), _ = self._padding
        width, height = self._width + column, height + len(self._caption) + row
        left = replace(style, scale=style.scale // self._enlarged)
        self._encoder = Encoder(path, width, height, left)

    def __enter__(self) -> Self:
        self._encoder.start()
        self.env.set_on_frame(self.take)
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self.env.set_on_frame(None)
        try:
            if error is None:
                for _picture in range(round(LAST_FRAME_SECONDS * self._fps)):
                    self._send()
                self._encoder.finish()
        finally:
            self._encoder.end()

    def set_caption(
        self, pressed: str | None, expert: str | None = None, belief: str | None = None
    ) -> None:
        """Names the button of the frames that follow, and what else is known of it.

        Args:
            pressed: The button.
            expert: The expert's choice, where it is another one.
            belief: What the player believes in, instead.
        """
        self._caption = _draw_caption(self._width, pressed, expert, belief)

    def take(self) -> None:
        """Takes in a frame of the game, as the environment does after each within the block."""
        self._frames += 1
        while self._pictures * self._frames_per_picture < self._frames:
            self._pictures += 1
            self._send()

    def _send(self) -> None:
        screen = self.env.simulator.screen()
        if self._enlarged > 1:
            screen = screen.repeat(self._enlarged, axis=0).repeat(self._enlarged, axis=1)
        picture = np.concatenate([screen, self._caption])
        self._encoder.send(np.pad(picture, self._padding) if np.any(self._padding) else picture)


class Encoder:
    """The ffmpeg of imageio-ffmpeg, asked directly: its own writer does not say how it ended.

    Without that, a full disk would leave half a video that nobody hears of.

    Args:
        path: The .mp4 to write (H.264, plays in browsers).
        width: Of each picture, as it is sent; enlarged by the style's scale it must be even.
        height: Likewise.
        style: How it looks.
    """

    def __init__(self, path: Path, width: int, height: int, style: VideoStyle) -> None:
        self._path = path
        rate = Fraction(style.fps).limit_denominator()
        scale = f"scale=iw*{style.scale}:ih*{style.scale}:flags=neighbor"
        pictures = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}")
        self._options = [*pictures, "-r", str(rate), "-i", "-", "-an", *_ENCODER, "-vf", scale]

    def start(self) -> None:
        """Begins the file."""
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", *self._options]
        self._process = subprocess.Popen(
            [*command, str(self._path)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us, who then end it
        )
        assert self._process.stdin and self._process.stderr
        self._input, self._errors = self._process.stdin, self._process.stderr

    def send(self, picture: np.ndarray) -> None:
        """Adds a picture, (height, width, 3) uint8; raises UserError as `finish`."""
        try:
            self._input.write(picture.data)
        except BrokenPipeError:
            self._raise()

    def finish(self) -> None:
        """Waits until the file is whole.

        Raises:
            UserError: It is not.
        """
        try:
            self._input.close()
        except BrokenPipeError:
            self._raise()
        if self._process.wait():
            self._raise()

    def end(self) -> None:
        """Ends it in any case; what it thinks of that is of no interest."""
        self._process.kill()  # nothing, after `finish`
        with suppress(BrokenPipeError):
            self._input.close()
        self._errors.close()
        self._process.wait()

    def _raise(self) -> NoReturn:
        said = self._errors.read().decode(errors="replace").strip() or "without a word"
        raise UserError(
            f"recording {self._path.name}: ffmpeg stopped ({said.splitlines()[0]}); expected "
            "a whole video. Put that right (a full disk: free some space) and start again, or do "
            "without videos (record_video: false)."
        ) from None


def _draw_caption(
    width: int, pressed: str | None, expert: str | None, belief: str | None = None
) -> np.ndarray:
    """The strip below the screen, (16, width, 3) uint8, or a whole multiple of 16 rows."""
    size = max(1, width // CAPTION_WIDTH)
    strip = Image.new("RGB", (width, CAPTION_ROWS * size), (24, 24, 28))
    draw = ImageDraw.Draw(strip)
    font = ImageFont.load_default(11 * size)

    def write(column: int, text: str, colour: tuple[int, int, int]) -> None:
        draw.text((column * size, size), text, colour, font)

    if belief:  # its name is long: the button stands alone
        write(46, belief, _INK)
    elif pressed:
        write(4, "pressed", _INK)
    if pressed:
        write(4 if belief else 52, pressed, _DIFFERS if expert else _PRESSED)
    if expert:
        write(124, "expert", _INK)
        write(166, expert, _PRESSED)
    return np.asarray(strip)


def _choose_enlargement(width: int, scale: int) -> int:
    """By which a screen is enlarged before the caption joins it: the rest is the encoder's part."""
    factors = [factor for factor in range(1, scale + 1) if scale % factor == 0]
    return next((factor for factor in factors if width * factor >= CAPTION_WIDTH), scale)
