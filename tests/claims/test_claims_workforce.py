"""Claims about those who do the work: training, supervision, exhaustion, leaving, teams."""

from __future__ import annotations

import numpy as np
import pytest

from cmsim import load_scenario, simulate
from cmsim.model.community import Community
from cmsim.policies.caseload import SharedByTeam
from cmsim.scenario.world import Competence
from cmsim.schema.codes import HelpLevel, LinkStep
from cmsim.submodels.handover import alliance_passed
from cmsim.submodels.job_strain import relief
from cmsim.submodels.labour_market import Workforce, leave_hazard, skill_next
from cmsim.submodels.skill_effect import ability
from cmsim.validation.claims import Contrast, Measure, claim, scaled

pytestmark = pytest.mark.claims


def kept_at_change(run):
    """Alliance kept over changes of worker, mean over changes in the window."""
    rows = run.window.rows("handovers")
    rows = rows[rows["from_worker"] >= 0]
    return float((rows["alliance_after"] - rows["alliance_before"]).mean()) if len(rows) else np.nan


@claim("K-67", status="built in", mechanism="cmsim.submodels.skill_effect:ability", contrast="training")
def test_skill_matters_for_crisis_work_and_hardly_for_going_along(examined):
    p = Competence()

    def loss(share):
        return 1.0 - float(ability(share, Workforce().skill_paraprofessional, p.usual))

    assert loss(p.crisis_intervention) > 0.4
    assert loss(p.assessment) > 0.4
    assert max(loss(p.linkage), loss(p.living_skills), loss(p.monitoring)) < 0.2
    found = examined(TRAINING)
    for name in ("belief_error", "alliance"):
        assert found[name].shown, name
    going_along = found["accompanied clients who went"]
    assert abs(going_along.difference) < 0.1 * going_along.mean_a


@claim("A-04", status="built in", mechanism="cmsim.model.workforce.posts:hire")
def test_more_than_half_come_with_a_bachelor_s_degree_and_supervisors_know_more():
    w = Workforce()
    assert w.bachelor_share > 0.5
    assert w.supervisor_master_share == 0.75
    spec = load_scenario("usual_care").replace(
        {
            "baseline.staff.case_managers": 120,
            "world.population.clients": 10,
            "baseline.turnover.supervision_hours": 0.0,
        }
    )
    c = Community(spec)
    skills = c.posts.skill[: c.posts.count]
    assert 0.4 < (skills == w.skill_bachelor).mean() < 0.7
    assert min(supervisor.skill for supervisor in c.staffing.supervisors) > skills.max()


def accompanied_went(run):
    """Share of referrals to which somebody went along that the client followed through."""
    rows = run.window.rows("links")
    steps = rows["step"][rows["help"] == HelpLevel.ACCOMPANIED]
    came = np.isin(steps, [LinkStep.NOT_ACCEPTED, LinkStep.ACCEPTED]).sum()
    decided = came + (steps == LinkStep.NOT_FOLLOWED).sum()
    return float(came / decided) if decided else np.nan


def leavers_above(run):
    """Skill of those who leave less the mean skill in post on that day, mean over those who left."""
    staff, daily = run.staff_columns, run.arrays("daily")
    left, skill = np.asarray(staff["left_day"], float), np.asarray(staff["skill"], float)
    gone = np.flatnonzero(left >= run.scenario.world.warm_up_days)
    above = [skill[row] - daily["skill"][max(int(left[row]) - 1, 0)] for row in gone]
    return float(np.nanmean(above)) if above else np.nan


def throughout(settings):
    return {f"{part}.{key}": value for key, value in settings.items() for part in ("baseline", "service")}


TRAINING = Contrast(
    "training",
    "What do graduates (b) do better than paraprofessionals (a)?",
    a=throughout({"staff.training": "paraprofessional"}),
    b=throughout({"staff.training": "graduate"}),
    measures=(
        Measure("belief_error", -1),
        Measure("alliance", +1),
        Measure("accompanied clients who went", +1, accompanied_went, "share"),
        Measure("relapses", -1),
        Measure("admissions", -1),
    ),
)
TEAM = Contrast(
    "supervision_and_team",
    "What do two hours of supervision and a team that shares its clients (b) do, against neither (a)?",
    a=throughout({"turnover.supervision_hours": 0.0}),
    b=throughout({"turnover.supervision_hours": 2.0, "caseload.sharing.rule": "shared_by_team"}),
    measures=(
        Measure("exhaustion", -1),
        Measure("turnover", -1),
        Measure("skill", +1),
        Measure("alliance kept at a change", +1, kept_at_change, "0 to 1"),
    ),
    days=730,
)
REWARDED = Contrast(
    "pay_and_career",
    "What do pay above the market and career steps (b) do, against pay below it and none (a)?",
    a=throughout({"turnover.pay": 0.8, "turnover.career": 0.0}),
    b=throughout({"turnover.pay": 1.3, "turnover.career": 1.0}),
    measures=(Measure("turnover", -1), Measure("skill", +1), Measure("tenure", +1), Measure("alliance", +1)),
    days=730,
)
COMPETENT = Contrast(
    "competent_leave",
    "What does it do that people leave as they become competent (b), against leaving at any skill (a)?",
    a={"world.workforce.leave_competence_log": 0.0},
    b={"world.workforce.leave_competence_log": 1.2},
    measures=(
        Measure("skill", -1),
        Measure("skill of leavers above that of others", +1, leavers_above, "0 to 1"),
        Measure("turnover", +1),
        Measure("alliance", -1),
    ),
    days=730,
)
"""Settings lie within their declared ranges. The pairs below raise them and the rate of leaving, so that
enough leave in one small town to see the direction; the contrasts say how much it is without that."""


