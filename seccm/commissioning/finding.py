"""What a commissioning step found: figures, what is to be said of them, and what to draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seccm.commissioning.graph import Graph
from seccm.commissioning.report import Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one step on one rig, before anything is written."""

    procedure: str
    """Such as "noise"."""
    results: Mapping[str, Any]
    """Figures in SI units."""
    verdicts: tuple[Verdict, ...] = ()
    words: tuple[str, ...] = ()
    """What else is to be said."""
    faults: tuple[str, ...] = ()
    """What is wrong and no figure: a sign, a dead input."""
    how: str = ""
    """How it was obtained, such as "1 Gohm resistor"."""
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Scales for the calibration, by the tables of the rig file."""
    figures: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    """What else the calibration keeps: value and unit."""
    graphs: tuple[Graph, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every figure is within its limits and nothing else is wrong."""
        return not self.faults and all(verdict.passed for verdict in self.verdicts)
