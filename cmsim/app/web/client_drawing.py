"""One client close up, as a drawing: support against need, relations, phases, and the risk split by cause."""

import math
from collections.abc import Callable, Iterable, Sequence
from html import escape

from cmsim.app.session.descriptions import PHASE_WORDS, cause
from cmsim.app.session.details import ClientDetails
from cmsim.schema.codes import FACTORS, Domain, Phase

ALL_DOMAINS = "all areas of life"
CHOICES = (ALL_DOMAINS, *Domain.labels())

_PHASE = ("#56B4E9", "#E69F00", "#D55E00", "#0072B2")
_RELATIONS = (
    ("alliance", "alliance", "#0072B2", ""),
    ("engagement", "engagement", "#D55E00", "8 4"),
    ("knowledge", "worker's knowledge", "#555555", "2 3"),
)
_CAUSES = ("#999999", "#0072B2", "#D55E00", "#CC79A7", "#E69F00", "#F0E442", "#009E73", "#56B4E9", "#444444")
_CONTACTS = ((15, "#D55E00", "not kept"), (8, "#56B4E9", "phone, with others"), (0, "#1d2733", "in person"))
"""Where the stroke of a contact begins, its colour, and what it is, by code."""
_LEFT, _RIGHT, _GAP, _BOTTOM = 62, 214, 34, 26
WIDE = 1120
_HIGH = (7, 15, 26, 26)
"""How high each phase is drawn, so that colour is not needed; the ward is hatched besides."""
_HATCH = (
    '<pattern id="ward" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="6" height="6" fill="#0072B2"/><rect width="2" height="6" fill="#ffffff"/></pattern>'
)
_SMALL = 0.03
"""A factor whose log is never beyond this is left out of the legend."""

Scale = Callable[[float], float]
"""Gives the height at which a value is drawn."""


def closeup(person: ClientDetails, domain: str, width: int = WIDE) -> str:
    """Return the drawing of one client as SVG; the weeks are those that the run has noted.

    Args:
        person: the client.
        domain: one of ``CHOICES``.
        width: of the drawing; type keeps its size, so that a narrow one is as readable.
    """
    if len(person.week_days) < 2:
        return "<p>Nothing is noted yet; play a week or two.</p>"
    drawing, weeks = _Drawing(person.week_days, width), person.weeks
    if domain == ALL_DOMAINS:
        each = zip(*(weeks[f"support {name}"] for name in Domain.labels()), strict=True)
        need, support = weeks["need"], [sum(parts) / len(Domain) for parts in each]
    else:
        need, support = weeks[f"need {domain}"], weeks[f"support {domain}"]
    drawing.phases(weeks["phase"])
    drawing.contacts(person.contacts)
    drawing.support(need, support, domain)
    drawing.relations(weeks)
    drawing.risk([weeks[f"factor {name}"] for name in FACTORS])
    drawing.dates()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {drawing.bottom}" width="100%" '
        f'font-family="system-ui, sans-serif" font-size="14" role="img" '
        f'aria-label="{escape(person.key)} close up"><defs>{_HATCH}</defs>{"".join(drawing.parts)}</svg>'
    )


