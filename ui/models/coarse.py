"""The coarse approach as the window shows it: what the rig file allows, and what can be pressed."""

from __future__ import annotations

from dataclasses import dataclass

from seccm.commissioning.coarse_approach import PROCEDURE
from seccm.conductor.coarse import SHARE
from seccm.errors import PlanError
from seccm.remote import Found, News
from seccm.remote.messages.coarse import TITLE
from seccm.rigs import CoarseTable, coarse_table, load_rig
from seccm.typography import readable
from seccm.units import show
from seccm.words import SIMULATION
from ui.models.commissioning import Bench

EXAMPLE = """[coarse]
host = "192.168.0.42"  # of a Newport 8742
axis = 1  # connector of the motor
towards = 1  # or -1: the sign of steps that bring tip and surface closer
step = "30 nm"  # the longest that a step can be
most = 1000  # steps at once
farthest = "2 mm"  # in one coarse approach
tries = 50  # of the piezo"""
MISSING = (
    "{} has no coarse motor. Add one to the rig file, for example as below, or try the rig "
    "virtual-coarse."
)
MOVES = (
    "This moves the tip: the piezo goes down as far as it can, as in the plan's approach, and up "
    "again. If there was no contact, the motor brings tip and surface closer, and so on."
)


@dataclass(frozen=True, slots=True)
class Motor:
    """What a rig file says of the coarse motor."""

    there: bool
    words: str
    """How it is bounded, or what is wrong."""
    example: str = ""
    """What could be written where there is none."""

    @classmethod
    def of(cls, rig: str) -> Motor:
        """Read a rig file, by name or path."""
        try:
            file = load_rig(rig, calibrated=False)
            table = coarse_table(file)
        except PlanError as error:
            return cls(False, str(error))
        if table is None:
            return cls(False, MISSING.format(file.source), EXAMPLE)
        return cls(True, bounds(table))


def bounds(table: CoarseTable) -> str:
    """Say which motor it is and what it may do."""
    step, farthest = (readable(show(x, "m")) for x in (table.step, table.farthest))
    half = "half" if SHARE == 0.5 else f"{SHARE:g}"
    return (
        f"Motor: {table.stage}, {table.host}, axis {table.axis}. Each time at most {table.most} "
        f"steps of up to {step}, and {half} of the distance just found free; in total at most "
        f"{farthest} and {table.tries} tries."
    )


@dataclass(frozen=True, slots=True)
class Coarse:
    """What can be done about the coarse approach now, and why not."""

    running: bool
    may_start: bool
    may_stop: bool
    may_keep: bool
    why: str
    """Why it cannot be started; empty if it can, or runs."""
    words: str = ""
    question: str = ""
    done: float = 0.0

    @classmethod
    def of(cls, news: News | None, motor: Motor, has_plan: bool) -> Coarse:
        """Judge by the news, the rig file and whether a plan is open."""
        bench = Bench.of(news)
        progress = news.progress if news is not None else None
        if progress is not None and bench.step == TITLE:
            watching = "" if bench.may_stop else bench.words
            return cls(
                *(True, False, bench.may_stop, False, watching),
                words=readable(progress.words),
                question=progress.question,
                done=bench.done,
            )
        if bench.step:
            why = f"{bench.step} is running under Rig."
        elif progress is not None and progress.doing == "manual" and bench.words:
            why = "The rig is under manual control. Disconnect first: this raises the tip."
        elif not has_plan:
            why = "Open a plan first: its approach and retract are used."
        else:
            why = bench.words
        may_start = motor.there and not why and bench.may_start
        return cls(False, may_start, False, bench.may_keep, why if motor.there else "")


def result_of(found: Found) -> tuple[str, bool]:
    """Say what came of a coarse approach, and whether the surface is in reach."""
    finding = found.finding
    said = (*finding.words, *(fault for fault in finding.faults if fault not in finding.words))
    simulated = f"{SIMULATION}: " if found.info is not None and found.info.virtual else ""
    return simulated + readable(" ".join(said)), finding.passed


def is_coarse(found: Found) -> bool:
    """Tell whether it is of a coarse approach."""
    return found.finding.procedure == PROCEDURE
