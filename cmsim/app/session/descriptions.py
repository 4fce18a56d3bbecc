"""How a live world says things plainly: levels, phases, and the causes of a relapse."""

PHASE_WORDS = ("stable", "first signs of a relapse", "acutely ill", "in hospital")
"""Phases of illness as a room reads them, by code."""

CAUSES = {
    "proneness": "How prone to relapse the person is in any case; the model calls it frailty.",
    "medication": "Below ×1 medication that is taken and fits protects; above ×1 it was stopped, and more so "
    "soon after.",
    "stress": "Stress of the last weeks.",
    "criticism": "Criticism in daily contact with the family.",
    "unmet need": "Need for support that nobody meets.",
    "overload": "More stimulation and demand than the person can take while ill.",
    "substance use": "Alcohol or drugs.",
    "recent discharge": "The weeks after a stay in hospital.",
    "earlier admissions": "How often somebody was in hospital before.",
}
"""Factors of the risk that a relapse begins, by the name that is shown, with what each means."""

_LEVELS = ((0.2, "very low"), (0.4, "low"), (0.6, "medium"), (0.8, "high"), (2.0, "very high"))


def level(value: float) -> str:
    """Return a level from 0 to 1 as a word.

    >>> level(0.1), level(0.5), level(1.0)
    ('very low', 'medium', 'very high')
    """
    return next(text for limit, text in _LEVELS if value < limit)


def times(text: str) -> str:
    """Return factors as a room reads them.

    >>> times("frailty x5.6, held back by medication x0.58")
    'proneness ×5.6, held back by medication ×0.58'
    """
    return cause(text).replace(" x", " ×")


def cause(text: str) -> str:
    """Return the name of a factor as a room reads it.

    >>> cause("frailty"), cause("stress")
    ('proneness', 'stress')
    """
    return text.replace("frailty", "proneness")


def lasting(days: int) -> str:
    """Return a length of time in the unit that suits it.

    >>> lasting(1), lasting(45), lasting(180), lasting(800)
    ('1 day', '45 days', '6 months', '2.2 years')
    """
    if days < 60:
        return counted(days, "day")
    return counted(round(days / 30.4), "month") if days < 730 else f"{days / 365:.1f} years"


def counted(n: int, one: str, many: str = "") -> str:
    """Return a number with its noun.

    >>> counted(1, "bed"), counted(3, "person", "people")
    ('1 bed', '3 people')
    """
    return f"{n} {one if n == 1 else many or f'{one}s'}"
