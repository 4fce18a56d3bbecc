"""How a scenario names a policy: a bundled ``rule``, or ``"package.module:Name"`` for one of one's own."""

from __future__ import annotations

import importlib
from typing import Any

from pydantic import ValidatorFunctionWrapHandler

from cmsim.core.parameters import Section


def or_from_outside(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """Validate a policy table; a rule with a colon is imported and validates its own settings.

    Raises:
        ValueError: the named object cannot be imported or is no policy section.
    """
    rule = value.get("rule") if isinstance(value, dict) else None
    if not isinstance(rule, str) or ":" not in rule:
        return handler(value)
    module_name, _, name = rule.partition(":")
    try:
        made = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"the policy {rule!r} cannot be imported: {error}") from None
    if not (isinstance(made, type) and issubclass(made, Section)):
        raise ValueError(f"the policy {rule!r} is not a cmsim.core.parameters.Section")
    return made.model_validate(value)
