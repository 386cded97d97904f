"""A nucleation is told from dips, steps, hum and wander by the growth that follows it."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import FAST, MIDDLE, ROW, SLOW

from seccm.analysis.galvanostatic import Nucleation, nucleation
from seccm.analysis.growth import Climb, climb, rows_of_climb
from seccm.results import Status

PLANTED = pytest.mark.parametrize("planted", [SLOW, MIDDLE, FAST], ids=["slow", "middle", "fast"])


def falling(seconds: float, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Time and potential of a record like lithium on gold that ends before nucleation."""
    t = ROW * np.arange(round(seconds / ROW))
    e = 1.2 * np.exp(-t / 0.05) + 0.25 * np.exp(-t / 0.6) - 0.03 * t
    return t, e + noise * np.random.default_rng(seed).standard_normal(t.size)


def of(t: np.ndarray, e: np.ndarray) -> Nucleation:
    return nucleation(t, e, np.full(t.size, -1e-9))


def no_clean_number(n: Nucleation) -> bool:
    """No number, or one that says it is doubtful."""
    return not n.e_nuc.status.has_value or not n.e_nuc.status.trusted


# --------------------------------------------------------------------------------- artefacts


@pytest.mark.parametrize("at", [0.2, 0.5, 1.0, 2.5])
@pytest.mark.parametrize("rows", [1, 3, 8, 20])
@pytest.mark.parametrize("depth", [5e-3, 20e-3, 50e-3, 300e-3])
@pytest.mark.parametrize("shape", ["box", "half sine", "fast and slow"])
def test_a_dip_from_which_the_potential_comes_back_is_no_nucleation(at, rows, depth, shape):
    """2 to 50 ms, 5 to 300 mV, anywhere in the record: a relay, a footstep, a bubble."""
    for seed in range(3):
        t, e = falling(3.0, 0.4e-3, seed)
        start = int(at / ROW)
        x = np.linspace(0.0, 1.0, rows, endpoint=False)
        dip = {"box": 1.0 + 0 * x, "half sine": np.sin(np.pi * x), "fast and slow": 1.0 - x}[shape]
        e[start : start + rows] -= depth * dip
        assert no_clean_number(of(t, e))


@pytest.mark.parametrize("rows", [1, 3, 8])
@pytest.mark.parametrize("height", [-50e-3, -5e-3, 3e-3, 5e-3, 10e-3, 50e-3])
@pytest.mark.parametrize("at", [0.3, 1.0, 2.5])
def test_a_step_after_which_it_falls_on_is_no_nucleation(at, height, rows):
    """A range, a reference electrode or a cable that jumped, within a row or within eight."""
    for seed in range(3):
        t, e = falling(3.0, 0.4e-3, seed)
        start = int(at / ROW)
        e += height * np.clip((np.arange(t.size) - start) / rows, 0.0, 1.0)
        assert no_clean_number(of(t, e))


@pytest.mark.parametrize("end", [-1, -4, -10, -20])
@pytest.mark.parametrize("height", [5e-3, 50e-3])
def test_what_comes_up_in_the_last_rows_is_not_yet_a_nucleation(end, height):
    t, e = falling(3.0, 0.4e-3, 1)
    e[end:] += height
    assert no_clean_number(of(t, e))


@pytest.mark.parametrize("amplitude", [0.5e-3, 2e-3, 10e-3])
@pytest.mark.parametrize("frequency", [50.0, 60.0, 150.0, 3.0])
def test_hum_is_no_nucleation(amplitude, frequency):
    for seed in range(5):
        t, e = falling(3.0, 0.3e-3, seed)
        assert no_clean_number(of(t, e + amplitude * np.sin(2 * math.pi * frequency * t + seed)))


def test_a_potential_that_wanders_hardly_ever_nucleates():
    """A random walk of 0.1 mV from row to row, 3.4 mV over the record: 2 of 100 at most."""
    found = 0
    for seed in range(100):
        t, e = falling(3.0, 0.3e-3, seed)
        walk = np.cumsum(0.1e-3 * np.random.default_rng(1000 + seed).standard_normal(t.size))
        found += not no_clean_number(of(t, e + walk))
    assert found <= 2


