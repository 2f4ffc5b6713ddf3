"""Experts in the process that runs them: answers, failures, fresh globals, tools, time limits."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from autodagger.expert import expert as expert_module
from autodagger.expert.expert import Expert, ExpertError
from autodagger.expert.inmate import LOG_LINES
from autodagger.expert.jail import Jail, get_jail
from tests.grid import ACTIONS, load_expert, write_expert

STATE: dict[str, Any] = {
    "player": {"position": {"x": 0, "y": 0}},
    "map": {"collisions": ((0, 0),), "objects": []},
}


def load(folder: Path, text: str, tools_dir: Path | None = None) -> Expert:
    tools = sorted(tools_dir.glob("*.py")) if tools_dir else []
    return load_expert(write_expert(folder, text), tools)


def failure(folder: Path, text: str) -> str:
    """What an expert that loads says when it is asked."""
    expert = load(folder, text)
    with pytest.raises(ExpertError) as caught:
        expert.act(STATE)
    return str(caught.value)


def refusal(folder: Path, text: str) -> str:
    """Why an expert does not load."""
    with pytest.raises(ExpertError) as caught:
        load(folder, text)
    return str(caught.value)


@pytest.mark.parametrize("answer", ["right", "RIGHT", "Right", "no_op", "NO_OP"])
def test_answer_is_an_action_whatever_its_case(tmp_path: Path, answer: str) -> None:
    expert = load(tmp_path, f"def run(state): return {answer!r}")
    assert expert.act(STATE) == ACTIONS.index(answer.lower())


@pytest.mark.parametrize("answer", ["jump", "", " right", None, 3, ["right"], b"right"])
def test_unknown_answer_names_what_is_expected(tmp_path: Path, answer: object) -> None:
    message = failure(tmp_path, f"def run(state): return {answer!r}")
    assert f"CURSOR.py answered {answer!r}" in message
    assert "expected one of no_op, a, b, start, up, down, left, right" in message


def test_syntax_error_names_file_and_line(tmp_path: Path) -> None:
    message = refusal(tmp_path, "def run(state):\n    x = 1\n    return (x\n")
    assert message.startswith("CURSOR.py, line 3: ")
    assert "return (x" in message


def test_exception_names_kind_text_and_line(tmp_path: Path) -> None:
    message = failure(tmp_path, "def run(state):\n    x = 1\n    return state['nothing']\n")
    assert message == "CURSOR.py raised KeyError: 'nothing' (line 3 of CURSOR.py) in run(state)"


def test_exception_while_loading_is_told(tmp_path: Path) -> None:
    message = refusal(tmp_path, "import no_such_module\ndef run(state): return 'a'")
    assert "ModuleNotFoundError" in message
    assert "(line 1 of CURSOR.py) while it was loaded" in message


def test_exception_in_reset_is_told(tmp_path: Path) -> None:
    message = refusal(tmp_path, "def reset():\n    1 / 0\ndef run(state): return 'a'")
    assert "ZeroDivisionError" in message
    assert "(line 2 of CURSOR.py) in reset()" in message


@pytest.mark.parametrize("text", ["", "def ran(state): return 'a'", "run = 5"])
def test_missing_run_is_told(tmp_path: Path, text: str) -> None:
    assert "defines no function run(state)" in refusal(tmp_path, text)


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"def run(s):\n    return 'a'\0"])
def test_file_that_is_no_text_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "M.py"
    path.write_bytes(data)
    with pytest.raises(ExpertError, match=r"M\.py"):
        load_expert(path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExpertError, match=r"M\.py: no such file"):
        load_expert(tmp_path / "M.py")


@pytest.mark.parametrize("leave", ["raise SystemExit(1)", "exit()", "raise KeyboardInterrupt"])
def test_expert_cannot_end_the_program_by_an_exception(tmp_path: Path, leave: str) -> None:
    assert "CURSOR.py raised" in failure(tmp_path, f"def run(state): {leave}")


LOOPS = {
    "plain": "while True: pass",
    "stubborn": """while True:
            try:
                while True: sum(range(9))
            except Exception: pass""",
    "very stubborn": """for _ in range(3):
            try:
                while True: sum(range(9))
            except BaseException: pass
        while True: pass""",
    "asleep": "__import__('time').sleep(100)",
}


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
@pytest.mark.parametrize("place", ["run", "reset", "load"])
def test_endless_loop_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, loop: str
) -> None:
    monkeypatch.setattr(expert_module, "CALL_SECONDS", 0.1)
    text = {
        "run": f"def run(state):\n        {loop}\n",
        "reset": f"def reset():\n        {loop}\ndef run(state): return 'a'\n",
        "load": f"def run(state): return 'a'\nif True:\n        {loop}\n",
    }[place]
    message = failure(tmp_path, text) if place == "run" else refusal(tmp_path, text)
    assert "took longer than 0.1 s" in message


def test_time_limit_is_a_calls_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a quick call nothing interrupts what follows it."""
    monkeypatch.setattr(expert_module, "CALL_SECONDS", 0.05)
    expert = load(tmp_path, "def run(state): return 'a'")
    expert.act(STATE)
    time.sleep(0.2)
    assert expert.act(STATE) == ACTIONS.index("a")


