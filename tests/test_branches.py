"""Runs that share their beginning: the same to the last digit as runs done apart."""

from __future__ import annotations

import os

import pytest
from joblib import Parallel, delayed

import cmsim
from cmsim.experiments import replications
from cmsim.experiments.replications import Task, summarise
from cmsim.experiments.shared_warm_up import branch, days_in_common

SHORT = {"world.population.clients": 60, "world.warm_up_days": 40, "run.days": 40}


@pytest.fixture(scope="module")
def arms():
    usual = cmsim.load_scenario("usual_care").replace(SHORT)
    warm = usual.replace({"name": "small", "service.caseload.size": 4, "service.caseload.closure": "clients_fixed"})
    return [usual, warm, usual]


def test_branches_are_what_separate_runs_are(arms):
    perturbed = [False, False, True]
    shared = branch(arms, perturbed, 0, lambda run: run.digest())
    apart = [summarise(Task(scenario, 0, perturb)).digest for scenario, perturb in zip(arms, perturbed, strict=True)]
    assert shared == apart
    assert len(set(apart)) == 3


def test_other_worlds_share_nothing(arms):
    other = arms[0].replace({"world.illness.onset_rate": 1.1})
    assert days_in_common([arms[0], other], [False, False]) == 0
    assert branch([arms[0], other], [False, False], 0, len) is None
    assert days_in_common(arms, [False, False, True]) == 40


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_single_process_shares_the_warm_up_too(arms, monkeypatch):
    begun = []
    monkeypatch.setattr(replications, "branch", lambda *given: begun.append(given[2]) or branch(*given))
    monkeypatch.setattr(replications, "summarise", lambda task: pytest.fail("a warm-up was simulated twice"))
    cmsim.compare(arms[0], arms[1], replications=2, workers=1)
    assert begun == [0, 1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_what_goes_wrong_in_a_branch_is_told(arms):
    parent = os.getpid()

    def keep(run):
        if os.getpid() != parent:
            raise ValueError("wrong in the branch")
        return run.digest()

    with pytest.raises(ValueError, match="wrong in the branch"):
        branch(arms, [False] * 3, 0, keep)


@pytest.mark.system
def test_joblib_still_works_for_the_user_afterwards(arms):
    cmsim.repeat(arms[0].replace({"run.days": 1}), replications=2, workers=2)
    assert Parallel(n_jobs=2)(delayed(abs)(number) for number in (-1, 2)) == [1, 2]
