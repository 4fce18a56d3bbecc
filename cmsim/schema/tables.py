"""The ledger: flat rows, appended when a fact happens and never changed; every statistic is computed later.

A :class:`Kind` declares one kind of fact: its columns with unit and meaning, and the words that codes stand
for. A :class:`Table` holds its rows in typed chunks. Minutes are engine minutes, ``client`` is a row of the
client columns, ``worker`` the id of one holder of a post (post times 1000 plus the n-th holder).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[Any]

_CHUNK = 16_384


def codes(*words: str) -> tuple[str, ...]:
    """Return words whose position is their code."""
    return words


PHASES = codes("stable", "prodromal", "acute", "inpatient")
DIAGNOSES = codes("schizophrenia spectrum", "bipolar", "other")
TEMPLATES = codes("collaborative", "distrustful", "dependent", "power-organised")
STATUS = codes("not yet referred", "waiting for a worker", "open", "left")
SETTINGS = codes("street", "shelter", "family home", "group home", "supervised flat", "own flat", "hospital", "jail")
DOMAINS = codes(
    "housing",
    "income",
    "treatment",
    "physical health",
    "self-care",
    "activity",
    "work",
    "legal",
    "transport",
    "social contact",
)
AGENCIES = codes("housing", "benefits", "day programme", "work", "substance use", "general health")
CONTACT_KINDS = codes(
    "visit",
    "call",
    "crisis",
    "ward visit",
    "joint visit",
    "accompaniment",
    "family",
    "psychiatrist liaison",
    "agency",
    "review",
    "respite",
)
BY = codes("case manager", "psychiatrist", "crisis service", "emergency department", "team member", "case aide")
WITH = codes("client", "family", "psychiatrist", "hospital", "agency")
MODES = codes("face to face", "phone")
PLACES = codes("office", "home", "neighbourhood", "ward", "phone", "clinic", "agency", "emergency department")
CONTACT_OUTCOMES = codes("held", "did not come", "refused", "dropped for lack of time")
LIMITS = codes("demand", "capacity", "willingness")
NOTICED_BY = codes("nobody", "client", "family", "case manager", "psychiatrist")
CRISIS_CAUSES = codes("acute illness", "stressor")
CRISIS_OUTCOMES = codes(
    "settled",
    "admitted",
    "no bed",
    "passed without help",
    "respite",
    "refused admission",
    "home treatment",
)
SEEN_BY = codes("the client", "family", "case manager", "psychiatrist")
ACUTE_ANSWERS = codes(
    "waited",
    "told the worker",
    "treated at home",
    "admitted",
    "no bed",
    "not admitted",
    "refused admission",
    "home treatment",
)
RESPITE_REASONS = codes("in a crisis", "at first signs")
DISCHARGES = codes("still in hospital", "treatment complete", "bed pressure")
MOVE_REASONS = codes(
    "lost the place while ill",
    "lost the place",
    "placed by agency",
    "room through a tie",
    "family took in",
    "family ended it",
    "found shelter",
    "found a room alone",
    "admitted",
    "discharged",
    "arrested",
    "released",
    "moved by plan",
    "the place did not suit",
    "went back to the family",
    "walked out",
)
JOBS = codes("none", "sheltered", "paid")
JOB_REASONS = codes("place at the agency", "through a tie", "lost", "gave it up", "left the service")
LEADS = codes("room", "job")
HANDOVERS = codes("first worker", "cold", "warm", "left without a worker", "within the team", "programme ended")
PLAN_STEPS = codes("made", "refused", "given up", "moved", "held", "broke down")
STEPS = codes("alone", "with less help than before")
WAITS_FOR = codes("case manager", "psychiatrist", "bed", "agency place")
WAIT_OUTCOMES = codes("served", "gave up", "still waiting")
LINK_STEPS = codes("referred", "did not follow through", "not accepted", "accepted", "started", "ended")
HELP_LEVELS = codes("number only", "agency prepared", "accompanied")
STAFF_EVENTS = codes("hired", "left", "post created", "post closed", "laid off")
REGISTRATIONS = codes("referred", "discharged as recovered", "disengaged", "moved away or died")
HASSLES = codes("letter or money", "prescription", "quarrel")
DEALT_WITH_BY = codes("nobody", "client", "case manager", "still open")
COERCIVE_ACTS = codes("commitment", "insisted on medication")
FACTORS = codes(
    "frailty",
    "medication",
    "stress",
    "criticism",
    "unmet need",
    "overload",
    "substance use",
    "recent discharge",
    "earlier admissions",
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its type, unit and meaning, and the words its codes stand for."""

    name: str
    dtype: str
    unit: str
    meaning: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fact and its columns."""

    name: str
    meaning: str
    columns: tuple[Column, ...]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The structured type of a row."""
        return np.dtype([(column.name, column.dtype) for column in self.columns])


