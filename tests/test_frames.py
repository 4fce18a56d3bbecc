"""Rows as people read them: words, days and keys instead of codes, minutes and row numbers."""

from __future__ import annotations

import inspect

import numpy as np
import pandas as pd
import pytest

from cmsim.components import COMPONENTS
from cmsim.core.simtime import DAY, HOUR
from cmsim.model.state.day_log import DayLog
from cmsim.results.data_frames import column_sheet, contact_sheet, sheet
from cmsim.results.event_log import event_sheet
from cmsim.schema.codes import FACTORS, Phase, Provider, Setting, StaffEvent
from cmsim.schema.tables import KINDS, ContactRow

BY_NAME = {kind.name: kind for kind in KINDS}
KEYS = ["c0001", "c0002", "r0001"]


def rows(kind, *facts):
    table = np.zeros(len(facts), dtype=BY_NAME[kind].dtype)
    for row, fact in zip(table, facts, strict=True):
        for column, value in fact.items():
            row[column] = value
    return table


def test_codes_become_words_and_minutes_become_days():
    stays = rows(
        "admissions",
        {"minute": 3 * DAY + 90, "client": 2, "discharged": 5 * DAY + DAY // 2, "involuntary": 1},
        {"minute": 4 * DAY, "client": 0, "discharged": -1},
    )
    found = sheet(BY_NAME["admissions"], stays, KEYS)
    assert found.frame["day"].tolist() == [3, 4]
    assert found.frame["minute"].tolist() == [90, 0]
    assert found.frame["client"].tolist() == ["r0001", "c0001"]
    assert found.frame["discharged_day"][0] == 5.5
    assert pd.isna(found.frame["discharged_day"][1])
    assert found.frame["involuntary"].tolist() == [True, False]
    assert found.frame["by"].tolist() == ["case manager", "case manager"]
    assert set(found.columns) == set(found.frame.columns)


def test_what_stands_for_none_is_empty():
    found = sheet(BY_NAME["transitions"], rows("transitions", {"noticed_after": -1.0}), KEYS).frame
    assert pd.isna(found["noticed_after"][0])


def test_psychiatrists_aides_and_case_managers_are_told_apart():
    by = {word: Provider.of(word) for word in Provider.labels()}
    contacts = rows(
        "contacts",
        {"by": by["case manager"], "worker": 2001},
        {"by": by["psychiatrist"], "worker": 0},
        {"by": by["case aide"], "worker": 0},
        {"by": by["team member"], "worker": 2001},
        {"by": by["crisis service"], "worker": -1},
    )
    found = contact_sheet(BY_NAME["contacts"], contacts, dict.fromkeys(COMPONENTS, np.ones(5, dtype=np.float32)), KEYS)
    assert found.frame["worker"].tolist()[:4] == ["w03.2", "p1", "a1", "w03.2"]
    assert pd.isna(found.frame["worker"][4])
    assert [f"minutes {name}" for name in COMPONENTS] == found.frame.columns[-13:].tolist()


@pytest.mark.parametrize("kind", BY_NAME)
def test_every_kind_has_a_table_with_notes_even_when_empty(kind):
    found = sheet(BY_NAME[kind], rows(kind), KEYS)
    assert len(found.frame) == 0
    assert all(found.columns[column] for column in found.frame.columns)


def test_state_that_is_not_there_is_empty():
    state = {"key": ["c0001", "c0002"], "end_setting": np.array([5.0, np.nan]), "end_worker": np.array([3.0, -1.0])}
    notes = {"setting": ("word", "where"), "key": ("client key", "who")}
    found = column_sheet("clients", "people", state, {"setting": Setting.labels()}, notes)
    assert found.frame["end_setting"].tolist()[0] == "own flat"
    assert found.frame["end_worker"].tolist()[0] == "w04"
    assert found.frame.isna().sum().tolist() == [0, 1, 1]
    assert found.columns["end_setting"] == ("word", "where")


def test_events_tell_what_happened_in_order_of_time():
    tables = {kind: rows(kind) for kind in BY_NAME}
    factors = {f"factor {name}": 1.0 for name in FACTORS} | {"factor medication": 2.7, "factor stress": 0.5}
    tables["transitions"] = rows(
        "transitions", {"minute": 10 * DAY, "client": 1, "from": 1, "to": Phase.ACUTE, "noticed_by": 2, **factors}
    )
    tables["crises"] = rows("crises", {"minute": 10 * DAY + 5, "client": 1, "worker": -1, "by": 2, "response": HOUR})
    tables["admissions"] = rows(
        "admissions", {"minute": 10 * DAY + 9, "client": 1, "discharged": 12 * DAY, "discharge": 1}
    )
    tables["staff"] = rows("staff", {"minute": 9 * DAY, "worker": 0, "event": StaffEvent.LEFT, "tenure": 40})
    found = event_sheet(tables, KEYS).frame
    assert found["day"].tolist() == [9, 10, 10, 10, 12]
    assert found["kind"].tolist() == ["staff", "phase", "crisis", "hospital", "hospital"]
    assert found["what"].tolist() == ["left", "prodromal to acute", "settled", "admitted voluntarily", "discharged"]
    assert found["detail"][1] == "medication x2.7; held back by stress x0.50; the family had noticed the signs"
    assert found["detail"][4] == "treatment complete, after 2.0 days"
    assert found["worker"][0] == "w01.1"
    assert found["client"].isna().tolist() == [True, False, False, False, False]


def test_a_contact_is_packed_from_the_fields_of_its_row():
    log = DayLog()
    assert tuple(inspect.signature(log.write_contact).parameters) == ContactRow._fields
    (kind,) = (kind for kind in KINDS if kind.row is ContactRow)
    row = ContactRow(*range(len(ContactRow._fields)))
    log.write_contact(**row._asdict())
    assert np.frombuffer(log.contacts, dtype=kind.dtype).tolist() == [tuple(row)]
