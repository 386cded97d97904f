"""A step of commissioning that is asked for, and what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from seccm.calibration import file_of
from seccm.commissioning.finding import Finding
from seccm.commissioning.settings import read_settings
from seccm.commissioning.steps import STEPS, Step, carry_out
from seccm.errors import SeccmError
from seccm.remote.messages.task import Bench
from seccm.rig import Mounted, Rig, RigInfo
from seccm.rigs import RigFile, build_rig, load_rig

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
    confirmed: bool
    """Whether an operator has confirmed what the step needs at the cell."""
    seed: int = 0
    pace: float = 0.0

    @classmethod
    def new(
        cls,
        step: str,
        settings: Mapping[str, str],
        rig: str | Path = "virtual",
        *,
        confirmed: bool = False,
        folder: str | Path | None = None,
        seed: int = 0,
        pace: float = 0.0,
    ) -> Self:
        """Describe a step on a rig.

        Args:
            step: one of `seccm.commissioning.steps.STEPS`.
            settings: as typed; the defaults where they are missing.
            rig: name or file of the rig.
            confirmed: whether an operator has confirmed what the step needs at the cell.
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
        return cls(step, dict(settings), file.config, source, absolute, confirmed, seed, pace)

    @property
    def procedure(self) -> str:
        """The name of the step."""
        return self.step

    @property
    def title(self) -> str:
        """That of the step."""
        return _step(self.step).title

    @property
    def attended(self) -> bool:
        """A step moves nothing, and ends by itself."""
        return False

    def carry_out(self, bench: Bench) -> Finding:
        """Carry out the step; see `Task.carry_out`."""
        step = _step(self.step)
        values = read_settings(step.settings, self.settings)
        rig = self.build()
        conductor = bench.conduct(rig, step.length(rig.info, values))
        return carry_out(step, conductor, self.rig, values, confirmed=self.confirmed)

    def build(self) -> Rig:
        """Build the rig, with a dummy cell if it is a virtual one; see `Task.build`."""
        return build_rig(
            RigFile(self.rig_source, self.rig),
            DUMMY,
            seed=self.seed,
            faults=WET if _step(self.step).wet else (),
            pace=self.pace,
            commissioning=True,
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


def _step(name: str) -> Step:
    """Return a step by its name.

    Raises:
        SeccmError: there is none of this name.
    """
    if name not in STEPS:
        raise SeccmError(f"There is no step {name!r}; there are: {', '.join(STEPS)}.")
    return STEPS[name]
