"""The stages of a day, one module each, in the order in which ``Community.step`` calls them."""
