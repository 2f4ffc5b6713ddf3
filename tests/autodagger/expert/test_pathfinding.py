"""Shortest walks: lengths, ties, obstacles, edges."""

from typing import Any

import pytest

from autodagger.expert.pathfinding import _start_flood, find_path_action

MOVES = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}


def make_state(picture: str, people: str = "") -> dict[str, Any]:
    """A state from a picture: `P` the player, `#` solid, `o` a person, `.` free."""
    rows = picture.split()
    found = [(x, y) for y, row in enumerate(rows) for x, cell in enumerate(row) if cell == "P"]
    people_at = [(x, y) for y, row in enumerate(rows) for x, cell in enumerate(row) if cell == "o"]
    return {
        "player": {"position": {"x": found[0][0], "y": found[0][1]}},
        "map": {
            "collisions": tuple(tuple(int(cell == "#") for cell in row) for row in rows),
            "objects": [{"name": "SOMEONE", "x": x, "y": y} for x, y in people_at],
        },
    }


def walk(state: dict[str, Any], x: int, y: int, limit: int = 100) -> list[str]:
    """Follows the answers until no_op."""
    position = state["player"]["position"]
    path: list[str] = []
    while (button := find_path_action(state, x, y)) != "no_op" and len(path) < limit:
        path.append(button)
        position["x"] += MOVES[button][0]
        position["y"] += MOVES[button][1]
    return path


@pytest.mark.parametrize(
    ("picture", "target", "length"),
    [
        ("P....", (4, 0), 4),
        ("P.\n..", (1, 1), 2),
        ("P#.\n.#.\n...", (2, 0), 6),
        (".....\n.###.\nP#..#\n.###.\n.....", (2, 2), 0),  # walled in on this side
        ("P.o.\n....", (3, 0), 5),  # round the person
        ("..P#.\n.###.\n.....", (4, 0), 10),
    ],
)
def test_walks_the_shortest_way(picture: str, target: tuple[int, int], length: int) -> None:
    state = make_state(picture)
    assert len(walk(state, *target)) == length
    reached = state["player"]["position"] == {"x": target[0], "y": target[1]}
    assert reached == (length > 0)


def test_is_there_already() -> None:
    assert find_path_action(make_state("P."), 0, 0) == "no_op"


@pytest.mark.parametrize(
    ("target", "button"),
    [((0, 0), "up"), ((4, 0), "up"), ((0, 4), "down"), ((4, 4), "down"), ((0, 2), "left")],
)
def test_ties_fall_to_up_down_left_right(target: tuple[int, int], button: str) -> None:
    state = make_state(".....\n.....\n..P..\n.....\n.....")
    assert {find_path_action(state, *target) for _ in range(5)} == {button}


def test_order_of_people_does_not_change_the_answer() -> None:
    state = make_state(".o...\n.....\n..P..\n.o.o.\n.....")
    answers = [find_path_action(state, x, y) for y in range(5) for x in range(5)]
    state["map"]["objects"].reverse()
    assert answers == [find_path_action(state, x, y) for y in range(5) for x in range(5)]


def test_unreachable_target_gives_no_op() -> None:
    assert find_path_action(make_state("P#.\n##.\n..."), 2, 2) == "no_op"


@pytest.mark.parametrize("cell", ["#", "o"])
def test_solid_target_is_faced(cell: str) -> None:
    state = make_state(f"P..{cell}")
    assert find_path_action(state, 3, 0) == "right"
    state["player"]["position"]["x"] = 2
    assert find_path_action(state, 3, 0) == "right"


def test_avoided_tiles_are_walked_round() -> None:
    state = make_state("P..\n...\n...")
    assert find_path_action(state, 2, 0) == "right"
    assert find_path_action(state, 2, 0, avoid=[(1, 0)]) == "down"
    assert find_path_action(state, 2, 0, avoid={(1, 0), (0, 1)}) == "no_op"
    assert find_path_action(state, 2, 0, avoid=iter([(1, 0)])) == "down"


@pytest.mark.parametrize("target", [(-1, 0), (0, -1), (3, 0), (0, 2), (99, 99)])
def test_target_off_the_map_does_not_raise(target: tuple[int, int]) -> None:
    assert find_path_action(make_state("P..\n..."), *target) in {"no_op", *MOVES}


def test_state_is_left_as_it_was() -> None:
    state = make_state("P.o\n...")
    before = repr(state)
    find_path_action(state, 2, 1, avoid=[(1, 1)])
    assert repr(state) == before


def test_map_without_people_works() -> None:
    state = make_state("P..")
    del state["map"]["objects"]
    assert find_path_action(state, 2, 0) == "right"


@pytest.mark.parametrize("rows_are", [tuple, list])
def test_answer_does_not_depend_on_what_was_asked_before(rows_are: type) -> None:
    """Searches are kept and continued: from near to far and back, and when somebody moves."""
    picture = "P..#...\n.#...#.\n.#.#.#.\n...#..."
    rows = tuple(rows_are(int(cell == "#") for cell in row) for row in picture.split())
    free = [(x, y) for y, row in enumerate(rows) for x, cell in enumerate(row) if not cell]
    state = make_state(picture)
    state["map"]["collisions"] = rows_are(rows)

    def ask(x: int, y: int, person: tuple[int, int]) -> str:
        state["player"]["position"] = {"x": x, "y": y}
        state["map"]["objects"] = [{"name": "SOMEONE", "x": person[0], "y": person[1]}]
        return find_path_action(state, 6, 3)

    cases = [(x, y, person) for x, y in free for person in ((0, 3), (4, 0), (3, 1))]
    fresh = {}
    for case in cases:
        _start_flood.cache_clear()
        fresh[case] = ask(*case)
    for order in (cases, cases[::-1], cases[::7] + cases):
        _start_flood.cache_clear()
        assert [ask(*case) for case in order] == [fresh[case] for case in order]
    assert len(set(fresh.values())) >= 3
