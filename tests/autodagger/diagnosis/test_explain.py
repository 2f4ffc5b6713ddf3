"""Students made to fail in one way each: the diagnosis names that way, and what helps."""

import dataclasses
import itertools
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from PIL import Image

from autodagger.diagnosis.explain import explain
from autodagger.errors import UserError
from autodagger.files import load_schema
from autodagger.report.findings import describe_diagnosis
from autodagger.results.layout import Results
from autodagger.task import Task
from tests.autodagger.diagnosis.helpers import (
    MACHINE,
    NAME,
    OPTIONS,
    WALK,
    make_world,
    read_kinds,
    run,
)

WAIT = """
def run(state):
    return "right" if state["clock"] >= 6 else "wait"
"""


def diagnose(task: Task, results: Results, failures: int | None = None) -> tuple[dict, str]:
    """The findings by kind, and what the terminal says; checks the files."""
    report = explain(task, results, OPTIONS, MACHINE)
    path = results.diagnosis(NAME)
    assert json.loads(path.read_text()) == json.loads(json.dumps(report))
    Draft202012Validator(load_schema("diagnosis")).validate(report)
    for finding in report["findings"]:
        for picture in itertools.chain(*finding["pictures"]):
            size = Image.open(path.with_name(picture["file"])).size
            assert size == (picture["width"], picture["height"])
    assert report["failures"] > 0
    assert failures in (None, report["failures"])
    return read_kinds(report), describe_diagnosis(results, report)


def test_a_hidden_timer(tmp_path: Path) -> None:
    task = make_world(tmp_path, WAIT, shown=[5] * 8, done_when="ended == 'won'", timer=True)
    found, said = diagnose(task, run(task, tmp_path))
    first = next(iter(found))
    assert first == "lookalikes"
    values = found["lookalikes"]
    assert values["count"] == 8
    assert values["told"] is None
    [pair] = values["pairs"]
    assert set(pair["buttons"]) == {"wait", "right"}
    assert pair["differs"][0]["path"] == "clock"
    assert pair["differs"][0]["tells"]
    assert {pair["differs"][0]["first"] < 6, pair["differs"][0]["second"] < 6} == {True, False}
    assert "clock = " in said
    assert "neither more screens" in said
    assert found["parting"]["places"][0]["buttons"] == ["wait", "right"]


def test_too_small_a_budget(tmp_path: Path) -> None:
    task = make_world(tmp_path, shown=[0, 1, 2, 5] * 2)
    found, said = diagnose(task, run(task, tmp_path, budget=4), failures=4)
    assert next(iter(found)) == "budget"
    assert found["budget"]["count"] == found["budget"]["reached"] == 4
    assert found["budget"]["needed"] == found["budget"]["expert_needed"] == 6
    assert found["budget"]["factor"] == 1.5
    assert "step_multiplier: 1.5 times" in said
    assert len(found["starts"]["starts"]) == 4


def test_an_unseen_start(tmp_path: Path) -> None:
    task = make_world(tmp_path, shown=[0, 1, 2, 3] * 2, tested=[2, 3, 10, 11, 10, 11, 2, 3])
    found, said = diagnose(task, run(task, tmp_path), failures=4)
    assert next(iter(found)) == "far"
    values = found["far"]
    assert values["count"] == values["at_start"] == 4
    assert values["distance"] > 10 > values["usual"]
    assert "start_states (the training had 8)" in said
    failing = {one["name"].split("_")[0] for one in found["starts"]["starts"]}
    assert failing == {"at10", "at11"}
    assert found["parting"]["places"][0]["buttons"] == ["right", "left"]


def test_a_weak_expert(tmp_path: Path) -> None:
    expert = """
def run(state):
    if state["x"] == 9:
        return "wait"
    return "right" if state["x"] < 6 else "left"
"""
    task = make_world(tmp_path, expert, shown=[2, 3, 8, 9] * 2)
    found, said = diagnose(task, run(task, tmp_path))
    assert next(iter(found)) == "expert"
    values = found["expert"]
    assert values["count"] == values["same"] == 2
    assert values["ends"] == {"timeout": 2}
    assert values["line"] is None
    assert f"mend the expert, {task.expert}:" in said


def test_an_expert_with_errors(tmp_path: Path) -> None:
    """It names the line, and its source."""
    expert = """
def run(state):
    if state["x"] == 9:
        raise ValueError("no way")
    if state["x"] == 8:
        return "wait"
    return "right" if state["x"] < 6 else "left"
"""
    task = make_world(tmp_path, expert, shown=[2, 3, 8, 9] * 2)
    found, said = diagnose(task, run(task, tmp_path))
    values = found["expert"]
    assert values["ends"] == {"error": 2, "timeout": 2}
    assert "no way (line 4 of GOAL.py)" in values["error"]
    assert (values["line"], values["source"]) == (4, 'raise ValueError("no way")')
    assert f'{task.expert}:4 (raise ValueError("no way"))' in said


def test_what_has_changed_since_the_training_is_said(tmp_path: Path) -> None:
    task = make_world(tmp_path, shown=[0, 1, 2, 5] * 2)
    results = run(task, tmp_path, budget=4)
    task.expert.write_text(WALK + "\n# better\n")
    report = explain(task, results, dataclasses.replace(OPTIONS, batch_size=8), MACHINE)
    assert report["changed"] == ["expert", "options"]
    assert "changes (the expert, the training's options)" in describe_diagnosis(results, report)


def test_nothing_is_played_where_nothing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = make_world(tmp_path, shown=[5, 7] * 4)
    results = run(task, tmp_path)
    monkeypatch.setattr("autodagger.diagnosis.evidence.Rollouts", None)
    report = explain(task, results, OPTIONS, MACHINE)
    assert report["failures"] == 0 and report["findings"] == []
    assert describe_diagnosis(results, report) == "None of its test episodes fails."


def test_a_student_without_a_test_is_refused(tmp_path: Path) -> None:
    task = make_world(tmp_path, shown=[0])
    with pytest.raises(UserError, match=r"GOAL: there is no budget yet .*run the workflow first"):
        explain(task, Results(tmp_path / "results"), OPTIONS, MACHINE)
