"""The next button of a walk over the map, as ``map.ascii_map`` draws it."""

import re

_BUTTONS = ("up", "down", "left", "right")  # ties fall to the first
_FACINGS = ("north", "south", "west", "east")
_STEPS = ((0, -1), (0, 1), (-1, 0), (1, 0))
_COSTS = {
    1: "P.?FDS1234",
    2: "~",
    10: "@",
}  # of a step onto a tile drawn so; no other can be entered
_LEDGES = {"↑": "1", "↓": "2", "←": "3", "→": "4"}  # entered and left in their direction
_LEAVES = "DS"  # doors, stairs: who steps on one leaves the map
_DIAGONAL = frozenset((0x3C, 0x3D, 0x3E, 0x3F))  # behaviours drawn as ledges, and never entered
_FACED = frozenset("NcTB?CKO^UVM")  # people and things: spoken to from beside
_ASCII = str.maketrans(_LEDGES)


def find_path_action(state, goal_x, goal_y, use_vlm_fallback=True):
    """The next button of a cheapest walk to the tile (goal_x, goal_y) of this map.

    A step costs 1, 2 in tall grass ``~``, 10 where a trainer looks ``@``. Ledges are entered in
    their direction only. A door or a flight of stairs is entered only where it is the goal. People
    and things are gone up to, faced and spoken to, over a counter too. Of equally cheap walks the
    one that begins with up, down, left, right, in this order, is taken; without a way the walk is
    to the tile nearest the goal.

    Args:
        state: The state.
        goal_x: Column, from 0. A goal outside the map leads over the map's border.
        goal_y: Row, from 0.
        use_vlm_fallback: Taken and not needed: the memory knows the map.

    Returns:
        A direction; "a" while text is open and in front of whom to speak to; "no_op" there already.
    """
    goal = (int(goal_x), int(goal_y))
    if is_dialog_open(state):
        return "a"
    here = _find_player(state)
    if here is None or here == goal:
        return "no_op"
    chart = _Chart(look_up(state, "map"), here)
    if not chart.holds(here):
        return "no_op"
    if not chart.holds(goal):
        return _leave(chart, here, goal)
    if chart.symbol(goal) in _FACED:
        return _speak_to(chart, here, goal, look_up(state, "player", "facing"))
    return chart.walk([(0, goal)]) or chart.approach(goal)


def _find_player(state):
    place = tuple(look_up(state, "player", "position", axis) for axis in "xy")
    return place if all(isinstance(value, int) for value in place) else None


def _leave(chart, here, goal):
    """To the border's tile nearest to a goal beyond it, and over it."""
    (x, y), (right, bottom) = goal, (chart.width - 1, chart.height - 1)
    sides = {}  # a corner's first side is the one to leave by
    for side, is_beyond in enumerate((y < 0, y > bottom, x < 0, x > right)):
        if is_beyond and side < 2:
            row = min(max(y, 0), bottom)
            sides |= {(column, row): side for column in range(right + 1)}
        elif is_beyond:
            column = min(max(x, 0), right)
            sides = {(column, row): side for row in range(bottom + 1)} | sides
    ends = [tile for tile in sides if chart.keeps(tile) or chart.symbol(tile) in _LEAVES]
    button = chart.walk([(_distance(tile, goal), tile) for tile in ends])
    return _BUTTONS[sides[here]] if button == "no_op" else button or chart.approach(goal)


def _speak_to(chart, here, goal, facing):
    """To a tile beside the goal, or beyond a counter; there faces it and speaks.

    Over a wall last: there ``#`` may be a counter of another kind, or just a wall.
    """
    stands = {}
    for direction, (dx, dy) in enumerate(_STEPS):
        near, far = (goal[0] - dx, goal[1] - dy), (goal[0] - 2 * dx, goal[1] - 2 * dy)
        stands[near] = (0, direction)
        if chart.holds(near) and chart.symbol(near) in "C#":
            stands[far] = (int(chart.symbol(near) == "#"), direction)
    button = chart.walk([(rank, tile) for tile, (rank, _) in stands.items() if chart.keeps(tile)])
    if button != "no_op":
        return button or chart.approach(goal)
    direction = stands[here][1]
    return "a" if str(facing).lower() == _FACINGS[direction] else _BUTTONS[direction]


def _distance(one, other):
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


