"""What a rule from outside returns is taken where it can be meant, and otherwise refused with the rule's name."""

from __future__ import annotations

import importlib
import re
import sys

import numpy as np
import pytest

import cmsim
from cmsim.core.errors import CmsimError
from cmsim.policies import (
    allocation,
    bed_use,
    caseload,
    crisis_cover,
    medication_stance,
    move_readiness,
    payer,
    referral_help,
    titration,
    use_of_time,
)
from cmsim.policies.rule_answer import column, decision, number, one_of, pair
from support import small_scenario

KINDS = {
    "service.allocation": allocation.NeedFirst,
    "service.titration": titration.Responsive,
    "service.planning": move_readiness.AsWorkersAre,
    "service.slack": use_of_time.AsWanted,
    "service.shortage": use_of_time.ShorterVisits,
    "service.medication": medication_stance.OffersDepot,
    "service.referral_help": referral_help.ByCapability,
    "service.payer": payer.FeeForContact,
    "service.review": payer.UtilisationReview,
    "service.hospital.use": bed_use.CommunityFirst,
    "service.hospital.commitment": bed_use.LastResort,
    "service.caseload.assignment": caseload.LeastLoaded,
    "service.caseload.weighting": caseload.WeightedByNeed,
    "service.caseload.balance": caseload.WatchedCaseloads,
    "service.caseload.waiting_list": caseload.InTurn,
    "service.crisis.first": crisis_cover.OwnWorkerFirst,
    "service.crisis.on_call": crisis_cover.TeamOnCall,
}
"""A bundled rule of each family that has methods, by the key of its setting."""
METHODS = {
    "urgency": "service.allocation",
    "next_dose": "service.titration",
    "waits": "service.planning",
    "desk_time": "service.slack",
    "apart": "service.slack",
    "help_level": "service.referral_help",
    "planned": "service.payer",
    "away": "service.payer",
    "bears": "service.payer",
    "presses": "service.review",
    "threshold": "service.hospital.use",
    "reluctance": "service.hospital.commitment",
    "preference": "service.caseload.assignment",
    "weights": "service.caseload.weighting",
    "due": "service.caseload.balance",
    "tolerance": "service.caseload.balance",
    "order": "service.caseload.waiting_list",
    "asks_own_worker": "service.crisis.first",
    "covers": "service.crisis.on_call",
}
"""Each method that some months of a small agency call, with the setting of its rule."""
RARE = ("service.review", "service.hospital.commitment")


def own_rules(wrong: str = "") -> str:
    """Return a module with a rule for each family; of all methods that a name stands for, one returns words."""
    lines = ["from typing import Literal"]
    for key, kind in KINDS.items():
        name = "Own" + kind.__name__
        lines += [f"from {kind.__module__} import {kind.__name__}", f"class {name}({kind.__name__}):"]
        lines += [f'    rule: Literal["own_answers:{name}"] = "own_answers:{name}"']
        if METHODS.get(wrong) == key:
            lines += [f"    def {wrong}(self, *seen):", '        return "as it comes"']
    return "\n".join(lines)


@pytest.fixture
def scenario(tmp_path, monkeypatch):
    """Return what makes a small scenario with rules from outside, of which one method is wrong."""
    monkeypatch.syspath_prepend(tmp_path)

    def made(wrong="", **settings):
        (tmp_path / "own_answers.py").write_text(own_rules(wrong))
        monkeypatch.delitem(sys.modules, "own_answers", raising=False)
        importlib.invalidate_caches()
        size = {"days": 300, "clients": 200} if METHODS.get(wrong) in RARE else {"days": 90, "clients": 60}
        keys = [METHODS[wrong]] if wrong else list(KINDS)
        rules = {f"{key}.rule": f"own_answers:Own{KINDS[key].__name__}" for key in keys}
        return small_scenario(**size).replace(rules | settings)

    return made


