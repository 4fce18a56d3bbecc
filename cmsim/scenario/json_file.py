"""JSON files: read up to a size, and checked against the shape that they are to have."""

from importlib.resources.abc import Traversable
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from cmsim.scenario.error_messages import refuse
from cmsim.scenario.nested_settings import dotted, show
from cmsim.scenario.text_file import read_text

Shape = TypeVar("Shape")
_MAX_BYTES = 2**26


def read_json(shape: type[Shape], file: Traversable, where: str) -> Shape:
    """Return what a file holds.

    Args:
        shape: a section or data class that says what it may hold.
        file: of at most 64 MiB, in UTF-8.
        where: what messages call it.

    Raises:
        ScenarioError: it cannot be read, or is not JSON; or a line for every mistake in it.
    """
    text = read_text(file, where, "a JSON file", max_bytes=_MAX_BYTES)
    try:
        return TypeAdapter(shape).validate_json(text)
    except ValidationError as error:
        refuse(where, map(_explain, error.errors(include_url=False)))
        raise


def _explain(detail: ErrorDetails) -> str:
    if detail["type"] == "json_invalid":
        return f"not JSON: {detail['ctx']['error']}"
    steps = [str(step + 1) if isinstance(step, int) else step for step in detail["loc"]]
    given = None if detail["type"] == "missing" else detail["input"]
    said = f"given {show(given)}; {detail['msg'][:1].lower()}{detail['msg'][1:]}"
    return f"{dotted(steps)}: {said}" if steps else said
