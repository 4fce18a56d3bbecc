"""What a rule answers: taken as it is from a bundled rule, copied and checked where the rule comes from outside."""

from collections.abc import Callable
from typing import ParamSpec

import numpy as np

from cmsim.core.errors import CmsimError
from cmsim.core.numeric import Floats, Number

P = ParamSpec("P")

_BUNDLED = "cmsim.policies."
_NUMBERS = "biuf"
"""Kinds of NumPy's types that are taken for numbers: yes and no, whole numbers and fractions."""
_QUOTED = 60


def column(key: str, method: Callable[P, Floats], count: int, /, *seen: P.args, **named: P.kwargs) -> Floats:
    """Return one number for each of so many clients, contacts, workers or kinds, in an array of the model's own.

    Args:
        key: where the rule stands in a scenario.
        method: of the rule.
        count: how many numbers are asked for.
        seen: what the rule is shown.
        named: what it is shown by name.

    Raises:
        CmsimError: a rule from outside returned something else.
    """
    given = method(*seen, **named)
    return given if _is_bundled(method) else _checked(key, method, given, (count,))


def number(key: str, method: Callable[P, float], /, *seen: P.args, **named: P.kwargs) -> float:
    """Return one number; arguments and errors as in :func:`column`."""
    given = method(*seen, **named)
    return given if _is_bundled(method) else float(_checked(key, method, given, ()))


def one_of(key: str, method: Callable[P, int], allowed: tuple[int, ...], /, *seen: P.args, **named: P.kwargs) -> int:
    """Return one of some whole numbers; other arguments and errors as in :func:`column`."""
    given = method(*seen, **named)
    if _is_bundled(method):
        return given
    if (found := float(_checked(key, method, given, ()))) not in allowed:
        raise _refused(key, method, given, f"one of {', '.join(map(str, allowed))}")
    return int(found)


def decision(key: str, method: Callable[P, bool], /, *seen: P.args, **named: P.kwargs) -> bool:
    """Return yes or no; arguments and errors as in :func:`column`."""
    given = method(*seen, **named)
    if _is_bundled(method):
        return given
    if (found := float(_checked(key, method, given, ()))) not in (0.0, 1.0):
        raise _refused(key, method, given, "True or False")
    return bool(found)


def pair(key: str, method: Callable[[Number], tuple[Number, Number]], seen: Number) -> tuple[Number, Number]:
    """Return two answers about one number, or about a column of them: each of the shape of what the rule is shown."""
    given = method(seen)
    if _is_bundled(method):
        return given
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        shape = np.shape(seen)
        raise _refused(key, method, given, f"two answers, each {_wanted(shape)}")
    first, second = (_checked(key, method, each, np.shape(seen))[()] for each in given)
    return first, second  # type: ignore[return-value]


def _is_bundled(method: Callable[..., object]) -> bool:
    return type(getattr(method, "__self__", None)).__module__.startswith(_BUNDLED)


def _checked(key: str, method: Callable[..., object], given: object, shape: tuple[int, ...]) -> Floats:
    try:
        found = np.asarray(given)
    except ValueError:  # lists of unlike lengths
        raise _refused(key, method, given, _wanted(shape)) from None
    if found.dtype.kind not in _NUMBERS or found.shape != shape:
        raise _refused(key, method, given, _wanted(shape))
    copied = np.array(found, dtype=float, order="C")
    if (unknown := int(np.isnan(copied).sum())) > 0:
        raise _refused(key, method, given, _wanted(shape), f", {unknown} of them nan" if shape else "")
    return copied


def _wanted(shape: tuple[int, ...]) -> str:
    return f"an array of shape {shape}, of numbers that are not nan" if shape else "one number that is not nan"


def _refused(key: str, method: Callable[..., object], given: object, allowed: str, more: str = "") -> CmsimError:
    kind = type(getattr(method, "__self__", method))
    name = getattr(method, "__name__", "")
    if isinstance(given, np.ndarray):
        told = f"an array of shape {given.shape} and type {given.dtype}{more}"
    else:
        text = repr(given)
        told = f"{text if len(text) <= _QUOTED else text[:_QUOTED] + ' ...'} of type {type(given).__name__}{more}"
    return CmsimError(
        f"{key}: {name}() of the rule {kind.__module__}:{kind.__qualname__} returned {told}; allowed: {allowed}"
    )
