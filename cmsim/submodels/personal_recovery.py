"""Recovery as people themselves rate it: not the absence of symptoms, but a life that is one's own."""

import numpy as np

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param
from cmsim.core.sampling import within


class Recovery(Section):
    """Scale: 0 nothing of a life of one's own, 1 fully lived (A-09). Weights add up with the base to 1."""

    base: float = param(0.10, "0 to 1", 0.0, 0.3, note="with nothing else")
    autonomy: float = param(0.30, "ratio", 0.1, 0.5, note="per unit of autonomy")
    activity: float = param(0.25, "ratio", 0.1, 0.5, note="per unit of meaningful activity")
    connected: float = param(0.20, "ratio", 0.1, 0.4, note="with a usual informal network")
    alliance: float = param(0.15, "ratio", 0.0, 0.3, note="per unit of alliance: somebody who believes in one")
    stress: float = param(0.25, "ratio", 0.1, 0.5, note="taken away per unit of stress")
    homeless: float = param(0.15, "0 to 1", 0.0, 0.3, note="taken away without a home")
    days: float = param(120.0, "days", 30.0, 365.0, note="time constant", allowed=(1.0, 3650.0))


def recovery_pull(
    p: Recovery,
    autonomy: Number,
    activity: Number,
    informal: Number,
    alliance: Number,
    stress: Number,
    homeless: Number,
) -> Number:
    """Return the level at which self-rated recovery settles, 0 to 1.

    >>> p = Recovery()
    >>> bool(recovery_pull(p, 0.6, 0.5, 1.0, 0.7, 0.2, 0) > recovery_pull(p, 0.6, 0.1, 0.3, 0.7, 0.2, 0))
    True
    """
    level = (
        p.base
        + p.autonomy * autonomy
        + p.activity * activity
        + p.connected * np.minimum(informal, 1.0)
        + p.alliance * alliance
        - p.stress * stress
        - p.homeless * homeless
    )
    return within(level, 0.0, 1.0)
