"""The folder's own lock: whether a living Snakemake is at work in it.

`kill -9` on Snakemake leaves Snakemake's lock in place. It is known to be stale when no process
holds ours, which the kernel releases at any death. `python -m autodagger.workflow.run_lock` takes a
stale one away.
"""

import fcntl
import shutil
import sys
from pathlib import Path
from typing import IO

_RUN_LOCK = Path(".snakemake") / "autodagger.lock"
_SNAKEMAKE_LOCKS = Path(".snakemake") / "locks"


def hold_run_lock() -> IO[bytes]:
    """Marks this folder as having a living Snakemake, for as long as the process lives.

    The lock is shared: dry runs and a running pipeline do not hinder each other.

    Raises:
        SystemExit: The folder cannot be written.
    """
    try:
        _RUN_LOCK.parent.mkdir(exist_ok=True)
        file = _RUN_LOCK.open("ab")
    except OSError as error:
        sys.exit(
            f"the working folder {Path.cwd()} cannot be written ({error}). Start Snakemake in a "
            "folder of your own, or name one with --directory."
        )
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


if __name__ == "__main__":
    remove_stale_lock()
