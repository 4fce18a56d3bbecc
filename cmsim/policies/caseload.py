"""Caseload: how many clients a worker holds, what gives when it changes, and who takes the next referral."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, WrapValidator

from cmsim.evidence import Section, param
from cmsim.policies.choice import or_from_outside

Floats = NDArray[np.float64]


class LeastLoaded(Section):
    """The worker with most room takes the next referral."""

    rule: Literal["least_loaded"] = "least_loaded"

    def preference(self, room: Floats, exhaustion: Floats, luck: Floats) -> Floats:
        """Return a preference for each worker with room (clients still to take);
        the highest takes the client."""
        return room + 0.5 * luck


class AnyWithRoom(Section):
    """Any worker with room, as it falls."""

    rule: Literal["any_with_room"] = "any_with_room"

    def preference(self, room: Floats, exhaustion: Floats, luck: Floats) -> Floats:
        """Return a preference for each worker with room; the highest takes the client."""
        return luck


class SpareTheExhausted(Section):
    """Room counts, and exhausted workers are protected."""

    rule: Literal["spare_the_exhausted"] = "spare_the_exhausted"
    points: float = param(
        0.3, "clients per MBI-EE point", 0.0, 2.0, "choice", "room that a point of exhaustion outweighs"
    )

    def preference(self, room: Floats, exhaustion: Floats, luck: Floats) -> Floats:
        """Return a preference for each worker with room; the highest takes the client."""
        return room - self.points * exhaustion + 0.5 * luck


Assignment = Annotated[
    LeastLoaded | AnyWithRoom | SpareTheExhausted, WrapValidator(or_from_outside), Field(discriminator="rule")
]


class CaseloadPolicy(Section):
    """Size, closure and start.

    Closure ``staff_fixed``: posts stay, people wait for a worker and count in every outcome. Closure
    ``clients_fixed``: posts follow the number of clients, and so do paid hours. Start ``from_outset``: lived
    through the warm-up; ``from_day``: from that day on, with the hiring and handovers that takes.
    """

    size: int = param(
        25,
        "clients per worker",
        8,
        60,
        "king2009",
        "mean 20 per full-time worker in one survey",
        status="choice",
        allowed=(1, 1000),
    )
    closure: Literal["staff_fixed", "clients_fixed"] = "staff_fixed"
    start: Literal["from_outset", "from_day"] = "from_day"
    from_day: int | None = None
    assignment: Assignment = LeastLoaded()
    stretch: float = param(
        1.15,
        "ratio",
        1.0,
        1.5,
        "choice",
        "of its size to which a caseload may be stretched to cover for a colleague who left",
        allowed=(1.0, 10.0),
    )
