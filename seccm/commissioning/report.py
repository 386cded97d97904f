"""The dated record of a commissioning: what was measured, against which limits, on which rig."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from seccm.errors import DataFileError
from seccm.rig import RigInfo
from seccm.text_files import named_after
from seccm.units import show

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """One figure against its limits, in SI units."""

    name: str
    value: float
    lower: float
    upper: float
    unit: str

    @property
    def passed(self) -> bool:
        """Whether it lies within; not a number does not."""
        return self.lower <= self.value <= self.upper

    def __str__(self) -> str:
        shown, low, high = (show(x, self.unit) for x in (self.value, self.lower, self.upper))
        return f"{'pass' if self.passed else 'FAIL'}  {self.name}: {shown} ({low} to {high})"


@dataclass(frozen=True, slots=True)
class CommissioningReport:
    """One procedure on one rig."""

    procedure: str
    """Such as "noise"."""
    made: datetime
    """With its time zone."""
    source: str
    """The rig file."""
    info: RigInfo
    results: Mapping[str, Any]
    """Figures in SI units."""
    verdicts: tuple[Verdict, ...] = ()
    words: tuple[str, ...] = ()
    """What else is to be said."""
    faults: tuple[str, ...] = ()
    """What is wrong and no figure: a sign, a dead input."""
    calibration: Mapping[str, Any] = field(default_factory=dict)
    """Tables for the rig file, by their keys."""

    @property
    def passed(self) -> bool:
        """Whether every figure is within its limits and nothing else is wrong."""
        return not self.faults and all(verdict.passed for verdict in self.verdicts)

    def to_json(self) -> str:
        """Return the report as JSON; what is not a finite number becomes null."""
        content = {
            "kind": "seccm commissioning report",
            "format": FORMAT,
            "program": f"seccm {version('seccm')}",
            "made": self.made.isoformat(timespec="seconds"),
            "procedure": self.procedure,
            "virtual": self.info.virtual,
            "rig": {"source": self.source, **dataclasses.asdict(self.info)},
            "results": self.results,
            "limits": [{**dataclasses.asdict(v), "passed": v.passed} for v in self.verdicts],
            "words": self.words,
            "faults": self.faults,
            "passed": self.passed,
            "calibration": self.calibration,
        }
        return json.dumps(_plain(content), indent=1, ensure_ascii=False) + "\n"

    def write(self, path: Path) -> None:
        """Write the report; an older one is never written over.

        Raises:
            DataFileError: there is a file already, or it cannot be written.
        """
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(self.to_json())
        except FileExistsError:
            text = f"{path} exists already; reports are kept. Choose another name."
            raise DataFileError(text) from None
        except OSError as error:
            text = f"{path} cannot be written: {error.strerror or error}."
            raise DataFileError(text) from None


def default_name(procedure: str, info: RigInfo, made: datetime) -> str:
    """Return a file name from rig, procedure and time."""
    return f"{named_after(info.name, 'rig')}-{procedure}-{made:%Y%m%d-%H%M%S}.json"


def _plain(value: Any) -> Any:
    """Turn what Python holds into what JSON can hold."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _plain(dataclasses.asdict(value))
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, frozenset):
        return sorted(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
