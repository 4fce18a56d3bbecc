"""One frame: what is drawn of a community at the end of a day, small enough to be sent ten times a second."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

import numpy as np
from numpy.typing import NDArray

from cmsim.app.session.seating import Seats, Spot
from cmsim.core.ledger import Rows
from cmsim.model.state.columns import HOLDERS
from cmsim.schema.codes import HOMELESS, ClientStatus, Provider, Setting

if TYPE_CHECKING:
    from cmsim.app.session.details import Item
    from cmsim.model.community import Community

MOST_HELPERS = 120
"""Friends and neighbours drawn who are known to two clients or more; those of one client are drawn on a
click."""


class Network(TypedDict):
    """The ties that are drawn and change slowly.

    ``among``: ties among clients as pairs of rows, flat. ``families``: criticism in tenths for each client with a
    family, -1 for none. ``helpers``: of friends and neighbours known to two clients or more, the rows of these
    clients; ``helper_keys``: their keys.
    """

    among: list[int]
    families: list[int]
    helpers: list[list[int]]
    helper_keys: list[str]


class Cast(TypedDict):
    """What is drawn and does not change from day to day, besides clients."""

    agencies: list[str]


class Standing(TypedDict):
    """Where clients are and how they are: ``place`` and ``phase`` have a digit for each."""

    place: str
    phase: str


class Drawn(Standing):
    """What is drawn of one day.

    ``noticed``: a digit for each client. ``post``, ``desk``, ``room``: a number for each.
    ``workers``: for each post number of the holder (0 vacant), caseload, exhaustion, state, team. ``psychiatrists``:
    how many. ``caseload``: the size aimed at. ``hospital``: beds taken, in all, people waiting; ``agencies``:
    likewise of places. ``met``: the day's contacts as client, post (-1 another service), kind, outcome, one flat list.
    """

    noticed: str
    post: list[int]
    desk: list[int]
    room: list[int]
    workers: list[list[float]]
    psychiatrists: int
    caseload: int
    hospital: list[int]
    agencies: list[list[int]]
    met: list[int]


class Frame(Drawn):
    """One step of the play: what is drawn, the keys of new clients, plots, the feed and counts of contacts."""

    day: int
    keys: list[str]
    courses: dict[str, Sequence[float | None]]
    things: list[Item]
    figures: dict[str, int]
    network: Network | None


class Picture(Drawn):
    """The first picture: what is drawn, who is there, and every plot so far."""

    day: int
    keys: list[str]
    courses: dict[str, Sequence[float | None]]
    cast: Cast
    network: Network


class Drawing:
    """Keeps the seats of one run and draws its frames."""

    def __init__(self) -> None:
        self._desks = Seats()
        self._rooms = Seats()
        self._place: list[int] = []
        self._desk: list[int] = []
        self._room: list[int] = []

    def settle(self, c: Community) -> None:
        """Give everybody a seat at the end of a day; to be called every day, since seats follow from it."""
        self._place = places(c)
        post = c.people.worker[: c.people.known].tolist()
        self._desk = [self._desks.sit(row, at if at >= 0 else None) for row, at in enumerate(post)]
        self._room = [
            self._rooms.sit(row, where if where not in (Spot.DESK, Spot.GONE) else None)
            for row, where in enumerate(self._place)
        ]

    def frame(self, c: Community, contacts: Rows) -> Drawn:
        """Return what is drawn of the day just simulated, with the rows of its contacts."""
        people, n = c.people, c.people.known
        return {
            "place": "".join(map(str, self._place)),
            "phase": "".join(map(str, people.phase[:n].tolist())),
            "noticed": "".join("1" if by else "0" for by in people.noticed_by[:n].tolist()),
            "post": people.worker[:n].tolist(),
            "desk": self._desk,
            "room": self._room,
            "workers": self._workers(c),
            "psychiatrists": len(c.psychiatrists),
            "caseload": c.spec.service_on(c.days_simulated).caseload.size,
            "hospital": [c.hospital.occupied, c.hospital.count, c.hospital.waiting],
            "agencies": [
                [int(agency.places.count) if agency.count else 0, agency.count, len(agency.places.queue)]
                for agency in c.agencies
            ],
            "met": _met(contacts),
        }

    @staticmethod
    def _workers(c: Community) -> list[list[float]]:
        posts, n = c.posts, c.posts.count
        state = np.select([posts.closed[:n] > 0, posts.filled[:n] == 0, posts.leaving[:n] > 0], [3, 0, 2], 1)
        shown = posts.holder[:n] + 1, posts.caseload[:n], posts.exhaustion[:n].round(1), state, posts.team[:n]
        found: list[list[float]] = np.stack(shown, axis=1).tolist()
        return found


def places(c: Community) -> list[int]:
    """Return the place in which each client is drawn."""
    people, n = c.people, c.people.known
    setting, status = people.setting[:n], people.status[:n]
    place = np.where(people.worker[:n] >= 0, Spot.DESK, Spot.WAITING_ROOM)
    place = np.where(np.isin(setting, HOMELESS), Spot.NO_HOME, place)
    place = np.where(setting == Setting.HOSPITAL, Spot.WARD, place)
    place = np.where(setting == Setting.JAIL, Spot.JAIL, place)
    place = np.where((status == ClientStatus.LEFT) | (status == ClientStatus.NOT_YET), Spot.GONE, place)
    places: list[int] = place.tolist()
    return places


def states(c: Community) -> NDArray[np.int64]:
    """Return phase, place and post of each client, shape (clients, 3)."""
    people, n = c.people, c.people.known
    return np.stack([people.phase[:n], places(c), people.worker[:n]], axis=1).astype(np.int64)


def _met(contacts: Rows) -> list[int]:
    post = np.where(contacts["by"] == Provider.CASE_MANAGER, contacts["worker"] // HOLDERS, -1)
    flat = np.stack([contacts["client"], post, contacts["kind"], contacts["outcome"]], axis=1)
    return flat.astype(int).ravel().tolist()


def network(c: Community) -> Network:
    """Return the ties that are drawn."""
    people, n = c.people, c.people.known
    one, other = c.ties.among_clients()
    tenths = np.clip((people.criticism[:n] * 10).astype(int), 0, 9)
    families = np.where(people.has_family[:n] > 0, tenths, -1).tolist()
    friends = c.ties.friendships
    alive = np.flatnonzero(friends.strength[: friends.count] > 0.0)
    helper, client = friends.helper[alive], friends.client[alive]
    shared = np.flatnonzero(np.bincount(helper, minlength=1) > 1)[:MOST_HELPERS]
    known_to = [client[helper == one].tolist() for one in shared]
    return {
        "among": np.stack([one, other], axis=1).ravel().tolist(),
        "families": families,
        "helpers": [rows[:4] for rows in known_to],
        "helper_keys": [c.network.key_of(int(one)) for one in shared],
    }
