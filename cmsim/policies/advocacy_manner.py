"""Advocacy: whether a worker wins an agency over, or makes it take a client."""

from typing import Literal

from cmsim.core.parameters import Section


class AdvocacyManner(Section):
    """How the worker speaks for a client; what follows is in ``submodels.agency_referral`` (K-53)."""

    manner: Literal["empathic", "clout"] = "empathic"
    """Empathic: says what the person can and cannot do, and stands by the agency. Clout: uses the power to
    make it accept."""
