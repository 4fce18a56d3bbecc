"""A client's life told: true to the ledger, with causes, and beside another policy where the two part."""

from __future__ import annotations

import numpy as np
import pytest
from typer.testing import CliRunner

import cmsim
from cmsim.cli import app
from cmsim.core.errors import CmsimError
from cmsim.core.simtime import DAY
from cmsim.reporting.story import divergence, life_text, pair_text, tell, who_to_tell
from cmsim.reporting.story.moments import Rowset, causes
from cmsim.reporting.story.story_pair import pair_of
from cmsim.results.simulation import simulate
from cmsim.schema.tables import FACTORS, NOTICED_BY

WARM_UP = 60
SMALL = {
    "world.population.clients": 100,
    "world.warm_up_days": WARM_UP,
    "run.days": 365,
    **{f"{part}.staff.case_managers": 5 for part in ("baseline", "service")},
    **{f"{part}.hospital.beds": 14 for part in ("baseline", "service")},
}


@pytest.fixture(scope="module")
def usual():
    return simulate(cmsim.load_scenario("usual_care").replace(SMALL))


@pytest.fixture(scope="module")
def fewer():
    changed = {
        **SMALL,
        "name": "fewer",
        "service.caseload.size": 12,
        "service.caseload.closure": "clients_fixed",
    }
    return simulate(cmsim.load_scenario("usual_care").replace(changed))


@pytest.fixture(scope="module")
def twin():
    return simulate(cmsim.load_scenario("usual_care").replace(SMALL), perturb=True)


def life(run, key=None, **words):
    return tell(run, key or who_to_tell(run), **words)


def test_the_fullest_life_is_told_in_order_and_whole(usual):
    told = life(usual)
    minutes = [moment.minute for moment in told.moments]
    assert minutes == sorted(minutes)
    phases = [moment for moment in told.moments if moment.kind == "phase"]
    row = usual.client_columns["key"].index(told.key)
    transitions = usual.arrays("transitions")
    mine = transitions[transitions["client"] == row]
    to_or_from_hospital = (mine["to"] == 3) | (mine["from"] == 3)
    assert len(phases) == int((~to_or_from_hospital).sum()) > 0
    crises = usual.arrays("crises")
    assert sum(moment.kind == "crisis" for moment in told.moments) == int((crises["client"] == row).sum())
    assert {"registration", "phase", "contacts"} & {moment.kind for moment in told.moments}


def test_every_onset_names_its_two_largest_causes_who_knew_and_who_acted(usual):
    keys = usual.client_columns["key"]
    transitions = usual.arrays("transitions")
    onsets = 0
    for row in sorted({int(client) for client in transitions["client"][transitions["to"] == 1]})[:25]:
        told = tell(usual, keys[row])
        mine = transitions[transitions["client"] == row]
        for place in np.flatnonzero(mine["to"] == 1):
            moment = next(
                each for each in told.moments if each.kind == "phase" and each.minute == mine["minute"][place]
            )
            onsets += 1
            raising = sorted(((float(mine[place][f"factor {name}"]), name) for name in FACTORS), reverse=True)
            for factor, name in raising[:2]:
                if factor > 1.05:
                    assert f"{name} x{factor:.1f}" in moment.because
            by = int(mine["noticed_by"][place + 1]) if place + 1 < len(mine) else int(mine["noticed_by"][place])
            assert NOTICED_BY[by] in moment.knew
            assert moment.acted
    assert onsets > 10


def test_who_acted_and_how_late_is_what_the_contacts_say(usual):
    for key in usual.client_columns["key"]:
        told = tell(usual, key)
        rows = told.rows
        for moment in told.moments:
            if moment.kind == "phase" and "came" in moment.acted:
                seen = rows.met(moment.minute, moment.minute + 90 * DAY)
                assert seen is not None
                assert seen[1].split(".")[0] in moment.acted or rows.met(0, np.inf)
                return
    pytest.fail("somebody is seen after a prodrome was noticed")


def test_causes_name_nothing_that_weighs_nothing():
    row = {f"factor {name}": 1.0 for name in FACTORS}
    assert causes(row) == "no factor stands out"
    row |= {"factor stress": 1.4, "factor criticism": 2.0, "factor frailty": 1.2, "factor medication": 0.3}
    assert causes(row) == "criticism x2.0, stress x1.4; held back by medication x0.30"


def test_two_lives_part_where_their_rows_first_differ_and_not_before(usual, fewer, twin):
    parted = 0
    for key in usual.client_columns["key"][:40]:
        pair = pair_of(usual, fewer, twin, client=key, from_day=0)
        row = usual.client_columns["key"].index(key)
        first, second = (
            {
                (name, *map(float, (each["minute"],)), each.tobytes())
                for name in Rowset(_tables(run), row).names()
                for each in Rowset(_tables(run), row)[name]
            }
            for run in (usual, fewer)
        )
        different = first ^ second
        if pair.parts is None:
            assert not different
            continue
        parted += 1
        assert pair.parts.minute == min(minute for _, minute, _ in different)
        assert pair.parts.day >= WARM_UP, "replications are equal until the policies part"
        assert any("service.caseload.size" in reason for reason in pair.parts.why)
    assert parted > 20


def _tables(run):
    names = [table.kind.name for table in run.ledger]
    return {name: run.arrays(name) for name in names if {"client", "minute"} <= set(run.arrays(name).dtype.names)}


def test_a_life_beside_itself_never_parts(usual):
    told = life(usual)
    assert divergence(told, tell(usual, told.key)) is None


def test_the_text_says_what_it_is_and_shows_the_placebo_twin(usual, fewer, twin):
    text = life_text(life(usual, from_day=WARM_UP))
    assert "illustration" in text
    assert "because:" in text
    assert max(map(len, text.splitlines())) <= 140
    pair = pair_of(usual, fewer, twin, client=None)
    said = pair_text(pair)
    assert "part on day" in said
    assert "placebo twin" in said
    assert all(tally.label in said for tally in pair.one.tallies)


def test_an_unknown_client_is_named_with_the_nearest(usual):
    with pytest.raises(CmsimError, match=r'given "c0004x".*c0004'):
        tell(usual, "c0004x")


def test_the_command_tells_a_life_and_refuses_what_is_not_there(tmp_path):
    small = [word for key, value in SMALL.items() for word in ("--set", f"{key}={value}")]
    place = tmp_path / "life.txt"
    done = CliRunner().invoke(app, ["story", "usual_care", "--client", "c0003", "--out", str(place), *small])
    assert done.exit_code == 0, done.output
    assert "c0003" in done.output
    assert place.read_text().startswith("c0003")
    again = CliRunner().invoke(app, ["story", "usual_care", "--out", str(place), *small])
    assert isinstance(again.exception, CmsimError)
    assert "file already" in str(again.exception)
