"""Down the stairs and out over the doormat."""


def run(state):
    return travel(state, "HOME TOWN")
