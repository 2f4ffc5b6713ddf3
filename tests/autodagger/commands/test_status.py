"""The board as a program: of the run that the same options start with Snakemake."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from autodagger.__main__ import parse
from autodagger.commands.status import SHOWN_WHOLE
from autodagger.errors import UserError
from autodagger.files import write_json
from autodagger.results.layout import Results
from autodagger.signs import Sign, get_host
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


STUDY = ("--config", "seed=[0,1]", "network=[nature,small]")


def make_member(name: str, **row: str) -> Results:
    results = Results(f"dagger_pipeline_results/{name}")
    write_json(results.row(MILESTONES[0]), {"milestone_id": MILESTONES[0], **row})
    return results


def test_a_study_has_a_line_a_run(folder: Path) -> None:
    make_member("network~small/seed~0", status="completed")
    make_member("network~small/seed~1", status="failed")
    lines = show(*STUDY).splitlines()
    assert [line.split()[:5] for line in lines[1:5]] == [
        ["network~nature/seed~0", "0", "of", "3", "0"],
        ["network~nature/seed~1", "0", "of", "3", "0"],
        ["network~small/seed~0", "1", "of", "3", "0"],
        ["network~small/seed~1", "1", "of", "3", "1"],
    ]


def test_it_says_what_a_studys_runs_are_at(folder: Path) -> None:
    results = make_member("network~small/seed~1", status="completed")
    Sign(os.getpid(), get_host()).write(results.marker("train_student", MILESTONES[1]))
    write_json(results.progress_note(MILESTONES[1]), {"iteration": 2, "iterations": 10})
    shared = Results("nowhere", "dagger_pipeline_results/experts/seed~0")
    Sign(os.getpid(), get_host()).write(shared.marker("evaluate_expert", MILESTONES[2]))
    at_work = [line.split(None, 5)[5:] for line in show(*STUDY).splitlines()[1:5]]
    assert at_work == [[MILESTONES[2]], [], [MILESTONES[2]], [f"{MILESTONES[1]} iter 2/10"]]


def test_one_run_of_a_study_has_the_experts_that_it_shares(folder: Path) -> None:
    name = "dagger_pipeline_results/network~small/seed~1"
    report = Results(name, "dagger_pipeline_results/experts/seed~1").expert_report(MILESTONES[0])
    write_json(report, {"success_rate": 0.5})
    for path in (name, f"{name}/", str(folder / name)):
        assert "50%" in show(*STUDY, "--output-dir", path)
    assert "50%" not in show(*STUDY, "--output-dir", name.replace("small", "nature")[:-1] + "0")


def test_a_list_of_one_value_is_one_run(folder: Path) -> None:
    make_member("seed~0", status="completed")
    assert "1 of 3 milestones have their row" in show("--config", "seed=[0]")


@pytest.mark.parametrize("command", [["report"], ["explain", MILESTONES[0]]])
def test_what_is_about_one_run_names_a_studys(command: list[str], folder: Path) -> None:
    options = parse([*command, *STUDY])
    with pytest.raises(UserError, match=r"a study of 4 runs.*network~nature/seed~0, .* or --out"):
        options.run(options)


def test_a_folder_that_no_run_of_a_study_has(folder: Path) -> None:
    with pytest.raises(UserError, match=r"--output-dir nowhere: no run of this study .*Expected"):
        show(*STUDY, "--output-dir", "nowhere")
    many = f"seed={list(range(50))}"
    with pytest.raises(UserError, match=r"seed~0, .*, \.\.\.|or \.\.\.") as caught:
        show("--config", many, "--output-dir", "nowhere")
    assert len(str(caught.value)) < 600


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


def list_milestones(count: int) -> None:
    """A milestone file of that many in the working folder."""
    entries = [{"id": f"M{number:03}", "done_when": "game.scene == 'x'"} for number in range(count)]
    Path("milestone_config.json").write_text(json.dumps({"milestones": entries}))


def list_ids(text: str) -> list[str]:
    words = [line.split()[0] for line in text.splitlines() if line.strip()]
    return [word for word in words if len(word) == 4 and word[0] == "M"]


def test_only_as_many_as_somebody_reads_are_shown_whole(folder: Path) -> None:
    list_milestones(SHOWN_WHOLE)
    assert len(list_ids(show())) == SHOWN_WHOLE
    list_milestones(SHOWN_WHOLE + 1)
    text = show("--config", "resume_from=M002")
    assert list_ids(text) == []
    assert f"{SHOWN_WHOLE + 1} milestones: 0 completed, 0 failed, 2 skipped, 0 running" in text
    assert text.endswith("Each milestone: autodagger status --all, or --page 1 of 2.")
    assert len(list_ids(show("--all"))) == SHOWN_WHOLE + 1


def test_a_page_is_its_part_of_the_milestones(folder: Path) -> None:
    list_milestones(7)
    pages = [show("--page", str(page), "--rows", "3") for page in (1, 2, 3)]
    assert [len(list_ids(page)) for page in pages] == [3, 3, 1]
    assert list_ids("\n".join(pages)) == [f"M{number:03}" for number in range(7)]
    assert pages[1].endswith("Page 2 of 3.")
    assert show("--rows", "3") == pages[0]
    assert len(list_ids(show("--page", "1"))) == 7
    with pytest.raises(UserError, match="--page 4: 7 milestones, 3 a page, have 3 pages"):
        show("--page", "4", "--rows", "3")


@pytest.mark.parametrize("words", [("--page", "2"), ("--rows", "5")])
def test_all_pages_are_no_page(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        show("--all", *words)
    assert "--all shows all pages: leave out --page and --rows" in capsys.readouterr().err


def test_a_page_is_as_long_as_the_terminal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    list_milestones(30)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("LINES", "14")
    text = show("--page", "1")
    assert len(list_ids(text)) == 10
    assert len(text.splitlines()) <= 14 - 2  # what was typed, and the next prompt


def test_make_hands_its_arguments_over() -> None:
    if not shutil.which("make"):
        pytest.skip("needs make")
    command = ["make", "--dry-run", "status", "ARGS=--config output_dir=x"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert "autodagger status --config output_dir=x" in result.stdout
