"""A step that is ready to be imposed on the cell, as plain numbers in raw volts and amperes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seccm.events import EndReason, Imposed, Path, StepFinished
from seccm.factors import NamedLevels
from seccm.program.second import Second
from seccm.rig import Limit, Mode, Waveform

LONGEST = 400
"""Bytes of what a data file keeps of `Segment.resolved`."""
RANGE = "range"
"""The key of the range in it."""


@dataclass(frozen=True, slots=True)
class Act:
    """What one step imposes on the cell, and what ends it early."""

    mode: Mode
    waveform: Waveform
    """Raw volts or amperes over time."""
    label: str
    """The step in words, for progress lines and reports."""
    limits: tuple[Limit, ...] = ()
    """What ends the step before the waveform does."""
    cycles: tuple[float, ...] = ()
    """For cyclic voltammetry: when each cycle begins, and when the last one ends, in seconds."""
    given: tuple[tuple[str, float | str], ...] = ()
    """What else the plan says that the analysis needs, by name: numbers in SI, such as a density,
    and words."""
    row: float = math.inf
    """Seconds that a data point of its analysis may last at most, 0 for single raw samples. Where
    those of the rig last longer, raw samples are kept, and shorter ones are averaged from them."""
    stairs: bool = False
    """Whether each of these data points must span whole values that the rig puts out, at least
    one: what is imposed changes all the time, and a rig puts it out as a staircase."""
    range: str = ""
    """The range of the current input, as the plan names it; the usual one if empty."""
    second: Second | None = None
    """What a second drive of the rig imposes meanwhile; its circuit is open without it."""

    def keeps_raw(self, period: float) -> bool:
        """Tell whether it needs raw samples on a rig with so many seconds from row to row."""
        return self.row < period


@dataclass(frozen=True, slots=True)
class Segment:
    """One step of a site's programme, ready to be imposed on the cell."""

    index: int
    """Which step at this site it is, from 0, in the order in which they run; stored with every
    row."""
    kind: str
    """The step's kind as the plan names it, such as "constant current"."""
    label: str
    """The step in words, for progress lines and reports."""
    mode: Mode
    waveform: Waveform
    """Raw volts or amperes over time."""
    limits: tuple[Limit, ...] = ()
    """What ends the step before the waveform does."""
    cycles: tuple[float, ...] = ()
    """For cyclic voltammetry: when each cycle begins, and when the last one ends, in seconds."""
    path: Path = ()
    """Its place in the programme."""
    name: str = ""
    """What the plan calls it; empty if nothing."""
    resolved: str = ""
    """What its quantities came to that follow earlier steps or the values of a repeat: numbers in
    SI by their keys, these values by "$" and their names, and the range of the current input if the
    plan names one; as JSON, empty where there are none."""
    raw: bool = False
    """Whether every raw sample of it is kept, however long its data points are."""
    given: tuple[tuple[str, float | str], ...] = ()
    """What else the plan says that the analysis needs, by name: numbers in SI, and words."""
    row: float = math.inf
    """Seconds that a data point of its analysis may last at most, as `Act.row`."""
    values: NamedLevels = ()
    """What the repeats round it go over: names, and their values in this turn."""
    stairs: bool = False
    """Whether each of these data points spans whole values that the rig puts out, as
    `Act.stairs`."""
    range: str = ""
    """The range of the current input in which it is measured; the usual one if empty."""
    second: Second | None = None
    """What a second drive of the rig imposes meanwhile, as `Act.second`."""

    def keeps_raw(self, period: float) -> bool:
        """Tell whether its raw samples are kept on a rig with so many seconds from row to row."""
        return self.raw or self.row < period

    @property
    def numbers(self) -> Mapping[str, float]:
        """What `given` has, of a step for which all of that are numbers; SI, by name."""
        return {name: float(number) for name, number in self.given}

    @property
    def imposed(self) -> Imposed:
        """What is imposed, as numbers."""
        wave = self.waveform
        first, last = wave.at(np.array([0.0, wave.duration])).tolist()
        return Imposed(self.mode, first, last, *wave.extremes)

    def finished(
        self, site: int, first: int, last: int, reason: EndReason, charge: float
    ) -> StepFinished:
        """Return what is told of the step when it has ended.

        Args:
            site: number of the site.
            first: its first row.
            last: its last row.
            reason: what ended it.
            charge: net charge in coulombs.
        """
        return StepFinished(
            last, site, self.index, reason, charge, self.path, self.kind, self.name,
            self.resolved, self.label, first, self.imposed,
        )  # fmt: skip

    @classmethod
    def of(
        cls,
        act: Act,
        kind: str,
        index: int,
        path: Path,
        name: str = "",
        resolved: str = "",
        raw: bool = False,
        values: NamedLevels = (),
    ) -> Segment:
        """Give an act its place in a programme."""
        label = f"{act.label}, range {act.range}" if act.range else act.label
        if act.second is not None:
            label = f"{label}, {act.second.words}"
        return cls(
            index, kind, label, act.mode, act.waveform, act.limits, act.cycles, path, name,
            resolved, raw, act.given, act.row, values, act.stairs,
            act.range, act.second,
        )  # fmt: skip
