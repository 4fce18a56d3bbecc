"""What follows from where people live, how they are and who helps: need, support, excess, strain, misfit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cmsim.record import FACTORS
from cmsim.rules import belief, crisis, growth, illness, placement, stress, support
from cmsim.rules import family as families

if TYPE_CHECKING:
    from cmsim.community import Community

_FOLLOW_FROM = (
    "has_family warmth informal neighbours expressed tension respite tolerance frailty substance unwell "
    "convalescence lower_limit dependence used_to wish"
)
_GIVE = (
    "family_contact home_support worker_support excess unmet stimulation_load crisis_ratio onset_log "
    "place_misfit"
)
_LEAST_LEVEL = 1e-9


def refresh_needs(c: Community, rows: Any) -> None:
    """Work out what follows from setting, phase and who helps, for some clients.

    What is read every day but changes only with these stands in columns of its own: the sum of the slow logs
    of the onset hazard, and the level to which stress is pulled.
    """
    people, w, s, p = c.people, c.world, c.world.support, c.world.placement
    (has_family, warmth, friends, neighbours, expressed, tension, respite, tolerance, frailty, substance,
     unwell, recovering, lower, dependence, used_to, wish) = (
        people.together(_FOLLOW_FROM)[:, rows]
    )  # fmt: skip
    setting = people.setting[rows]
    outside, family_home, given, stimulation, structure = c.setting_facts.take(setting, axis=1)
    able = support.ability(s, people.capability[rows], c.able_in_phase[people.phase[rows]], recovering)
    demand = c.demand[setting] + people.extra_demand[rows]
    need = demand - able
    np.maximum(need, 0.0, out=need)
    contact = families.contact_share(w.family, family_home, has_family, respite) * outside
    contact *= 1.0 - people.away[rows]
    informal = s.informal_level * friends * outside
    kin = s.family_level * warmth * contact
    around = kin + informal
    home_support = np.minimum(around / max(s.family_level, _LEAST_LEVEL), 1.0)
    minutes = people.support_minutes[rows]
    worker = support.worker_support(s, minutes)
    # the worker's help goes where the worker believes that most is lacking
    fixed = people.links[rows] @ c.link_support
    fixed += given[:, None]
    aim = support.aims(s, belief.believed_need(demand, people.believed[rows]) - fixed)
    help_given = aim * worker[:, None]
    lacking = need - fixed
    lacking -= help_given
    lacking -= kin[:, None]
    lacking -= informal[:, None] * c.informal_domains
    people.domain_need[rows], people.domain_support[rows] = need, need - lacking
    # what family, friends and agencies give is not taken for granted in the way that paid support is
    help_given += given[:, None]
    excess = np.maximum(np.minimum(help_given, -lacking), 0.0) @ c.over_domains
    np.maximum(lacking, 0.0, out=lacking)
    unmet = lacking @ c.over_domains
    felt = stimulation + p.company * friends * outside + p.visits * minutes / 60.0
    upper = placement.upper_limit(p, tolerance, np.maximum(unwell, recovering))
    overload = support.overload(felt, upper)
    wanted = placement.structure_wanted(p, able @ c.over_domains, wish)
    strain = p.alone_stress * np.maximum(lower - felt, 0.0)
    strain += growth.withdrawal(w.growth, dependence, used_to, worker)
    strain += w.hassles.fester * people.festering[rows]
    slow = illness.slow_logs(
        w.illness,
        np.zeros((len(FACTORS), len(setting))),
        frailty=frailty,
        criticism=expressed * contact,
        unmet=unmet,
        overload=overload,
        substance=substance,
        admissions=people.admissions[rows],
    )
    people.domain_unmet[rows], people.able[rows], people.aim[rows] = lacking, able, aim
    people.need[rows] = need @ c.over_domains
    people.stress_pull[rows] = stress.pull(
        w.stress, unmet, (expressed + tension) * contact, neighbours, unwell, strain
    )
    people.together(_GIVE)[:, rows] = (
        contact,
        home_support,
        worker,
        excess,
        unmet,
        overload,
        crisis.support_ratio(w.crisis, home_support),
        slow.sum(axis=0),
        placement.misfit(p, felt, upper, lower, structure, wanted),
    )
