"""START passes the title, B chooses the first line of each menu."""


def run(state):
    return "b" if state["in_menu"] else "start"
