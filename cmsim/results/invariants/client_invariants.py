"""What holds of clients: one place at a time, stays, phases and links one after the other, nothing after leaving."""

from __future__ import annotations

import pandas as pd

from cmsim.core.simtime import DAY
from cmsim.results.invariants.invariant import (
    Found,
    Record,
    broken,
    invariant,
    overlapping,
    unchained,
    unmatched,
    whole_minutes,
)
from cmsim.schema.codes import ContactKind, ContactOutcome, Counterpart, LinkStep, MoveReason, Phase, Setting

_AWAY = [each.label for each in (Setting.HOSPITAL, Setting.JAIL)]
_EDGES = {
    ("stable", "prodromal"),
    ("prodromal", "acute"),
    ("prodromal", "stable"),
    ("acute", "stable"),
    ("acute", "inpatient"),
    ("stable", "inpatient"),
    ("prodromal", "inpatient"),
    ("inpatient", "stable"),
}
"""The changes of phase that there are."""


@invariant("contacts")
def one_contact_a_client(record: Record) -> Found:
    """A client is in one contact at a time."""
    rows = record["contacts"]
    rows = rows[(rows["outcome"] == ContactOutcome.HELD.label) & (rows["with"] == Counterpart.CLIENT.label)]
    said = "{client} is met on day {day}, minute {minute}, ({kind}) before another contact is over"
    return overlapping("contacts", rows, ["client"], rows["at"], rows["at"] + rows["minutes"], said)


@invariant("contacts", "moves", "clients")
def met_where_they_are(record: Record) -> Found:
    """Clients are met where they stay: on the ward in hospital, elsewhere out of hospital and jail."""
    rows, moves = record["contacts"], record["moves"]
    rows = rows[(rows["outcome"] == ContactOutcome.HELD.label) & (rows["with"] == Counterpart.CLIENT.label)]
    late = rows["minutes"].where(rows["kind"] == ContactKind.REVIEW.label, 0)  # a review counts when it ends
    keys = {"client": object, "at": float}
    rows = rows.assign(at=rows["at"] + late, row=rows.index).astype(keys).sort_values("at", kind="stable")
    earlier = moves[["client", "at", "to"]].astype(keys).sort_values("at", kind="stable")
    rows = pd.merge_asof(rows, earlier, on="at", by="client", allow_exact_matches=False).set_index("row")
    began = moves.groupby("client")["from"].first().reindex(rows["client"])
    only = record["clients"].set_index("key")["last_setting"].reindex(rows["client"])
    there = rows["to"].astype(object).fillna(began.set_axis(rows.index)).fillna(only.set_axis(rows.index))
    # in the minute of a move somebody is in both places
    arrived = pd.DataFrame({"ward": moves["to"] == _AWAY[0], "out": ~moves["to"].isin(_AWAY)})
    arrived = arrived.groupby([moves["client"], moves["at"]]).any()
    arrived = arrived.reindex(pd.MultiIndex.from_frame(rows[["client", "at"]]), fill_value=False).set_axis(rows.index)
    is_right = (there == _AWAY[0]) | arrived["ward"]
    is_right = is_right.where(rows["kind"] == ContactKind.WARD.label, ~there.isin(_AWAY) | arrived["out"])
    said = "{client} is met on day {day} ({kind}) while in: {there}"
    return broken("contacts", rows.assign(there=there), ~is_right, said)


@invariant("moves")
def moves_follow(record: Record) -> Found:
    """A move is to another setting, and begins where the one before ended."""
    rows = record["moves"]
    yield from unchained("moves", rows, "from", "to")
    yield from broken("moves", rows, rows["from"] == rows["to"], "{client} moves from {from} to {to}")


@invariant("transitions")
def phases_follow(record: Record) -> Found:
    """Phases of illness change one after the other, along the edges of the model; a prodrome begins an episode."""
    rows = record["transitions"]
    yield from unchained("transitions", rows, "from", "to")
    edges = pd.MultiIndex.from_frame(rows[["from", "to"]])
    yield from broken("transitions", rows, ~edges.isin(_EDGES), "{client} changes from {from} to {to} on day {day}")
    more = rows.groupby("client")["episode"].diff()
    is_wrong = more.notna() & (more != (rows["to"] == Phase.PRODROMAL.label))
    yield from broken("transitions", rows, is_wrong, "{client} is in episode {episode} on day {day}, out of turn")


