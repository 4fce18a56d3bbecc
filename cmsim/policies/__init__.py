"""Policies: what planners choose. Each family has at least two rules; a scenario names one by ``rule``.

A policy is a frozen section of settings with one or two methods that answer a question from what is visible:
plain arrays in, plain arrays out. A rule of one's own is named as ``"package.module:Name"``.
"""
