"""What a contact can be, by code: kind, outcome, limit, mode and place, and what follows from the kind."""

from __future__ import annotations

from cmsim.schema.tables import CONTACT_KINDS, CONTACT_OUTCOMES, LIMITS, MODES, PLACES, WITH

VISIT, CALL, CRISIS, WARD, JOINT, ACCOMPANY, FAMILY, LIAISON, AGENCY, REVIEW, RESPITE = range(len(CONTACT_KINDS))
KINDS_OF_WORKERS = AGENCY + 1
"""A case manager's kinds of contact come first; reviews and respite are others'."""
VISITS = (VISIT, JOINT)
MEETS_IN_PERSON = (VISIT, JOINT, ACCOMPANY)
MET_CLIENT = tuple(kind <= ACCOMPANY for kind in range(KINDS_OF_WORKERS))
COLLATERAL = (FAMILY, LIAISON, AGENCY)

HELD, NOT_COME, REFUSED, DROPPED = range(len(CONTACT_OUTCOMES))
DEMAND, CAPACITY, WILLINGNESS = range(len(LIMITS))

_CLIENT, _FAMILY, _PSYCHIATRIST, WITH_HOSPITAL, _AGENCY = range(len(WITH))
WITH_WHOM = (*(_CLIENT,) * FAMILY, _FAMILY, _PSYCHIATRIST, _AGENCY)
"""With whom each kind of contact is."""
FACE_TO_FACE, PHONED = range(len(MODES))
MODE = tuple(PHONED if kind in (CALL, LIAISON, AGENCY) else FACE_TO_FACE for kind in range(KINDS_OF_WORKERS))
"""The usual mode of each kind of contact."""
OFFICE, HOME, NEIGHBOURHOOD, ON_WARD, BY_PHONE, CLINIC, AT_AGENCY, EMERGENCY_DEPARTMENT = range(len(PLACES))
AT_THEIR_PLACE = (HOME, NEIGHBOURHOOD)
"""Places where a worker goes to the client."""
DUE_OF = (0, 1, -1, 0, 0, 5, 2, 3, 4)
"""The row of ``People.due`` that a kind of contact is taken from and put back to; -1: it is never due."""
RECORDED_FROM = 15
"""A contact counts as recorded when it is longer than this, in minutes (Burns 2007)."""
