"""Loops over many people, compiled: what they need to know, and where compiled code is kept.

A rule is written once, as a formula that does not care whether it is given one number or a column. In a loop
over all clients it is given one client's numbers, and the loop is compiled (numba), so that a night of
hundreds of formulas costs one call. Rules know nothing of this: :func:`compilable` tells the compiler that
they may be called from a loop. Compiled arithmetic is IEEE arithmetic in the order written: no reordering, no
fused operations, and the exponentials of the C library.

A record that a loop reads (``clients[row]``) holds no memory of its own: arrays of records come from outside
the loop. One made within would be cleared away at once, and its place given to somebody else.

Compiled code is kept in the user's cache folder, under a name made from the text of everything that was
compiled, so that changed rules are never served by old code. It is run as it is read. So the folder must belong to the
user, and nobody else may write there; and each file ends with a checksum: a damaged one is compiled anew. Where
there is no such folder, each process compiles for itself. ``CMSIM_CACHE`` names another folder.
"""

import hashlib
import os
import pickle
import stat
import sys
import tempfile
import types
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from platformdirs import user_cache_path
from pydantic import BaseModel

from cmsim.core.errors import CmsimError
from cmsim.core.numeric import Records

# numba looks for a module called coverage, and takes a folder of that name beside a script for it
_nobody = "coverage" not in sys.modules
if _nobody:
    sys.modules["coverage"] = None  # type: ignore[assignment]
import numba  # noqa: E402
from numba.core.caching import FunctionCache, IndexDataCacheFile  # noqa: E402
from numba.extending import overload, register_jitable  # noqa: E402

if _nobody:
    del sys.modules["coverage"]

F = TypeVar("F", bound=Callable[..., Any])

_COMPILED_FROM = ("core", "schema", "submodels", "components", "model")
"""Folders of the package whose text compiled code is made from, constants that stand in it included."""

# with or without Intel's vector library the last digits would differ from machine to machine
numba.config.DISABLE_INTEL_SVML = True  # type: ignore[attr-defined]
if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
    raise CmsimError("NUMBA_DISABLE_JIT: given 1; allowed: 0 or unset, since a run is simulated by compiled code only")

_SEAL_BYTES = 16


@cache
def folder() -> str | None:
    """Return the folder of this version's compiled code, made if need be.

    Returns:
        None if it cannot be written, or others might have written there.
    """
    package = Path(__file__).parents[1]
    digest = hashlib.blake2b(digest_size=10)
    for name in _COMPILED_FROM:
        for file in sorted((package / name).rglob("*.py")):
            digest.update(file.relative_to(package).as_posix().encode())
            digest.update(file.read_bytes())
    stated = os.environ.get("CMSIM_CACHE")
    base = Path(stated, "cmsim") if stated else user_cache_path("cmsim", appauthor=False)
    if base.parts[:1] == ("~",):
        return None  # of a user without a home
    try:
        kept = base.absolute() / f"{digest.hexdigest()}-{sys.implementation.cache_tag}"
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=kept):
            return str(kept) if _is_private(kept) else None
    except OSError:
        return None


def _is_private(kept: Path) -> bool:
    """Whether a folder is the user's own, no link to another, and closed to what others would write."""
    if not hasattr(os, "geteuid"):
        return True
    found = kept.lstat()
    is_closed = not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and is_closed


class _SealedFiles(IndexDataCacheFile):
    """Files of compiled code that end with a checksum: one that is not as it was written counts as missing."""

    def save(self, key: object, data: object) -> None:
        with suppress(OSError):  # a full disk costs the next process its time, and this one nothing
            super().save(key, data)  # type: ignore[no-untyped-call]

    def _load_index(self) -> dict[object, str]:
        try:
            with open(self._index_path, "rb") as file:
                pickle.load(file)  # the version of numba
                _unsealed(file.read())
            return super()._load_index()  # type: ignore[no-untyped-call]
        except Exception:  # what is damaged can end in any of them
            return {}

    def _load_data(self, name: str) -> object:
        return pickle.loads(_unsealed(Path(self._data_path(name)).read_bytes()))  # type: ignore[no-untyped-call]

    def _dump(self, obj: object) -> bytes:
        content: bytes = super()._dump(obj)  # type: ignore[no-untyped-call]
        return content + _seal(content)


class _Cache(FunctionCache):
    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        stamp = self._impl.locator.get_source_stamp()
        self._cache_file = _SealedFiles(self._cache_path, self._impl.filename_base, stamp)  # type: ignore[no-untyped-call]


def _seal(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_SEAL_BYTES).digest()


def _unsealed(file: bytes) -> bytes:
    content = file[:-_SEAL_BYTES]
    if _seal(content) != file[-_SEAL_BYTES:]:
        raise OSError("not as it was written")  # as if there were no such file
    return content


@overload(float, strict=False)
def _float_of_truth(x: object) -> Callable[[bool], float] | None:
    """Let compiled code write ``float(a == b)``, as Python does."""
    return (lambda x: 1.0 if x else 0.0) if isinstance(x, numba.types.Boolean) else None


def kernel(function: F) -> F:
    """Compile a function of numbers and arrays at its first call, or take what was compiled before."""
    compiled = numba.njit(error_model="numpy")(function)
    if (kept := folder()) is not None:
        before = numba.config.CACHE_DIR  # type: ignore[attr-defined]
        numba.config.CACHE_DIR = kept  # type: ignore[attr-defined]
        try:
            compiled._cache = _Cache(function)  # type: ignore[attr-defined]
        finally:
            numba.config.CACHE_DIR = before  # type: ignore[attr-defined]
    return compiled  # type: ignore[return-value]


@cache
def direct(function: Callable[..., Any], signature: str) -> Callable[..., Any]:
    """Return a kernel for arguments of one kind, for whoever calls it for every single decision.

    A kernel looks at the types of its arguments at each call, which costs more than drawing a number.

    Args:
        function: the kernel.
        signature: what it returns and takes, as numba writes it.
    """
    function.compile(signature)  # type: ignore[attr-defined]
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
