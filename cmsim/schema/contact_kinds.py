"""What follows from the kind of a contact: with whom it is, how it is made, and what it is taken from."""

import numpy as np

from cmsim.schema.codes import ContactKind, ContactMode, ContactPlace, Counterpart, plain_codes

CLIENT_CONTACTS = plain_codes(
    ContactKind.VISIT, ContactKind.CALL, ContactKind.CRISIS, ContactKind.WARD, ContactKind.JOINT, ContactKind.ACCOMPANY
)
"""A case manager's contacts with the client."""
COLLATERAL = plain_codes(ContactKind.FAMILY, ContactKind.LIAISON, ContactKind.AGENCY)
"""A case manager's contacts with others about the client."""
WORKER_CONTACTS = (*CLIENT_CONTACTS, *COLLATERAL)
"""A case manager's kinds of contact, in the order of their codes, which come first."""
VISITS = plain_codes(ContactKind.VISIT, ContactKind.JOINT)
MEETS_IN_PERSON = plain_codes(*VISITS, ContactKind.CRISIS, ContactKind.ACCOMPANY)
WITH_CONSEQUENCES = plain_codes(ContactKind.WARD, ContactKind.ACCOMPANY, *COLLATERAL)
"""Contacts that set something in motion elsewhere."""
WITH_CLIENT = np.isin(list(ContactKind), CLIENT_CONTACTS).astype(float)
"""1 for a case manager's contacts with the client, 0 for others, shape (kinds,)."""
WITH_WHOM: dict[int, int] = {
    **dict.fromkeys(CLIENT_CONTACTS, Counterpart.CLIENT.value),
    ContactKind.FAMILY.value: Counterpart.FAMILY.value,
    ContactKind.LIAISON.value: Counterpart.PSYCHIATRIST.value,
    ContactKind.AGENCY.value: Counterpart.AGENCY.value,
}
MODE: dict[int, int] = {
    **dict.fromkeys(WORKER_CONTACTS, ContactMode.FACE_TO_FACE.value),
    **dict.fromkeys(
        (ContactKind.CALL.value, ContactKind.LIAISON.value, ContactKind.AGENCY.value), ContactMode.PHONED.value
    ),
}
"""The usual mode of each of a case manager's kinds of contact."""
AT_THEIR_PLACE = plain_codes(ContactPlace.HOME, ContactPlace.NEIGHBOURHOOD)
"""Places where a worker goes to the client."""
DUE_OF: dict[int, int] = {
    ContactKind.VISIT.value: 0,
    ContactKind.WARD.value: 0,
    ContactKind.JOINT.value: 0,
    ContactKind.CRISIS.value: 0,
    ContactKind.CALL.value: 1,
    ContactKind.FAMILY.value: 2,
    ContactKind.LIAISON.value: 3,
    ContactKind.AGENCY.value: 4,
    ContactKind.ACCOMPANY.value: 5,
}
"""The row of ``People.due`` that a kind of contact is taken from and put back to; a new crisis is never due."""
RECORDED_FROM = 15
"""A contact counts as recorded when it is longer than this, in minutes (Burns 2007)."""
