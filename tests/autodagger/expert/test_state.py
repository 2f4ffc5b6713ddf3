"""What experts do with their state: as a dict, as a picture, and as questions about that."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autodagger.actions import Answers
from autodagger.expert import desk as desk_module
from autodagger.expert import expert as expert_module
from autodagger.expert.desk import CALL_QUESTIONS, Desk
from autodagger.expert.expert import Expert, ExpertError
from autodagger.expert.jail import get_jail
from autodagger.expert.vision import PROMPT_LENGTH, Oracle, Vision
from tests.grid import ACTIONS, write_expert
from tests.vision import Stub, serving

A, B, UP = ACTIONS.index("a"), ACTIONS.index("b"), ACTIONS.index("up")


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving() as stub:
        yield stub


def load(
    folder: Path, text: str, url: str = "", tools: tuple[str, ...] = (), **more: Any
) -> Expert:
    """An expert that can ask the model at `url`; its answers are kept in the folder."""
    vision = Vision(folder / "answers.jsonl", "stub", url, timeout=10)
    files = [write_expert(folder, tool, f"tools/{k}.py") for k, tool in enumerate(tools)]
    desk = Desk(Oracle(vision), more.pop("channel_bits", 5))
    path, door = write_expert(folder, text), get_jail(pictures=True).door
    return Expert(path, files, ACTIONS, door, desk=desk, **more)


def make_screen(value: int = 0) -> np.ndarray:
    """(160, 240, 3) uint8 with five bits a channel, as the console has them."""
    pixels = np.random.default_rng(value).integers(0, 32, (160, 240, 3), np.uint8)
    return pixels << 3


def failure(expert: Expert, screen: np.ndarray | None = None) -> str:
    with pytest.raises(ExpertError) as caught:
        expert.act({"i": 1}, make_screen() if screen is None else screen)
    return str(caught.value)


ALL = """
import copy, json, pprint
def run(state):
    assert isinstance(state, dict) and state == {"a": {"b": [1]}, "n": None} and len(state) == 2
    assert json.loads(json.dumps(state)) == state and repr(state) == "{'a': {'b': [1]}, 'n': None}"
    assert copy.deepcopy(state) == copy.copy(state) == state.copy() == dict(state) == {**state}
    assert type(copy.deepcopy(state)) is type(state.copy()) is type(copy.copy(state))
    assert state.get("a") is state["a"] and state.get("n", 5) is None and state.get("x", 5) == 5
    assert state.get("x") is None and "x" not in state and [*state] == ["a", "n"]
    assert state.pop("x", 3) == 3 and state.setdefault("y", 2) == 2 and pprint.pformat(state)
    state["z"] = state.get("z", 0) + 1
    assert {k: v for k, v in state.items() if k == "z"} == {"z": 1} and type(state)({"q": 1})["q"]
    match state:
        case {"a": {"b": [one]}}: assert one == 1
    for key in ("x", 3, ("t",)):
        try: state[key]
        except KeyError as error: assert error.args == (key,)
        else: assert False, key
    return "a"
"""


def test_it_is_a_dict_as_any_other(tmp_path: Path) -> None:
    assert load(tmp_path, ALL).act({"a": {"b": [1]}, "n": None}) == A


def test_the_picture_is_the_screen_with_its_channels_widened(tmp_path: Path) -> None:
    text = """
def run(state):
    picture = state._screenshot
    log(picture.mode, ); log(picture.size); log(list(picture.tobytes()[:600]))
    assert picture is state._screenshot is state.copy()._screenshot
    return "a"
