"""The figure of a fit to an agency's own figures: how far the model was from each, and how far it is."""

import pandas as pd
from matplotlib.figure import Figure

from cmsim.reporting.figures import COLOURS, GREY, plain, without_frame
from cmsim.reporting.fit_lines import agreement_reach

_OUTSIDE = 2.0
"""Times the distance at which a figure just agrees: what lies beyond is drawn there."""


def fit_figure(figures: pd.DataFrame, title: str) -> Figure:
    """Return a figure with a row a figure that was observed: the model before and after, against what agrees.

    Args:
        figures: see :attr:`cmsim.AgencyFit.figures`.
        title: of the scenario.
    """
    rows = figures[figures["reading"] != "not defined"]
    figure = Figure(figsize=(9.5, 1.8 + 0.42 * len(rows)), layout="constrained")
    axis = figure.subplots()
    axis.axvspan(-1.0, 1.0, color=GREY, alpha=0.15, linewidth=0, label="agrees")
    axis.axvline(0.0, color="black", linewidth=0.9)

    def place(row: pd.Series, column: str) -> float:
        away = (row[column] - row["observed"]) / agreement_reach(row.to_dict())
        return float(min(max(away, -_OUTSIDE), _OUTSIDE))

    for i, (_, row) in enumerate(rows.iterrows()):
        label = {"before": "before", "after": "after: accepted sets"} if i == 0 else {"before": None, "after": None}
        axis.plot(place(row, "before"), i, "o", color=GREY, label=label["before"])
        axis.plot([place(row, "after_low"), place(row, "after_high")], [i, i], color=COLOURS[0], linewidth=3, alpha=0.5)
        axis.plot(place(row, "after"), i, "o", color=COLOURS[0], label=label["after"])
    axis.set_yticks(range(len(rows)), [plain(label) for label in rows["label"]])
    axis.invert_yaxis()
    axis.set_xlim(-_OUTSIDE - 0.1, _OUTSIDE + 0.1)
    axis.set_xticks([-1.0, 0.0, 1.0], ["just agrees", "as observed", "just agrees"])
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3, frameon=False)
    without_frame(axis, ("top", "right", "left"))
    figure.suptitle(plain(f"{title}: the model beside observed figures"), fontsize=11)
    return figure
