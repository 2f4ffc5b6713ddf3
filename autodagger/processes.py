"""Processes that end with those that need them.

`kill -9` on Snakemake leaves its jobs running. A job left alone could write outputs that a later
run is making anew; so it ends itself.
"""

import ctypes
import os
import select
import signal
import sys
import threading
import time

PARENT_VARIABLE = "AUTODAGGER_SNAKEMAKE_PID"
"""Environment variable with the process id of the Snakemake that a job belongs to."""

_POLL_SECONDS = 0.5


def die_with_parent() -> None:
    """Has the kernel end this process when its parent ends, even by SIGKILL (Linux)."""
    if sys.platform == "linux":
        _PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def exit_with_parent() -> None:
    """Makes this process end as soon as its parent, or the Snakemake above it, is gone.

    Snakemake starts a script through a shell, which outlives a killed Snakemake: so the process
    named by `PARENT_VARIABLE` is watched as well as the parent.
    """
    parent = os.getppid()
    die_with_parent()
    watched = {parent, int(os.environ.get(PARENT_VARIABLE, parent))} - {os.getpid()}
    for process in watched:
        exit_with(process)


def exit_with(process: int) -> None:
    """Makes this process end as soon as another one is gone."""
    threading.Thread(target=_end_after, args=(process,), daemon=True).start()


def is_alive(process: int) -> bool:
    """Whether a process with this id exists."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


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
