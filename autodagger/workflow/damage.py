"""Results of ours that were damaged: told in words, and never a reason to lose good ones.

Snakemake removes a job's outputs before the job starts. What it would read is looked at before
that, so that no good result goes for a job that cannot succeed.
"""

import functools
import sys
from pathlib import Path

from autodagger.errors import UserError, show
from autodagger.files import read_object, reading
from autodagger.game.starts import check_start_states
from autodagger.task import DECISIONS


def is_damaged(states: str | Path) -> bool:
    """Whether a zip of start states is not as it was written; then says so, once a process.

    Whoever was made from it stays as it is; whoever was not yet says the same when it fails.
    """
    try:
        found = Path(states).stat()
    except OSError:
        return False  # not made yet, or made anew at this moment
    return _is_damaged(str(states), found.st_mtime_ns, found.st_size)


def read_decision(budget: str | Path) -> str:
    """What a budget.json says: "train", "pass" or "fail"; so does one that cannot be read."""
    try:
        content = read_object(budget, "budget")
        with reading("budget", budget):
            if (decision := content["decision"]) not in DECISIONS:
                raise ValueError(f"found the decision {show(decision)}")
    except UserError:
        return "fail"
    return str(decision)


def says_train(budget: str | Path) -> bool:
    """Whether a budget.json says to train; one that cannot be read does not, see the row."""
    return read_decision(budget) == "train"


@functools.cache
def _is_damaged(path: str, *_version: int) -> bool:
    try:
        check_start_states(Path(path))
    except UserError as error:
        print(error, file=sys.stderr)
        return True
    return False
