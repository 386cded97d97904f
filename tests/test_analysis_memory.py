"""What the analysis of a site needs of memory: a share of its data points, whatever the method.

A site is read back whole from its file. Of a day in data points of 2.57 ms that are 34 millions,
so that nothing may need more than some numbers for each.
"""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from made_records import ROW, analysed, record
from programmes import plan_of

from seccm.data import SiteRecord

ROWS = 20_000
MOST = 260.0
"""Bytes for each data point, beyond those of the record."""
SECONDS = ROWS * ROW
STEPS = {
    "open circuit": {"step": "open circuit", "duration": SECONDS},
    "constant current": {
        "step": "constant current", "current": "-10 pA", "duration": SECONDS,
    },
    "constant potential": {
        "step": "constant potential", "potential": "0.1 V", "duration": SECONDS,
    },
    "cv": {
        "step": "cv", "start": "0 V", "vertices": ["0.5 V", "-0.5 V"], "cycles": 10,
        "scan_rate": 20.0 / SECONDS,
    },
}  # fmt: skip


def site(kind: str) -> tuple[object, SiteRecord]:
    """A long step of a kind, with noise, and its plan."""
    plan = plan_of(STEPS[kind])
    segment = plan.sites()[0].segments[0]
    t = ROW * np.arange(1, ROWS + 1)
    rng = np.random.default_rng(3)
    e = 0.4 * np.sin(2 * np.pi * t / t[-1]) + 1e-4 * rng.standard_normal(ROWS)
    i = 1e-11 * np.cos(2 * np.pi * t / t[-1]) + 1e-13 * rng.standard_normal(ROWS)
    if segment.mode == "potential":
        e = segment.waveform.at(t) + 1e-4 * rng.standard_normal(ROWS)
    return plan, record(plan, [(e, i)])


@pytest.mark.parametrize("kind", STEPS)
def test_a_data_point_needs_no_more_than_some_numbers(kind: str) -> None:
    plan, of = site(kind)
    analysed(plan, of)  # what is loaded and made once does not count
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        analysed(plan, of)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (most - before) / ROWS < MOST
