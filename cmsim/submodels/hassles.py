"""Small hassles: what comes up in everyday life, who deals with it, and what it does left unanswered."""

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param
from cmsim.core.sampling import logistic


class Hassles(Section):
    """A benefit letter, a prescription running out, a quarrel: how often is in ``world.stress``."""

    prescription: float = param(0.12, "share", 0.04, 0.25, note="of hassles: a prescription that runs out")
    quarrel: float = param(0.40, "share", 0.2, 0.6, note="of hassles: a quarrel with housemates, kin, neighbours")
    prescription_left: float = param(4.0, "days", 1.0, 10.0, note="of medication left when it runs out")
    alone_days: float = param(18.0, "days", 7.0, 45.0, allowed=(0.5, 365.0))
    """mean time in which a person of capability 0.5 without help settles it alone"""
    helped_alone: float = param(1.0, "ratio", 0.0, 2.0)
    """how much sooner with the full support of family and friends"""
    patience_days: float = param(5.0, "days", 2.0, 14.0, "kanter1989", status="assumption", allowed=(0.5, 90.0))
    """after which what is unanswered begins to fester"""
    fester: float = param(0.10, "0 to 1", 0.03, 0.2, note="by which each festering hassle holds stress up")
    tells: float = param(0.2, "log odds", -1.0, 1.5, allowed=(-10.0, 10.0))
    """that the client tells the worker of it, at alliance 0.5"""
    tells_alliance: float = param(3.0, "log odds", 1.0, 5.0, note="alliance 1 against 0")
    solved: float = param(0.75, "probability", 0.4, 0.95, note="a contact of a worker of skill 0.5 deals with it")
    solved_skill: float = param(0.4, "probability", 0.0, 0.8, note="skill 1 against 0")
    solved_phone: float = param(0.7, "ratio", 0.3, 1.0, note="by phone, against face to face")


def kind(p: Hassles, u: float) -> int:
    """Return 0 for a letter or money matter, 1 for a prescription, 2 for a quarrel, from one number.

    >>> [kind(Hassles(), u) for u in (0.05, 0.3, 0.9)]
    [1, 2, 0]
    """
    if u < p.prescription:
        return 1
    return 2 if u < p.prescription + p.quarrel else 0


def alone_days(p: Hassles, capability: float, home_support: float) -> float:
    """Return the mean days in which a person settles a hassle without the worker.

    >>> p = Hassles()
    >>> alone_days(p, 0.8, 0.5) < alone_days(p, 0.5, 0.0) == p.alone_days < alone_days(p, 0.2, 0.0)
    True
    """
    return p.alone_days * 0.5 / max(capability, 0.05) / (1.0 + p.helped_alone * home_support)


def tells_chance(p: Hassles, alliance: Number) -> Number:
    """Return the chance that the client tells the worker."""
    return logistic(p.tells + p.tells_alliance * (alliance - 0.5))


def solved_chance(p: Hassles, skill: float, phone: bool) -> float:
    """Return the chance that a contact deals with it.

    >>> p = Hassles()
    >>> solved_chance(p, 0.8, False) > solved_chance(p, 0.3, False) > solved_chance(p, 0.3, True)
    True
    """
    chance = p.solved + p.solved_skill * (skill - 0.5)
    return min(max(chance, 0.0), 1.0) * (p.solved_phone if phone else 1.0)
