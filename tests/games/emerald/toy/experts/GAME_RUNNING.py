def run(state):
    return "START"
