"""Who is alive: jobs end with the Snakemake that started them, and a dead one's lock is stale.

`kill -9` on Snakemake leaves its jobs running and its lock in place. A job left alone could write
outputs that a later run is making anew; so it ends itself. The lock is known to be stale when no
process holds the folder's own lock file, which the kernel releases at any death.
"""

import fcntl
import os
import select
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import IO

from autodagger.sandbox import die_with_parent

PARENT_VARIABLE = "AUTODAGGER_SNAKEMAKE_PID"
"""Environment variable with the process id of the Snakemake that a job belongs to."""

_POLL_SECONDS = 0.5
_RUN_LOCK = Path(".snakemake") / "autodagger.lock"
_SNAKEMAKE_LOCKS = Path(".snakemake") / "locks"


def exit_with_parent() -> None:
    """Makes this process end as soon as its parent, or the Snakemake above it, is gone.

    Snakemake starts a script through a shell, which outlives a killed Snakemake: so the process
    named by `PARENT_VARIABLE` is watched as well as the parent.
    """
    parent = os.getppid()
    die_with_parent()
    watched = {parent, int(os.environ.get(PARENT_VARIABLE, parent))} - {os.getpid()}
    for process in watched:
        threading.Thread(target=_end_after, args=(process,), daemon=True).start()


def hold_run_lock() -> IO[bytes]:
    """Marks this folder as having a living Snakemake, for as long as the process lives.

    The lock is shared: dry runs and a running pipeline do not hinder each other.
    """
    _RUN_LOCK.parent.mkdir(exist_ok=True)
    file = _RUN_LOCK.open("ab")
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def is_run_alive() -> bool:
    """Whether any Snakemake of this workflow lives in the current folder."""
    if not _RUN_LOCK.exists():
        return False
    with _RUN_LOCK.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def remove_stale_lock() -> None:
    """Takes away what a killed Snakemake left; refuses while one is running.

    Raises:
        SystemExit: A Snakemake is at work in this folder.
    """
    if not _SNAKEMAKE_LOCKS.is_dir() or not any(_SNAKEMAKE_LOCKS.iterdir()):
        return
    if is_run_alive():
        sys.exit(
            "Another run is at work in this folder: wait for it (`make status` shows where it is), "
            "or stop it with Ctrl-C in its terminal."
        )
    print("The last run was killed: its lock is removed, and it goes on from where it was.")
    shutil.rmtree(_SNAKEMAKE_LOCKS)  # what `snakemake --unlock` does


def _end_after(process: int) -> None:
    _wait_for_end(process)
    os.kill(os.getpid(), signal.SIGKILL)


def _wait_for_end(process: int) -> None:
    if hasattr(os, "pidfd_open"):
        try:
            descriptor = os.pidfd_open(process)
        except ProcessLookupError:
            return
        except OSError:  # a kernel or sandbox without pidfd: poll
            pass
        else:
            select.select([descriptor], [], [])
            return
    while is_alive(process):
        time.sleep(_POLL_SECONDS)


def is_alive(process: int) -> bool:
    """Whether a process with this id exists."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    remove_stale_lock()
