"""Write what in docs/*.md follows from the code, between its markers: python tools/generate.py [--check]."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import re
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

import pandas as pd
from practice_questions import question_answers, question_overview
from pydantic import BaseModel

import cmsim.submodels
from cmsim.components import ALL, COMPONENTS
from cmsim.core.hazard_clocks import DailyHazard, WeeklyHazard
from cmsim.core.ledger import Column
from cmsim.core.parameters import parameters
from cmsim.core.random_streams import PURPOSES
from cmsim.core.references import SOURCES
from cmsim.model import agents
from cmsim.model.kernel_inputs import FACTS, WEEK
from cmsim.model.network.social_graph import KINDS as TIES
from cmsim.model.state.columns import CLIENT_RECORD, POST_RECORD
from cmsim.outcomes import OUTCOMES
from cmsim.policies.policy_choice import RuleFamily
from cmsim.scenario import load_scenario
from cmsim.scenario.service import Service
from cmsim.scenario.world import World
from cmsim.schema import state_variables
from cmsim.schema.codes import FACTORS
from cmsim.schema.state_variables import Variable
from cmsim.schema.tables import KINDS
from cmsim.submodels.feedback_loops import Loops
from cmsim.validation.calibration import load_ensemble, load_plan
from cmsim.validation.claims import (
    CLAIMS,
    ClaimStatus,
    ContrastResult,
    collect_statuses,
    list_open_claims,
    load_test_modules,
)
from cmsim.validation.claims import STATUSES as CLAIM_STATUSES
from cmsim.validation.trials import trial_names
from cmsim.validation.trials.cohort import CONDITIONS
from cmsim.validation.trials.trial_design import ROLES
from cmsim.validation.trials.trial_effects import EFFECTS
from cmsim.validation.trials.trial_measures import MEASURES

DOCS = Path(__file__).parents[1] / "docs"
TESTS = DOCS.parent / "tests" / "claims"
RESULTS = DOCS / "data" / "claims"
VALIDATION = DOCS / "data" / "validation"
CALIBRATION = DOCS / "data" / "calibration"
MODELS = (
    "usual_care",
    "brokerage",
    "supportive_companion",
    "clinical",
    "intensive",
    "assertive_community_treatment",
    "strengths",
    "time_limited_transition",
)
"""Practice models and their comparator, as the library describes them."""
_IN_TRIALS = (
    ("Of those readmitted within a year most are back within 90 days", "discharge", "early_share", ">", 0.5),
    ("Brokerage raises admissions", "brokerage", "broker_admitted", ">", 1.0),
    ("Clinical case management shortens stays", "brokerage", "clinical_stay", "<", 1.0),
    ("An assertive team lowers admissions", "brokerage", "assertive_admissions", "<", 1.0),
    ("Depots keep more people well than nothing", "antipsychotic", "depot_against_placebo", "<", 1.0),
    ("People relapse more with a critical family at home", "expressed-emotion", "high_365", ">", 1.0),
    ("People relapse less with a warm one", "expressed-emotion", "warmth_365", "<", 1.0),
    ("A programme for families lowers relapse", "family-work", "family_relapse", "<", 1.0),
    ("Supervision lowers exhaustion", "workforce", "supervision_exhaustion", "<", 0.0),
    ("Supervision lowers turnover", "workforce", "supervision_turnover", "<", 1.0),
    ("Large caseloads exhaust", "workforce", "caseload_exhaustion", ">", 0.0),
    ("An intensive team saves days of high users", "high-users", "days", "<", 0.0),
)
"""Patterns that a target of a trial shows: in words, trial, target, and on which side of what number."""
_IN_CONTRASTS = (
    ("Too little support lets people relapse", "too_little_support", "relapses"),
    ("Too much takes autonomy", "too_much_support", "autonomy"),
    ("Support that is taken away fast leaves crises", "fast_taper", "crises"),
    ("What time-limited help gave is lost after it", "time_limited", "relapses, second half less first"),
    ("Case managers on call lower admissions after hours", "on_call", "admitted of crises after hours"),
    ("Insisting on a depot costs alliance", "firm", "alliance of repeated refusers"),
    ("Worried calls that wait lead to crises", "worried_calls_wait", "crises"),
    ("With ties drawn again at random, stress clusters less", "rewired", "spread of stress"),
)
"""Patterns that a contrast of the claims shows: in words, contrast, measure."""
STATUSES = ("published", "derived", "fitted", "assumption")


QUESTIONS = {
    "service.caseload.assignment": "Who takes the next referral?",
    "service.caseload.weighting": "How much of a caseload does each client take up?",
    "service.caseload.balance": "When are caseloads evened out, and from what difference on?",
    "service.caseload.waiting_list": "Who of those waiting gets the next free place?",
    "service.caseload.sharing": "Does a client belong to one worker, or to the team?",
    "service.titration": "How much support is each client meant to have next week?",
    "service.planning": "How long must a wish have stood before a move is planned?",
    "service.allocation": "Whom does a case manager see next?",
    "service.slack": "What is done with time left over?",
    "service.shortage": "What gives way when time is short?",
    "service.medication": "Is a depot brought up with those who stop medication?",
    "service.turnover.handover": "How does a client pass from one worker to the next?",
    "service.turnover.vacancy": "Who sees the clients of a leaver until the post is filled?",
    "service.crisis.first": "Who is called first in a crisis?",
    "service.crisis.on_call": "When is a case manager on call?",
    "service.crisis.risky_visits": "Does a colleague go along where there is risk?",
    "service.referral_help": "How much help does a referral to an agency get?",
    "service.payer": "What is paid for, and how does that bend the work?",
    "service.review": "Who presses for a discharge, and when?",
    "service.approach": "How do workers bring up what a client might do?",
    "service.hospital.use": "How readily does the hospital admit?",
    "service.hospital.commitment": "How readily is a refusal of admission overruled?",
}
"""The question that each family of rules answers, by its setting."""


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
        methods: dict[str, Any] = {}
        for part in getattr(agents, name).__mro__:  # its own, then those of what it is put together from
            if part.__module__.startswith("cmsim.model.agents"):
                for method, function in vars(part).items():
                    methods.setdefault(method, function)
        for method, function in methods.items():
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
    """Return the components of case management: what each is, and the claims that it carries."""
    return table(("component", "what", "claims"), [(part.name, part.about, part.claims) for part in ALL])


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


def policy_families() -> str:
    """Return the families of policies: the question of each, its file, and what a rule of it must have."""
    rows = []
    for key, family, rules in _families(Service, "service"):
        methods, fields = _asked_of(family.usual, rules)
        asked = "; ".join(filter(None, (", ".join(methods), fields and f"settings {', '.join(fields)}")))
        place = f"{family.usual.__module__.replace('.', '/')}.py"
        rows.append((f"`{key}`", QUESTIONS[key], f"[{Path(place).name}](../{place})", asked))
    unknown = QUESTIONS.keys() - {key.strip("`") for key, *_ in rows}
    assert not unknown, f"QUESTIONS has keys that are no family: {unknown}"
    return table(("setting", "question", "file", "method(arguments) -> result"), rows)


def _families(section: type[BaseModel], prefix: str) -> Iterable[tuple[str, RuleFamily, list[type[BaseModel]]]]:
    """Yield each family below a section: its key, its mark and its bundled rules."""
    for name, field in section.model_fields.items():
        key = f"{prefix}.{name}"
        found = [mark for mark in field.metadata if isinstance(mark, RuleFamily)]
        yield from ((key, family, _parts(field.annotation)) for family in found)
        for part in [] if found else _parts(field.annotation):
            yield from _families(part, key) if issubclass(part, BaseModel) else ()


def _asked_of(usual: type[BaseModel], rules: list[type[BaseModel]]) -> tuple[list[str], list[str]]:
    """Return what all rules of a family have: signatures of methods, and fields that no method reads itself."""
    methods, read = [], ""
    for part in reversed([each for each in usual.__mro__ if each.__module__ == usual.__module__]):
        for name, function in vars(part).items():
            in_all = name[0] != "_" and all(hasattr(rule, name) for rule in rules)
            if inspect.isfunction(function) and in_all:
                source = textwrap.dedent(inspect.getsource(function))
                (made,) = ast.parse(source).body
                assert isinstance(made, ast.FunctionDef)
                assert made.returns is not None
                made.args.args.pop(0)
                methods.append(f"`{name}({ast.unparse(made.args)}) -> {ast.unparse(made.returns)}`")
                read += source
    everywhere = [name for name in usual.model_fields if all(name in rule.model_fields for rule in rules)]
    return methods, [f"`{name}`" for name in everywhere if name != "rule" and f"self.{name}" not in read]


def _parts(annotation: Any) -> list[type[Any]]:
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
    rows = [(f"`{each.name}`", each.unit, each.better or "depends", each.definition) for each in OUTCOMES.values()]
    return table(("outcome", "unit", "better", "definition"), rows)


def factors() -> str:
    """Return the factors of the hazard of a prodrome."""
    return ", ".join(FACTORS)


def evidence_counts() -> str:
    """Return how many numbers of the world have each status, and how many rest on a source not read."""
    found = [each for each in parameters(World()) if each.evidence.status != "choice"]
    count = Counter(each.evidence.status for each in found)
    unread = sum(each.evidence.source in SOURCES and not each.evidence.verified for each in found)
    rows = [(status, count[status]) for status in STATUSES]
    return table(
        ("status", "numbers"), [*rows, ("**all**", len(found)), ("of these with an unverified source", unread)]
    )


def evidence_ledger() -> str:
    """Return every number of the world with its evidence, a table a section."""
    sections: dict[str, list[tuple[Any, ...]]] = {}
    ensemble = load_ensemble()
    for found in parameters(World(), "world"):
        part, _, name = found.key.removeprefix("world.").rpartition(".")
        evidence = found.evidence
        source = evidence.source
        if source in SOURCES:
            source = SOURCES[source].citation + ("" if evidence.verified else " (unverified)")
        note = evidence.note
        if found.key in ensemble.keys:
            low, high = ensemble.spread(found.key)
            note += f"; {low:.3g} to {high:.3g} in the [calibrated sets](calibration.md)"
        row = (
            f"`{name}`",
            "left open" if found.value is None else f"{found.value:g}",
            evidence.unit,
            f"{evidence.low:g} to {evidence.high:g}",
            evidence.status,
            "" if source == evidence.status else source,
            note,
        )
        sections.setdefault(part or "world", []).append(tuple(str(cell).replace("|", "\\|") for cell in row))
    head = ("number", "value", "unit", "range", "status", "source", "what it is, or how it was derived")
    return "\n\n".join(f"### `world.{part}`\n\n{table(head, rows)}" for part, rows in sections.items())


def source_list() -> str:
    """Return the sources, whether each was read, and how many numbers rest on it."""
    used = Counter(each.evidence.source for each in parameters(World()))
    rows = [
        (f"`{key}`", source.citation, source.design, "read" if source.read else "unverified", used[key])
        for key, source in SOURCES.items()
    ]
    return table(("key", "source", "what it is", "read", "numbers"), rows)


def validated() -> list[dict[str, Any]]:
    """Return the recorded results of the virtual trials."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(VALIDATION.glob("*.json"))]


