"""Sources that the file of a trial states: studies, and records of one's own."""

import re

from pydantic import ConfigDict, Field, model_validator

from cmsim.core.parameters import Section
from cmsim.core.references import Source
from cmsim.scenario.text_file import ShownText

_SHORT = re.compile(r"(?P<author>\S.*?) (?P<year>(?:18|19|20)\d\d)\b[ ,;.]*(?P<where>.*)")


class StudySource(Section):
    """A study, or records of one's own, that targets of a trial name.

    Attributes:
        author: who, as one cites it.
        year: of publication, or of the records.
        design: what kind of study it is.
        n: people in it; ``None`` where nobody was counted.
        where: a journal, an identifier or an archive, where it can be found again.
        read: whether its figures were read there; those of others are shown as unverified.
    """

    model_config = ConfigDict(strict=False)
    author: ShownText = Field(min_length=1)
    year: int = Field(ge=1800, le=2100)
    design: ShownText = Field(min_length=1)
    n: int | None = Field(default=None, ge=1)
    where: ShownText = ""
    read: bool = True

    @model_validator(mode="before")
    @classmethod
    def _read_short_form(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        found = _SHORT.fullmatch(" ".join(given.split()))
        if found is None:
            allowed = '"AUTHOR YEAR, WHERE", or a table of author, year, design and n'
            raise ValueError(f'given "{given}"; allowed: {allowed}')
        return {**found.groupdict(), "design": "own source"}

    def cited(self) -> Source:
        """Return it as tables cite it, as they do the sources of the model's own numbers.

        >>> StudySource(author="Our agency", year=2026, design="records of discharges", n=1200).cited()
        Source(citation='Our agency 2026', design='records of discharges, n=1,200', read=True)
        """
        citation = f"{self.author} {self.year}" + (f", {self.where}" if self.where else "")
        return Source(citation, self.design if self.n is None else f"{self.design}, n={self.n:,}", self.read)
