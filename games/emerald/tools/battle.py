"""Battles: which button, and what the menu shows."""

_FIGHT, _RUN = 0, 3  # places of the action menu, row by row
_ACTIONS = ("FIGHT", "BAG", "POKEMON", "RUN")
_WATER_GUN = 55
_CURSORS = {"main_menu": "action_cursor", "move_selection": "move_cursor"}


def handle_battle(state, strategy="fight"):
    """The next button of a battle.

    Args:
        state: The state.
        strategy: "fight": whichever move the cursor is on; "water_gun": that move, or the fourth
            one where nobody knows it; "run": away from a wild one. From a trainer there is no
            running, so that is a fight.

    Returns:
        A button; "a" for all that is said, and outside of battles.
    """
    info = look_up(state, "battle_info") if _is_in_battle(state) else None
    runs = strategy == "run" and bool(look_up(info, "is_wild_battle"))
    menu, cursor = _read_menu(info)
    if menu == "main_menu":
        return _go_to(cursor, _RUN if runs else _FIGHT, _ACTIONS)
    if menu != "move_selection":
        return "a"
    if runs:
        return "b"
    moves = _list_moves(state, "moves")
    return _go_to(cursor, _find_water_gun(state, moves), moves) if strategy == "water_gun" else "a"


def get_battle_ui(state):
    """The menu of a battle as text.

    Returns:
        ``ui_type``: "main_menu", "move_selection", "none" where no menu is open, or "error" where
        the battle's state is not to be read. ``ui_grid``: 2 rows of 2 texts, ``* `` before the one
        under the cursor. ``raw_text``: the same in lines, or what is said in the battle.
    """
    if not _is_in_battle(state):
        return _describe("none", "")
    menu, cursor = _read_menu(look_up(state, "battle_info"))
    if menu not in _CURSORS:
        return _describe(menu, str(look_up(state, "game", "dialog_text") or ""))
    texts = list(_ACTIONS if menu == "main_menu" else _list_moves(state, "moves"))
    texts[cursor] = f"* {texts[cursor]}"
    return _describe(menu, " | ".join(texts[:2]) + "\n" + " | ".join(texts[2:]), texts)


def _describe(menu, text, texts=("", "", "", "")):
    return {"ui_type": menu, "ui_grid": [list(texts[:2]), list(texts[2:])], "raw_text": text}


def _is_in_battle(state):
    return bool(look_up(state, "game", "is_in_battle") or look_up(state, "game", "in_battle"))


def _read_menu(info):
    """The open menu and its cursor; "error" for one that cannot be."""
    menu = look_up(info, "menu")
    if menu == "none":
        return "none", 0
    cursor = look_up(info, _CURSORS.get(menu))
    return (menu, cursor) if cursor in (0, 1, 2, 3) else ("error", 0)


def _list_moves(state, key):
    """Four entries of whoever fights; those of the first in the party where it does not say."""
    fighter = look_up(state, "battle_info", "player_pokemon", key)
    known = fighter or look_up(state, "player", "party", 0, key) or ()
    return [str(move or "") for move in [*known, "", "", "", ""][:4]]


def _find_water_gun(state, moves):
    """Its place, or the fourth one, or the last where there are fewer."""
    numbers = _list_moves(state, "move_ids")
    for place in range(4):
        is_named = moves[place].upper().replace("_", " ") == "WATER GUN"
        if is_named or str(_WATER_GUN) in (moves[place], numbers[place]):
            return place
    known = [place for place in range(4) if moves[place]]
    return known[-1] if known else 3


def _go_to(cursor, wanted, texts):
    """The button that brings a cursor nearer in two rows of two, over entries only; then "a"."""
    if cursor == wanted:
        return "a"
    if (cursor ^ wanted) & 2 and (texts[cursor ^ 2] or cursor ^ 2 == wanted):
        return "up" if cursor & 2 else "down"
    return "left" if cursor & 1 else "right"
