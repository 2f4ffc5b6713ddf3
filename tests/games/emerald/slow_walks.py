"""The path tool's rules read once more, slowly: walks tile by tile, one search a first button."""

import heapq
from collections.abc import Iterator
from typing import Any

Tile = tuple[int, int]
MOVES = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}
FACINGS = {"up": "north", "down": "south", "left": "west", "right": "east"}
ARROWS = {"↑": "up", "↓": "down", "←": "left", "→": "right"}
PRICES = {"~": 2, "@": 10}


class SlowWalks:
    """All walks from where the player stands."""

    def __init__(self, state: dict[str, Any]) -> None:
        position = state["player"]["position"]
        self.here = (position["x"], position["y"])
        self.facing = state["player"]["facing"]
        self.rows, self.behaviors = state["map"]["ascii_map"], state["map"]["behaviors"]
        self.cheapest = {button: self.search(button) for button in MOVES}

    def draw(self, tile: Tile) -> str:
        x, y = tile
        if not (0 <= y < len(self.rows) and 0 <= x < len(self.rows[0])):
            return ""
        if self.rows[y][x] in ARROWS and 0x3C <= self.behaviors[y][x] <= 0x3F:
            return "#"
        return self.rows[y][x]

    def price(self, tile: Tile, button: str) -> int | None:
        """What a step onto a tile costs; None where it cannot be made."""
        symbol = self.draw(tile)
        if symbol in ARROWS:
            return 1 if ARROWS[symbol] == button else None
        return PRICES.get(symbol, 1) if symbol and symbol in ".~DSP?F@" else None

    def steps(self, tile: Tile) -> Iterator[tuple[str, Tile, int]]:
        symbol = self.draw(tile)
        for button, (dx, dy) in MOVES.items():
            leaves = tile != self.here and symbol in ("D", "S")
            jumps_elsewhere = tile != self.here and ARROWS.get(symbol, button) != button
            near = (tile[0] + dx, tile[1] + dy)
            price = self.price(near, button)
            if price is not None and not leaves and not jumps_elsewhere:
                yield button, near, price

    def search(self, first: str) -> dict[Tile, int]:
        """The cheapest walk to each tile among those that begin with one button."""
        known: dict[Tile, int] = {}
        queue = [(price, near) for button, near, price in self.steps(self.here) if button == first]
        while queue:
            cost, tile = heapq.heappop(queue)
            if tile not in known:
                known[tile] = cost
                for _, near, price in self.steps(tile):
                    heapq.heappush(queue, (cost + price, near))
        return known

    def cost(self, tile: Tile) -> float:
        if tile == self.here:
            return 0
        return min(costs.get(tile, float("inf")) for costs in self.cheapest.values())

    def is_reached(self, tile: Tile) -> bool:
        return self.cost(tile) < float("inf")

    def can_stay(self, tile: Tile) -> bool:
        return tile == self.here or (self.draw(tile) != "" and self.draw(tile) in ".~P?F@")

    def tiles(self) -> list[Tile]:
        return [(x, y) for y, row in enumerate(self.rows) for x in range(len(row))]

    def towards(self, ends: dict[Tile, int]) -> str | None:
        """The button towards the best of some tiles, given with their ranks."""
        found = [(rank, self.cost(end)) for end, rank in ends.items() if self.is_reached(end)]
        if not found:
            return None
        best = min(found)
        goals = [end for end, rank in ends.items() if (rank, self.cost(end)) == best]
        if self.here in goals:
            return "no_op"
        return next(b for b in MOVES if any(self.cheapest[b].get(g) == best[1] for g in goals))

    def answer(self, goal: Tile) -> str:
        if goal == self.here:
            return "no_op"
        if self.draw(goal) == "":
            button = self.over_the_border(goal)
        elif self.draw(goal) in "NcTB?CKO^UVM":
            button = self.speak(goal)
        else:
            button = self.towards({goal: 0})
        return button or self.nearest(goal)

    def nearest(self, goal: Tile) -> str:
        away = {t: abs(t[0] - goal[0]) + abs(t[1] - goal[1]) for t in self.tiles()}
        found = self.towards({tile: far for tile, far in away.items() if self.can_stay(tile)})
        assert found is not None
        return found

    def over_the_border(self, goal: Tile) -> str | None:
        sides = {
            "up": lambda x, y: y == 0 and goal[1] < 0,
            "down": lambda x, y: y == len(self.rows) - 1 and goal[1] >= len(self.rows),
            "left": lambda x, y: x == 0 and goal[0] < 0,
            "right": lambda x, y: x == len(self.rows[0]) - 1 and goal[0] >= len(self.rows[0]),
        }
        border = [tile for tile in self.tiles() if any(is_at(*tile) for is_at in sides.values())]
        ends = {t: abs(t[0] - goal[0]) + abs(t[1] - goal[1]) for t in border}
        stays = {t: d for t, d in ends.items() if self.can_stay(t) or self.draw(t) in ("D", "S")}
        button = self.towards(stays)
        if button == "no_op":
            return next(name for name, is_at in sides.items() if is_at(*self.here))
        return button

    def speak(self, goal: Tile) -> str | None:
        stands: dict[Tile, tuple[int, str]] = {}
        for button, (dx, dy) in MOVES.items():
            beside = (goal[0] - dx, goal[1] - dy)
            beyond = (beside[0] - dx, beside[1] - dy)
            stands[beside] = (0, button)
            if self.draw(beside) in ("C", "#"):
                stands[beyond] = (1 if self.draw(beside) == "#" else 0, button)
        button = self.towards({t: rank for t, (rank, _) in stands.items() if self.can_stay(t)})
        if button == "no_op":
            needed = stands[self.here][1]
            return "a" if self.facing == FACINGS[needed] else needed
        return button
