"""How a student learns: DAgger's iterations, the learner, its dataset and checkpoints."""
