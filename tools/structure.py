"""Measure how the package is built, from its source alone: python tools/structure.py [--check] [CHECKOUT].

One line a measure, with the number and the most that is allowed; ``--check`` fails above it. Nothing of the
package is imported, so that any checkout can be measured.
"""

from __future__ import annotations

import argparse
import ast
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGE = "cmsim"
SAMPLE_COMPONENT = ("living skills", "living_skills")
"""A component by whose name the files are counted that have to know of one."""


@dataclass(frozen=True)
class Measure:
    """One measure: what it counts, the most that is asked for, and how it is counted.

    ``so_far`` is the most that ``--check`` allows where what is asked for is not reached yet.
    """

    meaning: str
    most: float
    count: Callable[[Source], float]
    so_far: float | None = None


class Source:
    """The source of one checkout, parsed once.

    Args:
        checkout: folder that holds the package and ``pyproject.toml``.
    """

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout
        self.root = checkout / PACKAGE
        self.files = {
            path.relative_to(self.root).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(self.root.rglob("*.py"))
        }
        self.settings = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))

    @cached_property
    def trees(self) -> dict[str, ast.Module]:
        """The syntax tree of each file."""
        return {name: ast.parse(text) for name, text in self.files.items()}

    @cached_property
    def modules(self) -> dict[str, str]:
        """The file of each module by its dotted name."""
        return {_module(name): name for name in self.files}

    @cached_property
    def imports(self) -> dict[str, set[str]]:
        """The files that each file imports, type hints and imports within functions included."""
        return {name: set(self._imported(name)) for name in self.files}

    def _imported(self, name: str) -> Iterator[str]:
        for node in ast.walk(self.trees[name]):
            found: list[str] = []
            if isinstance(node, ast.Import):
                found = [each.name for each in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found = [
                    part if (part := f"{node.module}.{each.name}") in self.modules else node.module
                    for each in node.names
                ]
            yield from (self.modules[each] for each in found if each in self.modules and self.modules[each] != name)

    @cached_property
    def floors(self) -> dict[str, int]:
        """The floor of each part at the top of the package, by the layers of the import contract; 0 is the ground."""
        contract = next(each for each in self.settings["tool"]["importlinter"]["contracts"] if each["type"] == "layers")
        rows = reversed(contract["layers"])
        return {
            part.strip(): floor for floor, row in enumerate(rows) for part in row.replace("|", ":").split(":") if part
        }


def _module(name: str) -> str:
    parts = [PACKAGE, *name.removesuffix(".py").split("/")]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def loose_modules(source: Source) -> int:
    """Count the modules at the top of the package, without its ``__init__``."""
    return sum(path.name != "__init__.py" for path in source.root.glob("*.py")) + 1


def packages(source: Source) -> int:
    """Count the packages at the top."""
    return sum((path / "__init__.py").exists() for path in source.root.iterdir() if path.is_dir())


def upward_imports(source: Source) -> int:
    """Count the pairs of top parts of which the lower imports the higher, type hints included."""
    return len(set(upward_pairs(source)))


def upward_pairs(source: Source) -> Iterator[tuple[str, str]]:
    """Yield lower and higher part for each import that points up, or to a sibling that imports back."""
    pairs = {(_part(name), _part(other)) for name, others in source.imports.items() for other in others}
    for one, other in sorted(pairs):
        if one != other and one in source.floors and other in source.floors:
            low, high = source.floors[one], source.floors[other]
            if low < high or (low == high and (other, one) in pairs and one < other):
                yield one, other


def _part(name: str) -> str:
    return name.split("/")[0].removesuffix(".py")


def repeated_names(source: Source) -> int:
    """Count the file names that stand in several folders."""
    names = Counter(name.split("/")[-1] for name in source.files)
    return sum(many > 1 for name, many in names.items() if not name.startswith("__"))


def largest_circle(source: Source) -> int:
    """Count the files of the largest set that import one another in a loop; 0 where there is none."""
    return max((len(each) for each in circles(source)), default=0)


def circles(source: Source) -> list[list[str]]:
    """Return the sets of two files or more that import one another in a loop (Tarjan 1972)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        order[name] = lowest[name] = len(order)
        stack.append(name)
        for other in source.imports[name]:
            if other not in order:
                visit(other)
                lowest[name] = min(lowest[name], lowest[other])
            elif other in stack:
                lowest[name] = min(lowest[name], order[other])
        if lowest[name] == order[name]:
            circle = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(circle) > 1:
                found.append(sorted(circle))

    sys.setrecursionlimit(10_000)
    for name in source.files:
        if name not in order:
            visit(name)
    return found


def community_attributes(source: Source) -> int:
    """Count the attributes of an instance of ``Community``, those assigned by other modules included."""
    return len(_own_attributes(source) | _foreign_attributes(source))


def foreign_attributes(source: Source) -> int:
    """Count the attributes of ``Community`` that other modules assign."""
    return len(_foreign_attributes(source))


def _own_attributes(source: Source) -> set[str]:
    for tree in source.trees.values():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and node.name == "Community":
                return set(_assigned(node, {"self"}))
    return set()


def _foreign_attributes(source: Source) -> set[str]:
    """Return the attributes assigned to whatever is annotated as a ``Community``, outside of its class."""
    found: set[str] = set()
    for tree in source.trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                names = {
                    each.arg
                    for each in (*node.args.args, *node.args.kwonlyargs)
                    if each.annotation is not None and ast.unparse(each.annotation).strip("'\"") == "Community"
                }
                found.update(_assigned(node, names))
        for node in ast.walk(tree):
            stored = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
            if stored and ast.unparse(node.value) in ("self.community", "self._community"):
                found.add(node.attr)
    return found


def _assigned(within: ast.AST, names: set[str]) -> Iterator[str]:
    for node in ast.walk(within):
        stored = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        if stored and isinstance(node.value, ast.Name) and node.value.id in names:
            yield node.attr


def component_files(source: Source) -> int:
    """Count the files whose code names one sample component, its own included: those to touch for another."""
    own = f"components/{SAMPLE_COMPONENT[1]}.py"
    known = 0
    for name, tree in source.trees.items():
        if name == own:
            continue
        known += any(
            (isinstance(node, ast.Name) and node.id == SAMPLE_COMPONENT[1])
            or (isinstance(node, ast.alias) and node.name == SAMPLE_COMPONENT[1])
            or (isinstance(node, ast.Constant) and node.value in SAMPLE_COMPONENT)
            for node in ast.walk(tree)
        )
    return known + 1


def checked_files(source: Source) -> set[str]:
    """Return the files that mypy reads strictly."""
    found: set[str] = set()
    for given in source.settings["tool"]["mypy"]["files"]:
        place = source.checkout / given
        for path in [place] if place.is_file() else place.rglob("*.py"):
            if path.is_relative_to(source.root):
                found.add(path.relative_to(source.root).as_posix())
    return found


def bare_any(source: Source) -> int:
    """Count the annotations that are ``Any`` and nothing else, in the files that mypy reads."""
    return sum(
        isinstance(each, ast.Name) and each.id == "Any"
        for name in checked_files(source)
        for each in _annotations(source.trees[name])
    )


def _annotations(tree: ast.Module) -> Iterable[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation is not None:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            yield node.returns
        elif isinstance(node, ast.AnnAssign):
            yield node.annotation


def unchecked_share(source: Source) -> float:
    """Return the share of lines that mypy does not read."""
    checked = sum(source.files[name].count("\n") for name in checked_files(source))
    return round(1.0 - checked / lines(source), 3)


def pseudo_enums(source: Source) -> int:
    """Count the assignments of ``range(len(...))`` to several names."""
    return sum(
        isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Tuple)
        and ast.unparse(node.value).startswith(("range(len(", "range("))
        for tree in source.trees.values()
        for node in ast.walk(tree)
    )


def ordinal_comparisons(source: Source) -> int:
    """Count the comparisons by order with a code: a member of a vocabulary, or a name that stands for one."""
    return len(list(ordinal_places(source)))


def ordinal_places(source: Source) -> Iterator[str]:
    """Yield file, line and text of each comparison by order with a code."""
    vocabularies = {
        node.name
        for tree in source.trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any("Enum" in ast.unparse(base) for base in node.bases)
    }
    loose = {
        each.id
        for tree in source.trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Tuple)
        and (ast.unparse(node.value).startswith("range(") or "code(" in ast.unparse(node.value))
        for each in node.targets[0].elts
        if isinstance(each, ast.Name)
    }
    for name, tree in source.trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare) and any(
                isinstance(each, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for each in node.ops
            ):
                sides = [node.left, *node.comparators]
                if any(_is_code(each, vocabularies, loose) for each in sides):
                    yield f"{name}:{node.lineno} {ast.unparse(node)}"


def _is_code(node: ast.expr, vocabularies: set[str], loose: set[str]) -> bool:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.value.id in vocabularies
    return isinstance(node, ast.Name) and node.id in loose


def lines(source: Source) -> int:
    """Count the lines of the package."""
    return sum(text.count("\n") for text in source.files.values())


MEASURES: dict[str, Measure] = {
    "top-level modules": Measure("modules at the top of the package", 2, loose_modules),
    "top-level packages": Measure("packages at the top", 15, packages),
    "imports that point up": Measure("pairs of top parts", 3, upward_imports),
    "repeated file names": Measure("file names in several folders", 5, repeated_names),
    "largest circle": Measure("files that import one another, type hints included", 0, largest_circle),
    "attributes of Community": Measure("attributes of an instance", 29, community_attributes),
    "attributes assigned elsewhere": Measure("of Community, by other modules", 0, foreign_attributes),
    "files for a new component": Measure("files that name one component", 1, component_files),
    "bare Any": Measure("annotations in checked files", 79, bare_any),
    "unchecked share": Measure("share of lines that mypy does not read", 0.2, unchecked_share),
    "pseudo-enums": Measure("names for range(len(...))", 0, pseudo_enums),
    "ordinal comparisons": Measure("of codes", 0, ordinal_comparisons),
    "lines": Measure("lines of the package", 40_500, lines, so_far=56_830),
}


def main() -> None:
    """Print every measure; with ``--check`` fail if one is above what is allowed."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("checkout", nargs="?", type=Path, default=Path(__file__).parents[1])
    words.add_argument("--check", action="store_true", help="fail if a measure is above what is allowed")
    words.add_argument("--list", action="store_true", help="name circles, imports that point up and comparisons")
    given = words.parse_args()
    source = Source(given.checkout)
    above = []
    for name, measure in MEASURES.items():
        found = measure.count(source)
        above += [name] if found > (measure.most if measure.so_far is None else measure.so_far) else []
        print(f"{name:30} {found:>9,g}   at most {measure.most:>7,g}   {measure.meaning}")
    if given.list:
        for circle in circles(source):
            print(f"circle of {len(circle)}: {', '.join(circle)}")
        for low, high in upward_pairs(source):
            print(f"up: {low} -> {high}")
        print(*ordinal_places(source), sep="\n")
    if given.check and above:
        sys.exit(f"above what is allowed: {', '.join(above)}")


if __name__ == "__main__":
    main()
