"""What the experts share: where the ball will come down, and a paddle that coasts.

A paddle's speed is in no picture, nor is a ball's: a student needs several pictures to see what
decides here (frame_stack).
"""

TOP, BOTTOM = 44, 207  # where the ball turns back
PADDLE_X = 188
REACH = 8  # rows that the paddle may be off: less than half of what one step moves it
MIDDLE = (TOP + BOTTOM) // 2


def play(state, aim, tilt, coast):
    """Meets the ball when it comes, follows it when it goes.

    ``aim``: rows that the paddle stands below the ball; ``tilt``: rows nearer to the middle of the
    field, so that the ball flies off at an angle; ``coast``: rows that the paddle is thought to go
    on after a step that moved it, some 10 to 17. What scores was found by trying.
    """
    ball = state["ball"]
    if ball is None:
        return move_to(state, MIDDLE, coast)
    if ball["dx"] < 0:
        return move_to(state, ball["y"], coast)
    y = foresee(ball)
    return move_to(state, y + aim + (tilt if y < MIDDLE else -tilt), coast)


def foresee(ball):
    """The row in which the ball reaches the paddle's column; it turns back at top and bottom."""
    span = BOTTOM - TOP
    fallen = (ball["y"] + ball["dy"] * (PADDLE_X - ball["x"]) - TOP) % (2 * span)
    return TOP + min(fallen, 2 * span - fallen)


def move_to(state, y, coast):
    rest = state["player"]["y"] + {"up": -coast, "down": coast}.get(state["prev_action"], 0)
    distance = y - rest
    if abs(distance) <= REACH:
        return "noop"
    return "down" if distance > 0 else "up"