@invariant("admissions")
def stays_alternate(record: Record) -> Found:
    """Admissions and discharges of a client alternate."""
    rows = record["admissions"].sort_values("at", kind="stable")
    rows = rows.assign(discharged=whole_minutes(rows["discharged_day"]))
    is_wrong = (rows["discharged"] <= rows["at"]) | ~_is_over(rows)
    yield from broken(
        "admissions", rows, is_wrong, "{client}, admitted on day {day}, is not discharged before the next"
    )


def _is_over(rows: pd.DataFrame) -> pd.Series[bool]:
    """Return whether each stay is over when the client's next begins, or is the last."""
    following = rows.groupby("client")["at"].shift(-1)
    return following.isna() | (rows["discharged"] <= following)


@invariant("admissions", "moves", "transitions")
def stays_are_moves(record: Record) -> Found:
    """A stay in hospital begins and ends with a move and with a change of phase, at the same minute."""
    stays, moves, phases = record["admissions"], record["moves"], record["transitions"]
    began, inside = stays[stays["at"] > 0], Phase.INPATIENT.label
    ended = stays.assign(at=whole_minutes(stays["discharged_day"]))[stays["discharged_day"].notna()]
    phases = phases[phases["at"] > 0]  # somebody for whom there is no bed at the start is well at once
    for mine, reason, column, what in (
        (began, MoveReason.ADMITTED, "to", "admission"),
        (ended, MoveReason.DISCHARGED, "from", "discharge"),
    ):
        moved, changed = moves[moves["reason"] == reason.label], phases[phases[column] == inside]
        yield from unmatched("admissions", mine, moved, f"{{client}}: the {what} is no move")
        yield from unmatched("admissions", mine, changed, f"{{client}}: the {what} is no change of phase")
        yield from unmatched("moves", moved, mine, "{client} on day {day}: {reason} and there is no such stay")
        said = f"{{client}} on day {{day}}: from {{from}} to {{to}} and there is no such {what}"
        yield from unmatched("transitions", changed, mine, said)


@invariant("waits")
def waits_end_after_they_begin(record: Record) -> Found:
    """A wait ends when it begins, or later."""
    rows = record["waits"]
    said = "{client}: the wait for {for} until day {day} ends before it begins"
    return broken("waits", rows, whole_minutes(rows["since_day"]) > rows["at"], said)


@invariant("waits")
def waits_do_not_overlap(record: Record) -> Found:
    """Nobody waits twice at a time for one thing. Who is served may ask again on the same day."""
    rows = record["waits"]
    said = "{client} waits twice for: {for}, until day {day}"
    return overlapping("waits", rows, ["client", "for", "which"], rows["since_day"], rows["at"] // DAY, said)


@invariant("links")
def links_alternate(record: Record) -> Found:
    """A link of a client with an agency starts once, and not again before it has ended."""
    rows = record["links"]
    rows = rows[rows["step"].isin([LinkStep.STARTED.label, LinkStep.ENDED.label])]
    is_wrong = rows.groupby(["client", "agency"])["step"].shift() == rows["step"]
    return broken("links", rows, is_wrong, "{client}, {agency}: {step} on day {day}, again")


@invariant("clients", "contacts", "crises", "moves", "transitions", "admissions", "handovers")
def nothing_after_leaving(record: Record) -> Found:
    """Nothing is recorded of clients after they have left."""
    left = record["clients"].set_index("key")["left_day"]
    for table in ("contacts", "crises", "moves", "transitions", "admissions", "handovers"):
        rows = record[table]
        gone = left.reindex(rows["client"]).set_axis(rows.index)
        yield from broken(
            table, rows.assign(gone=gone), rows["day"] > gone, "{client} on day {day}, left on day {gone:.0f}"
        )
