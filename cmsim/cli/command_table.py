"""The commands in the order of the help, each with the module that defines it and what it does.

``cmsim --help`` is shown from this table, since the modules bring the whole model with them. A further command is one
more line; what it says is the first sentence of the command's own help.
"""

from typing import NamedTuple


class Listed(NamedTuple):
    """A command as the list of all of them shows it.

    Attributes:
        module: its module below ``cmsim.cli``.
        summary: what it does.
    """

    module: str
    summary: str


COMMANDS = {
    "run": Listed("run_commands", "Simulate one scenario in several replications and summarise its outcomes."),
    "compare": Listed(
        "run_commands", "Compare scenarios with the first one, on the same population and common random numbers."
    ),
    "find": Listed("find_command", "Find which option to choose, with as few runs as that takes."),
    "caseload": Listed("caseload_command", "Work out at once how many clients a case manager can have."),
    "fit": Listed(
        "fit_command",
        "Move few parameters within their ranges until the model comes near your own figures, "
        "\\[observed] in SCENARIO.",
    ),
    "sensitivity": Listed(
        "sensitivity_command", "Analyse how a result depends on uncertain parameters (sensitivity analysis)."
    ),
    "report": Listed(
        "report_command", "Write results as one HTML page: question, answer, figures, uncertainty, limits, inputs."
    ),
    "results": Listed(
        "results_commands",
        "List the results in a folder and below, the newest first: when, where, what, and whether complete.",
    ),
    "rerun": Listed(
        "results_commands",
        "Repeat the command that wrote results or a study, and say whether its tables or runs are the same again.",
    ),
    "bundle": Listed(
        "results_commands",
        "Put results with all that another machine needs to repeat them into a folder to publish or pass on.",
    ),
    "doctor": Listed(
        "doctor_command",
        "Check that the rows of results agree: one place a person, minutes, caseloads, stays, days and costs "
        "that add up.",
    ),
    "sweep": Listed(
        "study_commands", "Run a study: every combination of its policies, parameter draws and replications."
    ),
    "story": Listed(
        "story_command", "Tell what happens to one client, and why: events, causes, who knew, who acted and when."
    ),
    "calibrate": Listed(
        "calibrate_command",
        "Calibrate by history matching: find parameter sets that published figures do not rule out.",
    ),
    "check": Listed(
        "scenario_commands",
        "Check a scenario: say what holds when, print its settings, and warn of what is implausible or does not fit.",
    ),
    "new": Listed(
        "scenario_commands",
        "Write a new scenario file: equal to an existing one, with what an agency knows of itself as comments.",
    ),
    "diff": Listed("scenario_commands", "Show the settings in which two scenarios differ, with unit and meaning."),
    "schema": Listed(
        "scenario_commands", "Print the JSON Schema of scenario files, with which an editor checks and completes them."
    ),
    "scenarios": Listed("scenario_commands", "List the bundled scenarios with what they are for."),
    "import": Listed(
        "import_command", "Write a scenario of your agency from its referrals and counts, each number with its source."
    ),
    "evidence": Listed("evidence_command", "List parameters with value, unit, plausible range, source and status."),
    "docs": Listed("docs_command", "Show a page of the documents, or list all of them where none is named."),
    "app": Listed(
        "app_command",
        "Open the teaching app: watch a run day by day, compare two policies, play a case manager's week.",
    ),
    "study": Listed("study_commands", "Report how far a study is, resume it, merge its runs."),
    "trial": Listed("trial_commands", "Reproduce published studies as virtual trials."),
}
