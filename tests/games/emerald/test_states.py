"""The state dictionary on recorded consoles of the real game; whole on any memory at all."""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.autodagger.game.test_newer_core import VARIABLE as NEWER_CORE
from tests.games.emerald.consoles import (
    list_facts,
    list_names,
    load_console,
    load_emerald,
    load_truth,
    needs_states,
    read,
    read_raw,
)
from tests.grid import ROOT


@needs_states
@pytest.mark.parametrize("name", list_names())
def test_everything_that_is_true_in_a_console_is_read(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    facts = list(list_facts(load_truth()[name], read(load_console(name))))
    wrong = [fact for fact in facts if fact[1] != fact[2]]
    record_property("facts", len(facts))
    assert not wrong
    assert len(facts) >= 7


@needs_states
def test_one_reader_reads_all_consoles_as_fresh_ones_do() -> None:
    """What is kept of one console is never told of another."""
    game = load_emerald()
    names = list_names() * 2
    random.Random(0).shuffle(names)
    for name in names:
        console = load_console(name)
        assert game.read_state(console) == read(console)  # type: ignore[attr-defined]


@needs_states
def test_the_way_through_the_emulator_gives_the_same(tmp_path: Path) -> None:
    folder = os.environ.get(NEWER_CORE)
    if not folder:
        pytest.skip(f"needs a folder with the core of mGBA 0.10 in {NEWER_CORE}")
    libraries = f"{folder}:{os.environ.get('LD_LIBRARY_PATH', '')}"
    environment = os.environ | {"RETRO_CORE_PATH": folder, "LD_LIBRARY_PATH": libraries}
    command = [sys.executable, "-m", "tests.games.emerald.test_states", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    for name in list_names():
        expected = json.loads(json.dumps(read(load_console(name))))
        assert found[name]["first"] == found[name]["later"] == expected, name
        assert found[name]["still"], name
        assert found[name]["changed"] <= 19, name  # of the interrupts' stack


def make_stand_in(folder: Path) -> Path:
    """A cartridge that does nothing, with the game's title and code: its states load on it."""
    rom = bytearray(b"\x70\x47" * (1 << 19))  # bx lr
    rom[:4] = b"\x2e\x00\x00\xea"  # the branch by which a header begins
    rom[0xA0:0xB2] = b"POKEMON EMERBPEE01"
    rom[0xB2:0xBD] = b"\x96".ljust(11, b"\0")
    rom[0xBD] = -(sum(rom[0xA0:0xBD]) + 0x19) & 0xFF  # GBATEK, "GBA Cartridge Header"
    path = folder / "rom.gba"
    path.write_bytes(rom)
    return path


def play_stand_in(folder: Path) -> dict[str, Any]:
    """Each console through the emulator: its state at once and 600 frames later."""
    from autodagger.game.emulator import Emulator

    emulator, game = Emulator(make_stand_in(folder)), load_emerald()
    found = {}
    for name in list_names():
        emulator.load_state(read_raw(name))
        emulator.run(1)
        first, picture = game.read_state(emulator.ram()), emulator.screen()  # type: ignore[attr-defined]
        content = emulator.memory().content
        emulator.run(600)
        changed = sum(map(int.__ne__, content, emulator.memory().content))
        later = game.read_state(emulator.ram())  # type: ignore[attr-defined]
        still = bool((emulator.screen() == picture).all())
        found[name] = {"first": first, "later": later, "still": still, "changed": changed}
    return found


@needs_states
def test_counts_of_facts() -> None:
    """Prints what was compared, for who asks (`pytest -s`)."""
    held: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    for name, truth in load_truth().items():
        for what, expected, found in list_facts(truth, read(load_console(name))):
            tried[what] += 1
            held[what] += expected == found
    print(f"\n{sum(held.values())} of {sum(tried.values())} facts in {len(list_names())} consoles")
    print(", ".join(f"{what} {held[what]}/{tried[what]}" for what in tried))
    assert held == tried


if __name__ == "__main__":
    print(json.dumps(play_stand_in(Path(sys.argv[1]))))
