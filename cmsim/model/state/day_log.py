"""What happens during a day and is worked out at its end: contacts, effects owed, clients to look at again."""

import struct

from cmsim.schema.codes import ContactLimit, ContactMode, ContactOutcome, Counterpart, Provider
from cmsim.schema.tables import ContactRow

_pack = struct.Struct(f"{len(ContactRow._fields)}i").pack


class DayLog:
    """The open ends of one day.

    Attributes:
        contacts: rows of ``schema.tables.ContactRow`` as bytes, one after the other.
        owed: amounts of effects that clients get at night: row, effect, amount.
        changed: rows of clients whose needs are to be worked out anew at night.
    """

    def __init__(self) -> None:
        self.contacts = bytearray()
        self.owed: list[tuple[int, str, float]] = []
        self.changed: set[int] = set()

    def write_contact(
        self,
        *,
        minute: int,
        client: int,
        by: int = Provider.CASE_MANAGER.value,
        worker: int = -1,
        kind: int,
        with_: int = Counterpart.CLIENT.value,
        mode: int = ContactMode.FACE_TO_FACE.value,
        place: int,
        travel: int = 0,
        minutes: int = 0,
        due_day: int,
        outcome: int = ContactOutcome.HELD.value,
        limit: int = ContactLimit.DEMAND.value,
        noticed: int = 0,
    ) -> None:
        """Write a contact down; the arguments are the fields of ``schema.tables.ContactRow``.

        Contacts are so many that their rows are packed at once, each a row of whole numbers of one width.
        """
        self.contacts += _pack(
            minute, client, by, worker, kind, with_, mode, place, travel, minutes, due_day, outcome, limit, noticed
        )

    def owe(self, effect: str, row: int, amount: float) -> None:
        """Owe a client an amount of an effect, to be settled at night."""
        self.owed.append((row, effect, amount))
