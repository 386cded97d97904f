"""Whatever data points a result comes from, what is wrong with them reaches its status.

Nobody says here which data points these are: they are those that change the result when they are
changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from planar_sweeps import oxidation, triangle
from programmes import plan_of
from test_potentiostatic import Planted

import seccm
from seccm.analysis.features import Features
from seccm.analysis.kinetics import F_RT, model
from seccm.analysis.step_features import arrays_of, measured
from seccm.analysis.step_trace import step_traces
from seccm.plan import Plan, load_plan
from seccm.program.trace import CONTACT_ROWS, Area, StepTrace
from seccm.program.yielded import results_of
from seccm.results import Value
from seccm.rig import Flag

FLAWS = (Flag.SATURATED, Flag.OVERLOAD, Flag.GAP)


ONE = {"columns": 1, "rows": 1, "leave_out": []}


def one_site(name: str) -> dict[str, Any]:
    """A shipped plan with one site, as tables."""
    tables = load_plan(name).to_dict()
    return {**tables, "factors": {}, "design": {}, "sites": {**tables["sites"], **ONE}}


def nucleation() -> Plan:
    tables = one_site("li-on-au-constant-charge")
    plate = {"step": "constant current", "current_density": -38.2, "duration": 3.0}
    return Plan.from_dict({**tables, "program": [plate]})


def stripping() -> Plan:
    tables = one_site("li-on-au-constant-charge")
    strip = {"step": "constant current", "current_density": 20.0, "duration": 1.0}
    tables["program"] = [
        {"step": "constant current", "current_density": -38.2, "duration": 2.0},
        strip,
        {"step": "open circuit", "duration": 0.5},
    ]
    return Plan.from_dict(tables)


def potentials() -> Plan:
    """A potential step that nucleates, and sweeps down, up, and to and fro."""
    tables = one_site("li-on-au-cv")
    tables["program"] = [
        {"step": "constant potential", "potential": -0.15, "duration": 3.0},
        {"step": "lsv", "start": -0.15, "stop": 1.2, "scan_rate": 0.5},
        {"step": "cv", "start": 1.2, "vertices": [-0.27], "cycles": 2, "scan_rate": 0.2},
    ]
    return Plan.from_dict(tables)


WAVES = (
    {"step": "lsv", "start": 0.6, "stop": -0.2, "scan_rate": 0.1},
    {"step": "cv", "start": -0.2, "vertices": [0.6], "cycles": 1, "scan_rate": 0.1},
)
PLANS = {
    "nucleation": nucleation,
    "stripping": stripping,
    "potentials": potentials,
    "waves": lambda: plan_of(*WAVES),
}


def with_maximum(trace: StepTrace) -> StepTrace:
    """A potential step with the current of nuclei that meet after a second."""
    planted = Planted(2.0, 1.0, float(trace.t[-1]) + 0.01, 5.0, 0.03)
    noise = 1e-12 * np.random.default_rng(6).standard_normal(trace.t.size)
    current = noise - planted.at(np.maximum(trace.t, 1e-3))
    wide = Area(1e-6, 1e-8, "nominal")
    return replace(trace, I=current, flag=np.zeros_like(trace.flag), area=wide)


def with_couple(trace: StepTrace) -> StepTrace:
    """The first cycle of a voltammogram with the current of a reversible couple."""
    count = int(trace.segment.cycles[1] / trace.row)
    e = triangle(-0.4, 0.4, 1e-3)
    at = np.linspace(0.0, e.size - 1.0, count)
    cycle = [np.interp(at, np.arange(e.size), -v) for v in (e, 1e-9 * oxidation(e, 0.1))]
    potential, current = (np.resize(np.tile(v, 3), trace.t.size) for v in cycle)
    return replace(trace, E=potential, I=current)


def with_wave(trace: StepTrace) -> StepTrace:
    """A sweep over a steady wave that electron transfer slows down."""
    return replace(trace, I=1e-11 * model(trace.E, 1.0, 0.5, 0.2))


def with_tafel(trace: StepTrace) -> StepTrace:
    """A sweep on which electron transfer alone limits the current, about 0.15 V."""
    eta = 0.5 * F_RT * (trace.E - 0.15)
    return replace(trace, I=1e-12 * np.sinh(eta))


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[StepTrace, ...]]]:
    folder: Path = tmp_path_factory.mktemp("windows")
    found = {}
    for name, made in PLANS.items():
        plan = made()
        for _ in seccm.run(plan, "virtual", path=folder / f"{name}.h5", seed=3):
            pass
        features = Features(plan)
        with seccm.open(folder / f"{name}.h5") as scan:
            found[name] = [
                step_traces(site, scan.record(site.number), features.offset, features.area)
                for site in plan.sites()
            ]
    found["couple"] = [(with_couple(found["potentials"][0][2]),)]
    for name, spoil in (("slowed", with_wave), ("tafel", with_tafel)):
        found[name] = [(spoil(trace),) for trace in found["waves"][0]]
    found["mirrored"] = [tuple(replace(t, E=-t.E, I=-t.I) for t in found["potentials"][0])]
    found["maximum"] = [(with_maximum(found["potentials"][0][0]),)]
    return found


def everything(trace: StepTrace, before: Sequence[StepTrace]) -> dict[str, Value]:
    """Every number of a step, those of arrays one by one."""
    found = dict(measured(trace, before))
    for name, values in arrays_of(trace, before).items():
        for number in range(values.values.size):
            flat = replace(values, values=values.values.ravel(), errors=values.errors.ravel())
            found[f"{name}[{number}]"] = flat.entry(number)
    return found


def changed(trace: StepTrace, row: int) -> StepTrace:
    """Move potential and current of a data point, by less than would be noticed as a jump."""
    e, i = trace.E.copy(), trace.I.copy()
    # Within its range: where the grid of a sweep begins stays.
    e[row] = np.clip(e[row] + 0.1e-3, trace.E.min(), trace.E.max())
    i[row] *= 1.05
    return replace(trace, E=e, I=i)


def same(one: Value, other: Value) -> bool:
    """Tell whether two numbers are the same but for rounding."""
    return abs(one.value - other.value) <= max(1e-9 * abs(one.value), 1e-3 * one.error)


def flawed(trace: StepTrace, row: int, flaw: Flag) -> StepTrace:
    flag = trace.flag.copy()
    flag[row] |= flaw
    return replace(trace, flag=flag)


@pytest.mark.parametrize("name", [*PLANS, "mirrored", "couple", "slowed", "tafel", "maximum"])
def test_a_flaw_in_a_data_point_reaches_every_result_that_it_changes(sites, name):
    rng = np.random.default_rng(5)
    forgotten, reached = [], 0
    for traces in sites[name]:
        for count, trace in enumerate(traces):
            before, size = traces[:count], trace.t.size
            right = everything(trace, before)
            rows = {
                CONTACT_ROWS,
                size // 2 + 7,
                size - 1,
                *rng.integers(CONTACT_ROWS, size, 20).tolist(),
            }
            for row in rows:
                other = everything(changed(trace, row), before)
                for flaw in FLAWS:
                    said = everything(flawed(trace, row, flaw), before)
                    for result, value in right.items():
                        if not value.status.has_value or same(value, other[result]):
                            continue
                        reached += 1
                        if said[result].status.trusted:
                            forgotten.append(f"{trace.segment.kind} {result}, row {row}, {flaw!r}")
    assert not forgotten, "\n".join(forgotten)
    assert reached > 100


def test_every_result_of_these_kinds_is_tried(sites):
    """What none of the plans above yields would not be tried above."""
    tried: dict[str, set[str]] = {}
    yielded: dict[str, set[str]] = {}
    for traces in (traces for each in sites.values() for traces in each):
        for count, trace in enumerate(traces):
            found = everything(trace, traces[:count])
            names = {key.partition("[")[0] for key, v in found.items() if v.status.has_value}
            tried.setdefault(trace.segment.kind, set()).update(names)
            wanted = results_of(trace.segment, [one.segment for one in traces[:count]])
            yielded.setdefault(trace.segment.kind, set()).update(r.name for r in wanted)
    missing = {kind: yielded[kind] - names for kind, names in tried.items()}
    assert set(tried) >= {"constant current", "constant potential", "lsv", "cv", "open circuit"}
    assert not any(missing.values()), missing
