"""Flies to the left, firing."""


def run(state):
    return "left+b"
