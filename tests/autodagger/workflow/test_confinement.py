"""What a run says of the experts' confinement, and what `make doctor` tries."""

import sys

import pytest

from autodagger.expert import jail as jail_module
from autodagger.expert.jail import Jail
from autodagger.workflow import confinement
from autodagger.workflow.confinement import ATTEMPTS, tell_confinement, try_out


@pytest.mark.skipif(sys.platform != "linux", reason="experts are confined on Linux")
def test_a_real_expert_tries_each_attempt(capsys: pytest.CaptureFixture[str]) -> None:
    assert try_out()
    said = capsys.readouterr().out
    assert said.startswith("seccomp       yes\n")
    assert said.count(" refused\n") == len(ATTEMPTS)


def without_filter(unconfined: bool = False) -> Jail:
    return Jail(unconfined, skip=["seccomp"])


def test_what_is_not_held_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(confinement, "Jail", lambda: without_filter(unconfined=True))
    assert not try_out()
    said = capsys.readouterr().out
    assert "seccomp       switched off" in said
    assert "open a connection      ALLOWED" in said
    assert "delete a file          refused" in said  # there is none to be seen


def test_a_run_says_once_what_holds(capsys: pytest.CaptureFixture[str]) -> None:
    tell_confinement(unconfined=False)
    assert capsys.readouterr().err.startswith("experts are confined by seccomp")


def test_without_the_filter_no_run_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confinement, "Jail", without_filter)
    with pytest.raises(SystemExit, match="cannot be confined on this machine: switched off"):
        tell_confinement(unconfined=False)
    tell_confinement(unconfined=True)


def test_one_jail_serves_a_process() -> None:
    assert jail_module.get_jail() is jail_module.get_jail()
