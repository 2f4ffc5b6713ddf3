"""Signs of life: files by which runs and jobs tell that they live, on whichever host of a cluster.

A process on this host is asked for by its id, which tells its end at once. One on another host that
shares the folder touches its sign again and again; when it was silent for long, it is gone.
"""

import os
import re
import signal
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autodagger.files import DamagedFile, read_text, write_text
from autodagger.processes import is_alive

BEAT_SECONDS = 10
"""How often a sign is touched."""

SILENT_SECONDS = 90
"""A sign that was not touched for so long is a dead one's; clocks of hosts may differ by less."""

_LOOKS = 3  # in a row that find a sign dead: a shared folder can be away for a moment
_PROCESS = re.compile(r"[0-9]{1,12}")
_NAMESPACE = Path("/proc/self/ns/pid")


@dataclass(frozen=True)
class Sign:
    """What a file says of the process that wrote it.

    Attributes:
        process: Its id.
        host: Where that id holds, see `get_host`.
        run: The run that it belongs to.
        outcome: Empty while it works.
    """

    process: int
    host: str
    run: str = ""
    outcome: str = ""

    def write(self, path: Path) -> None:
        """Writes the file in one step."""
        write_text(path, f"{self.process} {self.host} {self.run} {self.outcome}".strip())

    @classmethod
    def read(cls, path: str | Path) -> "Sign | None":
        """What the file says; None where it says nothing."""
        try:
            process, *others = read_text(path).split()
        except (DamagedFile, ValueError):
            return None
        if not _PROCESS.fullmatch(process) or len(others) > 3:
            return None
        return cls(int(process), *(others or [get_host()]))


def get_host() -> str:
    """Where process ids mean the same: the machine's name, and the kernel's number for them."""
    numbered = _NAMESPACE.stat().st_ino if _NAMESPACE.exists() else 0
    return f"{socket.gethostname()}/{numbered}"


def is_sign_alive(path: str | Path) -> bool:
    """Whether the process of a sign lives, as far as can be told from here."""
    sign = Sign.read(path)
    if sign is None or sign.outcome:
        return False
    if sign.host == get_host() and not is_alive(sign.process):
        return False
    with suppress(OSError):  # an id may have gone to another process
        return time.time() - Path(path).stat().st_mtime < SILENT_SECONDS
    return False


def end_when_silent(path: Path) -> None:
    """Makes this process end when a sign is gone, or the process that it is of."""

    def listen() -> None:
        silent = 0
        while silent < _LOOKS:
            silent = 0 if is_sign_alive(path) else silent + 1
            time.sleep(BEAT_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=listen, daemon=True).start()


def keep_touching(path: Path) -> threading.Event:
    """Touches a sign until the event that comes back is set, or this process ends."""
    stopped = threading.Event()

    def beat() -> None:
        while not stopped.wait(BEAT_SECONDS):
            with suppress(OSError):  # gone, or a file system that is away for a moment
                os.utime(path)

    threading.Thread(target=beat, daemon=True).start()
    return stopped
