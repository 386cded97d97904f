"""Nothing that is determined depends on where the zero of potential is.

Shipped plans are run once each. Their samples are then told against a reference whose zero is
elsewhere: potentials move by as much, and nothing else changes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import seccm
from seccm.analysis.features import Features
from seccm.analysis.step_features import Drawn, arrays_of, curves_of, measured
from seccm.analysis.step_trace import step_traces
from seccm.plan import Plan, load_plan
from seccm.program.yielded import results as declared_results
from seccm.results import Value

SHIFTS = (-3.05, 0.2, 10.0)
SITES = {
    "li-on-au-combinatorial": {"columns": 1, "rows": 8, "leave_out": []},
    "li-on-au-constant-charge": {"columns": 3, "rows": 1},
    "li-on-au-cv": {"columns": 1, "rows": 1},
    "li-on-au-from-rest": {"columns": 3, "rows": 1},
    "redox-cv-map": {"columns": 2, "rows": 1, "origin": [40e-6, 44e-6]},
}
"""Of shipped plans of all kinds some sites, so that every condition is there."""


def few(name: str) -> Plan:
    plan = load_plan(name)
    tables = plan.to_dict()
    design = {"repeats": 1} if "repeats" in tables.get("design", {}) else {}
    return plan.replace(
        sites={**tables["sites"], **SITES[name]}, design={**tables.get("design", {}), **design}
    )


def found(plan: Plan, path: Path, shift: float) -> tuple[dict[str, Value], list[Drawn]]:
    """Every number and own curve of a file, told against a reference with another zero."""
    numbers: dict[str, Value] = {}
    curves: list[Drawn] = []
    features = Features(plan)
    with seccm.open(path) as scan:
        for number, site in scan.planned.items():
            traces = step_traces(site, scan.record(number), features.offset + shift, features.area)
            for count, trace in enumerate(traces):
                curves += curves_of(trace.in_contact)
                where = f"site {number}, step {count}"
                for name, value in measured(trace, traces[:count]).items():
                    numbers[where, name, -1] = value
                for name, values in arrays_of(trace, traces[:count]).items():
                    for k in range(len(values)):
                        numbers[where, name, k] = values.entry(k)
    return numbers, curves


def assert_moved(before: list[Drawn], after: list[Drawn], shift: float) -> None:
    """Every own curve moves along those axes that are declared to be against the reference."""
    assert [one.what for one in after] == [one.what for one in before]
    for one, other in zip(before, after, strict=True):
        for name in ("x", "y"):
            moves = shift if getattr(one.what, name).against_reference else 0.0
            for line in (name, f"model_{name}", f"event_{name}"):
                here, there = getattr(one, line), getattr(other, line)
                size = 1e-6 * np.abs(here).max(initial=0.0) + 1e-6 * abs(moves)
                np.testing.assert_allclose(there, here + moves, rtol=1e-5, atol=size)


@pytest.mark.parametrize("name", SITES)
def test_potentials_move_with_the_zero_of_the_reference_and_nothing_else_does(name, tmp_path):
    plan, path = few(name), tmp_path / "scan.h5"
    for _ in seccm.run(plan, "virtual", path=path, seed=2):
        pass
    declared = declared_results()
    before, curves = found(plan, path, 0.0)
    assert sum(value.status.has_value for value in before.values()) >= 5
    for shift in SHIFTS:
        after, moved_curves = found(plan, path, shift)
        assert_moved(curves, moved_curves, shift)
        assert set(after) == set(before)
        for key, value in before.items():
            moved, result = after[key], declared[key[1]]
            assert moved.status is value.status, (key, value, moved)
            if not value.status.has_value:
                continue
            expected = value.value + (shift if result.against_reference else 0.0)
            # An onset hangs on one point of a grid; by rounding it is one or the next.
            share = 0.2 if "onset" in key[1] else 1e-3
            slack = share * value.error if np.isfinite(value.error) else 0.0
            tolerance = max(slack, 1e-6 * abs(value.value), 1e-9)
            assert moved.value == pytest.approx(expected, abs=tolerance), (key, value, moved)
            assert moved.error == pytest.approx(value.error, rel=0.3, abs=1e-12, nan_ok=True), key
