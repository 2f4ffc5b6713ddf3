"""Long text on a terminal."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autodagger.commands.pager import show_paged

TEXT = "\n".join(map(str, range(30)))


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a pager on a terminal of ten lines was given."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    path = tmp_path / "kept"
    values = {"TERM": "xterm", "LINES": "10", "COLUMNS": "40", "PAGER": f"cat > '{path}'"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return path


def test_a_long_text_goes_to_the_pager(kept: Path) -> None:
    assert show_paged(TEXT) == ""
    assert kept.read_text() == f"{TEXT}\n"


@pytest.mark.parametrize("lines", [1, 9])
def test_a_text_that_fits_is_printed(kept: Path, lines: int) -> None:
    text = "\n".join("x" * lines)
    assert show_paged(text) == text
    assert not kept.exists()


@pytest.mark.parametrize("text", ["\n".join("x" * 10), "x" * (9 * 40 + 1)])
def test_the_first_that_does_not_fit_is_paged(kept: Path, text: str) -> None:
    """A long line takes several."""
    assert show_paged(text) == ""
    assert kept.exists()


@pytest.mark.parametrize(
    ("name", "value"), [("PAGER", ""), ("PAGER", "cat"), ("TERM", "dumb"), ("PAGER", "/no/such")]
)
def test_without_a_pager_it_is_printed(
    kept: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert show_paged(TEXT) == TEXT
    assert not kept.exists()


def test_what_goes_elsewhere_is_printed(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    assert show_paged(TEXT) == TEXT


def test_a_reader_who_leaves_early_is_no_error(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "head -n 1 > /dev/null")
    assert show_paged("\n".join("x" * 500_000)) == ""


@pytest.mark.parametrize(
    ("given", "expected"), [(None, "FRX"), ("-S", "-S")], ids=["none", "the user's own"]
)
def test_less_has_options_as_git_gives_it(
    kept: Path, monkeypatch: pytest.MonkeyPatch, given: str | None, expected: str
) -> None:
    monkeypatch.delenv("LESS", raising=False)
    if given:
        monkeypatch.setenv("LESS", given)
    monkeypatch.setenv("PAGER", f"printf %s \"$LESS\" > '{kept}'; cat > /dev/null")
    show_paged(TEXT)
    assert kept.read_text() == expected


def test_ctrl_c_is_the_pagers(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setenv("PAGER", f"kill -INT {os.getpid()}; cat > '{kept}'")
    assert show_paged(TEXT) == ""
    assert kept.read_text() == f"{TEXT}\n"
    assert signal.getsignal(signal.SIGINT) == before


def test_status_is_paged_on_a_terminal(tmp_path: Path) -> None:
    """As a program, whose work is done in a child without the terminal as its input."""
    ours, theirs = pty.openpty()
    kept = tmp_path / "kept"
    sizes = {"LINES": "5", "COLUMNS": "80", "TERM": "xterm", "PAGER": f"cat > '{kept}'"}
    command = [sys.executable, "-m", "autodagger", "status", "--output-dir", str(tmp_path)]
    done = subprocess.run(command, stdout=theirs, env=os.environ | sizes, check=True)
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 0
    assert "RIVAL_HOUSE" in kept.read_text()


def test_the_pager_itself_heeds_ctrl_c(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", f"kill -INT $$; cat > '{kept}'")
    assert show_paged(TEXT) == ""
    assert not kept.exists()
