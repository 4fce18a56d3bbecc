"""One self-contained HTML page from a results folder, to hand to a colleague."""

from cmsim.report.page.write import write_page

__all__ = ["write_page"]
