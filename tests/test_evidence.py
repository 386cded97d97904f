"""What was wrong with the rows of a result is in its status; no result leaves its rows unsaid."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_records import ROW, analysed, dip, flagged, record
from made_scans import CLOCK, smaller

from seccm.analysis.features import Features
from seccm.plan import load_plan
from seccm.results import Status
from seccm.rig import Flag

F_RT = 96485.33212 / (8.314462618 * 298.15)
LEAD = 41
"""Rows of a made record before the first step's own: the approach and the contact row."""
BAD = {
    Flag.SATURATED: Status.SATURATED,
    Flag.OVERLOAD: Status.OVERLOADED,
    Flag.GAP: Status.GAP,
}
FACTS = ("ended_by",)
"""Results that are no measurement, but a decision that was taken."""


def plating_site():
    """Plating that nucleates, then stripping: every result of a galvanostatic step."""
    plan = smaller(
        "li-on-au-combinatorial",
        factors={},
        program=[
            {"step": "constant current", "current_density": -5.0, "duration": 4.0},
            {"step": "constant current", "current_density": 5.0, "duration": 3.0},
        ],
    )
    rng = np.random.default_rng(3)
    plate, strip = (
        ROW * np.arange(1, CLOCK.rows(s.waveform.duration) + 1) for s in plan.sites()[0].segments
    )
    current = 5.0 * plan.probe.area
    steps = [
        (dip(plate) + 2e-4 * rng.standard_normal(plate.size), np.full(plate.size, -current)),
        (0.2 + 2e-4 * rng.standard_normal(strip.size), np.full(strip.size, current)),
    ]
    return plan, steps


def couple_site(kind="cv"):
    """Two cycles over a wave, with a film's peaks on it; or one sweep."""
    program = {"step": "cv", "start": -0.25, "vertices": [0.25], "cycles": 2, "scan_rate": 0.1}
    if kind == "lsv":
        program = {"step": "lsv", "start": -0.25, "stop": 0.25, "scan_rate": 0.1}
    plan = smaller("redox-cv-map", program=[program])
    waveform = plan.sites()[0].segments[0].waveform
    t = ROW * np.arange(1, CLOCK.rows(waveform.duration) + 1)
    e = waveform.at(t)
    wave = 1e-11 / (1.0 + np.exp(-F_RT * e))
    return plan, [(e, wave - 2e-12 + 2e-14 * np.random.default_rng(1).standard_normal(t.size))]


def held_site(step):
    plan = smaller("redox-cv-map", program=[step])
    n = CLOCK.rows(plan.sites()[0].segments[0].waveform.duration)
    rng = np.random.default_rng(4)
    return plan, [(0.1 + 1e-4 * rng.standard_normal(n), 1e-11 + 1e-14 * rng.standard_normal(n))]


SITES = {
    "plating and stripping": plating_site,
    "cyclic voltammogram": couple_site,
    "linear sweep": lambda: couple_site("lsv"),
    "constant potential": lambda: held_site(
        {"step": "constant potential", "potential": 0.1, "duration": 1.0}
    ),
    "open circuit": lambda: held_site({"step": "open circuit", "duration": 1.0}),
}
EVERY = pytest.mark.parametrize("site", SITES.values(), ids=SITES)


@EVERY
@pytest.mark.parametrize("bit", BAD)
def test_every_result_carries_what_all_its_rows_were_flagged_for(site, bit):
    """A kind of step, all results, each flag in every row: no number stands with a clean status."""
    plan, steps = site()
    clean = analysed(plan, record(plan, steps)).features
    bad = analysed(plan, record(plan, steps, flags=flagged(bit, slice(LEAD, None)))).features
    assert set(bad) == set(clean)
    for name, (_, _, status) in bad.items():
        if name.split("_1")[0] in FACTS:
            continue
        was = Status(clean[name][2])
        assert Status(status) != Status.OK, name
        assert not Status(status).trusted, name
        if was.has_value and Status(status).has_value:
            assert Status(status) is BAD[bit], name


CONTACT = LEAD - 1
"""The contact row of a made record."""


