"""A table of scenarios: a CSV or Excel file with a row for each, and a column for each setting that differs."""

from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

from cmsim.core.errors import ScenarioError, nearest
from cmsim.scenario.loader import load_scenario, parse_setting
from cmsim.scenario.nested_settings import show
from cmsim.scenario.scenario import Scenario
from cmsim.scenario.setting_details import settable
from cmsim.scenario.table_file import FileTable, read_table

MAX_ROWS = 1_000
_WORDS = ("name", "based_on", "title", "purpose")


def load_scenarios(path: str | Path, base: Scenario | None = None) -> list[Scenario]:
    """Return the scenarios of a table, one a row.

    The first line names the columns: ``name`` (needed), and any of ``based_on``, ``title``, ``purpose`` and
    dotted keys such as ``service.caseload.size``. An empty cell changes nothing.

    Args:
        path: of the file.
        base: what the rows without ``based_on`` differ from, by default the bundled ``usual_care``.

    Raises:
        ScenarioError: it cannot be used; the message names file, row and column, a line for every mistake.
    """
    table = read_table(path)
    where = table.where
    if not table.head:
        raise ScenarioError(f"{where}: empty; allowed: a line with the names of columns, then a row a scenario")
    mistakes = _head_mistakes(table)
    if not table.rows:
        mistakes.append(f"{where}: no row beneath the names of the columns; allowed: a row a scenario")
    if len(table.rows) > MAX_ROWS:
        mistakes.append(f"{where}: given {len(table.rows)} rows; allowed: up to {MAX_ROWS}")
    mistakes += table.uneven_rows()
    if mistakes:
        raise ScenarioError("\n".join(mistakes))
    names = Counter(table.cells(number)["name"] for number in table.rows)
    twice = sorted(name for name, count in names.items() if name and count > 1)
    mistakes += [f"{where}: name: {show(name)} stands in several rows; allowed: once" for name in twice]
    based = cache(load_scenario)
    found: list[Scenario] = []
    for number in table.rows:
        try:
            found.append(_scenario(table.cells(number), base, based))
        except ScenarioError as error:
            mistakes += [f"{where}: row {number}: {line}" for line in str(error).splitlines()]
    if mistakes:
        raise ScenarioError("\n".join(mistakes))
    return found


def _scenario(cells: dict[str, str], base: Scenario | None, based: Callable[[str], Scenario]) -> Scenario:
    if not cells["name"]:
        raise ScenarioError("name: given nothing; allowed: a name for the scenario")
    based_on = cells.get("based_on", "")
    start = based(based_on) if based_on else base or based("usual_care")
    stated = {word: cells[word] for word in ("name", "title", "purpose") if cells.get(word)}
    changed = dict(_setting(key, cell) for key, cell in cells.items() if key not in _WORDS and cell)
    try:
        return start.replace({**stated, **changed})
    except ScenarioError as error:
        raise ScenarioError(str(error).replace("replace: ", "")) from None


def _setting(key: str, cell: str) -> tuple[str, object]:
    # spreadsheets write truth values in capitals
    return parse_setting(f"{key}={cell.lower() if cell in ('TRUE', 'FALSE') else cell}")


def _head_mistakes(table: FileTable) -> list[str]:
    where, head = table.where, table.head
    mistakes = [] if "name" in head else [f"{where}: no column name; allowed: name and settings, by dotted key"]
    mistakes += table.mistaken_columns()
    known = settable()
    for column in dict.fromkeys(filter(None, head)):
        if column not in _WORDS and column not in known:
            hint = nearest(column, [*_WORDS, *known])
            mistakes.append(f"{where}: {show(column)}: no such setting{hint}")
    return mistakes