@pytest.mark.parametrize("method", METHODS)
def test_a_wrong_answer_is_refused_with_setting_rule_and_method(scenario, method):
    key = METHODS[method]
    told = f"{key}: {method}() of the rule own_answers:Own{KINDS[key].__name__} returned 'as it comes' of type str"
    with pytest.raises(CmsimError, match=re.escape(told)):
        cmsim.simulate(scenario(method))


def test_rules_from_outside_that_do_as_bundled_ones_give_the_same_run(scenario):
    bundled = {f"{key}.rule": kind.model_fields["rule"].default for key, kind in KINDS.items()}
    theirs, ours = (cmsim.simulate(each) for each in (scenario(), scenario().replace(bundled)))
    for table in ("contacts", "weekly", "crises"):
        mine, other = theirs.arrays(table), ours.arrays(table)
        for name in mine.dtype.names:
            np.testing.assert_array_equal(mine[name], other[name])
    assert len(theirs.arrays("contacts")["client"]) > 0


class Own:
    """A rule of which ``given`` is what it returns."""

    def __init__(self, given):
        self.given = given

    def asked(self, *seen):
        return self.given


@pytest.mark.parametrize("given", [[1, 0, 2], (True, False, True), np.arange(3), np.arange(3, dtype=np.float32)])
def test_whole_numbers_yes_and_no_and_lists_are_taken_as_a_copy_of_fractions(given):
    found = column("service.allocation", Own(given).asked, 3, None)
    assert found.dtype == float
    assert found.tolist() == list(given)
    found -= 1.0
    assert column("service.allocation", Own(given).asked, 3, None).tolist() == list(given)


def test_the_models_own_array_is_never_that_of_the_rule():
    kept = np.ones(3)
    column("service.allocation", Own(kept).asked, 3, None)[:] = 5.0
    assert kept.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (1.0, "1.0 of type float"),
        (None, "None of type NoneType"),
        ([1.0, [2.0]], "[1.0, [2.0]] of type list"),
        (np.ones(2), "an array of shape (2,) and type float64"),
        (np.ones((3, 1)), "an array of shape (3, 1) and type float64"),
        (np.array(["a", "b", "c"]), "an array of shape (3,) and type <U1"),
        (np.array([1.0, np.nan, 2.0]), "an array of shape (3,) and type float64, 1 of them nan"),
    ],
)
def test_what_is_no_column_is_told_with_what_is_allowed(given, told):
    told = f"asked() of the rule {__name__}:Own returned {told}; allowed: an array of shape (3,), of numbers that"
    with pytest.raises(CmsimError, match=re.escape(told)):
        column("service.allocation", Own(given).asked, 3, None)


def test_single_answers_are_checked_likewise():
    assert number("service.slack", Own(np.int64(2)).asked) == 2.0
    assert decision("service.medication", Own(np.True_).asked) is True
    assert one_of("service.referral_help", Own(2.0).asked, (0, 1, 2)) == 2
    assert pair("service.planning", Own((90, 0.5)).asked, 0.1) == (90.0, 0.5)
    for asked, given in (
        (lambda own: number("x", own.asked), np.nan),
        (lambda own: number("x", own.asked), [1.0]),
        (lambda own: decision("x", own.asked), 0.5),
        (lambda own: one_of("x", own.asked, (0, 1, 2)), 3),
        (lambda own: pair("x", own.asked, np.ones(2)), (90.0, 0.5)),
        (lambda own: pair("x", own.asked, np.ones(2)), 90.0),
    ):
        with pytest.raises(CmsimError, match=r"x: asked\(\) of the rule .*Own returned .*; allowed: "):
            asked(Own(given))


def test_a_class_in_place_of_a_rule_is_told_how_to_name_it():
    told = 'given the class Own; allowed: "need_first" or "longest_overdue"'
    with pytest.raises(
        CmsimError, match=re.escape(told) + f'.*"{__name__}:Own" if Python finds it there, or service.allocation = Own'
    ):
        small_scenario().replace({"service.allocation.rule": Own})