def validation_counts() -> str:
    """Return how many targets have which verdict, apart by what they were used for."""
    count: dict[str, Counter[str]] = {}
    for trial in validated():
        for row in trial["targets"]:
            count.setdefault(row["verdict"], Counter())[row["role"]] += 1
    kinds = ("fitted", "in view", "predicted")
    rows = [(verdict, *(roles[kind] for kind in kinds)) for verdict, roles in sorted(count.items())]
    return table(("verdict", "fitted", "in view", "predicted"), rows)


def validation() -> str:
    """Return each trial with its targets: published beside simulated."""
    parts = []
    for trial in validated():
        rows = [
            (
                row["label"],
                f"{row['effect']}, {row['role']}",
                _published(row),
                f"{row['band_low']:.3g} to {row['band_high']:.3g}",
                "not defined" if row["simulated"] is None else f"{row['simulated']:.3g} ({row['error']:.2g})",
                row["verdict"],
                f"{row['people']:,}",
                "" if row["inside_at_published_size"] is None else f"{100 * row['inside_at_published_size']:.0f}%",
                f"{row['source']}. {row['note']}".strip(),
            )
            for row in trial["targets"]
        ]
        head = ("target", "effect", "published", "band", "simulated", "verdict", "n", "at that size", "source")
        parts.append(
            f"## `{trial['trial']}`: {trial['title']}\n\n{trial['question']} {trial['about']}\n\n"
            f"{trial['replications']} replications of each arm, {_parameters_of(trial)}.\n\n{table(head, rows)}"
        )
    missing = [name for name in trial_names() if not (VALIDATION / f"{name}.json").exists()]
    parts += [f"## `{name}`\n\nNot recorded yet: `python tools/validate.py {name}`." for name in missing]
    return "\n\n".join(parts)


