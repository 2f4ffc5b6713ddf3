"""Red switch, red door, blue switch, blue door, and the pupil in the gap."""

SWITCHES = (((12, 13), (4, 11)), ((11, 9), (7, 8)))  # each with its door


def run(state):
    if state["battle"]:
        return fight(state)
    if state["player"]["location"] == "GYM":
        for switch, (x, y) in SWITCHES:
            if state["map"]["collisions"][y][x]:
                return walk_to(state, *switch)
    return talk_to(state, "GYM", "TRAINER")
