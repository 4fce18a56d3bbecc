"""Community agencies: what their places give, and other people's demand for them."""

import numpy as np

from cmsim.core.numeric import Floats
from cmsim.core.parameters import Section, param


class Agencies(Section):
    """Support by the domain an agency is for, and the others who hold and want its places."""

    support: float = param(0.30, "0 to 1", 0.1, 0.5)
    """support of an active link in its main domain; half of that in its second"""
    outside_held: float = param(0.55, "share", 0.2, 0.8, note="of places held by other people at the start")
    outside_demand: float = param(0.55, "share", 0.2, 0.9, note="of places that other people's demand alone would fill")
    outside_days: float = param(300.0, "days", 90.0, 700.0, note="mean time others hold a place", allowed=(1.0, 3650.0))
    outside_patience: float = param(120.0, "days", 30.0, 365.0, note="mean time others wait", allowed=(1.0, 3650.0))
    links_at_start: float = param(0.06, "share", 0.03, 0.4)
    """of clients linked to each agency at the start, other than housing"""

    def domain_support(self) -> Floats:
        """Return the support of a link by agency and need domain, shape (6, 10)."""
        table = np.zeros((6, 10))
        for agency, (main, second) in enumerate(((0, 4), (1, 7), (5, 9), (6, 5), (2, 3), (3, 2))):
            table[agency, main] = self.support
            table[agency, second] = self.support / 2.0
        return table
