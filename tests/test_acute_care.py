"""Seen while acutely ill: who sees it, what is done; each part is missed when it is switched off."""

from __future__ import annotations

import numpy as np
import pytest

from cmsim.components import COMPONENTS
from cmsim.core.random_streams import Draws
from cmsim.core.sampling import normal
from cmsim.core.simtime import DAY
from cmsim.schema.codes import AcuteAnswer, ContactOutcome, CrisisOutcome, Phase, Provider, SeenBy
from cmsim.submodels import acute_care
from cmsim.submodels.acute_care import AcuteCare
from cmsim.validation.trials.trial_effects import value_of
from support import small_run

ILL = {"illness.onset_rate": 4.0}
NO_CRISES = {**ILL, "crisis.acute_rate": 0.0, "crisis.stressor_rate": 0.0}


def acute_run(days=240, workers=3, both=(), **world):
    """Run a small agency with beds enough; without workers clients wait, and nobody is hired."""
    both = {"hospital.beds": 20, **dict(both)}
    if not workers:
        both["caseload.closure"] = "staff_fixed"
    return small_run(both=both, days=days, workers=workers, **world)


def count(run, answer, by=None):
    """Return how often an illness was seen (by somebody) and answered so."""
    rows = run.acute_care
    chosen = rows["answer"] == AcuteAnswer.of(answer)
    if by is not None:
        chosen &= rows["by"] == SeenBy.of(by)
    return int(chosen.sum())


def acute_days(run):
    """Return the days of each acute phase that ended well in the community."""
    rows = run.transitions
    began = {(int(row["client"]), int(row["episode"])): int(row["minute"]) for row in rows if row["to"] == Phase.ACUTE}
    return np.array(
        [
            (int(row["minute"]) - began[int(row["client"]), int(row["episode"])]) / DAY
            for row in rows
            if row["from"] == Phase.ACUTE
            and row["to"] == Phase.STABLE
            and (int(row["client"]), int(row["episode"])) in began
        ]
    )


@pytest.fixture(scope="module")
def usual():
    return acute_run(**NO_CRISES)


def test_without_a_crisis_people_come_to_hospital_because_somebody_saw(usual):
    assert len(usual.admissions[usual.admissions["minute"] > 0])
    assert usual.admissions["brought"][usual.admissions["minute"] > 0].all()
    blind = acute_run(
        workers=0,
        **NO_CRISES,
        **{"acute_care.own_rate": 0.0, "acute_care.family_rate": 0.0},
        **{"untreated.family_rate": 0.0, "untreated.police_rate": 0.0},
        both={"staff.psychiatrists": 0},
    )
    assert (blind.transitions["to"] == Phase.ACUTE).sum() > 10
    assert not len(blind.acute_care)
    assert not (blind.admissions["minute"] > 0).any()


def test_families_and_clients_act_where_there_is_no_worker():
    alone = acute_run(workers=0, **NO_CRISES, **{"acute_care.own_rate": 0.1, "acute_care.family_rate": 0.5})
    assert count(alone, "admitted", "the client") + count(alone, "not admitted", "the client") > 3
    assert count(alone, "waited", "family") + count(alone, "admitted", "family") > 3
    assert not (alone.acute_care["by"] == SeenBy.CASE_MANAGER).any()
    assert not count(alone, "told the worker")


def test_a_family_with_a_worker_to_call_tells_the_worker():
    run = acute_run(**NO_CRISES, **{"acute_care.family_rate": 0.5})
    assert count(run, "told the worker", "family") > 3
    assert count(run, "admitted", "family") <= count(run, "told the worker", "family")


def test_who_cannot_treat_brings_more_people_to_hospital_than_who_can():
    broker = [part for part in COMPONENTS if part != "crisis intervention"]
    night = {"crisis.on_call.rule": "team", "crisis.on_call.since": 0, "crisis.on_call.until": 24}
    without = acute_run(**NO_CRISES, both={"practice.components": broker})
    often = {"titration.rule": "fixed", "titration.level": 1.0, "contact.most_visits": 12.0}
    able = acute_run(**NO_CRISES, **{"acute_care.means_log": 4.0}, workers=9, both={**often, **night})
    share = [
        count(run, "admitted", "case manager") / (run.acute_care["by"] == SeenBy.CASE_MANAGER).sum()
        for run in (without, able)
    ]
    assert share[0] > share[1] + 0.1
    assert not count(without, "treated at home", "case manager")
    assert count(able, "treated at home", "case manager") > 3


def test_treatment_shortens_what_is_left_of_an_acute_phase():
    untreated = acute_run(**NO_CRISES, **{"acute_care.treated": 0.0})
    fully = acute_run(**NO_CRISES, **{"acute_care.treated": 0.8})
    assert acute_days(fully).mean() < acute_days(untreated).mean()


