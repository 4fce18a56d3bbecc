"""One self-contained HTML page from a results folder, to hand to a colleague."""

from cmsim.reporting.page.page_writer import write_page

__all__ = ["write_page"]
