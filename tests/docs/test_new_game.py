"""The games of docs/new_game.md, brought exactly as the page says, work; its outputs are real."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from autodagger.authoring.skeleton import create_game
from autodagger.evaluation.expert import evaluate_expert
from autodagger.game.contract import check_rom, load_game
from autodagger.game.milestone import load_milestones
from autodagger.game.starts import load_start_states
from autodagger.task import Machine, Task
from autodagger.workflow.pipeline import load_pipeline
from games.airstriker.adapter import find_rom

ROOT = Path(__file__).parents[2]
ROM = ROOT / "games" / "mossbrook" / "mossbrook.gba"
TEXT = (ROOT / "docs" / "new_game.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"<!-- file: (.+?) -->\n```\w+\n(.*?)```", TEXT, re.DOTALL))
OUTPUTS = re.findall(
    r"```bash\n(python -m autodagger [^\n]+)\n```\n\n<!-- output -->\n```text\n(.*?)\n```",
    TEXT,
    re.DOTALL,
)
NEW_GAMES = re.findall(r"^python -m autodagger new-game (\w+) --(\w+) (\S+)$", TEXT, re.MULTILINE)
GAMES = {
    "shooter": ["LEVEL_STARTED", "FIRST_HIT"],
    "grid": ["GOAL"],
}


@pytest.fixture(params=GAMES)
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The game's folder: written by `new-game`, with the page's files in the place of its own."""
    if request.param == "grid" and find_spec("minigrid") is None:
        pytest.skip("needs minigrid: pip install -r envs/requirements-games.txt")
    monkeypatch.chdir(tmp_path)
    shutil.copy(find_rom(), "shooter.md")
    [(option, value)] = [new[1:] for new in NEW_GAMES if new[0] == request.param]
    rom, env_id = (Path(value), None) if option == "rom" else (None, value)
    create_game(request.param, rom, env_id)
    folder = tmp_path / "games" / request.param
    shutil.rmtree(folder / "experts")
    for name, content in FILES.items():
        if name.startswith(f"{request.param}/"):
            path = tmp_path / "games" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(content, encoding="utf-8")
    return folder


def test_the_page_shows_every_file() -> None:
    of_a_game = ("adapter.py", "milestone_config.json")
    expected = {f"{game}/{name}" for game in GAMES for name in of_a_game}
    expected |= {f"{game}/experts/{one}.py" for game, ids in GAMES.items() for one in ids}
    assert set(FILES) == expected | {"keys.txt", "shooter/config.yaml"}


def test_a_first_student_needs_21_lines() -> None:
    of_grid = [content for name, content in FILES.items() if name.startswith("grid/")]
    lines = [line for content in of_grid for line in content.splitlines() if line.strip()]
    assert "These 21 lines" in TEXT
    assert len(lines) == 21


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the page's commands read."""
    desk = tmp_path_factory.mktemp("desk")
    shutil.copy(find_rom(), desk / "shooter.md")
    (desk / "keys.txt").write_text(FILES["keys.txt"])
    return desk


@pytest.mark.parametrize(("command", "output"), OUTPUTS, ids=lambda text: text[-24:])
def test_commands_print_what_the_page_says(desk: Path, command: str, output: str) -> None:
    words = [sys.executable, *shlex.split(command)[1:]]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, cwd=desk, env=environment, capture_output=True, text=True)
    assert done.stdout.rstrip() == output, done.stderr


def test_what_was_found_is_what_the_adapter_reads() -> None:
    assert len(OUTPUTS) == 4
    found = " ".join(output for _, output in OUTPUTS)
    for kind, name in (("u32", "SCORE"), ("u16", "LIVES"), ("u16", "MENU")):
        names, values = re.search(r"(.*) = (0x.*)", FILES["shooter/adapter.py"]).groups()
        address = dict(zip(names.split(", "), values.split(", "), strict=True))[name]
        assert f"ram.{kind}({address})" in found
        assert f"ram.{kind}({name})" in FILES["shooter/adapter.py"]


def test_the_experts_reach_their_milestones(folder: Path, tmp_path: Path) -> None:
    game = load_game(folder)
    rom = game.find_rom(folder)
    check_rom(game, rom)
    milestones = load_milestones(folder / "milestone_config.json", game.done_when)
    assert [milestone.id for milestone in milestones] == GAMES[folder.name]
    start = None
    for milestone in milestones:
        outputs = {
            name: tmp_path / milestone.id / name
            for name in ("report.json", "trajectories.json", "states.zip", "test_states.zip")
        }
        expert = folder / "experts" / f"{milestone.id}.py"
        report = evaluate_expert(
            Task(folder, rom, milestone, expert, starts=start),
            Machine(1),
            episodes=3,
            outputs={path.stem: path for path in outputs.values()},
            progress=print,
        )
        assert report["error"] is None
        assert report["success_rate"] == 1.0, report
        start = outputs["states.zip"]
    assert load_start_states(start)


def test_the_config_file_is_accepted_and_the_folder_brings_the_rest(folder: Path) -> None:
    config = yaml.safe_load((folder / "config.yaml").read_text())
    pipeline = load_pipeline(config, [], ROOT)
    assert pipeline.game_dir == Path("games", folder.name)
    for key, name in (("milestone_config", "milestone_config.json"), ("policy_dir", "experts")):
        assert pipeline.options[key] == f"games/{folder.name}/{name}"
    assert pipeline.options["tools_dir"] is None


def test_set_up_is_a_target_of_the_makefile() -> None:
    assert "make setup  " in TEXT
    assert re.search(r"^setup: ", (ROOT / "Makefile").read_text(), re.MULTILINE)


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
