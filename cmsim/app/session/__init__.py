"""Runs simulated day by day for somebody who watches, acts and asks; knows of no browser and no toolkit."""
