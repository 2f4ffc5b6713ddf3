"""Shortest walks over a map's collision grid, for experts."""

import functools
from collections import deque
from collections.abc import Iterable
from typing import Any

from autodagger.actions import NO_OP

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
    game_map = state["map"]
    blocked = {(person["x"], person["y"]) for person in game_map.get("objects", ())}
    rows = game_map["collisions"]
    if not isinstance(rows, tuple):
        rows = tuple(map(tuple, rows))
    around = [(button, (start[0] + dx, start[1] + dy)) for button, dx, dy in _DIRECTIONS]
    flood = _start_flood(rows, (x, y), frozenset(blocked.union(avoid)))
    distances = flood.reach([tile for _, tile in around])
    best, best_distance = NO_OP, None
    for button, tile in around:
        distance = distances.get(tile)
        if distance is not None and (best_distance is None or distance < best_distance):
            best, best_distance = button, distance
    return best


class _Flood:
    """Breadth-first search from a target, as far as it has been asked to go."""

    def __init__(
        self,
        rows: tuple[tuple[int, ...], ...],
        target: tuple[int, int],
        blocked: frozenset[tuple[int, int]],
    ) -> None:
        self._rows, self._blocked = rows, blocked
        self._distances = {target: 0}
        self._queue = deque([target])

    def reach(self, tiles: list[tuple[int, int]]) -> dict[tuple[int, int], int]:
        """Steps to the target from each tile that is no farther than the nearest of `tiles`."""
        distances, queue = self._distances, self._queue
        while queue:
            nearest = min((distances[tile] for tile in tiles if tile in distances), default=None)
            if nearest is not None and distances[queue[0]] >= nearest:
                break
            self._spread(queue.popleft())
        return distances

    def _spread(self, tile: tuple[int, int]) -> None:
        rows = self._rows
        for _, dx, dy in _DIRECTIONS:
            near = (tile[0] + dx, tile[1] + dy)
            if near in self._distances or near in self._blocked:
                continue
            if not (0 <= near[1] < len(rows) and 0 <= near[0] < len(rows[0])):
                continue
            if not rows[near[1]][near[0]]:
                self._distances[near] = self._distances[tile] + 1
                self._queue.append(near)


# A walk asks about the same map and target at every step, until somebody moves.
_start_flood = functools.lru_cache(maxsize=64)(_Flood)
