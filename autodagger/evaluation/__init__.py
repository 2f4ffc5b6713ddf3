"""How good is it? Experts and students on fresh episodes, and the step budget."""
