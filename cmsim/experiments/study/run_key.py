"""What makes a run the run it is: the code, every resolved parameter, the seed and the replication.

The run key is a hash of these. A run whose key is in the store is never done again; a run of which
anything changed has another key, so that nothing stale is ever taken for it.
"""

import hashlib
import importlib.metadata
import inspect
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

from cmsim.core.errors import CmsimError
from cmsim.core.extension import load_extension, source_hash
from cmsim.core.version import PACKAGE, __version__
from cmsim.scenario import Scenario
from cmsim.scenario.nested_settings import EXTENSIONS

RunFunction = Callable[[Scenario, int], Mapping[str, float]]
"""A run function of the user's own: from scenario and replication to outcomes by name."""

KEY_BYTES = 16
LIBRARIES = ("networkx", "numpy", "scipy", "simpy")
"""Libraries that compute what a run is; Mesa only holds the agents, and a test keeps its versions equal."""
_WITHOUT_BEARING = ("app", "cli", "experiments", "reporting", "validation")
_WITH_BEARING = ("experiments/shared_warm_up.py",)


@cache
def model_version() -> dict[str, str]:
    """Return what identifies the model: version of the package, hash of its code, versions of libraries.

    The hash is over the source files that bear on a run. The digest of a reference run would not do: a
    rule that this run does not use could change behind it. A changed comment changes the hash too, which
    costs runs again; a changed result that goes unnoticed would cost more.

    Raises:
        CmsimError: the source cannot be read.
    """
    code = hashlib.blake2b(digest_size=KEY_BYTES)
    found = 0
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name.split("/")[0] in _WITHOUT_BEARING and name not in _WITH_BEARING:
            continue
        code.update(f"{name}\0".encode() + _source(path) + b"\0")
        found += 1
    if not found:
        raise CmsimError(f"the source of cmsim cannot be read in {PACKAGE}, so runs cannot be told apart")
    libraries = {name: importlib.metadata.version(name) for name in LIBRARIES}
    return {"cmsim": __version__, "code": code.hexdigest(), **libraries}


def _source(path: Path) -> bytes:
    return path.read_bytes().replace(b"\r\n", b"\n")


def function_version(function: RunFunction) -> str:
    """Return the name of a run function with a hash of the file that defines it, or of its own source."""
    file = getattr(sys.modules.get(function.__module__), "__file__", None)
    try:
        source = _source(Path(file)) if file else inspect.getsource(function).encode()
    except (OSError, TypeError):
        raise CmsimError(
            f"run: the source of {function!r} cannot be read, so that its runs could not be told from those "
            "of another version; allowed: a function that is defined in a file"
        ) from None
    code = hashlib.blake2b(source, digest_size=KEY_BYTES).hexdigest()
    return f"{function.__module__}:{function.__qualname__} {code}"


def settings_digest(scenario: Scenario) -> bytes:
    """Return a hash of all settings of a scenario, and of the packages of policies and extensions from outside."""
    settings = scenario.flat()
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"))
    code = hashlib.blake2b(text.encode(), digest_size=KEY_BYTES)
    for module in outside_modules(settings):
        code.update(f"\0{module}\0{source_hash(module)}".encode())
    for loaded in map(load_extension, settings.get(EXTENSIONS, ())):
        code.update(f"\0{loaded.reference}\0{loaded.code}".encode())
    return code.digest()


def outside_modules(settings: Mapping[str, object]) -> list[str]:
    """Return the modules of the policies from outside that settings by dotted key name."""
    rules = (value for key, value in settings.items() if key.endswith(".rule") and isinstance(value, str))
    return sorted({rule.partition(":")[0] for rule in rules if ":" in rule})


def rule_code(settings: Iterable[Mapping[str, object]]) -> dict[str, str]:
    """Return the hash of the source of each module of a policy from outside, by its name."""
    modules = {module for each in settings for module in outside_modules(each)}
    return {module: source_hash(module) for module in sorted(modules)}


def changed_rules(then: Mapping[str, str]) -> list[str]:
    """Return the modules of policies from outside whose source is another than it was, or is gone."""
    return [module for module, code in then.items() if _code_now(module) != code]


def _code_now(module: str) -> str:
    try:
        return source_hash(module)
    except Exception:
        return ""  # whatever keeps a module from being imported, it is not what it was


def perturbed_digest(settings: bytes) -> bytes:
    """Return the hash of some settings with one visit a week a minute longer (a placebo run)."""
    return hashlib.blake2b(settings + b"\0nudge", digest_size=KEY_BYTES).digest()


def run_keys(version: Mapping[str, str], settings: bytes, seed: int) -> Callable[[int], bytes]:
    """Return the function that gives the key of a replication of one scenario, which has a hash of its settings."""
    text = json.dumps(dict(version), sort_keys=True)
    begun = hashlib.blake2b(f"{text}\0{settings.hex()}\0{seed}\0".encode(), digest_size=KEY_BYTES)

    def key(replication: int) -> bytes:
        whole = begun.copy()
        whole.update(str(replication).encode())
        return whole.digest()

    return key
