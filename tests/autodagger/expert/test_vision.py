"""Questions and who answers them: the kept file, the model's server, and what it may say."""

import hashlib
import json
import multiprocessing
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autodagger.errors import UserError
from autodagger.expert import vision_model
from autodagger.expert.vision import Oracle, Question, Vision, VisionError, convert
from tests.vision import Stub, serving

PICTURE = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
QUESTION = Question("How many?", "int", PICTURE)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vision_model, "_PAUSE", 0.01)
    for name in ("VISION_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # which no server here is behind


def make(folder: Path, stub: Stub | None = None, **changes: Any) -> Vision:
    values: dict[str, Any] = {"model": "m", "url": stub.url if stub else "", "timeout": 5.0}
    return Vision(folder / "answers.jsonl", **{**values, **changes})


def test_a_question_is_model_type_prompt_and_screen() -> None:
    keys = {
        QUESTION.get_key("m"),
        QUESTION.get_key("n"),
        Question("How many", "int", PICTURE).get_key("m"),
        Question("How many?", "str", PICTURE).get_key("m"),
        Question("How many?", "int", PICTURE[::-1]).get_key("m"),
        Question("How many?", "int", PICTURE.reshape(6, 4, 3)).get_key("m"),
    }
    assert len(keys) == 6
    assert Question("How many?", "int", PICTURE.copy()).get_key("m") == QUESTION.get_key("m")
    about = json.dumps(["m", "int", "How many?", [4, 6, 3]]).encode() + b"\n" + PICTURE.tobytes()
    assert QUESTION.get_key("m") == hashlib.sha256(about).hexdigest()


def test_an_answer_is_asked_for_once_and_then_kept(tmp_path: Path) -> None:
    counted: list[bool] = []
    with serving() as stub:
        oracle = Oracle(make(tmp_path, stub), counted.append)
        assert [oracle.answer(QUESTION) for _ in range(3)] == [0, 0, 0]
        assert Oracle(make(tmp_path, stub), counted.append).answer(QUESTION) == 0
    assert Oracle(make(tmp_path), counted.append).answer(QUESTION) == 0  # the server is gone
    assert Oracle(make(tmp_path, url="http://x.invalid"), counted.append).answer(QUESTION) == 0
    assert counted == [True, False, False, False, False, False]
    assert len(stub.asked) == 1
    [line] = (tmp_path / "answers.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "key": QUESTION.get_key("m"),
        "model": "m",
        "type": "int",
        "prompt": "How many?",
        "answer": "0",
    }


def test_another_model_is_asked_anew(tmp_path: Path) -> None:
    with serving() as stub:
        answers = [Oracle(make(tmp_path, stub, model=m)).answer(QUESTION) for m in "mnm"]
    assert answers == [0, 1, 0]
    assert [body["model"] for body in stub.asked] == ["m", "n"]


@pytest.mark.parametrize("vision", [{}, {"model": ""}, {"model": "", "url": "http://localhost:9"}])
def test_without_a_model_a_missing_answer_says_what_to_do(
    tmp_path: Path, vision: dict[str, str]
) -> None:
    with pytest.raises(VisionError, match=r"'How many\?' \(int\).*vision_url and vision_model"):
        Oracle(make(tmp_path, **vision)).answer(QUESTION)
    assert not (tmp_path / "answers.jsonl").exists()


def test_nobody_answers_where_there_is_no_vision() -> None:
    with pytest.raises(VisionError, match="no vision model here"):
        Oracle().answer(QUESTION)


def ask(vision: Vision, queue: Any) -> None:
    queue.put([Oracle(vision).answer(Question(f"{k}", "int", PICTURE)) for k in range(5)])


def test_processes_that_ask_the_same_at_once_get_the_same(tmp_path: Path) -> None:
    """And the model is asked each question once."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    with serving() as stub:
        stub.seconds = 0.05
        several = [context.Process(target=ask, args=(make(tmp_path, stub), queue)) for _ in "abc"]
        for one in several:
            one.start()
        answers = [queue.get(timeout=60) for _ in several]
        for one in several:
            one.join()
    assert answers[0] == answers[1] == answers[2]
    assert sorted(answers[0]) == [0, 1, 2, 3, 4]
    assert len(stub.asked) == 5


def test_signs_of_life_are_given_while_the_model_thinks(tmp_path: Path) -> None:
    beats: list[float] = []
    with serving() as stub:
        stub.seconds = 2.5
        oracle = Oracle(make(tmp_path, stub), on_wait=lambda: beats.append(time.monotonic()))
        assert oracle.answer(QUESTION) == 0
    assert len(beats) == 2


def test_what_is_no_answer_of_its_type_is_kept_and_said_again(tmp_path: Path) -> None:
    with serving(lambda number: f"perhaps {number}") as stub:
        for _ in range(2):
            with pytest.raises(
                VisionError, match=r"answered 'perhaps 0'; expected int.*key [0-9a-f]"
            ):
                Oracle(make(tmp_path, stub)).answer(QUESTION)
    file = tmp_path / "answers.jsonl"
    file.write_text(file.read_text().replace("perhaps 0", "7"))  # as the message says
    assert Oracle(make(tmp_path)).answer(QUESTION) == 7


def test_the_request_is_a_text_and_a_picture(tmp_path: Path) -> None:
    with serving() as stub:
        Oracle(make(tmp_path, stub)).answer(QUESTION)
    [body], [headers] = stub.asked, stub.headers
    assert {key: body[key] for key in body if key != "messages"} == {"model": "m", "temperature": 0}
    [message] = body["messages"]
    assert message["role"] == "user"
    assert message["content"][0]["text"] == "How many?\n\nAnswer with a whole number alone."
    assert (stub.pictures()[0] == PICTURE).all()
    assert headers["Content-Type"] == "application/json" and "Authorization" not in headers


def test_the_key_is_the_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "openai")  # goes to OpenAI alone
    with serving() as stub:
        Oracle(make(tmp_path, stub)).answer(QUESTION)
        monkeypatch.setenv("VISION_API_KEY", "secret")
        Oracle(make(tmp_path, stub, model="n")).answer(QUESTION)
    assert [headers.get("Authorization") for headers in stub.headers] == [None, "Bearer secret"]
    assert b"secret" not in (tmp_path / "answers.jsonl").read_bytes()
    monkeypatch.delenv("VISION_API_KEY")
    key = {"Authorization": "Bearer openai"}
    assert vision_model._authorize("https://api.openai.com/v1") == key
    assert vision_model._authorize("https://api.openai.com.example/v1") == {}


def test_a_busy_server_is_asked_again(tmp_path: Path) -> None:
    with serving(lambda number: (503, "busy") if number < 3 else "5") as stub:
        assert Oracle(make(tmp_path, stub)).answer(QUESTION) == 5
    assert len(stub.asked) == 4


def test_a_model_without_temperature_is_asked_without(tmp_path: Path) -> None:
    with serving(lambda number: "5" if number else (400, "no temperature")) as stub:
        assert Oracle(make(tmp_path, stub)).answer(QUESTION) == 5
    assert ["temperature" in body for body in stub.asked] == [True, False]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ((401, "no key"), r"HTTP 401, 'no key'. Put a key .* VISION_API_KEY"),
        ((404, "no model"), r"HTTP 404, 'no model'. Look at vision_url .* 'm'"),
        ((400, "bad"), "HTTP 400, 'bad'. Look at vision_url"),
        ((301, ""), "HTTP 301"),
        ((503, "busy"), "HTTP 503, 'busy'. Start the run again"),
        ((200, "hello"), "answered 'hello'; expected choices"),
        ((200, "[]"), r"answered '\[\]'; expected choices"),
        ((200, '{"choices": [{"message": {"content": null}}]}'), "expected choices"),
        ((200, "[" * 9000), "expected choices"),
        ("", "expected choices"),
    ],
)
def test_a_server_that_does_not_answer_ends_the_job_in_words(
    tmp_path: Path, reply: Any, said: str
) -> None:
    """No episode is lost to it: the next run goes on."""
    with serving(lambda _: reply) as stub, pytest.raises(UserError, match=said):
        Oracle(make(tmp_path, stub)).answer(QUESTION)
    assert not (tmp_path / "answers.jsonl").read_bytes()


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    with serving() as stub:
        pass
    with pytest.raises(
        UserError, match=r"vision model at http://127.*refused, 4 times. Is the ser"
    ):
        Oracle(make(tmp_path, stub)).answer(QUESTION)


def test_a_server_that_is_too_slow_is_named(tmp_path: Path) -> None:
    with serving() as stub:
        stub.seconds = 1.0
        with pytest.raises(UserError, match=r"no answer within 0\.1 s, 4 times"):
            Oracle(make(tmp_path, stub, timeout=0.1)).answer(QUESTION)


def test_a_failed_question_can_be_asked_by_another_one(tmp_path: Path) -> None:
    """Nobody's lock stays."""
    with serving(lambda number: (404, "x") if number == 0 else "3") as stub:
        vision = make(tmp_path, stub)
        with pytest.raises(UserError):
            Oracle(vision).answer(QUESTION)
        done: list[int] = []
        asking = threading.Thread(target=lambda: done.append(Oracle(vision).answer(QUESTION)))
        asking.start()
        asking.join(10)
    assert done == [3]


@pytest.mark.parametrize(
    ("said", "kind", "value"),
    [
        (" **True** ", "bool", True),
        ("No.", "bool", False),
        ("1", "bool", True),
        ("```\n-3\n```", "int", -3),
        ("4.0", "int", 4),
        ("1e3", "float", 1000.0),
        ("a\nb", "str", "a\nb"),
        ('"', "str", '"'),
        ("5", "str", "5"),
        ("[" * 5000, "str", "[" * 5000),
        ("```json\n{}\n```", "dict", {}),
        ("```[1]```", "list", [1]),
    ],
)
def test_what_a_model_says_is_read_leniently(said: str, kind: str, value: object) -> None:
    found = convert(said, kind)
    assert found == value and type(found) is type(value)
