def run(state):
    return "UP"
