"""What follows from the service in force: one frozen object, replaced as a whole when a policy changes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cmsim.components import COMPONENTS, Component
from cmsim.core.compilation import numbers
from cmsim.core.numeric import Floats, Records
from cmsim.core.parameters import plain
from cmsim.core.simtime import HOUR, WORKDAYS
from cmsim.model.component_mix import component_mix, monitoring_share
from cmsim.policies.rule_answer import column, number
from cmsim.policies.use_of_time import as_planned
from cmsim.scenario.service import ContactPlan, Service, Staff
from cmsim.scenario.world import World
from cmsim.schema.codes import ContactKind, ContactPlace
from cmsim.schema.contact_kinds import COLLATERAL, WORKER_CONTACTS
from cmsim.schema.state_variables import NEVER
from cmsim.submodels.contact_time import notes_minutes

LONGEST_CONTACT = 24 * HOUR
USUAL_GAP = 28.0
"""Days between contacts of a kind for which nothing is laid down; visits are counted over as many."""
SATURDAY, NIGHT = 5, 3 * HOUR
"""A day and a minute at which only who is on call at all hours comes."""
_PLACE = np.array(
    [
        ContactPlace.OFFICE,
        ContactPlace.PHONE,
        ContactPlace.OFFICE,
        ContactPlace.WARD,
        ContactPlace.OFFICE,
        ContactPlace.AGENCY,
        ContactPlace.HOME,
        ContactPlace.PHONE,
        ContactPlace.PHONE,
    ]
)
_STATED = (
    "least_visits",
    "most_visits",
    "spread",
    "back_off",
    "back_off_most",
    "retry",
    "discharge_days",
    "crisis_gap",
)
"""Numbers of the contact plan that the scheduling of contacts reads as they are stated."""

CONTACT_PLAN = np.dtype(
    [
        ("minutes_of", "f8", (len(ContactKind),)),
        ("gap_days", "f8", (len(ContactKind),)),
        ("place", "i8", (len(_PLACE),)),
        *((name, "f8") for name in ("in_vivo", "calls", *_STATED)),
    ],
    align=True,
)
"""What the service lays down for contacts, by kind where there is an array."""


@dataclass(frozen=True, slots=True)
class ActiveService:
    """The service in force and what follows from it.

    Attributes:
        service: the service itself.
        staff: its settings of staff, as plain attributes.
        collaborates: whether work with physicians and the hospital is part of the practice.
        clout: 1 where the service speaks for clients by clout, if it speaks for them at all; else 0.
        treats: whether crisis work has a part in its contacts, so that visits treat people acutely ill.
        supervision_hours: a week for each worker, as far as supervisors' hours go round.
        team_minutes: of each worker's day, with the team.
        minutes_for_clients: left of each worker's day.
        visits_as_planned: whether visits take as long as planned on every day.
        notes: minutes of writing up by minutes of a contact.
        no_show_wait: minutes for which a worker waits for somebody who does not come.
        gap_days: days between contacts, by kind, shape (kinds,).
        billable: share of a minute that is paid, by kind of contact, shape (kinds,).
        contact_plan: what scheduling reads, an array of one record of ``CONTACT_PLAN``.
        component_parameters: parameters of the components, an array of one record.
        mix: weights of the components, an array of one record of ``component_mix.mix_record``.
        monitoring_share: share of a contact's minutes that is monitoring, by kind of contact.
    """

    service: Service
    staff: Staff
    collaborates: bool
    clout: float
    treats: bool
    supervision_hours: float
    team_minutes: int
    minutes_for_clients: float
    visits_as_planned: bool
    notes: list[int]
    no_show_wait: int
    gap_days: Floats
    billable: Floats
    contact_plan: Records
    component_parameters: Records
    mix: Records
    monitoring_share: list[float]


def activate(service: Service, world: World, components: Sequence[Component]) -> ActiveService:
    """Work out what follows from a service that comes into force.

    Args:
        service: as the scenario states it.
        world: the parameter set.
        components: the components of case management that there are.
    """
    practised, contact, times = service.practice.components, service.contact, world.contact_time
    payer, staff = service.payer, plain(service.staff)
    planned = column("service.payer", payer.planned, len(WORKER_CONTACTS))
    gap_days = _gap_days(service, planned)
    supervision = min(service.turnover.supervision_hours, staff.supervisor_hours / staff.supervisor_span)
    team_minutes = int(staff.team_minutes + service.caseload.sharing.team_minutes)
    mix = component_mix(components, service.practice, world)
    return ActiveService(
        service=service,
        staff=staff,
        collaborates="physician and hospital" in practised,
        clout=float("advocacy" in practised and service.advocacy.manner == "clout"),
        treats=bool(mix[0]["weights"][COMPONENTS.index("crisis intervention")].any()),
        supervision_hours=supervision,
        team_minutes=team_minutes,
        minutes_for_clients=max(staff.hours * HOUR - (team_minutes + supervision * HOUR / WORKDAYS), 1.0),
        visits_as_planned=as_planned(service.slack, service.shortage),
        notes=notes_minutes(times, np.arange(LONGEST_CONTACT)).tolist(),
        no_show_wait=int(times.no_show_wait),
        gap_days=gap_days,
        billable=np.append(column("service.payer", payer.billable, len(WORKER_CONTACTS)), (0.0, 0.0)),
        contact_plan=_contact_plan(
            contact,
            minutes_of=times.means(),
            gap_days=gap_days,
            in_vivo=contact.in_vivo * number("service.payer", payer.away),
            calls=contact.calls * planned[ContactKind.CALL],
        ),
        component_parameters=numbers(**{part.key: getattr(world.components, part.key) for part in components}),
        mix=mix,
        monitoring_share=monitoring_share(mix),
    )


def _gap_days(service: Service, planned: Floats) -> Floats:
    """Return days between contacts by kind, stretched by what the payer makes the service plan less of."""
    contact, gaps = service.contact, np.full(len(ContactKind), USUAL_GAP)
    gaps[ContactKind.WARD], gaps[ContactKind.FAMILY] = contact.ward_days, contact.family_days
    gaps[ContactKind.LIAISON] = contact.liaison_days
    if service.family_work.consultation != "ongoing":
        gaps[ContactKind.FAMILY] = NEVER
    paced = [ContactKind.WARD, ContactKind.JOINT, ContactKind.ACCOMPANY, *COLLATERAL]
    gaps[paced] /= np.maximum(planned[paced], 1e-3)
    return gaps


def _contact_plan(
    contact: ContactPlan, *, minutes_of: Floats, gap_days: Floats, in_vivo: float, calls: float
) -> Records:
    found = np.zeros(1, CONTACT_PLAN)
    (row,) = found
    row["minutes_of"], row["gap_days"], row["place"] = minutes_of, gap_days, _PLACE
    row["in_vivo"], row["calls"] = in_vivo, calls
    for name in _STATED:
        row[name] = getattr(contact, name)
    return found
