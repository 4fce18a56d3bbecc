"""Libraries that an extra of the package brings, imported where they are needed."""

from importlib import import_module
from types import ModuleType

from cmsim.core.errors import CmsimError


def needed(module: str, extra: str) -> ModuleType:
    """Return a module.

    Raises:
        CmsimError: it is not installed; the message says which extra brings it.
    """
    try:
        return import_module(module)
    except ImportError:
        raise CmsimError(f'{module} is not installed: pip install "cmsim[{extra}]" brings it') from None
