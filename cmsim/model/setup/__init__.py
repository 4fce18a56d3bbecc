"""The initial state: the synthetic population, its latent traits, and who starts where."""