class _Drawing:
    """The parts of a drawing over time, each with its legend at the right; heights grow downwards.

    Args:
        days: of the weekly notes.
        width: of all.
    """

    def __init__(self, days: Sequence[int], width: int) -> None:
        self.parts: list[str] = []
        self.bottom = 26 - _GAP
        self._days = days
        self._inner = width - _LEFT - _RIGHT
        self._is_brief = width < WIDE
        self._edge = width - _RIGHT + 14

    # -- what is drawn ---------------------------------------------------------------------------------------

    def phases(self, phases: Sequence[float]) -> None:
        """Draw a bar for each week, the higher the worse."""
        y = self._begin(40, "Phase of illness, week by week", "Phase of illness, week by week: the higher, the worse")
        for i, phase in enumerate(map(int, phases[1:]), 1):
            fill = "url(#ward)" if phase == Phase.INPATIENT else _PHASE[phase]
            about = f"day {self._days[i]}: {PHASE_WORDS[phase]}"
            self._week(i, y + _HIGH[-1] - _HIGH[phase], _HIGH[phase], fill, about=about)
        for phase, text in enumerate(PHASE_WORDS):
            hatched = " (hatched)" if phase == Phase.INPATIENT else ""
            self._note(y - 5 + 17 * phase, _PHASE[phase], f"{text.removesuffix(' of a relapse')}{hatched}")

    def contacts(self, contacts: Iterable[tuple[int, int]]) -> None:
        """Draw a stroke for each contact."""
        y = self._begin(30, "Contacts", "Contacts: long in person, medium by phone or with others, short not kept")
        for day, what in contacts:
            if day >= self._days[0]:
                top, colour, _ = _CONTACTS[what]
                self._upright(day, y + top, y + 22, f'stroke="{colour}" stroke-width="1.8"')
        for n, (_, colour, text) in enumerate(reversed(_CONTACTS)):
            self._note(y - 2 + 16 * n, colour, text)

    def support(self, need: Sequence[float], support: Sequence[float], domain: str) -> None:
        """Draw need and support, and the areas between them."""
        high = 150
        y = self._begin(high, "Support against need, 0 to 1", f"Support against need: {domain} (0 to 1)")
        top = max(0.2, *need, *support) * 1.08

        def scale(value: float) -> float:
            return y + high - high * value / top

        step = 0.1 if top < 0.6 else 0.2
        self._frame([(scale(k * step), f"{k * step:.1f}") for k in range(int(top / step) + 1)])
        for i, (a, b) in enumerate(zip(need[1:], support[1:], strict=True), 1):
            colour = "#D55E00" if a > b else "#009E73"
            self._week(i, scale(max(a, b)), abs(scale(a) - scale(b)), colour, 'opacity="0.22"')
        self._curve(need, scale, "#D55E00")
        self._curve(support, scale, "#009E73", "8 4")
        self._note(y + 16, "#D55E00", "need")
        self._note(y + 38, "#009E73", "support, all sources", "8 4")
        self._note(y + 62, "#f3c9ae", "too little")
        self._note(y + 82, "#bfe5d8", "beyond need")

    def relations(self, weeks: dict[str, list[float]]) -> None:
        """Draw alliance, engagement and the worker's knowledge, with the changes of worker."""
        high = 110
        long = "Relation with the case manager, 0 to 1 (upright line: a change of worker)"
        y = self._begin(high, "Relation with the worker, 0 to 1", long)

        def scale(value: float) -> float:
            return y + high - high * value

        self._frame([(scale(k / 2), f"{k / 2:.1f}") for k in range(3)])
        workers = weeks["worker"]
        for day, before, after in zip(self._days[1:], workers, workers[1:], strict=False):
            if before != after:
                self._upright(day, y, y + high, 'stroke="#1d2733" stroke-dasharray="3 3"')
        for k, (name, text, colour, dash) in enumerate(_RELATIONS):
            self._curve(weeks[name], scale, colour, dash)
            self._note(y + 16 + 22 * k, colour, text, dash)

    def risk(self, factors: Sequence[Sequence[float]]) -> None:
        """Stack the logs of the factors: those that raise the risk above the line, the others below."""
        high = 190
        long = "Risk that a relapse begins, by cause (line: all together; right: today)"
        y = self._begin(high, "Risk of a relapse, by cause", long)
        logs = [[math.log2(max(value, 1e-3)) for value in one] for one in factors]
        up = max(1.0, *(sum(max(value, 0.0) for value in week) for week in zip(*logs, strict=True)))
        down = max(1.0, *(sum(max(-value, 0.0) for value in week) for week in zip(*logs, strict=True)))
        unit = high / (up + down)
        zero = y + up * unit
        for i in range(1, len(self._days)):
            above = below = zero
            for k, one in enumerate(logs):
                tall = abs(one[i]) * unit
                if tall < 0.2:
                    continue
                about = f"day {self._days[i]}: {cause(FACTORS[k])} ×{2.0 ** one[i]:.2g}"
                rim = 'stroke="#fff" stroke-width="0.3"'
                self._week(i, above - tall if one[i] > 0 else below, tall, _CAUSES[k], rim, about)
                above -= tall if one[i] > 0 else 0.0
                below += tall if one[i] <= 0 else 0.0
        self._frame([(zero - k * unit, f"×{2.0**k:g}") for k in range(-int(down), int(up) + 1) if abs(k) <= 4])
        total = [sum(week) for week in zip(*logs, strict=True)]
        self._curve(total, lambda value: zero - value * unit, "#ffffff", wide=4.4)
        self._curve(total, lambda value: zero - value * unit, "#000000")
        shown = [k for k, one in enumerate(logs) if max(map(abs, one)) > _SMALL]
        for n, k in enumerate(sorted(shown, key=lambda k: -logs[k][-1])):
            self._note(y + 14 + 19 * n, _CAUSES[k], f"{cause(FACTORS[k])} ×{2.0 ** logs[k][-1]:.2g}")

    def dates(self) -> None:
        """Write some days below."""
        y, self.bottom = self.bottom + 16, self.bottom + _BOTTOM
        first, last = self._days[0], self._days[-1]
        step = 28 if last - first < 200 else 91 if last - first < 700 else 365
        for day in range(math.ceil(first / step) * step, last + 1, step):
            place = f'x="{self._x(day):.1f}" y="{y}"'
            self.parts.append(f'<text {place} text-anchor="middle" fill="#4d5a66" font-size="13">day {day}</text>')

    # -- of what it is drawn ---------------------------------------------------------------------------------

    def _x(self, day: float) -> float:
        return _LEFT + self._inner * (day - self._days[0]) / max(self._days[-1] - self._days[0], 1)

    def _begin(self, high: int, brief: str, long: str) -> int:
        """Begin a part of some height below the others, with its title; return where it begins."""
        y, self.bottom = self.bottom + _GAP, self.bottom + _GAP + high
        text = escape(brief if self._is_brief else long)
        self.parts.append(f'<text x="{_LEFT}" y="{y - 8}" font-weight="700" fill="#1d2733">{text}</text>')
        return y

    def _frame(self, marks: Iterable[tuple[float, str]]) -> None:
        """Draw level lines, each at a height and with what stands at its left."""
        for y, label in marks:
            self.parts.append(
                f'<line x1="{_LEFT}" x2="{self._x(self._days[-1]):.0f}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e3e7eb"/>'
                f'<text x="{_LEFT - 6}" y="{y + 5:.1f}" text-anchor="end" fill="#4d5a66" font-size="12">{label}</text>'
            )

    def _week(self, i: int, y: float, high: float, fill: str, more: str = "", about: str = "") -> None:
        """Draw a rectangle over the week that ends with a note; ``about`` is shown under the pointer."""
        x, wide = self._x(self._days[i - 1]), self._x(self._days[i]) - self._x(self._days[i - 1]) + 0.5
        title = f"<title>{about}</title>" if about else ""
        place = f'x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}"'
        self.parts.append(f'<rect {place} fill="{fill}" {more}>{title}</rect>')

    def _upright(self, day: float, top: float, low: float, style: str) -> None:
        x = f"{self._x(day):.1f}"
        self.parts.append(f'<line x1="{x}" x2="{x}" y1="{top:.0f}" y2="{low:.0f}" {style}/>')

    def _curve(self, values: Iterable[float], scale: Scale, colour: str, dash: str = "", wide: float = 2.4) -> None:
        points = " ".join(f"{self._x(day):.1f},{scale(v):.1f}" for day, v in zip(self._days, values, strict=True))
        style = f'fill="none" stroke="{colour}" stroke-width="{wide}" stroke-dasharray="{dash or "none"}"'
        self.parts.append(f'<polyline points="{points}" {style}/>')

    def _note(self, y: float, colour: str, text: str, dash: str = "") -> None:
        """Write an entry of the legend."""
        self.parts.append(
            f'<line x1="{self._edge}" x2="{self._edge + 20}" y1="{y - 4:.0f}" y2="{y - 4:.0f}" stroke="{colour}" '
            f'stroke-width="4" stroke-dasharray="{dash or "none"}"/>'
            f'<text x="{self._edge + 26}" y="{y:.0f}" fill="#1d2733">{escape(text)}</text>'
        )
