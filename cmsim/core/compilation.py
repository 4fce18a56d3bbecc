"""Loops over many people, compiled: what they need to know, and where compiled code is kept.

A rule is written once, as a formula that does not care whether it is given one number or a column. In a loop
over all clients it is given one client's numbers, and the loop is compiled (numba), so that a night of
hundreds of formulas costs one call. Rules know nothing of this: :func:`compilable` tells the compiler that
they may be called from a loop. Compiled arithmetic is IEEE arithmetic in the order written: no reordering, no
fused operations, and the exponentials of the C library.

A record that a loop reads (``clients[row]``) holds no memory of its own: arrays of records come from outside
the loop. One made within would be cleared away at once, and its place given to somebody else.

Compiled code is kept in the user's cache folder, under a name made from the text of everything that was
compiled, so that changed rules are never served by old code. Where it cannot be written, each process compiles for
itself. ``CMSIM_CACHE`` names another folder.
"""

import hashlib
import os
import sys
import tempfile
import types
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from platformdirs import user_cache_path
from pydantic import BaseModel

from cmsim.core.numeric import Records

# numba looks for a module called coverage, and takes a folder of that name beside a script for it
_nobody = "coverage" not in sys.modules
if _nobody:
    sys.modules["coverage"] = None  # type: ignore[assignment]
import numba  # noqa: E402
from numba.extending import overload, register_jitable  # noqa: E402

if _nobody:
    del sys.modules["coverage"]

F = TypeVar("F", bound=Callable[..., Any])

_COMPILED_FROM = ("core", "schema", "submodels", "components", "model")
"""Folders of the package whose text compiled code is made from, constants that stand in it included."""

# with or without Intel's vector library the last digits would differ from machine to machine
numba.config.DISABLE_INTEL_SVML = True  # type: ignore[attr-defined]


@cache
def folder() -> str | None:
    """Return the folder of this version's compiled code, made if need be; ``None`` if it cannot be written."""
    package = Path(__file__).parents[1]
    digest = hashlib.blake2b(digest_size=10)
    for name in _COMPILED_FROM:
        for file in sorted((package / name).rglob("*.py")):
            digest.update(file.relative_to(package).as_posix().encode())
            digest.update(file.read_bytes())
    stated = os.environ.get("CMSIM_CACHE")
    base = Path(stated, "cmsim") if stated else user_cache_path("cmsim", appauthor=False)
    kept = base / f"{digest.hexdigest()}-{sys.implementation.cache_tag}"
    try:
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=kept):
            return str(kept)
    except OSError:
        return None


@overload(float, strict=False)
def _float_of_truth(x: object) -> Callable[[bool], float] | None:
    """Let compiled code write ``float(a == b)``, as Python does."""
    return (lambda x: 1.0 if x else 0.0) if isinstance(x, numba.types.Boolean) else None


def kernel(function: F) -> F:
    """Compile a function of numbers and arrays at its first call, or take what was compiled before."""
    before = numba.config.CACHE_DIR  # type: ignore[attr-defined]
    kept = folder()
    numba.config.CACHE_DIR = kept or ""  # type: ignore[attr-defined]
    try:
        return numba.njit(cache=kept is not None, error_model="numpy")(function)  # type: ignore[return-value]
    finally:
        numba.config.CACHE_DIR = before  # type: ignore[attr-defined]


@cache
def direct(function: Callable[..., Any], signature: str) -> Callable[..., Any]:
    """Return a kernel for arguments of one kind, for whoever calls it for every single decision.

    A kernel looks at the types of its arguments at each call, which costs more than drawing a number.

    Args:
        function: the kernel.
        signature: what it returns and takes, as numba writes it.
    """
    compile_for = getattr(function, "compile", None)
    if compile_for is None:  # compiling is switched off
        return function
    compile_for(signature)
    arguments, _ = numba.core.sigutils.normalize_signature(signature)  # type: ignore[no-untyped-call]
    return function.overloads[arguments].entry_point  # type: ignore[attr-defined]


def compilable(*modules: types.ModuleType) -> None:
    """Let kernels call the functions that these modules define, such as rules; they stay as they are."""
    for module in modules:
        for function in vars(module).values():
            if isinstance(function, types.FunctionType) and function.__module__ == module.__name__:
                _register(function)


@cache
def _register(function: types.FunctionType) -> None:
    """Register a function with the compiler, once."""
    register_jitable(function)


def numbers(**sections: BaseModel) -> Records:
    """Return the numbers of some sections of parameters as kernels read them: an array of one record.

    A kernel reads ``numbers[0].illness.stress_log`` as a rule reads ``illness.stress_log``. What is neither a
    number nor true or false, nor a section of these, is left out.
    """
    shape, values = _record(sections.items())
    return np.array([values], shape)


def _record(items: Iterable[tuple[str, object]]) -> tuple[np.dtype[np.void], tuple[object, ...]]:
    """Return the shape and the values of a record of what there is by name."""
    shapes: list[tuple[str, np.dtype[np.generic]]] = []
    values: list[object] = []
    for name, value in items:
        if isinstance(value, BaseModel):
            shape, inner = _record(value)
            if inner:
                shapes.append((name, shape))
                values.append(inner)
        elif isinstance(value, bool | int | float):
            shapes.append((name, np.dtype(np.bool_ if isinstance(value, bool) else np.float64)))
            values.append(value)
    made = np.dtype(shapes, align=True)
    return _SHAPES.setdefault(made, made), tuple(values)


_SHAPES: dict[np.dtype[np.void], np.dtype[np.void]] = {}
"""Each shape once: at every call a kernel is found by the very object, or by comparing hundreds of fields."""
