"""The feedback loops of the model, each of which can be switched off by name to show what it does.

Switching a loop off cuts one named link of it; everything else stays. A loop that is cut is a thought
experiment, not a policy.
"""

from __future__ import annotations

from pydantic import Field

from cmsim.evidence import Section


def loop(links: str, cut: str) -> bool:
    """Declare a loop: the links it runs through, and what switching it off cuts."""
    return Field(default=True, description=f"{links}. Off: {cut}.")


class Loops(Section):
    """One switch a loop; ``true`` is as the model has it."""

    bed_pressure: bool = loop(
        "full beds hasten discharge, hastened discharge brings people back sooner",
        "beds are never pressed, so nobody is discharged early",
    )
