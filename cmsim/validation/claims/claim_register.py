"""Register of claims: their text, and the decorator by which a test states the status of a claim."""

import importlib
import importlib.util
import inspect
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from cmsim.core.errors import nearest

STATUSES: dict[str, str] = {
    "built in": "a rule says it; tested at the rule, and its consequence at system level",
    "emerges": "no rule mentions the outcome; seen on draws from the ranges of the assumed parameters",
    "not shown": "tested, and the model disagrees; kept, with the reason",
    "out of scope": "not represented, with the reason",
}

DOCUMENTS: dict[str, str] = {
    "K": "Kanter 1989, Clinical Case Management: Definition, Principles, Components",
    "S": "a short piece on clinical case management",
    "Q": "questions and answers on referrals that are not followed through",
    "O": "an overview essay on case management, about 2008",
    "A": "an abstract on models of case management",
}
"""The source documents by the first letter of a claim's id."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of a source document, in our own words.

    Attributes:
        key: its id, such as ``K-14``.
        subject: its chapter.
        locator: where it stands in its document.
        mechanism: what it says happens, and through what.
        observable: what the model must show for it.
    """

    key: str
    subject: str
    locator: str
    mechanism: str
    observable: str

    @property
    def document(self) -> str:
        """The source document."""
        return DOCUMENTS[self.key[0]]


def _read() -> dict[str, Claim]:
    text = (files("cmsim.validation.claims") / "claims.toml").read_text(encoding="utf-8")
    return {key: Claim(key, **entry) for key, entry in tomllib.loads(text).items()}


CLAIMS: dict[str, Claim] = _read()
"""Every claim by id, in the order of the register."""

_MARK = "claim_statuses"
"""The attribute by which a test holds the statuses that it states."""

Test = TypeVar("Test", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class ClaimStatus:
    """The status of a claim, as one test states it.

    Attributes:
        key: the claim's id.
        status: one of :data:`STATUSES`.
        mechanism: what implements it, as ``"cmsim.submodels.support_need:capability_next"``; several with ``", "``.
        test: the test's module and name.
        reason: why, for "not shown" and "out of scope"; otherwise what the test looks at.
        contrast: the name of the contrast whose recorded result supports it, if there is one.
    """

    key: str
    status: str
    mechanism: str
    test: str
    reason: str = ""
    contrast: str | None = None


def claim(
    *keys: str, status: str, mechanism: str, reason: str = "", contrast: str | None = None
) -> Callable[[Test], Test]:
    """Mark a test as the one that states the status of some claims.

    Args:
        keys: ids of claims.
        status: one of :data:`STATUSES`.
        mechanism: the module and function (or class) that implements it, ``"module:name"``; it must exist.
        reason: required for "not shown" and "out of scope".
        contrast: the name of the :class:`~cmsim.validation.claims.contrast.Contrast` behind an emergent claim.

    Raises:
        ValueError: an unknown claim, status or mechanism, or a reason that is missing.
    """
    for key in keys:
        if key not in CLAIMS:
            raise ValueError(f"unknown claim {key!r}{nearest(key, CLAIMS)}")
    if status not in STATUSES:
        raise ValueError(f"unknown status {status!r}{nearest(status, STATUSES)}; there are: {list(STATUSES)}")
    if status in ("not shown", "out of scope") and not reason:
        raise ValueError(f"{', '.join(keys)}: the status {status!r} needs a reason")
    for place in filter(None, mechanism.split(", ")):
        module, _, name = place.partition(":")
        found: object = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)

    def mark(test: Test) -> Test:
        where = f"{test.__module__.rpartition('.')[2]}.{test.__name__}"
        made = tuple(ClaimStatus(key, status, mechanism, where, reason, contrast) for key in keys)
        setattr(test, _MARK, (*getattr(test, _MARK, ()), *made))
        return test

    return mark


def collect_statuses(modules: Iterable[ModuleType]) -> list[ClaimStatus]:
    """Return every status that tests of some modules state, in the order of the register."""
    found: list[ClaimStatus] = [
        status
        for module in modules
        for _, test in inspect.getmembers(module, callable)
        for status in getattr(test, _MARK, ())
    ]
    order = {key: place for place, key in enumerate(CLAIMS)}
    return sorted(dict.fromkeys(found), key=lambda status: (order[status.key], status.test))


def load_test_modules(folder: Path) -> list[ModuleType]:
    """Import the modules of a folder that hold the tests of claims."""
    found = []
    for path in sorted(folder.glob("test_*.py")):
        spec = importlib.util.spec_from_file_location(f"claims.{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found.append(module)
    return found


def list_open_claims(statuses: Iterable[ClaimStatus], results: Path) -> list[str]:
    """Return the claims without a test, or whose contrast has no result yet, in the order of the register.

    Args:
        statuses: of all tests.
        results: folder of the results of contrasts.
    """
    settled = {each.key for each in statuses if each.contrast is None or (results / f"{each.contrast}.json").exists()}
    return [key for key in CLAIMS if key not in settled]