def simulate_town(settings, days=400, **world):
    """A small town under some settings of the service, throughout."""
    town = {**scaled(150), "world.warm_up_days": 30, "run.days": days, **world}
    town |= {f"{part}.{key}": value for key, value in settings.items() for part in ("baseline", "service")}
    return simulate(load_scenario("usual_care").replace(town))


SUPPORTED = {"turnover.supervision_hours": 2.0, "caseload.sharing.rule": "shared_by_team"}


@pytest.fixture(scope="module")
def alone_and_supported():
    """A year without supervision and team, and with both."""
    often = {"world.workforce.leave_rate": 0.5}
    return [simulate_town(service, 500, **often) for service in ({"turnover.supervision_hours": 0.0}, SUPPORTED)]


@claim("K-68", status="built in", mechanism="cmsim.submodels.labour_market:skill_next")
def test_skill_grows_over_years_of_supervised_work_only(alone_and_supported):
    p = Workforce()
    assert float(skill_next(p, 0.4, 0.0, 3650.0)) == 0.4
    assert 0.4 < float(skill_next(p, 0.4, 1.0, 365.0)) < 0.6 < float(skill_next(p, 0.4, 1.0, 4 * 365.0))
    alone, supported = alone_and_supported
    assert alone.outcomes()["skill"] < supported.outcomes()["skill"] - 0.05


@claim("K-69", status="built in", mechanism="cmsim.submodels.labour_market:leave_hazard", contrast="pay_and_career")
def test_pay_and_a_career_keep_people_and_so_their_skill(examined):
    p = Workforce()
    assert float(leave_hazard(p, 21.0, 1.3, 0.8, 1.0)) < 0.5 * float(leave_hazard(p, 21.0, 0.9, 0.8))
    found = examined(REWARDED)
    assert found["turnover"].shown
    assert found["turnover"].mean_b < 0.6 * found["turnover"].mean_a
    assert found["skill"].shown


@claim(
    "O-08",
    status="not shown",
    mechanism="cmsim.submodels.job_strain:relief",
    contrast="supervision_and_team",
    reason="with supervision and a team fewer leave (25 and 37 of 100 a year); but exhaustion is not clearly lower "
    "among those who stay: where nobody leaves, and the same people are compared, it is",
)
def test_supervision_and_a_team_lower_leaving_but_not_clearly_exhaustion_since_others_stay(examined):
    """In the pair nobody leaves, so that the same people are compared: they differ more than relief does."""
    stay = {"world.workforce.leave_rate": 0.0}
    alone, supported = (
        simulate_town(service, **stay).outcomes()["exhaustion"]
        for service in ({"turnover.supervision_hours": 0.0}, SUPPORTED)
    )
    assert supported < alone - 1.0
    p = Workforce()
    assert relief(p, 2.0, 1.0, 1.0) > relief(p, 0.0, 1.0, 1.0) > relief(p, 0.0, 1.0, 0.0) > 0.0
    assert float(leave_hazard(p, supported, 1.0, 0.6)) < float(leave_hazard(p, alone, 1.0, 0.6))
    found = examined(TEAM)
    assert found["turnover"].shown
    assert found["skill"].shown
    assert not found["exhaustion"].shown


@claim(
    "K-74",
    status="built in",
    mechanism="cmsim.model.workforce.client_assignment:hand_over",
    contrast="supervision_and_team",
)
def test_with_a_team_the_relation_survives_when_one_leaves(alone_and_supported, examined):
    assert alliance_passed(0.25, 0.65, SharedByTeam().alliance_kept) > alliance_passed(0.25, 0.65, 0.0) + 0.2
    alone, supported = (kept_at_change(run) for run in alone_and_supported)
    assert supported > alone + 0.1
    assert examined(TEAM)["alliance kept at a change"].shown


@claim("K-76", status="built in", mechanism="cmsim.submodels.labour_market:leave_hazard", contrast="competent_leave")
def test_people_leave_as_they_become_competent_so_skill_stays_lower(examined):
    p = Workforce()

    def hazard(skill, career=0.0):
        return float(leave_hazard(p, 21.0, 1.0, skill, career))

    assert hazard(0.8) > 1.15 * hazard(0.4)
    assert hazard(0.8, career=1.0) == pytest.approx(hazard(0.4, career=1.0))
    leave = {"world.workforce.leave_rate": 0.6}
    none, strong = (
        simulate_town({}, 800, **leave, **{"world.workforce.leave_competence_log": log}).outcomes()
        for log in (0.0, 3.0)
    )
    assert strong["skill"] < none["skill"]
    found = examined(COMPETENT)
    assert found["skill"].shown
    assert found["skill of leavers above that of others"].shown
