"""Every peak of a voltammogram, and where its current sets in, against closed forms."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from planar_sweeps import f, oxidation, triangle

import seccm
from seccm.analysis.features import Features
from seccm.analysis.onsets import onsets
from seccm.analysis.peak_shape import shapes
from seccm.analysis.step_features import arrays_of, curves_of, measured
from seccm.analysis.step_trace import step_traces
from seccm.analysis.sweep import sweep
from seccm.plan import load_plan
from seccm.program.trace import StepTrace
from seccm.results import Status

STEP = 2.5e-4
RATE = 0.1


def surface_wave(e: np.ndarray, n: int) -> np.ndarray:
    """A reversible wave of a monolayer (Laviron): 90.6 mV / n wide, its charge is 4 i_p / n f."""
    x = np.exp(n * f * e)
    return 4e-9 * x / (1.0 + x) ** 2


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("direction", ["anodic", "cathodic"])
@pytest.mark.parametrize("noise", [0.0, 3e-12])
def test_a_surface_wave_has_the_width_and_the_charge_of_its_electrons(n, direction, noise):
    e = np.arange(-0.4, 0.4, STEP)
    i = surface_wave(e, n) + noise * np.random.default_rng(n).standard_normal(e.size)
    sign = 1.0
    if direction == "cathodic":
        e, i, sign = e[::-1], -i, -1.0
    (peak,) = shapes(sweep(e, i))
    assert peak.potential.value == pytest.approx(0.0, abs=2e-3)
    assert peak.current.value == pytest.approx(sign * 1e-9, rel=5e-3)
    assert peak.height.value == pytest.approx(sign * 1e-9, rel=0.02)
    assert peak.width.value == pytest.approx(90.6e-3 / n, rel=0.02)
    assert peak.charge.value == pytest.approx(sign * 4e-9 / (n * f), rel=0.04)
    assert abs(peak.charge.value - sign * 4e-9 / (n * f)) <= 3.0 * peak.charge.error


@pytest.mark.parametrize("n", [1, 2])
def test_a_reversible_couple_has_the_peak_of_nicholson_and_shain(n):
    """0.4463, 28.5 mV / n, and 56.5 mV / n between peak and half-peak at 25 degrees C."""
    e = triangle(-0.35, 0.4, STEP, back=False)
    (peak,) = shapes(sweep(e, oxidation(e, RATE, n=n)))
    scaled = peak.current.value / (n * math.sqrt(n * f * RATE))
    assert scaled == pytest.approx(0.4463, rel=5e-3)
    assert peak.potential.value == pytest.approx(28.5e-3 / n, abs=1e-3)
    apart = peak.potential.value - peak.half.value
    assert apart == pytest.approx(56.5e-3 / n, abs=2e-3)
    assert peak.width.status is peak.charge.status is Status.INCOMPLETE


@pytest.mark.parametrize("alpha", [0.3, 0.5, 0.7])
def test_an_irreversible_couple_has_the_peak_of_its_transfer_coefficient(alpha):
    """0.4958, and 47.7 mV / alpha between peak and half-peak."""
    e = triangle(-0.1, 1.2, STEP, back=False)
    (peak,) = shapes(sweep(e, oxidation(e, RATE, k0=1e-3, alpha=alpha)))
    assert peak.current.value / math.sqrt(alpha * f * RATE) == pytest.approx(0.4958, rel=5e-3)
    assert peak.potential.value - peak.half.value == pytest.approx(47.7e-3 / alpha, rel=0.01)


def test_peaks_that_overlap_are_told_apart_and_those_of_noise_are_not_there():
    e = np.arange(-0.3, 1.0, STEP)
    centres = (0.0, 0.16, 0.6)
    i = sum(1e-9 * np.exp(-0.5 * ((e - c) / 0.04) ** 2) for c in centres)
    i += 1e-12 * np.random.default_rng(4).standard_normal(e.size)
    found = [peak.potential.value for peak in shapes(sweep(e, i))]
    assert found == pytest.approx(centres, abs=4e-3)
    for seed in range(20):
        noise = 1e-12 * np.random.default_rng(seed).standard_normal(e.size)
        assert shapes(sweep(e, 1e-10 * e + noise)) == ()


# ---------------------------------------------------------------------------------- onsets


@pytest.mark.parametrize("noise", [0.0, 1e-12, 1e-11])
def test_the_onset_of_a_wave_is_the_same_in_every_direction(noise):
    """The steepest tangent of a reversible wave meets zero 2 RT/F before its middle."""
    e = np.arange(-0.3, 0.3, STEP)
    i = 1e-9 / (1.0 + np.exp(-f * e))
    i += noise * np.random.default_rng(1).standard_normal(e.size)
    up = onsets(sweep(e, i))
    down = onsets(sweep(-e, -i))
    for one, sign in ((up, 1.0), (down, -1.0)):
        assert sign * one.tangent.value == pytest.approx(-2.0 / f, abs=10e-3)
        assert abs(sign * one.tangent.value + 2.0 / f) <= max(3.0 * one.tangent.error, 10e-3)
        assert sign * one.threshold.value < sign * one.tangent.value
        assert one.crossover.status is Status.NOT_MEASURED
    assert down.tangent.value == pytest.approx(-up.tangent.value, abs=1e-3)


def test_a_line_and_noise_have_no_onset():
    e = np.arange(-0.3, 0.3, STEP)
    for seed in range(20):
        noise = 1e-12 * np.random.default_rng(seed).standard_normal(e.size)
        for i in (noise, 1e-10 * e + noise):
            found = onsets(sweep(e, i))
            assert not found.tangent.status.has_value, (seed, found)


# ---------------------------------------------------------------------- on lithium, end to end


@pytest.fixture(scope="module")
def lithium(tmp_path_factory: pytest.TempPathFactory) -> StepTrace:
    plan = load_plan("li-on-au-cv")
    tables = plan.to_dict()
    plan = plan.replace(sites={**tables["sites"], "columns": 1, "rows": 1})
    path = tmp_path_factory.mktemp("peaks") / "cv.h5"
    for _ in seccm.run(plan, "virtual", path=path, seed=1):
        pass
    features = Features(plan)
    with seccm.open(path) as scan:
        site = plan.sites()[0]
        return step_traces(site, scan.record(0), features.offset, features.area)[0]


def test_the_shipped_voltammogram_has_the_published_peaks_and_onset(lithium):
    """Martin-Yerga et al. (2024): peaks at +0.18, +0.32 and +0.82 V; plating from -0.13 V."""
    table = arrays_of(lithium, ())
    sizes = {name: values.values.size for name, values in table.items() if "peaks" in name}
    assert len(set(sizes.values())) == 1, "every column of the table has a row for each peak"
    cycle, way = table["cycle_of_peaks"].values, table["sweep_of_peaks"].values
    e, j, q = (table[name].values for name in ("E_of_peaks", "j_of_peaks", "Q_of_peaks"))
    assert set(cycle) == set(range(10))
    assert (np.diff(cycle) >= 0).all()
    assert (np.sign(j) == way).all()
    assert (np.sign(q) == way).all()
    for number in range(10):
        anodic = e[(cycle == number) & (way == 1.0)]
        assert anodic == pytest.approx([0.18, 0.32, 0.82], abs=0.04)
        assert e[(cycle == number) & (way == -1.0)].size == 1
    for name in ("threshold", "tangent"):
        onset = table[f"E_onset_{name}_of_cycles"].values
        assert onset.size == 10
        assert onset[0] == pytest.approx(-0.13, abs=0.05)
    first = measured(lithium, ())
    assert first["E_onset_tangent"].value == table["E_onset_tangent_of_cycles"].values[0]
    crossover = table["E_crossover_of_cycles"].values
    assert ((crossover > -0.12) & (crossover < 0.0)).all(), "near the potential of the deposit"
    assert first["E_couple"].status is Status.UNDEFINED, "these peaks are of no couple"


def test_the_charge_of_all_peaks_is_less_than_what_passed(lithium):
    table = arrays_of(lithium, ())
    q, way = table["Q_of_peaks"].values, table["sweep_of_peaks"].values
    passed = table["Q_a_of_cycles"].values.sum()
    assert 0.6 * passed < q[way == 1.0].sum() < passed


def test_the_charge_that_has_passed_ends_at_the_net_charge(lithium):
    (drawn,) = (one for one in curves_of(lithium) if one.what.slug == "charge")
    net = measured(lithium, ())["Q"].value
    assert drawn.y[-1] == pytest.approx(net, rel=1e-9)
    assert drawn.x.size == lithium.passed.size


def test_a_reversible_voltammogram_has_its_potential_between_the_peaks(lithium):
    """57 mV apart; what is no steady wave has no half-wave potential with a clean status."""
    e = triangle(-0.4, 0.4, 1e-3)
    i = oxidation(e, RATE)
    # A reduction that begins at +0.4 V, as the record does at its upper end: turned about 0 V.
    at = np.linspace(0.0, e.size - 1.0, lithium.E.size // 10)
    cycle = [np.interp(at, np.arange(e.size), -values) for values in (e, 1e-9 * i)]
    size = lithium.E.size
    potential, current = (np.resize(np.tile(values, 11), size) for values in cycle)
    found = measured(replace(lithium, E=potential, I=current), ())
    assert found["dE_p"].value == pytest.approx(57e-3, abs=4e-3)
    assert abs(found["E_couple"].value) <= 3e-3
    assert not found["E_half"].status.trusted or found["E_half"].status is Status.UNSTEADY
