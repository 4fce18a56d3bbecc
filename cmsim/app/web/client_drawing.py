"""One client close up, as a drawing: support against need, relations, phases, and the risk split by cause."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from cmsim.app.session.descriptions import PHASE_WORDS, cause
from cmsim.schema.codes import FACTORS, Domain

ALL_DOMAINS = "all areas of life"
CHOICES = (ALL_DOMAINS, *Domain.labels())

_PHASE = ("#56B4E9", "#E69F00", "#D55E00", "#0072B2")
_RELATIONS = (("alliance", "#0072B2", ""), ("engagement", "#D55E00", "8 4"), ("knowledge", "#555555", "2 3"))
_CAUSES = ("#999999", "#0072B2", "#D55E00", "#CC79A7", "#E69F00", "#F0E442", "#009E73", "#56B4E9", "#444444")
_LEFT, _RIGHT, _GAP = 62, 214, 34
_WIDE = 1120
_HIGH = (7, 15, 26, 26)
"""How high each phase is drawn, so that colour is not needed; the ward is hatched besides."""
_HATCH = (
    '<pattern id="ward" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="6" height="6" fill="#0072B2"/><rect width="2" height="6" fill="#ffffff"/></pattern>'
)
_SMALL = 0.03
"""A factor whose log is never beyond this is left out of the legend."""


def closeup(person: dict[str, Any], domain: str, width: int = _WIDE) -> str:
    """Return the drawing of one client as SVG; the weeks are those that the run has noted.

    Args:
        person: what the run tells of the client.
        domain: one of ``CHOICES``.
        width: of the drawing; type keeps its size, so that a narrow one is as readable.
    """
    weeks = person["weeks"]
    days = weeks["day"]
    if len(days) < 2:
        return "<p>Nothing is noted yet; play a week or two.</p>"
    need = weeks["need" if domain == ALL_DOMAINS else f"need {domain}"]
    if domain == ALL_DOMAINS:
        support = [sum(weeks[f"support {name}"][i] for name in Domain.labels()) / len(Domain) for i in range(len(days))]
    else:
        support = weeks[f"support {domain}"]
    inner = width - _LEFT - _RIGHT

    def x(day: float) -> float:
        across: float = _LEFT + inner * (day - days[0]) / max(days[-1] - days[0], 1)
        return across

    edge = width - _RIGHT + 14

    def note(at: float, colour: str, text: str, dash: str = "") -> str:
        return _note(edge, at, colour, text, dash)

    brief = width < _WIDE
    parts: list[str] = [f"<defs>{_HATCH}</defs>"]
    y = 26.0
    parts.append(_phases(days, weeks["phase"], x, y, note, brief))
    y += 40 + _GAP
    parts.append(_contacts(days, person["contacts"], x, y, note, brief))
    y += 30 + _GAP
    parts.append(_support(days, need, support, x, y, 150, domain, note, brief))
    y += 150 + _GAP
    parts.append(_relations(days, weeks, x, y, 110, note, brief))
    y += 110 + _GAP
    parts.append(_risk(days, weeks, x, y, 190, note, brief))
    y += 190
    parts.append(_days(days, x, y + 16))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y + 26:.0f}" width="100%" '
        f'font-family="system-ui, sans-serif" font-size="14" role="img" '
        f'aria-label="{escape(person["key"])} close up">{"".join(parts)}</svg>'
    )


Note = Callable[..., str]
"""Draws one entry of the legend: height, colour, text, dashes."""


def _title(y: float, text: str) -> str:
    return f'<text x="{_LEFT}" y="{y - 8:.0f}" font-weight="700" fill="#1d2733">{escape(text)}</text>'


def _line(
    days: Sequence[float], values: Sequence[float], x: Any, sy: Any, colour: str, dash: str = "", wide: float = 2.4
) -> str:
    points = " ".join(f"{x(day):.1f},{sy(value):.1f}" for day, value in zip(days, values, strict=True))
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{wide}"{dashed}/>'


def _note(x: float, y: float, colour: str, text: str, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x}" x2="{x + 20}" y1="{y - 4:.0f}" y2="{y - 4:.0f}" stroke="{colour}" '
        f'stroke-width="4"{dashed}/>'
        f'<text x="{x + 26}" y="{y:.0f}" fill="#1d2733">{escape(text)}</text>'
    )


def _frame(x0: float, x1: float, y: float, high: float, marks: Sequence[tuple[float, str]]) -> str:
    lines = [
        f'<line x1="{x0:.0f}" x2="{x1:.0f}" y1="{at:.1f}" y2="{at:.1f}" stroke="#e3e7eb"/>'
        f'<text x="{x0 - 6:.0f}" y="{at + 5:.1f}" text-anchor="end" fill="#4d5a66" '
        f'font-size="12">{label}</text>'
        for at, label in marks
    ]
    return "".join(lines)


def _phases(days: Sequence[float], phases: Sequence[float], x: Any, y: float, note: Note, brief: bool) -> str:
    cells = []
    for i, phase in enumerate(phases[1:], 1):
        wide, high = x(days[i]) - x(days[i - 1]) + 0.6, _HIGH[int(phase)]
        cells.append(
            f'<rect x="{x(days[i - 1]):.1f}" y="{y + _HIGH[-1] - high:.0f}" width="{wide:.1f}" '
            f'height="{high}" fill="{_fill(int(phase))}"><title>day {days[i]}: {PHASE_WORDS[int(phase)]}'
            "</title></rect>"
        )
    notes = []
    for phase, text in enumerate(PHASE_WORDS):
        at = y + 9 + 17 * phase - 14
        notes.append(note(at, _PHASE[phase], text.removesuffix(" of a relapse")))
        if phase == len(PHASE_WORDS) - 1:
            notes[-1] = notes[-1].replace("</text>", " (hatched)</text>")
    return _title(y, "Phase of illness, week by week" + ("" if brief else ": the higher, the worse")) + "".join(
        cells + notes
    )


def _fill(phase: int) -> str:
    return "url(#ward)" if phase == len(_PHASE) - 1 else _PHASE[phase]


def _contacts(
    days: Sequence[float], contacts: Sequence[tuple[int, int]], x: Any, y: float, note: Note, brief: bool
) -> str:
    ticks = []
    for day, what in contacts:
        if day >= days[0]:
            top, low, colour = ((15, 22, "#D55E00"), (8, 22, "#56B4E9"), (0, 22, "#1d2733"))[what]
            ticks.append(
                f'<line x1="{x(day):.1f}" x2="{x(day):.1f}" y1="{y + top}" y2="{y + low}" '
                f'stroke="{colour}" stroke-width="1.8"/>'
            )
    return (
        _title(y, "Contacts" if brief else "Contacts: long in person, middling by phone or with others, short not kept")
        + "".join(ticks)
        + note(y - 2, "#1d2733", "in person")
        + note(y + 14, "#56B4E9", "phone, with others")
        + note(y + 30, "#D55E00", "not kept")
    )


def _support(
    days: Sequence[float],
    need: Sequence[float],
    support: Sequence[float],
    x: Any,
    y: float,
    high: float,
    domain: str,
    note: Note,
    brief: bool,
) -> str:
    top = max(0.2, *need, *support) * 1.08

    def sy(value: float) -> float:
        return y + high - high * value / top

    lacking: list[str] = []
    beyond: list[str] = []
    for i in range(1, len(days)):
        a, b = min(need[i], top), min(support[i], top)
        wide = x(days[i]) - x(days[i - 1]) + 0.5
        colour, into = ("#D55E00", lacking) if a > b else ("#009E73", beyond)
        into.append(
            f'<rect x="{x(days[i - 1]):.1f}" y="{sy(max(a, b)):.1f}" width="{wide:.1f}" '
            f'height="{abs(sy(a) - sy(b)):.1f}" fill="{colour}" opacity="0.22"/>'
        )
    step = 0.1 if top < 0.6 else 0.2
    marks = [(sy(k * step), f"{k * step:.1f}") for k in range(int(top / step) + 1)]
    return (
        _title(y, "Support against need, 0 to 1" if brief else f"Support against need: {domain} (0 to 1)")
        + _frame(_LEFT, x(days[-1]), y, high, marks)
        + "".join(lacking + beyond)
        + _line(days, need, x, sy, "#D55E00")
        + _line(days, support, x, sy, "#009E73", "8 4")
        + note(y + 16, "#D55E00", "need")
        + note(y + 38, "#009E73", "support, all sources", "8 4")
        + note(y + 62, "#f3c9ae", "too little")
        + note(y + 82, "#bfe5d8", "beyond need")
    )


def _relations(
    days: Sequence[float], weeks: dict[str, Any], x: Any, y: float, high: float, note: Note, brief: bool
) -> str:
    def sy(value: float) -> float:
        return y + high - high * value

    marks = [(sy(k / 2), f"{k / 2:.1f}") for k in range(3)]
    changes = [
        f'<line x1="{x(days[i]):.1f}" x2="{x(days[i]):.1f}" y1="{y:.0f}" y2="{y + high:.0f}" '
        'stroke="#1d2733" '
        'stroke-dasharray="3 3"/>'
        for i in range(1, len(days))
        if weeks["worker"][i] != weeks["worker"][i - 1]
    ]
    names = {"knowledge": "worker's knowledge"}
    return (
        _title(
            y,
            "Relation with the worker, 0 to 1"
            if brief
            else "Relation with the case manager, 0 to 1 (upright line: a change of worker)",
        )
        + _frame(_LEFT, x(days[-1]), y, high, marks)
        + "".join(changes)
        + "".join(_line(days, weeks[name], x, sy, colour, dash) for name, colour, dash in _RELATIONS)
        + "".join(
            note(y + 16 + 22 * k, colour, names.get(name, name), dash)
            for k, (name, colour, dash) in enumerate(_RELATIONS)
        )
    )


def _risk(days: Sequence[float], weeks: dict[str, Any], x: Any, y: float, high: float, note: Note, brief: bool) -> str:
    """Return the logs of the factors stacked: those that raise the risk above the line, the others below."""
    logs = [[math.log2(max(value, 1e-3)) for value in weeks[f"factor {name}"]] for name in FACTORS]
    up = max((sum(max(one[i], 0.0) for one in logs) for i in range(len(days))), default=1.0)
    down = max((sum(max(-one[i], 0.0) for one in logs) for i in range(len(days))), default=1.0)
    up, down = max(up, 1.0), max(down, 1.0)
    unit = high / (up + down)
    zero = y + up * unit
    cells = []
    for i in range(1, len(days)):
        above = below = zero
        wide = x(days[i]) - x(days[i - 1]) + 0.5
        for k, one in enumerate(logs):
            tall = abs(one[i]) * unit
            if tall < 0.2:
                continue
            top = above - tall if one[i] > 0 else below
            cells.append(
                f'<rect x="{x(days[i - 1]):.1f}" y="{top:.1f}" width="{wide:.1f}" height="{tall:.1f}" '
                f'fill="{_CAUSES[k]}" stroke="#fff" stroke-width="0.3"><title>day {days[i]}: '
                f"{cause(FACTORS[k])} ×{2.0 ** one[i]:.2g}</title></rect>"
            )
            if one[i] > 0:
                above -= tall
            else:
                below += tall
    marks = [(zero - k * unit, f"×{2.0**k:g}") for k in range(-int(down), int(up) + 1) if abs(k) <= 4]
    total = [sum(one[i] for one in logs) for i in range(len(days))]
    shown = [k for k, one in enumerate(logs) if max(map(abs, one)) > _SMALL]
    shown.sort(key=lambda k: -logs[k][-1])
    notes = "".join(
        note(y + 14 + 19 * n, _CAUSES[k], f"{cause(FACTORS[k])} ×{2.0 ** logs[k][-1]:.2g}") for n, k in enumerate(shown)
    )
    return (
        _title(
            y,
            "Risk of a relapse, by cause"
            if brief
            else "Risk that a relapse begins, by cause (line: all together; right: today)",
        )
        + "".join(cells)
        + _frame(_LEFT, x(days[-1]), y, high, marks)
        + _line(days, total, x, lambda value: zero - value * unit, "#ffffff", wide=4.4)
        + _line(days, total, x, lambda value: zero - value * unit, "#000000")
        + notes
    )


def _days(days: Sequence[float], x: Any, y: float) -> str:
    long = days[-1] - days[0]
    step = 28 if long < 200 else 91 if long < 700 else 365
    first = math.ceil(days[0] / step) * step
    return "".join(
        f'<text x="{x(day):.1f}" y="{y:.0f}" text-anchor="middle" fill="#4d5a66" font-size="13">day {day}</text>'
        for day in range(first, int(days[-1]) + 1, step)
    )
