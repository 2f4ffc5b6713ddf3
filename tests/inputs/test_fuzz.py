"""Whatever bytes a file holds, its reader gives a value or a message: 10,000 cases.

Bytes of any kind, and sound files of each kind with a part of them changed.
"""

import copy
import gzip
import io
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autodagger.authoring.players import read_keys
from autodagger.authoring.recording import Recording, load_recording
from autodagger.authoring.search import parse_condition, search
from autodagger.dagger.checkpoint import Checkpoint
from autodagger.errors import UserError
from autodagger.evaluation.budget import plan_budget, read_report
from autodagger.expert.kept_answers import KeptAnswers
from autodagger.files import read_json, seal
from autodagger.game.memory import MemoryMap
from autodagger.game.milestone import load_milestones
from autodagger.game.predicate import Predicate, find_mistake
from autodagger.game.save_state import CONSOLE_SIZE, check_console, read_save_state
from autodagger.game.starts import StartState, load_start_states, save_start_states
from autodagger.results.board import draw_board
from autodagger.results.layout import Results
from autodagger.results.rows import build_row, collect_rows, format_table, write_results
from autodagger.rollout.replay import Replays
from autodagger.student.model_file import load_student
from autodagger.task import Budget
from autodagger.workflow.config import load_config
from autodagger.workflow.config_file import read_config_file
from autodagger.workflow.damage import says_train
from autodagger.workflow.ending import list_marked_jobs
from tests.autodagger.student.helpers import make_student
from tests.autodagger.student.test_model_file import to_bytes
from tests.workflow.conftest import GAME

CASES = 10_000
ROOT = Path(__file__).parents[2]

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@st.composite
def changed(draw: st.DrawFn, whole: Any) -> Any:
    """A JSON-like value with one to three parts of it replaced, left out or put in."""
    data = copy.deepcopy(whole)
    for _ in range(draw(st.integers(1, 3))):
        place = data
        while isinstance(place, dict | list) and place:
            keys = list(place) if isinstance(place, dict) else range(len(place))
            key = draw(st.sampled_from(list(keys)))
            if isinstance(place[key], dict | list) and place[key] and draw(st.booleans()):
                place = place[key]
                continue
            if draw(st.booleans()):
                place[key] = draw(values)
            else:
                del place[key]
            break
    return data


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Bytes of a sound file: cut, with bytes changed, or with others put in."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(data) - 1)))
        kind = draw(st.sampled_from(("cut", "byte", "insert", "zero")))
        if kind == "cut":
            del data[place:]
        elif kind == "byte" and data:
            data[place] = draw(st.integers(0, 255))
        elif kind == "insert":
            data[place:place] = draw(st.binary(max_size=16))
        else:
            data[place : place + 8] = bytes(8)
    return bytes(data)


def dump(data: Any) -> bytes:
    """JSON, with NaN where it has come in."""
    return json.dumps(data).encode()


def json_files(whole: Any) -> st.SearchStrategy[bytes]:
    return st.binary(max_size=60) | damaged(dump(whole)) | changed(whole).map(dump)


REPORT = {
    "milestone_id": "A",
    "status": "evaluated",
    "reason": None,
    "error": None,
    "success_rate": 0.5,
    "successes": 1,
    "interval": [0.1, 0.9],
    "mean_steps": 3.0,
    "std_steps": 0.0,
    "episodes": [
        {
            "episode": 1,
            "seed": 5,
            "start_state": "power-on",
            "success": True,
            "outcome": "reached",
            "steps": 3,
            "frames": 30,
            "error": None,
            "log": [],
        }
    ],
    "test": {"success_rate": 0.5},
}
BUDGET = {
    "milestone_id": "A",
    "decision": "train",
    "reason": None,
    "error": None,
    "max_episode_steps": 9,
    "expert_success_rate": 0.5,
}
TRAINING = {
    "milestone_id": "A",
    "iterations": [{"conflicting_frames": 1}],
    "expert_queries": 30,
    "best_sha256": "0" * 64,
}
TEST = {
    "milestone_id": "A",
    "model_sha256": "0" * 64,
    "success_rate": 0.5,
    "interval": [0.1, 0.9],
    "episodes": [{}],
    "mean_steps": 3.0,
}
EPISODES = {
    "milestone_id": "A",
    "actions": ["no_op", "a"],
    "episodes": [
        {
            "group": "rollout",
            "iteration": 0,
            "episode": 0,
            "seed": 1,
            "start_state": "a",
            "outcome": "reached",
            "frames": 9,
            "acts": [0, 1],
            "labels": [1, -1],
            "actors": [0, 1],
        }
    ],
}
ANSWER = {"key": "0" * 64, "model": "m", "type": "int", "prompt": "?", "answer": "5"}
ROW = {"milestone_id": "A", "status": "failed", "reason": "weak", "expert_success_rate": 0.5}
MILESTONES = {
    "milestones": [
        {"id": "A", "done_when": "a.b == `1`", "starting_state": None, "max_steps": 5},
        {"id": "B", "done_when": "length(x) > `2` && !(c)", "fail_when": "d", "description": "x"},
    ]
}
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
STATE = {"a": {"b": 1}, "x": [1, "y"], "c": None, "d": False}


