"""Files made from a results folder, to hand on: the whole report, a one-page brief, a workbook."""

from cmsim.reporting.page.page_writer import write_brief, write_page, write_workbook

__all__ = ["write_brief", "write_page", "write_workbook"]
