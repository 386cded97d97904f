"""What to show: figures and one page for each scan."""

from seccm.report.page import write_report

__all__ = ["write_report"]
