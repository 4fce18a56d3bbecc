"""The hospital: length of stay, pressure on beds, and what helps or hinders going home."""

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param
from cmsim.core.sampling import at_most, exp, logistic


class Hospital(Section):
    """Facts about the hospital and its other patients."""

    stay_mean: float = param(11.0, "days", 7.0, 40.0, "nis2011", note="mean stay (SD 14.8)", allowed=(0.5, 3650.0))
    stay_cv: float = param(1.36, "ratio", 0.8, 1.8, "nis2011", note="coefficient of variation of the stay")
    stay_person: float = param(0.5, "share", 0.2, 0.8)
    """of the variance of the stay (of its logarithm) that lies between people"""
    shortest: float = param(1.0, "days", 0.5, 3.0, note="no stay is shorter", allowed=(0.1, 30.0))
    severity_log: float = param(1.2, "log ratio", 0.0, 2.5)
    """longer stay per unit of severity: who is brought before the worst is home sooner"""
    usual_severity: float = param(0.62, "0 to 1", 0.5, 0.8, note="of those admitted, at which the stay is as drawn")
    delay_log: float = param(0.3, "log ratio", 0.0, 0.8)
    """longer stay after 30 days of illness with nobody doing anything about it"""
    usual_delay: float = param(12.0, "days", 5.0, 30.0, allowed=(0.0, 60.0))
    """ill before admission, at which the stay is as drawn"""
    ward_visit_gain: float = param(0.12, "share", 0.0, 0.2, "kanter1989", status="assumption")
    """faster recovery to discharge for each visit of the case manager, who brings history and plans aftercare"""
    ward_visit_cap: float = param(3.0, "contacts", 1.0, 6.0, note="visits beyond this add nothing")
    homeless_slow: float = param(0.20, "share", 0.0, 0.5, note="slower discharge for those with no home to go to")
    pressure_from: float = param(0.92, "share", 0.85, 0.98, note="occupancy from which discharge is hastened")
    pressure_gain: float = param(0.35, "share", 0.0, 0.8, note="faster discharge with a full hospital and a queue")
    hastened_recency: float = param(1.35, "ratio", 1.0, 2.0, allowed=(1.0, 10.0))
    """recency of a discharge hastened by bed pressure, against one with treatment complete"""
    informs: float = param(0.50, "probability", 0.3, 0.9, "olfson1998")
    """the hospital tells the case manager of an admission; 51% had contact before discharge"""
    books: float = param(0.55, "probability", 0.3, 0.85, "smith2020", status="derived")
    """an appointment is booked before discharge without a case manager's part (77% of those in one study)"""
    books_joint: float = param(0.85, "probability", 0.6, 1.0, "haselden2019", status="derived")
    """the same when the case manager joined discharge planning"""
    outside_occupancy: float = param(0.85, "share", 0.6, 0.95)
    """of beds that other people's demand would fill alone; with clients 85-95%"""
    bed_patience_hours: float = param(20.0, "hours", 6.0, 72.0, allowed=(0.1, 720.0))
    """wait in the emergency department after which another way is found"""
    withdraws: float = param(
        -0.7, "log odds", -2.0, 1.2, "boyer2000", fitted_to="discharge, target met_30", allowed=(-10.0, 10.0)
    )
    """that a person of engagement 0.5, neither visited nor booked, cannot be reached after a discharge; 22-90% fail to
    link by sample"""
    withdraws_engagement: float = param(3.0, "log odds", 1.0, 5.0, note="less per unit of engagement")
    withdraws_visited: float = param(0.9, "log odds", 0.2, 1.6, "olfson1998", status="derived")
    """less when the case manager came to the ward; more completed the referral"""
    withdraws_booked: float = param(0.7, "log odds", 0.2, 1.2, "smith2020", status="derived")
    """less with an appointment, OR 1.65-1.69 on being met, which other contacts dilute"""
    withdraws_coerced: float = param(3.0, "log odds", 0.0, 6.0, note="more per unit of resentment")
    withdrawn_days: float = param(60.0, "days", 20.0, 120.0, allowed=(1.0, 1000.0))
    """mean time for which they cannot be reached"""
    withdrawn_share: float = param(0.06, "share", 0.01, 0.2)
    """of the usual chance to keep a contact that is left meanwhile"""


MONTH, LONGEST_DELAY = 30.0, 60.0
"""Days for which ``delay_log`` is stated; and beyond which more delay makes no longer stay."""


def stay_deviate(p: Hospital, person: float, occasion: float) -> float:
    """Return the standard normal deviate of a stay from the person's own and the occasion's.

    >>> p = Hospital()
    >>> stay_deviate(p, 1.0, 0.0) > stay_deviate(p, 0.0, 0.0) == 0.0
    True
    """
    return float(p.stay_person**0.5 * person + (1.0 - p.stay_person) ** 0.5 * occasion)


def stay_needed(p: Hospital, drawn_days: float, severity: float, days_ill: float) -> float:
    """Return the days a stay takes without help or hindrance.

    Args:
        drawn_days: the person's own length, from a distribution of all stays.
        severity: of the illness or crisis on admission, 0 to 1.
        days_ill: in the acute phase before admission.

    >>> p = Hospital()
    >>> stay_needed(p, 11.0, p.usual_severity, p.usual_delay)
    11.0
    >>> stay_needed(p, 11.0, 0.5, 3.0) < 11.0 < stay_needed(p, 11.0, 0.8, 40.0)
    True
    """
    beyond = (min(days_ill, LONGEST_DELAY) - p.usual_delay) / MONTH
    return float(drawn_days * exp(p.severity_log * (severity - p.usual_severity) + p.delay_log * beyond))


def recovery_pace(p: Hospital, ward_visits: Number, homeless: Number, pressure: Number) -> Number:
    """Return days of progress to discharge made in a day: 1 as drawn, more with visits and under pressure.

    Args:
        ward_visits: visits of the case manager so far in this stay.
        homeless: 1 where there is no home to go to.
        pressure: 0 to 1, how full the hospital is beyond the point where discharge is hastened.

    >>> p = Hospital()
    >>> float(recovery_pace(p, 2, 0, 0.0)) > float(recovery_pace(p, 0, 1, 0.0))
    True
    """
    helped = 1.0 + p.ward_visit_gain * at_most(p.ward_visit_cap, ward_visits)
    return helped * (1.0 - p.homeless_slow * homeless) * (1.0 + p.pressure_gain * pressure)


def pressure(p: Hospital, occupied: float, beds: float) -> float:
    """Return how hard beds are pressed: 0 up to ``pressure_from``, 1 when full.

    >>> pressure(Hospital(), 40, 40), pressure(Hospital(), 20, 40)
    (1.0, 0.0)
    """
    if beds <= 0:
        return 0.0
    beyond = occupied / beds - p.pressure_from
    if beyond <= 0.0:
        return 0.0
    return min(beyond / max(1.0 - p.pressure_from, 1e-9), 1.0)


def withdraws_chance(p: Hospital, engagement: float, visited: bool, booked: bool, coerced: float) -> float:
    """Return the chance that a person cannot be reached in the weeks after a discharge.

    Who stays away once stays away again: trying more often helps little, being known on the ward does.

    >>> p = Hospital()
    >>> withdraws_chance(p, 0.5, True, True, 0.0) < withdraws_chance(p, 0.5, False, False, 0.0)
    True
    """
    odds = p.withdraws - p.withdraws_engagement * (engagement - 0.5) - p.withdraws_visited * visited
    return float(logistic(odds - p.withdraws_booked * booked + p.withdraws_coerced * coerced))
