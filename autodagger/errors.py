"""Errors that the user can put right."""


class UserError(Exception):
    """A user's mistake: its message is shown as it is, without a traceback.

    The message says what was being done, what was found, what is expected and what to do next.
    """
