"""Text that is longer than the terminal, a page at a time, as git shows it."""

import os
import shutil
import signal
import subprocess
import sys

_DUMB = ("", "dumb")
_PLAIN = ("", "cat")
_LESS = "FRX"  # as git: ends by itself on one page, keeps colours and what was shown
_NOT_FOUND = (126, 127)  # a shell's exit status for what it cannot start


def show_paged(text: str) -> str:
    """Shows a text through `$PAGER`, else `less`, if it is longer than the terminal.

    Returns:
        What is left to print: all of it, where it fits, there is no terminal, or no pager.
    """
    command = os.environ.get("PAGER", "less" if shutil.which("less") else "")
    if not sys.stdout.isatty() or os.environ.get("TERM", "") in _DUMB:
        return text
    if command.strip() in _PLAIN or _fits(text):
        return text
    return text if _show(command, text) in _NOT_FOUND else ""


def _fits(text: str) -> bool:
    """Whether it leaves room for the next prompt; long lines take several."""
    size = shutil.get_terminal_size()
    lines = sum(max(1, -(-len(line) // size.columns)) for line in text.split("\n"))
    return lines < size.lines


def _show(command: str, text: str) -> int:
    """Runs the pager to its end, which is the reader's; returns its exit status."""
    sys.stdout.flush()
    environment = {"LESS": _LESS} | os.environ
    # Ctrl-C is the pager's to heed; it would inherit SIG_IGN, but not a handler.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        with subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, env=environment) as pager:
            pager.communicate(f"{text}\n".encode())  # whoever leaves early has seen enough
    finally:
        signal.signal(signal.SIGINT, before)
    return pager.returncode
