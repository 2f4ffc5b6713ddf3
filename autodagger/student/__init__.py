"""Who learns: what it sees, its network, the file it is kept in."""
