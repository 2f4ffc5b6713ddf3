"""Face the clock on the wall, set it to ten and say yes."""

HOUR = 10


def run(state):
    menu = state["game"]["menu"]
    if menu and menu["kind"] == "yes_no":
        return choose_item(state, 0)
    if menu and menu["field"] == "hour" and menu["hour"] != HOUR:
        return "down" if menu["hour"] > HOUR else "up"
    return "a" if menu else examine(state, "HOUSE 2F", 6, 2)
