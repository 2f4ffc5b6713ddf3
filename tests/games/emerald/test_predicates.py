"""When milestones are reached, against an own reading of what the reference decides."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from autodagger.game.predicate import Predicate
from tests.games.emerald.consoles import list_names, load_console, load_emerald, needs_states, read

MAIN_MENU = 0x0802F6B1
State = dict[str, Any]


def at(*words: str, without: tuple[str, ...] = ()) -> Callable[[State], bool]:
    def is_there(state: State) -> bool:
        location = state["player"]["location"]
        return all(w in location for w in words) and not any(w in location for w in without)

    return is_there


def both(*tests: Callable[[State], bool]) -> Callable[[State], bool]:
    return lambda state: all(test(state) for test in tests)


def negated(test: Callable[[State], bool]) -> Callable[[State], bool]:
    return lambda state: not test(state)


def says(words: str) -> Callable[[State], bool]:
    return lambda state: words in (state["game"]["dialog_text"] or "")


def in_center(state: State) -> bool:
    location = state["player"]["location"]
    return any(name in location for name in ("POKEMON CENTER", "POKÉMON CENTER", "POKECENTER"))


def in_woods(state: State) -> bool:
    location = state["player"]["location"]
    return "MAP_18_0B" in location or ("PETALBURG" in location and "WOODS" in location)


def is_healthy(state: State) -> bool:
    party = state["player"]["party"]
    return bool(party) and all(one["current_hp"] >= one["max_hp"] for one in party)


def stands(columns: range, rows: range) -> Callable[[State], bool]:
    def is_within(state: State) -> bool:
        place = state["player"]["position"]
        return place["x"] in columns and place["y"] in rows

    return is_within


def fights(state: State) -> bool:
    return bool(state["game"]["is_in_battle"])


def has_name(state: State) -> bool:
    return state["player"]["name"] not in ("", "UNKNOWN", "PLAYER")


def uses_clock(state: State) -> bool:
    player = state["player"]
    place = (player["position"]["x"], player["position"]["y"])
    return place == (5, 2) and player["facing"] == "north" and state["prev_action"] == "a"


def has_mudkip(state: State) -> bool:
    return any(one["species_name"] == "MUDKIP" for one in state["player"]["party"])


def has_party(state: State) -> bool:
    return len(state["player"]["party"]) > 0


OUTSIDE = at("LITTLEROOT", without=("HOUSE", "LAB"))
OWN_1F, OWN_2F = (at("LITTLEROOT", "BRENDAN", "HOUSE", floor) for floor in ("1F", "2F"))
MAYS_1F, MAYS_2F = (at("LITTLEROOT", "MAY", "HOUSE", floor) for floor in ("1F", "2F"))
LAB, ROUTE_101, OLDALE = at("LITTLEROOT", "LAB"), at("ROUTE 101"), at("OLDALE")
DADS_GYM = at("PETALBURG", "GYM")
BEFORE_DADS_GYM = at("PETALBURG", without=("GYM",))
IN_GYM = at("RUSTBORO", "GYM")

READING: dict[str, Callable[[State], bool]] = {
    "GAME_RUNNING": lambda state: state["game"]["callback2"] == MAIN_MENU,
    "PLAYER_NAME_SET": has_name,
    "INTRO_CUTSCENE_COMPLETE": at("MOVING", "VAN"),
    "LITTLEROOT_TOWN": at("LITTLEROOT"),
    "PLAYER_HOUSE_ENTERED": OWN_1F,
    "PLAYER_BEDROOM": OWN_2F,
    "CLOCK_INTERACT": uses_clock,
    "GO_DOWNSTAIRS_TO_1F": OWN_1F,
    "LEAVE_HOUSE": OUTSIDE,
    "RIVAL_HOUSE": MAYS_1F,
    "RIVAL_BEDROOM": MAYS_2F,
    "GO_DOWNSTAIRS_RIVAL_HOUSE": MAYS_1F,
    "EXIT_RIVAL_HOUSE": OUTSIDE,
    "LITTLEROOT_TO_ROUTE101": ROUTE_101,
    "ROUTE_101": ROUTE_101,
    "STARTER_CHOSEN": has_mudkip,
    "BIRCH_LAB_VISITED": LAB,
    "EXIT_BIRCH_LAB": OUTSIDE,
    "LITTLEROOT_TO_ROUTE101_AFTER_LAB": ROUTE_101,
    "ROUTE101_TO_OLDALE_FIRST_TIME": OLDALE,
    "OLDALE_TOWN": OLDALE,
    "ROUTE_103": at("ROUTE 103"),
    "MAY_ROUTE103_INTERACTION": both(at("ROUTE 103"), says("MAY: I think I know")),
    "BACK_TO_OLDALE_FROM_ROUTE103": OLDALE,
    "BACK_TO_ROUTE101_FROM_OLDALE": ROUTE_101,
    "BACK_TO_LITTLEROOT_FOR_POKEDEX": at("LITTLEROOT"),
    "ENTER_BIRCH_LAB_FOR_POKEDEX": LAB,
    "POKEDEX_DIALOG_CONFIRMED": both(
        at("LITTLEROOT TOWN PROFESSOR BIRCHS LAB"), says("POK"), says("DEX")
    ),
    "RECEIVED_POKEDEX": both(has_party, OUTSIDE),
    "ROUTE101_AFTER_POKEDEX": ROUTE_101,
    "OLDALE_AFTER_POKEDEX": OLDALE,
    "ROUTE_102": at("ROUTE 102"),
    "PETALBURG_CITY": at("PETALBURG"),
    "DAD_FIRST_MEETING": DADS_GYM,
    "DAD_DIALOG_CONFIRMED": both(at("PETALBURG CITY GYM"), says("DAD:")),
    "GYM_CUTSCENE_OUTSIDE": BEFORE_DADS_GYM,
    "BACK_IN_GYM_AFTER_CUTSCENE": DADS_GYM,
    "EXIT_PETALBURG_GYM": BEFORE_DADS_GYM,
    "ENTER_PETALBURG_CENTER": both(at("PETALBURG"), in_center),
    "HEAL_AT_PETALBURG_CENTER": both(at("PETALBURG"), in_center, is_healthy),
    "EXIT_PETALBURG_CENTER": both(at("PETALBURG"), negated(in_center)),
    "ROUTE_104_SOUTH": at("ROUTE 104"),
    "PETALBURG_WOODS": in_woods,
    "TEAM_AQUA_GRUNT_DEFEATED": both(in_woods, stands(range(26, 28), range(23, 24))),
    "ROUTE_104_NORTH": at("ROUTE 104"),
    "RUSTBORO_CITY": at("RUSTBORO"),
    "RUSTBORO_CENTER_ENTERED": both(at("RUSTBORO"), in_center),
    "HEAL_AT_RUSTBORO_CENTER": both(at("RUSTBORO"), in_center, is_healthy),
    "RUSTBORO_CENTER_EXITED": both(at("RUSTBORO"), negated(in_center)),
    "RUSTBORO_GYM_ENTERED": IN_GYM,
    "TRAINER_JOSH_BATTLE": both(IN_GYM, fights, stands(range(3, 8), range(11, 16))),
    "ROXANNE_BATTLE": both(IN_GYM, fights, stands(range(3, 8), range(5))),
    "STONE_BADGE": at("RUSTBORO", without=("GYM",)),
}

LOCATIONS = (
    *("TITLE_SEQUENCE", "MOVING_VAN", "LITTLEROOT TOWN", "LITTLEROOT TOWN BRENDANS HOUSE 1F"),
    *("LITTLEROOT TOWN BRENDANS HOUSE 2F", "LITTLEROOT TOWN MAYS HOUSE 1F"),
    *("LITTLEROOT TOWN MAYS HOUSE 2F", "LITTLEROOT TOWN PROFESSOR BIRCHS LAB", "ROUTE 101"),
    *("ROUTE 102", "ROUTE 103", "ROUTE 104", "OLDALE TOWN", "PETALBURG CITY", "PETALBURG CITY GYM"),
    *("PETALBURG CITY POKEMON CENTER 1F", "PETALBURG WOODS", "MAP_18_0B", "RUSTBORO CITY"),
    *(
        "RUSTBORO CITY GYM",
        "RUSTBORO CITY POKÉMON CENTER 1F",
        "RUSTBORO CITY POKECENTER",
        "Map_07_03",
    ),
)
TEXTS = (
    *(None, "", "MAY: I think I know why", "DAD: Hm?", "the POKéDEX", "POK and DEX", "DEX", "DAD"),
)


def make_state(rng: random.Random) -> State:
    party = [
        {
            "species_name": rng.choice(["MUDKIP", "TORCHIC", "MUDKI"]),
            "current_hp": rng.choice([0, 9, 20]),
            "max_hp": 20,
        }
        for _ in range(rng.choice([0, 0, 1, 2]))
    ]
    position = rng.choice(
        [
            {"x": 5, "y": 2},
            {"x": rng.randrange(25, 29), "y": rng.randrange(22, 25)},
            {"x": rng.randrange(2, 9), "y": rng.randrange(17)},
        ]
    )
    return {
        "player": {
            "name": rng.choice(["", "UNKNOWN", "PLAYER", "CASEY"]),
            "location": rng.choice(LOCATIONS),
            "position": position,
            "facing": rng.choice(["north", "south"]),
            "party": party,
        },
        "game": {
            "dialog_text": rng.choice(TEXTS),
            "is_in_battle": rng.random() < 0.5,
            "callback2": rng.choice([0, MAIN_MENU]),
        },
        "prev_action": rng.choice(["a", "b", "no_op"]),
    }


def test_every_milestone_of_the_reference_has_its_reading() -> None:
    assert list(load_emerald().done_when) == list(READING)


@pytest.mark.parametrize("milestone", READING)
def test_milestone_is_reached_where_the_reference_says(milestone: str) -> None:
    rng = random.Random(milestone)
    predicate = Predicate(milestone, "done_when", load_emerald().done_when[milestone])
    answers = set()
    for _ in range(800):
        state = make_state(rng)
        expected = READING[milestone](state)
        assert predicate.holds(state) == expected, state
        answers.add(expected)
    assert answers == {True, False}


PLACED = {
    "CLOCK_INTERACT": ("LITTLEROOT TOWN BRENDANS HOUSE 2F", 1),
    "TEAM_AQUA_GRUNT_DEFEATED": ("PETALBURG WOODS", 2),
    "TRAINER_JOSH_BATTLE": ("RUSTBORO CITY GYM", 25),
    "ROXANNE_BATTLE": ("RUSTBORO CITY GYM", 25),
}


@pytest.mark.parametrize("milestone", PLACED)
def test_a_place_is_as_large_as_the_reference_has_it(milestone: str) -> None:
    """Tile by tile: chance seldom finds an edge."""
    location, tiles = PLACED[milestone]
    state = make_state(random.Random(0))
    state["player"] |= {"location": location, "facing": "north"}
    state["game"]["is_in_battle"], state["prev_action"] = True, "a"
    predicate = Predicate(milestone, "done_when", load_emerald().done_when[milestone])
    found = 0
    for x in range(-2, 32):
        for y in range(-2, 32):
            state["player"]["position"] = {"x": x, "y": y}
            assert predicate.holds(state) == READING[milestone](state), (x, y)
            found += predicate.holds(state)
    assert found == tiles


def test_episode_is_lost_where_the_whole_party_has_fainted() -> None:
    rng = random.Random(1)
    game = load_emerald()
    assert game.fail_when is not None
    predicate = Predicate("ANY", "fail_when", game.fail_when)
    for _ in range(800):
        state = make_state(rng)
        party = state["player"]["party"]
        expected = bool(party) and all(one["current_hp"] == 0 for one in party)
        assert predicate.holds(state) == expected


@needs_states
@pytest.mark.parametrize("name", list_names())
def test_milestones_hold_in_consoles_as_read(name: str) -> None:
    state = {**read(load_console(name)), "prev_action": "no_op"}
    for milestone, expression in load_emerald().done_when.items():
        expected = READING[milestone](state)
        assert Predicate(milestone, "done_when", expression).holds(state) == expected
