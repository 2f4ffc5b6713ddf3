"""The board as a program: of the run that the same options start with Snakemake."""

import shutil
import subprocess
from pathlib import Path

import pytest

from autodagger.__main__ import parse
from autodagger.errors import UserError
from autodagger.files import write_json
from autodagger.results.layout import Results
from tests.workflow.conftest import MILESTONES, ROOT, make_pipeline


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a config.yaml, and one finished milestone in `elsewhere`."""
    pipeline = make_pipeline(tmp_path / "work")
    monkeypatch.chdir(pipeline.folder)
    write_json(Results("elsewhere").row(MILESTONES[0]), {"status": "completed"})
    return pipeline.folder


def show(*arguments: str) -> str:
    options = parse(["status", *arguments])
    return str(options.run(options))


def test_main_prints_the_board_of_the_shipped_config(tmp_path: Path) -> None:
    assert "RIVAL_HOUSE" in show("--output-dir", str(tmp_path))


def test_a_part_goes_over_the_config_file(folder: Path) -> None:
    """The milestones are config.yaml's, three of them; the output folder is the part's."""
    Path("part.yaml").write_text("output_dir: elsewhere\n")
    assert "0 of 3 milestones" in show()
    assert "1 of 3 milestones" in show("--configfile", "part.yaml")


def test_the_last_one_counts_and_the_command_line_most(folder: Path) -> None:
    Path("a.yaml").write_text("output_dir: elsewhere\n")
    Path("b.yaml").write_text("output_dir: nowhere\n")
    assert "0 of 3" in show("--configfile", "a.yaml", "b.yaml")
    assert "1 of 3" in show("--configfile", "b.yaml", "--configfile", "a.yaml")
    words = ("--config", "output_dir=elsewhere", "skip_milestones=[GAME_RUNNING]")
    assert "1 of 3" in show("--configfile", "b.yaml", *words)


def test_a_home_folder_is_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert "1 of 3" in show("--config", "output_dir=~/elsewhere")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--configfile", "nowhere.yaml"), r"config file nowhere\.yaml: no such file.*YAML"),
        (("--configfile", "list.yaml"), r"list\.yaml: found list, no options by their names"),
        (("--config", "eval_episode=3"), r"unknown option 'eval_episode' \(did you mean"),
        (("--config", "oops"), r"--config oops: expected key=value"),
        (("--config", "milestone=NO_SUCH"), "option milestone: unknown milestone"),
    ],
)
def test_main_says_what_is_wrong(folder: Path, arguments: tuple[str, ...], expected: str) -> None:
    Path("list.yaml").write_text("- 1\n")
    with pytest.raises(UserError, match=expected):
        show(*arguments)


def test_make_hands_its_arguments_over() -> None:
    if not shutil.which("make"):
        pytest.skip("needs make")
    command = ["make", "--dry-run", "status", "ARGS=--config output_dir=x"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert "autodagger status --config output_dir=x" in result.stdout
