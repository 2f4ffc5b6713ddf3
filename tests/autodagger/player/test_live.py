"""A live picture: in letters, at the game's own pace."""

import io
import re
import time

import numpy as np
import pytest

from autodagger.errors import UserError
from autodagger.player import live
from autodagger.player.live import Pace, Terminal, draw_blocks, open_live

SCREEN = np.zeros((4, 6, 3), np.uint8)
SCREEN[:2, :3], SCREEN[2:, 3:] = (255, 0, 0), (0, 0, 255)


def test_a_letter_is_two_pixels() -> None:
    red, black = "38;2;255;0;0;48;2;255;0;0", "38;2;0;0;0;48;2;0;0;0"
    first, second = draw_blocks(SCREEN, 80, 24)
    assert first == f"\x1b[{red}m▀▀▀\x1b[{black}m▀▀▀\x1b[0m"
    assert second == f"\x1b[{black}m▀▀▀\x1b[38;2;0;0;255;48;2;0;0;255m▀▀▀\x1b[0m"
    assert draw_blocks(SCREEN[1:3], 80, 24)[0].startswith("\x1b[38;2;255;0;0;48;2;0;0;0m")


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (20, 50), (200, 5), (1, 1)])
def test_it_fits(columns: int, rows: int) -> None:
    lines = draw_blocks(np.zeros((160, 240, 3), np.uint8), columns, rows)
    assert 1 <= len(lines) <= rows
    assert max(line.count("▀") for line in lines) <= columns


def test_only_what_changed_is_written_again() -> None:
    stream = io.StringIO()
    with Terminal(stream, (20, 10)) as terminal:
        terminal.show(SCREEN, "CURSOR  a")
        before = len(stream.getvalue())
        terminal.show(SCREEN, "CURSOR  a")
        assert len(stream.getvalue()) == before
        other = SCREEN.copy()
        other[3] = 9
        terminal.show(other, "CURSOR  b")
        written = stream.getvalue()[before:]
        assert re.findall(r"\x1b\[(\d+);1H", written) == ["2", "3"]
        assert "CURSOR  b" in written
    assert stream.getvalue().endswith("\x1b[?25h\x1b[?1049l")


def test_it_keeps_the_games_pace() -> None:
    pace = Pace(60.0)
    begin = time.monotonic()
    shown = sum(pace.is_due() for _ in range(30))
    assert shown == 7
    assert time.monotonic() - begin > 0.3


def test_where_nothing_can_be_shown_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(UserError, match=r"neither a window .* nor a terminal.*--video"):
        open_live(io.StringIO())


def test_without_a_window_the_terminal_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tty(io.StringIO):
        def isatty(self) -> bool:
            return True

    def fail() -> None:
        raise RuntimeError("no display name and no $DISPLAY environment variable")

    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.setattr(live, "Window", fail)
    assert isinstance(open_live(Tty()), Terminal)
