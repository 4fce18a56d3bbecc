"""The result of one run: its tables, its event log and its outcomes."""
