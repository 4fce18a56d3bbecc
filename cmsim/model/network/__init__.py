"""The social graph: informal ties, households, and what passes along them."""
