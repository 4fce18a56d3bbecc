"""The page: whole, self-contained, readable without seeing; clear messages where nothing can be reported."""

from __future__ import annotations

import html
import json
import re
import shutil
import sys
from html.parser import HTMLParser
from io import StringIO

import numpy as np
import openpyxl
import pandas as pd
import pytest
from matplotlib.figure import Figure
from rich.console import Console

import cmsim
from cmsim.cli import main
from cmsim.core.errors import CmsimError
from cmsim.outcomes import OUTCOMES, SERIES
from cmsim.reporting.figures import draw_course
from cmsim.reporting.outcome_lines import lines
from cmsim.reporting.page import write_brief, write_page, write_workbook
from cmsim.reporting.page.checklists import odd, order_of_the_day, stress
from cmsim.reporting.page.results_reader import read_folder, read_results
from cmsim.reporting.page.summary_section import answer
from cmsim.reporting.page.svg_charts import by_value, effect_bars, interval_bar
from cmsim.reporting.result_folder import check_destination

TINY = {
    "world.population.clients": 25,
    "world.warm_up_days": 15,
    "run.days": 35,
    "service.staff.case_managers": 2,
    "baseline.staff.case_managers": 2,
}
VOID = {"meta", "br", "rect", "line", "path", "circle", "use", "link", "input"}


