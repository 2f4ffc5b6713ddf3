"""One player of the whole game: it sees the screen alone, from power-on to the last milestone."""
