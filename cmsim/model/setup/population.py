"""The synthetic population: people already in the middle of things, drawn from declared distributions.

Every trait is one number of the block ``setup.traits`` of the client's own address, turned into a value by
the inverse transform, so that one more client changes nobody else. Times that have been running are
length-biased: the part already past of an exponential dyad is exponential, a stay met in progress is drawn
from the length-biased distribution.
"""

import math
from collections.abc import Iterator

import numpy as np

from cmsim.core import random_streams
from cmsim.core.numeric import Floats
from cmsim.core.random_streams import Draws
from cmsim.core.sampling import beta_like, categorical, exponential, logistic, logit, lognormal, normal
from cmsim.core.simtime import YEAR_DAYS
from cmsim.model.state.columns import People
from cmsim.scenario.world import World
from cmsim.schema.codes import HOMELESS, ClientStatus, Phase, Setting
from cmsim.schema.state_variables import NEVER
from cmsim.submodels import comorbidity
from cmsim.submodels.therapeutic_relationship import alliance_ceiling, engagement_target, first_alliance

ARRIVALS = random_streams.purpose("referral.gap", "days between one referral and the next")
AGE = random_streams.purpose("setup.age", "how old a client is")
AROUND = random_streams.purpose("setup.around", "ambivalence about help, and what a client aims at in work")
INVOLVED = random_streams.purpose("setup.over-involvement", "how over-involved a family is by itself")
TRAITS = random_streams.purpose("setup.traits", "who a client is: traits and state at the start or on referral")
REFUSALS = random_streams.purpose("setup.refusals", "how often a client stopped medication before")
_WIDTH = 64


def arrival_days(world: World, streams: Draws, days: int) -> list[int]:
    """Return the day of each referral up to ``days``, a Poisson process whose rate grows by the year."""
    p = world.population
    rate = p.referrals * p.clients / YEAR_DAYS
    if rate == 0:
        return []
    growth = math.log1p(p.growth) / YEAR_DAYS
    found: list[int] = []
    spent = 0.0
    while True:
        spent += float(exponential(streams.uniform(ARRIVALS, len(found)), 1.0))
        # the day by which ``spent`` referrals are expected: rate * (exp(growth t) - 1) / growth = spent
        if growth == 0.0:
            day = spent / rate
        else:
            reach = 1.0 + spent * growth / rate
            if reach <= 0.0:
                return found
            day = math.log(reach) / growth
        if day >= days:
            return found
        found.append(int(day))


def synthesise(world: World, streams: Draws, days: int) -> People:
    """Return the clients' columns for a run of ``days``: those there at the start,
    then referrals in order."""
    p = world.population
    served = p.clients
    at_start = served + round(served * p.waiting_share)
    arrivals = arrival_days(world, streams, days)
    address = np.concatenate([2 * np.arange(at_start), 2 * np.arange(len(arrivals)) + 1]).astype(np.int64)
    people = People(len(address), address)
    people.known = at_start
    people.joined_day[at_start:] = arrivals
    if not len(address):
        return people
    u = iter(streams.setup(TRAITS, int(address.max()) + 1, _WIDTH)[address].T)
    _traits(world, streams, people, u, served)
    _illness(world, people, u, at_start, streams.setup(REFUSALS, int(address.max()) + 1)[address, 0])
    _life(world, streams, people, u)
    _relations(world, people, u, at_start)
    people.convalescence[:] = np.exp(-(people.joined_day - people.discharged) / world.support.residual_days) * (
        people.phase == Phase.STABLE
    )
    people.status[:at_start] = ClientStatus.OPEN
    people.status[served:at_start] = ClientStatus.WAITING
    return people


def _level(u: Floats, mean: float, spread: float) -> Floats:
    level: Floats = beta_like(u, mean, spread)
    return level