class Page(HTMLParser):
    """The elements of a page, and whether they nest."""

    def __init__(self, text):
        super().__init__()
        self.text, self.open, self.found, self.words = text, [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> at {self.getpos()}"

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def comparison():
    usual = cmsim.load_scenario("usual_care").replace({"name": "usual", "title": "Usual <care>", **TINY})
    more = usual.replace({"name": "more", "title": "More & sooner", "service.contact.least_visits": 4.0})
    return cmsim.compare(usual, more, replications=3, workers=1)


@pytest.fixture(scope="module")
def compared(comparison, tmp_path_factory):
    return comparison.save(tmp_path_factory.mktemp("compared") / "out")


@pytest.fixture
def folder(compared, tmp_path):
    return shutil.copytree(compared, tmp_path / "out")


def test_the_page_is_whole_self_contained_and_can_be_read_without_seeing(folder):
    text = write_page(folder).read_text()
    page = Page(text)
    assert page.open == []
    assert not re.search(r'(src|href)="(?!#)', text.replace('xlink:href="#', ""))
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"|<!DOCTYPE[^>]*>', "", re.sub(r"https?://doi\S+", "", text))
    assert page.all("html")[0]["lang"] == "en"
    assert any(each.get("name") == "viewport" for each in page.all("meta"))
    for picture in page.all("svg"):
        assert picture.get("aria-hidden") == "true" or (picture["role"] == "img" and picture["aria-label"])
    assert all("scope" in head for head in page.all("th"))
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    links = [each["href"][1:] for each in page.all("a")]
    assert set(links) <= set(ids)
    assert "@media print" in text


def test_the_page_says_all_that_a_reader_needs(folder):
    text = write_page(folder).read_text()
    words = " ".join(Page(text).words)
    for heading in (
        "The question",
        "The answer",
        "Who gains and who loses",
        "How sure",
        "Sensitivity analysis",
        "Assumptions",
        "Methods",
        "Limits",
        "Inputs, seed, versions",
        "STRESS",
        "ODD",
    ):
        assert heading in words, heading
    assert "Usual <care>, or More & sooner?" in words
    assert "Usual &lt;care&gt;" in text
    assert "Not yet tested" in words
    assert "Not stated." in words
    assert "never advice about a real person" in words
    assert cmsim.__version__ in words
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["scenarios"][1]["digest"] in words
    table = pd.read_csv(folder / "outcomes.csv").set_index("outcome")
    assert f"{table.loc['client_contacts', 'b']:.1f}" in words
    assert "contacts of a case manager" in words.lower()


def test_a_page_belongs_to_its_results_and_is_replaced_with_them(folder):
    write_page(folder)
    assert check_destination(folder) == folder
    assert write_page(folder).name == "report.html"
    elsewhere = write_page(folder, out=folder.parent / "mine.html")
    assert elsewhere.read_text() == (folder / "report.html").read_text()
    with pytest.raises(CmsimError, match=r"mine.html exists already"):
        write_page(folder, out=elsewhere)


def test_a_brief_has_the_options_as_rows_and_only_the_outcomes_asked_for(folder):
    path = write_brief(folder, outcomes=["bed_days", "client_contacts"])
    text = path.read_text()
    page = Page(text)
    assert path.name == "brief.html"
    assert page.open == []
    assert not re.search(r"(src|href)=", text)
    words = " ".join(" ".join(page.words).split())
    table = pd.read_csv(folder / "outcomes.csv").set_index("outcome")
    assert f"More & sooner {table.loc['bed_days', 'b']:.1f}" in words
    assert f"{table.loc['client_contacts', 'difference']:+.1f} (" in words
    assert OUTCOMES["crises"].label not in words
    assert "No prices are stated" in words
    assert "3 replications of each option" in words
    assert "never advice about a real person" in words
    assert check_destination(folder) == folder
    with pytest.raises(CmsimError, match=r'given "bed_dys"; did you mean "bed_days"'):
        write_brief(folder, outcomes=["bed_dys"])
    with pytest.raises(CmsimError, match="given 6; allowed: at most 5"):
        write_brief(folder, outcomes=[*table.index[:6]])


def test_a_brief_names_the_groups_that_gain_most_and_none_twice(folder):
    effects = pd.read_csv(folder / "individual_effects.csv")
    groups = effects.index[1:7]
    effects.loc[groups, "group"] = ["one", "two", "two", "three", "four", "five"]
    effects["beyond_placebo"] = True
    effects.loc[groups, "hard_days"] = [-1.0, -5.0, -5.0, -4.0, -3.0, 2.0]
    effects.loc[groups, ["low", "high"]] = [[-9.0, -0.5]] * 5 + [[1.0, 3.0]]
    effects.loc[7:, ["low", "high"]] = [-1.0, 1.0]
    effects.to_csv(folder / "individual_effects.csv", index=False)
    words = " ".join(" ".join(Page(write_brief(folder).read_text()).words).split())
    grouping = effects["grouping"][2]
    assert f"the most first: two ({grouping}, -5.0 days), three (" in words
    assert "and 1 other group." in words
    assert "clearly lose, the most first: five (" in words


def test_a_brief_of_one_scenario_says_what_to_expect(tmp_path):
    usual = cmsim.load_scenario("usual_care").replace({"name": "usual", **TINY})
    saved = cmsim.repeat(usual, replications=2, workers=1).save(tmp_path / "one")
    words = " ".join(Page(write_brief(saved).read_text()).words)
    assert "What to expect" in words
    assert "Who gains" not in words


def test_a_workbook_has_a_sheet_a_table_and_keeps_text_as_text(folder):
    definitions = pd.read_csv(folder / "definitions.csv")
    definitions.iloc[0, -1] = "=1+1"
    definitions.to_csv(folder / "definitions.csv", index=False)
    book = openpyxl.load_workbook(write_workbook(folder))
    assert book.sheetnames[0] == "definitions"
    assert {"outcomes", "groups", "individual_effects", "weeks"} <= set(book.sheetnames)
    cell = book["definitions"].cell(2, len(definitions.columns))
    assert (cell.value, cell.data_type) == ("=1+1", "s")
    rows = pd.read_csv(folder / "outcomes.csv")
    assert book["outcomes"].max_row == len(rows) + 1


@pytest.mark.parametrize("everything", [False, True])
def test_results_that_are_saved_print_as_they_did(comparison, compared, everything):
    then, now = StringIO(), StringIO()
    Console(width=150, file=then).print(*comparison.terminal_tables(everything=everything))
    Console(width=150, file=now).print(*read_results(compared).terminal_tables(everything=everything))
    assert now.getvalue() == then.getvalue()


def test_results_with_former_names_of_tables_and_columns_have_the_same_page(folder):
    expected = write_page(folder, out=folder.parent / "present.html").read_text()
    (folder / "individual_effects.csv").rename(folder / "fates.csv")
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace("individual_effects.csv", "fates.csv"))
    assert write_page(folder).read_text() == expected


@pytest.mark.slow
def test_sensitivity_analyses_are_shown_where_there_are_some(folder):
    pytest.importorskip("SALib")
    usual = cmsim.load_scenario("usual_care").replace(TINY)
    more = usual.replace({"name": "more", "service.contact.least_visits": 4.0})
    asked = {"only": ["contact_time"], "outcomes": ["client_contacts"], "workers": 1}
    cmsim.uncertainty(usual, more, draws=3, **asked).save(folder / "psa")
    cmsim.sensitivity(usual, more, by="section", points=2, replications=1, **asked).save(folder.parent / "morris")
    words = " ".join(Page(write_page(folder, more=(folder.parent / "morris",)).read_text()).words)
    assert "Parameter uncertainty: the difference from usual_care" in words
    assert "Morris screening" in words
    assert "Not yet tested" not in words
    other = more.replace({"name": "other", "service.contact.least_visits": 6.0})
    cmsim.uncertainty(usual, other, draws=2, **asked).save(folder.parent / "other")
    with pytest.raises(CmsimError, match=r"--with: given .* is about usual_care\w*, other; allowed: .* usual, more"):
        write_page(folder, more=(folder.parent / "other",))
    with pytest.raises(CmsimError, match="written by cmsim sensitivity; allowed: a folder of run, compare or sweep"):
        write_page(folder.parent / "morris")
    with pytest.raises(CmsimError, match="written by cmsim compare; allowed: one of sensitivity"):
        write_page(folder, more=(folder,))


