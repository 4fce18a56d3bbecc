"""Minutes: how long contacts, travel and writing up take; what a working day leaves for clients."""

from typing import Protocol

import numpy as np

from cmsim.core.numeric import Floats, Ints, Number
from cmsim.core.parameters import Section, param


class ContactTime(Section):
    """Mean lengths by kind of contact; the budget yields 38-48 recorded contacts a worker and month."""

    visit: float = param(46.0, "minutes", 30.0, 70.0, "pssru2014", status="assumption", allowed=(1.0, 480.0))
    """a planned visit"""
    call: float = param(9.0, "minutes", 5.0, 20.0, allowed=(1.0, 480.0))
    """a call to the client; not a recorded contact"""
    ward_visit: float = param(45.0, "minutes", 25.0, 75.0, allowed=(1.0, 480.0))
    joint_visit: float = param(55.0, "minutes", 30.0, 90.0, allowed=(1.0, 480.0))
    """both workers at a warm handover"""
    accompaniment: float = param(100.0, "minutes", 60.0, 180.0, allowed=(1.0, 480.0))
    """to an agency, the first time"""
    family: float = param(28.0, "minutes", 10.0, 60.0, allowed=(1.0, 480.0))
    psychiatrist_liaison: float = param(17.0, "minutes", 8.0, 30.0, allowed=(1.0, 480.0))
    agency: float = param(18.0, "minutes", 8.0, 40.0, allowed=(1.0, 480.0))
    review: float = param(25.0, "minutes", 15.0, 45.0, allowed=(1.0, 480.0))
    """an appointment with the psychiatrist"""
    spread: float = param(0.30, "ratio", 0.1, 0.6, note="coefficient of variation of a length")
    travel: float = param(32.0, "minutes", 10.0, 60.0, allowed=(0.0, 480.0))
    """to a client's place from the last stop, mean over clients; rural more"""
    travel_cv: float = param(0.45, "ratio", 0.1, 1.0, note="differences between clients' distances")
    short_travel: float = param(12.0, "minutes", 0.0, 40.0, allowed=(0.0, 480.0))
    """when the client comes to the office: none; to the ward or an agency: this"""
    notes_share: float = param(0.28, "ratio", 0.1, 0.5, note="writing up, per minute of contact")
    notes_least: float = param(3.0, "minutes", 0.0, 10.0, note="writing up the shortest contact")
    reactive_from: float = param(1.5, "ratio", 1.0, 3.0, "king2009", status="assumption", allowed=(0.0, 100.0))
    """load of a day, contacts due against those that fit, from which work with families, networks and agencies waits
    that nobody calls for; above 20-30 clients case management was seen to become reactive"""
    no_show_wait: float = param(12.0, "minutes", 5.0, 30.0, allowed=(0.0, 120.0))
    """waited, rung at the door, noted"""

    def means(self) -> Floats:
        """Return the mean length by kind of contact, in the order of ``schema.codes.ContactKind``."""
        return np.array(
            (
                self.visit,
                self.call,
                self.visit,
                self.ward_visit,
                self.joint_visit,
                self.accompaniment,
                self.family,
                self.psychiatrist_liaison,
                self.agency,
                self.review,
                0.0,
            )
        )


class VisitRange(Protocol):
    """How many visits in 28 days a service makes at a dose of 0 and of 1."""

    @property
    def least_visits(self) -> float:
        """At a dose of 0."""

    @property
    def most_visits(self) -> float:
        """At a dose of 1."""


def notes_minutes(p: ContactTime, minutes: float | Ints) -> Ints:
    """Return the whole minutes that writing up takes.

    >>> int(notes_minutes(ContactTime(), 46)) > int(notes_minutes(ContactTime(), 9))
    True
    """
    return np.maximum(np.rint(p.notes_share * np.asarray(minutes)), p.notes_least).astype(np.int64)


def lengths(p: ContactTime, means: Floats, deviates: Floats) -> Ints:
    """Return whole minutes of contacts from their means and standard normal deviates, never below a third."""
    return rounded_length(p, means, deviates).astype(np.int64)


def rounded_length(p: ContactTime, mean: Number, deviate: Number) -> Number:
    """Return the same as a float, for one contact or for many."""
    return np.rint(mean * np.maximum(1.0 + p.spread * deviate, 1.0 / 3.0))


def visit_gap(contact: VisitRange, dose: Number) -> Number:
    """Return the days between visits at a dose of support (0 to 1), by what the service says of contacts."""
    return 28.0 / (contact.least_visits + dose * (contact.most_visits - contact.least_visits))
