"""Commissioning steps on a host: one at a time, stoppable, and what they found for all to see."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from seccm.calibration import file_of
from seccm.commissioning.finding import Finding
from seccm.commissioning.keeping import keep, report_of
from seccm.commissioning.report import default_name
from seccm.commissioning.settings import read_settings
from seccm.commissioning.steps import STEPS, Step, Values, carry_out
from seccm.commissioning.watched import StoppedError, WatchedRig
from seccm.errors import NotNow, PlanError, Problem, SeccmError
from seccm.rig import Block, Mounted, Rig, RigInfo
from seccm.rigs import RigFile, build_rig, load_rig

PATIENCE = 0.5
"""Seconds without a block after which the rig is made safe by whoever asked for it."""
DUMMY = Mounted("dummy-resistor", 6e-6)
"""What a virtual rig has in place of a droplet; a real one is told nothing by it."""
WET = ("wet-at-start",)
"""How a virtual rig is told that its dummy cell is connected."""


@dataclass(frozen=True, slots=True)
class Order:
    """A step to be carried out; what of it is an operator's is kept as it was typed."""

    step: str
    settings: Mapping[str, str]
    rig: Mapping[str, Any]
    """The tables of the rig file, with what fits of its calibration."""
    rig_source: str
    folder: str
    """Where reports are written; absolute."""
    seed: int = 0
    pace: float = 0.0

    @classmethod
    def new(
        cls,
        step: str,
        settings: Mapping[str, str],
        rig: str | Path = "virtual",
        *,
        folder: str | Path | None = None,
        seed: int = 0,
        pace: float = 0.0,
    ) -> Self:
        """Describe a step on a rig.

        Args:
            step: one of `seccm.commissioning.steps.STEPS`.
            settings: as typed; the defaults where they are missing.
            rig: name or file of the rig.
            folder: of the reports; by default that of the calibration, else the present one.
            seed: for virtual rigs.
            pace: for virtual rigs.

        Raises:
            PlanError: a setting, or the rig file, is wrong.
        """
        read_settings(_step(step).settings, settings)
        file = load_rig(rig, calibrated=False)
        kept = file_of(file.config)
        where = Path(folder) if folder is not None else kept.parent if kept else Path()
        source, absolute = file.source, str(where.absolute())
        return cls(step, dict(settings), file.config, source, absolute, seed, pace)

    def build(self, step: Step) -> Rig:
        """Build the rig, with a dummy cell if it is a virtual one.

        Raises:
            PlanError: the rig file is wrong.
        """
        return build_rig(
            RigFile(self.rig_source, self.rig),
            DUMMY,
            seed=self.seed,
            faults=WET if step.wet else (),
            pace=self.pace,
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What a step found, and what was made of it."""

    finding: Finding
    info: RigInfo | None
    """What the open rig said of itself; None if there was none."""
    source: str
    """The rig file."""
    made: str
    """ISO 8601, with its time zone."""
    calibration: str
    """The file that the rig file names; empty for none."""
    kept: str = ""
    """Where it was written to, as a sentence; empty until somebody asks for it."""

    @property
    def judged(self) -> bool:
        """Whether there is something to be kept."""
        return bool(self.finding.results)


class Workbench:
    """Carries steps out in the thread that runs the rig; any thread may stop them.

    Args:
        look: shown every block.
        tell: told what was found, and again when it was kept.
    """

    def __init__(self, look: Callable[[Block], None], tell: Callable[[Found], None]) -> None:
        self._look, self._tell = look, tell
        self._kept: dict[str, tuple[Order, Found]] = {}
        self._rig: Rig | None = None
        self._rows, self._wanted = 0, 1.0
        self._stop: tuple[str, bool] | None = None
        self._ended = threading.Event()
        self.doing = ""
        """The title of the step that is carried out; empty when none is."""

    @property
    def done(self) -> float:
        """How much of the step is done, 0 to 1."""
        rig = self._rig
        passed = 0.0 if rig is None else self._rows * rig.info.clock.period
        return min(1.0, passed / self._wanted)

    def expect(self, order: Order) -> None:
        """Be told which step comes next: from now on it can be stopped.

        Raises:
            SeccmError: there is no such step.
        """
        title = _step(order.step).title
        self._ended.clear()
        self._stop, self._rows, self.doing = None, 0, title

    def carry_out(self, order: Order) -> None:
        """Carry out the step that was expected, and tell what it found.

        The rig ends with its drive off, and closed.

        Raises:
            SeccmError: the rig, its file or a setting failed; this is told as a finding, too.
        """
        step = _step(order.step)
        made = datetime.now().astimezone()
        finding = Finding(step.name, {})
        try:
            values = read_settings(step.settings, order.settings)
            finding = self._take(step, order, values)
        except (ValueError, StoppedError) as reason:
            finding = replace(finding, faults=(_told(reason),))
        except Exception as error:
            finding = replace(finding, faults=(_told(error),))
            raise
        finally:
            info = self._rig.info if self._rig is not None else None
            named = file_of(order.rig)
            found = Found(
                *(finding, info, order.rig_source, made.isoformat(timespec="seconds")),
                calibration="" if named is None else str(named),
            )
            self._kept[step.name] = order, found
            self._rig, self._stop, self.doing = None, None, ""
            self._ended.set()
            self._tell(found)

    def stop(self, why: str, *, retract: bool = False) -> None:
        """End the step that is carried out: with the next block, or without it.

        Args:
            why: in words, such as "stopped by the operator".
            retract: whether the tip shall go up; it rests otherwise.

        Raises:
            NotNow: none is.
        """
        if not self.doing:
            raise NotNow("stop", "no step is carried out", ())
        self._stop = why, retract

        def without_blocks() -> None:
            rig = self._rig
            if not self._ended.wait(PATIENCE) and rig is not None:
                rig.safe(f"{why}; the rig is silent", retract=retract)

        threading.Thread(target=without_blocks, name="stop step", daemon=True).start()

    def keep(self, name: str, *, calibrate: bool) -> None:
        """Write the report of a step, and if asked its entry in the calibration.

        Raises:
            SeccmError: there is nothing to keep, it was kept, or a file cannot be written.
        """
        if name not in self._kept or not self._kept[name][1].judged:
            raise NotNow("keep", f"there is no finding of {name}", ())
        order, found = self._kept[name]
        if found.kept:
            raise NotNow("keep", found.kept, ())
        assert found.info is not None
        if calibrate and not found.calibration:
            what = "names no calibration."
            remedy = 'Add, for example: calibration = "bench-1.calibration.json".'
            raise PlanError(order.rig_source, [Problem("calibration", what, remedy)])
        made = datetime.fromisoformat(found.made)
        path = Path(order.folder) / default_name(name, found.info, made)
        report_of(found.finding, found.info, order.rig_source, made, path).write(path)
        into = keep(found.finding, found.info, order.rig, made, path) if calibrate else None
        added = "" if into is None else f", and added to the calibration {into.name}"
        found = replace(found, kept=f"Written to {path}{added}.")
        self._kept[name] = order, found
        self._tell(found)

    def _take(self, step: Step, order: Order, values: Values) -> Finding:
        rig = order.build(step)
        self._wanted = max(rig.info.clock.period, step.length(rig.info, values))
        self._rig = WatchedRig(rig, self._see)
        return carry_out(step, self._rig, order.rig, values)

    def _see(self, block: Block) -> None:
        self._rows += block.rows
        self._look(block)
        if self._stop is not None:
            why, retract = self._stop
            error = StoppedError(f"{why[:1].upper()}{why[1:]}")
            if retract and self._rig is not None:
                error.add_note(self._rig.safe(why).what)
            raise error


def _step(name: str) -> Step:
    """Return a step by its name.

    Raises:
        SeccmError: there is none of this name.
    """
    if name not in STEPS:
        raise SeccmError(f"There is no step {name!r}; there are: {', '.join(STEPS)}.")
    return STEPS[name]


def _told(error: BaseException) -> str:
    """Say what ended a step, and what became of the drive."""
    text = str(error) or repr(error)
    head = f"Not judged: {text}" if type(error) is ValueError else text
    notes = " ".join(note[:1].upper() + note[1:] for note in getattr(error, "__notes__", ()))
    return f"{head.rstrip('.')}. {notes}".strip()