def read_plan(path: Path) -> None:
    report = read_report(path, "A")
    plan_budget(report, step_multiplier="auto", min_success_rate=0.6)


def read_budget(path: Path) -> None:
    if says_train(path):
        Budget.read(path)


def read_milestones(path: Path) -> None:
    for milestone in load_milestones(path, {}, "states"):
        for key in ("done_when", "fail_when"):
            if expression := getattr(milestone, key):
                Predicate(milestone.id, key, expression).holds(STATE)


def read_expression(path: Path) -> None:
    expression = path.read_bytes().decode("utf-8", "replace")
    if not find_mistake(expression):
        Predicate("A", "done_when", expression).holds(STATE)


def read_config(path: Path) -> None:
    load_config(read_config_file(path), [path])


def read_state(path: Path) -> None:
    check_console(read_save_state(load_start_states(path)[0].data or b"").console, GOOD_STATE)


def read_checkpoint(path: Path) -> None:
    folder = path.with_name("checkpoint")
    checkpoint = Checkpoint(folder, {"a": "b"}, str)
    (folder / "iteration_000.pt").write_bytes(path.read_bytes())
    list(checkpoint.load())
    (folder / "checkpoint.json").write_bytes(path.read_bytes())
    Checkpoint(folder, {"a": "b"}, str)


def tabulate(name: str) -> Callable[[Path], None]:
    """The table and the board of a milestone with this result file."""

    def read(path: Path) -> None:
        results = Results(path.parent / name)
        for kind, content in FILES.items():
            target = kind(results)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        target = getattr(results, name)("A")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
        row = build_row(results, "A")
        rows = collect_rows(results, ["A"], {}) or [row | {"index": 0}]
        write_results(rows, results)
        assert read_json(results.json)[0]["milestone_id"] == "A"
        format_table(rows)
        draw_board(results, ["A"])

    return read


def read_benchmark(path: Path) -> None:
    results = Results(path.parent / "results")
    target = results.benchmark("train_student", "A")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(path.read_bytes())
    marker = results.marker("train_student", "A")
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_bytes(path.read_bytes())
    build_row(results, "A")
    draw_board(results, ["A"])
    list_marked_jobs(results.logs, "a-run")


FILES: dict[Callable[[Results], Path], bytes] = {
    lambda results: results.expert_report("A"): dump(REPORT),
    lambda results: results.budget("A"): dump(BUDGET),
    lambda results: results.training("A"): dump(TRAINING),
    lambda results: results.student_report("A"): dump(TEST),
}


def make_state() -> bytes:
    console = bytearray(CONSOLE_SIZE)
    console[:4], console[0x60] = b"\x02\0\0\x01", 0x1F
    return bytes(console)


GOOD_STATE = make_state()


def save_zip(folder: Path) -> bytes:
    save_start_states(folder / "s.zip", [StartState("a.state", bytes(3000))], "0" * 40)
    return (folder / "s.zip").read_bytes()


def save_iteration() -> bytes:
    buffer = io.BytesIO()
    new = {"frames": torch.zeros(1, 2, 2, 1), "transitions": torch.zeros(1, 4)}
    torch.save({"metrics": {}, "weights": {}, "rollouts": [], "new": new}, buffer)
    return buffer.getvalue()


