"""The wheel: it holds all of the package, and acting from it takes torch, numpy, Pillow alone."""

import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pytest

import autodagger
from autodagger.files import exists
from tests.autodagger.agent.helpers import make_screens
from tests.autodagger.player.helpers import write_agent, write_student
from tests.grid import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

BLOCKED = (
    "gymnasium",
    "imageio_ffmpeg",
    "jmespath",
    "jsonschema",
    "pandas",
    "snakemake",
    "stable_retro",
    "wandb",
    "yaml",
)

BEGIN = f"""
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {BLOCKED!r}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Block())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a copy: a build leaves its own files beside the sources."""
    try:
        number = int(version("setuptools").split(".")[0])
    except PackageNotFoundError:
        number = 0
    if number < 77:
        pytest.skip("needs setuptools >= 77, as pyproject.toml says")
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    kept = ("pyproject.toml", "README.md", "LICENSE")
    files = [ROOT / name for name in kept]
    files += [*ROOT.glob("autodagger/**/*.py"), *ROOT.glob("schemas/*.json")]
    for path in files:
        copy = source / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "-w", str(out), str(source)], check=True)
    [built] = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked as it is installed."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(code: str, site: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """A program in a folder of its own, with the wheel and without what acting does not need."""
    begin = f"{BEGIN}\nsys.path.insert(0, {str(site)!r})\n"
    command = [sys.executable, "-I", "-c", begin + code]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_it_holds_every_module_and_schema(site: Path) -> None:
    modules = {path.relative_to(ROOT) for path in ROOT.glob("autodagger/**/*.py")}
    schemas = {Path("autodagger") / path.relative_to(ROOT) for path in ROOT.glob("schemas/*.json")}
    missing = [path for path in modules | schemas if not exists(site / path)]
    assert missing == [] and len(modules) > 50


def test_it_acts_alone(site: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "screens.npy", make_screens(10))
    for path in (write_student(tmp_path, frame_stack=2), write_agent(tmp_path)):
        code = f"""
import autodagger, numpy
assert autodagger.__file__.startswith({str(site)!r}), autodagger.__file__
policy = autodagger.load({str(path)!r})
policy.reset()
print(*(policy.act(screen) for screen in numpy.load("screens.npy")))
"""
        done = run(code, site, tmp_path)
        assert done.returncode == 0, done.stderr
        policy = autodagger.load(path)
        assert done.stdout.split() == [policy.act(screen) for screen in make_screens(10)]


def test_what_needs_more_says_so(site: Path, tmp_path: Path) -> None:
    code = "from autodagger.__main__ import main\nmain(['play', 'x.pth'])"
    done = run(code, site, tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("autodagger play needs the package ")
    assert "pip install 'autodagger[run]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_there_is_no_run_where_there_is_no_config(site: Path, tmp_path: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(site)!r})\n"
    code += "from autodagger.__main__ import main\nmain(['status'])"
    command = [sys.executable, "-I", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert f"no config.yaml in {tmp_path}" in done.stderr and done.returncode == 1


def test_the_command_tells_what_it_can_do(site: Path, tmp_path: Path) -> None:
    done = run("from autodagger.__main__ import main\nmain(['--help'])", site, tmp_path)
    assert done.returncode == 0 and "play" in done.stdout


def test_acting_is_all_that_is_always_required() -> None:
    required = {text.partition(">")[0] for text in PROJECT["project"]["dependencies"]}
    assert required == {"numpy", "pillow", "torch"}
    assert PROJECT["project"]["scripts"] == {"autodagger": "autodagger.__main__:main"}
