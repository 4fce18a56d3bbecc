"""Docstrings that users read, such as the definition of an outcome."""

import ast
import inspect
import sys
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any


def docstring(thing: ModuleType | type | Callable[..., Any]) -> str:
    """Return the docstring of a module, class or function, from its source where ``python -OO`` has dropped it."""
    if sys.flags.optimize < 2:
        return inspect.getdoc(thing) or ""
    if isinstance(thing, ModuleType):
        return ast.get_docstring(_tree(thing.__name__)) or ""
    found: ast.AST = _tree(thing.__module__)
    for name in thing.__qualname__.split("."):
        found = next((each for each in ast.iter_child_nodes(found) if getattr(each, "name", None) == name), ast.Pass())
    return (isinstance(found, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(found)) or ""


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(inspect.getsource(sys.modules[module]))
