"""Medication as a client takes it: stopped, encouraged, brought up as a depot, fetched from the pharmacy."""

from cmsim.core import random_streams
from cmsim.core.sampling import exponential
from cmsim.core.simtime import DAY
from cmsim.model.agents.alliance_rupture import on_coercion
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.schema.codes import ClientStatus, CoerciveAct, Domain
from cmsim.schema.tables import DepotRow, PrescriptionRow
from cmsim.submodels import family_climate, medication

ENCOURAGED = random_streams.purpose(
    "medication.encouraged", "when the family sees to it that somebody who stopped medication takes it again"
)
FILLS = random_streams.purpose("medication.fills", "whether a prescription is taken to the pharmacy and paid for")


def stop_medication(c: Context, client: ClientRole) -> None:
    """Let a client stop medication who decides so; the family comes to see it, if it is in touch and knows."""
    if client.status == ClientStatus.LEFT or not client.decide_to_stop_medication():
        return
    cells, row = c.people.cells, client.row
    cells.stopped[row] = 1.0
    cells.refusals[row] += 1
    cells.adherence_target[row] = 0.0
    if client.family is None:
        return
    hazard = family_climate.resumes_hazard(
        c.world.family, cells.family_contact[row], cells.warmth[row], cells.family_knowledge[row]
    )
    if hazard > 0.0:
        refusals = int(cells.refusals[row])
        days = exponential(c.streams.uniform(ENCOURAGED, client.address, refusals), 1.0 / hazard)
        c.env.call_in(int(days * DAY) + 1, _on_encouragement, client, refusals)


def _on_encouragement(client: ClientRole, refusals: int) -> None:
    """Let the family encourage a client, if there still is one."""
    if client.status != ClientStatus.LEFT and client.family is not None:
        client.family.decide_to_encourage(refusals)


def resume_medication(c: Context, row: int) -> None:
    """Let a client take medication again."""
    cells = c.people.cells
    cells.stopped[row] = 0.0
    cells.adherence_target[row] = cells.willing[row]


def fill_prescription(c: Context, client: ClientRole) -> None:
    """Let a client take a prescription to the pharmacy: it is filled, or means and way are lacking."""
    cells, row, m = c.people.cells, client.row, c.world.medication
    lacks = cells.domain_unmet
    unmet = (lacks[row, Domain.INCOME] + lacks[row, Domain.TREATMENT] + lacks[row, Domain.TRANSPORT]) / 3.0
    chance = medication.fill_chance(m, cells.capability_mean[row], unmet, cells.willing[row])
    filled = c.streams.uniform(FILLS, client.address, c.today) < chance
    if filled:
        cells.supply[row] = m.supply_days
    c.ledger.write(PrescriptionRow)(minute=c.env.now, client=row, filled=filled)


def offer_depot(c: Context, client: ClientRole, insisted: bool) -> None:
    """Bring a depot up with a client; insistence is felt as coercion whether or not one gives way."""
    people, row = c.people, client.row
    people.offered_depot[row] = c.today
    accepted, refusals = client.decide_on_depot(insisted), int(people.refusals[row])
    c.ledger.write(DepotRow)(minute=c.env.now, client=row, refusals=refusals, insisted=insisted, accepted=accepted)
    if insisted:
        on_coercion(c, client, CoerciveAct.INSISTED, c.world.relationship.insisted_loss)
    if accepted:
        people.depot[row] = 1.0
        people.supply[row] = max(people.supply[row], c.world.medication.discharge_days)
        resume_medication(c, row)
        client.ask_psychiatrist()