"""
    screen, logs = make_screen(), []
    for bits in (5, 8):
        expert = load(tmp_path, text.replace("[:600]", "[:60]"), channel_bits=bits)
        assert expert.act({}, screen) == A
        logs.append(expert.log)
    expected = [(screen | screen >> 5), screen]
    for log, picture in zip(logs, expected, strict=True):
        assert log[:2] == ["RGB", "(240, 160)"]
        assert json.loads(log[2]) == picture.ravel()[:60].tolist()
    assert (screen | screen >> 5).max() == 255  # white is white


def test_without_a_screen_there_is_no_picture(tmp_path: Path) -> None:
    text = "def run(state): return 'a' if state._screenshot is None else 'b'"
    assert load(tmp_path, text).act({}) == A


def test_each_of_the_states_sent_at_once_has_its_own_picture(tmp_path: Path) -> None:
    text = (
        "def run(state): return 'a' if state._screenshot.getpixel((7, 9))[1] == state['i'] else 'b'"
    )
    expert = load(tmp_path, text, channel_bits=8)
    for i in range(100):
        expert.ask({"i": i}, np.full((160, 240, 3), i, np.uint8))
    assert expert.collect() == [A] * 100


def test_an_earlier_states_picture_is_gone_unless_it_was_had(tmp_path: Path) -> None:
    text = """
add_to_state_schema("n", "How many?", int)
old = []
def run(state):
    old.append(state)
    if len(old) == 1:
        return "a" if state["n"] == 0 else "b"
    if old[0]["n"] == 0 and old[0].get("n") == 0 and state["i"] == 2:
        try: old[0]._screenshot
        except LookupError as error: log(str(error))
    return "a"
"""
    with serving() as stub:
        expert = load(tmp_path, text, stub.url)
        assert [expert.act({"i": i}, make_screen()) for i in (1, 2)] == [A, A]
    assert "earlier call" in expert.log[0]


@pytest.mark.parametrize(
    ("kind", "said", "value"),
    [
        ("bool", "Yes.", True),
        ("'bool'", "false", False),
        ("int", "<think>4 or 5?</think>\n 5", 5),
        ("float", "2", 2.0),
        ("str", '"MAY"', "MAY"),
        ("list", "```json\n[1, [2]]\n```", [1, [2]]),
        ("list[str]", "[]", []),
        ("dict", '{"x": null}', {"x": None}),
    ],
)
def test_answers_are_of_the_asked_type(tmp_path: Path, kind: str, said: str, value: object) -> None:
    text = f"""
add_to_state_schema(key="k", vlm_prompt="What is it?", return_type={kind})
def run(state):
    return "a" if state["k"] == state.get("k", 9) == {value!r} and "k" not in state else "b"
"""
    with serving(lambda _: said) as stub:
        assert load(tmp_path, text, stub.url).act({}, make_screen()) == A
    [prompt] = stub.prompts()
    assert prompt.startswith("What is it?\n\nAnswer with ")
    assert (stub.pictures()[0] == make_screen() | make_screen() >> 5).all()


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("bool", "perhaps"),
        ("int", "5.5"),
        ("int", "many"),
        ("float", "nan"),
        ("float", "1e999"),
        ("list", '{"a": 1}'),
        ("list", "[1e999]"),
        ("list", "[" * 5000),
        ("dict", "[NaN]"),
        ("dict", "none"),
    ],
)
def test_an_answer_of_another_type_fails_the_episode_in_words(
    tmp_path: Path, kind: str, said: str
) -> None:
    text = f"""
add_to_state_schema("k", "What is it?", {kind})
def run(state):
    try: return state["k"] and "a"
    except Exception: return "a"
"""
    with serving(lambda _: said) as stub:
        expert = load(tmp_path, text, stub.url)
        message = failure(expert)
        assert expert_is_done(expert)
    assert f"CURSOR.py asked 'What is it?' ({kind}), and the vision model answered" in message
    assert f"expected {kind}" in message and "answers.jsonl" in message


def expert_is_done(expert: Expert) -> bool:
    """Whether the episode stays failed, whatever the expert makes of it."""
    expert.ask({}, make_screen())
    return all(isinstance(answer, ExpertError) for answer in expert.collect())


def test_an_unknown_type_is_named_where_it_is_registered(tmp_path: Path) -> None:
    with pytest.raises(ExpertError, match=r"return_type is 'number'; expected one of bool, int"):
        load(tmp_path, "add_to_state_schema('k', 'x', 'number')\ndef run(state): return 'a'")


def test_tools_register_questions_too_and_an_episode_begins_without(tmp_path: Path) -> None:
    tool = "def look(state):\n    add_to_state_schema('t', 'Tool?', int)\n    return state['t']"
    text = """
