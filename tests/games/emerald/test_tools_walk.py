"""`find_path_action`: each rule by a case, and all of them against a slow reading of the rules."""

import random
import time
from typing import Any

import pytest

from tests.games.emerald.slow_walks import ARROWS, FACINGS, MOVES, SlowWalks
from tests.games.emerald.tool_kit import load_tools, make_map

find_path_action = load_tools().find_path_action
SYMBOLS = "...............#####~~~~@DSW?FNcTBCCKO^UVM↑↓←→→↓"


def draw_randomly(dice: random.Random, width: int, height: int) -> dict[str, Any]:
    symbols = dice.choice((SYMBOLS, "....#", "..~~@#", "...↑↓←→D#", "..#CN"))
    rows = [[dice.choice(symbols) for _ in range(width)] for _ in range(height)]
    rows[dice.randrange(height)][dice.randrange(width)] = "P"
    state = make_map(["".join(row) for row in rows], dice.choice(list(FACINGS.values())))
    state["map"]["behaviors"] = tuple(
        tuple(dice.choice((0, 0, 0x3E)) if cell in ARROWS else 0 for cell in row) for row in rows
    )
    return state


@pytest.mark.parametrize("seed", range(40))
def test_answers_are_those_of_a_slow_reading_of_the_rules(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(8):
        width, height = dice.randint(1, 10), dice.randint(1, 10)
        state = draw_randomly(dice, width, height)
        walks = SlowWalks(state)
        for x in range(-2, width + 2):
            for y in range(-2, height + 2):
                expected = walks.answer((x, y))
                assert find_path_action(state, x, y) == expected, ((x, y), state)


@pytest.mark.parametrize("seed", range(40))
def test_following_the_answers_costs_no_more_than_the_cheapest_walk(seed: int) -> None:
    dice = random.Random(1000 + seed)
    state = draw_randomly(dice, 14, 14)
    walks = SlowWalks(state)
    goals = [tile for tile in walks.tiles() if walks.is_reached(tile) and walks.can_stay(tile)]
    goal = dice.choice([tile for tile in goals if walks.draw(tile) != "?"])
    position, paid = state["player"]["position"], 0
    for _ in range(400):
        button = find_path_action(state, *goal)
        if button == "no_op":
            break
        while True:  # over a ledge, too
            position["x"] += MOVES[button][0]
            position["y"] += MOVES[button][1]
            tile = (position["x"], position["y"])
            price = walks.price(tile, button)
            assert price is not None
            paid += price
            if walks.draw(tile) not in ARROWS:
                break
    assert (position["x"], position["y"]) == goal
    assert paid == walks.cost(goal)


CASES = {
    "there already": ("P.", (0, 0), "no_op"),
    "straight on": ("P..", (2, 0), "right"),
    "up before left": ("...\n...\n..P", (0, 0), "up"),
    "down before right": ("P..\n...\n...", (2, 2), "down"),
    "up before right": ("...\n...\nP..", (2, 0), "up"),
    "left before right": ("...\n#.#\n.P.", (1, 0), "up"),
    "round a wall": ("P#.\n.#.\n...", (2, 0), "down"),
    "grass costs two": ("P~~~.\n.....", (4, 0), "down"),
    "two tiles of grass are as dear as a way round": ("P~~.\n....", (3, 0), "down"),
    "one is cheaper": ("P~.\n...", (2, 0), "right"),
    "out of a trainer's sight": ("P@.\n.#.\n.#.\n.#.\n...", (2, 0), "down"),
    "through it where the way round costs more": ("P@.\n.#.\n.#.\n.#.\n.#.\n...", (2, 0), "right"),
    "down a ledge": ("P\n↓\n.", (0, 2), "down"),
    "not up a ledge": (".\n↓\nP", (0, 0), "no_op"),
    "not across a ledge": ("P→.", (2, 0), "right"),
    "not onto a ledge from its side": ("P↓.", (2, 0), "no_op"),
    "up a ledge that leads up": (".\n↑\nP", (0, 0), "up"),
    "left over one that leads left": (".←P", (0, 0), "left"),
    "a ledge itself, from its side": ("P↓.\n#.#", (1, 0), "no_op"),
    "a ledge itself, from before it": ("P.\n↓#\n.#", (0, 1), "down"),
    "into a door": ("D\n.\nP", (0, 0), "up"),
    "not over a door": ("PD.\n...", (2, 0), "down"),
    "not over stairs": ("PS.\n...", (2, 0), "down"),
    "no way but over a door": ("PD.", (2, 0), "no_op"),
    "not into water": ("PW.\n...", (2, 0), "down"),
    "nearest tile where there is no way": ("P..#.", (4, 0), "right"),
    "there already, as near as one can get": ("#.P#.", (4, 0), "no_op"),
    "a wall: nearest tile": ("P..#", (3, 0), "right"),
    "the nearest tile is no door": ("#.D#\nP..#", (2, -0), "right"),
    "beyond the upper border": ("#.#\n#P#", (1, -1), "up"),
    "over the upper border": ("#P#", (1, -1), "up"),
    "over the lower border, far": ("P", (0, 9), "down"),
    "over the left border": ("P.", (-3, 0), "left"),
    "over the right border": (".P", (2, 0), "right"),
    "to the open tile of the border": ("##.\nP..", (0, -1), "right"),
    "a corner: up first": ("P", (-1, -1), "up"),
    "over a door in the border": ("P\nD", (0, 2), "down"),
    "no border to reach: nearest tile": ("###\nP..\n###", (2, 5), "right"),
}


@pytest.mark.parametrize(("picture", "goal", "button"), CASES.values(), ids=CASES)
def test_rule(picture: str, goal: tuple[int, int], button: str) -> None:
    assert find_path_action(make_map(picture), *goal) == button


FACED = {
    "walks beside a person": ("P.N", "south", (2, 0), "right"),
    "turns to a person": ("PN", "south", (1, 0), "right"),
    "speaks to a person": ("PN", "east", (1, 0), "a"),
    "speaks upwards": ("N\nP", "north", (0, 0), "a"),
    "speaks downwards": ("P\nN", "south", (0, 1), "a"),
    "speaks to the left": ("NP", "west", (0, 0), "a"),
    "over a counter": ("N\nC\nP", "north", (0, 0), "a"),
    "turns to a counter": ("N\nC\nP", "west", (0, 0), "up"),
    "walks before a counter": ("N\nC\n.\nP", "north", (0, 0), "up"),
    "over what is drawn as a wall": ("N#P", "west", (0, 0), "a"),
    "round a wall, where one can": ("N#P\n...", "west", (0, 0), "down"),
    "not over two tiles": ("N##P", "west", (0, 0), "no_op"),
    "beside a door, not on it": ("PDN\n...", "east", (2, 0), "down"),
    "on a door already": ("N\nP", "north", (0, 0), "a"),
    "to the nearest tile where nobody gets beside": ("P.##N", "east", (4, 0), "right"),
}


@pytest.mark.parametrize(("picture", "facing", "goal", "button"), FACED.values(), ids=FACED)
def test_what_is_faced(picture: str, facing: str, goal: tuple[int, int], button: str) -> None:
    assert find_path_action(make_map(picture, facing), *goal) == button


@pytest.mark.parametrize("symbol", "NcTB?CKO^UVM")
def test_things_are_examined_from_beside(symbol: str) -> None:
    assert find_path_action(make_map(f"P{symbol}", "east"), 1, 0) == "a"
    assert find_path_action(make_map(f"P{symbol}", "north"), 1, 0) == "right"


@pytest.mark.parametrize("symbol", ".~DSF@")
def test_other_tiles_are_walked_onto(symbol: str) -> None:
    assert find_path_action(make_map(f"P{symbol}", "east"), 1, 0) == "right"


@pytest.mark.parametrize("symbol", "#WJX")
def test_what_cannot_be_entered_is_no_way(symbol: str) -> None:
    assert find_path_action(make_map(f"P{symbol}.", "east"), 2, 0) == "no_op"


@pytest.mark.parametrize("arrow", ARROWS)
@pytest.mark.parametrize("behavior", range(0x3C, 0x40))
def test_diagonal_ledges_are_never_entered(arrow: str, behavior: int) -> None:
    picture = {"up": ".\n{}\nP", "down": "P\n{}\n.", "left": ".{}P", "right": "P{}."}[ARROWS[arrow]]
    state = make_map(picture.format(arrow))
    [goal] = [(x, y) for x in (0, 2) for y in (0, 2) if SlowWalks(state).draw((x, y)) == "."]
    assert find_path_action(state, *goal) == ARROWS[arrow]
    state["map"]["behaviors"] = tuple((behavior,) * len(row) for row in state["map"]["ascii_map"])
    assert find_path_action(state, *goal) == "no_op"


def test_text_is_read_on_wherever_the_goal_is() -> None:
    state = make_map("P..", dialog_text="MOM: Hello!")
    assert {find_path_action(state, x, 0) for x in (-1, 0, 2)} == {"a"}


def test_takes_what_the_reference_takes() -> None:
    state = make_map("P..")
    assert find_path_action(state, goal_x=2, goal_y=0, use_vlm_fallback=False) == "right"
    assert find_path_action(state, "2", 0.0) == "right"


def test_equal_states_give_equal_answers_whatever_was_asked_before() -> None:
    dice = random.Random(7)
    states = [draw_randomly(dice, 9, 9) for _ in range(20)]
    first = [find_path_action(state, 8, 8) for state in states]
    for state in reversed(states):
        find_path_action(state, 0, 0)
    again = load_tools().find_path_action
    assert [again(state, 8, 8) for state in states] == first


@pytest.mark.parametrize("lost", [None, "player", "map", "game", "ascii_map", "behaviors"])
def test_odd_states_do_not_raise(lost: str | None) -> None:
    """As the title screen has them: nothing, an empty map, a place that no map has."""
    for state in (make_map("P.↓"), make_map(["P"]), {}):
        for part in (state, *[one for one in state.values() if isinstance(one, dict)]):
            part.pop(lost, None)
        for x, y in ((0, 0), (2, 0), (-1, 5), (99, 99)):
            assert find_path_action(state, x, y) in (*MOVES, "no_op", "a")
    empty = make_map("P")
    empty["map"] = {"ascii_map": [], "behaviors": ()}
    far = make_map("P.")
    far["player"]["position"] = {"x": 7, "y": -7}
    assert {find_path_action(state, x, 0) for state in (empty, far) for x in (-1, 1)} == {"no_op"}


def test_a_path_takes_a_moment_on_the_largest_map() -> None:
    """The best of several calls, so that other work on the machine does not count."""
    dice = random.Random(3)
    worst = 0.0
    for _ in range(30):
        rows = [[dice.choice("......~~@#") for _ in range(60)] for _ in range(60)]
        rows[dice.randrange(60)][dice.randrange(60)] = "P"
        state = make_map(["".join(row) for row in rows])
        goal = (dice.randrange(-2, 62), dice.randrange(-2, 62))
        spent = []
        for _ in range(5):
            start = time.perf_counter()
            find_path_action(state, *goal)
            spent.append(time.perf_counter() - start)
        worst = max(worst, min(spent))
    assert worst < 0.006, f"{worst * 1000:.1f} ms; it took 1 ms once"
