"""The tests of the emulator once more, on the core of mGBA 0.10 (docs/new_game.md says where from).

A process has one core, so they run in one of their own.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.grid import ROOT

VARIABLE = "AUTODAGGER_NEWER_CORE"
HERE = Path(__file__).parent


def run_tests(*arguments: str) -> None:
    folder = os.environ.get(VARIABLE)
    if not folder:
        pytest.skip(
            f"needs a folder with mgba_libretro.so and mgba.json of mGBA 0.10 in {VARIABLE}"
        )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    libraries = f"{folder}:{os.environ.get('LD_LIBRARY_PATH', '')}"
    environment = os.environ | {"RETRO_CORE_PATH": folder, "LD_LIBRARY_PATH": libraries}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    print(result.stdout[-2000:])
    assert result.returncode == 0, result.stdout[-8000:]
    assert re.search(r"\d+ passed", result.stdout)


@pytest.mark.parametrize("name", ["test_restoring.py", "test_emulator.py", "test_env.py"])
def test_the_newer_core_gives_back_what_it_was_given(name: str) -> None:
    run_tests(str(HERE / name), "-m", "not slow")


@pytest.mark.slow
def test_the_newer_core_restores_every_state() -> None:
    run_tests(str(HERE / "test_restoring.py"), "-m", "slow")