def own_trial() -> str:
    """Return the trial of one's own that stands among the examples."""
    return f"```toml\n{(DOCS / 'examples' / 'own_trial.toml').read_text(encoding='utf-8')}```"


def trial_conditions() -> str:
    """Return the columns that inclusion and groups of a trial can ask about."""
    words = {variable.name: ", ".join(variable.words) for variable in state_variables.CLIENT}
    rows = [(f"`{name}`", meaning, words.get(name, "")) for name, meaning in CONDITIONS.items()]
    return table(("column", "meaning", "words"), rows)


def trial_measures() -> str:
    """Return the measures of trials."""
    rows = [
        (f"`{name}`", each.kind, first_sentence(each.measure))
        for name, each in MEASURES.items()
        if name == each.measure.__name__
    ]
    return table(("measure", "kind", "meaning"), rows)


def trial_effects() -> str:
    """Return how arms and groups are compared, and of which kinds of measures."""
    rows = [
        (f"`{name}`", "a level" if each.arms == 1 else "two sides", ", ".join(each.kinds), each.meaning)
        for name, each in EFFECTS.items()
    ]
    return table(("effect", "of", "of measures", "meaning"), rows)


def trial_roles() -> str:
    """Return the roles of targets."""
    rows = [(f"`{role}`", used, says) for role, (used, says) in ROLES.items()]
    return table(("role", "the figure was", "a hit says"), rows)


