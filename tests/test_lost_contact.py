"""A meniscus that is lost while a potential is imposed is told, and one that is kept is not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from made_scans import smaller

import seccm
from seccm.analysis.features import Features, area_of
from seccm.analysis.legs import cycles_of
from seccm.analysis.lost_contact import ContactWatch, lost_at
from seccm.analysis.quality import Quality
from seccm.analysis.step_trace import step_traces
from seccm.plan import load_plan
from seccm.program.measured import NO_ROWS, WHOLE, Measured
from seccm.program.segment import Segment
from seccm.program.trace import StepTrace
from seccm.report.last_cycles import last_cycle
from seccm.results import Status, Value
from seccm.rig import Constant, Flag, Lines

ROW = 2.57e-3
SIGMA = 0.16e-12
"""A, of one row: that of the reference system."""
LIMIT = 3.6e-12
CYCLES = Lines((0.0, 5.0, 10.0, 15.0, 20.0), (-0.25, 0.25, -0.25, 0.25, -0.25))
PASS = Lines((0.0, 5.0), (-0.25, 0.25))
AREA = area_of(load_plan("redox-cv-map"))
HELD = (np.full(6, 0.25), np.full(6, LIMIT))
UNHELD = (np.zeros(0), np.zeros(0))


def trace(form, current, mode="potential", seed=0, lost=None, potential=None, noise=SIGMA):
    """A step of so much current against time and potential; nothing flows after `lost` seconds."""
    rng = np.random.default_rng(seed)
    t = ROW * np.arange(1, round(form.duration / ROW) + 1)
    e = form.at(t) if potential is None else potential(t)
    i = current(t, e)
    if lost is not None:
        i = np.where(t > lost, 0.0, i)
    kind = {"potential": "cv", "open": "open circuit", "current": "constant current"}[mode]
    segment = Segment(0, kind, "", mode, form)
    return StepTrace(segment, t, e + 0.4e-3 * rng.standard_normal(t.size),
                     i + noise * rng.standard_normal(t.size), np.zeros(t.size, np.uint8), ROW,
                     "time", AREA)  # fmt: skip


def idle(seed=1, noise=SIGMA):
    return noise * np.random.default_rng(seed).standard_normal(2000)


def wave(t, e):
    """A reversible one-electron oxidation."""
    return LIMIT / (1.0 + np.exp(-e / 0.0257))


def nothing(t, e):
    return np.zeros(t.size)


# ------------------------------------------------------------------------------ in sweeps


@given(lost=st.floats(2.3, 17.5), seed=st.integers(0, 10**6))
@example(lost=7.921875, seed=61)  # in a flank where no single row stands out of the noise
@settings(max_examples=80)
def test_a_loss_within_or_before_a_wave_is_found_where_it_happened(lost, seed):
    """In a foot it shows at the potentials of the wave: then the foot is lost, too."""
    found = lost_at([trace(CYCLES, wave, lost=lost, seed=seed)], idle(seed + 1), HELD)
    assert found is not None
    step, row = found
    assert step == 0
    assert (row + 1) * ROW <= lost + 4 * ROW
    assert (row + 1) * ROW > (7.0 if 7.3 < lost < 12.7 else lost - 4 * ROW)


@given(st.integers(0, 10**6), st.floats(0.05e-12, 0.5e-12), st.sampled_from([CYCLES, PASS]))
@settings(max_examples=80)
def test_a_wave_that_ends_in_its_foot_or_on_its_plateau_has_its_contact(seed, noise, form):
    whole = trace(form, wave, seed=seed, noise=noise)
    assert lost_at([whole], idle(seed + 1, noise), HELD) is None


@pytest.mark.parametrize("current", [
    nothing,
    lambda t, e: 50e-12 * np.exp(-(((t - 3.0) / 0.1) ** 2)),  # what was adsorbed comes off once
    lambda t, e: 50e-12 * np.exp(-t / 0.02),                  # charging
    lambda t, e: 20e-12 * np.exp(-t / 1.0),                   # a film grows
], ids=["inert", "stripped once", "charging", "film"])  # fmt: skip
def test_a_current_that_ceases_as_reactions_do_is_no_lost_contact(current):
    for seed in range(20):
        assert lost_at([trace(CYCLES, current, seed=seed)], idle(seed + 1), UNHELD) is None


def test_a_loss_before_the_first_wave_is_told_by_the_hold_that_saw_it():
    gone = trace(CYCLES, wave, lost=0.01)
    assert lost_at([gone], idle(), HELD) == (0, 0)
    assert lost_at([gone], idle(), UNHELD) is None
    fading = (HELD[0], np.linspace(4e-12, 1e-12, 6))  # a double layer that charges
    assert lost_at([gone], idle(), fading) is None
    elsewhere = (HELD[0] + 0.3, HELD[1])  # the sweep does not come by
    assert lost_at([gone], idle(), elsewhere) is None


# ----------------------------------------------------------------- in steps of other kinds


def decay(t, e):
    """A current after a step of potential, as of diffusion: a nanoampere after a second."""
    return 1e-9 / np.sqrt(t)


@given(lost=st.floats(0.2, 2.9), seed=st.integers(0, 10**6))
@settings(max_examples=60)
def test_a_potential_step_whose_current_stops_at_once_has_lost_its_contact(lost, seed):
    form = Constant(0.2, 3.0)
    found = lost_at([trace(form, decay, lost=lost, seed=seed)], idle(seed + 1), UNHELD)
    assert found is not None
    assert (found[1] + 1) * ROW == pytest.approx(lost, abs=4 * ROW)
    assert lost_at([trace(form, decay, seed=seed)], idle(seed + 1), UNHELD) is None


def test_nothing_flows_from_one_step_to_the_next_at_the_same_potential():
    form = Constant(0.2, 1.0)
    flows, silent = trace(form, decay), trace(form, nothing)
    assert lost_at([flows, silent, silent], idle(), UNHELD) == (1, 0)
    other = trace(Constant(0.0, 1.0), nothing)
    assert lost_at([flows, other], idle(), UNHELD) is None
    assert lost_at([silent, flows], idle(), UNHELD) is None


@pytest.mark.parametrize("mode", ["open", "current"])
@pytest.mark.parametrize("ends", [3.05, 10.0, -10.0])
def test_an_open_input_does_not_pass_for_a_rest_potential(mode, ends):
    """Whether nothing is imposed or a current of zero, and wherever the input floats to."""
    form = Constant(0.0, 5.0)

    def jumps(t):
        return np.where(t > 2.0, ends, 0.02 * np.exp(-t))

    floats = trace(form, nothing, mode, potential=jumps)
    found = lost_at([floats], idle(), UNHELD)
    assert found is not None
    assert found[1] * ROW == pytest.approx(2.0, abs=3 * ROW)
    rests = trace(form, nothing, mode, potential=lambda t: 0.3 * np.exp(-t / 0.2) - 0.05 * t)
    assert lost_at([rests], idle(), UNHELD) is None
    back = trace(form, nothing, mode, potential=lambda t: np.where((t > 2) & (t < 2.1), 1.0, 0.0))
    assert lost_at([back], idle(), UNHELD) is None


# ------------------------------------------------------------------------- as the rows come


FORMS = [CYCLES, PASS, Constant(0.2, 3.0), Constant(0.2, 0.2)]


@st.composite
def courses(draw):
    """Steps of all kinds at a site that loses its contact somewhere, or keeps it."""
    seed = draw(st.integers(0, 10**6))
    steps, lost = [], draw(st.integers(0, 4))
    for k in range(draw(st.integers(1, 4))):
        form = draw(st.sampled_from(FORMS))
        at = draw(st.floats(0.0, form.duration)) if k == lost else 0.0 if k > lost else None
        if draw(st.booleans()):
            current = draw(st.sampled_from([wave, decay, nothing]))
            steps.append(trace(form, current, seed=seed + k, lost=at))
        else:
            ends = np.inf if at is None else at
            jumps = lambda t, ends=ends: np.where(t > ends, 3.05, 0.02 * np.exp(-t))  # noqa: E731
            steps.append(trace(Constant(0.0, 1.0), nothing, "open", seed + k, potential=jumps))
    return steps


@given(courses(), st.integers(1, 700), st.sampled_from([HELD, UNHELD]))
@settings(max_examples=80, deadline=None)
def test_the_same_is_found_as_rows_come_in_blocks_of_any_size(steps, size, held):
    watch = ContactWatch(idle(), held)
    for step in steps:
        watch.begin(step.segment, step.row)
        for k in range(0, step.t.size, size):
            t, e, i, flag = (y[k : k + size] for y in (step.t, step.E, step.I, step.flag))
            watch.feed(t, e, i, (flag & Flag.GAP) != 0, (flag & Flag.OVERLOAD) == 0)
        watch.finish()
    found = lost_at(steps, idle(), held)
    assert found == (watch.lost and (watch.lost.number, watch.lost.row))


def test_rows_that_are_missing_or_stuck_tell_nothing_of_the_contact():
    gone = trace(Constant(0.2, 3.0), decay, lost=1.0)
    assert lost_at([gone], idle(), UNHELD) is not None
    missing, stuck = gone.flag.copy(), gone.I.copy()
    missing[20] = Flag.GAP
    stuck[100:120] = stuck[100]
    for flawed in (replace(gone, flag=missing), replace(gone, I=stuck)):
        assert lost_at([flawed], idle(), UNHELD) is None
        assert lost_at([gone, flawed], idle(), UNHELD) is None
        silent = trace(Constant(0.5, 1.0), nothing)
        assert lost_at([flawed, gone, silent], idle(), UNHELD) == (
            1,
            lost_at([gone], idle(), UNHELD)[1],
        )


# ------------------------------------------------------------------------------ in results


@pytest.mark.parametrize(("rows", "value", "status"), [
    ((slice(0, 90),), Value.of(1.0, 0.1), Status.OK),
    ((slice(0, 110),), Value.of(1.0, 0.1), Status.LOST_CONTACT),
    ((slice(0, 90), slice(100, 120)), Value.of(1.0, 0.1), Status.NO_CONTACT),
    (WHOLE, Value.none(Status.NO_MINIMUM), Status.NO_CONTACT),
    ((slice(-20, None),), Value.of(1.0, 0.1), Status.NO_CONTACT),
    (NO_ROWS, Value.of(1.0, 0.0), Status.OK),
])  # fmt: skip
def test_a_result_says_which_of_its_data_points_came_after_the_loss(rows, value, status):
    whole = trace(PASS, wave)
    lost = replace(whole, lost=100)
    assert Measured(value, rows).checked(lost).status is status
    assert Measured(value, rows).checked(whole) == value
    assert not status.censored


def test_no_cycle_after_the_loss_enters_a_figure():
    """An efficiency of noise over noise would pull the mean of all droplets anywhere."""
    cycled = replace(trace(CYCLES, wave), lost=5000)  # 12.9 s: within the second cycle
    cycled = replace(cycled, segment=replace(cycled.segment, cycles=(0.0, 10.0, 20.0)))
    assert len(cycles_of(replace(cycled, lost=None)).cycles) == 2
    kept = cycled.in_contact
    assert kept.t.size == 5000
    assert len(cycles_of(kept).cycles) == 1
    assert last_cycle(kept) is not None
    whole = trace(PASS, wave)
    assert whole.in_contact is whole
    assert replace(whole, lost=0).in_contact.t.size == 0


# ------------------------------------------------------------------------- of the simulator


def ran(plan, folder, *faults):
    """What is found at each site of a run, and the times at which its steps lost contact."""
    path = folder / "scan.h5"
    for _ in seccm.run(plan, path=path, seed=5, faults=faults):
        pass
    features = Features(plan)
    with seccm.open(path) as scan:
        for site in plan.sites():
            record = scan.record(site.number)
            lost = [
                float(one.t[min(one.lost, one.t.size - 1)])
                for one in step_traces(site, record, features.offset, features.area)
                if one.lost is not None
            ]
            yield features(site, record), lost


def test_no_number_comes_from_a_sweep_after_the_meniscus_was_lost(tmp_path):
    """Six droplets of a redox couple; the last is kept."""
    plan = smaller("redox-cv-map", sites={"kind": "grid", "columns": 3, "rows": 2,
                                          "pitch": 6.5e-6, "origin": [1e-5, 1e-5]})  # fmt: skip
    times = (0.5, 3.0, 7.0, 12.4, 17.0)
    faults = [f"lost-meniscus@site={n},after={t}s" for n, t in enumerate(times)]
    *lost, kept = ran(plan, tmp_path, *faults)
    for (found, rows), true in zip(lost, times, strict=True):
        assert Quality(found.quality) & Quality.LOST_CONTACT
        assert "contact lost in step 1" in found.summary
        assert rows[0] <= true
        for name in ("E_half", "i_lim", "Q"):
            assert not Status(found.features[name][2]).trusted, name
    found, rows = kept
    assert rows == []
    assert Quality(found.quality) == Quality(0)
    assert found.features["E_half"][2] == Status.OK


def test_a_rest_potential_is_none_where_the_meniscus_was_lost_at_rest(tmp_path):
    plan = smaller("li-on-au-from-rest", sites={"kind": "grid", "columns": 3, "rows": 1,
                                                "pitch": 3e-5, "origin": [5e-6, 5e-6]})  # fmt: skip
    (lost, _), (kept, rows), _ = ran(plan, tmp_path, "lost-meniscus@site=0,after=16 s")
    assert Quality(lost.quality) & Quality.LOST_CONTACT
    assert lost.features["E_end"][2] == Status.NO_CONTACT
    assert lost.features["E_nuc"][2] == kept.features["E_nuc"][2] == Status.OK
    assert kept.features["E_end"][2] == Status.OK
    assert rows == []
