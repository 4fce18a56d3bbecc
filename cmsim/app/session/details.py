"""What a look-up returns about a person, a service or a place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypedDict

if TYPE_CHECKING:
    from cmsim.reporting.story.divergence import Divergence
    from cmsim.results.narration import Event


class Tie(TypedDict):
    """A tie to somebody: key, kind of tie, and what it is in words."""

    to: str
    kind: str
    text: str


class Item(TypedDict):
    """One line of the feed: day, minute of the day, client and worker (empty for none), tone, text, cause.

    The tone sets colour and sign: ill, noticed, well, crisis, hospital, home, worker, agency, contact, service.
    """

    day: int
    minute: int
    client: str
    worker: str
    tone: str
    text: str
    why: str


class Level(NamedTuple):
    """A quantity shown as a bar: its name, its share of the whole bar (0 to 1), and the words beside it."""

    name: str
    share: float
    text: str


@dataclass(frozen=True)
class Details:
    """What there is to know about anybody or a place.

    Attributes:
        key: by which it is looked up.
        sort: such as client, case manager, family or place.
        title: the heading.
        about: sentences.
        ties: to whom.
        story: what happened, the latest first; a client has ``moments`` instead.
        levels: what is measured.
        measured: the heading of the levels.
    """

    key: str
    sort: str
    title: str
    about: list[str]
    ties: list[Tie]
    story: list[Item] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)
    measured: str = "How things stand"


@dataclass(frozen=True, kw_only=True)
class ClientDetails(Details):
    """A client.

    Attributes:
        moments: what happened and why, the latest first.
        week_days: the days on which the weekly notes were made.
        weeks: the weekly notes, by the name of what is noted.
        contacts: day, and 2 for in person, 1 by phone or with others, 0 not kept.
    """

    moments: list[Event]
    week_days: list[int]
    weeks: dict[str, list[float]]
    contacts: list[tuple[int, int]]


class Turn(NamedTuple):
    """The day on which a client begins to do differently, and what happens then in each run."""

    day: int
    a: str
    b: str


@dataclass(frozen=True)
class TwoRuns:
    """One client in two runs.

    Attributes:
        parts: where the runs first differ and why, ``None`` for nowhere.
        turn: where the client begins to do differently, ``None`` for nowhere.
        moments: what happened, in order of time, by run.
        totals: totals after the warm-up that differ, in words, by run.
        clients: the client in each run.
        policies: what differs in the policies of today: key, in run A, in run B.
    """

    parts: Divergence | None
    turn: Turn | None
    moments: dict[str, list[Event]]
    totals: dict[str, str]
    clients: dict[str, ClientDetails] = field(default_factory=dict)
    policies: list[tuple[str, object, object]] = field(default_factory=list)
