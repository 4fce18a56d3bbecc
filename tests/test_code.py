"""What no linter checks: kernels that read freed memory, tests that cannot fail, private names of a library."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import simpy

ROOT = Path(__file__).parents[1]
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
CHECKS = ("raises", "warns", "fail", "examined")
"""Names of calls that fail where something is not so, wherever they come from."""


def functions(tree):
    return [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)]


def called(function):
    """Return the last part of the name of every call in a function."""
    names = [call.func for call in ast.walk(function) if isinstance(call, ast.Call)]
    return {each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in names}


def can_fail(function, checks):
    if any(isinstance(each, ast.Assert) for each in ast.walk(function)):
        return True
    return any(name in checks or name.startswith(("assert_", "expect")) for name in called(function))


def without_assertion(source):
    """Return the names of the tests that assert nothing, themselves or by a function of their file."""
    tree = ast.parse(source)
    checks = set(CHECKS)
    while found := {f.name for f in functions(tree) if f.name not in checks and can_fail(f, checks)}:
        checks |= found
    return [f.name for f in functions(tree) if f.name.startswith("test_") and f.name not in checks]


def empty_parameters(source):
    """Return the names of the tests that are parametrized over a literal without elements."""
    return [
        function.name
        for function in functions(ast.parse(source))
        for each in function.decorator_list
        if isinstance(each, ast.Call) and getattr(each.func, "attr", "") == "parametrize"
        if isinstance(each.args[1], ast.Tuple | ast.List) and not each.args[1].elts
    ]


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_every_test_can_fail(path):
    source = path.read_text()
    assert not without_assertion(source)
    assert not empty_parameters(source)


def test_a_test_that_cannot_fail_is_found():
    source = "def helper():\n    assert 1\n\ndef test_good():\n    helper()\n\ndef test_bad():\n    print(1)\n"
    assert without_assertion(source) == ["test_bad"]
    assert empty_parameters("@pytest.mark.parametrize('x', ())\ndef test_none(x):\n    assert x\n") == ["test_none"]


def test_kernels_make_no_arrays_of_records():
    """Numba clears an array away once it is read for the last time, also while a record of it is in use."""
    made = []
    for file in sorted((ROOT / "cmsim").rglob("*.py")):
        for function in functions(ast.parse(file.read_text())):
            compiled = any(isinstance(each, ast.Name) and each.id == "kernel" for each in function.decorator_list)
            for call in ast.walk(function) if compiled else ():
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and len(call.args) > 1:
                    of = call.args[1]
                    if call.func.attr in ("zeros", "empty", "ones") and isinstance(of, ast.Name):
                        made.append(f"{file.name}: {function.name} makes an array of {of.id}")
    assert not made


def test_only_the_scheduler_knows_what_simpy_keeps_to_itself():
    """SimPy may change these names with any version, and pyproject.toml holds the version for one module."""
    env = simpy.Environment()
    known = [env, env.event(), env.process(each for each in [env.timeout(1)])]
    private = {name for each in known for name in (*dir(each), *vars(each)) if re.match("_[a-z]", name)}
    assert {"_queue", "_eid", "_generator"} <= private
    used = [
        f"{file.name}:{each.lineno} {ast.unparse(each)}"
        for file in sorted((ROOT / "cmsim").rglob("*.py"))
        if file.name != "scheduler.py"
        for each in ast.walk(ast.parse(file.read_text()))
        if isinstance(each, ast.Attribute) and each.attr in private
        if not (isinstance(each.value, ast.Name) and each.value.id in ("self", "cls"))
    ]
    assert not used
