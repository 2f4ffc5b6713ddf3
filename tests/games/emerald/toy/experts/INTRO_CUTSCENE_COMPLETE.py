def run(state):
    if "VAN" in state["player"]["location"]:
        return None
    return "A"
