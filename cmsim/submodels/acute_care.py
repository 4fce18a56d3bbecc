"""Care for somebody acutely ill: who sees it, who is brought to hospital, and what treatment at home can do.

An acute phase makes itself known in two ways: by a crisis (``submodels.crisis``), or by somebody who meets the
person and sees how things are. Who is seen by nobody stays ill for longer, and nothing is done about it.
Whoever sees it can bring the person to hospital, treat at home, or wait. More contact therefore means more
admissions where nothing else can be offered, and fewer where there are means to treat people at home.
"""

from cmsim.core.parameters import Section, param
from cmsim.core.sampling import logistic, logit
from cmsim.submodels.crisis import Crisis


class AcuteCare(Section):
    """Severity of an episode 0: hardly ill; 1: as ill as a person can be."""

    severity: float = param(0.5, "0 to 1", 0.35, 0.65, note="mean severity of acute episodes")
    severity_sd: float = param(0.9, "SD of log odds", 0.5, 1.5, note="spread of severity")
    severity_person: float = param(0.5, "share", 0.2, 0.8, "mortensen1994", status="assumption")
    """of that variance that lies between people: some come back to hospital again and again, others are ill at home;
    risk rises with the number of earlier admissions"""
    own_rate: float = param(0.01, "per day", 0.003, 0.06)
    """hazard that a person with full insight seeks help for an acute illness"""
    family_rate: float = param(0.10, "per day", 0.03, 0.3)
    """hazard that a family in full contact, knowing the illness, does something about it"""
    brings_midpoint: float = param(0.36, "0 to 1", 0.25, 0.6)
    """severity at which a worker who cannot treat at home brings a person to hospital as often as not"""
    brings_slope: float = param(7.0, "log odds", 3.0, 12.0, note="per unit of severity")
    family_reluctance: float = param(1.5, "log odds", 0.0, 3.0)
    """less where a family would have to go alone, without anybody who knows the way"""
    means_log: float = param(2.0, "log odds", 0.5, 4.0, note="less with all the means to treat a person at home")
    brought_log: float = param(
        3.25, "log odds", 1.0, 5.0, "marshall1998", fitted_to="brokerage, target broker_admitted"
    )
    """gain on admission when somebody who knows the person asks for it, against coming alone; sets how much contact
    raises admissions, which brokerage about doubled"""
    full_visits: float = param(20.0, "visits per 28 days", 12.0, 28.0, allowed=(1.0, 280.0))
    """with which a service can treat at home whoever would be treated in hospital"""
    treated: float = param(0.6, "share", 0.3, 0.8)
    """of what is left of an acute phase that full treatment at home takes away"""
    review: float = param(0.6, "share", 0.3, 0.9)
    """of full treatment that a psychiatrist's review in an acute phase is worth"""
    review_days: float = param(14.0, "days", 5.0, 28.0, note="from that review to the next", allowed=(1.0, 365.0))
    steadied: float = param(0.9, "0 to 1", 0.5, 1.0)
    """to which a visit with all the means to treat at home lowers the hazard of a crisis, 1 being as low as after a
    crisis that was settled"""
    returns_sd: float = param(0.8, "SD of log odds", 0.3, 1.5, "mortensen1994", status="assumption")
    """between people, of their illness leading to hospital once they are ill: risk rises with the number of earlier
    admissions"""
    bring_minutes: float = param(120.0, "minutes", 60.0, 240.0, allowed=(0.0, 480.0))
    """a worker's, for bringing somebody to hospital"""


class HomeTreatment(Section):
    """Treatment at home by the crisis service for some weeks, in place of a hospital bed."""

    accepts: float = param(0.85, "probability", 0.5, 0.95)
    """a person of insight 0.5 agrees, who would have been admitted"""
    accepts_insight: float = param(0.3, "probability", 0.0, 0.6, note="more per unit of insight")
    most_severity: float = param(0.85, "0 to 1", 0.6, 1.0, note="above which a person cannot be kept safe at home")
    mean_days: float = param(24.0, "days", 10.0, 42.0, note="mean length of a treatment", allowed=(1.0, 365.0))
    minutes: float = param(45.0, "minutes", 20.0, 90.0, note="of a daily visit", allowed=(5.0, 480.0))


def episode_severity(p: AcuteCare, deviate: float, worsened: float = 0.0) -> float:
    """Return the severity (0 to 1) of an acute episode from a standard normal deviate, and the log odds by which it
    has worsened."""
    return float(logistic(logit(p.severity) + p.severity_sd * deviate + worsened))


def deviate(p: AcuteCare, person: float, occasion: float) -> float:
    """Return the standard normal deviate of a severity from the person's own and the occasion's.

    >>> p = AcuteCare()
    >>> deviate(p, 1.0, 0.0) > deviate(p, 0.0, 0.0) == 0.0
    True
    """
    return float(p.severity_person**0.5 * person + (1.0 - p.severity_person) ** 0.5 * occasion)


def help_rates(p: AcuteCare, insight: float, family_contact: float, family_knowledge: float) -> tuple[float, float]:
    """Return the daily hazards that the client, and that the family, does something about an acute illness.

    >>> p = AcuteCare()
    >>> own, family = help_rates(p, 0.5, 0.8, 0.5)
    >>> own < help_rates(p, 0.9, 0.8, 0.5)[0] and family > help_rates(p, 0.5, 0.1, 0.5)[1]
    True
    """
    return p.own_rate * insight, p.family_rate * family_contact * family_knowledge


def brings_chance(
    p: AcuteCare,
    crisis: Crisis,
    severity: float,
    means: float,
    home_support: float,
    homeless: bool,
    recency: float,
    alone: bool = False,
    tendency: float = 0.0,
) -> float:
    """Return the chance that whoever sees an acutely ill person brings the person to hospital.

    Args:
        crisis: those of crises: what a home, support and a recent discharge mean for admission.
        severity: of the episode, 0 to 1.
        means: to treat at home, 0 to 1, from ``home_care.means``.
        home_support: of family and friends, 0 to 1.
        homeless: whether there is no home to stay in.
        recency: 1 on the day of a discharge, falling.
        alone: whether a family has to do it alone.
        tendency: log odds by which the person's illness leads to hospital more than others'.

    >>> p, c = AcuteCare(), Crisis()
    >>> broker = brings_chance(p, c, 0.6, 0.0, 0.3, False, 0.0)
    >>> broker > brings_chance(p, c, 0.6, 0.8, 0.3, False, 0.0) and broker > brings_chance(
    ...     p, c, 0.6, 0.0, 0.3, False, 0.0, alone=True)
    True
    """
    odds = (
        p.brings_slope * (severity - p.brings_midpoint)
        - p.means_log * means
        - crisis.home_log * home_support
        + crisis.homeless_log * homeless
        + crisis.recency_log * recency
        - p.family_reluctance * alone
        + tendency
    )
    return float(logistic(odds))


def shortened(p: AcuteCare, days_left: float, worth: float) -> float:
    """Return what is left of an acute phase once it is treated.

    >>> shortened(AcuteCare(), 20.0, 0.0), shortened(AcuteCare(), 20.0, 1.0) < 20.0
    (20.0, True)
    """
    return days_left * (1.0 - p.treated * worth)


def accepts_home_treatment(p: HomeTreatment, insight: float) -> float:
    """Return the chance that a person who would be admitted agrees to treatment at home instead."""
    return min(max(p.accepts + p.accepts_insight * (insight - 0.5), 0.0), 1.0)
