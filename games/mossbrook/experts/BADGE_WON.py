"""The leader: talk, fight, and take the badge."""


def run(state):
    return fight(state) if state["battle"] else talk_to(state, "GYM", "LEADER")
