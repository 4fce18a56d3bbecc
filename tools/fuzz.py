"""Change files and settings at random, read them, and report what does not end as a mistake in words.

python tools/fuzz.py [--minutes N | --inputs N] [--seed S] [KIND ...].

Each input is a mutation of a bundled file or of one in ``tools/fuzz_corpus``. Reading it may succeed or raise
``CmsimError`` with a message that a terminal can print. Anything else is printed with the input that made it, and so
is an input that takes more than a second of processor time. The status is 1 where there was any.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from random import Random  # noqa: TID251  what is tried is no draw of the model

from cmsim.app.session import session_file
from cmsim.core.errors import CmsimError
from cmsim.core.former_names import FormerNameWarning
from cmsim.experiments.study.plan_builder import make_plan
from cmsim.experiments.study.study_file import read_study
from cmsim.scenario import load_scenario, parse_setting
from cmsim.scenario.library import bundled
from cmsim.scenario.parameter_sets import load_ensemble
from cmsim.scenario.scenario_table import load_scenarios
from cmsim.scenario.staff_list import read_staff
from cmsim.validation.calibration.calibration_plan import load_plan
from cmsim.validation.claims.contrast_result import ContrastResult
from cmsim.validation.trials import load_trial

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "tools" / "fuzz_corpus"
SLOW = 1.0
"""Seconds of processor time."""
LONGEST = 50_000
"""Characters of a message."""
SHOWN = 300
"""Characters of an input that are printed."""
VALUES = (
    *(
        "nan",
        "-nan",
        "inf",
        "-inf",
        "-0.0",
        "0",
        "-1",
        "1e308",
        "1e999",
        "9" * 30,
        "9" * 4301,
        "true",
        "false",
        "maybe",
    ),
    *('""', '"x"', '"$\\\\foo$"', '"\\u001b[31m"', '"\\u0000"', '"../x.toml"', '"/etc/passwd"', '"a\\u0000.toml"'),
    *("[]", "{}", "[[]]", "[1, 2]", "[true]", "{x = 1}", '{rule = "x"}', '{rule = ".x:Y"}', "{rule = 3}", "[nan]"),
    *("1979-05-27", "07:32:00", "[1979-05-27]", "{low = -inf, high = inf}", f"{{low = 0, high = {'9' * 400}}}"),
    *('["usual_care", "usual_care"]', '"usual_care"', '"usual_care+clinical"', "null", "=1+1", "[" * 300, "{a=" * 99),
)
"""What stands where something else was: odd numbers, other types, markup, formulas, paths, depth."""
BITS = (
    "\0",
    "\x1b[31m",
    "\ufeff",
    "\r",
    "\n",
    "\t",
    '"',
    "'",
    "'''",
    ",",
    ";",
    ".",
    "=",
    "[",
    "]",
    "{",
    "}",
    "#",
    "$",
    "é",
    "_",
)
_VALUE = re.compile(r"""(?<=[=:,\[;])\s*("[^"\n]*"|[^\s,;=\[\]{}"]+|\[[^\]\n]*\]|\{[^}\n]*\})""")
_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")


def mutate(text: str, others: list[str], chance: Random) -> str:
    """Return a text with one to four changes, some of them parts of other texts."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 4))):
        text = chance.choice(MUTATIONS)(text, chance.choice(others), chance)
    return text


def _exchange(pattern: re.Pattern[str], text: str, by: str, chance: Random) -> str:
    found = list(pattern.finditer(text))
    if not found:
        return text + by
    start, end = chance.choice(found).span()
    return text[:start] + by + text[end:]


def _on_lines(change: Callable[[list[str], Random], object]) -> Callable[[str, str, Random], str]:
    def changed(text: str, other: str, chance: Random) -> str:
        lines = text.splitlines() or [""]
        change(lines, chance)
        return "\n".join(lines)

    return changed


def _splice(text: str, other: str, chance: Random) -> str:
    lines, others = text.splitlines(), other.splitlines() or [""]
    first = chance.randrange(len(others))
    place = chance.randint(0, len(lines))
    return "\n".join([*lines[:place], *others[first : first + chance.randint(1, 8)], *lines[place:]])


def _insert(text: str, other: str, chance: Random) -> str:
    place = chance.randint(0, len(text))
    return text[:place] + chance.choice(BITS) * chance.choice((1, 1, 1, 2, 300)) + text[place:]


