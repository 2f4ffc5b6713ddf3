"""docs/studies.md: its config is a study of the folders that it draws, its options may be lists."""

import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from autodagger.__main__ import parse
from autodagger.commands.runs import load_runs
from autodagger.dagger.options import TrainingOptions
from autodagger.results.study import MemberRows, compare, format_study
from autodagger.workflow.study import EXPERT_OPTIONS, load_study
from tests.grid import ROOT

PAGE = (ROOT / "docs" / "studies.md").read_text(encoding="utf-8")


def read_block(begin: str) -> str:
    found = re.search(rf"^```{begin}(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_its_config_is_a_study_of_its_folders() -> None:
    config = yaml.safe_load(read_block("yaml\n"))
    names = [member.name for member in load_study(config, "dagger_pipeline_results")]
    assert len(names) == 4
    for name in names:
        assert all(f"{part}/" in read_block("\ndagger_") for part in name.split("/"))


def test_its_command_line_says_the_same() -> None:
    given = re.search(r"`--config (.*?)`", PAGE)
    assert given
    words = [word.strip("'").split("=") for word in given[1].split()]
    config = {key: yaml.safe_load(value) for key, value in words}
    assert config == yaml.safe_load(read_block("yaml\n"))


def test_its_commands_name_a_file_that_there_is() -> None:
    named = set(re.findall(r"-s (\S+\.smk)", PAGE))
    assert named == {"study.smk"}
    assert (ROOT / "study.smk").is_file()


def test_what_is_shared_is_what_the_evaluation_depends_on() -> None:
    sentence = PAGE.partition("agree in ")[2].partition(". A second")[0]
    assert tuple(re.findall(r"`(\w+)`", sentence)) == EXPERT_OPTIONS


def test_the_options_that_may_be_lists_do_so() -> None:
    sentence = PAGE.partition("These options may be lists: ")[2].partition(". `frame_size`")[0]
    ends = [option.name for option in fields(TrainingOptions)]
    assert f"from `{ends[0]}` to " in sentence
    for option in re.findall(r"`(\w+)`", sentence):
        assert load_study({option: [1, 2]}, "results")


def test_its_subcommands_take_what_they_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text("game: mossbrook\n")
    Path("study.yaml").write_text(read_block("yaml\n"))
    lines = re.findall(r"^autodagger (.*?)(?: +#.*)?$", PAGE, re.MULTILINE)
    assert [line.split()[0] for line in lines] == ["status", "report"]
    for line in lines:
        options = parse(shlex.split(line))
        pipeline, runs = load_runs(options)
        if options.output_dir:
            assert [run.folder for run in runs.values()] == [options.output_dir]
            assert pipeline.options["output_dir"] == str(options.output_dir)
        else:
            assert len(runs) == 4


def test_its_table_has_the_columns_that_studies_print() -> None:
    printed = format_study(compare([MemberRows({"seed": 0}, [])])).splitlines()[0]
    assert read_block("\nmilestone ").splitlines()[0].split() == printed.split()[1:]
