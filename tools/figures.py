"""Draw the figures of docs/odd.md: python tools/figures.py."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import itertools

import matplotlib.pyplot as plt
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

IMAGES = Path(__file__).parents[1] / "docs" / "images"
INK, PALE, LINE = "#22313f", "#eef2f5", "#7f8c99"
LOOPS = ("#b0413e", "#2f6f9f", "#4b8b3b", "#8a5a9e", "#b7791f", "#3b8686")

Point = tuple[float, float]


def box(
    axes: plt.Axes, at: Point, text: str, width: float = 1.75, height: float = 0.62, face: str = PALE
) -> FancyBboxPatch:
    """Draw a box with a text in its middle, and return it."""
    drawn = FancyBboxPatch(
        (at[0] - width / 2, at[1] - height / 2),
        width,
        height,
        boxstyle="round,pad=0.03,rounding_size=0.1",
        linewidth=0.9,
        edgecolor=LINE,
        facecolor=face,
        zorder=3,
    )
    axes.add_patch(drawn)
    axes.text(*at, text, ha="center", va="center", fontsize=8.6, color=INK, zorder=4)
    return drawn


def arrow(
    axes: plt.Axes,
    start: Point,
    end: Point,
    color: str,
    sign: str,
    bend: float,
    boxes: tuple[FancyBboxPatch, FancyBboxPatch],
) -> None:
    """Draw an arrow between two boxes, with the sign of the influence in its middle."""
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            connectionstyle=f"arc3,rad={bend}",
            arrowstyle="-|>",
            mutation_scale=11,
            linewidth=1.5,
            color=color,
            patchA=boxes[0],
            patchB=boxes[1],
            shrinkA=1,
            shrinkB=2,
            zorder=2,
        )
    )
    if sign:
        dx, dy = end[0] - start[0], end[1] - start[1]
        middle = ((start[0] + end[0]) / 2 + bend * dy / 2, (start[1] + end[1]) / 2 - bend * dx / 2)
        axes.text(
            *middle, sign, fontsize=10, color=color, ha="center", va="center", zorder=5,
            bbox={"boxstyle": "circle,pad=0.12", "facecolor": "white", "edgecolor": "none"},
        )  # fmt: skip


PLACES: dict[str, Point] = {
    "relapse": (5.0, 3.2),
    "stress": (5.0, 5.0),
    "unmet need": (2.6, 5.0),
    "medication\ntaken": (7.5, 4.2),
    "alliance": (9.9, 5.0),
    "what is told\nand noticed": (8.6, 2.9),
    "criticism\nat home": (2.6, 3.2),
    "burden of\nthe family": (2.6, 1.5),
    "homelessness": (0.3, 3.9),
    "ties and\nactivity": (0.3, 5.7),
    "crises": (5.0, 1.5),
    "full beds": (7.5, 1.5),
    "workers' load\nand exhaustion": (7.5, 0.1),
    "workers leave": (10.6, 1.5),
    "support\ngiven": (5.0, 6.7),
    "dependence": (7.5, 6.7),
    "capability and\nautonomy": (2.6, 6.7),
}

ARROWS: tuple[tuple[str, str, str, int, float], ...] = (
    ("burden of\nthe family", "criticism\nat home", "+", 0, 0.2),
    ("criticism\nat home", "relapse", "+", 0, 0.15),
    ("relapse", "burden of\nthe family", "+", 0, 0.15),
    ("criticism\nat home", "stress", "+", 0, 0.0),
    ("stress", "relapse", "+", 1, 0.1),
    ("unmet need", "stress", "+", 1, 0.1),
    ("relapse", "crises", "+", 1, 0.15),
    ("crises", "workers' load\nand exhaustion", "+", 1, 0.15),
    ("workers' load\nand exhaustion", "workers leave", "+", 1, 0.2),
    ("workers leave", "alliance", "-", 1, 0.15),
    ("alliance", "what is told\nand noticed", "+", 3, 0.15),
    ("what is told\nand noticed", "relapse", "-", 3, 0.1),
    ("alliance", "medication\ntaken", "+", 3, 0.15),
    ("medication\ntaken", "relapse", "-", 3, 0.1),
    ("crises", "full beds", "+", 4, 0.15),
    ("full beds", "relapse", "+", 4, 0.15),
    ("homelessness", "ties and\nactivity", "-", 5, 0.2),
    ("ties and\nactivity", "homelessness", "-", 5, 0.2),
    ("relapse", "homelessness", "+", 5, 0.3),
    ("ties and\nactivity", "unmet need", "-", 2, 0.1),
    ("ties and\nactivity", "capability and\nautonomy", "+", 2, -0.2),
    ("capability and\nautonomy", "ties and\nactivity", "+", 2, -0.1),
    ("capability and\nautonomy", "unmet need", "-", 2, 0.15),
    ("unmet need", "support\ngiven", "+", 2, 0.12),
    ("support\ngiven", "unmet need", "-", 2, 0.12),
    ("support\ngiven", "dependence", "+", 2, 0.15),
    ("dependence", "capability and\nautonomy", "-", 2, 0.22),
)

NAMES = (
    "burden, criticism, relapse",
    "crises crowd out; exhaustion and leaving",
    "support in balance; dependency; network growth",
    "alliance, telling, medication",
    "bed pressure and return",
    "trap of homelessness",
)


def loops() -> None:
    """Draw the feedback loops."""
    figure, axes = plt.subplots(figsize=(11.2, 7.2))
    boxes = {name: box(axes, place, name) for name, place in PLACES.items()}
    for start, end, sign, colour, bend in ARROWS:
        shown = "+" if sign == "+" else "\N{MINUS SIGN}"
        arrow(axes, PLACES[start], PLACES[end], LOOPS[colour], shown, bend, (boxes[start], boxes[end]))
    for n, name in enumerate(NAMES):
        axes.plot([], [], color=LOOPS[n], linewidth=2, label=name)
    axes.legend(loc="lower left", fontsize=8.5, frameon=False, bbox_to_anchor=(-0.01, -0.01))
    axes.set(xlim=(-0.9, 11.7), ylim=(-0.5, 7.75))
    axes.axis("off")
    figure.savefig(IMAGES / "loops.png", dpi=150, bbox_inches="tight")


JOURNEY = (
    ("scenario file", "service.titration,\nservice.contact"),
    ("morning", "belief about need\n→ dose → day due"),
    ("queue", "allocation policy\norders what is due"),
    ("minute by minute", "travel; there and\ncomes?; meet; write up"),
    ("row", "contacts: who, how long,\nwhat bound it"),
    ("evening", "minutes by component\n→ effects, added up"),
    ("night", "alliance, knowledge,\nsupport, stress, family"),
    ("hazards", "accumulate; what falls\ndue is put on the clock"),
    ("outcomes", "counted from rows,\nafter the run"),
)
SIDEWAYS = (
    (3, "crisis call: comes first"),
    (3, "elsewhere, does not come, refuses,\nno time left: the row says which"),
)


def journey() -> None:
    """Draw the journey of a contact from the scenario file to the outcomes."""
    figure, axes = plt.subplots(figsize=(11.2, 4.3))
    spots: list[Point] = []
    for n, (title, text) in enumerate(JOURNEY):
        row, column = divmod(n, 5)
        x = 2.5 * (column if row == 0 else 4 - column)
        y = 2.6 - 2.3 * row
        spots.append((x, y))
        box(axes, (x, y), "", 2.1, 1.15, "#e3ecf3" if n in (0, 8) else PALE)
        axes.text(x, y + 0.35, title, ha="center", va="center", fontsize=9.5, weight="bold", color=INK, zorder=4)
        axes.text(x, y - 0.14, text, ha="center", va="center", fontsize=8.3, color=INK, zorder=4)
    for one, other in itertools.pairwise(spots):
        away = 1.08 if one[1] == other[1] else 0.0
        step = away if other[0] > one[0] else -away
        drop = 0.0 if one[1] == other[1] else 0.6
        axes.annotate(
            "",
            xy=(other[0] - step, other[1] + drop),
            xytext=(one[0] + step, one[1] - drop),
            arrowprops={"arrowstyle": "-|>", "color": LOOPS[1], "linewidth": 1.7, "mutation_scale": 13},
        )
    for n, (at, text) in enumerate(SIDEWAYS):
        x, y = spots[at]
        axes.text(x + (-1.3 if n == 0 else 1.3), y + 0.95, text, ha="center",
                  va="center", fontsize=8.3, color=LOOPS[0])  # fmt: skip
    axes.annotate(
        "tomorrow reads this state",
        xy=(spots[1][0], spots[1][1] - 0.62),
        xytext=(spots[7][0] + 0.9, spots[7][1] + 0.95),
        ha="center",
        fontsize=8.3,
        color=LOOPS[2],
        arrowprops={"arrowstyle": "-|>", "color": LOOPS[2], "linewidth": 1.4, "linestyle": "--"},
    )
    axes.set(xlim=(-1.3, 11.3), ylim=(-0.5, 3.9))
    axes.axis("off")
    figure.savefig(IMAGES / "contact.png", dpi=150, bbox_inches="tight")


if __name__ == "__main__":
    loops()
    journey()
