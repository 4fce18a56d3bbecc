"""Referral and advocacy: who follows through, with how much help, and what holds."""

from __future__ import annotations

import numpy as np
import pytest

from cmsim import load_scenario
from cmsim.core.simtime import DAY
from cmsim.model.agents import Client
from cmsim.model.community import Community
from cmsim.policies.referral_approach import Motivational, OverResponsible, UsualApproach
from cmsim.policies.referral_help import ByCapability, Tapered
from cmsim.schema.codes import AgencyKind, LinkStep
from cmsim.submodels import agency_referral
from cmsim.submodels.agency_referral import Referral
from cmsim.validation.claims import claim, scaled

pytestmark = pytest.mark.claims

RULES = "cmsim.submodels.agency_referral"
R = Referral()


def follows(level=1, capability=0.46, alliance=0.5, trauma=0.0, unwell=0.0, years=0.0, **facts):
    return float(agency_referral.follow_chance(R, level, capability, alliance, trauma, unwell, years, **facts))


def everywhere(key, value):
    return {f"{part}.{key}": value for part in ("service", "baseline")}


def share_followed(community):
    """Referrals to which the client went, of all at which that showed."""
    steps = community.ledger["links"].rows()["step"]
    came = np.isin(steps, (LinkStep.NOT_ACCEPTED, LinkStep.ACCEPTED)).sum()
    return came / max(came + (steps == LinkStep.NOT_FOLLOWED).sum(), 1)


def started(community):
    return int((community.ledger["links"].rows()["step"] == LinkStep.REFERRED).sum())


@claim("K-37", status="built in", mechanism=f"{RULES}:follow_chance")
@claim("O-05", status="built in", mechanism=f"{RULES}:follow_chance")
def test_more_help_completes_more_referrals_and_most_for_the_least_able():
    chances = [follows(level) for level in (0, 1, 2)]
    assert chances == sorted(chances)
    gain = [follows(2, capability) - follows(0, capability) for capability in (0.2, 0.8)]
    assert gain[0] > gain[1]
    towns = [
        town(300, **everywhere("referral_help", {"rule": "same_help", "level": level}))
        for level in ("number only", "accompanied")
    ]
    assert share_followed(towns[1]) > share_followed(towns[0])


@claim(
    "K-38",
    status="built in",
    mechanism=f"{RULES}:accept_chance, {RULES}:follow_chance, cmsim.model.agents.referral_start:start",
)
def test_ties_with_an_agency_raise_acceptance_and_completion_and_save_help():
    assert agency_referral.accept_chance(R, 0.9, 1) > agency_referral.accept_chance(R, 0.1, 1)
    assert follows(1, relation=0.9) > follows(1, relation=0.1)
    assert follows(0, relation=0.9) == follows(0, relation=0.1)
    policy, p = ByCapability(), load_scenario("usual_care").world.components.linkage
    near_limit = policy.accompany_below - 0.05
    assert policy.help_level(near_limit + p.relation_eases * 0.5) < policy.help_level(near_limit)

    def linked(relation):
        c = town(250, **{"world.population.relation": relation}, **everywhere("referral_help.rule", "same_help"))
        steps = c.ledger["links"].rows()["step"]
        return (steps == 3).sum() / max((steps == 2).sum() + (steps == 3).sum(), 1)

    assert linked(0.9) > linked(0.1)


@claim("K-39", status="built in", mechanism=f"{RULES}:link_end_hazard")
def test_preparing_both_sides_makes_links_last():
    assert agency_referral.link_end_hazard(R, 1, 0.5) < agency_referral.link_end_hazard(R, 0, 0.5)

    def hold(level):
        c = town(300, **everywhere("referral_help", {"rule": "same_help", "level": level}))
        rows = c.ledger["links"].rows()
        begun = rows[(rows["step"] == LinkStep.STARTED) & (rows["minute"] > 30 * DAY)]
        wanted = 0 if level == "number only" else 1
        last = {(r["client"], r["agency"]): r for r in begun}.values()  # who has ended a link may have begun another
        held = [r for r in last if r["help"] == wanted and c.people.links[r["client"], r["agency"]]]
        assert held
        return {float(c.people.link_prepared[r["client"], r["agency"]]) for r in held}

    assert hold("agency prepared") == {1.0}
    assert hold("number only") == {0.0}

    def ended(level):
        """Ends of links begun by referral per link-year; homes and jobs end in ways of their own."""
        settings = everywhere("referral_help", {"rule": "same_help", "level": level})
        c = town(550, clients=240, **settings, **{"world.referral.end_rate": 1.2})
        rows = c.ledger["links"].rows()
        rows = rows[~np.isin(rows["agency"], [AgencyKind.HOUSING, AgencyKind.WORK])]
        begun = rows[(rows["step"] == LinkStep.STARTED) & (rows["minute"] > 30 * DAY)]
        ends = rows[rows["step"] == LinkStep.ENDED]
        count, days = 0, 0.0
        for row in begun:
            mine = (ends["client"] == row["client"]) & (ends["agency"] == row["agency"])
            after = ends["minute"][mine & (ends["minute"] > row["minute"])]
            count += len(after) > 0
            days += (after.min(initial=550 * DAY) - row["minute"]) / DAY
        return count / days

    # the rule alone says 0.67; alliance and who is referred come on top
    assert ended("agency prepared") < 0.9 * ended("number only")


