"""Types of numbers: one, or a column of them; and whole numbers, whatever they were given as."""

import math
from numbers import Integral, Real
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cmsim.core.errors import CmsimError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Words = NDArray[np.uint64]
Records = NDArray[np.void]
"""An array of records, such as those that compiled loops read."""

Number = TypeVar("Number", float, Floats)
"""One number or a column: a formula takes either, and returns what it was given."""


def is_whole(value: object) -> bool:
    """Return whether a value is a whole number: of Python, of NumPy, or a float without decimals.

    >>> is_whole(20), is_whole(np.float64(20.0)), is_whole(20.5), is_whole(True), is_whole("20")
    (True, True, False, False, False)
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    return isinstance(value, Integral) or (math.isfinite(value) and bool(value % 1 == 0))


def whole(name: str, value: object, least: int) -> int:
    """Return a whole number as Python's own.

    Args:
        name: what messages call it.
        value: what was given.
        least: the least that is allowed.

    Raises:
        CmsimError: it is none, or less than allowed.
    """
    if not is_whole(value) or int(value) < least:  # type: ignore[call-overload]
        raise CmsimError(f"{name}: given {value!r}; allowed: a whole number, {least} and up")
    return int(value)  # type: ignore[call-overload]
