"""How objects show themselves: in a line in a console, as a table in a notebook."""

from collections.abc import Iterable, Sequence
from html import escape

Row = Sequence[object]


class Presented:
    """Shows itself in a line in a console, as that line with tables below it in a notebook."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<cmsim.{type(self).__name__}: {self._summary()}>"

    def _repr_html_(self) -> str:
        summary = f"<p><b>{type(self).__name__}</b>: {escape(self._summary())}</p>"
        return f'<div class="cmsim" style="overflow-x: auto">{summary}{"".join(self._html())}</div>'

    def _summary(self) -> str:
        """Return what it is, in part of a line."""
        raise NotImplementedError

    def _html(self) -> Iterable[str]:
        """Return what a notebook shows below the summary, as HTML."""
        return ()


def html_table(head: Row, rows: Iterable[Row], title: str = "", note: str = "", right: Iterable[int] = ()) -> str:
    """Return a table as HTML; what its cells hold stands there as text, lines below one another.

    Args:
        head: headings of the columns; there is no such row if all are empty.
        rows: the cells.
        title: stands above.
        note: stands below, smaller.
        right: the columns, from 0, that are set to the right, as numbers are.
    """
    sides = ["right" if column in set(right) else "left" for column in range(len(head))]

    def row(cells: Row, tag: str) -> str:
        shown = (escape(str(cell)).replace("\n", "<br>") for cell in cells)
        inner = (f'<{tag} style="text-align: {side}">{cell}</{tag}>' for side, cell in zip(sides, shown, strict=True))
        return f"<tr>{''.join(inner)}</tr>"

    caption = f"<p>{escape(title)}</p>" if title else ""
    below = f"<p><small>{escape(note)}</small></p>" if note else ""
    body = "".join(row(cells, "td") for cells in rows)
    top = f"<thead>{row(head, 'th')}</thead>" if any(head) else ""
    return f"{caption}<table>{top}<tbody>{body}</tbody></table>{below}"


def html_details(title: str, text: str) -> str:
    """Return text that is unfolded by a click, as HTML."""
    return html_folded(title, f"<pre>{escape(text)}</pre>")


def html_notes(notes: Iterable[str]) -> str:
    """Return caveats as a folded list, as HTML."""
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return html_folded("Notes", f"<ul>{items}</ul>")


def html_folded(title: str, html: str) -> str:
    """Return HTML that is unfolded by a click."""
    return f"<details><summary>{escape(title)}</summary>{html}</details>"