@claim("K-53", status="built in", mechanism=f"{RULES}:accept_chance, {RULES}:advocacy_log")
def test_clout_is_sooner_accepted_and_later_regretted(forced_and_won):
    forced, won = (agency_referral.accept_chance(R, 0.4, 1, 0.8, clout) for clout in (1.0, 0.0))
    assert forced > won > agency_referral.accept_chance(R, 0.4, 1)
    assert agency_referral.advocacy_log(R, 0.8, 1.0) > 0.0 > agency_referral.advocacy_log(R, 0.8, 0.0)
    clout, empathic = forced_and_won
    strain = [c.people.link_strain[c.people.links > 0] for c in (clout, empathic)]
    assert strain[0].max() > 0.0 > strain[1].min()


@pytest.fixture(scope="module")
def made():
    """Return referrals as they came to the point in a larger, sicker town, by level of help for everybody."""
    return {level: referrals_made(level) for level in ("number only", "accompanied")}


def referrals_made(level, **settings):
    """Every referral at which it was to show whether the client goes: the client's state, and the chance.

    The chance is what the running town worked out on the day, after all that had happened to the client.
    """
    rows = []
    real = Client.follow_chance

    def noted(self, had, street, relation, weeks):
        chance, people, row = real(self, had, street, relation, weeks), self.columns, self.row
        unwell = people.phase[row] in (1, 2)
        state = (people.trauma[row], people.ambivalence[row], unwell, street, people.years_homeless[row])
        rows.append((*state, weeks, np.log(chance / (1.0 - chance))))
        return chance

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "follow_chance", noted)
        town(
            300,
            clients=200,
            **everywhere("referral_help", {"rule": "same_help", "level": level}),
            **{"world.illness.onset_rate": 1.2, "world.population.shelter": 0.15, **settings},
        )
    names = ("trauma", "torn", "unwell", "home", "years", "weeks", "log_odds")
    return dict(zip(names, np.array(rows, dtype=float).T, strict=True))


CAUSES = ("torn", "trauma", "unwell", "years", "weeks")


def weights(found, rows):
    """Return by how many log odds each cause moves the chance, others held, and the errors of these."""
    causes = np.column_stack([*(found[name][rows] for name in CAUSES), np.ones(rows.sum())])
    weight, rest, *_ = np.linalg.lstsq(causes, found["log_odds"][rows], rcond=None)
    spread = np.linalg.inv(causes.T @ causes) * rest / (len(causes) - causes.shape[1])
    errors = np.sqrt(np.diag(spread))
    return {name: (weight[place], errors[place]) for place, name in enumerate(CAUSES)}


@claim("Q-01", status="built in", mechanism=f"{RULES}:follow_chance")
def test_not_following_through_has_causes(made):
    for worse, better in (
        ({"ambivalence": 0.9}, {"ambivalence": 0.1}),
        ({"trauma": 1.0}, {"trauma": 0.0}),
        ({"unwell": 1.0}, {"unwell": 0.0}),
        ({"years": 10.0}, {"years": 0.0}),
        ({"weeks": 12.0}, {"weeks": 1.0}),
    ):
        assert follows(**worse) < follows(**better)
    found = made["number only"]
    assert len(found["torn"]) > 150
    weighed = weights(found, np.ones(len(found["torn"]), dtype=bool))
    for name in ("torn", "trauma", "unwell", "weeks"):
        weight, error = weighed[name]
        assert weight < -3.0 * error, name