def test_works_again_after_a_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expert_module, "CALL_SECONDS", 0.1)
    expert = load(tmp_path, "def run(state):\n    while state: pass\n    return 'a'")
    with pytest.raises(ExpertError):
        expert.act(STATE)
    expert.start_episode()
    assert expert.act({}) == ACTIONS.index("a")


COUNTER = """
    import sys
    calls = []
    def run(state):
        calls.append(1)
        log(len(calls))
        return "a"
"""


def test_globals_are_fresh_in_every_episode(tmp_path: Path) -> None:
    expert = load(tmp_path, COUNTER)
    for _ in range(2):
        for _ in range(3):
            expert.act(STATE)
        assert expert.log == ["1", "2", "3"]
        expert.start_episode()
        assert expert.log == []


def test_globals_of_tools_are_fresh_too(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    write_expert(tools, "seen = []\ndef count():\n    seen.append(1)\n    return len(seen)", "t.py")
    expert = load(tmp_path, "def run(state):\n    log(count())\n    return 'a'", tools)
    expert.act(STATE)
    expert.start_episode()
    expert.act(STATE)
    assert expert.log == ["1"]


def test_reset_is_called_once_an_episode_before_run(tmp_path: Path) -> None:
    expert = load(
        tmp_path, "def reset(): log('reset')\ndef run(state):\n    log('run')\n    return 'a'"
    )
    expert.act(STATE)
    expert.act(STATE)
    assert expert.log == ["reset", "run", "run"]


def test_tools_are_visible_to_experts_and_to_each_other(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    write_expert(tools, "def first(state): return second(state)\ndef _own(): pass", "a_first.py")
    write_expert(tools, "def second(state): return find_path_action(state, 1, 0)", "b_second.py")
    (tools / "notes.txt").write_text("no Python")
    expert = load(tmp_path, "def run(state): return first(state)", tools)
    assert expert.act(STATE) == ACTIONS.index("right")
    private = load(tmp_path, "def run(state): return _own()", tools)
    with pytest.raises(ExpertError, match="NameError"):
        private.act(STATE)


def test_error_within_a_tool_names_the_tools_line(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    write_expert(tools, "def go(state):\n    return state['x']['y']\n", "moves.py")
    expert = load(tmp_path, "def run(state): return go(state)", tools)
    with pytest.raises(ExpertError, match=r"line 2 of moves\.py"):
        expert.act(STATE)


def test_broken_tool_is_named(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    write_expert(tools, "def go(:\n", "moves.py")
    with pytest.raises(ExpertError, match=r"moves\.py, line 1"):
        load(tmp_path, "def run(state): return 'a'", tools)


def test_path_finding_is_there_without_tools(tmp_path: Path) -> None:
    expert = load(tmp_path, "def run(state): return find_path_action(state, 1, 0)")
    assert expert.act(STATE) == ACTIONS.index("right")


def test_log_keeps_the_last_lines_and_cuts_long_ones(tmp_path: Path) -> None:
    expert = load(
        tmp_path,
        "def run(state):\n    for k in range(500): log(k)\n    log('x' * 10**6)\n    return 'a'",
    )
    expert.act(STATE)
    assert len(expert.log) == LOG_LINES
    assert expert.log[0] == str(501 - LOG_LINES)
    assert len(expert.log[-1]) < 1000


def test_expert_knows_its_file(tmp_path: Path) -> None:
    expert = load(tmp_path, "def run(state):\n    log(__file__)\n    return 'a'")
    expert.act(STATE)
    assert expert.log == ["CURSOR.py"]


def test_edited_file_is_not_picked_up_midway(tmp_path: Path) -> None:
    """An evaluation is of one version of an expert."""
    expert = load(tmp_path, "def run(state): return 'a'")
    write_expert(tmp_path, "def run(state): return 'b'")
    expert.start_episode()
    assert expert.act(STATE) == ACTIONS.index("a")


# ---- What goes to the expert's process, and comes back ---------------------------------------


def test_answers_come_in_the_order_of_the_states(tmp_path: Path) -> None:
    expert = load(tmp_path, "def run(state): return ['no_op', 'a', 'b'][state['n'] % 3]")
    for n in range(100):
        expert.ask({"n": n})
    assert expert.collect() == [n % 3 for n in range(100)]
    assert expert.collect() == []
    assert expert.act({"n": 2}) == 2


def test_first_error_of_an_episode_stands_for_all_that_follow(tmp_path: Path) -> None:
    text = "def run(state):\n    log(state['n'])\n    return 'a' if state['n'] < 40 else 1 / 0"
    expert = load(tmp_path, text)
    for n in range(60):
        expert.ask({"n": n})
    answers = expert.collect()
    assert answers[:40] == [1] * 40
    assert len({id(answer) for answer in answers[40:]}) == 1
    assert "ZeroDivisionError" in str(answers[40])
    expert.ask({"n": 0})
    assert expert.collect() == [answers[40]]
    assert expert.log[-1] == "40"  # it was not asked any more
    expert.start_episode()
    assert expert.act({"n": 0}) == 1


def test_an_episode_that_nobody_collected_is_no_part_of_the_next(tmp_path: Path) -> None:
    expert = load(tmp_path, "def run(state): return state['button']")
    for _ in range(20):
        expert.ask({"button": "b"})
    expert.start_episode()
    expert.ask({"button": "a"})
    assert expert.collect() == [ACTIONS.index("a")]


def test_a_tuple_is_sent_once_and_cannot_be_altered(tmp_path: Path) -> None:
    text = """
def run(state):
    log(state["map"]["rows"]); log(state["map"]["place"])
    state["map"]["rows"] = "forgotten"
    state["map"]["place"].append(5)
    return "a"
"""
    expert = load(tmp_path, text)
    rows = ((0, 1), (1, 0))
    for place in ([1, 2], [1, 2], [3]):
        assert expert.act({"map": {"rows": rows, "place": place}}) == 1
    other = ((1, 1),)
    assert expert.act({"map": {"rows": other, "place": []}}) == 1
    assert expert.act({"map": {"rows": rows, "place": []}}) == 1
    assert expert.log[::2] == [str(rows)] * 3 + [str(other), str(rows)]
    assert expert.log[1::2] == ["[1, 2]", "[1, 2]", "[3]", "[]", "[]"]


def test_states_of_any_size_arrive(tmp_path: Path) -> None:
    expert = load(tmp_path, "def run(state): return 'a' if len(state['x']) == 3_000_000 else 'b'")
    assert expert.act({"x": "é" * 3_000_000}) == ACTIONS.index("a")


def test_chance_is_the_episodes_own(tmp_path: Path) -> None:
    text = "import random\ndef run(state):\n    log(random.random())\n    return 'a'"
    logs = []
    for seed in (1, 1, 2):
        expert = load(tmp_path, text)
        expert.start_episode(seed)
        expert.act({})
        logs += expert.log
    assert logs[0] == logs[1] != logs[2]


def test_sets_have_one_order_in_every_process(tmp_path: Path) -> None:
    text = "def run(state):\n    log(list(map(str, set('abcdefgh'))))\n    return 'a'"
    experts = [load(tmp_path, text) for _ in range(2)]
    for expert in experts:
        expert.act({})
    with Jail() as other:
        third = Expert(tmp_path / "CURSOR.py", (), ACTIONS, other.door)
        third.act({})
        assert third.log == experts[0].log == experts[1].log


def test_files_of_the_games_data_can_be_read_and_no_others(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "deep").mkdir(parents=True)
    (data / "maps.json").write_text('{"TOWN": "é"}', encoding="utf-8")
    (data / "deep" / "raw.bin").write_bytes(bytes(range(256)))
    (tmp_path / "secret").write_text("x")
    text = """
import json, pathlib
def run(state):
    log(json.load(open("data/maps.json"))["TOWN"])
    log(len(open("data/deep/raw.bin", "rb").read()))
    log(pathlib.Path("data/maps.json").read_text()[:7])
    for name in ("data/../secret", "data/none", "secret"):
        try: open(name)
        except PermissionError as error: log(str(error))
    return "a"
"""
    path = write_expert(tmp_path, text)
    expert = Expert(path, (), ACTIONS, get_jail().door, data=data)
    expert.act({})
    assert expert.log[:3] == ["é", "256", '{"TOWN"']
    assert len(expert.log) == 6
    assert all("(data/deep/raw.bin, data/maps.json), and no others" in s for s in expert.log[3:])


@pytest.mark.parametrize("kind", ["folder", "pipe", "long"])
def test_a_file_that_is_none_is_refused_unread(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "M.py"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        with path.open("wb") as file:
            file.truncate(1 << 40)
    with pytest.raises(
        ExpertError, match=r"M\.py: found (a folder|a pipe|1,099,511,627,776 bytes)"
    ):
        load_expert(path)


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"# -*- coding: latin-1 -*-\n# \xe9\n"])
def test_a_byte_order_mark_and_another_encoding_are_heeded(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "M.py"
    path.write_bytes(mark + b"def run(state): return 'a'")
    assert load_expert(path).act({}) == ACTIONS.index("a")
