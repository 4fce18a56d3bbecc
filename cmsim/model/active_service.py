"""What follows from the service in force, worked out once where a policy changes; who is paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cmsim.core.parameters import plain
from cmsim.core.simtime import HOUR
from cmsim.model.agents import Psychiatrist
from cmsim.model.agents.aide import Aide
from cmsim.model.state.columns import LEFT, NEVER
from cmsim.model.steps import contact_effects, contact_scheduling
from cmsim.policies.use_of_time import as_planned
from cmsim.schema.contact_codes import AGENCY, CALL, FAMILY, LIAISON, WARD
from cmsim.schema.tables import CONTACT_KINDS
from cmsim.submodels import acute_care
from cmsim.submodels.contact_time import notes_minutes

if TYPE_CHECKING:
    from cmsim.model.community import Community

WORKDAYS = 5.0
LONGEST_CONTACT = 24 * HOUR
USUAL_GAP = 28.0
"""Days between contacts of a kind for which nothing is laid down; visits are counted over as many."""
SATURDAY, NIGHT = 5, 3 * HOUR
"""A day and a minute at which only who is on call at all hours comes."""


def begin(c: Community) -> None:
    """Work out what follows from the service in force."""
    contact_effects.component_tables(c)
    components = c.service.practice.components
    c.collaborates = "physician and hospital" in components
    c.clout = float("advocacy" in components and c.service.advocacy.manner == "clout")
    """1 where the service speaks for clients by clout, if it speaks for them at all."""
    contact, times = c.service.contact, c.spec.world.contact_time
    gaps = np.full(len(CONTACT_KINDS), USUAL_GAP)
    gaps[WARD], gaps[FAMILY], gaps[LIAISON] = contact.ward_days, contact.family_days, contact.liaison_days
    if c.service.family_work.consultation != "ongoing":
        gaps[FAMILY] = NEVER
    payer = c.service.payer
    c.billable, planned = np.append(payer.billable(), (0.0, 0.0)), payer.planned()
    gaps[WARD : AGENCY + 1] /= np.maximum(planned[WARD : AGENCY + 1], 1e-3)
    c.calls, c.in_vivo = contact.calls * planned[CALL], contact.in_vivo * payer.away()
    c.gap_days = gaps
    c.minutes_of = times.means()
    c.laid_down = contact_scheduling.lay_down(c)
    c.visits_as_planned = as_planned(c.service.slack, c.service.shortage)
    c.notes = notes_minutes(times, np.arange(LONGEST_CONTACT)).tolist()
    c.no_show_wait = int(times.no_show_wait)
    c.home_means = acute_care.home_means(
        c.world.acute_care,
        "crisis intervention" in c.service.practice.components,
        contact.most_visits,
        c.service.crisis.on_call.covers(SATURDAY, NIGHT),
    )
    """How far case managers can treat at home whoever would be treated in hospital, 0 to 1."""
    c.staff = staff = plain(c.service.staff)
    c.supervision_hours = min(c.service.turnover.supervision_hours, staff.supervisor_hours / staff.supervisor_span)
    c.team_minutes = int(staff.team_minutes + c.service.caseload.sharing.team_minutes)
    at_desk = c.team_minutes + c.supervision_hours * HOUR / WORKDAYS
    c.minutes_for_clients = max(staff.hours * HOUR - at_desk, 1.0)


def set_aides(c: Community, count: int) -> None:
    """Have another number of aides from now on; who is no longer paid gets nothing handed over."""
    for number in range(len(c.aides), count):
        c.aides.append(Aide(c, number))
        c.ties.enter(c.aides[-1].key, "case aide")
    for aide in c.aides:
        aide.at_work = aide.number < count


def set_psychiatrists(c: Community, count: int) -> None:
    """Have another number of psychiatrists from now on; clients are shared out anew, with bookings."""
    held = c.psychiatrists
    if count == sum(doctor.at_work for doctor in held):
        return
    for number in range(len(held), count):
        held.append(Psychiatrist(c, number))
        c.ties.enter(held[-1].key, "psychiatrist")
    for doctor in held:
        doctor.at_work = doctor.number < count
    for client in c.clients:
        if client.status == LEFT:
            continue
        before = int(c.people.psychiatrist[client.row])
        after = client.address // 2 % count if count else -1
        if before == after:
            continue
        c.people.psychiatrist[client.row] = after
        if before >= 0:
            c.ties.part(client.key, held[before].key)
        if after >= 0:
            c.ties.join(client.key, held[after].key, "psychiatrist", c.today)
            if before >= 0:
                held[before].hands_over(client.row, held[after])
            else:
                held[after].is_asked(client, urgent=False, reported=False)
