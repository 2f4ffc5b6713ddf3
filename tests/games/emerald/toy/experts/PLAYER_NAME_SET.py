def run(state):
    return ["A"]
