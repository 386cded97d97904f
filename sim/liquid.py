"""What every liquid offers that the tip dips into: it answers at any height, without a contact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from sim.cell import Mode
from sim.galvanostat import Output


@dataclass(frozen=True, slots=True)
class Dipped:
    """Where the tip is in consecutive steps, and what is imposed; arrays of shape (steps,)."""

    gap: FloatArray
    """Metres from the surface; infinite where there is none."""
    x: FloatArray
    y: FloatArray
    """In the sample's frame, metres."""
    step: float
    """Seconds of each."""
    clogged: bool
    mode: Mode
    wave: FloatArray
    """Raw volts or amperes at the end of each step; of no matter with the circuit open."""
    others: Mapping[str, tuple[Mode, FloatArray]] = field(default_factory=dict)
    """The same of the other drives of the rig, by name."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the liquid answers, each of shape (steps,)."""

    potential: FloatArray
    """Raw volts at the end of each step."""
    current: FloatArray
    """Amperes, mean of each step."""
    limited: npt.NDArray[np.bool_]
    """Whether a galvanostat is at its compliance."""
    others: Mapping[str, tuple[FloatArray, FloatArray]] = field(default_factory=dict)
    """Raw potentials and currents of the other drives, by name."""


class Liquid(Protocol):
    """What the tip dips into."""

    state: tuple[float, ...]
    """What it remembers from step to step: whoever goes back in time puts it back."""

    def answer(self, output: Output, dipped: Dipped) -> Heard:
        """Drive it for some steps."""
