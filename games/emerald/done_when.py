"""When each of the reference's milestones is reached, as JMESPath over the state dictionary.

What the reference decides, milestone by milestone; only GAME_RUNNING, true there as soon as there
is a console, waits for the main menu here.
"""


def _at(*words: str) -> str:
    return " && ".join(f"contains(player.location, '{word}')" for word in words)


def _not_at(*words: str) -> str:
    return " && ".join(f"!contains(player.location, '{word}')" for word in words)


def _within(columns: tuple[int, int], rows: tuple[int, int]) -> str:
    return " && ".join(
        f"player.position.{axis} >= `{first}` && player.position.{axis} <= `{last}`"
        for axis, (first, last) in (("x", columns), ("y", rows))
    )


def _says(words: str) -> str:
    return f"contains((game.dialog_text || ''), '{words}')"


_CENTER = f"({_at('POKEMON CENTER')} || {_at('POKÉMON CENTER')} || {_at('POKECENTER')})"
_HEALTHY = "length(player.party) > `0` && length(player.party[?current_hp < max_hp]) == `0`"
_OUTSIDE = _at("LITTLEROOT") + " && " + _not_at("HOUSE", "LAB")
_OWN_HOUSE, _RIVALS_HOUSE = ("LITTLEROOT", "BRENDAN", "HOUSE"), ("LITTLEROOT", "MAY", "HOUSE")
_WOODS = f"({_at('MAP_18_0B')} || ({_at('PETALBURG', 'WOODS')}))"
_IN_BATTLE = f"{_at('RUSTBORO', 'GYM')} && game.is_in_battle"

MAIN_MENU = 0x0802F6B1
"""`game.callback2` there."""

DONE_WHEN = {
    "GAME_RUNNING": f"game.callback2 == `{MAIN_MENU}`",
    "PLAYER_NAME_SET": ("player.name != '' && player.name != 'UNKNOWN' && player.name != 'PLAYER'"),
    "INTRO_CUTSCENE_COMPLETE": _at("MOVING", "VAN"),
    "LITTLEROOT_TOWN": _at("LITTLEROOT"),
    "PLAYER_HOUSE_ENTERED": _at(*_OWN_HOUSE, "1F"),
    "PLAYER_BEDROOM": _at(*_OWN_HOUSE, "2F"),
    "CLOCK_INTERACT": (
        "player.position.x == `5` && player.position.y == `2` && player.facing == 'north' && "
        "prev_action == 'a'"
    ),
    "GO_DOWNSTAIRS_TO_1F": _at(*_OWN_HOUSE, "1F"),
    "LEAVE_HOUSE": _OUTSIDE,
    "RIVAL_HOUSE": _at(*_RIVALS_HOUSE, "1F"),
    "RIVAL_BEDROOM": _at(*_RIVALS_HOUSE, "2F"),
    "GO_DOWNSTAIRS_RIVAL_HOUSE": _at(*_RIVALS_HOUSE, "1F"),
    "EXIT_RIVAL_HOUSE": _OUTSIDE,
    "LITTLEROOT_TO_ROUTE101": _at("ROUTE 101"),
    "ROUTE_101": _at("ROUTE 101"),
    "STARTER_CHOSEN": "length(player.party[?species_name == 'MUDKIP']) > `0`",
    "BIRCH_LAB_VISITED": _at("LITTLEROOT", "LAB"),
    "EXIT_BIRCH_LAB": _OUTSIDE,
    "LITTLEROOT_TO_ROUTE101_AFTER_LAB": _at("ROUTE 101"),
    "ROUTE101_TO_OLDALE_FIRST_TIME": _at("OLDALE"),
    "OLDALE_TOWN": _at("OLDALE"),
    "ROUTE_103": _at("ROUTE 103"),
    "MAY_ROUTE103_INTERACTION": f"{_at('ROUTE 103')} && {_says('MAY: I think I know')}",
    "BACK_TO_OLDALE_FROM_ROUTE103": _at("OLDALE"),
    "BACK_TO_ROUTE101_FROM_OLDALE": _at("ROUTE 101"),
    "BACK_TO_LITTLEROOT_FOR_POKEDEX": _at("LITTLEROOT"),
    "ENTER_BIRCH_LAB_FOR_POKEDEX": _at("LITTLEROOT", "LAB"),
    "POKEDEX_DIALOG_CONFIRMED": (
        f"{_at('LITTLEROOT TOWN PROFESSOR BIRCHS LAB')} && {_says('POK')} && {_says('DEX')}"
    ),
    "RECEIVED_POKEDEX": f"length(player.party) > `0` && {_OUTSIDE}",
    "ROUTE101_AFTER_POKEDEX": _at("ROUTE 101"),
    "OLDALE_AFTER_POKEDEX": _at("OLDALE"),
    "ROUTE_102": _at("ROUTE 102"),
    "PETALBURG_CITY": _at("PETALBURG"),
    "DAD_FIRST_MEETING": _at("PETALBURG", "GYM"),
    "DAD_DIALOG_CONFIRMED": f"{_at('PETALBURG CITY GYM')} && {_says('DAD:')}",
    "GYM_CUTSCENE_OUTSIDE": f"{_at('PETALBURG')} && {_not_at('GYM')}",
    "BACK_IN_GYM_AFTER_CUTSCENE": _at("PETALBURG", "GYM"),
    "EXIT_PETALBURG_GYM": f"{_at('PETALBURG')} && {_not_at('GYM')}",
    "ENTER_PETALBURG_CENTER": f"{_at('PETALBURG')} && {_CENTER}",
    "HEAL_AT_PETALBURG_CENTER": f"{_at('PETALBURG')} && {_CENTER} && {_HEALTHY}",
    "EXIT_PETALBURG_CENTER": f"{_at('PETALBURG')} && !{_CENTER}",
    "ROUTE_104_SOUTH": _at("ROUTE 104"),
    "PETALBURG_WOODS": _WOODS,
    "TEAM_AQUA_GRUNT_DEFEATED": f"{_WOODS} && {_within((26, 27), (23, 23))}",
    "ROUTE_104_NORTH": _at("ROUTE 104"),
    "RUSTBORO_CITY": _at("RUSTBORO"),
    "RUSTBORO_CENTER_ENTERED": f"{_at('RUSTBORO')} && {_CENTER}",
    "HEAL_AT_RUSTBORO_CENTER": f"{_at('RUSTBORO')} && {_CENTER} && {_HEALTHY}",
    "RUSTBORO_CENTER_EXITED": f"{_at('RUSTBORO')} && !{_CENTER}",
    "RUSTBORO_GYM_ENTERED": _at("RUSTBORO", "GYM"),
    "TRAINER_JOSH_BATTLE": f"{_IN_BATTLE} && {_within((3, 7), (11, 15))}",
    "ROXANNE_BATTLE": f"{_IN_BATTLE} && {_within((3, 7), (0, 4))}",
    "STONE_BADGE": f"{_at('RUSTBORO')} && {_not_at('GYM')}",
}

FAIL_WHEN = "length(player.party) > `0` && length(player.party[?current_hp > `0`]) == `0`"
"""The whole party has fainted: so the reference ends an episode of any milestone."""
