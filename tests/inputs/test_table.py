"""No broken input ends in a traceback, is taken silently, misleads, hangs or costs a file."""

import pytest

from tests.inputs.cases import Case, Told, list_cases
from tests.inputs.table import VERDICTS, Result, format_table, run, run_all

CASES = list_cases()


def test_there_are_cases_of_every_kind() -> None:
    assert len(CASES) >= 150
    assert len({(case.kind, case.name) for case in CASES}) == len(CASES)
    assert len({case.kind for case in CASES}) >= 14


def is_quick(case: Case) -> bool:
    """Not one that starts an emulator, or waits for a time limit."""
    return case.kind.startswith(("our ", "model", "config.yaml"))


@pytest.mark.parametrize(
    "case", [case for case in CASES if is_quick(case)], ids=lambda case: f"{case.kind}-{case.name}"
)
def test_what_is_said_is_clear(case: Case) -> None:
    result = run(case)
    assert result.verdict == "clear", result.message


@pytest.mark.slow
def test_everything_said_is_clear() -> None:
    results = list(run_all(CASES))
    print(format_table(results))
    assert [one for one in results if one.verdict != "clear"] == []


def hang() -> None:
    while True:
        pass


def raise_error(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ("read", "verdict"),
    [
        (lambda: None, "silent"),
        (lambda: raise_error(KeyError("a")), "traceback"),
        (lambda: raise_error(Told("something about x. Mend it.")), "clear"),
        (lambda: raise_error(Told("something about y. Mend it.")), "misleading"),
        (lambda: raise_error(Told("something about x.")), "misleading"),
        (hang, "hang"),
    ],
)
def test_the_judge_tells_them_apart(
    read: object, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.inputs.table.LONGEST_SECONDS", 1)
    result = run(Case("kind", "name", read, "about x"))  # type: ignore[arg-type]
    assert result.verdict == verdict
    assert verdict in VERDICTS
    assert format_table([Result(result.case, verdict, "")]).endswith(
        ", ".join(f"{one} {int(one == verdict)}" for one in VERDICTS)
    )
