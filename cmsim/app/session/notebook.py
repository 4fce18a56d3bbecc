"""What learners write down: for each facilitator's case a page of its own."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, Field

NOTES = ("question", "hypothesis", "finding", "decision")
"""What learners write down with a run."""
MOST_NOTE = 4_000
"""Characters of one note at most."""
MOST_PAGES = 50

Note = Annotated[str, Field(max_length=MOST_NOTE)]
Outcomes = Mapping[str, Mapping[str, float]]


class Page(BaseModel):
    """What belongs to one case.

    Attributes:
        prediction: which of the case's answers was predicted.
        notes: what was written, by ``NOTES``.
        outcomes: what was counted when the case was revealed, by run and outcome; empty before.
        minutes: the version of the script at whose stops the play halts, 0 for none.
    """

    prediction: Annotated[str, Field(max_length=500)] = ""
    notes: dict[str, Note] = {}
    outcomes: Outcomes = {}
    minutes: Literal[0, 15, 45] = 15


class Notebook(BaseModel):
    """The pages of a session.

    Attributes:
        case: the case that is open, empty for none.
        played: the case whose runs are simulated, empty for none.
        pages: by name of the case.
    """

    case: Annotated[str, Field(max_length=100)] = ""
    played: Annotated[str, Field(max_length=100)] = ""
    pages: Annotated[dict[str, Page], Field(max_length=MOST_PAGES)] = {}

    def page(self, case: str) -> Page:
        """Return the page of a case, a new one where there is none."""
        return self.pages.setdefault(case, Page())

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written, predicted or revealed."""
        return not any(page.prediction or any(page.notes.values()) or page.outcomes for page in self.pages.values())
