"""Types of numbers: one, or a column of them."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Words = NDArray[np.uint64]
Records = NDArray[np.void]
"""An array of records, such as those that compiled loops read."""

Number = TypeVar("Number", float, Floats)
"""One number or a column: a formula takes either, and returns what it was given."""