def save_model(content: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def models() -> st.SearchStrategy[bytes]:
    good = to_bytes(make_student(hidden_dim=8))
    content = torch.load(io.BytesIO(good), weights_only=True)
    plain = {key: value for key, value in content.items() if key != "weights"}
    parts = changed(plain).map(lambda part: save_model({**part, "weights": content["weights"]}))
    return st.binary(max_size=60) | damaged(good) | parts


def states() -> st.SearchStrategy[bytes]:
    item = struct.pack("<Iiq", 2, 40, CONSOLE_SIZE + 32) + bytes(16) + bytes(40)
    raw = damaged(GOOD_STATE + item)
    return (
        st.binary(max_size=60) | raw | raw.map(gzip.compress) | damaged(gzip.compress(GOOD_STATE))
    )


def read_recording(path: Path) -> None:
    recording = load_recording(path)
    for condition in ("0=1", "1>@0"):
        if recording.steps and recording.first.size:
            search(recording, [parse_condition(condition, recording.steps)])


def recordings(folder: Path) -> st.SearchStrategy[bytes]:
    change = (np.array([3]), np.array([1], np.uint8))
    recording = Recording(MemoryMap({0x100: 8}), np.zeros(8, np.uint8), ["a"], [{}, {}], [change])
    recording.save(folder / "whole.npz")
    whole = (folder / "whole.npz").read_bytes()
    return damaged(whole) | damaged(whole[:-64]).map(seal)


WORDS = """
    a a.b x c d == != < && || ! ( ) [ ] ? * @ & , . ` 1 'y' length( max( sort_by( { } :
"""
words = st.sampled_from(WORDS.split())
READERS: dict[str, tuple[Callable[[Path], Any], Callable[[Path], st.SearchStrategy[bytes]]]] = {
    "config.yaml": (
        read_config,
        lambda _: (
            st.binary(max_size=60)
            | damaged((ROOT / "config.yaml").read_bytes()[:1500])
            | changed(CONFIG).map(lambda data: yaml.safe_dump(data, allow_unicode=True).encode())
            | st.text(alphabet=":-[]{}&*!?#|>%@`'\" \n\tab1", max_size=30).map(str.encode)
        ),
    ),
    "milestones": (read_milestones, lambda _: json_files(MILESTONES)),
    "the game's milestones": (
        lambda path: load_milestones(path),
        lambda _: damaged((GAME / "milestone_config.json").read_bytes()),
    ),
    "expression": (
        read_expression,
        lambda _: st.lists(words, max_size=9).map(lambda part: " ".join(part).encode()),
    ),
    "save state": (read_state, lambda _: states()),
    "start states": (
        lambda path: load_start_states(path.rename(path.with_suffix(".zip"))),
        lambda folder: (
            st.binary(max_size=60)
            | damaged(save_zip(folder))
            | damaged(save_zip(folder)[:-64]).map(seal)
        ),
    ),
    "checkpoint": (
        read_checkpoint,
        lambda _: damaged(seal(save_iteration())) | damaged(save_iteration()).map(seal),
    ),
    "model": (load_student, lambda _: models()),
    "report": (read_plan, lambda _: json_files(REPORT)),
    "budget": (read_budget, lambda _: json_files(BUDGET)),
    "episodes": (Replays.read, lambda _: json_files(EPISODES)),
    "row in the table": (tabulate("row"), lambda _: json_files(ROW)),
    "report in the table": (tabulate("expert_report"), lambda _: json_files(REPORT)),
    "budget in the table": (tabulate("budget"), lambda _: json_files(BUDGET)),
    "training in the table": (tabulate("training"), lambda _: json_files(TRAINING)),
    "test in the table": (tabulate("student_report"), lambda _: json_files(TEST)),
    "recording": (read_recording, lambda folder: st.binary(max_size=60) | recordings(folder)),
    "script of keys": (read_keys, lambda _: st.binary(max_size=40) | damaged(b"no_op 20\na # b\n")),
    "kept answers": (
        lambda path: KeptAnswers(path).get("0" * 64),
        lambda _: json_files(ANSWER).map(lambda line: line + b"\n"),
    ),
    "benchmark and marker": (
        read_benchmark,
        lambda _: (
            st.binary(max_size=40)
            | st.text(alphabet="s\th:m\n0123456789.-einfa ", max_size=30).map(str.encode)
        ),
    ),
}


def fuzz(name: str, folder: Path, cases: int) -> None:
    """Has a reader read that many files."""
    read, make = READERS[name]

    @settings(
        max_examples=cases,
        deadline=None,
        derandomize=True,
        report_multiple_bugs=False,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(make(folder))
    def check(content: bytes) -> None:
        path = folder / "input"
        path.write_bytes(content)
        try:
            read(path)
        except UserError as error:
            assert str(error).strip()
        finally:
            for suffix in ("", ".zip"):
                path.with_suffix(suffix).unlink(missing_ok=True)

    check()


@pytest.mark.parametrize("name", READERS)
def test_a_few_files_of_each_kind(name: str, tmp_path: Path) -> None:
    fuzz(name, tmp_path, 12)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", READERS)
def test_ten_thousand_files(name: str, tmp_path: Path) -> None:
    fuzz(name, tmp_path, -(-CASES // len(READERS)))


def test_a_reader_that_crashes_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(path: Path) -> None:
        json.loads(path.read_text(encoding="utf-8"))

    monkeypatch.setitem(READERS, "careless", (read, lambda _: json_files(ROW)))
    with pytest.raises(ValueError):
        fuzz("careless", tmp_path, 200)
