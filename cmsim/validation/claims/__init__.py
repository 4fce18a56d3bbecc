"""Claims of the source documents: what each says, and what status the model gives it.

``claims.toml`` holds the 119 claims. The test of a claim states its status with :func:`claim`. Claims about
outcomes that no rule mentions are examined by a :class:`Contrast`, whose result ``tools/record_claims.py``
records and whose first draw the test runs again.
"""

from cmsim.validation.claims.claim_register import (
    CLAIMS,
    STATUSES,
    Claim,
    ClaimStatus,
    claim,
    collect_statuses,
    list_open_claims,
    load_test_modules,
)
from cmsim.validation.claims.contrast import Contrast, Measure, scaled, stated_by
from cmsim.validation.claims.contrast_result import ContrastResult, Finding, compare_results
from cmsim.validation.claims.recording import collect_contrasts, find_differences, record_contrast

__all__ = [
    "CLAIMS",
    "STATUSES",
    "Claim",
    "ClaimStatus",
    "Contrast",
    "ContrastResult",
    "Finding",
    "Measure",
    "claim",
    "collect_contrasts",
    "collect_statuses",
    "compare_results",
    "find_differences",
    "list_open_claims",
    "load_test_modules",
    "record_contrast",
    "scaled",
    "stated_by",
]
