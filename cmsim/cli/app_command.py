"""``app``: the teaching app in a browser."""

import importlib.util
from typing import Annotated

import typer

from cmsim.cli.application import app
from cmsim.cli.options import Settings, chosen_scenario
from cmsim.core.errors import CmsimError

_PORT = 8080


@app.command("app")
def teaching_app(
    scenario: Annotated[
        str, typer.Argument(metavar="[SCENARIO]", help="Scenario to open first: a bundled name or a .toml file.")
    ] = "usual_care",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 for any that is free.")] = _PORT,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Accept other machines, which need a token; use with --host.")
    ] = False,
    with_class: Annotated[
        bool, typer.Option("--class", help="Let learners on the local network join a class by a link or QR code.")
    ] = False,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    sessions: Annotated[int, typer.Option(help="Maximum number of pages open at the same time.")] = 12,
    settings: Settings = None,
) -> None:
    """Open the teaching app: watch a run day by day, compare two policies, play a case manager's week."""
    for needed in ("nicegui", "segno"):
        if importlib.util.find_spec(needed) is None:
            raise CmsimError(f'app: {needed} is not installed; pip install "cmsim[app]" brings it')
    from cmsim.app.session.run_process import Nursery

    nursery = Nursery()
    nursery.start()  # first of all: its first process takes longest to start, and does so beside what follows
    try:
        from cmsim.app.web.server import serve

        chosen = chosen_scenario(scenario, settings=settings)
        serve(
            chosen,
            host=host,
            port=port,
            allow_remote=allow_remote,
            browser=browser,
            sessions=sessions,
            nursery=nursery,
            with_class=with_class,
        )
    finally:
        nursery.close()
