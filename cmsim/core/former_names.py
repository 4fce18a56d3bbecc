"""Former names of keys, arguments and flags: each is read for one release, with a note that names the new one.

Remove an entry with the release after the one that added it.
"""

import functools
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from cmsim.core.errors import CmsimError

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

FLAGS = {"--most": "--max-replications", "--roster": "--staff-list", "--by=number": "--by=parameter"}
"""Command-line flags by their former name; with ``=``, one value of a flag."""
SCENARIO_KEYS = {"events.resigns": "resigning_post"}
"""Last parts of keys of a scenario file by the former dotted key, in which positions in lists are left out."""
ARGUMENTS = {"n_jobs": "workers"}
"""Arguments of functions by the former name."""
RESULT_NAMES = {
    "fates": "individual_effects",
    "worlds_low": "expected_low",
    "worlds_high": "expected_high",
    "chance_sd": "stochastic_sd",
    "ignorance_sd": "parameter_sd",
}
"""Tables of results, and their columns, by the former name; reports read both."""


class FormerNameWarning(FutureWarning):
    """A name was used that the next release no longer reads."""


def rename_flags(words: Sequence[str], names: Mapping[str, str] = FLAGS) -> list[str]:
    """Return the words of a command line with flags under their present names.

    Args:
        words: the words after the name of the program.
        names: present flags by former ones.

    >>> with warnings.catch_warnings(action="ignore"):
    ...     rename_flags(["run", "--most", "50", "--by", "number"])
    ['run', '--max-replications', '50', '--by', 'parameter']
    """
    renamed: list[str] = []
    for word in words:
        with_flag = f"{renamed[-1]}={word}" if renamed else ""
        former = next((each for each in (word, word.partition("=")[0], with_flag) if each in names), None)
        if former is None:
            renamed.append(word)
            continue
        present = names[former]
        _note("command line", former, present)
        renamed.append(present.partition("=")[2] if former == with_flag else present + word.removeprefix(former))
    return renamed


def taking_former_arguments(function: F) -> F:
    """Let a function take arguments under their former names too."""

    @functools.wraps(function)
    def called(*args: Any, **given: Any) -> Any:
        for former in ARGUMENTS.keys() & given.keys():
            if ARGUMENTS[former] in given:
                raise CmsimError(f"{function.__name__}: {ARGUMENTS[former]}: also given as {former}; allowed: once")
            _note(function.__name__, former, ARGUMENTS[former])
            given[ARGUMENTS[former]] = given.pop(former)
        return function(*args, **given)

    return called  # type: ignore[return-value]


def rename_keys(table: Mapping[str, T], names: Mapping[str, str], where: str, above: str = "") -> dict[str, T]:
    """Return nested tables with keys under their present names.

    Args:
        table: values and tables by key, as read from a file; lists are tuples.
        names: last parts of present keys by former dotted keys.
        where: what messages name as the place.
        above: dotted key of the table itself, with a full stop at its end.

    Raises:
        CmsimError: a key is stated under both names.

    >>> with warnings.catch_warnings(action="ignore"):
    ...     rename_keys({"events": ({"day": 4, "resigns": 2},)}, SCENARIO_KEYS, "mine.toml")
    {'events': ({'day': 4, 'resigning_post': 2},)}
    """
    renamed: dict[str, T] = {}
    for key, value in table.items():
        new = names.get(above + key, key)
        if new != key:
            if new in table:
                raise CmsimError(f"{where}: {above}{new}: also stated under its former name {key}; allowed: once")
            _note(where, above + key, above + new)
        renamed[new] = _renamed(value, names, where, f"{above}{key}.")
    return renamed


def _renamed(value: T, names: Mapping[str, str], where: str, above: str) -> T:
    if isinstance(value, Mapping):
        return rename_keys(value, names, where, above)  # type: ignore[return-value]
    if isinstance(value, tuple):
        return tuple(_renamed(each, names, where, above) for each in value)  # type: ignore[return-value]
    return value


def _note(where: str, former: str, present: str) -> None:
    text = f"{where}: {former} is now called {present}; the former name is read for one more release"
    warnings.warn(FormerNameWarning(text), stacklevel=3)
