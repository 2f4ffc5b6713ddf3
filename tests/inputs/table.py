"""Runs the cases and says what came of each."""

import os
import re
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autodagger.errors import UserError
from autodagger.game import sample
from tests.inputs.cases import Case, Told

VERDICTS = ("clear", "traceback", "silent", "misleading", "hang", "lost")
LONGEST_SECONDS = 30
NEXT_STEP = re.compile(
    r"[Ee]xpected|[Mm]end|[Dd]elete|[Nn]ame |[Cc]orrect|[Ww]rite|[Cc]opy|[Ss]et |[Ll]eave|goes on|"
    r"[Rr]ecord|Add |lists them all|[Ll]ook for|Train it again|"
    r"line \d+"  # of the user's own Python: what to mend
)
KEPT = "kept.txt"


@dataclass(frozen=True)
class Result:
    """What came of a case: one of `VERDICTS`, and what was said."""

    case: Case
    verdict: str
    message: str


class _Hang(BaseException):
    """It took too long."""


def run(case: Case) -> Result:
    """Runs a case in a folder of its own, in which a file of the user's lies."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path(KEPT).write_text("mine")
        try:
            verdict, message = _judge(case)
            if not Path(KEPT).exists() or Path(KEPT).read_text() != "mine":
                verdict = "lost"
        finally:
            os.chdir(before)
    return Result(case, verdict, message)


def run_all(cases: Iterable[Case]) -> Iterator[Result]:
    """With an adapter's time limit that suits a test."""
    limit, sample.TIME_LIMIT_SECONDS = sample.TIME_LIMIT_SECONDS, 5.0
    try:
        for case in cases:
            yield run(case)
    finally:
        sample.TIME_LIMIT_SECONDS = limit


def format_table(results: Iterable[Result]) -> str:
    """A line a case, and the sums."""
    results = list(results)
    lines = [f"{one.case.kind:<15} {one.case.name:<34} {one.verdict}" for one in results]
    lines = [
        f"{line}\n    {one.message.strip()[:600]}" for line, one in zip(lines, results, strict=True)
    ]
    counts = Counter(one.verdict for one in results)
    sums = ", ".join(f"{verdict} {counts[verdict]}" for verdict in VERDICTS)
    return "\n".join([*lines, "", f"{len(results)} broken inputs: {sums}"])


def _judge(case: Case) -> tuple[str, str]:
    started = time.monotonic()
    try:
        with _limit(LONGEST_SECONDS):
            case.read()
    except _Hang:
        return "hang", f"nothing after {time.monotonic() - started:.0f} s"
    except (UserError, Told, SystemExit) as error:
        message = str(error)
        good = re.search(case.about, message, re.DOTALL) and NEXT_STEP.search(message)
        return ("clear" if good else "misleading"), message
    except BaseException as error:
        return "traceback", f"{type(error).__name__}: {error}"
    return "silent", ""


@contextmanager
def _limit(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise _Hang

    previous = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)
