"""What the tools share: reading a state that may lack anything."""


def look_up(state, *names):
    """What stands at ``state[name][name]…``; None where there is nothing, as at power-on."""
    for name in names:
        try:
            state = state[name]
        except (KeyError, IndexError, TypeError):
            return None
    return state
