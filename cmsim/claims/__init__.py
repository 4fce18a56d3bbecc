"""The claims of the source documents: what each says, and how the model stands to it.

``ledger.toml`` holds the 119 claims. Each ends with a status, said where it is tested: :func:`claim` marks
the test. Claims about outcomes that no rule mentions are examined over draws from the ranges of the assumed
parameters (:class:`Contrast`, :func:`examine`).
"""

from cmsim.claims.contrast import Contrast, Examined, Finding, Measure, examine, scaled, smoke
from cmsim.claims.ledger import CLAIMS, STATUSES, Claim, Stand, claim, stands

__all__ = [
    "CLAIMS",
    "STATUSES",
    "Claim",
    "Contrast",
    "Examined",
    "Finding",
    "Measure",
    "Stand",
    "claim",
    "examine",
    "scaled",
    "smoke",
    "stands",
]
