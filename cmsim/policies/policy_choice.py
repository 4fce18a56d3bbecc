"""How a scenario names a policy: a bundled ``rule``, or ``"package.module:Name"`` for one of one's own."""

import inspect
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, GetCoreSchemaHandler, ValidatorFunctionWrapHandler
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_wrap_validator_function

from cmsim.core.extension import OutsideCodeRefused, import_named
from cmsim.core.parameters import Section


@dataclass(frozen=True)
class RuleFamily:
    """Marks a union of sections as policies of which a table chooses one by its ``rule``.

    A rule with a colon is imported and validates its own settings; it must have the methods of its family.

    Attributes:
        usual: a bundled rule of the family.
    """

    usual: type[Section]

    def __get_pydantic_core_schema__(self, rules: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of the bundled rules, told apart by ``rule``, with rules from outside before them."""
        return no_info_wrap_validator_function(self._validate, handler(Annotated[rules, Field(discriminator="rule")]))

    def _validate(self, value: object, handler: ValidatorFunctionWrapHandler) -> object:
        rule = value.get("rule") if isinstance(value, dict) else None
        if not isinstance(rule, str) or ":" not in rule:
            return handler(value)
        return self._import(rule).model_validate(value)

    def _import(self, rule: str) -> type[Section]:
        """Return a rule from outside.

        Raises:
            ValueError: it cannot be imported, or is no rule of the family; pydantic puts the key before the message.
        """
        needed = [name for name, value in vars(self.usual).items() if inspect.isfunction(value) and name[0] != "_"]
        having = f" that has {' and '.join(needed)}" if needed else ""
        given = f'given rule = "{rule}", which'
        allowed = f'allowed: "package.module:Name" of a cmsim.core.parameters.Section{having}'
        module_name, _, name = rule.partition(":")
        try:
            made = import_named(module_name, name)
        except OutsideCodeRefused:
            allowed = "allowed in the app: the rules that come with cmsim (use the command line for others)"
            raise ValueError(f"{given} runs code from outside; {allowed}") from None
        except ImportError as error:
            raise ValueError(f"{given} cannot be imported ({error}); {allowed}") from None
        if not (isinstance(made, type) and issubclass(made, Section)):
            raise ValueError(f"{given} is no section; {allowed}")
        missing = [method for method in needed if not hasattr(made, method)]
        if missing:
            raise ValueError(f"{given} has no {', '.join(missing)}; {allowed}")
        return made
