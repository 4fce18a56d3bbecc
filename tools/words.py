"""Words that the glossary replaced, and must not come back.

python tools/words.py            prints how often each stands where
python tools/words.py --check    fails where one stands more often than recorded in words.json
python tools/words.py --renew    records the counts where they fell; none is ever raised
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
RECORDED = Path(__file__).with_suffix(".json")

WORDS = {
    "run": r"lived(?! (alone|with|together|in|at|on)\b)|(lives?|living) through",
    "replication": r"(?<!a )(?<!match_)histor(y|ies)(?! matching| of)",
    "sensitivity analysis": r"hangs? on",
    "common random numbers": r"luck",
    "placebo run": r"placebo twins?|twins?",
    "stochastic variation": r"mere chaos|ignorance",
    "noise threshold": r"floor of noise",
    "comparator": r"yardsticks?",
    "perturbation": r"nudg(e|es|ed|ing)",
    "quarantined": r"given up|giv(e|es|ing) up|to blame",
    "event log": r"happenings?",
    "parameter sets": r"plausible worlds?|possible worlds?|(sets|worlds) that are left",
    "initial state": r"settling|temper",
    "individual-level effects": r"fates?",
    "smallest important difference": r"reckon(s|ed|ing)?",
    "package layout": r"the house",
}
"""What to write, and what not to: a pattern of whole words, in any case."""

ALLOWED = {
    ("README.md", "common random numbers"): 1,
    ("docs/extensions.md", "common random numbers"): 1,
    ("CHANGELOG.md", "individual-level effects"): 1,
    ("CHANGELOG.md", "stochastic variation"): 1,
    ("cmsim/core", "individual-level effects"): 1,
    ("cmsim/core", "stochastic variation"): 1,
}
"""Said once to a reader who knows neither term, an argument of a rule, and former names where they are read."""

_PATTERNS = {term: re.compile(rf"(?<![A-Za-z])(?:{words})(?![A-Za-z])", re.IGNORECASE) for term, words in WORDS.items()}


def texts() -> Iterator[Path]:
    """Yield the files that people read: documents, scenarios, pages and the code with its messages."""
    yield from sorted(ROOT.glob("*.md"))
    yield from sorted((ROOT / "docs").rglob("*.md"))
    yield from sorted((ROOT / "scenarios").rglob("*.toml"))
    for suffix in ("py", "jinja", "js", "css"):
        yield from sorted((ROOT / "cmsim").rglob(f"*.{suffix}"))


def place(file: Path) -> str:
    """Return where a file is counted: a package of cmsim, so that modules may move in it, or the file itself."""
    parts = file.relative_to(ROOT).parts
    return "/".join(parts[:2]) if parts[0] in ("cmsim", "docs") else "/".join(parts)


def counted() -> dict[str, dict[str, int]]:
    """Return how often each term is named by a word that it replaced, by place."""
    found: dict[str, Counter[str]] = {}
    for file in texts():
        text = file.read_text()
        for term, pattern in _PATTERNS.items():
            found.setdefault(place(file), Counter())[term] += len(pattern.findall(text))
    return {where: {term: count for term, count in terms.items() if count} for where, terms in found.items()}


def come_back(counts: dict[str, dict[str, int]], recorded: dict[str, dict[str, int]]) -> Iterator[str]:
    """Yield a line for each word that stands more often in a place than it may."""
    for where, terms in counts.items():
        for term, count in terms.items():
            most = max(recorded.get(where, {}).get(term, 0), ALLOWED.get((where, term), 0))
            if count > most:
                yield f"{where}: {count} times, at most {most}: write {term}, not {WORDS[term]}"


def renew(counts: dict[str, dict[str, int]], recorded: dict[str, dict[str, int]]) -> None:
    """Record counts that fell, or all of them where nothing is recorded."""
    lowest = {
        where: {
            term: min(count, recorded[where].get(term, 0)) if where in recorded else 0 if recorded else count
            for term, count in terms.items()
        }
        for where, terms in counts.items()
    }
    kept = {where: {term: count for term, count in terms.items() if count} for where, terms in sorted(lowest.items())}
    RECORDED.write_text(json.dumps({where: terms for where, terms in kept.items() if terms}, indent=1) + "\n")


def main(words: list[str]) -> int:
    """Do what the command line asks; return the exit status."""
    counts = counted()
    recorded = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    if "--renew" in words:
        renew(counts, recorded)
    elif "--check" in words:
        wrong = list(come_back(counts, recorded))
        print("\n".join(wrong) or "No word that the glossary replaced has come back.")
        return bool(wrong)
    else:
        for where, terms in counts.items():
            for term, count in terms.items():
                print(f"{count:5} {where}: {WORDS[term]} ({term})")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