def _traits(world: World, streams: Draws, people: People, u: Iterator[Floats], served: int) -> None:
    p = world.population

    kinds = np.array([p.schizophrenia, p.bipolar, max(1.0 - p.schizophrenia - p.bipolar, 0.0)])
    people.diagnosis[:] = categorical(next(u), kinds)
    sd = world.illness.frailty_sd
    people.frailty[:] = normal(next(u), -sd * sd / 2.0, sd)
    people.insight[:] = _level(next(u), p.insight, p.spread)
    people.insight_own[:] = people.insight
    people.trauma[:] = next(u) < p.trauma
    people.substance[:] = next(u) < p.substance
    drift = p.age_drift * people.joined_day / YEAR_DAYS
    years = streams.setup(AGE, int(people.address.max()) + 1)[people.address, 0]
    people.age[:] = np.clip(normal(years, p.age, p.age_sd) + drift, 16.0, 95.0)
    people.physical[:] = next(u) < p.physical_illness * comorbidity.ratio(world.comorbidity, people.age)
    people.tolerance[:] = _level(next(u), p.tolerance, p.spread)
    people.disposition[:] = normal(next(u), 0.0, world.medication.disposition_sd)
    people.openness[:] = normal(next(u), 0.0, p.openness_sd)
    rest = max(1.0 - p.collaborative - p.distrustful - p.dependent, 0.0)
    people.template[:] = categorical(next(u), np.array([p.collaborative, p.distrustful, p.dependent, rest]))
    template = world.relationship.template
    levels = np.array([template.collaborative, template.distrustful, template.dependent, template.power_organised])
    people.template_level[:] = levels[people.template]
    people.distrust[:] = 1.0 - people.template_level
    people.distance[:] = lognormal(next(u), max(world.contact_time.travel, 1e-9), world.contact_time.travel_cv)
    own = normal(next(u), 0.0, p.capability_spread)
    for domain in range(people.capability.shape[1]):
        # half of the spread is common to all domains of a person
        part = 0.8 * own + 0.6 * normal(next(u), 0.0, p.capability_spread)
        people.capability[:, domain] = logistic(logit(p.capability) + part)
    gain = _level(next(u), min(2.0 * p.ceiling_gain, 0.95), p.spread)
    people.ceiling[:] = people.capability + (1.0 - people.capability) * gain[:, None]
    people.capability[:served] += p.learnt * (people.ceiling - people.capability)[:served]
    people.autonomy[:] = people.capability.mean(axis=1)
    people.capability_mean[:] = people.autonomy


def _illness(world: World, people: People, u: Iterator[Floats], at_start: int, earlier: Floats) -> None:
    p, m = world.population, world.medication

    phase = next(u)
    well = 1.0 - p.prodromal - p.acute - p.inpatient
    shares = np.array([well, p.prodromal, p.acute, p.inpatient])
    people.phase[:at_start] = categorical(phase, shares)[:at_start]
    q = p.earlier_admissions / (1.0 + p.earlier_admissions)
    people.admissions[:] = np.floor(np.log(1.0 - next(u)) / math.log(q)) if q > 0 else 0
    since = exponential(next(u), p.last_discharge_years * YEAR_DAYS)
    people.discharged[:] = np.where(people.admissions > 0, people.joined_day - since.astype(np.int64), -NEVER)
    people.last_episode_end[:] = people.discharged
    people.recency[:] = np.exp(-(people.joined_day - people.discharged) / world.illness.recency_days)
    people.depot[:] = next(u) < m.depot_share
    people.adherence[:] = logistic(m.log_odds + people.disposition)
    people.stopped[:] = next(u) < 0.5 * (1.0 - people.adherence)
    stops = exponential(earlier, m.stops_before * (1.0 - people.adherence))
    people.refusals[:] = people.stopped + np.floor(stops)
    people.adherence[:] *= 1.0 - people.stopped
    people.supply[:] = next(u) * m.supply_days
    people.fit[:] = _level(next(u), m.fit_start, p.spread)
    people.side_effects[:] = _level(next(u), 1.0 - m.fit_start, p.spread)
    people.side_effects_own[:] = people.side_effects
    people.stress[:] = _level(next(u), 0.25, p.spread)
    ill = np.isin(people.phase, (Phase.PRODROMAL, Phase.ACUTE, Phase.INPATIENT))
    people.episode[ill] = 1


