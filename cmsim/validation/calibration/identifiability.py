"""Which parameters the targets constrain, and which they leave as they were."""

import numpy as np
import pandas as pd

from cmsim.core.numeric import Floats
from cmsim.validation.calibration.history_matching import HistoryMatch


def tabulate_identifiability(found: HistoryMatch) -> pd.DataFrame:
    """Return one row a parameter: how far each target moves with it, and how much of its range is left.

    Columns: ``parameter, low, high`` (the range before), ``kept_low, kept_high`` (of the accepted sets),
    ``left`` (share of the range), ``main_target`` and ``standardised_slope`` (the target that moves most:
    change over the range, against the width of its band), and ``confounded_with`` (the other parameter with
    which the accepted values correlate most) with ``correlation``.
    """
    plan = found.plan
    space, wanted = plan.space(), plan.wanted()
    points = found.evaluation.points
    low, high = np.array([f.low for f in space]), np.array([f.high for f in space])
    unit = (points - low) / (high - low)
    design = np.column_stack([np.ones(len(unit)), unit])
    usable = np.isfinite(found.evaluation.estimates).all(axis=1)
    fitted_planes: Floats = np.linalg.lstsq(design[usable], found.evaluation.estimates[usable], rcond=None)[0]
    slopes: Floats = fitted_planes[1:] / np.array([w.width for w in wanted])
    kept = points[found.accepted]
    correlation: Floats = np.atleast_2d(np.corrcoef(kept.T)) if len(kept) > 2 else np.eye(len(space))
    rows = []
    for place, fitted in enumerate(space):
        main = int(np.argmax(np.abs(slopes[place])))
        others = np.where(np.arange(len(space)) == place, 0.0, np.nan_to_num(correlation[place]))
        other = int(np.argmax(np.abs(others)))
        ends = (float(kept[:, place].min()), float(kept[:, place].max())) if len(kept) else (np.nan, np.nan)
        rows.append(
            {
                "parameter": fitted.key,
                "low": fitted.low,
                "high": fitted.high,
                "kept_low": ends[0],
                "kept_high": ends[1],
                "left": (ends[1] - ends[0]) / (fitted.high - fitted.low),
                "main_target": wanted[main].key,
                "standardised_slope": float(slopes[place, main]),
                "confounded_with": space[other].key if others[other] else "",
                "correlation": float(others[other]),
            }
        )
    return pd.DataFrame(rows)