def patterns() -> str:
    """Return stylised patterns, and whether the model shows them."""
    trials = {(trial["trial"], row["target"]): row for trial in validated() for row in trial["targets"]}
    rows = []
    for said, name, target, side, bound in _IN_TRIALS:
        row, found = trials.get((name, target)), "not recorded"
        shown = found
        if row is not None and row["simulated"] is not None:
            off = (row["simulated"] - bound) * (1 if side == ">" else -1)
            shown = "shown" if off > 1.96 * row["error"] else "not shown"
            found = f"{row['effect']} {row['simulated']:.3g} ({row['error']:.2g})"
        rows.append((said, f"trial `{name}`", found, shown))
    for said, name, measure in _IN_CONTRASTS:
        found = shown = "not recorded"
        if (RESULTS / f"{name}.json").exists():
            finding = ContrastResult.load(RESULTS, name)[measure]
            found = f"{finding.difference:+.3g} ({finding.low:.3g} to {finding.high:.3g}) {finding.unit}"
            shown = "shown" if finding.shown else "not shown"
        rows.append((said, f"contrast `{name}`: {measure}", found, shown))
    return table(("pattern", "seen in", "found", ""), rows)


def _parameters_of(trial: dict[str, Any]) -> str:
    """Return which parameter sets a trial was run under."""
    found = trial["manifest"].get("ensemble")
    ensemble = load_ensemble()
    if found == ensemble.hash:
        return f"under the calibrated sets ({found[:8]})"
    return "**with an earlier state of the model, before the calibration: to be repeated**"


