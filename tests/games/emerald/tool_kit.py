"""Emerald's tools as experts have them, and small states to call them with."""

from types import SimpleNamespace
from typing import Any

from tests.grid import ROOT

FILES = sorted((ROOT / "games" / "emerald" / "tools").glob("*.py"))


def load_tools(**given: Any) -> SimpleNamespace:
    """What all files define, with what else their process would give them; each its own module."""
    modules = []
    for path in FILES:
        modules.append(dict(given))
        exec(compile(path.read_text(encoding="utf-8"), path.name, "exec"), modules[-1])
    shared = {name: one for module in modules for name, one in module.items() if name[:1] != "_"}
    for module in modules:
        module.update(shared)
    return SimpleNamespace(**shared)


def make_map(picture: str | list[str], facing: str = "south", **game: Any) -> dict[str, Any]:
    """A state on a map given as rows, or as words; the player stands at `P`."""
    rows = picture.split() if isinstance(picture, str) else list(picture)
    [(x, y)] = [(x, y) for y, row in enumerate(rows) for x, cell in enumerate(row) if cell == "P"]
    return {
        "player": {"position": {"x": x, "y": y}, "facing": facing, "party": []},
        "game": {
            "game_state": "overworld",
            "is_in_battle": False,
            "in_battle": False,
            "dialog_text": None,
            "dialog_finished": False,
            "menu": None,
        }
        | game,
        "map": {"ascii_map": rows, "behaviors": tuple((0,) * len(row) for row in rows)},
    }


def make_battle(menu: str, cursor: int = 0, wild: bool = True, **more: Any) -> dict[str, Any]:
    """A state of a battle with one of its menus open."""
    state = make_map("P", game_state="battle", is_in_battle=True, in_battle=True)
    moves = more.pop("moves", ["Tackle", "Growl", "Mud-Slap", "Water Gun"])
    state["game"] |= {"dialog_text": "What will MUDKIP do?"} | more
    state["battle_info"] = {
        "is_wild_battle": wild,
        "is_trainer_battle": not wild,
        "menu": menu,
        "action_cursor": cursor if menu == "main_menu" else 0,
        "move_cursor": cursor if menu == "move_selection" else 0,
        "player_pokemon": {"moves": moves},
    }
    return state
