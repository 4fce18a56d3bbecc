"""The model: the community and its agents, workforce, network, setup, state and the steps of a day."""
