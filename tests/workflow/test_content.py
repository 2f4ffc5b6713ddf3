"""Content decides what runs again: not times, not sizes, not where a file came from."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autodagger.files import sha1_file
from tests.workflow.conftest import GAME, MILESTONES, ROOT, Pipeline, make_pipeline

FIRST, MIDDLE, LAST = MILESTONES
PARTS = (
    "Snakefile",
    "config.yaml",
    "rules",
    "scripts",
    "schemas",
    "profiles",
    "envs",
    "autodagger",
)
ROM_BYTES = 16 << 20  # what many games have; 32 MB is the most
CODE = (".py", ".smk")
Copy = Callable[[], "Checkout"]


class Checkout(Pipeline):
    """A working folder below a checkout of its own, which a test may edit."""

    @property
    def home(self) -> Path:
        return self.folder.parent

    @property
    def start(self) -> Path:
        return self.home

    @property
    def rom(self) -> Path:
        return self.home / "games" / "mine" / "mossbrook.gba"

    @property
    def command(self) -> list[str]:
        snakefile = str(self.home / "Snakefile")
        return [sys.executable, "-m", "snakemake", "-s", snakefile, "-d", str(self.folder)]

    def git(self, *words: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        subprocess.run(["git", *identity, *words], cwd=self.home, check=True, capture_output=True)


def make_checkout(home: Path) -> Checkout:
    """This checkout's own files, with a game whose ROM is large."""
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        home.mkdir(exist_ok=True)
        copy(ROOT / part, home / part)
    game = home / "games" / "mine"
    game.mkdir(parents=True)
    adapter = (GAME / "adapter.py").read_text()
    (game / "adapter.py").write_text(f"from .beside import *\n{adapter}")
    (game / "beside.py").write_text("")
    shutil.copytree(GAME / "tools", game / "tools")
    data = (GAME / "mossbrook.gba").read_bytes()
    (game / "mossbrook.gba").write_bytes(data.ljust(ROM_BYTES, b"\0"))
    (game / "mossbrook.gba.sha1").write_text(sha1_file(game / "mossbrook.gba") + "\n")
    checkout = Checkout(make_pipeline(home / "work").folder)
    checkout.configure(
        game="../games/mine", tools_dir="../games/mine/tools", skip_milestones=[LAST]
    )
    return checkout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    checkout = make_checkout(tmp_path_factory.mktemp("content") / "home")
    checkout.configure(record_video=True)
    result = checkout.run()
    assert result.returncode == 0, result.stderr
    return checkout


def list_files(checkout: Checkout) -> Iterator[Path]:
    """All that is not a result, and the states that are both result and input."""
    for path in checkout.home.rglob("*"):
        inside = path.is_relative_to(checkout.results) or ".snakemake" in path.parts
        if path.is_file() and (not inside or path.name == "completed_states.zip"):
            yield path


@pytest.fixture
def copy_of_checkout(checkout: Checkout, tmp_path: Path) -> Copy:
    """Copies in another place, every file with a new time, in an order of its own."""

    def copy(*left_out: str) -> Checkout:
        ignore = shutil.ignore_patterns(*left_out)
        shutil.copytree(checkout.home, tmp_path / "home", copy_function=shutil.copy, ignore=ignore)
        return Checkout(tmp_path / "home" / "work")

    return copy


def test_touched_files_run_nothing(checkout: Checkout) -> None:
    for path in list_files(checkout):
        path.touch()
    assert checkout.plan() == []


def test_a_profile_of_ones_own_changes_nothing(checkout: Checkout, tmp_path: Path) -> None:
    """The workflow's profile is read beside it; `--workflow-profile` would take its place."""
    (tmp_path / "config.yaml").write_text("cores: 2\n")
    for path in list_files(checkout):
        path.touch()
    assert checkout.plan("--profile", str(tmp_path)) == []


