"""Invariants: what holds in the tables of every run whatever is simulated, and the rows that break it.

One function is one invariant: its docstring says what holds, the tables that it needs stand above it. A further
one goes into the file of its subject; a further file needs one more import here.
"""

from cmsim.results.invariants import client_invariants, sum_invariants, worker_invariants  # noqa: F401
from cmsim.results.invariants.invariant import INVARIANTS, Finding, Invariant, Record, examine

__all__ = ["INVARIANTS", "Finding", "Invariant", "Record", "examine"]
