"""The claims of the source documents: what each says, and how the model stands to it.

``ledger.toml`` holds the 119 claims. Each ends with a status, said where it is tested: :func:`claim` marks
the test. Claims about outcomes that no rule mentions are examined in many worlds (:class:`Contrast`,
:func:`examine`); ``tools/record_claims.py`` records all of them.
"""

from cmsim.validation.claims.arm_runs import examine, smoke
from cmsim.validation.claims.claim_register import (
    CLAIMS,
    STATUSES,
    Claim,
    Stand,
    claim,
    modules_in,
    stands,
    still_open,
)
from cmsim.validation.claims.contrast import Contrast, Measure, scaled, stated_by
from cmsim.validation.claims.finding import Examined, Finding, beside

__all__ = [
    "CLAIMS",
    "STATUSES",
    "Claim",
    "Contrast",
    "Examined",
    "Finding",
    "Measure",
    "Stand",
    "beside",
    "claim",
    "examine",
    "modules_in",
    "scaled",
    "smoke",
    "stands",
    "stated_by",
    "still_open",
]
