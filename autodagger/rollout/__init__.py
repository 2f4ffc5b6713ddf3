"""Who plays, where, and what is kept of it."""