@claim("Q-02", status="built in", mechanism=f"{RULES}:follow_chance, cmsim.policies.referral_approach:Motivational")
def test_motivational_interviewing_helps_the_ambivalent_most():
    def gain(ambivalence):
        asked = follows(ambivalence=ambivalence, directiveness=UsualApproach().directiveness)
        mi = Motivational()
        talked = follows(ambivalence=ambivalence * (1.0 - mi.eases), directiveness=mi.directiveness)
        return talked / (1.0 - talked) / (asked / (1.0 - asked))

    assert gain(0.8) > gain(0.2) > 1.0
    usual, motivated = (town(300, **everywhere("approach.rule", rule)) for rule in ("usual", "motivational"))
    assert share_followed(motivated) > share_followed(usual)


@claim("Q-03", status="built in", mechanism=f"{RULES}:follow_chance, cmsim.policies.referral_approach:OverResponsible")
def test_taking_over_makes_more_referrals_and_fewer_followed():
    assert OverResponsible().eagerness > UsualApproach().eagerness
    usual, pushed = (town(300, **everywhere("approach.rule", rule)) for rule in ("usual", "over_responsible"))
    assert started(pushed) > started(usual)
    assert share_followed(pushed) < share_followed(usual)


@claim("Q-04", status="built in", mechanism=f"{RULES}:follow_chance")
def test_directiveness_turns_away_people_with_a_history_of_trauma_most():
    def lost(trauma):
        gentle, pressing = (follows(trauma=trauma, directiveness=d) for d in (0.15, 0.85))
        return np.log(gentle / (1 - gentle)) - np.log(pressing / (1 - pressing))

    assert lost(1.0) > lost(0.0) > 0.0
    towns = [
        referrals_made("number only", **everywhere("approach", {"rule": "usual", "directiveness": d}))
        for d in (0.2, 0.6)
    ]
    with_trauma, without = (
        np.subtract(*(each["log_odds"][each["trauma"] == trauma].mean() for each in towns)) for trauma in (1.0, 0.0)
    )
    assert with_trauma > 1.5 * without > 0.1


@claim("Q-05", status="built in", mechanism=f"{RULES}:follow_chance")
def test_psychosis_lowers_completion_and_clear_assisted_referral_restores_it(made):
    def lost(level):
        well, unwell = (follows(level, unwell=ill) for ill in (0.0, 1.0))
        return np.log(well / (1 - well)) - np.log(unwell / (1 - unwell))

    assert lost(0) > lost(1) > lost(2) > 0.0
    alone, helped = (weights(each, np.ones(len(each["torn"]), dtype=bool))["unwell"] for each in made.values())
    assert alone[0] < -3.0 * alone[1]
    assert helped[0] - alone[0] > 3.0 * np.hypot(alone[1], helped[1])


@claim("Q-06", status="built in", mechanism=f"{RULES}:follow_chance")
def test_years_on_the_street_hold_people_there_and_other_company_offsets_it():
    assert follows(years=10.0) < follows(years=0.5)
    assert follows(years=10.0, belonging=1.0) > follows(years=10.0, belonging=0.0)
    assert follows(years=0.0, belonging=1.0) == follows(years=0.0, belonging=0.0)
    homeless = {"world.population.shelter": 0.4, "world.population.street": 0.2}
    found = referrals_made("number only", **homeless)
    home = found["home"] > 0
    assert home.sum() > 150
    weight, error = weights(found, home)["years"]
    assert weight < -3.0 * error


def test_help_by_trial_and_error_is_taken_back_step_by_step():
    policy = Tapered()
    assert policy.help_level(0.3) == 2
    assert policy.help_level(0.3, 2, True) == 1
    assert policy.help_level(0.3, 1, True) == 0
    assert policy.help_level(0.3, 0, False) == 1


@pytest.fixture(scope="module")
def forced_and_won():
    return [town(300, **everywhere("advocacy.manner", manner)) for manner in ("clout", "empathic")]


def test_clout_costs_the_relation_with_agencies(forced_and_won):
    clout, empathic = (
        np.mean([relation for worker in c.at_work for relation in worker.relation]) for c in forced_and_won
    )
    assert clout < empathic


def test_without_advocacy_nobody_is_spoken_for(forced_and_won):
    rest = [n for n in load_scenario("usual_care").service.practice.components if n != "advocacy"]
    out = town(100, **everywhere("practice.components", rest))
    assert not out.people.spoken_for.any()
    assert forced_and_won[1].people.spoken_for.any()


def town(days=0, clients=60, **settings):
    spec = load_scenario("usual_care").replace(
        {
            **scaled(clients),
            "world.warm_up_days": 0,
            "run.days": 500,
            "world.components.linkage.referral_rate": 8.0,
            **settings,
        }
    )
    community = Community(spec)
    for _ in range(days):
        community.step()
    return community
