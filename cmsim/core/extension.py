"""What a package of one's own adds to the model, without a change to this one.

Such a package declares an :class:`Extension`, as ``EXTENSION`` in one of its modules or under another name. A
scenario names it in ``extensions``: as ``"package.module"``, as ``"package.module:Name"``, or by the name of an
entry point of the group ``cmsim.extensions``. Nothing is added to a scenario that does not name it, whatever is
installed, so that a scenario means the same on every machine.
"""

import hashlib
import importlib
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Literal, TypeVar

from cmsim.core.errors import CmsimError, nearest
from cmsim.core.parameters import Section

GROUP = "cmsim.extensions"
USUAL_NAME = "EXTENSION"
_HASH_BYTES = 16


class Addition:
    """Base of what an extension may add: each kind of it is declared where the model uses it."""

    __slots__ = ()


A = TypeVar("A", bound=Addition)


@dataclass(frozen=True, slots=True)
class Setting(Addition):
    """A further section of settings of a scenario.

    Attributes:
        part: ``world`` for facts that nobody controls, ``service`` for what planners choose.
        key: its key there.
        section: the section at its defaults.
    """

    part: Literal["world", "service"]
    key: str
    section: Section


@dataclass(frozen=True, slots=True)
class Extension:
    """What a package adds.

    Attributes:
        name: as people say it.
        additions: components, setting sections, outcomes, measures of trials, kinds of agents.
    """

    name: str
    additions: tuple[Addition, ...]


@dataclass(frozen=True, slots=True)
class LoadedExtension:
    """An extension that was found.

    Attributes:
        reference: how scenarios name it.
        extension: what it adds.
        version: of the distribution that its module belongs to; empty where there is none.
        code: hash of the source of its package.
    """

    reference: str
    extension: Extension
    version: str
    code: str

    def of(self, kind: type[A]) -> tuple[A, ...]:
        """Return what it adds of one kind, in the order stated."""
        return tuple(each for each in self.extension.additions if isinstance(each, kind))


class OutsideCodeRefused(ImportError):
    """What was named would have run code of somebody who may not run any here."""


_BUNDLED_ONLY = ContextVar("bundled_only", default=False)
_IMPORTED: set[str] = set()


@contextmanager
def bundled_only() -> Iterator[None]:
    """Import nothing meanwhile that has not been named before: for input of people who may not run code here.

    The guard stands where modules are imported, so that no way of writing a setting gets past it.
    """
    token = _BUNDLED_ONLY.set(True)
    try:
        yield
    finally:
        _BUNDLED_ONLY.reset(token)


def import_named(module_name: str, name: str) -> object:
    """Return what a module from outside calls by a name.

    Raises:
        OutsideCodeRefused: only what is bundled may be used now; see :func:`bundled_only`.
        ImportError: there is no such module or name, or the module cannot be run.
    """
    if _BUNDLED_ONLY.get() and module_name not in _IMPORTED:
        raise OutsideCodeRefused(module_name)
    try:
        found: object = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError) as error:
        raise ImportError(str(error)) from None
    except (Exception, SystemExit) as error:
        raise ImportError(f"{type(error).__name__}: {error}") from error
    _IMPORTED.add(module_name)
    return found


def installed_extensions() -> dict[str, str]:
    """Return where the extensions of installed packages are declared, by the name of their entry point."""
    return {point.name: point.value for point in metadata.entry_points(group=GROUP)}


@cache
def load_extension(reference: str) -> LoadedExtension:
    """Return an extension, imported where this has not been done.

    Args:
        reference: the name of an entry point, ``"package.module"`` or ``"package.module:Name"``.

    Raises:
        CmsimError: there is no such extension, or it cannot be used; the message says what was given and what is
            allowed.
    """
    installed = installed_extensions()
    module_name, _, name = installed.get(reference, reference).partition(":")
    given = f'given "{reference}", which'
    try:
        found = import_named(module_name, name or USUAL_NAME)
    except OutsideCodeRefused:
        raise CmsimError(f"{given} runs code from outside; allowed in the app: none (use the command line)") from None
    except ImportError as error:
        known = f"{', '.join(installed)}, or " if installed else ""
        raise CmsimError(
            f'{given} cannot be imported ({error}); allowed: {known}"package.module" or '
            f'"package.module:Name" of an Extension{nearest(reference, installed)}'
        ) from None
    if not isinstance(found, Extension):
        raise CmsimError(f"{given} is of type {type(found).__name__}; allowed: a cmsim.core.extension.Extension")
    for each in found.additions:
        if not isinstance(each, Addition):
            raise CmsimError(
                f"{given} adds something of type {type(each).__name__}; allowed: what derives from "
                "cmsim.core.extension.Addition, such as a Component, Setting, Outcome, TrialMeasure or AgentKind"
            )
    loaded = LoadedExtension(reference, found, _version(module_name), source_hash(module_name))
    for listener in _LISTENERS:
        listener(loaded)
    _LOADED.append(loaded)
    return loaded


_LISTENERS: list[Callable[[LoadedExtension], None]] = []
_LOADED: list[LoadedExtension] = []


def on_loading(listener: Callable[[LoadedExtension], None]) -> None:
    """Call a function with each extension that is loaded, those that already are included.

    Args:
        listener: may refuse the extension by raising :class:`CmsimError`.
    """
    for loaded in _LOADED:
        listener(loaded)
    _LISTENERS.append(listener)


def added(references: Iterable[str], kind: type[A]) -> tuple[A, ...]:
    """Return what some extensions add of one kind, in the order in which they are named."""
    return tuple(each for reference in references for each in load_extension(reference).of(kind))


def _version(module_name: str) -> str:
    top = module_name.partition(".")[0]
    distributions = metadata.packages_distributions().get(top, ())
    return metadata.version(distributions[0]) if distributions else str(getattr(sys.modules[top], "__version__", ""))


@cache
def source_hash(module_name: str) -> str:
    """Return a hash of the source of the package that a module belongs to, or of the module where it stands alone."""
    top = importlib.import_module(module_name.partition(".")[0])
    code = hashlib.blake2b(digest_size=_HASH_BYTES)
    for name, path in _sources(top):
        code.update(f"{name}\0".encode() + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return code.hexdigest()


def _sources(module: object) -> Iterator[tuple[str, Path]]:
    """Yield the source files of a package by their path in it, or that of a module under no name."""
    folders, file = getattr(module, "__path__", None), getattr(module, "__file__", None)
    for folder in map(Path, folders or ()):
        yield from ((path.relative_to(folder).as_posix(), path) for path in sorted(folder.rglob("*.py")))
    if folders is None and file:
        yield "", Path(file)
