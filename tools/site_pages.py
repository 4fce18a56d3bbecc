"""Pages of the site beside those in docs/: notebooks, references from the code, and the files at the top.

``mkdocs`` calls the functions whose names begin with ``on_``, see ``hooks`` in mkdocs.yml.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from nbconvert import MarkdownExporter
from typer.main import get_command

from cmsim.cli import app
from cmsim.core.parameters import evidence_of
from cmsim.outcomes import OUTCOMES
from cmsim.scenario.error_messages import allowed
from cmsim.scenario.scenario_file import ScenarioFile
from cmsim.scenario.setting_types import Place

ROOT = Path(__file__).parents[1]
TOP = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md", "README.md": "index.md"}
"""Files at the top, by the pages that they are in the site; README.md has its place taken by the first page."""
_ELSEWHERE = "https://unpkg.com/iframe-worker/shim"
_LINK = re.compile(r"\[([^\]]*)\]\(([^)#:\s]+)((?:#[^)\s]*)?)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made."""
    for name in ("CHANGELOG.md", "CONTRIBUTING.md"):
        text = _LINK.sub(_from_docs, (ROOT / name).read_text(encoding="utf-8"))
        files.append(File.generated(config, TOP[name], content=text))
    for page, text in (("keys", keys()), ("outcomes", outcomes()), ("commands", commands())):
        files.append(File.generated(config, f"reference/{page}.md", content=text))
    for notebook in [file for file in files if file.src_uri.endswith(".ipynb")]:
        page, pictures = MarkdownExporter().from_filename(Path(str(notebook.abs_src_path)))
        stem = notebook.src_uri.removesuffix(".ipynb")
        for name, content in pictures["outputs"].items():
            page = page.replace(f"({name})", f"({Path(stem).name}_{name})")
            files.append(File.generated(config, f"{stem}_{name}", content=content))
        files.append(File.generated(config, f"{stem}.md", content=page))
        files.remove(notebook)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links to what lies outside of docs/ to its page; where there is none, say where it is."""

    def led(link: re.Match[str]) -> str:
        text, target, anchor = link.groups()
        if target.endswith(".ipynb"):
            return f"[{text}]({target.removesuffix('.ipynb')}.md{anchor})"
        folder = Path(page.file.src_uri).parent
        place = os.path.normpath(Path("docs") / folder / target)
        told = f"`{place}`" if text.strip("`") == place else f"{text} (`{place}`)"
        if place.startswith("docs"):
            return link[0] if (ROOT / place).is_file() or files.get_file_from_path(place[5:]) else told
        if place not in TOP:
            return told
        return f"[{text}]({os.path.relpath(TOP[place], folder)}{anchor})"

    return _LINK.sub(led, markdown)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Let pages that are opened as files search with the script of this site, not with one from elsewhere."""
    return output.replace(_ELSEWHERE, os.path.relpath("assets/iframe-worker.js", Path(page.url).parent))


def on_post_template(output_content: str, template_name: str, config: MkDocsConfig) -> str:
    """Likewise for pages without a text of their own."""
    return output_content.replace(_ELSEWHERE, "assets/iframe-worker.js")


def _from_docs(link: re.Match[str]) -> str:
    """Return a link of a file at the top as it is from within docs/."""
    text, target, anchor = link.groups()
    return f"[{text}]({os.path.relpath(target, 'docs')}{anchor})"


def cell(text: object) -> str:
    """Return text as a cell of a table in Markdown."""
    return str(text).replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def keys() -> str:
    """Return every key of a scenario file under any rule, with what is allowed, range and meaning."""
    lines = [
        "# Keys of scenarios",
        "",
        "Every key of a scenario file. `baseline` and `agency` have those of `service`.",
        "",
    ]
    lines += ["`cmsim evidence KEY` prints the same with the source of each number.", ""]
    above: tuple[str, ...] | None = None
    for key, place in Place((ScenarioFile,)).every_key():
        if key[0] in ("baseline", "agency", "changes") or place.sections:
            continue
        if key[:-1] != above:
            above = key[:-1]
            heading = ".".join(above) or "At the top"
            lines += ["", f"{'##' if len(above) < 2 else '###'} {heading}", ""]
            lines += ["| key | allowed | plausible | what |", "| --- | --- | --- | --- |"]
        evidence = evidence_of(place.field)
        plausible = f"{evidence.low:g} to {evidence.high:g}" if evidence else ""
        meaning = evidence.note if evidence else (place.field.description if place.field else "") or ""
        lines.append(f"| `{key[-1]}` | {cell(allowed(place))} | {plausible} | {cell(meaning)} |")
    return "\n".join(lines) + "\n"


def outcomes() -> str:
    """Return every outcome with its definition."""
    lines = ["# Outcomes", "", "What is measured in every run. Main outcomes, shown without asking, are in bold.", ""]
    lines += ["| name | label | unit | smallest important difference | better | definition |", "| --- " * 6 + "|"]
    for each in OUTCOMES.values():
        label = f"**{each.label}**" if each.main else each.label
        important = f"{each.shown(each.matters):g}"
        row = (f"`{each.name}`", label, each.shown_unit, important, each.better or "", each.definition)
        lines.append(f"| {' | '.join(map(cell, row))} |")
    return "\n".join(lines) + "\n"


def commands() -> str:
    """Return every command with its arguments and options."""
    return "\n".join(["# Commands", "", *_command("cmsim", get_command(app), None)]) + "\n"


def _command(name: str, command: typer.core.click.Command, parent: typer.core.click.Context | None) -> Iterator[str]:
    context = command.make_context(name, [], parent, resilient_parsing=True)
    yield from (f"## `{context.command_path}`", "", command.help or "", "")
    rows = []
    for option in command.params:
        shown = option.get_help_record(context) or (option.make_metavar(context), getattr(option, "help", "") or "")
        rows.append(f"| `{shown[0]}` | {cell(shown[1])} |")
    yield from (["| argument or option | what |", "| --- | --- |", *rows, ""] if rows else [])
    if isinstance(command, typer.core.TyperGroup):
        for word in command.list_commands(context):
            inner = command.get_command(context, word)
            if inner is not None and not inner.hidden:
                yield from _command(word, inner, context)
