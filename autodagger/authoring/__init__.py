"""What a person needs before a game has an adapter: a look, a search, a skeleton."""