def test_one_scenario_has_a_page_too(tmp_path):
    usual = cmsim.load_scenario("usual_care").replace(TINY)
    place = cmsim.repeat(usual, replications=2, workers=1).save(tmp_path / "out")
    page = Page(write_page(place).read_text())
    words = " ".join(page.words)
    assert page.open == []
    assert "Usual care" in words
    assert "Who gains" not in words


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda f: shutil.rmtree(f), "no such folder"),
        (lambda f: [each.unlink() for each in f.iterdir()], "is empty: the run was stopped"),
        (lambda f: (f / "manifest.json").unlink(), "holds no manifest.json"),
        (lambda f: (f / "manifest.json").write_text("{half"), "cannot be read"),
        (lambda f: (f / "manifest.json").write_text('{"format": "other"}'), "results of another kind"),
        (lambda f: (f / "manifest.json").write_text("[]"), "results of another kind"),
        (lambda f: (f / "manifest.json").write_text('{"format": "cmsim study 9"}'), "another version of cmsim"),
        (lambda f: (f / "outcomes.csv").unlink(), "outcomes.csv is missing; run the command again"),
        (lambda f: (f / "individual_effects.csv").write_text(""), "individual_effects.csv cannot be read"),
    ],
)
def test_an_unfinished_or_foreign_folder_is_told_as_such(folder, prepare, message, monkeypatch, capsys):
    prepare(folder)
    monkeypatch.setattr(sys, "argv", ["cmsim", "report", str(folder)])
    with pytest.raises(SystemExit) as end:
        main()
    error = capsys.readouterr().err
    assert end.value.code == 2
    assert error.startswith("cmsim: ")
    assert message in error
    assert "Traceback" not in error
    assert not (folder / "report.html").exists()


def rows(**changes):
    """The table of a made-up comparison: outcome -> (a, b, low, high, verdict, size)."""
    made = []
    for name, (a, b, low, high, verdict, size) in changes.items():
        made.append(
            {
                "outcome": name,
                "main": True,
                "a": a,
                "b": b,
                "difference": b - a,
                "low": low,
                "high": high,
                "verdict": verdict,
                "matters": cmsim.OUTCOMES[name].matters,
                "size": size,
                "n": 9,
            }
        )
    return pd.DataFrame(made)


def test_the_answer_is_told_in_the_units_of_the_service():
    table = rows(
        unseen_30=(0.25, 0.12, -0.14, -0.12, "better", "matters"),
        staff_hours=(100.0, 120.0, 18.0, 22.0, "higher", "matters"),
        crises=(0.5, 0.5, -0.01, 0.01, "not distinguishable", "too small to matter"),
        bed_days=(3.0, 2.0, -3.0, 1.0, "not distinguishable", "undecided"),
    )
    assert answer(table, "usual", "small", 9) == [
        "small instead of usual improves unseen for more than 30 days (12.0 instead of 25.0 % of clients); "
        "it raises paid hours of case managers (120.0 instead of 100.0 hours per client-year).",
        "No difference large enough to act on: crises.",
        "Unclear, more runs needed than 9 replications each: bed days.",
    ]
    nothing = rows(crises=(0.5, 0.5, -0.01, 0.01, "not distinguishable", "too small to matter"))
    unchanged = "b instead of a is not shown to make a difference large enough to act on."
    assert answer(nothing, "a", "b", 9)[0] == unchanged


def test_a_reading_says_whether_to_act_and_money_costs_more_or_less():
    table = rows(
        unseen_30=(0.25, 0.24, -0.015, -0.005, "better", "too small to matter"),
        crises=(0.5, 0.4, -0.2, -0.05, "better", "undecided"),
        staff_hours=(100.0, 120.0, 18.0, 22.0, "higher", "matters"),
        agency_budget=(1e6, 1.2e6, 1.8e5, 2.2e5, "higher", "matters"),
        cost_hospital=(2000.0, 1950.0, -80.0, -20.0, "lower", "too small to matter"),
        bed_days=(3.0, 2.0, -3.0, 1.0, "not distinguishable", "undecided"),
        waiting=(3.0, 3.0, -0.1, 0.1, "not distinguishable", "too small to matter"),
    )
    assert [line.reading for line in lines(table)] == [
        "slightly better, not enough to act on",
        "better, how much is unclear",
        "higher, enough to act on",
        "costs more, enough to act on",
        "costs slightly less, not enough to act on",
        "unclear: more runs needed",
        "no difference large enough to act on",
    ]
    assert [line.tone for line in lines(table)] == ["none", "good", "plain", "plain", "none", "none", "none"]


