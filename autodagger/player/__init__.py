"""What trained files are for: they play, are watched, and go where other programs take them."""