def _life(world: World, streams: Draws, people: People, u: Iterator[Floats]) -> None:
    p = world.population

    people.has_family[:] = next(u) < p.with_family
    people.warmth[:] = _level(next(u), p.warmth, p.spread)
    high = next(u) < p.high_criticism
    people.criticism_disposition[:] = np.where(
        high, _level(next(u), p.critical, p.spread), _level(next(u), p.uncritical, p.spread)
    )
    people.burden[:] = _level(next(u), p.burden, p.spread) * people.has_family
    people.criticism[:] = people.criticism_disposition * people.has_family
    people.family_knowledge[:] = _level(next(u), 0.4, p.spread) * people.has_family
    involved = streams.setup(INVOLVED, int(people.address.max()) + 1)[people.address, 0]
    people.involvement_disposition[:] = _level(involved, world.family.involvement, p.spread) * people.has_family
    people.involvement[:] = people.involvement_disposition
    own = streams.setup(AROUND, int(people.address.max()) + 1, 2)[people.address]
    people.ambivalence[:] = _level(own[:, 0], world.referral.usual_ambivalence, p.spread)
    none = max(1.0 - world.work.aims_paid - world.work.aims_sheltered, 0.0)
    # who can do more aims higher, for the most part
    aims = np.clip(own[:, 1] + people.ceiling.mean(axis=1) - world.population.capability, 0.0, 1.0)
    people.work_goal[:] = categorical(aims, np.array([none, world.work.aims_sheltered, world.work.aims_paid]))
    home = next(u)
    with_family = p.family_home / max(p.with_family, 1e-9)
    flat = max(1.0 - p.family_home - p.group_home - p.supervised_flat - p.shelter - p.street, 0.0)
    for has, share in ((1.0, min(with_family, 1.0)), (0.0, 0.0)):
        rest = (1.0 - share) / max(1.0 - p.family_home, 1e-9)
        shares = np.zeros(6)
        shares[Setting.FAMILY_HOME] = share
        for setting, part in (
            (Setting.STREET, p.street),
            (Setting.SHELTER, p.shelter),
            (Setting.GROUP_HOME, p.group_home),
            (Setting.SUPERVISED, p.supervised_flat),
            (Setting.OWN_FLAT, flat),
        ):
            shares[setting] = part * rest
        rows = people.has_family == has
        people.home[rows] = categorical(home[rows], shares)
    people.setting[:] = people.home
    homeless = np.isin(people.home, HOMELESS)
    people.years_homeless[:] = np.where(homeless, exponential(next(u), 2.0), exponential(next(u), 0.3))


def _relations(world: World, people: People, u: Iterator[Floats], at_start: int) -> None:
    p, r = world.population, world.relationship

    elapsed = exponential(next(u), p.tenure_years * YEAR_DAYS)
    dyad = normal(next(u), 0.0, r.dyad_sd)
    people.dyad[:] = dyad
    people.alliance_ceiling[:] = alliance_ceiling(r, people.template_level, dyad, 0.5)
    reached = -np.expm1(-elapsed / p.alliance_days)
    people.alliance[:] = r.first + (people.alliance_ceiling - r.first) * reached
    people.knowledge[:] = -np.expm1(-elapsed / p.knowledge_days)
    people.worker_since[:] = -elapsed.astype(np.int64)
    people.engagement[:] = engagement_target(r, people.openness, people.alliance, people.insight, people.substance, 0.0)
    next(u)  # a number that nothing is made of any more: the others stay as they are
    people.last_seen[:] = -(next(u) * 28.0).astype(np.int64)
    people.last_any[:] = people.last_seen
    for name, cycle in (("next_visit", 21.0), ("next_call", 28.0), ("next_family", 75.0), ("next_liaison", 110.0)):
        getattr(people, name)[:] = (next(u) * cycle).astype(np.int64)
    arrived = np.arange(people.rows) >= at_start
    people.alliance[arrived] = r.first
    if world.mechanisms.alliance_rests_on_insight:
        people.alliance[arrived] = first_alliance(r, people.insight[arrived])
    people.knowledge[arrived] = 0.0
    people.last_seen[arrived] = -NEVER
    people.last_any[arrived] = -NEVER
    people.phase[arrived] = 0
