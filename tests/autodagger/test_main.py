"""The command line, as it is typed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from games.airstriker.adapter import find_rom
from tests.envs import write_adapter
from tests.grid import ROOT


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "autodagger", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_play_then_search(tmp_path: Path) -> None:
    played = run("inspect", "--rom", find_rom(), "--random", "--steps", "5", folder=tmp_path)
    assert played.returncode == 0, played.stderr
    assert "inspect_results/rom/" in played.stdout
    found = run("inspect", "--rom", find_rom(), "--search", "5=@0", folder=tmp_path)
    assert "places" in found.stdout, found.stderr


def test_a_new_game_is_inspected_by_its_name(tmp_path: Path) -> None:
    made = run("new-game", "shooter", "--rom", find_rom(), folder=tmp_path)
    assert made.returncode == 0, made.stderr
    played = run("inspect", "shooter", "--steps", "2", folder=tmp_path)
    assert "inspect_results/shooter/" in played.stdout, played.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["inspect"], "inspect needs a GAME"),
        (["inspect", "mosbrook"], "did you mean 'mossbrook'?"),
        (["inspect", "mossbrook", "--steps", "0"], "argument --steps"),
        (["new-game", "x"], "one of the arguments --rom --env is required"),
        (["new-game", "x", "--env", "CartPol-v1"], "it cannot be made"),
    ],
)
def test_what_is_wrong_is_said_without_traceback(
    tmp_path: Path, arguments: list[str], expected: str
) -> None:
    done = run(*arguments, folder=tmp_path)
    assert done.returncode != 0
    assert expected in done.stderr and "Traceback" not in done.stderr


def test_a_crash_is_named(tmp_path: Path) -> None:
    write_adapter(tmp_path, more="open = lambda self, rom: __import__('ctypes').string_at(0)")
    done = run("inspect", f"{tmp_path}/", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("the game crashed (signal 11, Segmentation fault).")
