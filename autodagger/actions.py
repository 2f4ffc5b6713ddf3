"""The one action that every game has."""

NO_OP = "no_op"
"""A step without a button."""