def test_an_outcome_has_one_unit_and_one_level_in_table_page_and_figure(comparison, compared, tmp_path):
    shown = {outcome.label: outcome.shown_unit for outcome in cmsim.OUTCOMES.values()}
    units = {label: unit.replace("currency", "US dollars") for label, unit in shown.items()}
    assert units != shown
    heads, levels = (each.cells for each in comparison.terminal_tables(everything=True)[0].columns[:2])
    table = {
        label: (unit.removesuffix("[/]"), level)
        for (label, unit), level in zip((head.split("\n[dim]") for head in heads), levels, strict=True)
    }
    page_text = write_page(compared, out=tmp_path / "page.html").read_text()
    cell = r'<th scope="row">([^<]+)<span class="unit">([^<]+)</span></th><td class="n" data-head="usual">([^<]+)</td>'
    page = {label: (unit, level) for label, unit, level in re.findall(cell, page_text)}
    panels = {
        axis.get_title(loc="left"): axis.get_xlabel().split("; usual: ")
        for axis in comparison.plot().axes
        if "usual: " in axis.get_xlabel()
    }
    assert {label: unit for label, (unit, _) in table.items()} == units
    assert "Contacts of a case manager" in page.keys() & panels.keys()
    assert min(len(page), len(panels)) > 10
    assert page.items() <= table.items()
    for label, (unit, level) in panels.items():
        assert unit == units[label]
        told, drawn = (float(each.replace(",", "")) for each in (table[label][1], level))
        assert drawn == pytest.approx(told, rel=0.02, abs=0.1)


def test_bars_stay_inside_and_show_what_is_beyond_by_an_arrow():
    bar = interval_bar(9.0, 5.0, 20.0, 6.0)
    assert bar.count("arrow") == 1
    assert "circle" not in bar
    xs = [float(x) for x in re.findall(r'(?:x|x1|x2|cx)="([\d.-]+)"', bar)]
    assert all(0 <= x <= 320 for x in xs)
    assert interval_bar(np.nan, 0, 1, 2) == ""
    assert 'class="open"' in interval_bar(0.5, -1.0, 2.0, 3.0)
    assert 'class="clear"' in interval_bar(1.5, 1.0, 2.0, 3.0)


def test_checklists_are_filled_from_the_code_and_blanks_stay_blank(folder):
    read = read_folder(folder)
    items = stress(read, 10, 8)
    assert len(items) == 20
    assert any("8 of 10" in stated for _, _, stated in items)
    assert [asked for _, asked, stated in items if not stated] == ["Base model overview diagram", "Pre-processing"]
    assert len(odd(read)) == 17
    assert [each[0] for each in order_of_the_day()] == list("123456")


NAMES = ["from $5 to $9", r"$\\foo$", r"$\frac{$", "<b>bold</b>", "[red]&", "_low", "=1+1"]
"""Names that are no names of formulas, markup or labels to be left out."""


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_shown_as_it_is_in_figures_and_pages(name):
    series = next(iter(SERIES.values()))
    figure = Figure()
    axis = figure.subplots()
    weeks = pd.DataFrame({"scenario": [name, name, "other"], "week": [0, 1, 0], series.name: [1.0, 2.0, 3.0]})
    draw_course(axis, weeks, series, 10, line=1.0)
    legend = axis.legend()
    figure.draw_without_rendering()
    shown = [text._preprocess_math(text.get_text()) for text in legend.get_texts()]
    assert [(text.strip(), is_math) for text, is_math in shown] == [(name, False), ("other", False)]
    outcome = next(iter(OUTCOMES.values()))
    row = {"factor": name, "role": "lever", "start": name, "end": "b", "effect": 1.0, "low": 0.0, "high": 2.0}
    _, bars = effect_bars(pd.DataFrame([row]), outcome, str)
    cells = pd.DataFrame({"scenario": "a", "draw": [0, 0], name: [name, "b"]})
    _, lines = by_value(cells, name, name, np.ones((2, 3)), outcome)
    for chart in map(str, (bars, lines)):
        written = re.findall(r"<text[^>]*>(.*?)</text>", chart)
        assert any(name in html.unescape(text) for text in written)
        assert "<b>" not in chart


@pytest.mark.system
@pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no Chromium; apt-get install chromium")
def test_a_comparison_takes_at_most_ten_printed_pages(folder):
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as tool:
        opened = tool.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = opened.new_page()
        page.goto(write_page(folder).as_uri())
        printed = page.pdf(prefer_css_page_size=True)
        opened.close()
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 10
