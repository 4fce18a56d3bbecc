"""Submodels: pure functions of numbers, the same code on one client's floats and on a column of clients.

Each module holds one subject: its parameters with their evidence, and the formulas that use them (``p`` is the
section of parameters). Submodels know nothing of time, agents, graphs or files; chance reaches them as a uniform
number ``u``.
"""