class _Chart:
    """A map, and the walks on it, from tile (x, y) to tile.

    All rows stand in one line, a wall above, below and after each. Sets of tiles are whole numbers,
    a bit for each place in that line, so that a search takes a step from all of a set at once.
    """

    def __init__(self, game_map, here):
        rows = look_up(game_map, "ascii_map") or ()
        self.height, self.width = len(rows), max(map(len, rows), default=0)
        self._row = self.width + 1
        lines = "#" * self._row + "".join(row.ljust(self._row, "#") for row in rows)
        lines = re.sub(r"[^\x00-\x7f]", "#", lines.translate(_ASCII)).encode()
        self._lines = self._close_diagonals(lines, look_up(game_map, "behaviors") or ())
        self._here = self._place(here) if self.holds(here) else 0
        self._costs = {cost: self._collect(symbols) for cost, symbols in _COSTS.items()}
        self._steps = (-self._row, self._row, -1, 1)
        ledges = zip(self._steps, map(self._collect, _LEDGES.values()), strict=True)
        self._ledges = [(step, tiles) for step, tiles in ledges if tiles]
        self._free = sum(self._costs.values()) & ~self._collect("1234")
        inside = "0" * self._row + ("1" * self.width + "0") * self.height
        self._all = int(inside[::-1], 2)
        self._kept = self._free & ~self._collect(_LEAVES) | 1 << self._here

    def _close_diagonals(self, lines, behaviors):
        for y, row in enumerate(behaviors[: self.height]):
            if not _DIAGONAL.isdisjoint(row):
                changed = bytearray(lines)
                for x, behavior in enumerate(row[: self.width]):
                    if behavior in _DIAGONAL:
                        changed[self._place((x, y))] = ord("#")
                lines = bytes(changed)
        return lines

    def _collect(self, symbols):
        """The tiles that are drawn as one of some symbols."""
        return int(self._lines[::-1].translate(_TABLES[symbols]), 2)

    def _place(self, tile):
        return (tile[1] + 1) * self._row + tile[0]

    def holds(self, tile):
        return 0 <= tile[0] < self.width and 0 <= tile[1] < self.height

    def symbol(self, tile):
        return chr(self._lines[self._place(tile)])

    def keeps(self, tile):
        """Whether one can stay on a tile: no door, no ledge."""
        return self.holds(tile) and bool(self._kept >> self._place(tile) & 1)

    def walk(self, ends):
        """The first button of a cheapest walk to an end, the ends given as (rank, tile).

        Returns:
            Of the ends that can be reached those of lowest rank count, of these the cheapest;
            "no_op" on one of them already, None where none can be reached.
        """
        ranks = {}
        for rank, tile in ends:
            ranks[rank] = ranks.get(rank, 0) | 1 << self._place(tile)
        reached = self._reach() if len(ranks) > 1 else -1
        goals = next((ranks[rank] & reached for rank in sorted(ranks) if ranks[rank] & reached), 0)
        return self._begin(goals)

    def approach(self, goal):
        """The first button of a walk to the tile nearest the goal, of those where one can stay."""
        ends = self._reach() & self._kept
        x, y = min(max(goal[0], 0), self.width - 1), min(max(goal[1], 0), self.height - 1)
        near = 1 << self._place((x, y))
        while not near & ends:
            near |= self._spread(near, self._all, self._all, 1)
        return self._begin(near & ends)

    def _reach(self):
        """All tiles that a walk can end on."""
        reached = front = 1 << self._here
        while front:
            front = self._spread(front, self._kept, self._free, 1) & ~reached
            reached |= front
        return reached

    def _begin(self, goals):
        """The first button of a cheapest walk to one of some tiles; as `walk` returns it.

        Dijkstra's algorithm backwards from them, all tiles of equal cost at a time.
        """
        start, unseen, waiting, fronts = 1 << self._here, -1, {0: goals}, {}
        if goals & start:
            return "no_op"
        while unseen & start:
            if not waiting:
                return None
            cost = min(waiting)
            fronts[cost] = front = waiting.pop(cost) & unseen
            unseen ^= front
            for price, tiles in self._costs.items():
                if part := front & tiles:
                    before = self._spread(part, self._free, self._kept, -1)
                    waiting[cost + price] = waiting.get(cost + price, 0) | before
        near = self._spread(start, start, self._free, 1)
        best = sum(
            near & tiles & fronts.get(cost - price, 0) for price, tiles in self._costs.items()
        )
        return next(
            button
            for button, step in zip(_BUTTONS, self._steps, strict=True)
            if best >> self._here + step & 1
        )

    def _spread(self, tiles, leave, enter, sign):
        """All tiles of ``enter`` a step from ``tiles`` of ``leave``; a step before with sign -1."""
        row, plain = self._row, tiles & leave
        near = (plain << row | plain >> row | plain << 1 | plain >> 1) & enter
        for step, ledges in self._ledges:
            step, source = step * sign, tiles & (leave | ledges)
            near |= (source << step if step > 0 else source >> -step) & (enter | ledges)
        return near


_TABLES = {
    symbols: bytes(48 + (chr(code) in symbols) for code in range(256))
    for symbols in (*_COSTS.values(), *_LEDGES.values(), "1234", _LEAVES)
}
