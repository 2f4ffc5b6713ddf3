"""Experts in the process that runs them: answers, failures, fresh globals, tools, time limits."""

import time
from pathlib import Path
from typing import Any

import pytest

from autodagger.expert import expert as expert_module
from autodagger.expert.expert import Expert, ExpertError
from autodagger.expert.inmate import LOG_LINES
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
    with pytest.raises(ExpertError, match=r"M\.py cannot be read"):
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
