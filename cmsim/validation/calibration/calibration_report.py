"""Tables of a calibration."""

from __future__ import annotations

import pandas as pd

from cmsim.validation.calibration.history_matching import Match


def evaluation_table(found: Match) -> pd.DataFrame:
    """Return one row a set: its values, what it gave for each target with the error, implausibility."""
    table = pd.DataFrame(found.evaluation.points, columns=[fitted.key for fitted in found.plan.space()])
    for place, wanted in enumerate(found.plan.wanted()):
        table[wanted.key] = found.evaluation.estimates[:, place]
        table[f"{wanted.key} error"] = found.evaluation.errors[:, place]
    table["implausibility"] = found.implausibility
    table["accepted"] = found.implausibility <= found.plan.cutoff
    return table