def _repeat(text: str, other: str, chance: Random) -> str:
    first = chance.randint(0, len(text))
    part = text[first : first + chance.choice((1, 5, 40))]
    return text[:first] + part * chance.choice((2, 100, 3_000)) + text[first:]


def _swap(lines: list[str], chance: Random) -> None:
    one, other = (chance.randrange(len(lines)) for _ in range(2))
    lines[one], lines[other] = lines[other], lines[one]


MUTATIONS: tuple[Callable[[str, str, Random], str], ...] = (
    lambda text, other, chance: _exchange(_VALUE, text, " " + chance.choice(VALUES), chance),
    lambda text, other, chance: _exchange(_VALUE, text, " " + chance.choice(VALUES), chance),
    lambda text, other, chance: _exchange(_VALUE, text, chance.choice(_VALUE.findall(other) or [""]), chance),
    lambda text, other, chance: _exchange(_WORD, text, chance.choice(_WORD.findall(other) or [""]), chance),
    _on_lines(lambda lines, chance: lines.pop(chance.randrange(len(lines)))),
    _on_lines(lambda lines, chance: lines.insert(chance.randint(0, len(lines)), chance.choice(lines))),
    _on_lines(_swap),
    _splice,
    _insert,
    _repeat,
    lambda text, other, chance: text[: chance.randint(0, len(text))],
)


def read_scenario(path: Path) -> None:
    """Read a scenario; written and read again it must be the same."""
    scenario = load_scenario(path)
    path.write_text(scenario.to_toml(), encoding="utf-8")
    assert load_scenario(path).digest() == scenario.digest(), "another scenario once it is written and read again"


def read_design_list(path: Path) -> None:
    """Read a study that lists the points of a file."""
    make_plan(*read_study({"scenarios": ("usual_care",), **LISTED, "design": _list_of(path.name)})[:2], path.parent)


def _list_of(name: str) -> dict[str, object]:
    return {"together": {"kind": "list", "file": name}}


