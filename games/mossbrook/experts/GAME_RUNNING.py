"""Logo and title: A passes the logo, START begins."""


def run(state):
    if state["game"]["fade"]:
        return "no_op"
    return "start" if state["game"]["scene"] == "title" else "a"
