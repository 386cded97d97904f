"""Commissioning as the window shows it: what may be pressed, and the words for what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from seccm.commissioning.report import Verdict
from seccm.commissioning.settings import Setting
from seccm.commissioning.standing import Standing, age_words
from seccm.commissioning.steps import STEPS
from seccm.remote import Found, News
from seccm.remote.messages.coarse import TITLE as COARSE
from seccm.typography import readable
from seccm.units import show
from ui.models.words import Line

OWNERS = {
    "scan": "A scan is using the rig.",
    "manual": "The rig is under manual control. Disconnect it there first.",
    "preparing": "The rig is being opened.",
}


@dataclass(frozen=True, slots=True)
class Bench:
    """What can be done for the commissioning of a rig now, and why not."""

    may_start: bool
    may_stop: bool
    may_keep: bool
    words: str
    """Why nothing can be started; empty if something can."""
    step: str
    """Title of the step that is carried out; empty when none is."""
    done: float
    now: str = ""
    """The newest row, in words, while a step is carried out."""

    @classmethod
    def of(cls, news: News | None) -> Bench:
        """Judge by the news; without a host one can be started."""
        progress = news.progress if news is not None else None
        if news is None or progress is None or news.link == "lost":
            return cls(True, False, False, "", "", 0.0)
        mine = news.in_control
        step = progress.step if progress.doing == "commissioning" else ""
        words = OWNERS.get(progress.doing, "")
        if not mine:
            words = f"{words} Another window has control.".strip()
        idle = progress.doing == "idle"
        now = _row_words(progress.now) if step else ""
        return cls(idle and mine, bool(step) and mine, mine, words, step, progress.done, now)


def _row_words(row: Mapping[str, float]) -> str:
    """Return potential and current of a row, as they are read."""
    units: tuple[tuple[str, str, str], ...] = (("potential", "E", "V"), ("current", "I", "A"))
    said = [f"{name} = {readable(show(row[key], unit, 3))}" for key, name, unit in units
            if key in row]  # fmt: skip
    return " · ".join(said)


def mistake_of(setting: Setting, text: str) -> str:
    """Say what is wrong with what was typed; empty if nothing is."""
    try:
        setting.value(text)
    except ValueError as error:
        return f"{str(error)[:1].upper()}{str(error)[1:]}."
    return ""


def verdict_words(verdict: Verdict) -> tuple[str, str, str]:
    """Return name, value and limits of a verdict, as they are read."""
    value, lower, upper = (
        readable(show(x, verdict.unit)) or "0"
        for x in (verdict.value, verdict.lower, verdict.upper)
    )
    limits = f"at most {upper}" if verdict.lower == 0.0 else f"{lower} to {upper}"
    return verdict.name, value, limits


def headline(found: Found) -> tuple[str, bool]:
    """Say in a few words what came of a step, and whether it is good."""
    if not found.judged:
        return "Not finished", False
    return ("Within limits", True) if found.finding.passed else ("NOT within limits", False)


def date_of(found: Found) -> str:
    """Say when a step was carried out."""
    return f"{datetime.fromisoformat(found.made):%Y-%m-%d %H:%M}"


def line_of_found(found: Found) -> Line:
    """Say in the log what came of a step, or what became of its finding."""
    step = STEPS.get(found.finding.procedure)
    title = step.title if step is not None else COARSE
    if found.kept:
        return Line("info", f"{title}: {found.kept}")
    words, good = headline(found)
    faults = " ".join(found.finding.faults)
    if step is None:
        words = " ".join(found.finding.words) or faults
        return Line("info" if good else "warning", f"{title}: {words}")
    return Line("info" if good else "warning", f"{title}: {words}. {faults}".rstrip())


def standing_rows(standings: tuple[Standing, ...]) -> list[tuple[str, str, str, str, str]]:
    """Return name, value, date, how and doubt of each calibration, as they are read."""
    rows: list[tuple[str, str, str, str, str]] = []
    for one in standings:
        date = f"{one.made} ({age_words(one.age)})" if one.made else "no date"
        rows.append((one.name, readable(one.value), date, readable(one.how), one.doubt))
    return rows


def texts_of(fields: Mapping[str, str], settings: tuple[Setting, ...]) -> dict[str, str]:
    """Return what was typed where it is not the default."""
    defaults = {setting.name: setting.default for setting in settings}
    return {name: text for name, text in fields.items() if text.strip() != defaults.get(name)}
