"""Animate a run with vidigi: who is visited, in hospital, waiting or in the community, hour by hour.

    python docs/examples/with_vidigi.py [DAYS] [CLIENTS] [FILE]

``pip install "cmsim[event-logs]"`` brings vidigi. The file is a page for any browser.
"""

from __future__ import annotations

import sys

import pandas as pd
from vidigi.animation import animate_activity_log

import cmsim

SETTLED = 28
"""Days before the animation begins."""
HOUR, DAY = 60, 1440


def main(days: int = 7, clients: int = 60, file: str = "community.html") -> None:
    """Write the animation, and print how many places it shows, with the number of clients that were there."""
    usual = cmsim.load_scenario("usual_care").replace(
        {"world.population.clients": clients, "world.warm_up_days": 0, "run.days": SETTLED + days}
    )
    log = cmsim.simulate(usual).event_log("vidigi").table
    shown = log[log["event_type"].isin(["queue", "resource_use"]) & (log["time"] >= SETTLED * DAY)]
    places = shown.groupby("event")["entity_id"].nunique().sort_values(ascending=False)
    rows = {event: 100 + 60 * row for row, event in enumerate([*places.index, *set(log["event"]) - set(places.index)])}
    positions = pd.DataFrame({"event": list(rows), "x": 500, "y": list(rows.values()), "label": list(rows)})
    figure = animate_activity_log(
        log,
        positions,
        every_x_time_units=HOUR,
        warm_up=SETTLED * DAY,
        limit_duration=(SETTLED + days) * DAY,
        start_date="2024-01-01",
        time_display_units="dhm",
        override_x_max=600,
    )
    figure.write_html(file)
    for event, count in places.items():
        print(f"{event}: {count}")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:3]), *sys.argv[3:])
