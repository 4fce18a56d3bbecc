"""One contact walks through the functions that docs/contact-walk.md names, in that order."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from functools import reduce
from pathlib import Path

import pytest

import cmsim
from cmsim.outcomes import measure
from cmsim.results import simulation
from cmsim.schema.tables import KINDS

ROOT = Path(__file__).parents[1]
WALK = ROOT / "docs" / "contact-walk.md"
ROW = re.compile(r"^\| (\d+) \| `(\S+)` \| `(\S+)` \|", re.MULTILINE)
STEPS = [(file, name) for _, file, name in ROW.findall(WALK.read_text())]
CONTACT = next(kind for kind in KINDS if kind.name == "contacts").dtype
SMALL = {
    "world.population.clients": 24,
    "world.warm_up_days": 0,
    "run.days": 12,
    "baseline.staff.case_managers": 2,
    "service.staff.case_managers": 2,
}


def function(file, name):
    module = importlib.import_module(file.removesuffix(".py").replace("/", "."))
    return reduce(getattr, name.split("."), module)


def test_the_steps_are_numbered_from_one():
    assert [int(number) for number, _, _ in ROW.findall(WALK.read_text())] == list(range(1, len(STEPS) + 1))
    assert len(STEPS) > 15


@pytest.mark.parametrize(("file", "name"), STEPS)
def test_every_named_function_stands_in_the_named_file(file, name):
    assert Path(inspect.getsourcefile(inspect.unwrap(function(file, name)))) == ROOT / file


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(cmsim/\S+\.py|tests/\S+\.py)`", WALK.read_text()))))
def test_every_named_file_exists(path):
    assert (ROOT / path).is_file()


def of_whom(frame):
    """Return the client's row and the worker's post that a call is about, -1 for neither."""
    known, name, row = frame.f_locals, frame.f_code.co_name, -1
    me = known.get("self", known.get("worker"))
    if name == "meet":
        row = known["task"].client
    elif name == "comes":
        row = me.row
    elif name == "write_contact":
        row = known["client"]
    return row, me.post if type(me).__name__ == "CaseManager" else -1


def calls():
    """Return the calls of the named functions during a small run: step, client's row, worker's post."""
    place = {inspect.unwrap(function(*step)).__code__: number for number, step in enumerate(STEPS)}
    found = []

    def note(frame, event, _):
        if event == "call" and frame.f_code in place:
            found.append((place[frame.f_code], *of_whom(frame)))

    sys.setprofile(note)
    try:
        run = simulation.simulate(cmsim.load_scenario("usual_care").replace(SMALL))
        run.outcomes()
    finally:
        sys.setprofile(None)
    return run, found


def test_one_contact_walks_through_all_of_them_in_order():
    run, found = calls()
    meets = STEPS.index(("cmsim/model/agents/planned_contact.py", "meet"))
    held = {row for row, outcome in run.arrays("contacts")[["client", "outcome"]].tolist() if outcome == 0}
    at, row, post = next((n, row, post) for n, (step, row, post) in enumerate(found) if step == meets and row in held)
    mine = [(n, step) for n, (step, *whom) in enumerate(found) if whom[0] in (-1, row) and whom[1] in (-1, post)]
    before = [(n, step) for n, step in mine if n <= at]
    # backwards from the meeting: the last call of each earlier step stands before that of the next one
    place = at
    for step in reversed(range(meets)):
        place = max(n for n, each in before if each == step and n < place)
    # and forwards: each later step is called again after the one before it
    place = at
    for step in range(meets + 1, len(STEPS)):
        place = min(n for n, each in mine if each == step and n > place)
    assert measure(run.window)["client_contacts"] > 0.0