def read_ensemble(path: Path) -> None:
    """Read an ensemble and lay a set over a scenario; where its hash was left alone, it is made to fit the sets."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        if held["hash"] == ENSEMBLE.hash:
            path.write_text(json.dumps(held | {"hash": replace(ENSEMBLE, sets=held["sets"]).hash}), encoding="utf-8")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        pass  # reading it is to say so
    load_ensemble(path).apply_set(USUAL, 0)


def read_setting(path: Path) -> None:
    """Read a setting of the command line and change a scenario by it."""
    USUAL.replace(dict([parse_setting(path.read_text(encoding="utf-8"))])).flat()


USUAL = load_scenario("usual_care")
ENSEMBLE = replace(load_ensemble(), sets=load_ensemble().sets[:2], targets=load_ensemble().targets[:2])
LISTED = {
    "levers": {"service.caseload.size": {}, "service.titration": {}},
    "uncertainties": {"rate": {"key": "world.illness.onset_rate"}},
}
READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "scenario": (".toml", read_scenario),
    "table": (".csv", load_scenarios),
    "roster": (".csv", lambda path: read_staff(path, USUAL.service.staff)),
    "study": (".toml", lambda path: make_plan(*read_study(path))),
    "list": (".csv", read_design_list),
    "setting": ("", read_setting),
    "trial": (".toml", lambda path: load_trial(path).scenarios()),
    "plan": (".toml", load_plan),
    "ensemble": (".json", read_ensemble),
    "claim": (".json", lambda path: ContrastResult.load(path.parent, path.stem)),
    "session": (".toml", lambda path: session_file.read(path.read_bytes(), path.name)),
}
"""By kind: the suffix of its files, and what reads them."""


def texts(kind: str) -> list[str]:
    """Return the texts of a kind that are changed."""
    if kind == "setting":
        return [f"{key}={json.dumps(value)}" for key, value in USUAL.flat().items() if value is not None]
    if kind == "ensemble":
        return [ENSEMBLE.to_json()]
    validation = files("cmsim.validation")
    found = {
        "scenario": [CORPUS / "scenario.toml", *bundled().values()],
        "study": [CORPUS / "study.toml", CORPUS / "list_study.toml"],
        "list": [CORPUS / "points.csv"],
        "trial": [*(validation / "trials" / "studies").iterdir()],
        "plan": [validation / "calibration" / "plan.toml"],
        "claim": [CORPUS / "claim.json"],
    }.get(kind) or [CORPUS / f"{kind}{READERS[kind][0]}"]
    return [file.read_text(encoding="utf-8") for file in found]


@dataclass
class Tried:
    """What became of the inputs of a kind."""

    kind: str
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")
    faults: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By where it was raised: the input, and what is wrong."""

    def attempt(self, text: str, folder: Path) -> None:
        """Read one input and note what became of it."""
        path = folder / f"fuzzed{READERS[self.kind][0]}"
        path.write_text(text, encoding="utf-8", newline="")
        became, taken = self._read(path, text)
        if taken > SLOW:  # the first of a kind loads libraries as well
            taken = min(taken, self._read(path, text)[1])
        self.outcomes[became] += 1
        self.slowest = max(self.slowest, (taken, text))
        if taken > SLOW:
            self.faults.setdefault(f"slow {taken:.0f}", (text, f"{taken:.1f} s of processor time"))

    def _read(self, path: Path, text: str) -> tuple[str, float]:
        """Return what becomes of an input, and the seconds of processor time that it takes."""
        begun = time.process_time()
        try:
            READERS[self.kind][1](path)
            became = "read"
        except CmsimError as error:
            became = self._refused(str(error), text)
        except (Exception, SystemExit) as error:
            became = self._at_fault(traceback.extract_tb(error.__traceback__)[-1], error, text)
        return became, time.process_time() - begun

    def _refused(self, message: str, text: str) -> str:
        raw = next((line for line in message.split("\n") if not line.isprintable()), None)
        if raw is not None:
            self.faults.setdefault("message that is not printable", (text, repr(raw)))
        if len(message) > LONGEST:
            self.faults.setdefault("message that is too long", (text, f"{len(message)} characters"))
        return "refused"

    def _at_fault(self, frame: traceback.FrameSummary, error: BaseException, text: str) -> str:
        place = f"{frame.filename}:{frame.lineno} {type(error).__name__}"
        self.faults.setdefault(place, (text, "".join(traceback.format_exception(error, limit=-6))))
        return "fault"

    def report(self) -> None:
        """Print totals, the slowest input, and every distinct fault with the first input that made it."""
        taken, text = self.slowest
        became = ", ".join(f"{count:,} {word}" for word, count in sorted(self.outcomes.items()))
        print(f"{self.kind}: {self.outcomes.total():,} inputs: {became}; slowest {taken:.2f} s: {_cut(text)}")
        for place, (given, said) in self.faults.items():
            print(f"  FAULT {place}\n  input: {_cut(given)}\n{said}")


def _cut(text: str) -> str:
    return ascii(text) if len(text) <= SHOWN else f"{text[:SHOWN]!a} ... ({len(text):,} characters)"


def fuzz(kind: str, seed: int, inputs: int, seconds: float) -> Tried:
    """Try mutations of one kind, so many or for so long.

    Args:
        kind: a key of ``READERS``.
        seed: with the kind and the number of an input, all that its mutation depends on.
        inputs: how many at most.
        seconds: for how long at most.
    """
    known, tried, ends = texts(kind), Tried(kind), time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        for number in range(inputs):
            if time.monotonic() > ends:
                break
            chance = Random(f"{seed} {kind} {number}")
            tried.attempt(mutate(chance.choice(known), known, chance), Path(folder))
    return tried


def main() -> None:
    """Try all kinds that are asked for, and report them."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("kinds", nargs="*", metavar="KIND", default=[*READERS], help=", ".join(READERS))
    words.add_argument("--minutes", type=float, default=1.0, help="for all kinds together; 1 by default")
    words.add_argument("--inputs", type=int, default=sys.maxsize, help="of each kind at most")
    words.add_argument("--seed", type=int, default=1, help="of the mutations")
    given = words.parse_args()
    if unknown := set(given.kinds) - set(READERS):
        words.error(f"no such kind: {', '.join(sorted(unknown))}; there are {', '.join(READERS)}")
    warnings.simplefilter("ignore", FormerNameWarning)
    done = []
    for kind in given.kinds:
        done.append(fuzz(kind, given.seed, given.inputs, 60.0 * given.minutes / len(given.kinds)))
        done[-1].report()
    faults = sum(len(each.faults) for each in done)
    print(f"In all: {sum(each.outcomes.total() for each in done):,} inputs, {faults} distinct faults.")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
