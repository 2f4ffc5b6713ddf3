"""Whether a living Snakemake is at work in the folder, and which one: its jobs end with it.

`kill -9` on Snakemake leaves Snakemake's lock in place. It is known to be stale when no process
holds ours, which the kernel releases at any death, and no run on another host shows a sign of life.
`python -m autodagger.workflow.run_lock` takes a stale one away.
"""

import atexit
import fcntl
import os
import shutil
import sys
import uuid
from pathlib import Path
from typing import IO

from autodagger.processes import exit_with, exit_with_parent
from autodagger.signs import Sign, end_when_silent, get_host, is_sign_alive, keep_touching

RUN_VARIABLE = "AUTODAGGER_RUN"
"""Environment variable with the sign of the run that a job belongs to, in the working folder."""

_OURS = Path(".snakemake")
_RUN_LOCK = _OURS / "autodagger.lock"
_RUNS = _OURS / "autodagger_runs"
_SNAKEMAKE_LOCKS = _OURS / "locks"


def hold_run_lock() -> IO[bytes]:
    """Marks this folder as having a living Snakemake, for as long as the process lives.

    The lock is shared: dry runs and a running pipeline do not hinder each other. Jobs, on whichever
    host, find the run's sign of life by the environment.

    Raises:
        SystemExit: The folder cannot be written.
    """
    sign = _RUNS / uuid.uuid4().hex
    try:
        _RUN_LOCK.parent.mkdir(exist_ok=True)
        file = _RUN_LOCK.open("ab")
        Sign(os.getpid(), get_host()).write(sign)
    except OSError as error:
        sys.exit(
            f"the working folder {Path.cwd()} cannot be written ({error}). Start Snakemake in a "
            "folder of your own, or name one with --directory."
        )
    fcntl.flock(file, fcntl.LOCK_SH)
    os.environ[RUN_VARIABLE] = str(sign)
    keep_touching(sign.absolute())
    atexit.register(sign.absolute().unlink, missing_ok=True)
    return file


def get_run() -> str:
    """The name of the run that this process is, or belongs to; empty without one."""
    return Path(os.environ.get(RUN_VARIABLE, "")).name


def end_with_run() -> None:
    """Makes this job end as soon as its run is gone, also where that is on another host."""
    exit_with_parent()
    if path := os.environ.get(RUN_VARIABLE):
        sign = Sign.read(path)
        if sign and sign.host == get_host():
            exit_with(sign.process)
        else:
            end_when_silent(Path(path).absolute())


def is_run_alive() -> bool:
    """Whether any Snakemake of this workflow lives in the current folder."""
    return _is_lock_held() or _find_distant_run() is not None


def dismiss_earlier_runs() -> None:
    """Takes away the signs of runs that were killed: what is left of their jobs ends itself.

    For a run that holds Snakemake's lock, which shows that no other one is at work.
    """
    for sign in _RUNS.glob("*"):
        if sign.name != get_run():
            sign.unlink(missing_ok=True)


def remove_stale_lock() -> None:
    """Takes away what a killed Snakemake left; refuses while one is running.

    Raises:
        SystemExit: A Snakemake is at work in this folder.
    """
    if not _SNAKEMAKE_LOCKS.is_dir() or not any(_SNAKEMAKE_LOCKS.iterdir()):
        return
    if is_run_alive():
        distant = _find_distant_run()
        where = f" on {distant.host.partition('/')[0]}" if distant else ""
        sys.exit(
            f"Another run is at work in this folder{where}: wait for it (`make status` shows where "
            "it is), or stop it with Ctrl-C in its terminal."
        )
    print("The last run was killed: its lock is removed, and it goes on from where it was.")
    shutil.rmtree(_SNAKEMAKE_LOCKS)  # what `snakemake --unlock` does


def _is_lock_held() -> bool:
    if not _RUN_LOCK.exists():
        return False
    with _RUN_LOCK.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _find_distant_run() -> Sign | None:
    """A run on another host, of whose lock this one's kernel may know nothing."""
    signs = [Sign.read(path) for path in _RUNS.glob("*") if is_sign_alive(path)]
    return next((sign for sign in signs if sign and sign.host != get_host()), None)


if __name__ == "__main__":
    remove_stale_lock()
