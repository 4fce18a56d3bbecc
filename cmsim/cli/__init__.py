"""The command line: parse, call, print; one module for each group of commands.

``main`` is the entry point. A further group is one more file and one more import here, in the order of the help.
"""

from cmsim.cli import (  # isort: skip # noqa: F401
    run_commands,
    find_command,
    caseload_command,
    fit_command,
    sensitivity_command,
    report_command,
    results_commands,
    doctor_command,
    study_commands,
    story_command,
    trial_commands,
    calibrate_command,
    scenario_commands,
    import_command,
    evidence_command,
    docs_command,
    app_command,
)
from cmsim.cli.application import app, main

__all__ = ["app", "main"]