def test_visits_of_who_can_treat_steady_and_so_save_crises():
    night = {"crisis.on_call.rule": "team", "crisis.on_call.since": 0, "crisis.on_call.until": 24}
    rough = {**ILL, "crisis.acute_rate": 0.2, "crisis.stressor_rate": 0.0}
    able = {"contact.most_visits": 20.0, **night}
    steadied, not_so = (
        acute_run(both=able, **rough, **{"acute_care.steadied": level, "acute_care.treated": 0.0})
        for level in (1.0, 0.0)
    )
    assert len(steadied.crises) < len(not_so.crises)


def test_treatment_at_home_takes_the_place_of_beds():
    rough = {**ILL, "crisis.acute_rate": 0.2}
    both = {"crisis.opens": 0, "crisis.closes": 24, "crisis.teams": 4}
    beds = acute_run(both=both, **rough)
    home = acute_run(both={**both, "crisis.home_treatment_places": 20}, **rough)
    taken = (home.crises["outcome"] == CrisisOutcome.HOME_TREATMENT).sum()
    assert taken > 5 > 0 == (beds.crises["outcome"] == CrisisOutcome.HOME_TREATMENT).sum()
    assert len(home.admissions) < len(beds.admissions)
    service = Provider.CRISIS_SERVICE
    visits = [(run.contacts["by"] == service).sum() for run in (home, beds)]
    assert visits[0] > visits[1] + taken


def test_an_appointment_booked_before_discharge_is_kept_within_weeks():
    def seen_soon(chance):
        run = acute_run(
            workers=9,
            clients=180,
            **ILL,
            **{"hospital.books": chance, "hospital.books_joint": chance, "psychiatry.outside_share": 1.0},
        )
        out = run.admissions[(run.admissions["discharged"] > 0) & (run.admissions["discharged"] < 210 * DAY)]
        met = run.contacts[
            (run.contacts["by"] == Provider.PSYCHIATRIST) & (run.contacts["outcome"] == ContactOutcome.HELD)
        ]
        days = [(met["minute"][met["client"] == row["client"]] - row["discharged"]) / DAY for row in out]
        return np.mean([((each > 0) & (each < 21)).any() for each in days])

    assert seen_soon(1.0) > seen_soon(0.0) + 0.2


def test_the_graver_the_illness_the_longer_the_stay():
    slopes = []
    for by_severity in (0.0, 2.5):
        run = acute_run(**NO_CRISES, **{"hospital.severity_log": by_severity, "hospital.stay_cv": 0.1})
        seen = {(int(row["client"]), int(row["minute"])): float(row["severity"]) for row in run.acute_care}
        ended = run.admissions[(run.admissions["discharged"] > 0) & (run.admissions["brought"] > 0)]
        severity = [seen[int(row["client"]), int(row["minute"])] for row in ended]
        assert len(ended) > 8
        slopes.append(np.polyfit(severity, np.log(ended["discharged"] - ended["minute"]), 1)[0])
    assert slopes[1] > slopes[0] + 1.0


def test_a_part_of_severity_is_the_persons_own():
    chance, p = Draws(1, 0), AcuteCare()
    from cmsim.model.agents import acute_episode

    def severities(share):
        q = p.model_copy(update={"severity_person": share})
        person = [float(normal(chance.uniform(acute_episode.PERSON, n))) for n in range(400)]
        luck = [[float(normal(chance.uniform(acute_episode.SEVERITY, n, e))) for n in range(400)] for e in (1, 2)]
        return [
            [acute_care.episode_severity(q, acute_care.deviate(q, a, b)) for a, b in zip(person, each, strict=True)]
            for each in luck
        ]

    assert np.corrcoef(severities(0.5))[0, 1] > 0.35 > 0.2 > abs(np.corrcoef(severities(0.0))[0, 1])


def test_a_family_brings_a_relative_to_take_medication_again():
    stopping = {"medication.stop_rate": 4.0, "population.with_family": 1.0, "components.monitoring.resumption": 0.0}
    stopping["medication.resumes"] = 10.0  # whoever is asked agrees
    silent, active = (
        acute_run(clients=240, workers=12, **stopping, **{"family.resumes_rate": rate}) for rate in (0.0, 0.2)
    )
    assert active.people.stopped[:240].sum() < silent.people.stopped[:240].sum()
    assert active.daily["adherence"][60:].mean() > silent.daily["adherence"][60:].mean()


def test_who_has_left_counts_until_then_in_a_cumulative_risk():
    # of four, one comes back on day 10, one leaves on day 20, one comes back on day 30, one never
    assert value_of("cumulative risk", np.array([10.0, -20.0, 30.0, -40.0])) == pytest.approx(1.0 - 0.75 * 0.5)
    assert value_of("cumulative risk", np.array([10.0, 30.0, -40.0, -40.0])) == pytest.approx(0.5)
