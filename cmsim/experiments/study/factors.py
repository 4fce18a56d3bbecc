"""Levers and uncertainties: what a study varies, each with its values or its range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Role = Literal["lever", "uncertainty"]


@dataclass(frozen=True)
class Factor:
    """Something that a study varies.

    Attributes:
        name: as in tables: the dotted key, or a name that the study file gives it.
        role: a lever, which planners choose, or an uncertainty.
        keys: the settings that take its value, alike.
        values: its values; empty for a range or where a list states them.
        low: lower end of its range; None without a range.
        high: upper end.
        whole: whether it takes whole numbers only.
    """

    name: str
    role: Role
    keys: tuple[str, ...]
    values: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    whole: bool = False

    def at(self, u: float) -> Any:
        """Return the value at a quantile, 0 <= u < 1, of a uniform distribution over values or range.

        >>> Factor("size", "lever", ("service.caseload.size",), low=10, high=12, whole=True).at(0.99)
        12
        >>> Factor("rule", "lever", ("a.rule",), values=("cold", "warm")).at(0.5)
        'warm'
        """
        if self.values:
            return self.values[min(int(u * len(self.values)), len(self.values) - 1)]
        low, high = self._range()
        if self.whole:
            return int(low) + min(int(u * (high - low + 1)), int(high - low))
        return low + u * (high - low)

    def levels(self, count: int) -> tuple[Any, ...]:
        """Return the values, or so many evenly spaced over the range, its ends included.

        >>> Factor("share", "uncertainty", ("world.x",), low=0.0, high=1.0).levels(3)
        (0.0, 0.5, 1.0)
        """
        if self.values:
            return self.values
        low, high = self._range()
        steps = [low + (high - low) * i / (count - 1) for i in range(count)]
        return tuple(dict.fromkeys(round(step) for step in steps)) if self.whole else tuple(steps)

    def ends(self) -> tuple[Any, ...]:
        """Return the values, or the two ends of the range."""
        return self.levels(2)

    def settings(self, value: Any) -> dict[str, Any]:
        """Return the settings that give it a value."""
        return dict.fromkeys(self.keys, value)

    def _range(self) -> tuple[float, float]:
        if self.low is None or self.high is None:
            raise ValueError(f"{self.name} has neither values nor a range")
        return self.low, self.high
