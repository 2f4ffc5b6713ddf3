"""What the experts share about walking and talking. All decide from what the screen shows."""

STEPS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}


def read_on(state):
    """A while words are on the screen; nothing while it fades."""
    return "a" if state["game"]["dialog"] and not state["game"]["fade"] else "no_op"


def walk_to(state, x, y):
    """Reads on while words are on the screen, then walks to the tile (x, y) of this map."""
    if state["game"]["fade"] or state["game"]["dialog"]:
        return read_on(state)
    return find_path_action(state, x, y)


def travel(state, goal, x=None, y=None):
    """Goes to the place ``goal``, and there to the tile (x, y), if one is given."""
    here = place_of(state)
    if here != goal:
        return walk_to(state, *next_exit(here, goal))
    return read_on(state) if x is None else walk_to(state, x, y)


def examine(state, goal, x, y):
    """Goes to the tile (x, y) of a place, faces it and presses A; A for all that is said then."""
    ready = place_of(state) == goal and faces(state, x, y) and not state["game"]["fade"]
    return "a" if ready else travel(state, goal, x, y)


def talk_to(state, goal, name):
    """Goes to the person called ``name`` in a place, and talks until all is said."""
    person = find_person(state, name)
    return examine(state, goal, person["x"], person["y"]) if person else travel(state, goal)


def faces(state, x, y):
    """Whether the player stands next to (x, y) and looks at it."""
    position = state["player"]["position"]
    dx, dy = STEPS[state["player"]["facing"]]
    return (position["x"] + dx, position["y"] + dy) == (x, y)


def find_person(state, name):
    """The person called ``name`` on this map, or None."""
    return next((one for one in state["map"]["objects"] if one["name"] == name), None)


def choose_item(state, item):
    """Moves a list's cursor to the item with this number, from 0, and presses A."""
    cursor = state["game"]["menu"]["cursor"]
    return "down" if cursor < item else "up" if cursor > item else "a"
