"""Stories as text: lines that can be read in a terminal, in a file or aloud."""

import textwrap
from collections.abc import Iterator, Sequence

from cmsim.core.simtime import clock_text
from cmsim.reporting.story.client_story import ClientStory
from cmsim.reporting.story.contact_stretches import CONTACTS
from cmsim.reporting.story.story_pair import StoryPair
from cmsim.results.narration import Event

CAUTION = "One simulated client is an illustration of how things hang together, never a forecast about a person."

_MARGIN = " " * 24
_WIDTH = 110


def story_text(story: ClientStory) -> str:
    """Return the story of one client as text."""
    scenario = story.run.scenario
    heading = (
        f"{story.key}, {story.about}",
        f"under {scenario.name} ({scenario.title})",
        f"replication {story.run.replication}, seed {scenario.run.seed}",
    )
    lines = [part for line in heading for part in textwrap.wrap(line, _WIDTH, subsequent_indent="  ")]
    lines += ["", *_event_lines(story.events), "", "Totals after the warm-up:"]
    lines += [f"  {tally.label}: {tally.value:.0f} {tally.unit}" for tally in story.tallies]
    return "\n".join([*lines, "", CAUTION])


def pair_text(pair: StoryPair) -> str:
    """Return two stories as text: where they differ first and why, what follows in each, totals, placebo run."""
    return "\n".join(_pair_lines(pair))


def _pair_lines(pair: StoryPair) -> Iterator[str]:
    names = [pair.one.run.scenario.name, pair.other.run.scenario.name]
    yield from textwrap.wrap(f"{pair.one.key}, {pair.one.about}", _WIDTH, subsequent_indent="  ")
    yield f"the same person with common random numbers under {names[0]} and under {names[1]}"
    yield f"replication {pair.one.run.replication}, seed {pair.one.run.scenario.run.seed}"
    yield ""
    if pair.divergence is None:
        yield "The two runs of this person never differ: they are the same to the last contact."
        yield from ("", *story_text(pair.one).splitlines())
        return
    yield f"The two runs of this person differ from {clock_text(pair.divergence.minute)} on."
    for label, text in (("what", pair.divergence.what), *(("why", reason) for reason in pair.divergence.why)):
        yield from textwrap.wrap(f"{label}: {text}", _WIDTH, initial_indent="  ", subsequent_indent="    ")
    yield ""
    yield "Before that, in both:"
    yield from _event_lines([event for event in pair.one.events if event.minute < pair.divergence.minute])
    for name, story in zip(names, (pair.one, pair.other), strict=True):
        yield ""
        yield f"From then on under {name}:"
        yield from _event_lines([event for event in story.events if event.minute >= pair.divergence.minute])
    yield ""
    yield "Totals after the warm-up:"
    heads = [*names, "placebo run"]
    width = max(len(name) for name in heads) + 2
    yield f"  {'':36}{''.join(f'{name:>{width}}' for name in heads)}"
    for tallies in zip(pair.one.tallies, pair.other.tallies, pair.placebo.tallies, strict=True):
        numbers = "".join(f"{tally.value:>{width}.0f}" for tally in tallies)
        yield f"  {f'{tallies[0].label} ({tallies[0].unit})':36}{numbers}"
    yield ""
    yield from textwrap.wrap(_placebo_note(pair), _WIDTH)
    yield CAUTION


def _event_lines(events: Sequence[Event]) -> Iterator[str]:
    """Yield each event as lines: when and what, then why, who knew, who acted."""
    if not events:
        yield "  nothing that stands out"
    for event in events:
        if event.kind == CONTACTS:
            yield from _wrapped(_MARGIN, f"({event.sentence})")
            continue
        yield from _wrapped(f"{clock_text(event.minute):>22}  ", event.sentence)
        for label, text in (("because", event.because), ("knew", event.knew), ("acted", event.acted)):
            if text:
                yield from _wrapped(_MARGIN, f"{label}: {text}")


def _wrapped(before: str, text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=before, subsequent_indent=f"{_MARGIN}  ")


def _placebo_note(pair: StoryPair) -> str:
    about = "The placebo run has the first policy, with one visit a week a minute longer. "
    if pair.placebo_divergence is None:
        return about + "This person's run is the same in it: what differs above is the effect of the policy."
    return about + (
        f"This person's run differs in it too, from {clock_text(pair.placebo_divergence.minute)} on: in a busy service "
        "the smallest perturbation changes who is met when. Only means over many replications say what a policy does."
    )
