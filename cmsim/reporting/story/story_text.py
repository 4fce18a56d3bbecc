"""Lives as text: lines that can be read in a terminal, in a file or aloud."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from cmsim.core.simtime import clock_text
from cmsim.reporting.story.life import Life
from cmsim.reporting.story.moments import Moment
from cmsim.reporting.story.story_pair import Pair

CAUTION = "A single simulated life is an illustration of how things hang together, never a forecast about a person."

_MARGIN = " " * 24
_WIDTH = 110


def moment_lines(moment: Moment) -> list[str]:
    """Return a moment as lines: when and what, then why, who knew, who acted."""
    if moment.kind == "contacts":
        return _wrapped(_MARGIN, f"({moment.what})")
    lines = _wrapped(f"{clock_text(moment.minute):>22}  ", moment.what)
    for label, said in (("because", moment.because), ("knew", moment.knew), ("acted", moment.acted)):
        if said:
            lines += _wrapped(_MARGIN, f"{label}: {said}")
    return lines


def _wrapped(before: str, text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=before, subsequent_indent=f"{_MARGIN}  ")


def _heading(life: Life) -> list[str]:
    scenario = life.run.scenario
    lines = (
        f"{life.key}, {life.about}",
        f"under {scenario.name} ({scenario.title})",
        f"replication {life.run.replication}, seed {scenario.run.seed}",
    )
    return [part for line in lines for part in textwrap.wrap(line, _WIDTH, subsequent_indent="  ")]


def life_text(life: Life) -> str:
    """Return a life as text."""
    lines = [*_heading(life), ""]
    for moment in life.moments:
        lines += moment_lines(moment)
    lines += ["", "What it came to after the warm-up:"]
    lines += [f"  {tally.label}: {tally.value:.0f} {tally.unit}" for tally in life.tallies]
    lines += ["", CAUTION]
    return "\n".join(lines)


def pair_text(pair: Pair) -> str:
    """Return two lives as text: where they part and why, both from there on, what they came to, the twin."""
    return "\n".join(_pair_lines(pair))


def _pair_lines(pair: Pair) -> Iterator[str]:
    names = [pair.one.run.scenario.name, pair.other.run.scenario.name]
    yield from textwrap.wrap(f"{pair.one.key}, {pair.one.about}", _WIDTH, subsequent_indent="  ")
    yield f"the same person with the same luck under {names[0]} and under {names[1]}"
    yield f"replication {pair.one.run.replication}, seed {pair.one.run.scenario.run.seed}"
    yield ""
    if pair.parts is None:
        yield "The two lives never part: they are the same to the last contact."
        yield from ("", *life_text(pair.one).splitlines())
        return
    yield f"The two lives part on {clock_text(pair.parts.minute)}."
    for label, said in (("what", pair.parts.what), *(("why", reason) for reason in pair.parts.why)):
        yield from textwrap.wrap(f"{label}: {said}", _WIDTH, initial_indent="  ", subsequent_indent="    ")
    yield ""
    yield "Before that, in both:"
    yield from _told([moment for moment in pair.one.moments if moment.minute < pair.parts.minute])
    for name, life in zip(names, (pair.one, pair.other), strict=True):
        yield ""
        yield f"From there on under {name}:"
        yield from _told([moment for moment in life.moments if moment.minute >= pair.parts.minute])
    yield ""
    yield "What the lives came to after the warm-up:"
    heads = [*names, "placebo twin"]
    width = max(len(name) for name in heads) + 2
    yield f"  {'':36}{''.join(f'{name:>{width}}' for name in heads)}"
    for tallies in zip(pair.one.tallies, pair.other.tallies, pair.twin.tallies, strict=True):
        numbers = "".join(f"{tally.value:>{width}.0f}" for tally in tallies)
        yield f"  {f'{tallies[0].label} ({tallies[0].unit})':36}{numbers}"
    yield ""
    yield from textwrap.wrap(_twin_note(pair), _WIDTH)
    yield CAUTION


def _told(moments: Sequence[Moment]) -> Iterator[str]:
    if not moments:
        yield "  nothing that stands out"
    for moment in moments:
        yield from moment_lines(moment)


def _twin_note(pair: Pair) -> str:
    about = "The placebo twin lives under the first policy, with one visit a week a minute longer. "
    if pair.twin_parts is None:
        return about + "Its life is the same as the first: what differs here is the policy's doing."
    return about + (
        f"Its life parts too, on {clock_text(pair.twin_parts.minute)}: in a busy service the smallest perturb "
        "changes who is met when. Only means over many replications say what a policy does."
    )