@pytest.mark.parametrize(
    ("overload", "saturated", "clean"),
    [
        ([], [CONTACT], True),
        ([CONTACT], [CONTACT], True),
        ([CONTACT], [LEAD], True),
        ([CONTACT, LEAD], [LEAD, LEAD + 1], True),
        ([CONTACT], [LEAD, LEAD + 1], False),
        ([], [LEAD], False),
    ],
)
def test_the_row_in_which_an_open_galvanostat_closes_touches_no_result(overload, saturated, clean):
    """Its mean is no overload, though some of its samples were; the next row has no such excuse."""
    plan, steps = plating_site()
    right = analysed(plan, record(plan, steps)).features
    full, over = flagged(Flag.SATURATED, saturated), flagged(Flag.OVERLOAD, overload)
    made = record(plan, steps, flags=lambda count: full(count) | over(count))
    found = analysed(plan, made).features
    worse = [name for name in right if found[name][2] != right[name][2]]
    assert (not worse) is clean
    assert clean or any(Status(found[name][2]) is Status.SATURATED for name in worse)


@EVERY
@pytest.mark.parametrize("bit", BAD)
def test_rows_that_a_result_does_not_come_from_do_not_touch_it(site, bit):
    """Flags in the approach, before contact: nothing of the measurement changes."""
    plan, steps = site()
    clean = analysed(plan, record(plan, steps)).features
    before = analysed(plan, record(plan, steps, flags=flagged(bit, slice(0, LEAD - 1)))).features
    assert repr(before) == repr(clean)


@settings(max_examples=40, deadline=None)
@given(
    which=st.sampled_from(sorted(SITES)), at=st.floats(0.05, 0.95), bit=st.sampled_from(list(BAD))
)
def test_a_flag_changes_no_number_and_makes_no_status_better(which, at, bit):
    """One flagged row anywhere: whatever still is a number is the one that was there."""
    plan, steps = SITES[which]()
    if bit is Flag.OVERLOAD and which.startswith("plating"):
        return  # an overload ends a galvanostatic record, and so may change what is in it
    row = LEAD + int(at * sum(e.size for e, _ in steps))
    clean = analysed(plan, record(plan, steps)).features
    bad = analysed(plan, record(plan, steps, flags=flagged(bit, row))).features
    for name, (value, _, status) in bad.items():
        # The same sums over memory that is aligned in another way differ in their last digit.
        same = math.isclose(value, clean[name][0], rel_tol=1e-12)
        assert same or not Status(status).has_value
        was = Status(clean[name][2])
        sought = was.censored and bit is Flag.SATURATED  # in vain, perhaps for that alone
        assert status == was or Status(status) is (Status.UNDEFINED if sought else BAD[bit])
    assert Status(bad["Q"][2]) is BAD[bit] or "Q_1" in bad


def test_what_comes_after_a_result_does_not_touch_it():
    """Saturation in the last rows of plating: nucleation was over, growth was not."""
    plan, steps = plating_site()
    late = LEAD + int(3.8 / ROW)
    found = analysed(
        plan, record(plan, steps, flags=flagged(Flag.SATURATED, slice(late, late + 5)))
    ).features
    status = {name: Status(s) for name, (_, _, s) in found.items()}
    assert status["E_nuc"] is status["t_nuc"] is status["Q_nuc"] is Status.OK
    assert status["E_growth"] is status["eta_nuc"] is status["Q"] is Status.SATURATED
    assert status["CE_1" if "CE_1" in status else "CE"] is Status.SATURATED
    assert status["E_end"] is Status.OK  # of stripping, the step after


@pytest.mark.parametrize("at", [0.3, 0.5, 0.7])
def test_a_clipped_sweep_has_no_clean_half_wave_potential(at):
    """The current at the end of its range over the upper half of the wave."""
    plan, [(e, i)] = couple_site("lsv")
    full = at * float(np.max(i))
    rows = LEAD + np.flatnonzero(i > full)
    clipped = record(plan, [(e, np.minimum(i, full))], flags=flagged(Flag.SATURATED, rows))
    found = analysed(plan, clipped).features
    for name in ("E_half", "i_lim", "tomes", "i_vertex", "Q"):
        status = Status(found[name][2])
        assert not status.trusted
        assert status.caveat or not status.has_value