def _minute(name: str = "minute", meaning: str = "when it happened") -> Column:
    return Column(name, "i4", "engine minute", meaning)


def _client() -> Column:
    return Column("client", "i4", "client", "whom it is about")


def _worker(name: str = "worker", meaning: str = "the case manager; -1 for none") -> Column:
    return Column(name, "i4", "worker id", meaning)


def _code(name: str, words: tuple[str, ...], meaning: str) -> Column:
    return Column(name, "i1", "code", meaning, words)


def _wide(name: str, words: tuple[str, ...], meaning: str) -> Column:
    # contacts are written as one flat buffer of whole numbers a day, so that all their columns have one width
    return Column(name, "i4", "code", meaning, words)


KINDS: tuple[Kind, ...] = (
    Kind(
        "contacts",
        "every contact that was held, tried or dropped",
        (
            _minute(meaning="when it began, or would have begun"),
            _client(),
            _wide("by", BY, "who made it"),
            Column("worker", "i4", "id", "which one: worker id, or number of the psychiatrist; -1 for a service"),
            _wide("kind", CONTACT_KINDS, "what sort of contact"),
            _wide("with", WITH, "who was met"),
            _wide("mode", MODES, "how"),
            _wide("place", PLACES, "where"),
            Column("travel", "i4", "minutes", "travel to it"),
            Column("minutes", "i4", "minutes", "its length"),
            Column("due_day", "i4", "day", "the day it was due"),
            _wide("outcome", CONTACT_OUTCOMES, "what became of it"),
            _wide("limit", LIMITS, "what bound it: demand, the worker's time, or the client's willingness"),
            Column("noticed", "i4", "0 or 1", "a prodrome was noticed in it"),
        ),
    ),
    Kind(
        "transitions",
        "every change of illness phase, with the factors of the hazard of onset at that time",
        (
            _minute(),
            _client(),
            _code("from", PHASES, "phase before"),
            _code("to", PHASES, "phase after"),
            Column("episode", "i4", "ordinal", "the client's n-th episode"),
            _code("noticed_by", NOTICED_BY, "who noticed the prodrome first"),
            Column("noticed_after", "f4", "days", "from onset to notice; -1 if unnoticed"),
            Column("reviewed", "i1", "0 or 1", "medication was reviewed during the prodrome"),
            *(Column(f"factor {name}", "f4", "ratio", f"{name}: factor of the onset hazard") for name in FACTORS),
        ),
    ),
    Kind(
        "crises",
        "every crisis and who answered it",
        (
            _minute(),
            _client(),
            _code("cause", CRISIS_CAUSES, "what lay behind it"),
            _code("by", BY, "who answered"),
            _worker(meaning="the case manager who answered; -1 if none"),
            Column("response", "i4", "minutes", "from the crisis to the answer"),
            Column("severity", "f4", "0 to 1", "0 a passing upset, 1 immediate danger"),
            _code("outcome", CRISIS_OUTCOMES, "what became of it"),
        ),
    ),
    Kind(
        "acute_care",
        "every time that somebody saw an acute illness and did something about it, or not",
        (
            _minute(),
            _client(),
            Column("episode", "i4", "ordinal", "the client's n-th episode"),
            _code("by", SEEN_BY, "who saw it"),
            Column("severity", "f4", "0 to 1", "of the episode"),
            _code("answer", ACUTE_ANSWERS, "what was done"),
        ),
    ),
    Kind(
        "admissions",
        "one row a hospital stay",
        (
            _minute("minute", "when the bed was reached"),
            _client(),
            Column("discharged", "i4", "engine minute", "when it ended; -1 if still in hospital"),
            Column("involuntary", "i1", "0 or 1", "by commitment"),
            _code("by", BY, "who answered the crisis that led to it, or brought the client"),
            Column("brought", "i1", "0 or 1", "somebody saw the illness; no crisis led to it"),
            Column("waited", "i4", "minutes", "for the bed"),
            Column("informed", "i1", "0 or 1", "the hospital told the case manager"),
            Column("ward_visits", "i2", "contacts", "case-manager visits on the ward"),
            Column("booked", "i1", "0 or 1", "an appointment was booked before discharge"),
            _code("discharge", DISCHARGES, "why it ended"),
        ),
    ),
    Kind(
        "moves",
        "every change of setting",
        (
            _minute(),
            _client(),
            _code("from", SETTINGS, "setting before"),
            _code("to", SETTINGS, "setting after"),
            _code("reason", MOVE_REASONS, "why"),
        ),
    ),
    Kind(
        "handovers",
        "every beginning or change of case manager",
        (
            _minute(),
            _client(),
            _worker("from_worker", "the worker before; -1 for none"),
            _worker("to_worker", "the worker after; -1 for none"),
            _code("how", HANDOVERS, "how it was done"),
            Column("alliance_before", "f4", "0 to 1", "alliance with the worker before"),
            Column("alliance_after", "f4", "0 to 1", "alliance at the start with the worker after"),
            Column("tenure", "i4", "days", "how long the dyad before had lasted"),
        ),
    ),
    Kind(
        "harms",
        "every time a client came to harm in a crisis outside hospital",
        (
            _minute(),
            _client(),
            Column("severity", "f4", "0 to 1", "of the crisis"),
            _code("after", CRISIS_OUTCOMES, "what had become of the crisis"),
        ),
    ),
    Kind(
        "respites",
        "every stay in respite, when it ends",
        (
            _minute("minute", "when it ended"),
            _client(),
            _minute("since", "when it began"),
            _code("reason", RESPITE_REASONS, "when it was offered"),
        ),
    ),
    Kind(
        "risky_visits",
        "every visit of a case manager to a client with known risk",
        (
            _minute(),
            _client(),
            _worker(),
            _worker("second", "the colleague who went along; -1 for nobody"),
            Column("incident", "i1", "0 or 1", "the worker was threatened or worse"),
        ),
    ),
    Kind(
        "hassles",
        "every small hassle, when it ends",
        (
            _minute("minute", "when it was dealt with, or the end of the run"),
            _client(),
            _minute("since", "when it came up"),
            _code("kind", HASSLES, "what it was about"),
            Column("told", "i1", "0 or 1", "the client told the case manager"),
            Column("festered", "i1", "0 or 1", "it was left for so long that it held stress up"),
            _code("by", DEALT_WITH_BY, "who dealt with it"),
        ),
    ),
    Kind(
        "depots",
        "every time a depot was brought up with somebody who had stopped medication",
        (
            _minute(),
            _client(),
            Column("refusals", "i2", "times", "medication was stopped so far"),
            Column("insisted", "i1", "0 or 1", "the worker insisted"),
            Column("accepted", "i1", "0 or 1", "the client agreed"),
        ),
    ),
    Kind(
        "prescriptions",
        "every prescription taken to the pharmacy",
        (
            _minute(),
            _client(),
            Column("filled", "i1", "0 or 1", "the medication was got"),
        ),
    ),
    Kind(
        "coercions",
        "every act against a client's wish",
        (
            _minute(),
            _client(),
            _worker(meaning="the case manager; -1 for none"),
            _code("act", COERCIVE_ACTS, "what was done"),
            Column("owned", "i1", "0 or 1", "the case manager owned the authority of it openly"),
            Column("alliance_lost", "f4", "0 to 1", "alliance it cost"),
        ),
    ),
    Kind(
        "conflicts",
        "every open conflict between client and case manager over what the client can do",
        (
            _minute(),
            _client(),
            _worker(meaning="the case manager"),
            Column("believed", "f4", "0 to 1", "need as the worker takes it to be"),
            Column("need", "f4", "0 to 1", "need as it is"),
            Column("alliance_lost", "f4", "0 to 1", "alliance it cost"),
        ),
    ),
    Kind(
        "waits",
        "every wait, when it ends",
        (
            _minute("minute", "when the wait ended"),
            _client(),
            _minute("since", "when it began"),
            _code("for", WAITS_FOR, "what was waited for"),
            Column("which", "i2", "number", "which psychiatrist or agency; -1 where there is one"),
            _code("outcome", WAIT_OUTCOMES, "how it ended"),
        ),
    ),
    Kind(
        "links",
        "every step of a referral to a community agency",
        (
            _minute(),
            _client(),
            _code("agency", AGENCIES, "which agency"),
            _worker(),
            _code("help", HELP_LEVELS, "level of help with the referral"),
            _code("step", LINK_STEPS, "what happened"),
        ),
    ),
    Kind(
        "jobs",
        "every beginning and end of work",
        (
            _minute(),
            _client(),
            _code("from", JOBS, "work before"),
            _code("to", JOBS, "work after"),
            _code("reason", JOB_REASONS, "why"),
        ),
    ),
    Kind(
        "leads",
        "every lead on a room or a job that came through ties",
        (
            _minute(),
            _client(),
            _code("what", LEADS, "what the lead was on"),
            Column("steps", "i1", "steps", "from the client to whoever knew; 1 for somebody known directly"),
        ),
    ),
    Kind(
        "plans",
        "every step of a plan of a move",
        (
            _minute(),
            _client(),
            _worker(),
            _code("from", SETTINGS, "where the client lived when it was made"),
            _code("to", SETTINGS, "where it leads"),
            Column("wish", "i1", "-1, 0 or 1", "what the client wished when it was made; 1 an own life"),
            Column("pressed", "f4", "0 to 1", "how far it was pressed for before the wish had settled"),
            _code("step", PLAN_STEPS, "what happened"),
        ),
    ),
    Kind(
        "steps",
        "every new thing that a client did alone, or with less help than before",
        (
            _minute(),
            _client(),
            _code("domain", DOMAINS, "need domain"),
            _code("how", STEPS, "alone and untold, or with less help than before"),
            Column("success", "i1", "0 or 1", "whether it succeeded"),
        ),
    ),
    Kind(
        "weekly",
        "the clients at the end of each week: what they need and can do, and what workers believe",
        (
            Column("day", "i4", "day", "the day"),
            Column("clients", "i4", "clients", "with the service, waiting or not, not in hospital or jail"),
            Column("served", "i4", "clients", "of these with a case manager"),
            *(Column(f"unmet {domain}", "f4", "0 to 1", f"mean unmet need: {domain}") for domain in DOMAINS),
            Column("lacking", "f4", "domains", "mean number of domains with a need clearly unmet"),
            Column("need", "f4", "0 to 1", "mean need"),
            Column("excess", "f4", "0 to 1", "mean paid support beyond need"),
            Column("dose", "f4", "0 to 1", "mean dose of those with a case manager"),
            Column("capability", "f4", "0 to 1", "mean capability"),
            Column("dependence", "f4", "0 to 1", "mean dependence"),
            Column("place_misfit", "f4", "log ratio", "mean misfit of places lived in"),
            Column("belief_bias", "f4", "0 to 1", "believed less true ability, mean of those served"),
            Column("expected_bias", "f4", "0 to 1", "what is expected of anybody less the true mean ability"),
            Column("belief_error", "f4", "0 to 1", "root mean square of that, by client and domain"),
            Column("discharged", "i4", "clients", "served, within 28 days of an acute phase or a stay"),
            Column(
                "error_discharged",
                "f4",
                "0 to 1",
                "believed less lasting capability, root mean square, of those",
            ),
            Column("error_settled", "f4", "0 to 1", "the same, of the other clients served"),
            Column("torn", "f4", "share", "of clients whose conflict is strong enough to swing"),
        ),
    ),
    Kind(
        "staff",
        "every hiring, leaving, opening and closing of a post",
        (
            _minute(),
            _worker(),
            _code("event", STAFF_EVENTS, "what happened"),
            Column("exhaustion", "f4", "MBI-EE, 0 to 54", "emotional exhaustion at that time"),
            Column("tenure", "i4", "days", "in the post"),
            Column("caseload", "i4", "clients", "held at that time"),
        ),
    ),
    Kind(
        "registrations",
        "every entry and leaving of a client",
        (_minute(), _client(), _code("event", REGISTRATIONS, "what happened")),
    ),
    Kind(
        "worker_days",
        "one row a worker and workday: where the minutes went",
        (
            Column("day", "i4", "day", "the day"),
            _worker(meaning="the case manager"),
            Column("absent", "i1", "0 or 1", "on leave, in training or sick"),
            Column("caseload", "i2", "clients", "held that day"),
            Column("client_minutes", "i2", "minutes", "in contact with clients"),
            Column("collateral_minutes", "i2", "minutes", "in contact with others about clients"),
            Column("travel_minutes", "i2", "minutes", "travelling"),
            Column("notes_minutes", "i2", "minutes", "writing up contacts"),
            Column("team_minutes", "i2", "minutes", "meetings, supervision and administration"),
            Column("office_minutes", "i2", "minutes", "time left over, spent at the desk"),
            Column("along_minutes", "i2", "minutes", "going along on colleagues' visits with risk"),
            Column("overtime", "i2", "minutes", "worked past the end of the day"),
            Column("supervision", "i2", "minutes", "of supervision, part of the team's minutes"),
            Column("recorded", "i2", "contacts", "held contacts over 15 minutes"),
            Column("undone", "i2", "contacts", "due contacts left at the end of the day"),
            Column("exhaustion", "f4", "MBI-EE, 0 to 54", "emotional exhaustion"),
        ),
    ),
    Kind(
        "daily",
        "the community at the end of each day; clients waiting for a worker are counted in all of it",
        (
            Column("day", "i4", "day", "the day"),
            Column("open", "i4", "clients", "with a case manager's agency, served or between workers"),
            Column("waiting", "i4", "clients", "without a case manager"),
            *(Column(phase, "i4", "clients", f"in the phase {phase}") for phase in PHASES),
            *(Column(setting, "i4", "clients", f"living in: {setting}") for setting in SETTINGS),
            Column("beds_occupied", "i4", "beds", "by anybody"),
            Column("bed_queue", "i4", "people", "waiting for a bed"),
            Column("psychiatrist_queue", "i4", "people", "on the psychiatrists' waiting lists, anybody"),
            Column("agency_queue", "i4", "people", "waiting for a place at an agency, anybody"),
            Column("case_managers", "i4", "workers", "in post"),
            Column("posts", "i4", "posts", "filled or vacant"),
            Column("overdue", "i4", "contacts", "due before today and not yet held"),
            Column("unseen_30", "i4", "clients", "with no face-to-face contact for more than 30 days"),
            Column("links", "i4", "links", "active links to agencies"),
            Column("without_supply", "i4", "clients", "who have run out of medication"),
            Column("adherence", "f4", "0 to 1", "mean share of doses taken"),
            Column("alliance", "f4", "0 to 1", "mean alliance of those with a worker"),
            Column("stress", "f4", "0 to 1", "mean stress"),
            Column("unmet_need", "f4", "0 to 1", "mean unmet need over the need domains"),
            Column("autonomy", "f4", "0 to 1", "mean autonomy"),
            Column("exhaustion", "f4", "MBI-EE, 0 to 54", "mean emotional exhaustion of case managers"),
            Column("skill", "f4", "0 to 1", "mean skill of case managers"),
            Column("tenure", "f4", "days", "mean time in the post of case managers"),
            Column("recovery", "f4", "0 to 1", "mean self-rated recovery"),
            Column("activity", "f4", "0 to 1", "mean meaningful activity"),
            Column("network", "f4", "people", "mean size of the network"),
            Column("burden", "f4", "0 to 1", "mean burden of families; empty without families"),
            Column("criticism", "f4", "0 to 1", "mean expressed emotion of families; empty without families"),
        ),
    ),
)


