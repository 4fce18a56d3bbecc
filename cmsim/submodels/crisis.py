"""Crisis: how often, how severe, who settles it, and when it leads to hospital."""

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param
from cmsim.core.sampling import exp, logistic, logit
from cmsim.core.simtime import YEAR_DAYS


class Crisis(Section):
    """Severity 0: a passing upset; 1: immediate danger to life."""

    acute_rate: float = param(0.02, "per day", 0.008, 0.2)
    """hazard of a crisis in the acute phase at mean support; contacts with crisis workers 0.3-2 a client-year are a gap
    in the literature. Most acute phases pass without one (``submodels.acute_care``)"""
    stressor_rate: float = param(0.12, "per year", 0.02, 0.3)
    """hazard of a crisis out of the acute phase at stress 0"""
    stressor_log: float = param(3.5, "log ratio", 1.5, 5.0, note="stress 1 against 0")
    support_log: float = param(1.0, "log ratio", 0.2, 2.0)
    """protection by the mean support of family and friends, 1 against 0"""
    acute_severity: float = param(0.60, "0 to 1", 0.4, 0.8, note="mean severity in the acute phase")
    stressor_severity: float = param(0.22, "0 to 1", 0.1, 0.4, note="mean severity out of it")
    severity_sd: float = param(0.9, "SD of log odds", 0.5, 1.5, note="spread of severity")
    admit_midpoint: float = param(
        0.95, "0 to 1", 0.5, 1.0, "leucht2012", fitted_to="antipsychotic, target readmitted_off"
    )
    """severity at which admission is as likely as not with an unknown responder; with ``acute_care`` it sets admission
    given relapse, 0.30-0.41"""
    admit_slope: float = param(7.0, "log odds", 3.0, 12.0, note="per unit of severity")
    known_log: float = param(1.0, "log odds", 0.3, 2.0, "johnson2005", status="derived")
    """loss per unit of the responder's knowledge of the client; a crisis team reached OR 0.19 on admission"""
    skill_log: float = param(0.6, "log odds", 0.0, 1.5, note="loss per unit of the responder's skill, around 0.5")
    home_log: float = param(0.8, "log odds", 0.2, 1.6, note="loss per unit of support of family and friends")
    homeless_log: float = param(0.6, "log odds", 0.0, 1.2, note="gain when there is no home to send a person to")
    recency_log: float = param(2.4, "log odds", 0.0, 3.0, "leucht2012", status="assumption")
    """gain on the day of a discharge; admission given relapse is higher soon after one"""
    recency_lasts: float = param(90.0, "days", 45.0, 180.0, "hcup2012", status="assumption", allowed=(1.0, 3650.0))
    """time constant of that gain, where it is longer than that of the hazard of falling ill again"""
    emergency_log: float = param(0.9, "log odds", 0.3, 1.8, note="gain when the emergency department decides")
    service_knowledge: float = param(0.15, "0 to 1", 0.0, 0.3, note="what a crisis service can look up about a client")
    service_skill: float = param(0.65, "0 to 1", 0.4, 0.9, note="skill of crisis-service staff")
    minutes: float = param(80.0, "minutes", 45.0, 150.0, note="mean length of a crisis contact", allowed=(5.0, 720.0))
    patience_hours: float = param(3.0, "hours", 1.0, 8.0, allowed=(0.1, 48.0))
    """mean time a client or family waits for the own worker"""
    hold_out_hours: float = param(24.0, "hours", 8.0, 48.0, allowed=(0.1, 240.0))
    """mean time for which a person in a passing upset (severity 0) can wait until the own worker is on duty again; at
    severity 1 nobody can"""
    calls_own_worker: float = param(0.8, "log odds", 0.0, 2.0, allowed=(-5.0, 5.0))
    """to turn to the own worker first, at alliance 0.5"""
    calls_alliance: float = param(3.0, "log odds", 1.0, 5.0, note="alliance 1 against 0")
    relief: float = param(0.5, "share", 0.2, 0.8, note="of stress that a settled crisis takes away")
    settled_days: float = param(6.0, "days", 2.0, 14.0, allowed=(0.1, 90.0))
    """during which the crisis hazard stays low after it is settled"""
    team_knows: float = param(0.5, "share", 0.2, 0.8)
    """of the own worker's knowledge that a colleague of the team has"""
    danger_midpoint: float = param(0.5, "0 to 1", 0.35, 0.7)
    """severity at which a refusal is overruled as often as not"""
    danger_slope: float = param(12.0, "log odds", 5.0, 20.0, note="per unit of severity")
    harm: float = param(0.3, "probability", 0.05, 0.6, note="of coming to harm in an unsettled crisis of severity 1")
    harm_power: float = param(3.0, "exponent", 2.0, 5.0, note="on severity, for lesser danger")
    harm_settled: float = param(0.35, "ratio", 0.1, 0.7, note="of that chance left once it is settled")
    risky_severity: float = param(0.78, "0 to 1", 0.6, 0.95)
    """severity of a crisis from which visits count as risky for a while"""
    risky_days: float = param(60.0, "days", 21.0, 180.0, note="that while", allowed=(0.0, 3650.0))
    committed_midpoint: float = param(0.95, "0 to 1", 0.7, 1.0, "salize2004", status="derived")
    """severity at which half of those admitted are committed; sets the involuntary share, 3-30%"""
    committed_slope: float = param(8.0, "log odds", 3.0, 14.0, note="per unit of severity")
    committed_insight: float = param(1.5, "log odds", 0.5, 2.5, "walker2019", status="derived")
    """loss per unit of insight, around 0.5"""
    committed_alliance: float = param(1.0, "log odds", 0.2, 2.0)
    """loss per unit of alliance when the own worker answers"""


