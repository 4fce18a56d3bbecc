"""Families: burden, criticism, consultation, calls, groups, moving out (K-41 to K-46, O-03)."""

from __future__ import annotations

import numpy as np
import pytest

from cmsim import load_scenario
from cmsim.model.agents import residence
from cmsim.model.community import Community
from cmsim.schema.codes import Setting
from cmsim.submodels import family_climate
from cmsim.submodels.family_climate import Family
from cmsim.validation.claims import claim, scaled

pytestmark = pytest.mark.claims

RULES = "cmsim.submodels.family_climate"
WITH_KIN = {"world.population.with_family": 0.85, "world.population.family_home": 0.55}
F = Family()


@claim("O-03", status="built in", mechanism=f"{RULES}:backing")
def test_a_family_that_understands_the_plan_backs_it():
    assert family_climate.backing(F, 0.84, 0.8, 0.9, 1.0) > family_climate.backing(F, 0.84, 0.8, 0.3, 1.0)
    assert family_climate.backing(F, 0.84, 0.8, 0.9, 0.0) == 0.0
    talks, silent = (
        town(
            300,
            **{f"{part}.family_work.consultation": consultation for part in ("service", "baseline")},
            **{f"{part}.contact.family_days": 21.0 for part in ("service", "baseline")},
        )
        for consultation in ("ongoing", "none")
    )
    kin = (talks.people.has_family > 0.0) & (talks.people.here > 0.0) & (silent.people.here > 0.0)
    assert talks.people.encouragement[kin].mean() > silent.people.encouragement[kin].mean()


@claim("K-44", status="built in", mechanism=f"{RULES}:burden_next, {RULES}:criticism_next")
def test_burden_follows_illness_hours_and_thanks_and_feeds_criticism():
    def after(contact=0.84, ill=0.0, need=0.2, knowledge=0.4, thanks=0.25, worried=0.0):
        return float(family_climate.burden_next(F, 0.4, contact, ill, need, knowledge, 365, thanks, worried))

    assert after(ill=1.0) > after()
    assert after(contact=0.84) > after(contact=0.11)
    assert after(thanks=0.6) < after()
    assert after(knowledge=0.9) < after()
    assert after(worried=1.0) > after()
    assert family_climate.gratitude(0.8, 0.6, 0.0) > family_climate.gratitude(0.8, 0.6, 1.0)
    assert family_climate.contact_share(F, 1.0, 1.0, 10.0) < family_climate.contact_share(F, 1.0, 1.0)
    light, heavy = (float(family_climate.criticism_next(F, 0.3, 0.3, b, 0.5, 365)) for b in (0.2, 0.8))
    assert heavy > light
    cut, whole = (town(250, **{"world.loops.family_burden": on}) for on in (False, True))
    kin = cut.people.has_family > 0.0
    heavy = kin & (whole.people.burden > whole.world.population.burden)
    assert whole.people.criticism[heavy].mean() > cut.people.criticism[heavy].mean()


@claim("K-45", status="built in", mechanism="cmsim.model.steps.weekly_hazards:called_agency")
def test_a_family_at_its_limit_is_helped_to_find_another_home_and_burden_falls():
    def after(limit):
        c = town(
            400,
            **{f"{part}.family_work.move_out_from": limit for part in ("service", "baseline")},
            **{f"{part}.agencies.housing": 80 for part in ("service", "baseline")},
            **{"world.components.linkage.referral_rate": 10.0},
        )
        return c.people

    never, early = after(1.0), after(0.4)
    n = min(never.known, early.known)
    moved = (
        (never.setting[:n] == Setting.FAMILY_HOME) & (early.setting[:n] != Setting.FAMILY_HOME) & (early.here[:n] > 0)
    )
    assert moved.sum() > 2
    assert early.burden[:n][moved].mean() < never.burden[:n][moved].mean()


