"""The game of docs/new_game.md, brought exactly as the page says, works."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from autodagger.evaluation.expert import evaluate_expert
from autodagger.files import sha1_file
from autodagger.game.contract import check_rom, load_game
from autodagger.game.milestone import load_milestones
from autodagger.game.starts import load_start_states
from autodagger.task import Machine, Task
from autodagger.workflow.pipeline import load_pipeline

ROOT = Path(__file__).parents[2]
ROM = ROOT / "games" / "mossbrook" / "mossbrook.gba"
TEXT = (ROOT / "docs" / "new_game.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"<!-- file: (.+?) -->\n```\w+\n(.*?)```", TEXT, re.DOTALL))
SHA1 = re.compile(r'rom_sha1 = "(\w{40})"')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """`games/my_game` as the page shows it, with Mossbrook's ROM and that ROM's SHA-1."""
    folder = tmp_path / "games" / "my_game"
    for name, content in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SHA1.sub(f'rom_sha1 = "{sha1_file(ROM)}"', content))
    shutil.copy(ROM, folder / "my_game.gba")
    return folder


def test_the_page_shows_every_file() -> None:
    tree = ["adapter.py", "milestone_config.json", "my_game.yaml"]
    experts = ["experts/LETTER_CHOSEN.py", "experts/LETTER_GRID.py"]
    assert sorted(FILES) == sorted(tree + experts)
    assert SHA1.search(FILES["adapter.py"])


def test_the_experts_reach_their_milestones(folder: Path, tmp_path: Path) -> None:
    game = load_game(folder)
    check_rom(game, folder / game.rom)
    milestones = load_milestones(folder / "milestone_config.json", game.done_when)
    assert [milestone.id for milestone in milestones] == ["LETTER_GRID", "LETTER_CHOSEN"]
    start = None
    for milestone in milestones:
        outputs = {
            name: tmp_path / milestone.id / name
            for name in ("report.json", "trajectories.json", "states.zip", "test_states.zip")
        }
        expert = folder / "experts" / f"{milestone.id}.py"
        report = evaluate_expert(
            Task(folder, folder / game.rom, milestone, expert, starts=start),
            Machine(1),
            episodes=3,
            outputs={path.stem: path for path in outputs.values()},
            progress=print,
        )
        assert report["error"] is None
        assert report["success_rate"] == 1.0, report
        start = outputs["states.zip"]
    assert load_start_states(start)


def test_the_config_file_is_accepted_and_the_folder_brings_the_rest(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = yaml.safe_load(FILES["my_game.yaml"])
    monkeypatch.chdir(folder.parents[1])
    pipeline = load_pipeline(config, [], ROOT)
    assert pipeline.game_dir == Path("games/my_game")
    for key, name in (("milestone_config", "milestone_config.json"), ("policy_dir", "experts")):
        assert pipeline.options[key] == f"games/my_game/{name}"
    assert pipeline.options["tools_dir"] is None


def test_a_core_named_by_its_folder_is_used(tmp_path: Path) -> None:
    """With the bundled core under a name of its own, as the page does with Debian's."""
    import stable_retro

    bundled = Path(stable_retro.__file__).parent / "cores"
    for name in ("mgba_libretro.so", "mgba.json"):
        assert name in TEXT
        shutil.copy(bundled / name, tmp_path)
    program = (
        "import stable_retro; from pathlib import Path\n"
        "from autodagger.game.emulator import Emulator\n"
        f"emulator = Emulator(Path({str(ROM)!r}))\n"
        "print(next(l.split()[-1] for l in open('/proc/self/maps') if 'mgba_libretro' in l))"
    )
    if not Path("/proc/self/maps").is_file():
        pytest.skip("looks for the loaded library in /proc")
    command = [sys.executable, "-c", program]
    environment = os.environ | {"RETRO_CORE_PATH": str(tmp_path)}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.stdout.strip() == str(tmp_path / "mgba_libretro.so"), result.stderr
