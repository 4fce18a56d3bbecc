"""Case aides: what a person without training, supervised, can do in place of a case manager (K-78)."""

from cmsim.core.parameters import Section, param


class AideWork(Section):
    """What aides bring."""

    skill: float = param(0.35, "0 to 1", 0.2, 0.5, "kanter1989", status="assumption")
    """skill of an aide under supervision"""