def run(state):
    log(state.get("t"))
    return "a" if look(state) == 0 else "b"
"""
    with serving() as stub:
        expert = load(tmp_path, text, stub.url, (tool,))
        for _ in range(2):
            expert.start_episode()
            assert [expert.act({}, make_screen()) for _ in range(2)] == [A, A]
            assert expert.log == ["None", "0"]
    assert len(stub.asked) == 1


def test_a_key_that_the_state_has_is_not_asked(tmp_path: Path) -> None:
    text = (
        "add_to_state_schema('i', 'x', int)\ndef run(state): return 'a' if state['i'] == 4 else 'b'"
    )
    assert load(tmp_path, text).act({"i": 4}, make_screen()) == A


ASKS = """
add_to_state_schema("k", "What is it?", int)
def run(state):
    log(state["k"])
    return "a"
"""


def test_without_a_model_a_missing_answer_fails_the_episode_in_words(tmp_path: Path) -> None:
    """Also where the expert would go on without it: with a model it may do otherwise."""
    caught = ASKS.replace('    log(state["k"])', "    try: state['k']\n    except Exception: pass")
    for text in (ASKS, caught):
        expert = load(tmp_path, text)
        message = failure(expert)
        assert "CURSOR.py asks 'What is it?' (int)" in message
        assert "vision_url and vision_model" in message and "answers.jsonl" in message
        assert expert_is_done(expert)
        expert.start_episode()
        assert "What is it?" in failure(expert)


def test_the_first_failure_stands_for_all_that_was_sent_with_it(tmp_path: Path, stub: Stub) -> None:
    """Nothing is asked any more, though the states are with the expert already."""
    text = ASKS.replace("log(state", "state['i'] == 3 and 1 / 0; log(state")
    expert = load(tmp_path, text, stub.url)
    for i in range(16):
        expert.ask({"i": i}, make_screen(i))
    answers = expert.collect()
    assert answers[:3] == [A] * 3
    assert {str(answer) for answer in answers[3:]} == {str(answers[3])}
    assert len(stub.asked) == 3


def test_a_slow_model_takes_none_of_the_experts_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stub: Stub
) -> None:
    monkeypatch.setattr(expert_module, "CALL_SECONDS", 0.3)
    monkeypatch.setattr(expert_module, "EPISODE_SECONDS", 0.4)
    stub.seconds = 0.6
    assert load(tmp_path, ASKS, stub.url).act({}, make_screen()) == A


def test_the_time_between_questions_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An expert that asks again and again gets no more of it."""
    monkeypatch.setattr(expert_module, "CALL_SECONDS", 0.4)
    text = """
import time
def run(state):
    for _ in range(50):
        time.sleep(0.1)
        state.copy()._moment._picture.clear()
        state._screenshot
    return "a"
"""
    assert "took longer than 0.4 s in run(state)" in failure(load(tmp_path, text))


FORGED = """
import os, json, struct
def send(kind, content):
    data = json.dumps([kind, content]).encode()
    os.write(3, struct.pack("!I", len(data)) + data)
def run(state):
    {}
    return "a"
"""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("while True: state._moment._picture.clear(); state._screenshot", "more than 100 times"),
        ("for i in range(10**9): send('picture', {})", "took longer than"),
        ("send('question', {'prompt': 5, 'type': 'int'}); state._screenshot", "not asked for"),
        ("send('question', {'prompt': 'x', 'type': 'set'}); state._screenshot", "not asked for"),
        ("send('question', None); state._screenshot", "not asked for"),
        ("send('question', [[]]); state._screenshot", "not asked for"),
        (f"add_to_state_schema('k', 'x' * {PROMPT_LENGTH + 1}, int); state['k']", "10,001 charact"),
        ("add_to_state_schema('k', '\\ud800\\0' * 9, int); state['k']", "CURSOR.py asks "),
    ],
)
def test_a_hostile_question_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, said: str
) -> None:
    monkeypatch.setattr(expert_module, "CALL_SECONDS", 1.0)
    expert = load(tmp_path, FORGED.format(body))
    message = failure(expert)
    assert said in message and message.isprintable()
    expert.start_episode()
    assert said in failure(expert)


