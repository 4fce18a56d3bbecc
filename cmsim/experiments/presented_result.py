"""Results as terminals and notebooks show them: the same tables in both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cmsim.core.presentation import Presented, html_folded, html_notes

if TYPE_CHECKING:
    from rich.table import Table


class PresentedResult(Presented):
    """A result whose tables a notebook shows as a terminal does, with all but the first folded below."""

    @property
    def notes(self) -> list[str]:
        """Caveats of the results."""
        raise NotImplementedError

    def terminal_tables(self, *, everything: bool = False) -> list[Table]:
        """Return the tables for a terminal.

        Args:
            everything: all outcomes where there is a choice, not the main ones only.
        """
        raise NotImplementedError

    def _html(self) -> Iterable[str]:
        from cmsim.reporting.terminal_tables import html_of

        first, *others = self.terminal_tables()
        folded = [html_folded(str(table.title), html_of(table)) for table in others]
        return [html_of(first), *folded, html_notes(self.notes)]
