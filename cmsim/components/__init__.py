"""The thirteen components of clinical case management (Kanter 1989), one file each.

A component says what share of a contact it takes (:class:`~cmsim.components.component.Mix`, a choice of the
service) and what its minutes do (``effects``). Effects are amounts for today, summed over contacts in a fixed
order; the daily update turns them into state.

Every module of this package but ``component`` declares one as ``COMPONENT``. Nothing else has to be changed for
another one: settings, tables, compiled loops and documents follow from :data:`ALL`.
"""

from importlib import import_module
from pkgutil import iter_modules

from cmsim.components.component import CONTACT, Component, Given, Mix
from cmsim.core.errors import CmsimError
from cmsim.core.extension import LoadedExtension, on_loading


def _bundled() -> tuple[Component, ...]:
    names = (module.name for module in iter_modules(__path__) if module.name != "component")
    return tuple(sorted((import_module(f"{__name__}.{name}").COMPONENT for name in names), key=lambda part: part.order))


ALL: tuple[Component, ...] = _bundled()
"""The bundled components, in the order of rows and tables."""

COMPONENTS = tuple(part.name for part in ALL)
"""Their names."""

BY_KEY: dict[str, Component] = {part.key: part for part in ALL}
"""Components by key, those of extensions loaded so far included."""


def _add(loaded: LoadedExtension) -> None:
    for part in loaded.of(Component):
        if part.key in BY_KEY or part.name in {each.name for each in BY_KEY.values()}:
            raise CmsimError(
                f'given "{loaded.reference}", which adds the component "{part.name}" with the key "{part.key}"; '
                "allowed: a name and a key that are free"
            )
        BY_KEY[part.key] = part


on_loading(_add)

__all__ = ["ALL", "BY_KEY", "COMPONENTS", "CONTACT", "Component", "Given", "Mix"]
