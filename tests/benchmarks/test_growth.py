"""What the growth of the workflow's cost is measured with."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autodagger.game.milestone import load_milestones
from benchmarks import __main__ as program
from benchmarks import growth
from benchmarks.report import _growth

FIGURES = growth.RATIOS.values()


class Wildcards(dict[str, str]):
    """As Snakemake's, for stubs."""


@pytest.fixture
def stubs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stubs of a template with a file of each kind; the working folder is an empty one."""
    template = tmp_path / "template"
    (template / "models/M0000/videos").mkdir(parents=True)
    (template / "models/M0000/videos/a.mp4").write_bytes(b"M0000\x00")
    (template / "models/M0000/M0000_best.pth").write_bytes(b"M0000\x00")
    (template / "models/M0000/report.json").write_text('{"milestone_id": "M0000"}')
    (template / "all.json").write_text('[{"milestone_id": "M0000"}]')
    growth.make_stubs(tmp_path / "home", template)
    (tmp_path / "work/models/M0007").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "home"


def run_stub(home: Path, output: list[str], **wildcards: str) -> None:
    job = SimpleNamespace(output=output, wildcards=Wildcards(wildcards))
    exec((home / "scripts" / "train_student.py").read_text(), {"snakemake": job})


def test_a_stub_writes_another_milestones_files_as_its_own(stubs: Path) -> None:
    files = ["models/M0007/videos", "models/M0007/M0007_best.pth", "models/M0007/report.json"]
    run_stub(stubs, files, milestone="M0007")
    assert Path("models/M0007/report.json").read_text() == '{"milestone_id": "M0007"}'
    assert Path("models/M0007/M0007_best.pth").read_bytes() == b"M0000\x00"
    assert Path("models/M0007/videos/a.mp4").read_bytes() == b"M0000\x00"


def test_a_stub_of_a_job_about_all_copies(stubs: Path) -> None:
    run_stub(stubs, ["all.json"])
    assert Path("all.json").read_text() == '[{"milestone_id": "M0000"}]'


def test_every_script_is_a_stub_of_a_workflow_that_is_ours(stubs: Path) -> None:
    for folder in ("scripts", "rules"):
        ours = {path.name for path in (growth.ROOT / folder).glob("*.*")}
        assert {path.name for path in (stubs / folder).iterdir()} == ours
    assert (stubs / "Snakefile").read_text() == (growth.ROOT / "Snakefile").read_text()
    assert not any("autodagger" in path.read_text() for path in (stubs / "scripts").iterdir())


def test_each_milestone_begins_where_the_one_before_it_ends(tmp_path: Path) -> None:
    growth.make_milestones(tmp_path / "work", 12)
    listed = load_milestones(tmp_path / "work/milestone_config.json")
    ids = [milestone.id for milestone in listed]
    assert len(set(ids)) == 12
    assert [milestone.predecessor for milestone in listed] == [None, *ids[:-1]]
    assert all((tmp_path / f"work/experts/{milestone}.py").is_file() for milestone in ids)


@pytest.mark.parametrize(("milestones", "figure"), [(20, 2.0), (40, 4.0), (80, 8.0)])
def test_ratios_are_those_of_a_doubling(milestones: int, figure: float) -> None:
    rows = [
        {"milestones": 10, **dict.fromkeys(FIGURES, 1.0)},
        {"milestones": milestones, **dict.fromkeys(FIGURES, figure)},
    ]
    first, second = growth.add_ratios(rows)
    assert {first[ratio] for ratio in growth.RATIOS} == {None}
    assert {second[ratio] for ratio in growth.RATIOS} == {2.0}


def test_a_single_size_has_no_ratios_and_a_section(tmp_path: Path) -> None:
    names = ("jobs", "plan_seconds", "run_seconds", "begin_megabytes", "again_seconds")
    row = {"milestones": 5, **dict.fromkeys([*names, *FIGURES], 7.0)}
    result = {"rows": growth.add_ratios([row]), "tiny": False, "machine": "one"}
    assert "| 5 |" in _growth(result, tmp_path)


def test_a_run_that_fails_says_what_it_said(tmp_path: Path) -> None:
    (tmp_path / "Snakefile").write_text("raise SystemExit('nobody is here')\n")
    with pytest.raises(RuntimeError, match=r"(?s)Snakefile.* failed:.*nobody is here"):
        growth.watch(tmp_path, tmp_path)


def test_the_command_line_names_the_sizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[dict[str, Any]] = []

    def measure(work: Path, tiny: bool, **more: Any) -> dict[str, Any]:
        asked.append(more)
        return {}

    monkeypatch.setitem(program.MEASUREMENTS, "growth", measure)
    monkeypatch.setitem(program.MEASUREMENTS, "scaling", measure)
    monkeypatch.setattr(program.report, "write", lambda *_: None)
    paths = ["--results", str(tmp_path), "--work", str(tmp_path)]
    program.main(["growth", "scaling", "--milestones", "125", "250", *paths])
    program.main(["growth", *paths])
    assert asked == [{"sizes": [125, 250]}, {}, {}]
    with pytest.raises(SystemExit):
        program.main(["growth", "--milestones", "0", *paths])
    assert "found 0; expected numbers from 1 on" in capsys.readouterr().err
