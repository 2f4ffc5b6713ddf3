"""What the experts share: find_path_action names a direction, the player turns first."""

CLOCKWISE = ("up", "right", "down", "left")


def go_to(state, x, y):
    """The next turn or step on a shortest way to the tile (x, y)."""
    return turn_to(state, find_path_action(state, x, y)) or "forward"


def use(state, action, thing):
    """Goes to a thing that stands in the way, faces it, and takes the action."""
    x, y = thing["x"], thing["y"]
    position = state["player"]["position"]
    near = abs(position["x"] - x) + abs(position["y"] - y) == 1
    turn = turn_to(state, find_path_action(state, x, y))
    return turn or (action if near else "forward")


def turn_to(state, direction):
    """The turn that brings the player nearer to facing a direction; None if it does."""
    if direction == "no_op":  # no way leads there
        return "left"
    quarters = (CLOCKWISE.index(direction) - CLOCKWISE.index(state["player"]["facing"])) % 4
    return (None, "right", "right", "left")[quarters]
