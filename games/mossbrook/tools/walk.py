"""What the experts share about walking and talking. All decide from what the screen shows."""


def walk_to(state, x, y, avoid=()):
    """Reads on while words are on the screen, then walks to the tile (x, y)."""
    game = state["game"]
    if game["fade"]:
        return "no_op"
    if game["dialog"]:
        return "a"
    return find_path_action(state, x, y, avoid=avoid)


def follow(state, way):
    """Walks through several places; ``way`` names the tile to go to in each."""
    target = way.get(state["player"]["location"])
    return walk_to(state, *target) if target else "no_op"


def examine(state, x, y):
    """Walks up to the tile (x, y), faces it and presses A; A for all that is said then."""
    if not state["game"]["fade"] and faces(state, x, y):
        return "a"
    return walk_to(state, x, y)


def talk_to(state, name):
    """Walks up to the person called ``name`` and talks, until all is said."""
    person = find_person(state, name)
    return examine(state, person["x"], person["y"])


def faces(state, x, y):
    """Whether the player stands next to (x, y) and looks at it."""
    position = state["player"]["position"]
    dx, dy = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}[
        state["player"]["facing"]
    ]
    return (position["x"] + dx, position["y"] + dy) == (x, y)


def find_person(state, name):
    """The person called ``name`` on this map."""
    return next(person for person in state["map"]["objects"] if person["name"] == name)


def choose_item(state, item):
    """Moves a list's cursor to the item with this number, from 0, and presses A."""
    cursor = state["game"]["menu"]["cursor"]
    return "down" if cursor < item else "up" if cursor > item else "a"