def test_a_rom_copied_anew_runs_nothing(checkout: Checkout) -> None:
    assert checkout.rom.stat().st_size == ROM_BYTES
    data = checkout.rom.read_bytes()
    checkout.rom.unlink()
    checkout.rom.write_bytes(data)
    assert checkout.plan() == []


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_an_old_commit_and_back_runs_nothing(copy_of_checkout: Copy) -> None:
    checkout = copy_of_checkout()
    new = {path: path.read_bytes() for path in list_files(checkout) if path.suffix in CODE}
    checkout.git("init", "-b", "main")
    for path, data in new.items():
        path.write_bytes(data + b"\n# as it was\n")
    checkout.git("add", *{str(path) for path in new})
    checkout.git("commit", "-m", "old")
    for path, data in new.items():
        path.write_bytes(data)
    checkout.git("commit", "-a", "-m", "new")
    checkout.git("checkout", "main~1")
    assert ("evaluate_expert", MIDDLE) in checkout.plan()
    checkout.git("checkout", "main")
    assert checkout.plan() == []


@pytest.mark.parametrize(
    ("script", "rules"),
    [
        ("train_student", {"train_student", "evaluate_student", "record_student_videos"}),
        ("record_videos", {"record_expert_videos", "record_student_videos"}),
    ],
)
def test_an_edited_script_runs_its_rules(checkout: Checkout, script: str, rules: set[str]) -> None:
    path = checkout.home / "scripts" / f"{script}.py"
    text = path.read_text()
    path.write_text(text + "\n# edited\n")
    try:
        planned = {rule for rule, _ in checkout.plan()}
    finally:
        path.write_text(text)
    assert planned - {"summarize_milestone", "summarize_pipeline"} == rules
    assert checkout.plan() == []


def test_an_edited_file_beside_the_adapter_runs_all_that_plays(checkout: Checkout) -> None:
    path = checkout.home / "games" / "mine" / "beside.py"
    path.write_text("# edited\n")
    try:
        planned = checkout.plan()
    finally:
        path.write_text("")
    assert ("evaluate_expert", FIRST) in planned
    assert checkout.plan() == []


def test_a_copied_folder_runs_nothing(copy_of_checkout: Copy) -> None:
    assert copy_of_checkout().plan() == []


def test_results_without_snakemakes_notes_are_fine_while_times_are(
    checkout: Checkout, tmp_path: Path
) -> None:
    ignore = shutil.ignore_patterns(".snakemake")
    shutil.copytree(checkout.home, tmp_path / "home", ignore=ignore)
    copy = Checkout(tmp_path / "home" / "work")
    for path in copy.home.rglob("*"):
        if not path.is_relative_to(copy.results):
            os.utime(path, (0, 0))
    for path in copy.results.rglob("completed_states.zip"):  # which other tests touch
        os.utime(path, (0, 0))
    assert copy.plan() == []


def test_results_without_snakemakes_notes_are_taken_by_touch(copy_of_checkout: Copy) -> None:
    """Times are all there is to go by, and after copying they say nothing."""
    checkout = copy_of_checkout(".snakemake")
    checkout.expert(FIRST).touch()
    assert ("evaluate_expert", MIDDLE) in checkout.plan()
    take(checkout)


def test_results_of_an_earlier_version_are_taken_by_touch(copy_of_checkout: Copy) -> None:
    checkout = copy_of_checkout()
    for path in (checkout.home / "autodagger").rglob("*.py"):
        path.write_text(path.read_text() + "\n# upgraded\n")
    assert ("evaluate_expert", MIDDLE) in checkout.plan()
    take(checkout)


def take(checkout: Checkout) -> None:
    before = read_results(checkout)
    result = checkout.run("--touch")
    assert result.returncode == 0, result.stderr
    assert checkout.plan() == []
    assert read_results(checkout) == before
    for path in list_files(checkout):
        path.touch()
    assert checkout.plan() == []  # from now on contents are known


def read_results(checkout: Checkout) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in checkout.results.rglob("*.*") if path.is_file()}
