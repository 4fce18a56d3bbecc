"""State of clients and posts as columns, and tables of who is there."""
