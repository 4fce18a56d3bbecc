"""How a scenario names a policy: a bundled ``rule``, or ``"package.module:Name"`` for one of one's own."""

import importlib
import inspect
from typing import Any

from pydantic import ValidatorFunctionWrapHandler, WrapValidator

from cmsim.core.parameters import Section


def or_from_outside(bundled: type[Section]) -> WrapValidator:
    """Return the validator of a table that chooses a policy by its rule.

    A rule with a colon is imported and validates its own settings; it must have the methods of its family.

    Args:
        bundled: a bundled rule of the family.
    """
    needed = [name for name, value in vars(bundled).items() if inspect.isfunction(value) and name[0] != "_"]

    def validate(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        rule = value.get("rule") if isinstance(value, dict) else None
        if not isinstance(rule, str) or ":" not in rule:
            return handler(value)
        return _imported(rule, needed).model_validate(value)

    return WrapValidator(validate)


def _imported(rule: str, needed: list[str]) -> type[Section]:
    """Return a rule from outside.

    Raises:
        ValueError: it cannot be imported, or is no rule of the family; pydantic puts the key before the message.
    """
    having = f" that has {' and '.join(needed)}" if needed else ""
    allowed = f'allowed: "package.module:Name" of a cmsim.core.parameters.Section{having}'
    module_name, _, name = rule.partition(":")
    try:
        made = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f'given rule = "{rule}", which cannot be imported ({error}); {allowed}') from None
    if not (isinstance(made, type) and issubclass(made, Section)):
        raise ValueError(f'given rule = "{rule}", which is no section; {allowed}')
    missing = [method for method in needed if not hasattr(made, method)]
    if missing:
        raise ValueError(f'given rule = "{rule}", which has no {", ".join(missing)}; {allowed}')
    return made
