"""What is said of an emergency retract, from the key that is pressed until it is dismissed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seccm.plan.way_words import TIP, WayWords
from seccm.rig import SafeReport
from seccm.typography import readable
from seccm.units import show


@dataclass(frozen=True, slots=True)
class Banner:
    """One sentence or two across the window."""

    words: str
    level: Literal["waiting", "done", "failed"]


def waiting(words: WayWords = TIP) -> Banner:
    """Say that it was asked for."""
    return Banner(f"{words.emergency}: waiting for the rig.", "waiting")


def of_report(report: SafeReport, words: WayWords = TIP) -> Banner:
    """Say what was achieved, and what is measured; what was not achieved comes first."""
    if words.made_safe(report):
        if not words.tip:
            return Banner(f"{words.safe}.", "done")
        at = "" if report.height is None else f": z = {show(report.height, 'm', 4)}"
        top = ", fully retracted" if report.at_top else ""
        checked = report.checked or "The circuit was not checked."
        again = "" if report.at_top else f" Press {words.emergency} again to go to the top."
        return Banner(readable(f"{words.safe}{at}{top}. {checked}{again}"), "done")
    tip = (
        ""
        if not words.tip
        else "up"
        if report.retracted
        else "NOT LIFTED"
        if report.frozen
        else "MAY STILL MOVE"
    )
    cell = "off" if report.drive_off else "NOT KNOWN TO BE OFF"
    what = f"Tip {tip}, cell {cell}" if tip else f"Cell {cell}"
    return Banner(readable(f"{what}. {report.words} {words.remedy}"), "failed")


def of_refusal(why: str, words: WayWords = TIP) -> Banner:
    """Say that nothing was done."""
    what = "Tip NOT LIFTED" if words.tip else "Cell NOT KNOWN TO BE OFF"
    return Banner(readable(f"{what}. {why}"), "failed")
