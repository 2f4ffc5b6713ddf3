"""Cores that are missing or do not load are told from ROMs that do not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import stable_retro

from tests.grid import ROM, ROOT

OPENING = {
    "gba": "from autodagger.game.emulator import Emulator as Console",
    "retro": "from autodagger.game.retro import RetroConsole as Console",
}


def open_console(kind: str, cores: Path) -> str:
    """What is said where cores lie in that folder, by a process of its own."""
    code = f"{OPENING[kind]}\nfrom pathlib import Path\nConsole(Path({str(ROM)!r}))"
    environment = os.environ | {"RETRO_CORE_PATH": str(cores)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    return done.stderr.splitlines()[-1] if done.returncode else ""


@pytest.fixture
def cores(tmp_path: Path) -> Path:
    """A folder that describes a core and has a file of its name, which is none."""
    bundled = Path(stable_retro.__file__).parent / "cores"
    shutil.copy(bundled / "mgba.json", tmp_path)
    (tmp_path / "mgba_libretro.so").write_bytes(b"no library")
    return tmp_path


def test_a_folder_without_the_core_is_named(tmp_path: Path) -> None:
    said = open_console("gba", tmp_path)
    assert f"found none for GbAdvance in {tmp_path}, which RETRO_CORE_PATH names" in said
    assert "docs/new_game.md says how" in said


def test_a_folder_without_any_core_has_no_consoles(tmp_path: Path) -> None:
    said = open_console("retro", tmp_path)
    assert f"Expected one of none, for which there are cores in {tmp_path}, which RETRO" in said


@pytest.mark.parametrize("kind", OPENING)
def test_a_core_that_does_not_load_is_no_fault_of_the_rom(cores: Path, kind: str) -> None:
    said = open_console(kind, cores)
    assert f"emulator core {cores}/mgba_libretro.so: it cannot be loaded (" in said
    assert "LD_LIBRARY_PATH" in said


def test_a_core_that_is_not_there_but_described_is_named(cores: Path) -> None:
    (cores / "mgba_libretro.so").unlink()
    assert "mgba_libretro.so: it cannot be loaded (" in open_console("gba", cores)


def test_the_core_as_it_is_opens_in_another_folder_too(cores: Path) -> None:
    shutil.copy(stable_retro.get_core_path("GbAdvance"), cores / "mgba_libretro.so")
    assert open_console("gba", cores) == ""
