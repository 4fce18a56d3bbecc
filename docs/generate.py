"""Write the tables of docs/model.md that follow from the code: python docs/generate.py [--check]."""

from __future__ import annotations

import inspect
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from cmsim import agents
from cmsim import components as parts
from cmsim.components import ALL
from cmsim.evidence import parameters
from cmsim.outcomes import OUTCOMES
from cmsim.record import FACTORS, KINDS, Column
from cmsim.scenario.service import Service
from cmsim.scenario.world import World

PAGE = Path(__file__).with_name("model.md")
STATUSES = ("published", "derived", "fitted", "assumption")


def table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in [head, ("---",) * len(head), *rows]]
    return "\n".join(lines)


def first_sentence(thing: Any) -> str:
    """Return the first paragraph of a docstring in one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def decisions() -> str:
    """Return the decisions of each kind of agent: its methods that decide or choose."""
    rows = []
    for name in agents.__all__:
        kind = getattr(agents, name)
        for method, function in vars(kind).items():
            says = first_sentence(function) if inspect.isfunction(function) else ""
            if re.match(r"(Decide|Choose)\b", says):
                rows.append((name, f"`{method}`", says))
    return table(("agent", "decision", "what"), rows)


def evidence() -> str:
    """Return how many facts about the world have each status, by section."""
    counts: dict[str, Counter[str]] = {}
    for found in parameters(World()):
        counts.setdefault(found.key.split(".")[0], Counter())[found.evidence.status] += 1
    counts.pop("warm_up_days", None)
    rows = [(part, *(count[status] for status in STATUSES)) for part, count in counts.items()]
    total = sum(counts.values(), Counter())
    return table(("section", *STATUSES), [*rows, ("**all**", *(total[status] for status in STATUSES))])


def components() -> str:
    """Return the thirteen components and whether they act."""
    modules = {part.COMPONENT: part for part in vars(parts).values() if hasattr(part, "COMPONENT")}
    rows = []
    for part in ALL:
        about = first_sentence(modules[part]).partition(". ")[0].rstrip(".")
        rows.append((part.name, about, "acts" if part.effects else "no effect yet"))
    return table(("component", "what", "state"), rows)


def policies() -> str:
    """Return the policies that a scenario can choose from."""
    rows: list[tuple[str, str, str]] = []

    def visit(section: type[BaseModel], prefix: str) -> None:
        for name, field in section.model_fields.items():
            key = f"{prefix}.{name}"
            choices = [part for part in _parts(field.annotation) if issubclass(part, BaseModel)]
            if len(choices) > 1:
                default = type(field.get_default(call_default_factory=True)).model_fields["rule"].default
                for choice in choices:
                    rule = choice.model_fields["rule"].default
                    usual = " (default)" if rule == default else ""
                    rows.append((f"`{key}`", f"`{rule}`{usual}", first_sentence(choice)))
            elif choices:
                visit(choices[0], key)

    visit(Service, "service")
    return table(("setting", "rule", "what"), rows)


def _parts(annotation: Any) -> list[type]:
    found = get_args(annotation) or (annotation,)
    return [part for part in found if isinstance(part, type)]


def ledger() -> str:
    """Return the kinds of fact in the ledger."""
    rows = [(f"`{kind.name}`", kind.meaning, _names(kind.columns)) for kind in KINDS]
    return table(("table", "one row for", "columns"), rows)


def _names(columns: tuple[Column, ...]) -> str:
    names = [column.name for column in columns if not column.name.startswith("factor ")]
    more = ", one for each factor of the hazard" if len(names) < len(columns) else ""
    return ", ".join(names) + more


def outcomes() -> str:
    """Return the outcomes with their definitions."""
    rows = [
        (f"`{each.name}`", each.unit, each.better or "depends", each.definition) for each in OUTCOMES.values()
    ]
    return table(("outcome", "unit", "better", "definition"), rows)


def factors() -> str:
    """Return the factors of the hazard of a prodrome."""
    return ", ".join(FACTORS)


TABLES = {
    each.__name__: each for each in (decisions, evidence, components, policies, ledger, outcomes, factors)
}


def filled(page: str) -> str:
    """Return a page with what stands between its markers made anew."""

    def fill(found: re.Match[str]) -> str:
        return f"{found[1]}\n{TABLES[found[2]]()}\n{found[3]}"

    return re.sub(r"(<!-- begin (\w+) -->)\n.*?(<!-- end -->)", fill, page, flags=re.DOTALL)


if __name__ == "__main__":
    before = PAGE.read_text(encoding="utf-8")
    after = filled(before)
    if "--check" in sys.argv:
        sys.exit(0 if after == before else "docs/model.md is behind the code: python docs/generate.py")
    PAGE.write_text(after, encoding="utf-8")