@claim("K-46", status="built in", mechanism=f"{RULES}:knowledge_next")
def test_consultation_adds_to_a_group():
    assert family_climate.knowledge_next(F, 0.4, 1.0, 90) > family_climate.knowledge_next(F, 0.4, 0.0, 90)

    def after(consultation):
        c = town(
            300,
            **{f"{part}.family_work.group": True for part in ("service", "baseline")},
            **{f"{part}.family_work.consultation": consultation for part in ("service", "baseline")},
            **{f"{part}.contact.family_days": 21.0 for part in ("service", "baseline")},
        )
        kin = c.people.has_family > 0.0
        return c.people.burden[kin].mean(), c.people.expressed[kin].mean()

    group, both = after("none"), after("ongoing")
    # that worries are answered does some of it (0.01); what is talked over does the rest
    assert both[0] < group[0] - 0.02
    assert both[1] < group[1] - 0.02


# -- two families, one history ----------------------------------------------------------------------------


def town(days=0, **settings):
    spec = load_scenario("usual_care").replace(
        {**scaled(60), "world.warm_up_days": 0, "run.days": 500, **WITH_KIN, **settings}
    )
    community = Community(spec)
    for _ in range(days):
        community.step()
    return community


@pytest.fixture(scope="module")
def two_towns():
    """The same people with the same luck, but with warm or with critical families."""
    return [
        town(400, **{"world.population.warmth": warmth, "world.population.high_criticism": high})
        for warmth, high in ((0.8, 0.1), (0.2, 0.95))
    ]


def test_two_people_with_one_history_and_different_families_part_in_the_stated_directions(two_towns):
    warm, critical = (c.people for c in two_towns)
    n = min(warm.known, critical.known)
    home = (warm.home[:n] == Setting.FAMILY_HOME) | (critical.home[:n] == Setting.FAMILY_HOME)
    both = home & (warm.here[:n] > 0) & (critical.here[:n] > 0) & (warm.address[:n] == critical.address[:n])
    assert both.sum() > 15
    for name, direction in (("expressed", 1), ("stress", 1), ("burden", 1), ("adherence", -1)):
        gap = getattr(critical, name)[:n][both].mean() - getattr(warm, name)[:n][both].mean()
        assert gap * direction > 0.0, name
    # and the trait that is not of the family is the same
    assert np.array_equal(warm.frailty[:n], critical.frailty[:n])


def test_respite_takes_hours_off_burdened_families():
    without, given = (
        town(
            200,
            **{f"{part}.family_work.respite_hours": hours for part in ("service", "baseline")},
            **{f"{part}.family_work.respite_from": 0.35 for part in ("service", "baseline")},
        )
        for hours in (0.0, 15.0)
    )
    assert (given.people.respite > 0.0).any()
    burdened = given.people.respite > 0.0
    assert given.people.burden[burdened].mean() < without.people.burden[burdened].mean()


def test_a_move_out_of_the_family_home_lowers_burden():
    def burden(moves):
        c = town(30)
        client = next(c for c in c.clients if c.setting == Setting.FAMILY_HOME and c.family is not None)
        c.people.burden[client.row] = 0.7
        if moves:
            residence.move(c, client, Setting.GROUP_HOME, "placed by agency")
        for _ in range(60):
            c.step()
        return c.people.burden[client.row]

    assert burden(True) < burden(False)


def test_a_worried_call_is_noted_and_answered_by_a_short_call(two_towns):
    critical = two_towns[1]
    rows = critical.ledger["contacts"].rows()
    families = rows[(rows["with"] == 1) & (rows["outcome"] == 0)]
    assert (families["mode"] == 1).any()
    assert families["minutes"][families["mode"] == 1].mean() < families["minutes"][families["mode"] == 0].mean()


def test_without_family_consultation_families_learn_nothing():
    def knowledge(**settings):
        c = town(200, **settings)
        return c.people.family_knowledge[: c.people.known].mean()

    everything = load_scenario("usual_care").service.practice.components
    rest = [name for name in everything if name != "family consultation"]
    gone = {f"{part}.practice.components": rest for part in ("service", "baseline")}
    assert knowledge() > knowledge(**gone)