@pytest.mark.parametrize("place", ["reset()", "load"])
def test_nothing_can_be_asked_before_there_is_a_state(tmp_path: Path, place: str) -> None:
    head = FORGED.format("pass")
    with pytest.raises(ExpertError, match="not asked for"):
        load(
            tmp_path, head + ("def reset(): " if place != "load" else "") + "send('picture', {})\n"
        )


def test_an_expert_that_hides_what_it_wants_gets_none(tmp_path: Path) -> None:
    """Pictures are there where the source says so; a jail without PIL has nothing to draw with."""
    path = write_expert(
        tmp_path, "def run(state): return getattr(state, '_screen' + 'shot') and 'a'"
    )
    expert = Expert(path, (), ACTIONS, get_jail().door)
    with pytest.raises(ExpertError, match=r"Write state\._screenshot plainly"):
        expert.act({}, make_screen())


def test_questions_of_a_call_and_of_an_episode_are_limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stub: Stub
) -> None:
    text = """
def run(state):
    for n in range(state["i"]):
        add_to_state_schema("k", f"{state['i']} {n}", int)
        state["k"]
    return "a"
"""
    expert = load(tmp_path, text, stub.url)
    assert expert.act({"i": CALL_QUESTIONS}, make_screen()) == A
    with pytest.raises(ExpertError, match=f"more than {CALL_QUESTIONS} times about one state"):
        expert.act({"i": CALL_QUESTIONS + 1}, make_screen())
    assert len(stub.asked) == 2 * CALL_QUESTIONS
    monkeypatch.setattr(desk_module, "EPISODE_QUESTIONS", 5)
    expert.start_episode()
    assert expert.act({"i": 3}, make_screen()) == A
    with pytest.raises(ExpertError, match="more than 5 questions in one episode"):
        expert.act({"i": 4}, make_screen())
    expert.start_episode()
    assert expert.act({"i": 5}, make_screen()) == A


def test_the_experts_process_has_no_network(tmp_path: Path, stub: Stub) -> None:
    """While the same expert's question reaches the model."""
    text = """
add_to_state_schema("k", "What is it?", int)
def run(state):
    import _socket
    try: _socket.socket()
    except BaseException as error: log(type(error).__name__)
    return "a" if state["k"] == 0 else "b"
"""
    text = text.replace("import _socket", "import sys; _socket = sys.modules.get('_socket')")
    expert = load(tmp_path, text, stub.url)
    assert expert.act({}, make_screen()) == A
    assert expert.log and expert.log[0] in ("PermissionError", "ConfinementError", "AttributeError")


# ---- Answers that are no action ----------------------------------------------------------------

LENIENT = Answers(first_of_list=True, names={"No_Op": "b"}, otherwise="b")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("['UP', 'a']", UP),
        ("('up',)", UP),
        ("'Up'", UP),
        ("None", B),
        ("'no_op'", B),
        ("['NO_OP']", B),
        ("'jump'", B),
        ("' up'", B),
        ("[]", B),
        ("[['up']]", B),
        ("[None, 'up']", B),
        ("5", B),
        ("{'up'}", B),
        ("{'up': 1}", B),
    ],
)
def test_a_game_says_what_other_answers_stand_for(tmp_path: Path, given: str, meant: int) -> None:
    expert = load(tmp_path, f"def run(state): return {given}", answers=LENIENT)
    assert expert.act({}) == meant


def test_an_error_stands_for_nothing(tmp_path: Path) -> None:
    expert = load(tmp_path, "def run(state): return 1 / 0", answers=LENIENT)
    assert "ZeroDivisionError" in failure(expert)


@pytest.mark.parametrize("content", ["['up']", "['up', 'x', 'y']", "'up'", "None", "[1, 2]"])
def test_a_forged_list_is_no_answer(tmp_path: Path, content: str) -> None:
    expert = load(tmp_path, FORGED.format(f"send('list', {content})"), answers=LENIENT)
    assert "not asked for" in failure(expert)