def _published(row: dict[str, Any]) -> str:
    if row["published"] is None:
        return ""
    said = f"{row['published']:.3g}"
    if row["published_low"] is not None:
        said += f" ({row['published_low']:.3g} to {row['published_high']:.3g})"
    return said + (" unverified" if row["status"] == "recalled" else "")


def _calibration(name: str) -> pd.DataFrame:
    return pd.read_csv(CALIBRATION / f"{name}.csv")


def calibration_fitted() -> str:
    """Return each fitted parameter with what the targets left of its range and the target that it affects most."""
    kept = _calibration("parameters")
    rows = [
        (
            f"`{row['parameter']}`",
            f"{row['low']:.3g} to {row['high']:.3g}",
            f"{row['kept_low']:.3g} to {row['kept_high']:.3g}",
            f"{100 * row['left']:.0f}%",
            f"`{row['main_target']}` ({row['standardised_slope']:+.1f})",
            f"`{row['confounded_with']}` ({row['correlation']:+.2f})" if row["correlation"] else "",
        )
        for row in kept.to_dict("records")
    ]
    return table(("parameter", "range before", "range kept", "left", "moves most", "goes with"), rows)


def calibration_targets() -> str:
    """Return the targets: the band, and what all sets and the accepted ones give."""
    plan, held = load_plan(), _calibration("sets")
    accepted = held[held["accepted"]]
    rows = []
    for wanted in plan.wanted():
        low, high = wanted.centre - 2.0 * wanted.sd, wanted.centre + 2.0 * wanted.sd
        every, kept = held[wanted.key], accepted[wanted.key]
        inside = float(((kept >= low) & (kept <= high)).mean())
        rows.append(
            (
                f"`{wanted.key}`",
                f"{low:.3g} to {high:.3g}",
                f"{every.quantile(0.05):.3g} to {every.quantile(0.95):.3g}",
                f"{kept.min():.3g} to {kept.max():.3g}",
                f"{100 * inside:.0f}%",
            )
        )
    return table(("target", "band", "all sets run (5-95%)", "accepted sets", "of them in the band"), rows)


def calibration_told() -> str:
    """Return how the calibration went, in a sentence, and the hash of what it left."""
    ensemble, held = load_ensemble(), _calibration("sets")
    left = " and ".join(
        f"{100 * share:.2g}% after wave {wave}"
        for wave, share in enumerate(ensemble.manifest["left_after_each_wave"], 1)
    )
    cutoff = ensemble.manifest["plan"]["cutoff"]
    return (
        f"{len(held)} sets were run; {int(held['accepted'].sum())} were accepted, the least implausible at "
        f"{held['implausibility'].min():.2f} of {cutoff:g}. Of the space {left} was "
        f"left. Hash of the ensemble: `{ensemble.hash}`."
    )


def loops() -> str:
    """Return the feedback loops that can be switched off."""
    rows = []
    for name, field in Loops.model_fields.items():
        links, _, cut = (field.description or "").partition(". Off: ")
        rows.append((f"`world.loops.{name}`", links, cut.rstrip(".")))
    return table(("switch", "the loop", "what switching it off cuts"), rows)


def _variables(variables: Iterable[Variable]) -> str:
    rows = []
    for each in variables:
        unit = each.unit if not each.words else f"one of: {', '.join(each.words)}"
        rows.append((f"`{each.name}`", each.kind, unit, each.meaning))
    return table(("variable", "kind", "unit", "meaning"), rows)


def client_state() -> str:
    """Return the state variables of clients."""
    return _variables(state_variables.CLIENT)


def post_state() -> str:
    """Return the state variables of case managers' posts."""
    return _variables(state_variables.POST)


def grids() -> str:
    """Return the state variables of clients that have one value a need domain or agency."""
    rows = [(f"`{each.name}`", each.kind, each.unit, f"{each.meaning}, by {by}") for each, by in state_variables.GRIDS]
    return table(("variable", "kind", "unit", "meaning"), rows)


def ties() -> str:
    """Return the kinds of tie."""
    return ", ".join(TIES)


