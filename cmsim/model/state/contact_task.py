"""A contact that a worker is to make today."""

from typing import NamedTuple


class ContactTask(NamedTuple):
    """One contact in a worker's queue.

    Attributes:
        client: row of the client.
        kind: of contact, as in ``schema.codes.ContactKind``.
        due: day on which it was due.
        travel: minutes on the way.
        minutes: planned for the contact itself.
        place: as in ``schema.codes.ContactPlace``.
        again: day on which such a contact is due again, if this one is held.
        retry: and if it is not.
        waited: 1 if it was due before today.
        chance: that the client comes.
        drawn: number in (0, 1) that decides on it.
    """

    client: int
    kind: int
    due: int
    travel: int
    minutes: int
    place: int
    again: int
    retry: int
    waited: int
    chance: float
    drawn: float