contact_row = struct.Struct(f"{len(KINDS[0].columns)}i").pack
"""Return a contact as the bytes of its row, from whole numbers in the order of the columns."""


class Table:
    """The rows of one kind of fact, in order of writing."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._dtype = kind.dtype
        self._chunks: list[Rows] = []
        self._packed = 0
        self._open: list[tuple[Any, ...]] = []
        self.append = self._open.append
        """Write one row: a tuple in the order of the columns."""

    def __len__(self) -> int:
        return self._packed + len(self._open)

    def extend(self, rows: Rows) -> None:
        """Write many rows at once, already of the table's type."""
        self.settle(0)
        self._chunks.append(rows)
        self._packed += len(rows)

    def settle(self, limit: int = _CHUNK) -> None:
        """Pack the open rows into a typed chunk once there are more than ``limit``."""
        if len(self._open) > limit:
            self._chunks.append(np.array(self._open, dtype=self._dtype))
            self._packed += len(self._open)
            self._open.clear()

    def since(self, count: int) -> Rows:
        """Return the rows after the first ``count`` as one structured array; the table stays as it is.

        It takes as long as there are new rows, however many there are before.
        """
        parts = [np.array(self._open[max(count - self._packed, 0) :], dtype=self._dtype)]
        before = self._packed
        for chunk in reversed(self._chunks):
            if before <= count:
                break
            before -= len(chunk)
            parts.append(chunk[max(count - before, 0) :])
        return parts[0] if len(parts) == 1 else np.concatenate(parts[::-1])

    def rows(self) -> Rows:
        """Return all rows as one structured array."""
        self.settle(0)
        if len(self._chunks) != 1:
            joined = np.concatenate(self._chunks) if self._chunks else np.empty(0, dtype=self._dtype)
            self._chunks = [joined]
        return self._chunks[0]


