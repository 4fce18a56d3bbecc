"""Respite: for whom, for how long, and what it spares."""

from cmsim.core.parameters import Section, param


class Respite(Section):
    """A few days away from a home that strains (S-03)."""

    strain_from: float = param(0.25, "0 to 1", 0.1, 0.5)
    """expressed emotion and tension times contact from which it is offered"""
    most_severity: float = param(0.75, "0 to 1", 0.5, 0.95, note="severity of a crisis up to which it will do")
    accepts: float = param(0.6, "probability", 0.3, 0.9, note="a client of engagement 0.5 goes")
    accepts_engagement: float = param(0.6, "probability", 0.0, 0.9, note="engagement 1 against 0")
    mean_days: float = param(9.0, "days", 3.0, 21.0, note="mean stay", allowed=(0.5, 365.0))
    holds_place: float = param(0.6, "share", 0.2, 0.9, "kanter1989", status="assumption")
    """of the hazard of losing the place that it takes away meanwhile"""
