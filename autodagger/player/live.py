"""A live picture of a game: in a window where one can be had, else in the terminal."""

import os
import shutil
import sys
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
from PIL import Image

from autodagger.errors import UserError

PICTURES_PER_SECOND = 15
"""At most: a terminal takes no more."""

_WINDOW_WIDTH = 640  # at least, in whole multiples of the screen's
_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l\x1b[2J", "\x1b[0m\x1b[?25h\x1b[?1049l"


class Closed(Exception):
    """The window was closed: whoever watched has seen enough."""


class Live(ABC):
    """Where the pictures go; use it in a `with` block."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def show(self, screen: np.ndarray, text: str) -> None:
        """Shows (H, W, 3) uint8 with a line of text; raises Closed where nobody looks any more."""

    @abstractmethod
    def close(self) -> None:
        """Ends it."""


def open_live(stream: IO[str] | None = None) -> Live:
    """A window, or the terminal.

    Args:
        stream: The terminal; None: standard output.

    Raises:
        UserError: There is neither.
    """
    stream = stream or sys.stdout
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        with suppress(Exception):  # no tkinter, or no display behind the name: the terminal, then
            return Window()
    if stream.isatty():
        return Terminal(stream)
    raise UserError(
        "--watch: there is neither a window (DISPLAY is not set, or tkinter is missing) nor a "
        "terminal. Start it in a terminal, or write a video with --video FILE."
    )


class Pace:
    """Lets frames through at the game's own speed, and not more of them than can be shown.

    Args:
        frames_per_second: Of the game.
    """

    def __init__(self, frames_per_second: float) -> None:
        self._every = max(1, round(frames_per_second / PICTURES_PER_SECOND))
        self._seconds = self._every / frames_per_second
        self._frames, self._due = 0, time.monotonic()

    def is_due(self) -> bool:
        """Counts a frame; whether it is to be shown, after its time has come."""
        self._frames += 1
        if self._frames % self._every:
            return False
        now = time.monotonic()
        self._due = max(self._due + self._seconds, now - self._seconds)
        time.sleep(max(0.0, self._due - now))
        return True


class Terminal(Live):
    """Half blocks, each two pixels in 24-bit colours; only lines that changed are written.

    Args:
        stream: The terminal.
        size: Its columns and lines; None: as it is.
    """

    def __init__(self, stream: IO[str], size: tuple[int, int] | None = None) -> None:
        self._stream, self._size = stream, size
        self._lines: list[str] = []
        self._stream.write(_ENTER)

    def show(self, screen: np.ndarray, text: str) -> None:
        """See `Live.show`."""
        columns, rows = self._size or shutil.get_terminal_size()
        lines = [*draw_blocks(screen, columns, rows - 1), f"\x1b[0m{text[:columns]}\x1b[K"]
        if len(lines) != len(self._lines):
            self._stream.write("\x1b[0m\x1b[2J")
            self._lines = [""] * len(lines)
        for row, (line, before) in enumerate(zip(lines, self._lines, strict=True), 1):
            if line != before:
                self._stream.write(f"\x1b[{row};1H{line}")
        self._stream.flush()
        self._lines = lines

    def close(self) -> None:
        """Gives the terminal back as it was."""
        self._stream.write(_LEAVE)
        self._stream.flush()


def draw_blocks(screen: np.ndarray, columns: int, rows: int) -> list[str]:
    """A picture as lines of text, as large as fits: each letter is two pixels, one above the other.

    Args:
        screen: (H, W, 3) uint8.
        columns: Letters of a line.
        rows: Lines.
    """
    height, width, _ = screen.shape
    scale = min(1.0, columns / width, 2 * rows / height)
    size = max(1, int(width * scale)), max(2, int(height * scale) // 2 * 2)
    small = Image.fromarray(screen).resize(size, Image.Resampling.BOX)
    pixels = np.asarray(small).tolist()
    return [_draw_line(*pair) for pair in zip(pixels[::2], pixels[1::2], strict=True)]


def _draw_line(upper: list[list[int]], lower: list[list[int]]) -> str:
    parts, before = [], None
    for colours in zip(upper, lower, strict=True):
        if colours != before:
            (r, g, b), (red, green, blue) = colours
            parts.append(f"\x1b[38;2;{r};{g};{b};48;2;{red};{green};{blue}m")
            before = colours
        parts.append("▀")
    return "".join(parts) + "\x1b[0m"


class Window(Live):
    """A window of Tk's, which comes with most Pythons."""

    def __init__(self) -> None:
        import tkinter

        self._root = tkinter.Tk()
        self._root.title("AutoDAgger")
        self._root.protocol("WM_DELETE_WINDOW", self._close)
        self._label = tkinter.Label(self._root, compound="top", anchor="w", font="TkFixedFont")
        self._label.pack()
        self._photo: Any = None
        self._open = True

    def show(self, screen: np.ndarray, text: str) -> None:
        """See `Live.show`."""
        import tkinter

        times = -(-_WINDOW_WIDTH // screen.shape[1])
        large = screen.repeat(times, axis=0).repeat(times, axis=1)
        header = f"P6 {large.shape[1]} {large.shape[0]} 255\n".encode()
        self._photo = tkinter.PhotoImage(data=header + large.tobytes(), format="PPM")
        self._label.configure(image=self._photo, text=text)
        self._root.update()
        if not self._open:
            raise Closed

    def close(self) -> None:
        """Closes it."""
        if self._open:
            self._close()

    def _close(self) -> None:
        self._open = False
        self._root.destroy()
