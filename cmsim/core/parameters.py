"""Numbers with their evidence: value, unit, range, source and status stand on one line beside the number.

A :class:`Section` is a strict, frozen group of parameters. Every number the model uses is a field of some
section, declared with :func:`param`; ``cmsim evidence`` prints them all. What a number means goes on from its
unit ("share": "of contacts not kept"): in ``note`` where that fits on the line, otherwise in a docstring below.
"""

import ast
import linecache
import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Literal, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.fields import FieldInfo

from cmsim.core.references import SOURCES

Status = Literal["published", "derived", "fitted", "assumption", "choice"]
S = TypeVar("S", bound=BaseModel)
N = TypeVar("N", int, float, float | None)

_FITTED_TO = ". Fitted together with seven others (cmsim docs calibration); it bears most on the trial "

_NATURAL_LIMITS: dict[str, tuple[float, float]] = {
    "probability": (0.0, 1.0),
    "share": (0.0, 1.0),
    "0 to 1": (0.0, 1.0),
    "ratio": (0.0, math.inf),
    "log ratio": (-20.0, 20.0),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about one number.

    Attributes:
        unit: the unit in words.
        low: lower end of the plausible range, for sensitivity analysis.
        high: upper end of the plausible range.
        source: a key of :data:`cmsim.core.references.SOURCES`, ``"assumption"`` or ``"choice"``.
        status: published, derived (arithmetic in ``note``), fitted, assumption, or choice (a policy setting).
        note: what the number means, or how it was derived.
        allowed: the hard limits; a scenario outside them is refused.
    """

    unit: str
    low: float
    high: float
    source: str
    status: Status
    note: str
    allowed: tuple[float, float]

    @property
    def verified(self) -> bool:
        """Whether the source was read, not only recalled; assumptions and choices claim no source."""
        return self.source in SOURCES and SOURCES[self.source].read


class Section(BaseModel):
    """A strict, frozen group of parameters: unknown keys, wrong types, nan and impossible values are refused."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, validate_default=False, protected_namespaces=()
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        """Take the docstring below a number as the first part of its note, and that below another setting as it is."""
        super().__pydantic_init_subclass__(**kwargs)
        below = _attribute_docstrings(cls.__module__)
        for name, field in cls.model_fields.items():
            text, evidence, extra = below.get((cls.__name__, name)), evidence_of(field), field.json_schema_extra
            if text and evidence and isinstance(extra, dict):
                field.description = text + evidence.note
                extra["evidence"] = replace(evidence, note=field.description)  # type: ignore[assignment]
            elif text and field.description is None:
                field.description = text


@cache
def _attribute_docstrings(module: str) -> dict[tuple[str, str], str]:
    """Return the docstrings below annotated attributes of a module's classes, by names of class and attribute."""
    source = "".join(linecache.getlines(getattr(sys.modules.get(module), "__file__", None) or ""))
    return {
        (section.name, attribute.target.id): " ".join(text.split())
        for section in ast.parse(source).body
        if isinstance(section, ast.ClassDef)
        for attribute, below in pairwise(section.body)
        if isinstance(attribute, ast.AnnAssign)
        and isinstance(attribute.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(text := below.value.value, str)
    }


def plain(section: S) -> S:
    """Return what a section says as attributes and nothing else, its own sections likewise.

    For whoever reads numbers all day long: from a section it takes eight times as long. There are no methods,
    and nothing is checked any more.
    """
    found = _plain_kind(type(section))()
    for name, value in section:
        setattr(found, name, plain(value) if isinstance(value, BaseModel) else value)
    return cast(S, found)


@cache
def _plain_kind(kind: type[BaseModel]) -> type:
    return type(kind.__name__, (), {})


def param(
    default: N,
    unit: str,
    low: float,
    high: float,
    source: str = "assumption",
    note: str = "",
    *,
    status: Status | None = None,
    allowed: tuple[float, float] | None = None,
    fitted_to: str = "",
) -> N:
    """Declare one number of a section: its value, unit, plausible range and source.

    Args:
        default: the value used unless a scenario says otherwise; ``None`` leaves it open.
        unit: in words; ``probability``, ``share`` and ``0 to 1`` bring hard limits of their own.
        low: lower end of the plausible range.
        high: upper end of the plausible range.
        source: a key of :data:`cmsim.core.references.SOURCES`, ``"assumption"`` or ``"choice"`` (a policy setting).
        note: what the number means, and the arithmetic if it is derived.
        status: where it is not plain from the source.
        allowed: hard limits, by default those of the unit, otherwise zero and up.
        fitted_to: trial and target on which a number of the calibrated sets bears most; its status is fitted.

    Raises:
        ValueError: the value lies outside its own range, or the source is unknown.
    """
    if fitted_to:
        status, note = "fitted", f"{note}{_FITTED_TO}{fitted_to}"
    least, most = allowed or _NATURAL_LIMITS.get(unit, (0.0, math.inf))
    usual: dict[str, Status] = {"assumption": "assumption", "choice": "choice"}
    if source not in SOURCES and source not in usual:
        raise ValueError(f"the source {source!r} is not in cmsim/core/references.py")
    if default is not None and not least <= low <= default <= high <= most:
        raise ValueError(f"{default} {unit}: needs {least} <= {low} <= value <= {high} <= {most}")
    evidence = Evidence(unit, low, high, source, status or usual.get(source, "published"), note, (least, most))
    field: N = Field(
        default=default,
        description=note,
        json_schema_extra={"evidence": evidence},  # type: ignore[dict-item]
        ge=least,
        le=most if math.isfinite(most) else None,
    )
    return field


def choice(
    default: N, unit: str, low: float, high: float, note: str = "", *, allowed: tuple[float, float] | None = None
) -> N:
    """Declare a number that planners choose; the arguments are those of :func:`param`."""
    return param(default, unit, low, high, "choice", note, allowed=allowed)


def with_fields(base: type[S], defaults: Mapping[str, object]) -> type[S]:
    """Return a section like ``base`` with further fields, which stand after those of ``base``.

    Args:
        base: the section.
        defaults: by key, a section at its defaults, or a number as :func:`param` declares it.
    """
    fields = {key: (type(value) if isinstance(value, BaseModel) else float, value) for key, value in defaults.items()}
    return create_model(base.__name__.lstrip("_"), __base__=base, **fields)  # type: ignore[call-overload]


def evidence_of(field: FieldInfo | None) -> Evidence | None:
    """Return what is known about the number that a field declares; ``None`` for words, lists and sections."""
    extra = field.json_schema_extra if field else None
    evidence = extra.get("evidence") if isinstance(extra, dict) else None
    return evidence if isinstance(evidence, Evidence) else None


class Named(Section):
    """A section whose fields are one number for each of some names (a need domain, a setting ...)."""

    def array(self) -> NDArray[np.float64]:
        """Return the numbers in the order of the names, shape (names,)."""
        return np.array([float(getattr(self, name)) for name in type(self).model_fields])


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of a section: where it stands, its value there and its evidence."""

    key: str
    value: float | None
    evidence: Evidence

    @property
    def plausible(self) -> bool:
        """Whether the value lies in its plausible range, or is left open."""
        return self.value is None or self.evidence.low <= self.value <= self.evidence.high


def parameters(section: BaseModel, prefix: str = "") -> Iterator[Parameter]:
    """Yield every declared number below ``section`` with its dotted key, in order of declaration."""
    for name, field in type(section).model_fields.items():
        key = f"{prefix}.{name}" if prefix else name
        value = getattr(section, name)
        evidence = evidence_of(field)
        if evidence:
            yield Parameter(key, value, evidence)
        elif isinstance(value, BaseModel):
            yield from parameters(value, key)