def test_rows_that_are_missing_or_no_numbers_count_as_a_gap_without_a_flag():
    """Time that jumps, or a NaN: damage need not have been noticed by the rig."""
    plan, steps = couple_site("lsv")
    whole = record(plan, steps)
    k = LEAD + 900
    cut = {
        name: np.delete(getattr(whole, name), slice(k, k + 30))
        for name in ("t", "E", "I", "z", "x", "y", "phase", "step", "flag")
    }
    hole = whole.I.copy()
    hole[k : k + 3] = np.nan
    shifted = whole.t + np.where(np.arange(whole.t.size) > k, 2.0 * ROW, 0.0)
    for damaged in (
        replace(whole, **cut), replace(whole, I=hole), replace(whole, t=shifted)
    ):  # fmt: skip
        status = Status(analysed(plan, damaged).features["E_half"][2])
        assert status is Status.GAP or not status.has_value


def test_a_search_in_vain_in_saturated_rows_is_not_counted_as_one():
    """The potential may have turned beyond the range: not censored, not known."""
    plan, [(e, i), strip] = plating_site()
    flat = np.linspace(0.3, -0.2, e.size)
    vain = analysed(plan, record(plan, [(flat, i), strip])).features
    assert Status(vain["t_nuc"][2]).censored
    rows = slice(LEAD + 500, LEAD + 600)
    clipped = record(plan, [(flat, i), strip], flags=flagged(Flag.SATURATED, rows))
    status = Status(analysed(plan, clipped).features["t_nuc"][2])
    assert not status.has_value
    assert not status.censored


def test_an_open_circuit_before_contact_closes_it_is_no_flaw():
    """The first rows of a galvanostatic step may still be in overload: that is the contact."""
    plan, steps = plating_site()
    opened = record(plan, steps, flags=flagged(Flag.OVERLOAD, slice(0, LEAD + 3)))
    found = analysed(plan, opened).features
    assert Status(found["E_nuc"][2]) is Status(found["Q"][2]) is Status.OK


# -------------------------------------------------------------------------- zero of potential


@settings(max_examples=15, deadline=None)
@given(shift=st.floats(-5.0, 5.0), which=st.sampled_from(sorted(SITES)))
def test_nothing_depends_on_the_zero_of_the_reference(shift, which):
    """The same record told against another reference: potentials move, and nothing else does."""
    plan, steps = SITES[which]()
    of = record(plan, steps)
    here = analysed(plan, of).features
    there = analysed(plan, of, offset=plan.reference.offset + shift).features
    potentials = {c.name for c in Features(plan).columns if c.unit == "V"}
    differences = {"eta_nuc", "tomes", "dE_half"}
    assert set(there) == set(here)
    for name, (value, error, status) in here.items():
        moved = shift if name in potentials and name not in differences else 0.0
        of_a_wave = name in {"E_half", "tomes", "dE_half", "i_lim"}
        near = 0.5 * error if of_a_wave and np.isfinite(error) else 1e-9
        assert there[name][2] == status, name
        if np.isfinite(value):
            assert there[name][0] == pytest.approx(value + moved, rel=1e-7, abs=near), name


@pytest.mark.parametrize("name", ["li-on-au-combinatorial", "li-on-au-constant-charge"])
def test_a_plan_told_against_another_reference_finds_the_same_nucleation(name):
    """3.05 V apart: against lithium, and against the silver wire itself."""
    plan = load_plan(name)
    own = plan.to_dict()["reference"]
    other = plan.replace(reference={**own, "name": "Ag wire", "offset": 0.0})
    segment = plan.sites()[0].segments[0]
    t = ROW * np.arange(1, CLOCK.rows(segment.waveform.duration) + 1)
    e = dip(t, t0=0.3 * t[-1]) + 2e-4 * np.random.default_rng(5).standard_normal(t.size)
    current = np.full(t.size, segment.waveform.value)
    of = record(plan, [(e, current)])
    here, there = analysed(plan, of).features, analysed(other, of).features
    assert here["E_nuc"][2] == there["E_nuc"][2] == Status.OK
    assert there["E_nuc"][0] == pytest.approx(here["E_nuc"][0] - 3.05, abs=1e-9)
    assert there["t_nuc"][:2] == pytest.approx(here["t_nuc"][:2], rel=1e-6)
