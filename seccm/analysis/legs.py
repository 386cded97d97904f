"""Cuts a sweep at its commanded vertices: into cycles, and into legs from vertex to vertex."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from seccm.analysis.voltammetry import Cycles, cycles
from seccm.program.trace import StepTrace
from seccm.rig import Lines


def cycles_of(trace: StepTrace) -> Cycles:
    """Return charge and efficiency of each commanded cycle of a step; no baseline is taken off."""
    bounds = np.array(trace.segment.cycles)
    return cycles(trace.t, trace.E, trace.I, bounds)


def legs_of(trace: StepTrace, cycle: int = 0) -> tuple[slice, ...]:
    """Return the rows of each commanded leg, vertex to vertex, of one cycle (from 0) of a sweep.

    Legs that the step did not reach, or did not finish, are left out.
    """
    wave_form = trace.segment.waveform
    if not isinstance(wave_form, Lines) or trace.t.size < 2:
        return ()
    bounds = trace.segment.cycles or (0.0, wave_form.duration)
    slack = 1e-9 * wave_form.duration
    corners = [
        t for t in wave_form.times if bounds[cycle] - slack <= t <= bounds[cycle + 1] + slack
    ]
    row = float(trace.t[1] - trace.t[0])
    return tuple(
        slice(*(int(k) for k in np.searchsorted(trace.t, (a, b), side="right")))
        for a, b in pairwise(corners)
        if b <= trace.t[-1] + 1.5 * row
    )
