"""The READMEs' four lines and docs/policy.md: they do what they say, outside of the repository."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autodagger
from autodagger.player.export import export_policy
from tests.autodagger.agent.helpers import make_screens
from tests.autodagger.player.helpers import write_agent
from tests.grid import ROOT

TEXTS = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "README.ko.md", "docs/policy.md")
}
FILE = "dagger_pipeline_results/agent/agent.pth"


def run(script: str, folder: Path) -> list[str]:
    """What a script prints that has `screens`, and `screen`, before its first line."""
    np.save(folder / "screens.npy", make_screens(12))
    begin = "import numpy\nscreens = numpy.load('screens.npy'); screen = screens[0]\n"
    command = [sys.executable, "-c", begin + script]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def expect(path: Path) -> list[str]:
    policy = autodagger.load(path)
    return [policy.act(screen) for screen in make_screens(12)]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_four_lines_press_a_button(tmp_path: Path, text: str) -> None:
    [script] = re.findall(r"```python\n(import autodagger\n.*?)```", text, re.S)
    assert len([line for line in script.splitlines() if line]) == 4
    path = tmp_path / FILE
    path.parent.mkdir(parents=True)
    write_agent(path.parent)
    assert run(f"{script}\nprint(button)", tmp_path) == expect(path)[:1]


def test_what_is_exported_plays_as_the_page_says(tmp_path: Path) -> None:
    for package in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(package, reason="envs/requirements-export.txt has it")
    path = write_agent(tmp_path)
    export_policy(autodagger.load(path), tmp_path / "agent.onnx", "onnx")
    page = TEXTS["docs/policy.md"]
    [script] = re.findall(r"<!-- file: play_onnx.py -->\n```python\n(.*?)```", page, re.S)
    assert run(script, tmp_path) == expect(path)


def test_the_page_names_all_that_a_policy_has() -> None:
    page = TEXTS["docs/policy.md"]
    policy = autodagger.Policy
    for name in ("reset", "act", "milestone"):
        assert f"`policy.{name}" in page and hasattr(policy, name)
    for name in ("actions", "milestones", "screen_size", "origin"):
        assert f"`policy.{name}`" in page and f"self.{name}" in Path(
            ROOT, "autodagger/player/policy.py"
        ).read_text(encoding="utf-8")