def events() -> str:
    """Return the events that wait for an accumulated hazard."""
    rows = [
        (hazard.purpose.removeprefix("clock."), PURPOSES[hazard.purpose], how)
        for hazards, how in ((DailyHazard, "every night"), (WeeklyHazard, "every Sunday night"))
        for hazard in hazards
    ]
    return table(("event", "decides", "hazard added"), rows)


def submodels() -> str:
    """Return the rules: every function of cmsim.submodels with what it returns, and the section it reads."""
    rows = []
    for info in pkgutil.iter_modules(cmsim.submodels.__path__):
        module = importlib.import_module(f"cmsim.submodels.{info.name}")
        for name, function in vars(module).items():
            mine = inspect.isfunction(function) and function.__module__ == module.__name__
            if mine and not name.startswith("_"):
                says = first_sentence(function).partition("; ")[0].rstrip(".")
                rows.append((f"`{info.name}.{name}`", says))
    return table(("rule", "what"), [tuple(cell.replace("|", "\\|") for cell in row) for row in rows])


def practice_models() -> str:
    """Return what each practice model states, with the comparator."""
    rows = []
    for name in MODELS:
        service = load_scenario(name).service
        caseload, practice, crisis = service.caseload, service.practice, service.crisis
        left_out = [kind for kind in COMPONENTS if kind not in practice.components]
        parts = "all thirteen"
        if left_out:
            parts = ", ".join(practice.components)
        posts = "posts follow" if caseload.closure == "clients_fixed" else "posts stay"
        on_call = crisis.on_call
        hours = f"{service.staff.hours:g} h on workdays"
        if on_call.rule == "team":
            hours += f", on call {on_call.since} to {on_call.until} h"
        ends = f", ends after {practice.programme_days} days" if practice.programme_days else ""
        rows.append(
            (
                f"`{name}`",
                parts,
                practice.stance.replace("_", " "),
                f"{caseload.size}, {posts}{ends}",
                f"{hours}; {crisis.first.rule.replace('_', ' ')}",
                "team" if caseload.sharing.shared else "individual",
                f"{service.staff.training}, supervision {service.turnover.supervision_hours:g} h a week",
                service.titration.rule.replace("_", " "),
            )
        )
    head = ("scenario", "components", "stance", "caseload", "hours", "clients of", "training", "titration")
    return table(head, rows)


def claim_statuses() -> list[ClaimStatus]:
    """Return every status of a claim that a test states."""
    return collect_statuses(load_test_modules(TESTS))


def claims() -> str:
    """Return every claim with its status, its mechanism and its tests."""
    every = claim_statuses()
    waiting = list_open_claims(every, RESULTS)
    held: dict[str, list[ClaimStatus]] = {}
    for each in every:
        held.setdefault(each.key, []).append(each)
    rows: list[tuple[Any, ...]] = []
    for key, claim in CLAIMS.items():
        if key not in held:
            rows.append((key, claim.mechanism, "*open*", "", ""))
        for each in held.get(key, []):
            places = ", ".join(f"`{place}`" for place in each.mechanism.split(", ") if place)
            status = each.status if not each.reason else f"{each.status}: {each.reason}"
            if key in waiting:
                status = "*open*: its contrast is not recorded yet"
            rows.append((key, claim.mechanism, status, places, f"`{each.test}`"))
    rows = [tuple(str(cell).replace("|", "\\|") for cell in row) for row in rows]
    return table(("claim", "what it says", "status", "mechanism", "test"), rows)


def claim_counts() -> str:
    """Return how many claims have each status; a claim with several counts by its first."""
    every = claim_statuses()
    waiting = list_open_claims(every, RESULTS)
    first: dict[str, str] = {}
    for each in every:
        if each.key not in waiting:
            first.setdefault(each.key, each.status)
    count = Counter(first.values())
    rows = [(status, count[status], meaning) for status, meaning in CLAIM_STATUSES.items()]
    rows.append(("open", len(waiting), "no test yet, or its contrast is not recorded yet"))
    return table(("status", "claims", "meaning"), rows)


