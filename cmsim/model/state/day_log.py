"""What happens during a day and is worked out at its end: contacts, effects owed, clients to look at again."""

from __future__ import annotations


class DayLog:
    """The open ends of one day.

    Attributes:
        contacts: rows of ``schema.tables.pack_contact``, one after the other.
        owed: amounts of effects that clients get at night: row, effect, amount.
        changed: rows of clients whose needs are to be worked out anew at night.
    """

    def __init__(self) -> None:
        self.contacts = bytearray()
        self.owed: list[tuple[int, str, float]] = []
        self.changed: set[int] = set()

    def write_contact(self, row: bytes) -> None:
        """Write a contact down."""
        self.contacts += row

    def owe(self, effect: str, row: int, amount: float) -> None:
        """Owe a client an amount of an effect, to be settled at night."""
        self.owed.append((row, effect, amount))
