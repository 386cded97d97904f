"""A step that waits for impacts: what it imposes, asks for, yields, says and has drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_scans import smaller
from planted_impacts import matched, planted

import seccm
from seccm.analysis.envelope import envelope
from seccm.analysis.step_features import arrays_of, curves_of, measured, phrase_of
from seccm.factors import Condition
from seccm.program.registry import kind_of
from seccm.program.segment import Segment
from seccm.program.setting import Setting
from seccm.program.trace import Area, StepTrace
from seccm.report import choice
from seccm.report.histograms import pooled
from seccm.report.study import Study
from seccm.results import Status
from seccm.rig import Flag
from seccm.steps.impact_events import CHARGE
from seccm.steps.impacts import Impacts
from sim.noise import stream
from sim.sample_config import ImpactSample
from sim.samples import hits_of

KIND = kind_of("impacts")
SETTING = Setting(Condition(), offset=0.1, area=1e-12)
LMO = {"molar_mass": "180.8 g/mol", "density": "4.3 g/cm^3"}


def act(**keys):
    step = Impacts.model_validate({"potential": "1.2 V", "duration": "60 s", **keys})
    return KIND.resolve(step, SETTING)


def trace_of(truth, particle=True, **changes):
    imposed = act(**({"particle": LMO} if particle else {}))
    n = truth.current.size
    made = StepTrace(
        segment=Segment.of(imposed, "impacts", 0, (0,)),
        t=truth.row * np.arange(1, n + 1),
        E=np.full(n, 1.2),
        I=truth.current,
        flag=np.zeros(n, np.uint8),
        row=truth.row,
        reason="time",
        area=Area(1e-12, 1e-14, "aperture"),
    )
    return replace(made, **changes)


@pytest.fixture(scope="module")
def truth():
    return planted(21, seconds=40.0, row=2e-4)


def test_a_plan_says_what_is_imposed_and_how_fine_it_is_seen():
    imposed = act()
    assert imposed.mode == "potential"
    assert imposed.waveform.extremes == pytest.approx((1.1, 1.1))
    assert imposed.waveform.duration == 60.0
    assert imposed.row == 100e-6
    assert imposed.label == "impacts at 1.2 V for 60 s"
    # Narrow spikes need shorter data points.
    assert act(widest="1 ms").row == pytest.approx(20e-6)


def test_a_record_too_short_for_its_baseline_is_warned_of_before_anything_moves():
    short = Impacts.model_validate({"potential": "1 V", "duration": "0.5 s"})
    (problem,) = KIND.problems(short, "program[0]", SETTING)
    assert problem.severity == "warning"
    assert problem.where == "program[0].duration"
    assert "1 s or more" in problem.remedy
    long = short.model_copy(update={"duration": 1.0})
    assert list(KIND.problems(long, "program[0]", SETTING)) == []


@pytest.mark.parametrize(
    "wrong",
    [{"density": "4.3 kg"}, {"molar_mass": "180.8"}, {"electrons": 0}, {"density": "-1 g/m^3"}],
)
def test_a_particle_that_cannot_be_is_refused(wrong):
    plan = seccm.load_plan("nano-impacts").to_dict()
    plan["program"][0]["particle"] = {**LMO, **wrong}
    with pytest.raises(seccm.PlanError) as said:
        seccm.Plan.from_dict(plan)
    assert said.value.problems[0].where.startswith(f"program[0].particle.{next(iter(wrong))}")


def test_numbers_and_arrays_are_of_the_same_events(truth):
    trace = trace_of(truth)
    found, arrays = measured(trace, ()), arrays_of(trace, ())
    count = int(found["n_impacts"].value)
    assert count == truth.starts.size
    sizes = {name: len(values) for name, values in arrays.items()}
    assert {size for name, size in sizes.items() if name.endswith("_impact")} == {count}
    here, there = matched(arrays["t_impact"].values, truth.starts, 2e-3)
    assert here.size == count
    charges = arrays["Q_impact"].values
    assert np.mean(charges[here] / truth.charges[there]) == pytest.approx(1.0, abs=0.02)
    assert found["Q_impacts"].value == pytest.approx(np.median(charges))
    assert found["f_impacts"].value == pytest.approx(count / 40.0, rel=1e-3)
    assert found["f_impacts_low"].value < 1.0 < found["f_impacts_high"].value
    # 1.2 pC are 100 nm.
    diameter = 100e-9 * (found["Q_impacts"].value / 1.2013e-12) ** (1 / 3)
    assert found["d_impacts"].value == pytest.approx(diameter, rel=1e-3)
    np.testing.assert_allclose(
        arrays["d_impact"].values, 100e-9 * (charges / 1.2013e-12) ** (1 / 3), rtol=1e-3
    )


def test_without_a_material_there_are_charges_and_no_diameters(truth):
    trace = trace_of(truth, particle=False)
    assert measured(trace, ())["d_impacts"].status is Status.NOT_MEASURED
    assert "d_impact" not in arrays_of(trace, ())
    assert "nm" not in phrase_of(trace.segment, measured(trace, ())).words


def test_words_say_number_rate_charge_and_size(truth):
    trace = trace_of(truth)
    said = phrase_of(trace.segment, measured(trace, ())).words
    assert said.startswith(f"{truth.starts.size} impacts, ")
    assert "Hz" in said
    assert "968 fC" in said
    assert said.endswith("nm")


def test_a_record_without_impacts_says_so():
    quiet = 1e-12 * np.random.default_rng(1).standard_normal(100_000)
    trace = trace_of(planted(1, seconds=20.0, row=2e-4), I=quiet)
    found = measured(trace, ())
    assert found["n_impacts"].value == 0
    assert found["f_impacts_high"].value == pytest.approx(3.689 / 20.0, rel=1e-3)
    assert found["Q_impacts"].status is Status.NOT_FOUND
    assert phrase_of(trace.segment, found).words == "no impacts"
    assert len(arrays_of(trace, ())["Q_impact"]) == 0


@pytest.mark.parametrize(
    ("flag", "status"), [(Flag.SATURATED, Status.SATURATED), (Flag.GAP, Status.GAP)]
)
def test_a_flagged_data_point_reaches_its_own_event_and_the_numbers_of_the_step(
    truth, flag, status
):
    hit = 5
    flags = np.zeros(truth.current.size, np.uint8)
    flags[int(truth.starts[hit] / truth.row) + 3] = flag
    trace = trace_of(truth, flag=flags)
    charges = arrays_of(trace, ())["Q_impact"]
    doubtful = [k for k in range(len(charges)) if charges.entry(k).status is status]
    times = arrays_of(trace, ())["t_impact"].values
    assert len(doubtful) in (1, 2)  # two where one overlaps with it
    assert min(abs(times[k] - truth.starts[hit]) for k in doubtful) < 2e-3
    found = measured(trace, ())
    assert found["n_impacts"].status is found["Q_impacts"].status is status
    assert found["f_impacts"].status is status


def test_what_charges_the_electrode_at_the_start_is_no_doubt_of_impacts(truth):
    """The input is at the end of its range while the double layer is charged."""
    current, flags = truth.current.copy(), np.zeros(truth.current.size, np.uint8)
    current[:20] = 20e-9
    flags[:20] = Flag.SATURATED
    found = measured(trace_of(truth, I=current, flag=flags), ())
    assert found["n_impacts"].status is found["E_held"].status is Status.OK
    assert abs(found["n_impacts"].value - truth.starts.size) <= 1


def test_after_the_contact_was_lost_nothing_is_counted(truth):
    lost = truth.current.size // 2
    current = truth.current.copy()
    current[lost:] = 1e-13 * np.random.default_rng(2).standard_normal(current.size - lost)
    trace = trace_of(truth, I=current, lost=lost)
    found = measured(trace, ())
    half = (truth.starts < 20.0).sum()
    assert abs(found["n_impacts"].value - half) <= 1
    assert found["n_impacts"].status is Status.LOST_CONTACT
    assert found["f_impacts"].value == pytest.approx(found["n_impacts"].value / 20.0, rel=1e-3)


def test_the_record_is_found_once_and_drawn_with_its_events(truth, monkeypatch):
    import seccm.steps.impact_events as module

    runs = []
    original = module.find_impacts
    monkeypatch.setattr(module, "find_impacts", lambda *a: runs.append(1) or original(*a))
    trace = trace_of(truth)
    measured(trace, ())
    arrays = arrays_of(trace, ())
    record, widths = curves_of(trace)
    assert runs == [1]
    assert record.event_x.size == len(arrays["t_impact"]) == widths.x.size
    assert record.x.size < 5000
    # Whatever stands out is drawn.
    assert record.y.max() == truth.current.max()
    inside = (record.event_x >= record.x[0]) & (record.event_x <= record.x[-1])
    assert inside.all()
    np.testing.assert_allclose(widths.y, np.abs(arrays["Q_impact"].values))


def test_an_envelope_keeps_the_extremes_and_short_records_whole():
    rng = np.random.default_rng(3)
    t, y = np.arange(100_001.0), rng.standard_normal(100_001)
    y[777], y[50_505] = 40.0, -50.0
    y[1000:1100] = np.nan
    few_t, few_y = envelope(t, y, 1000)
    assert few_t.size <= 1200
    assert (np.diff(few_t) > 0).all()
    assert (few_y.max(), few_y.min()) == (40.0, -50.0)
    np.testing.assert_array_equal(few_y, y[few_t.astype(int)])
    assert few_t[-1] > 99_800
    short = envelope(t[:50], y[:50], 1000)
    np.testing.assert_array_equal(short[1], y[:50])


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    """Two sites at 1.2 V for 12 s each in the virtual suspension."""
    path = tmp_path_factory.mktemp("impacts") / "scan.h5"
    plan = seccm.load_plan("nano-impacts").to_dict()
    step = {**plan["program"][0], "potential": "1.2 V", "duration": "12 s"}
    sites = {**plan["sites"], "columns": 2, "rows": 1}
    plan = smaller(seccm.load_plan("nano-impacts"), factors={}, sites=sites, program=[step])
    list(seccm.run(plan, path=path, seed=4))
    with seccm.open(path) as scan:
        yield scan


def test_in_the_virtual_suspension_the_planted_particles_are_found(scan):
    """From the plan to the file: starts and charges are those of the hits."""
    sample = ImpactSample(half=0.95, staying=0.02)
    true = seen = both = 0
    study = Study(scan)
    for number in range(2):
        place = (round(1e9 * float(scan.sites[name][number])) for name in ("x_cmd", "y_cmd"))
        hits = hits_of(sample, stream(4, "chemistry", *place, 0)).until(60.0)
        arrays = study.arrays(number, 0)
        trace = study.trace(number, 0)
        assert trace.row == pytest.approx(100e-6)
        record = scan.record(number)
        starts = hits.starts - (float(record.t[record.steps[0]][0]) - record.t_contact)
        inside = (starts > 0.05) & (starts < 11.9)
        found = arrays["t_impact"].values
        here, there = matched(found, starts, 6e-3)
        true, seen, both = true + inside.sum(), seen + found.size, both + here.size
        share = 1.0 / (1.0 + np.exp(-(1.2 - 0.95) / 0.03))
        ratio = arrays["Q_impact"].values[here] / (share * hits.charges[there])
        assert np.median(ratio) == pytest.approx(1.0, abs=0.02)
    assert both >= 0.9 * max(true, seen)


def test_the_report_draws_record_histogram_and_widths(scan):
    study = Study(scan)
    drawn = {drawing.slug: drawing for drawing in choice.drawings(study)}
    assert {"impact-record-step-0", "impact-charges-step-0", "impact-widths-step-0"} <= set(drawn)
    record = drawn["impact-record-step-0"].figure.axes
    assert len(record) == 2
    marked = [line for axes in record for line in axes.lines if line.get_linestyle() == "None"]
    counts = [len(study.arrays(number, 0)["t_impact"]) for number in range(2)]
    assert [line.get_xdata().size for line in marked] == counts
    charge, diameter = drawn["impact-charges-step-0"].figure.axes
    assert charge.get_xlabel() == "$|$$Q$$|$ (pC)"
    assert diameter.get_xlabel() == "$d$ (nm)"
    assert sum(patch.get_height() for patch in charge.patches) == sum(counts)
    values = pooled(study, study.groups[0], 0, CHARGE)
    assert values.size == sum(counts)
    widths = drawn["impact-widths-step-0"].figure.axes[0]
    assert (widths.get_xscale(), widths.get_yscale()) == ("log", "log")
    assert "SIMULATION" not in drawn["impact-record-step-0"].caption


def test_the_table_of_events_is_in_the_file(scan):
    charges = scan.arrays("Q_impact")
    assert charges.dims == ("impact",)
    assert len(charges) == 2
    assert [values.size for values in charges] == scan.results("n_impacts")["value"].tolist()
