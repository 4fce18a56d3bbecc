"""Write the synthetic list of referrals and monthly counts in scenarios/examples/: python tools/example_data.py.

Both are of one simulated run of the agency below, seen as its own records would show it, on the last day. The model
knows no day of referral of those who are there at the start: theirs are spread as an exponential distribution has it.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

import cmsim
from cmsim.core.simtime import DAY, YEAR_DAYS
from cmsim.outcomes.agency_counts import lost_spells, with_service, within_spells
from cmsim.outcomes.contact_outcomes import RECORDED_MINUTES
from cmsim.schema.codes import (
    HOMELESS,
    ContactKind,
    ContactOutcome,
    Counterpart,
    Provider,
    RegistrationEvent,
    StaffEvent,
)

FOLDER = Path(__file__).parents[1] / "scenarios" / "examples"
AGENCY = {
    "world.population.clients": 260,
    "world.population.waiting_share": 0.08,
    "world.population.schizophrenia": 0.55,
    "agency.staff.case_managers": 9,
    "agency.caseload.size": 29,
    "agency.hospital.beds": 36,
}
DAY_0 = date(2021, 1, 1)
CLOSED_FROM = YEAR_DAYS
"""The day from which closed referrals are in the list."""
EARLIER_YEARS = 2.5
CODES = {"schizophrenia spectrum": "F20.0", "bipolar": "F31.9", "other": "F33.1"}
EVERY_WITHOUT_GROUP = 41


def day_of(minutes: np.ndarray) -> np.ndarray:
    """Return the days of engine minutes."""
    return minutes // DAY


def referrals(run: cmsim.results.simulation.Simulated) -> pd.DataFrame:
    """Return one row a client who is with the service on the last day, or left in the last two years."""
    last = run.scenario.total_days - 1
    clients, contacts, stays = run.clients, run.arrays("contacts"), run.arrays("admissions")
    handovers = run.table("handovers")
    workers = handovers[handovers["to_worker"].notna()].groupby("client")["to_worker"].last()
    with_client = contacts[(contacts["with"] == Counterpart.CLIENT) & (contacts["outcome"] == ContactOutcome.HELD)]
    rows = []
    lost = lost_spells(run.window)
    for number, client in enumerate(clients.itertuples()):
        away = lost.begin[(lost.client == number) & (lost.end > last)]
        left = client.left_day if client.left_day >= 0 else math.inf
        gone = min([left, *lost.begin[(lost.client == number) & (lost.end >= left)], *away])
        closed = None if gone > last else int(gone)
        if closed is not None and closed < CLOSED_FROM:
            continue
        joined = client.joined_day
        if client.key.startswith("c"):
            joined = round(EARLIER_YEARS * YEAR_DAYS * math.log(1.0 - (number * 0.618034) % 1.0))
        met = day_of(with_client["minute"][with_client["client"] == number])
        met = met[met <= gone]
        stay = stays[(stays["client"] == number) & (stays["minute"] < gone * DAY)]
        begin, end = stay["minute"] / DAY, np.where(stay["discharged"] < 0, last + 1, stay["discharged"] / DAY)
        since = last + 1 - YEAR_DAYS
        days = np.clip(end - np.maximum(begin, since), 0.0, None).sum()
        worker = client.end_worker if closed is None else workers.get(client.key, client.start_worker)
        rows.append(
            {
                "client": f"C{len(rows) + 1:04}",
                "referred": DAY_0 + timedelta(joined),
                "closed": "" if closed is None else DAY_0 + timedelta(closed),
                "worker": "" if pd.isna(worker) else str(worker).upper().partition(".")[0],
                "last_contact": DAY_0 + timedelta(int(met[-1])) if len(met) else "",
                "contacts": int((met >= since).sum()),
                "admissions": int((day_of(stay["minute"]) >= since).sum()),
                "bed_days": round(days),
                "group": "" if number % EVERY_WITHOUT_GROUP == 7 else CODES[client.diagnosis],
            }
        )
    return pd.DataFrame(rows)


def counts(run: cmsim.results.simulation.Simulated) -> pd.DataFrame:
    """Return one row a month of the last year."""
    last = run.scenario.total_days
    daily, contacts, stays = run.daily, run.arrays("contacts"), run.arrays("admissions")
    lost, homeless = lost_spells(run.window), run.window.spells("moves", "setting", HOMELESS)
    stays = stays[~within_spells(lost, stays["client"].astype(np.int64), stays["minute"] / DAY)]
    rows = []
    for first in pd.date_range(DAY_0 + timedelta(last - YEAR_DAYS), periods=12, freq="MS"):
        begin = (first.date() - DAY_0).days
        end = begin + first.days_in_month
        days = daily[(daily["day"] >= begin) & (daily["day"] < end)]

        def within(minutes: np.ndarray, begin: int = begin, end: int = end) -> np.ndarray:
            return (minutes >= begin * DAY) & (minutes < end * DAY)

        month = contacts[within(contacts["minute"])]
        tried = month[
            (month["with"] == Counterpart.CLIENT)
            & (month["outcome"] != ContactOutcome.DROPPED)
            & (month["kind"] != ContactKind.CRISIS)
        ]
        recorded = (
            (month["by"] == Provider.CASE_MANAGER)
            & (month["outcome"] == ContactOutcome.HELD)
            & (month["minutes"] > RECORDED_MINUTES)
        )
        came, left = (within(stays[name]) & (stays[name] >= 0) for name in ("minute", "discharged"))
        until = np.where(stays["discharged"] < 0, end * DAY, np.minimum(stays["discharged"], end * DAY))
        back = [
            (
                (stays["client"] == stay["client"])
                & (stays["minute"] > stay["discharged"])
                & (stays["minute"] < stay["discharged"] + 30 * DAY)
            ).any()
            for stay in stays[left]
        ]
        staff, events = run.arrays("staff"), run.arrays("registrations")
        client, day = with_service(run.window, np.array([float(end)]))
        rows.append(
            {
                "month": f"{first:%Y-%m}",
                "clients": len(client),
                "referrals": int((within(events["minute"]) & (events["event"] == RegistrationEvent.REFERRED)).sum()),
                "waiting": int(days["waiting"].iloc[-1]),
                "case_managers": round(days["case_managers"].mean(), 2),
                "staff_left": int((within(staff["minute"]) & (staff["event"] == StaffEvent.LEFT)).sum()),
                "contacts": int(recorded.sum()),
                "appointments": len(tried),
                "did_not_attend": int((tried["outcome"] == ContactOutcome.NOT_COME).sum()),
                "admissions": int(came.sum()),
                "bed_days": round(np.clip(until - np.maximum(stays["minute"], begin * DAY), 0, None).sum() / DAY),
                "discharges": int(left.sum()),
                # of discharges in the last month nobody can know yet
                "readmitted_within_30": int(sum(back)) if end + 30 <= last + 1 else "",
                "homeless": int(within_spells(homeless, client, day - 1e-6).sum()),
            }
        )
    return pd.DataFrame(rows)


def main() -> None:
    """Write both files, and print what the model itself shows."""
    run = cmsim.simulate(cmsim.load_scenario("usual_care").replace(AGENCY))
    FOLDER.mkdir(exist_ok=True)
    referrals(run).to_csv(FOLDER / "example_referrals.csv", index=False)
    counts(run).to_csv(FOLDER / "example_counts.csv", index=False)
    found = {name: round(value, 3) for name, value in run.outcomes().items() if name in CHECKED}
    print(found)


CHECKED = (
    *("served_contacts", "served_admissions", "out_of_contact_30", "homeless_share", "retained_365", "stay", "no_show"),
    *("recorded_contacts", "turnover", "waiting", "readmitted_30", "caseload"),
)

if __name__ == "__main__":
    main()