@PLANTED
def test_a_nucleation_is_found_behind_a_dip_and_before_a_step(planted):
    """What is no nucleation does not hide the one that comes later, nor one that came before."""
    t, e, i = planted.record(4e-4, 3)
    true, _ = planted.minimum()
    clean = nucleation(t, e, i)
    dipped = e.copy()
    start = int(0.4 * true / ROW)
    dipped[start : start + 8] -= 0.3
    stepped = e + 0.02 * (t > true + 0.9 * (planted.end - true))
    for artefact in (dipped, stepped):
        found = nucleation(t, artefact, i)
        assert found.t_nuc.value == pytest.approx(clean.t_nuc.value, abs=4 * ROW)
        assert found.e_nuc.value == pytest.approx(clean.e_nuc.value, abs=1e-3)


@PLANTED
@pytest.mark.parametrize("place", [-0.1, -0.03, 0.02, 0.06, 0.12])
@pytest.mark.parametrize("depth", [0.03, 0.3])
def test_a_dip_beside_the_minimum_does_not_take_its_place_in_silence(planted, place, depth):
    """20 ms to 50 ms near the turning point: the right number still, or a doubtful one."""
    t, e, i = planted.record(4e-4, 6)
    true, potential = planted.minimum()
    for rows in (3, 8, 20):
        dipped = e.copy()
        start = int(true * (1.0 + place) / ROW)
        dipped[start : start + rows] -= depth
        n = nucleation(t, dipped, i)
        right = abs(n.t_nuc.value - true) < max(0.03 * true, 3.0 * n.t_nuc.error)
        right &= abs(n.e_nuc.value - potential) < max(3e-3, 3.0 * n.e_nuc.error)
        assert right or no_clean_number(n)
    assert nucleation(t, e, i).e_nuc.status is Status.OK


@PLANTED
def test_a_record_that_ends_soon_after_the_minimum_is_at_its_edge(planted):
    """It turned; whether for good, the record does not say."""
    true, _ = planted.minimum()
    for share in (0.05, 0.08, 0.11, 0.14):
        cut = replace(planted, end=true * (1.0 + share))
        n = nucleation(*cut.record(3e-4, 1))
        assert no_clean_number(n)
    whole = nucleation(*replace(planted, end=true * 1.4).record(3e-4, 1))
    assert whole.e_nuc.status is Status.OK


def test_too_short_a_climb_is_told_from_none():
    assert rows_of_climb(10) == 48
    assert rows_of_climb(1000) == 300
    rise = np.linspace(0.0, 0.1, 300)
    assert climb(rise, 1000, 1e-3) is Climb.GROWTH
    assert climb(rise[:100], 1000, 1e-3) is Climb.CUT
    assert climb(rise[:10], 1000, 1e-3) is Climb.CUT
    assert climb(np.zeros(300), 1000, 1e-3) is Climb.PASSING
    assert climb(0.1 * (np.arange(300) > 100), 1000, 1e-3) is Climb.PASSING


# ---------------------------------------------------------------------------------- symmetry


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), offset=st.floats(-10.0, 10.0), which=st.integers(0, 2))
def test_an_anodic_nucleation_is_a_cathodic_one_upside_down(seed, offset, which):
    """Whatever the sign of the current and the zero of the reference: the same time and charge."""
    t, e, i = (SLOW, MIDDLE, FAST)[which].record(1e-3, seed)
    down, up = nucleation(t, e, i, 1e-10), nucleation(t, offset - e, -i, 1e-10)
    assert up.status is down.status
    assert up.e_nuc.value == pytest.approx(offset - down.e_nuc.value, abs=1e-9)
    assert up.e_growth.value == pytest.approx(offset - down.e_growth.value, abs=1e-9)
    assert up.overpotential.value == pytest.approx(-down.overpotential.value, abs=1e-9)
    assert up.growth_slope == pytest.approx(-down.growth_slope, abs=1e-9)
    assert up.e_lowest == pytest.approx(offset - down.e_lowest, abs=1e-9)
    for name in ("t_nuc", "q_nuc", "q_nuc_per_area"):
        a, b = getattr(down, name), getattr(up, name)
        assert b.value == pytest.approx(a.value, rel=1e-6)
        assert b.error == pytest.approx(a.error, rel=1e-6)
        assert b.status is a.status
    assert up.q_end == pytest.approx(down.q_end)
