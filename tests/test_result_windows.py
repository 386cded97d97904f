"""Whatever data points a result comes from, what is wrong with them reaches its status.

Nobody says here which data points these are: they are those that change the result when they are
changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from planar_sweeps import oxidation, triangle
from planted_steps import PLANTED, recorded
from programmes import plan_of
from test_potentiostatic import Planted

import seccm
from seccm.analysis.features import Features
from seccm.analysis.kinetics import F_RT, model
from seccm.analysis.step_features import arrays_of, measured
from seccm.analysis.step_trace import step_traces
from seccm.data import SiteRecord
from seccm.plan import Plan, load_plan
from seccm.program.registry import kinds
from seccm.program.trace import CONTACT_ROWS, Area, StepTrace
from seccm.program.yielded import results_of
from seccm.results import Status, Value
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
    lithium = {"concentration": 50.0, "molar_mass": 6.94e-3, "density": 534.0}
    tables["program"] = [
        {"step": "constant potential", "potential": -0.15, "duration": 3.0, "deposit": lithium},
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


@dataclass(frozen=True)
class Ran:
    """A site of a virtual scan: its record, and how its steps are cut out of one."""

    record: SiteRecord
    cut: Callable[[SiteRecord], Sequence[StepTrace]]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Ran]]:
    folder: Path = tmp_path_factory.mktemp("windows")
    found: dict[str, list[Ran]] = {}
    for name, made in PLANS.items():
        plan = made()
        for _ in seccm.run(plan, "virtual", path=folder / f"{name}.h5", seed=3):
            pass
        features = Features(plan)
        with seccm.open(folder / f"{name}.h5") as scan:
            found[name] = [
                Ran(
                    scan.record(site.number),
                    lambda record, site=site, of=features: step_traces(
                        site, record, of.offset, of.area
                    ),
                )
                for site in plan.sites()
            ]
    return found


@pytest.fixture(scope="module")
def sites(ran: dict[str, list[Ran]]) -> dict[str, list[tuple[StepTrace, ...]]]:
    found = {name: [tuple(one.cut(one.record)) for one in each] for name, each in ran.items()}
    found["couple"] = [(with_couple(found["potentials"][0][2]),)]
    for name, spoil in (("slowed", with_wave), ("tafel", with_tafel)):
        found[name] = [(spoil(trace),) for trace in found["waves"][0]]
    found["mirrored"] = [tuple(replace(t, E=-t.E, I=-t.I) for t in found["potentials"][0])]
    found["maximum"] = [(with_maximum(found["potentials"][0][0]),)]
    return {**found, **{name: [planted()] for name, planted in PLANTED.items()}}


AT_A_TIP = {"surface height", "surface kinetics", "tip collection"}
"""Kinds of step of a pipette in a bath, or of a microelectrode in a solution."""
TIPS = {"sicm-topography": "sicm", "secm-feedback-map": "secm", "secm-sg-tc": "secm"}


@pytest.fixture(scope="module")
def tips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[StepTrace, ...]]:
    """The steps of one site of each plan for a tip."""
    folder, found = tmp_path_factory.mktemp("tips"), {}
    for name, rig in TIPS.items():
        plan, path = Plan.from_dict(one_site(name)), folder / f"{name}.h5"
        for _ in seccm.run(plan, f"virtual-{rig}", path=path, seed=3):
            pass
        features = Features(plan)
        with seccm.open(path) as scan:
            found[name] = tuple(
                step_traces(plan.sites()[0], scan.record(0), features.offset, features.area)
            )
    return found


@pytest.mark.parametrize("name", TIPS)
def test_a_flaw_at_a_tip_reaches_every_result_that_it_changes(tips, name):
    rng, forgotten, reached, kinds_seen = np.random.default_rng(9), [], 0, set()
    for count, trace in enumerate(tips[name]):
        before, size = tips[name][:count], trace.t.size
        right = everything(trace, before)
        kinds_seen.add(trace.segment.kind)
        rows = (CONTACT_ROWS, *rng.integers(CONTACT_ROWS, size, 4).tolist())
        lost, moved = forgotten_of(trace, before, right, rows)
        forgotten += lost
        reached += moved
    assert not forgotten, "\n".join(forgotten)
    assert reached >= 5
    assert kinds_seen & AT_A_TIP


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


def same(one: Value, other: Value, slack: float = 1e-3) -> bool:
    """Tell whether two numbers are the same but for rounding, and a share of the uncertainty."""
    return abs(one.value - other.value) <= max(1e-9 * abs(one.value), slack * one.error)


def flawed(trace: StepTrace, row: int, flaw: Flag) -> StepTrace:
    flag = trace.flag.copy()
    flag[row] |= flaw
    return replace(trace, flag=flag)


def forgotten_of(
    trace: StepTrace, before: Sequence[StepTrace], right: dict[str, Value], rows: Sequence[int]
) -> tuple[list[str], int]:
    """Return which numbers a data point changes without its flaw in their status, and of how many.

    Args:
        trace: of a step.
        before: the steps before it.
        right: the numbers of the step.
        rows: data points that are changed, and flawed, one after the other.
    """
    forgotten, reached = [], 0
    for turn, row in enumerate(rows):
        flaw = FLAWS[turn % len(FLAWS)]
        other = everything(changed(trace, row), before)
        said = everything(flawed(trace, row, flaw), before)
        for result, value in right.items():
            if not value.status.has_value or same(value, other[result]):
                continue
            reached += 1
            if said[result].status.trusted:
                forgotten.append(f"{trace.segment.kind} {result}, row {row}, {flaw!r}")
    return forgotten, reached


@pytest.mark.parametrize("name", [*PLANS, "mirrored", "couple", "slowed", "tafel", "maximum"])
def test_a_flaw_in_a_data_point_reaches_every_result_that_it_changes(sites, name):
    rng = np.random.default_rng(5)
    forgotten, reached = [], 0
    for traces in sites[name]:
        for count, trace in enumerate(traces):
            before, size = traces[:count], trace.t.size
            right = everything(trace, before)
            some = rng.integers(CONTACT_ROWS, size, 12).tolist()
            rows = (CONTACT_ROWS, size // 2 + 7, size - 1, *some)
            lost, moved = forgotten_of(trace, before, right, rows)
            forgotten += lost
            reached += moved
    assert not forgotten, "\n".join(forgotten)
    assert reached > 20


SLOW = {"impedance": 3, "series": 3, "series without resistance": 2}
"""Data points that are tried of kinds whose analysis takes long; of others eight."""


@pytest.mark.parametrize("name", [name for name in PLANTED if name != "impacts"])
def test_a_flaw_reaches_the_results_of_this_step_and_of_those_that_rest_on_it(sites, name):
    """Of every kind; the flaw may be in an earlier step, such as the rest before a titration."""
    rng = np.random.default_rng(7)
    (traces,) = sites[name]
    right = everything(traces[-1], traces[:-1])
    forgotten, reached = [], 0
    for place, trace in enumerate(traces):
        size = trace.t.size
        some = rng.integers(0, size, SLOW.get(name, 8) - 1).tolist()
        for turn, row in enumerate(sorted({size - 2, *some})):
            flaw = FLAWS[turn % len(FLAWS)]
            other, said = (
                everything(all_steps[-1], all_steps[:-1])
                for all_steps in (
                    (*traces[:place], spoiled, *traces[place + 1 :])
                    for spoiled in (changed(trace, row), flawed(trace, row, flaw))
                )
            )
            for result, value in right.items():
                if not value.status.has_value or same(value, other[result]):
                    continue
                reached += 1
                if said[result].status.trusted:
                    forgotten.append(f"{result}, step {place}, row {row}, {flaw!r}")
    assert not forgotten, "\n".join(forgotten)
    assert reached >= 8


def damaged(trace: StepTrace, rows: slice, flaw: Flag) -> StepTrace:
    """Some rows as they are when something is wrong: at the end of a range, open, or no numbers."""
    e, i, flag = trace.E.copy(), trace.I.copy(), trace.flag.copy()
    flag[rows] |= np.uint8(flaw)
    if flaw is Flag.SATURATED:
        i[rows] = 1.3 * np.max(np.abs(trace.I)) * np.sign(i[rows])
    elif flaw is Flag.OVERLOAD:
        e[rows] = 10.0
    else:
        e[rows] = i[rows] = np.nan
    return replace(trace, E=e, I=i, flag=flag)


def as_before(name: str, value: Value, right: dict[str, Value]) -> bool:
    """Tell whether a number is the one of the undamaged step, within its uncertainty.

    A table of peaks or of pulses has fewer rows or more where some are damaged: what is clean in
    it is in the undamaged one, too.
    """
    table, _, place = name.partition("[")
    if not place:
        return same(right[name], value, 1.0)
    return any(
        other.status.has_value and same(other, value, 1.0)
        for key, other in right.items()
        if key.partition("[")[0] == table
    )


FACTS = {"t_seen", "ended_by", "cycles"}
"""What is a fact about the rows that there are."""


@pytest.mark.parametrize("name", [name for name in PLANTED if name != "impacts"])
def test_no_clean_number_comes_from_what_a_damaged_row_reads(sites, name):
    """The potential of an open cell is no potential: it stretches no axis and delays no pulse."""
    rng = np.random.default_rng(4)
    (traces,) = sites[name]
    right, wrong, clean = everything(traces[-1], traces[:-1]), [], 0
    last = traces[-1].t.size - 1
    rows = rng.integers(0, last, SLOW.get(name, 6)).tolist()
    for turn, row in enumerate((0, last, *rows)):
        flaw, length = FLAWS[turn % len(FLAWS)], (1, 3, 30)[turn % 3]
        spoiled = damaged(traces[-1], slice(row, row + length), flaw)
        for result, value in everything(spoiled, traces[:-1]).items():
            if result in FACTS or not value.status.trusted:
                continue
            clean += 1
            if not as_before(result, value, right):
                wrong.append(f"{result}, row {row}, {flaw!r}: {value}, {right.get(result)}")
    assert not wrong, "\n".join(wrong)
    assert clean > 0


READ = {"differential pulse", "square wave", "normal pulse", "stairs"}


@pytest.mark.parametrize("name", sorted(READ))
def test_a_flaw_between_the_readings_of_a_staircase_spoils_none_of_its_results(sites, name):
    """Charging beyond the range, right after each jump, is why they are read late."""
    ((trace,),) = sites[name]
    right, flag = everything(trace, ()), trace.flag.copy()
    jumps = np.array(trace.segment.waveform.times[1:-1:2])
    flag[np.searchsorted(trace.t, jumps) + 2] |= np.uint8(Flag.SATURATED)
    said = everything(replace(trace, flag=flag), ())
    kept = {k for k, v in right.items() if v.status.trusted and not k.startswith(("Q", "CE"))}
    assert len(kept) > 1
    assert all(said[name].status.trusted for name in kept - {"cycles"}), said


def test_the_last_readings_of_every_cycle_of_stairs_reach_its_results(sites):
    ((trace,),) = sites["stairs"]
    for cycle, end in enumerate(trace.segment.cycles[1:]):
        row = int(np.searchsorted(trace.t, end)) - 2
        for flaw in FLAWS:
            said = everything(flawed(trace, row, flaw), ())
            for name in ("CE_of_cycles", "Q_a_of_cycles", "Q_c_of_cycles"):
                doubtful = [k for k in range(2) if not said[f"{name}[{k}]"].status.trusted]
                assert doubtful == [cycle], (name, flaw)
            assert said["CE_last"].status.trusted is (cycle == 0)
            assert said["CE_first"].status.trusted is (cycle == 1)


def test_only_the_first_step_at_a_site_begins_with_the_open_circuit_of_its_contact(sites):
    (traces,) = sites["gitt"]
    push = traces[1]
    flag = push.flag.copy()
    flag[:1] |= np.uint8(Flag.OVERLOAD)
    first = replace(push, flag=flag, t=push.t - push.t[0] + 0.01)
    assert not everything(first, ())["Q"].status.trusted
    begun = replace(first, segment=replace(first.segment, index=0))
    assert everything(begun, ())["Q"].status.trusted
    long = replace(begun, t=begun.t + 0.1)
    assert not everything(long, ())["Q"].status.trusted, "no contact takes a tenth of a second"


def test_a_row_without_a_number_costs_one_reading_and_not_those_after_it(sites):
    for name in READ:
        ((trace,),) = sites[name]
        early = damaged(trace, slice(60, 61), Flag.GAP)
        right, found = everything(trace, ()), everything(early, ())
        kept = {k for k, v in right.items() if v.status.has_value and "[" not in k} - {"Q"}
        assert kept <= {k for k, v in found.items() if v.status.has_value}


def test_flags_of_motion_say_nothing_about_the_numbers(sites):
    ((trace,),) = sites["stairs"]
    flag = trace.flag | np.uint8(Flag.FROZEN | Flag.MOVING)
    right, said = everything(trace, ()), everything(replace(trace, flag=flag), ())
    assert {k: v.status for k, v in said.items()} == {k: v.status for k, v in right.items()}


def without(record: SiteRecord, rows: slice) -> SiteRecord:
    """A record in which some rows are missing."""
    names = ("t", "E", "I", "z", "x", "y", "phase", "step", "flag")
    keep = np.ones(record.t.size, bool)
    keep[rows] = False
    return replace(record, **{name: getattr(record, name)[keep] for name in names})


def gaps(record: SiteRecord, count: int, seed: int) -> Iterator[slice]:
    """Rows to be left out: at random, and across the ends of steps."""
    rng, first = np.random.default_rng(seed), min(rows.start for rows in record.steps.values())
    last = max(rows.stop for rows in record.steps.values())
    ends = [end for rows in record.steps.values() for end in (rows.start, rows.stop)]
    for turn in range(count):
        length = int(rng.choice([1, 2, 5, 20, 100, 400]))
        start = int(rng.integers(first, last))
        if turn % 3 == 0:
            start = int(rng.choice(ends)) - int(rng.choice([0, length // 2, length - 1]))
        yield slice(max(first, start), min(start + length, record.t.size - 2))


def wrong_without_some(ran: Ran, count: int) -> tuple[list[str], int]:
    """Leave rows out: which clean numbers differ by more than their uncertainty, of how many."""
    whole = ran.cut(ran.record)
    right = [everything(trace, whole[:k]) for k, trace in enumerate(whole)]
    wrong, seen = [], 0
    for rows in gaps(ran.record, count, seed=11):
        traces = ran.cut(without(ran.record, rows))
        if len(traces) < len(whole):
            continue
        for k, trace in enumerate(traces):
            found = everything(trace, traces[:k])
            for name, value in right[k].items():
                got = found.get(name, Value.none(Status.NOT_FOUND))
                if not value.status.trusted or not got.status.has_value:
                    continue
                seen += 1
                if got.status.trusted and not as_before(name, got, right[k]):
                    wrong.append(f"{trace.segment.kind} {name} without {rows}: {value}, {got}")
    return wrong, seen


@pytest.mark.parametrize("name", PLANS)
def test_what_rows_that_are_missing_change_says_so(ran, name):
    wrong, seen = wrong_without_some(ran[name][0], 6)
    assert not wrong, "\n".join(wrong)
    assert seen > 50


ALIKE = [name for name in PLANTED if "series" not in name and name != "impacts"]
"""What is planted with equally long data points. Spikes have a test of their own, below."""


@pytest.mark.parametrize("name", ALIKE)
def test_what_rows_that_are_missing_change_says_so_of_every_kind(sites, name):
    (traces,) = sites[name]
    site, record = recorded(traces)
    made = Ran(record, lambda found: step_traces(site, found, 0.0, traces[0].area))
    wrong, seen = wrong_without_some(made, 8)
    assert not wrong, "\n".join(wrong)
    assert seen > 20


def test_missing_rows_leave_no_count_of_impacts_clean(sites):
    site, record = recorded(sites["impacts"][0])
    for rows in gaps(record, 6, seed=2):
        (trace,) = step_traces(site, without(record, rows), 0.0, sites["impacts"][0][0].area)
        found = everything(trace, ())
        for name in ("n_impacts", "f_impacts", "Q_impacts", "n_staying", "Q"):
            assert not found[name].status.trusted, (name, rows)


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
    own = {k for k, v in kinds().items() if v.spec.__module__.startswith("seccm.")}
    assert set(tried) == own - AT_A_TIP
    assert not any(missing.values()), missing
