"""Mistakes in outcomes from outside are told with the name of the outcome and with what there is."""

from __future__ import annotations

import inspect
import re

import pytest

import cmsim
from cmsim import outcomes
from cmsim.core.errors import CmsimError
from cmsim.outcomes import registry
from cmsim.outcomes.registry import defined
from support import small_scenario


@pytest.fixture(scope="module")
def window():
    return cmsim.simulate(small_scenario(clients=20, days=10)).window


def test_an_outcome_without_the_difference_that_matters_is_named():
    def met(window):
        """Contacts."""
        return 0.0

    with pytest.raises(CmsimError, match='the outcome "met" lacks the keyword matters; allowed: matters=NUMBER'):
        defined("Met", "contacts")(met)
    with pytest.raises(CmsimError, match=r'"met": given the keyword beter; .*; did you mean "better"\?'):
        defined("Met", "contacts", matters=1.0, beter="lower")(met)


def test_help_lists_the_keywords():
    found = inspect.signature(defined).parameters
    assert list(found) == ["label", "unit", "matters", "better", "main", "by_group", "signed", "follow_up"]
    assert found["matters"].default is inspect.Parameter.empty
    assert found["better"].default is None


@pytest.mark.parametrize(
    ("asks", "told"),
    [
        (lambda window: window.clients["client"][0], 'given "client", which is no column of window.clients; allowed: '),
        (lambda window: len(window.rows("contact")), 'given "contact", which is no kind of rows; allowed: '),
    ],
)
def test_an_outcome_that_asks_for_what_there_is_not_is_named(window, monkeypatch, asks, told):
    wrong = registry.Outcome("own", "Own", "days", "Days.", asks, 1.0)
    monkeypatch.setitem(registry.OUTCOMES, "own", wrong)
    with pytest.raises(CmsimError, match=re.escape(f'the outcome "own": {told}')):
        outcomes.measure(window)


def test_columns_and_kinds_are_those_that_there_were(window):
    assert "joined_day" in window.clients
    assert "contacts" in window.tables
    assert window.clients.get("client") is None
