"""docs/agent.md: its ten lines play the game by the screen alone."""

import re
import subprocess
import sys
from pathlib import Path

from autodagger.agent.agent import save_agent
from autodagger.agent.network import AgentNetwork
from autodagger.game.contract import load_game
from autodagger.student.networks import NetworkArgs
from autodagger.student.view import View
from tests.grid import ROOT

PAGE = (ROOT / "docs" / "agent.md").read_text(encoding="utf-8")
FILE = "dagger_pipeline_results/agent/agent.pth"


def test_ten_lines_play_the_game(tmp_path: Path) -> None:
    actions = load_game(ROOT / "games" / "mossbrook").actions
    network = AgentNetwork(NetworkArgs("small", 16, View((40, 60)), actions), 2)
    (tmp_path / "agent.pth").write_bytes(save_agent(network, ["FIRST", "SECOND"], {}, {}))
    [script] = re.findall(r"<!-- file: play.py -->\n```python\n(.*?)```", PAGE, re.S)
    lines = [line for line in script.splitlines() if line and "import" not in line]
    assert len(lines) <= 10
    assert FILE in script
    command = [sys.executable, "-c", script.replace(FILE, str(tmp_path / "agent.pth"))]
    played = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    steps = [line.split() for line in played.stdout.splitlines()]
    assert [int(step) for step, _, _ in steps] == list(range(700))
    assert {belief for _, belief, _ in steps} <= {"FIRST", "SECOND"}
    assert {button for _, _, button in steps} <= set(actions)


def test_it_names_every_file_that_there_is() -> None:
    layout = (ROOT / "autodagger" / "results" / "layout.py").read_text()
    names = set(re.findall(r'with_name\("(\w+\.(?:json|png))"\)', layout)) | {"agent.pth"}
    listed = re.findall(r"^[├└]── (\S+)", PAGE, re.M)
    assert {"agent.pth", "full_run.json", "survival.png", "strip.png", "runs.json"} <= set(listed)
    assert set(listed) - {"videos/"} <= names
