"""Loops over many people, compiled: what they need to know, and where compiled code is kept.

A rule is written once, as a formula that does not care whether it is given one number or a column. In a loop
over all clients it is given one client's numbers, and the loop is compiled (numba), so that a night of
hundreds of formulas costs one call. Rules know nothing of this: :func:`compilable` tells the compiler that
they may be called from a loop. Compiled arithmetic is IEEE arithmetic in the order written: no reordering, no
fused operations, and the exponentials of the C library.

A record that a loop reads (``clients[row]``) holds no memory of its own: arrays of records come from outside
the loop. One made within would be cleared away at once, and its place given to somebody else.

Compiled code is kept in the user's cache folder, under a name made from the text of everything that was
compiled, so that changed rules are never served by old code. Where no folder can be written, each process
compiles for itself. ``CMSIM_CACHE`` names another folder.
"""

from __future__ import annotations

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
    """Return the folder of this version's compiled code, made if need be; ``None`` if none can be written."""
    package = Path(__file__).parents[1]
    digest = hashlib.blake2b(digest_size=10)
    for name in _COMPILED_FROM:
        for file in sorted((package / name).rglob("*.py")):
            digest.update(file.relative_to(package).as_posix().encode())
            digest.update(file.read_bytes())
    for base in _bases():
        kept = base / "cmsim" / f"{digest.hexdigest()}-{sys.implementation.cache_tag}"
        try:
            kept.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=kept):
                return str(kept)
        except OSError:
            continue
    return None


def _bases() -> Iterable[Path]:
    stated = os.environ.get("CMSIM_CACHE")
    if stated:
        yield Path(stated)
        return
    if sys.platform == "win32":
        yield Path(os.environ.get("LOCALAPPDATA", tempfile.gettempdir()))
    elif sys.platform == "darwin":
        yield Path("~/Library/Caches").expanduser()
    else:
        yield Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    yield Path(tempfile.gettempdir()) / f"cmsim-{os.getuid() if hasattr(os, 'getuid') else 'user'}"


@overload(float, strict=False)
def _float_of_truth(x: Any) -> Any:
    """Let compiled code write ``float(a == b)``, as Python does."""
    if isinstance(x, numba.types.Boolean):

        def truth(x: Any) -> Any:
            return 1.0 if x else 0.0

        return truth
    return None


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
        for name, function in vars(module).items():
            if isinstance(function, types.FunctionType) and function.__module__ == module.__name__:
                key = f"{module.__name__}.{name}"
                if key not in _COMPILABLE:
                    _COMPILABLE.add(key)
                    register_jitable(function)


_COMPILABLE: set[str] = set()


def numbers(**sections: BaseModel) -> Records:
    """Return the numbers of some sections of parameters as kernels read them: an array of one record.

    A kernel reads ``numbers[0].illness.stress_log`` as a rule reads ``illness.stress_log``. What is neither a
    number nor true or false, nor a section of these, is left out.
    """
    whole = {name: _values(section) for name, section in sections.items()}
    record = np.zeros(1, _shape(whole))
    _fill(record[0], whole)
    return record


def _values(section: BaseModel) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            found[name] = _values(value)
        elif isinstance(value, bool | int | float):
            found[name] = value
    return found


def _shape(values: dict[str, Any]) -> np.dtype[Any]:
    fields: list[Any] = []
    for name, value in values.items():
        if isinstance(value, dict):
            if value:
                fields.append((name, _shape(value)))
        else:
            fields.append((name, np.bool_ if isinstance(value, bool) else np.float64))
    made = np.dtype(fields, align=True)
    return _SHAPES.setdefault(made, made)


_SHAPES: dict[np.dtype[Any], np.dtype[Any]] = {}
"""Each shape once: at every call a kernel is found by the very object, or by comparing hundreds of fields."""


def _fill(record: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, dict):
            if value:
                _fill(record[name], value)
        else:
            record[name] = value
