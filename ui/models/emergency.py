"""What is said of an emergency retract, from the key that is pressed until it is dismissed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seccm.rig import SafeReport
from seccm.typography import readable
from seccm.units import show

AGAIN = "Press EMERGENCY RETRACT again to go to the top."


@dataclass(frozen=True, slots=True)
class Banner:
    """One sentence or two across the window."""

    words: str
    level: Literal["waiting", "done", "failed"]


WAITING = Banner("EMERGENCY RETRACT: waiting for the rig.", "waiting")


def of_report(report: SafeReport) -> Banner:
    """Say what was achieved, and what is measured; what was not achieved comes first."""
    if report.frozen and report.drive_off and report.retracted:
        at = "" if report.height is None else f": z = {readable(show(report.height, 'm', 4))}"
        top = ", fully retracted" if report.at_top else ""
        checked = report.checked or "The circuit was not checked."
        again = "" if report.at_top else f" {AGAIN}"
        return Banner(f"Tip up, cell off{at}{top}. {checked}{again}", "done")
    tip = "up" if report.retracted else "NOT LIFTED" if report.frozen else "MAY STILL MOVE"
    cell = "off" if report.drive_off else "NOT KNOWN TO BE OFF"
    remedy = "Raise the tip at the controller of the stage, and disconnect the cell."
    return Banner(f"Tip {tip}, cell {cell}. {report.words} {remedy}", "failed")


def of_refusal(words: str) -> Banner:
    """Say that nothing was done."""
    return Banner(f"Tip NOT LIFTED. {words}", "failed")
