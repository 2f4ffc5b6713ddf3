"""Battles: who fights, and which menu is open."""

from typing import Any

from .memory import Memory
from .move_names import get_move_name
from .text import decode

TYPE_FLAGS, OPPONENT = 0x02022FEC, 0x02038BCA
FIGHTERS, FIGHTER_SIZE = 0x02024084, 0x58  # the player's, then the opponent's
CONTROLLER, ACTION_CURSOR, MOVE_CURSOR = 0x03005D60, 0x020244AC, 0x020244B0
MESSAGE, MESSAGE_SIZE = 0x02022E2C, 300

_DOUBLE, _TRAINER = 1, 8
_MENUS = {0x08057589: "main_menu", 0x08057BFD: "move_selection"}
_ACTIONS = ["FIGHT", "BAG", "POKEMON", "RUN"]


def read_battle(memory: Memory) -> dict[str, Any]:
    """`battle_info` of the state dictionary, see adapter.py."""
    flags = memory.u32(TYPE_FLAGS)
    own, other = (_read_fighter(memory, FIGHTERS + FIGHTER_SIZE * place) for place in (0, 1))
    menu = _MENUS.get(memory.u32(CONTROLLER), "none")
    choices = {"main_menu": _ACTIONS, "move_selection": [move for move in own["moves"] if move]}
    return {
        "in_battle": True,
        "battle_type_flags": flags,
        "is_trainer_battle": bool(flags & _TRAINER),
        "is_wild_battle": not flags & _TRAINER,
        "is_double_battle": bool(flags & _DOUBLE),
        "trainer_opponent": memory.u16(OPPONENT),
        "player_pokemon": own,
        "opponent_pokemon": other,
        "menu": menu,
        "action_cursor": memory.u8(ACTION_CURSOR),
        "move_cursor": memory.u8(MOVE_CURSOR),
        "battle_interface": {"available_actions": list(choices.get(menu, ()))},
    }


def _read_fighter(memory: Memory, address: int) -> dict[str, Any]:
    hp, most = memory.u16(address + 0x28), memory.u16(address + 0x2C)
    moves = [memory.u16(address + 0xC + 2 * place) for place in range(4)]
    return {
        "species": memory.u16(address),
        "nickname": decode(memory.bytes(address + 0x30, 11)),
        "level": memory.u8(address + 0x2A),
        "current_hp": hp,
        "max_hp": most,
        "hp_percentage": round(100 * hp / most, 1) if most else 0.0,
        "moves": [get_move_name(move) for move in moves],
        "move_pp": list(memory.bytes(address + 0x24, 4)),
        "is_fainted": hp == 0,
    }
