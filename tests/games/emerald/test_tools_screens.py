"""`is_dialog_open` and `navigate_ui` with every box and every intent."""

from typing import Any

import pytest

from tests.games.emerald.tool_kit import load_tools, make_battle, make_map

tools = load_tools()
navigate_ui, is_dialog_open = tools.navigate_ui, tools.is_dialog_open

INTENTS = ("exit", "confirm", "select_yes", "select_no", "cancel", "select_start")
AGREES = ("confirm", "select_yes", "select_start")
TEXT = {"dialog_text": "PROF. BIRCH: H-help me!"}


def yes_no(cursor: int) -> dict[str, Any]:
    box = {"kind": "yes_no", "cursor": cursor, "last": 1}
    return make_map("P", game_state="dialog", menu=box, **TEXT)


def menu(kind: str) -> dict[str, Any]:
    return make_map("P", game_state="menu", menu={"kind": kind, "cursor": 0, "last": 3})


@pytest.mark.parametrize("intent", INTENTS)
def test_yes_or_no(intent: str) -> None:
    answers = [navigate_ui(yes_no(cursor), intent) for cursor in (0, 1)]
    assert answers == (["a", "up"] if intent in AGREES else ["down", "a"])


@pytest.mark.parametrize("intent", INTENTS)
def test_text_still_being_written(intent: str) -> None:
    assert navigate_ui(make_map("P", **TEXT), intent) == "a"


@pytest.mark.parametrize("intent", INTENTS)
def test_text_that_is_complete(intent: str) -> None:
    state = make_map("P", dialog_finished=True, **TEXT)
    assert navigate_ui(state, intent) == ("b" if intent in ("exit", "cancel") else "a")


@pytest.mark.parametrize("kind", ["choice", "start"])
@pytest.mark.parametrize("intent", INTENTS)
def test_menus(intent: str, kind: str) -> None:
    assert navigate_ui(menu(kind), intent) == ("a" if intent in AGREES else "b")


@pytest.mark.parametrize("intent", INTENTS)
def test_a_choice_with_its_question_still_on_the_screen(intent: str) -> None:
    state = menu("choice")
    state["game"] |= TEXT
    assert navigate_ui(state, intent) == ("a" if intent in AGREES else "b")


@pytest.mark.parametrize("intent", INTENTS)
def test_a_full_screen_such_as_the_bag(intent: str) -> None:
    state = make_map("P", game_state="menu")
    assert navigate_ui(state, intent) == ("a" if intent in AGREES else "b")


@pytest.mark.parametrize("intent", INTENTS)
@pytest.mark.parametrize("kind", ["main_menu", "move_selection"])
def test_a_battles_menu(intent: str, kind: str) -> None:
    assert navigate_ui(make_battle(kind), intent) == ("a" if intent in AGREES else "b")


@pytest.mark.parametrize("intent", INTENTS)
def test_nothing_open(intent: str) -> None:
    assert navigate_ui(make_map("P"), intent) == "no_op"


def test_to_get_out_is_what_is_meant_where_nothing_is_said() -> None:
    assert navigate_ui(menu("start")) == "b"
    assert navigate_ui(yes_no(0)) == "down"


@pytest.mark.parametrize(
    ("text", "is_open"), [(None, False), ("", False), ("Hello!", True)], ids=repr
)
def test_a_dialogue_is_open_while_there_is_text(text: str | None, is_open: bool) -> None:
    assert is_dialog_open(make_map("P", dialog_text=text)) is is_open


@pytest.mark.parametrize(
    ("said", "button"),
    [
        ("a", "a"),
        ("the A button", "a"),
        ("UP", "up"),
        ("'left'.", "left"),
        ("Press a button: UP", "up"),
        ("no", "b"),
    ],
)
def test_guidance_asks_the_model(said: str, button: str) -> None:
    asked: list[tuple[str, str, type]] = []

    def register(key: str, prompt: str, kind: type) -> None:
        asked.append((key, prompt, kind))

    state = make_map("P") | {"next_action_for_task": said}
    answer = load_tools(add_to_state_schema=register).navigate_ui(
        state, action_guidance="set the clock to noon"
    )
    assert answer == button
    [(key, prompt, kind)] = asked
    assert (key, kind) == ("next_action_for_task", str)
    assert "set the clock to noon" in prompt


def test_no_model_is_asked_without_guidance() -> None:
    """`add_to_state_schema` is not even there."""
    for guidance in (None, ""):
        assert navigate_ui(menu("start"), "exit", guidance) == "b"


@pytest.mark.parametrize("lost", ["game", "player", "map"])
def test_odd_states_do_not_raise(lost: str) -> None:
    state = yes_no(0)
    del state[lost]
    for intent in INTENTS:
        assert navigate_ui(state, intent) in ("no_op", "a", "down")
        assert navigate_ui({}, intent) == "no_op"
    assert is_dialog_open({}) is False
    title = make_map("P", game_state="title", menu={"kind": "yes_no", "cursor": None})
    assert navigate_ui(title, "exit") == "down"