class Ledger:
    """All tables of a run: ``ledger["contacts"].append(row)``.

    Contacts also carry the minutes given to each component, kept beside the rows in ``component_minutes``.

    Args:
        components: how many components there are.
    """

    def __init__(self, components: int) -> None:
        self._tables = {kind.name: Table(kind) for kind in KINDS}
        self._components = [np.empty((0, components), dtype=np.float32)]

    def __getitem__(self, name: str) -> Table:
        return self._tables[name]

    def __iter__(self) -> Any:
        return iter(self._tables.values())

    def write_contacts(self, rows: Rows, component_minutes: NDArray[np.float32]) -> None:
        """Write a day's contacts with their minutes by component, shapes (contacts,) and (contacts, components)."""
        self["contacts"].extend(rows)
        self._components.append(component_minutes)

    def component_minutes(self) -> NDArray[np.float32]:
        """Return the minutes given to each component, shape (contacts, components), in the order of the contacts."""
        if len(self._components) > 1:
            self._components = [np.concatenate(self._components)]
        return self._components[0]

    def settle(self) -> None:
        """Pack what has been written, so that memory stays small."""
        for table in self._tables.values():
            table.settle()


def code(words: Sequence[str], word: str) -> int:
    """Return the code of a word.

    >>> code(PHASES, "acute")
    2
    """
    return words.index(word)