def contrasts() -> str:
    """Return what the committed contrasts show."""
    rows = []
    for path in sorted(RESULTS.glob("*.json")):
        held = ContrastResult.load(RESULTS, path.stem)
        for finding in held.findings:
            said = "more" if finding.sign > 0 else "less"
            shown = "shown" if finding.shown else "not shown"
            interval = f"{finding.difference:+.3g} ({finding.low:.3g} to {finding.high:.3g})"
            rows.append(
                (
                    f"`{held.name}`",
                    held.question,
                    f"{finding.measure} ({finding.unit})" if finding.unit else finding.measure,
                    f"{finding.mean_a:.3g}",
                    interval,
                    f"{said}: {shown}",
                    f"{100.0 * finding.share:.0f}% of {finding.draws}",
                )
            )
    head = ("contrast", "question", "measure", "a", "b minus a (95% interval)", "claim says", "stated sign in")
    return table(head, rows)


TABLES = {
    each.__name__: each
    for each in (
        decisions,
        evidence,
        components,
        policies,
        policy_families,
        ledger,
        outcomes,
        factors,
        loops,
        client_state,
        post_state,
        grids,
        ties,
        events,
        practice_models,
        submodels,
        claims,
        claim_counts,
        evidence_counts,
        evidence_ledger,
        source_list,
        validation_counts,
        validation,
        patterns,
        calibration_fitted,
        calibration_targets,
        calibration_told,
        own_trial,
        trial_conditions,
        trial_measures,
        trial_effects,
        trial_roles,
        contrasts,
        question_answers,
        question_overview,
    )
}


RECORDS = DOCS.parent / "cmsim" / "model" / "state" / "records.pyi"


def record_types() -> str:
    """Return what a type checker knows of the records that compiled loops read, from their declarations."""
    made = [
        '"""Records as compiled loops read them, for type checkers only; made by tools/generate.py."""\n\n'
        "from collections.abc import Iterator\nfrom typing import Protocol\n\n"
        "from cmsim.core.numeric import Floats, Ints\n"
    ]
    for name, several, dtype in (
        ("ClientRecord", "ClientRecords", CLIENT_RECORD),
        ("PostRecord", "PostRecords", POST_RECORD),
        ("Facts", "FactRows", FACTS),
        ("WeekPolicies", "WeekPolicyRows", WEEK),
    ):
        lines = [f"class {name}(Protocol):"]
        for field, (kind, *_) in (dtype.fields or {}).items():
            whole = kind.base.kind in "iub"
            lines.append(
                f"    {field}: {('Ints' if whole else 'Floats') if kind.shape else 'int' if whole else 'float'}"
            )
        made.append("\n".join(lines) + "\n")
        made.append(
            f"class {several}(Protocol):\n    @property\n    def shape(self) -> tuple[int, ...]: ...\n"
            f"    def __len__(self) -> int: ...\n    def __getitem__(self, row: int, /) -> {name}: ...\n"
            f"    def __iter__(self) -> Iterator[{name}]: ...\n"
        )
    return "\n".join(made)


def filled(page: str) -> str:
    """Return a page with the text between its markers generated again."""

    def fill(found: re.Match[str]) -> str:
        return f"{found[1]}\n{TABLES[found[2]]()}\n{found[3]}"

    return re.sub(r"(<!-- begin (\w+) -->)\n.*?(<!-- end -->)", fill, page, flags=re.DOTALL)


if __name__ == "__main__":
    if RECORDS.read_text(encoding="utf-8") != record_types():
        if "--check" in sys.argv:
            sys.exit(f"{RECORDS.name} is behind the code: python tools/generate.py")
        RECORDS.write_text(record_types(), encoding="utf-8")
    for page in sorted(DOCS.glob("*.md")):
        before = page.read_text(encoding="utf-8")
        after = filled(before)
        if after != before and "--check" in sys.argv:
            sys.exit(f"docs/{page.name} is behind the code: python tools/generate.py")
        if after != before:
            page.write_text(after, encoding="utf-8")
