"""Results as terminals and notebooks show them: the same tables in both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cmsim.core.presentation import Presented, html_notes

if TYPE_CHECKING:
    from rich.table import Table


class PresentedResult(Presented):
    """A result whose tables a notebook shows as a terminal does, with the notes folded below."""

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

        return [*map(html_of, self.terminal_tables()), html_notes(self.notes)]
