"""A client's story: true to the ledger, with causes, and beside another policy where the two differ."""

from __future__ import annotations

import numpy as np
import pytest
from typer.testing import CliRunner

import cmsim
from cmsim.cli import app
from cmsim.core.errors import CmsimError
from cmsim.core.simtime import DAY
from cmsim.reporting.story import find_divergence, most_eventful_client, pair_of, pair_text, story_text, tell_story
from cmsim.reporting.story.turning_points import ClientRows
from cmsim.results import narration
from cmsim.results.narration import largest_causes
from cmsim.results.simulation import simulate
from cmsim.schema.codes import FACTORS, CrisisOutcome, HandoverKind, NoticedBy, RegistrationEvent, StaffEvent

WARM_UP = 60
SMALL = {
    "world.population.clients": 100,
    "world.warm_up_days": WARM_UP,
    "run.days": 365,
    **{f"{part}.staff.case_managers": 5 for part in ("baseline", "service")},
    **{f"{part}.hospital.beds": 14 for part in ("baseline", "service")},
}


@pytest.mark.parametrize(
    ("codes", "told"),
    [
        (CrisisOutcome, narration._CRISES),
        (HandoverKind, narration._HANDOVERS),
        (RegistrationEvent, narration._REGISTRATIONS),
        (StaffEvent, narration._STAFF),
    ],
)
def test_there_is_a_sentence_for_everything_that_may_happen(codes, told):
    assert [each.label for each in codes if each.label not in told] == []


@pytest.fixture(scope="module")
def usual():
    return simulate(cmsim.load_scenario("usual_care").replace(SMALL))


@pytest.fixture(scope="module")
def fewer():
    changed = {**SMALL, "name": "fewer", "service.caseload.size": 12, "service.caseload.closure": "clients_fixed"}
    return simulate(cmsim.load_scenario("usual_care").replace(changed))


@pytest.fixture(scope="module")
def placebo():
    return simulate(cmsim.load_scenario("usual_care").replace(SMALL), perturb=True)


def story(run, key=None, **words):
    return tell_story(run, key or most_eventful_client(run), **words)


def test_the_story_with_most_events_is_complete_and_in_order(usual):
    told = story(usual)
    minutes = [event.minute for event in told.events]
    assert minutes == sorted(minutes)
    phases = [event for event in told.events if event.kind == "phase"]
    row = usual.client_columns["key"].index(told.key)
    transitions = usual.arrays("transitions")
    mine = transitions[transitions["client"] == row]
    to_or_from_hospital = (mine["to"] == 3) | (mine["from"] == 3)
    assert len(phases) == int((~to_or_from_hospital).sum()) > 0
    crises = usual.arrays("crises")
    assert sum(event.kind == "crisis" for event in told.events) == int((crises["client"] == row).sum())
    assert {"registration", "phase", "contacts"} & {event.kind for event in told.events}


def test_every_onset_names_its_two_largest_causes_who_knew_and_who_acted(usual):
    keys = usual.client_columns["key"]
    transitions = usual.arrays("transitions")
    onsets = 0
    for row in sorted({int(client) for client in transitions["client"][transitions["to"] == 1]})[:25]:
        told = tell_story(usual, keys[row])
        mine = transitions[transitions["client"] == row]
        for place in np.flatnonzero(mine["to"] == 1):
            event = next(each for each in told.events if each.kind == "phase" and each.minute == mine["minute"][place])
            onsets += 1
            raising = sorted(((float(mine[place][f"factor {name}"]), name) for name in FACTORS), reverse=True)
            for factor, name in raising[:2]:
                if factor > 1.05:
                    assert f"{name} x{factor:.1f}" in event.because
            by = int(mine["noticed_by"][place + 1]) if place + 1 < len(mine) else int(mine["noticed_by"][place])
            assert NoticedBy(by).label in event.knew
            assert event.acted
    assert onsets > 10


def test_who_acted_and_how_late_is_what_the_contacts_say(usual):
    for key in usual.client_columns["key"]:
        told = tell_story(usual, key)
        rows = told.rows
        for event in told.events:
            if event.kind == "phase" and "came" in event.acted:
                seen = rows.first_meeting(event.minute, event.minute + 90 * DAY)
                assert seen is not None
                assert seen[1].split(".")[0] in event.acted or rows.first_meeting(0, np.inf)
                return
    pytest.fail("somebody is seen after a prodrome was noticed")


def test_causes_name_nothing_that_weighs_nothing():
    row = {f"factor {name}": 1.0 for name in FACTORS}
    assert largest_causes(row) == "no factor stands out"
    row |= {"factor stress": 1.4, "factor criticism": 2.0, "factor frailty": 1.2, "factor medication": 0.3}
    assert largest_causes(row) == "criticism x2.0, stress x1.4; held back by medication x0.30"


def test_two_stories_diverge_where_their_rows_first_differ_and_not_before(usual, fewer, placebo):
    diverged = 0
    for key in usual.client_columns["key"][:40]:
        pair = pair_of(usual, fewer, placebo, client=key, from_day=0)
        row = usual.client_columns["key"].index(key)
        first, second = (
            {
                (name, *map(float, (each["minute"],)), each.tobytes())
                for name, rows in ClientRows(_tables(run), row).items()
                for each in rows
            }
            for run in (usual, fewer)
        )
        different = first ^ second
        if pair.divergence is None:
            assert not different
            continue
        diverged += 1
        assert pair.divergence.minute == min(minute for _, minute, _ in different)
        assert pair.divergence.day >= WARM_UP, "replications are equal until the policies differ"
        assert any("service.caseload.size" in reason for reason in pair.divergence.why)
    assert diverged > 20


def _tables(run):
    names = [table.kind.name for table in run.ledger]
    return {name: run.arrays(name) for name in names if {"client", "minute"} <= set(run.arrays(name).dtype.names)}


def test_a_story_beside_itself_never_diverges(usual):
    told = story(usual)
    assert find_divergence(told, tell_story(usual, told.key)) is None


def test_the_text_says_what_it_is_and_shows_the_placebo_run(usual, fewer, placebo):
    text = story_text(story(usual, from_day=WARM_UP))
    assert "illustration" in text
    assert "because:" in text
    assert max(map(len, text.splitlines())) <= 140
    pair = pair_of(usual, fewer, placebo, client=None)
    said = pair_text(pair)
    assert "differ from day" in said
    assert "placebo run" in said
    assert all(tally.label in said for tally in pair.one.tallies)


def test_an_unknown_client_is_named_with_the_nearest(usual):
    with pytest.raises(CmsimError, match=r'given "c0004x".*c0004'):
        tell_story(usual, "c0004x")


def test_the_command_tells_a_story_and_refuses_what_is_not_there(tmp_path):
    small = [word for key, value in SMALL.items() for word in ("--set", f"{key}={value}")]
    place = tmp_path / "story.txt"
    done = CliRunner().invoke(app, ["story", "usual_care", "--client", "c0003", "--out", str(place), *small])
    assert done.exit_code == 0, done.output
    assert "c0003" in done.output
    assert place.read_text().startswith("c0003")
    again = CliRunner().invoke(app, ["story", "usual_care", "--out", str(place), *small])
    assert isinstance(again.exception, CmsimError)
    assert "file already" in str(again.exception)