def support_ratio(p: Crisis, home_support: Number) -> Number:
    """Return the ratio of the crisis hazard by the support of family and friends, 0 to 1.

    >>> float(support_ratio(Crisis(), 0.0)) == 1.0 > float(support_ratio(Crisis(), 0.8))
    True
    """
    return exp(-p.support_log * home_support)


def crisis_hazard(p: Crisis, acute: Number, stress: Number, support_ratio: Number, settled: Number) -> Number:
    """Return the daily hazard of a crisis.

    Args:
        acute: 1 in the acute phase, else 0.
        stress: 0 to 1.
        support_ratio: from :func:`support_ratio`.
        settled: 0 to 1, 1 just after a crisis was settled.

    >>> p = Crisis()
    >>> float(crisis_hazard(p, 1, 0.3, 1.0, 0.0)) > float(crisis_hazard(p, 0, 0.3, 1.0, 0.0))
    True
    """
    stressor = p.stressor_rate / YEAR_DAYS * exp(p.stressor_log * stress)
    return (p.acute_rate * acute + stressor) * support_ratio * (1.0 - settled)


def hold_out_chance(p: Crisis, severity: float, hours: float) -> float:
    """Return the chance that somebody in crisis can wait so long for the own worker; the graver, the less.

    >>> p = Crisis()
    >>> hold_out_chance(p, 0.2, 0.0), hold_out_chance(p, 1.0, 1.0)
    (1.0, 0.0)
    >>> hold_out_chance(p, 0.2, 12.0) > hold_out_chance(p, 0.7, 12.0) > hold_out_chance(p, 0.7, 60.0)
    True
    """
    return float(exp(-hours / max(p.hold_out_hours * (1.0 - severity), 1e-9)))


def severity(p: Crisis, acute: bool, deviate: float, worsened: float = 0.0) -> float:
    """Return the severity (0 to 1) of a crisis from a standard normal deviate, and the log odds by which the illness
    has worsened."""
    middle = p.acute_severity if acute else p.stressor_severity
    return float(logistic(logit(middle) + p.severity_sd * deviate + worsened))


def lasting_recency(recency: float, fades_days: float, lasts_days: float) -> float:
    """Return how recent a discharge is for admission, which depends on it for longer than falling ill does.

    Args:
        recency: 1 on the day of discharge, falling with ``fades_days``.
        fades_days: time constant of that.
        lasts_days: time constant for admission.

    >>> lasting_recency(0.25, 30.0, 60.0), lasting_recency(1.0, 30.0, 60.0)
    (0.5, 1.0)
    """
    return float(recency ** (fades_days / lasts_days))


def admission_chance(
    p: Crisis,
    severity: float,
    knowledge: float,
    skill: float,
    home_support: float,
    homeless: bool,
    emergency: bool,
    recency: float,
    threshold: float,
    tendency: float = 0.0,
) -> float:
    """Return the chance that the answer to a crisis is admission.

    ``threshold`` is the system's: 0 the usual, positive community-first, negative hospital-first; ``tendency`` the
    person's (log odds).

    >>> p = Crisis()
    >>> own = admission_chance(p, 0.6, 0.8, 0.7, 0.3, False, False, 0.0, 0.0)
    >>> stranger = admission_chance(p, 0.6, 0.1, 0.7, 0.3, False, True, 0.0, 0.0)
    >>> own < stranger
    True
    """
    odds = (
        p.admit_slope * (severity - p.admit_midpoint)
        - p.known_log * knowledge
        - p.skill_log * (skill - 0.5)
        - p.home_log * home_support
        + p.homeless_log * homeless
        + p.emergency_log * emergency
        + p.recency_log * recency
        - threshold
        + tendency
    )
    return float(logistic(odds))


def commitment_chance(
    p: Crisis, severity: float, insight: float, alliance: float, own_worker: bool, unwilling: float = 0.0
) -> float:
    """Return the chance that an admission is by commitment; ``unwilling`` by how many log odds more."""
    odds = p.committed_slope * (severity - p.committed_midpoint) - p.committed_insight * (insight - 0.5)
    return float(logistic(odds - p.committed_alliance * alliance * own_worker + unwilling))


def commits_chance(p: Crisis, severity: float, shift: float) -> float:
    """Return the chance that a refusal of admission is overruled; ``shift`` is the policy's, in log odds.

    >>> p = Crisis()
    >>> commits_chance(p, 0.9, 0.0) > commits_chance(p, 0.9, 2.0) > commits_chance(p, 0.4, 2.0)
    True
    """
    return float(logistic(p.danger_slope * (severity - p.danger_midpoint) - shift))


def harm_chance(p: Crisis, severity: float, settled: bool) -> float:
    """Return the chance of coming to harm in a crisis outside hospital.

    >>> p = Crisis()
    >>> harm_chance(p, 0.9, False) > harm_chance(p, 0.9, True) > harm_chance(p, 0.2, True)
    True
    """
    return float(p.harm * severity**p.harm_power * (p.harm_settled if settled else 1.0))
