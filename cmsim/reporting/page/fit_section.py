"""What the page says of a fit to one agency's own figures."""

from typing import Any

from cmsim.reporting.fit_lines import FigureLine, figure_lines, moved_lines
from cmsim.reporting.page.results_reader import Folder
from cmsim.reporting.page.summary_section import scenario_title
from cmsim.reporting.wording import listed, lower
from cmsim.scenario.setting_details import about

_ENSEMBLE, _FITTED = "ensemble.json", "fitted.toml"


def fit_content(folder: Folder) -> dict[str, Any]:
    """Return what the template prints of a fit alone."""
    scenario, settings = folder.scenarios[0], folder.settings
    figures, notes = figure_lines(folder.tables["figures"]), folder.manifest.get("notes", [])
    use = _use(folder)
    return {
        "title": f"{scenario_title(scenario)}: fitted to its own figures",
        "question": [scenario["purpose"]] if scenario["purpose"] else [],
        "answer": [*notes[:1], *_answer(figures)],
        "figures": figures,
        "moved": [(each, about(each.parameter, settings).meaning) for each in moved_lines(folder.tables["moved"])],
        "after_is": "accepted sets" if use else "nearest set, since none is accepted",
        "use": use,
        "notes": notes[1:],
        "days": folder.manifest["days"],
    }


def _use(folder: Folder) -> list[tuple[str, str]]:
    """Return how to use what came of the fit: a sentence and a command each; none if no set is accepted."""
    files, name = folder.manifest["files"], folder.scenarios[0]["name"]
    first = str(folder.path / _FITTED) if _FITTED in files else f"{name}.toml"
    if _ENSEMBLE in files:
        option = f"--ensemble {folder.path / _ENSEMBLE}"
        return [
            ("To run the agency under the accepted sets:", f"cmsim run {first} {option}"),
            ("To compare it with a change, whose file is based on it:", f"cmsim compare {first} CHANGE.toml {option}"),
        ]
    return [("To run the agency with what was moved:", f"cmsim run {first}")] if _FITTED in files else []


def _answer(figures: list[FigureLine]) -> list[str]:
    """Return which figures agree, by what became of them, in a sentence each."""
    by_reading: dict[str, list[str]] = {}
    for each in figures:
        by_reading.setdefault(each.reading, []).append(lower(each.label))
    return [f"{reading.capitalize()}: {listed(labels)}." for reading, labels in by_reading.items()]
