"""The list of plans that run one after the other, as the window shows it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seccm.errors import SeccmError
from seccm.own_folder import own_folder
from seccm.plan import Plan
from seccm.plan.own_plans import whole_text
from seccm.session import default_name, plan_queue
from seccm.session.plan_queue import Entry
from seccm.typography import counted
from ui.models.whole_files import whole

HEADS = ("", "Plan", "Rig", "State", "Data file")
WORDS = {
    "waiting": "waiting",
    "running": "running",
    "complete": "complete",
    "stopped": "stopped",
    "refused": "refused: nothing moved",
    "failed": "failed",
}


@dataclass(frozen=True, slots=True)
class Queue:
    """What the list is just now."""

    entries: tuple[Entry, ...] = ()
    is_run: bool = False
    """Whether a program runs it."""
    held: bool = False
    """Whether it ends after the run that goes on."""
    problem: str = ""
    """Why it cannot be read."""

    @classmethod
    def now(cls) -> Queue:
        """Read the list."""
        try:
            return cls(plan_queue.entries(), plan_queue.is_run(), plan_queue.held())
        except SeccmError as error:
            return cls(problem=str(error))

    @property
    def waiting(self) -> int:
        """How many plans have not run yet."""
        return sum(one.state == "waiting" for one in self.entries)

    @property
    def running(self) -> Entry | None:
        """The plan that runs; None where no program runs the list."""
        found = next((one for one in self.entries if one.state == "running"), None)
        return found if self.is_run else None

    @property
    def words(self) -> str:
        """How the list stands, in a sentence or two."""
        if self.problem:
            return self.problem
        left = f"{counted(self.waiting, 'plan')} waiting"
        if self.is_run:
            now = f"{name_of(self.running.plan)} runs" if self.running else "The next plan begins"
            then = ", and the queue ends after it" if self.held else f"; {left}"
            return f"{now}{then}. It goes on when this window is closed."
        if any(one.state == "running" for one in self.entries):
            return f"The queue was ended from outside while a plan ran; {left}."
        return f"The queue does not run; {left}." if self.entries else "No plan is in the queue."


def cells(entry: Entry, place: int) -> tuple[str, ...]:
    """Return what stands in the line of an entry.

    Args:
        entry: of the list.
        place: in the list, from 1.
    """
    return (str(place), name_of(entry.plan), name_of(entry.rig), WORDS[entry.state], entry.output)


def slug(title: str) -> str:
    """Return a title as the name of a file: letters, digits and hyphens."""
    kept = "".join(c.lower() if c.isascii() and c.isalnum() else "-" for c in title)
    return "-".join(part for part in kept.split("-") if part)[:60] or "plan"


def name_of(file: str) -> str:
    """Return the name of a plan or rig without its folder and ending."""
    return Path(file).stem if file.endswith(".toml") else file


def add(plan: Plan, text: str, rig: str, target: Path | None) -> Entry:
    """Put a plan into the list as it is now: what becomes of its file later does not matter.

    Args:
        plan: that was checked.
        text: of its file.
        rig: name or file.
        target: the data file; one named after plan and time unless given.

    Raises:
        PlanError: the data file exists already, or is in the list.
        SeccmError: the list, or the plan, cannot be written.
    """
    output = free(Path(default_name(plan))) if target is None else target
    folder = own_folder("queue-plans", f"{datetime.now():%Y%m%d-%H%M%S-%f}")
    file = folder / f"{slug(plan.title)}.toml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with whole(file) as stream:
            stream.write(whole_text(plan, text))
    except OSError as error:
        raise SeccmError(f"{file} cannot be written: {error.strerror}.") from None
    return plan_queue.add(str(file), rig, str(output))


def free(path: Path) -> Path:
    """Return a path that is neither there nor in the list: with a number where it has to be."""
    taken = {one.output for one in plan_queue.entries()}
    number, found = 1, path
    while found.exists() or str(found.absolute()) in taken:
        number += 1
        found = path.with_stem(f"{path.stem}-{number}")
    return found


def command(*, go_on: bool, notice: bool) -> Sequence[str]:
    """Return the command that runs the list in a process of its own."""
    words = [sys.executable, "-m", "seccm", "queue", "run"]
    words += ["--on-failure", "continue" if go_on else "stop"]
    return [*words, "--notice"] if notice else words
