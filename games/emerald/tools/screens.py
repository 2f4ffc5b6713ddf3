"""Text, boxes and menus outside of battles."""

import re

_AGREES = frozenset(("confirm", "select_yes", "select_start"))
_BUTTONS = ("a", "b", "start", "select", "up", "down", "left", "right", "no_op")


def is_dialog_open(state):
    """Whether text is on the screen."""
    return bool(look_up(state, "game", "dialog_text"))


def navigate_ui(state, intent="exit", action_guidance=None):
    """The next button in whatever box is open.

    Args:
        state: The state.
        intent: "exit", "cancel" or "select_no" to get out of it; "confirm", "select_yes" or
            "select_start" to agree.
        action_guidance: What is to be done here, in words; then the vision model says the button.

    Returns:
        A button; "no_op" where nothing is open.
    """
    if action_guidance:
        return _ask_model(state, action_guidance)
    agrees = intent in _AGREES
    menu = look_up(state, "game", "menu")
    if look_up(menu, "kind") == "yes_no":
        return _answer(menu, 0 if agrees else 1)
    if menu or look_up(state, "battle_info", "menu") not in (None, "none"):
        return "a" if agrees else "b"
    if is_dialog_open(state):
        finished = look_up(state, "game", "dialog_finished")
        return "b" if finished and intent in ("exit", "cancel") else "a"
    if look_up(state, "game", "game_state") == "menu":
        return "a" if agrees else "b"
    return "no_op"


def _answer(menu, wanted):
    """Moves the cursor of a yes/no box to its entry 0 or 1, and takes that."""
    cursor = look_up(menu, "cursor") or 0
    return "a" if cursor == wanted else "up" if cursor > wanted else "down"


def _ask_model(state, guidance):
    prompt = (
        "This is a screen of a Game Boy Advance game. The player wants to do this: "
        f"{guidance}. Which one button is to be pressed next? Answer with one of: "
        + ", ".join(_BUTTONS)
    )
    add_to_state_schema("next_action_for_task", prompt, str)
    words = re.findall(r"\w+", str(state["next_action_for_task"]))
    named = [word.lower() for word in words if word != "a" or len(words) == 1]  # "a" is an article
    return next((word for word in named if word in _BUTTONS), "b")
