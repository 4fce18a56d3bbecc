"""Seen while acutely ill: by oneself, the family, the case manager or the psychiatrist, and what follows."""

from cmsim.core import random_streams
from cmsim.core.sampling import exponential, normal
from cmsim.core.simtime import DAY
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole, Process
from cmsim.schema.codes import HOMELESS, AcuteAnswer, ClientStatus, Phase, Provider, SeenBy
from cmsim.schema.tables import AcuteCareRow
from cmsim.submodels import acute_care, crisis, untreated_illness

SEVERITY = random_streams.purpose("acute.severity", "how severe an acute episode is")
PERSON = random_streams.purpose("acute.person", "how severe a person's acute illness is by itself")
HELP = random_streams.purpose("acute.help", "when somebody at home does something about an acute episode, and who")
BRINGS = random_streams.purpose(
    "acute.brings", "whether whoever sees an acutely ill person brings the person to hospital"
)

TENDENCY = random_streams.purpose(
    "acute.tendency", "how far a person's illness, once acute, leads to hospital more or less than others'"
)

ARRIVED_BY = (Provider.EMERGENCY, Provider.EMERGENCY, Provider.CASE_MANAGER, Provider.PSYCHIATRIST, Provider.POLICE)
"""The code of ``schema.codes.Provider`` for who brought somebody, by who saw the illness."""


def severity_of(c: Context, client: ClientRole) -> float:
    """Return how severe the present episode is: the same whoever sees it."""
    episode, deviate = client.severity_drawn
    if episode != client.episode:
        occasion = float(normal(c.streams.uniform(SEVERITY, client.address, client.episode)))
        deviate = deviate_of(c, client, occasion)
        client.severity_drawn = client.episode, deviate
    return acute_care.episode_severity(c.world.acute_care, deviate, worsened(c, client))


def deviate_of(c: Context, client: ClientRole, occasion: float) -> float:
    """Return the deviate of a severity, of which a part is the person's own for life."""
    person = float(normal(c.streams.uniform(PERSON, client.address)))
    return acute_care.deviate(c.world.acute_care, person, occasion)


def worsened(c: Context, client: ClientRole) -> float:
    """Return by how many log odds the present illness is more severe, for lack of treatment."""
    return float(untreated_illness.worsening(c.world.untreated, c.people.cells.untreated[client.row]))


def tendency_of(c: Context, client: ClientRole) -> float:
    """Return the log odds by which the client's illness leads to hospital more than others', the same for life."""
    if not c.world.mechanisms.lasting_differences:
        return 0.0
    return c.world.acute_care.returns_sd * float(normal(c.streams.uniform(TENDENCY, client.address)))


def recency_of(c: Context, client: ClientRole) -> float:
    """Return how recent the last discharge is, as it bears on admission."""
    recency: float = c.people.cells.recency[client.row]
    if not c.world.mechanisms.recent_discharge_admits:
        return recency
    return crisis.lasting_recency(recency, c.world.illness.recency_days, c.world.crisis.recency_lasts)


def help_comes(c: Context, client: ClientRole) -> None:
    """Put on the clock when the client or the family does something about an acute episode, if ever."""
    cells, row = c.people.cells, client.row
    own, family = acute_care.help_rates(
        c.world.acute_care, client.insight, cells.family_contact[row], cells.family_knowledge[row]
    )
    if own + family <= 0.0:
        return
    occasion = 2 * client.episode
    days = exponential(c.streams.uniform(HELP, client.address, occasion), 1.0 / (own + family))
    minutes = int(days * DAY) + 1
    if c.env.now + minutes >= client.illness.acute_ends:
        return
    by_family = c.streams.uniform(HELP, client.address, occasion + 1) < family / (own + family)
    c.env.call_in(minutes, _at_home, client, client.episode, by_family)


def _at_home(client: ClientRole, episode: int, by_family: bool) -> None:
    if (
        client.phase != Phase.ACUTE
        or client.episode != episode
        or not client.present
        or client.status == ClientStatus.LEFT
    ):
        return
    if by_family:
        if client.family is not None:
            client.family.decide_on_illness()
    else:
        client.decide_whom_to_seek()


def would_bring(c: Context, client: ClientRole, means: float, alone: bool = False) -> bool:
    """Return whether whoever sees the person brings the person to hospital: one draw for the whole episode."""
    chance = acute_care.brings_chance(
        c.world.acute_care,
        c.world.crisis,
        severity_of(c, client),
        means,
        c.people.cells.home_support[client.row],
        client.setting in HOMELESS,
        recency_of(c, client),
        alone,
        tendency_of(c, client),
    )
    return c.streams.uniform(BRINGS, client.address, client.episode) < chance


def write_seen(c: Context, client: ClientRole, by: int, answer: int) -> None:
    """Write down that somebody saw the illness, and what was done."""
    c.ledger.write(AcuteCareRow)(
        minute=c.env.now,
        client=client.row,
        episode=client.episode,
        by=by,
        severity=severity_of(c, client),
        answer=answer,
    )


def go_to_hospital(c: Context, client: ClientRole, by: int) -> None:
    """Let a client go or be brought to hospital for a bed or an assessment."""
    c.env.process(_go(c, client, by))


def _go(c: Context, client: ClientRole, by: int) -> Process:
    if not client.present:  # a crisis, or somebody else, took the client there within the same minute
        return
    began = c.env.now
    severity, bed, answer, involuntary = severity_of(c, client), None, AcuteAnswer.NOT_ADMITTED, False
    if c.hospital.decide_to_admit_ill(client, severity, brought=by != SeenBy.CLIENT):
        if c.home_treatment.take_in(client, severity):
            answer = AcuteAnswer.HOME_TREATMENT
        else:
            occasion = -1 - client.episode  # no crisis has a number below 0
            unwilling = c.world.untreated.police_refuses if by == SeenBy.POLICE else 0.0
            involuntary = not client.decide_on_admission(severity, by == SeenBy.CASE_MANAGER, occasion, unwilling)
            if involuntary and not c.hospital.decide_to_commit(client, severity, occasion):
                answer = AcuteAnswer.REFUSED
            else:
                bed = yield from c.hospital.find_bed(client)
                answer = AcuteAnswer.ADMITTED if bed is not None else AcuteAnswer.NO_BED
    c.ledger.write(AcuteCareRow)(
        minute=c.env.now, client=client.row, episode=client.episode, by=by, severity=severity, answer=answer
    )

    if bed is not None:
        arrived = ARRIVED_BY[by]
        if by == SeenBy.FAMILY and c.world.mechanisms.untreated_worsens:
            arrived = Provider.FAMILY
        yield from c.hospital.stay(client, bed, arrived, involuntary, c.env.now - began, severity, brought=True)
    elif client.phase == Phase.ACUTE and by in (SeenBy.CASE_MANAGER, SeenBy.PSYCHIATRIST):
        client.illness.treat(by)
