"""Shortest walks over a map's collision grid, for experts."""

from collections import deque
from collections.abc import Iterable
from typing import Any

from autodagger.game import NO_OP

_DIRECTIONS = (("up", 0, -1), ("down", 0, 1), ("left", -1, 0), ("right", 1, 0))


def find_path_action(
    state: dict[str, Any], x: int, y: int, *, avoid: Iterable[tuple[int, int]] = ()
) -> str:
    """The first button of a shortest walk to the tile (x, y).

    Breadth-first search backwards from the target, so every tile knows its distance and the answer
    depends on the player's tile alone; ties fall to up, down, left, right, always in this order:
    equal states get equal labels. The target may be solid (a clock, a person): the walk then ends
    with the press that faces it.

    Args:
        state: A game state with `player.position`, `map.collisions` (rows of 0 and 1) and
            `map.objects` (people in the way, each with `x` and `y`).
        x: Target column, in tiles from the left.
        y: Target row, in tiles from the top.
        avoid: Further tiles not to step on, as (x, y).

    Returns:
        "up", "down", "left" or "right"; "no_op" when there already, or when no way leads there.
    """
    position = state["player"]["position"]
    start = (position["x"], position["y"])
    if start == (x, y):
        return NO_OP
    distances = _distances(state["map"], (x, y), start, set(avoid))
    best, best_distance = NO_OP, None
    for button, dx, dy in _DIRECTIONS:
        distance = distances.get((start[0] + dx, start[1] + dy))
        if distance is not None and (best_distance is None or distance < best_distance):
            best, best_distance = button, distance
    return best


def _distances(
    game_map: dict[str, Any],
    target: tuple[int, int],
    start: tuple[int, int],
    avoid: set[tuple[int, int]],
) -> dict[tuple[int, int], int]:
    """Steps to `target` from each tile that is no farther than `start`'s neighbours."""
    rows = game_map["collisions"]
    blocked = avoid | {(person["x"], person["y"]) for person in game_map.get("objects", ())}
    distances = {target: 0}
    queue = deque([target])
    while queue:
        tile = queue.popleft()
        if tile == start:
            break
        for _, dx, dy in _DIRECTIONS:
            near = (tile[0] + dx, tile[1] + dy)
            if near in distances or not (0 <= near[1] < len(rows) and 0 <= near[0] < len(rows[0])):
                continue
            if near != start and (rows[near[1]][near[0]] or near in blocked):
                continue
            distances[near] = distances[tile] + 1
            queue.append(near)
    return distances
