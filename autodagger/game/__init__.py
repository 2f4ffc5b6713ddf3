"""The game: emulator, environment, milestones, start states."""
