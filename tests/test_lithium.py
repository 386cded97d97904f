"""The lithium cell as an instrument sees it: modes, charge, cuts, copies and changing droplets."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from closed_forms import SAMPLE, TEN_MICRON, F, FloatArray
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.cell import Cell, Droplet, Mode
from sim.lithium import LithiumCell, LithiumParameters
from sim.transport import ConeCut

P = LithiumParameters()
QUIET = replace(P, sei_rate=0.0, solvent_rate=0.0, alloy1_rate=0.0, alloy2_rate=0.0, sites=0.0)
"""Nothing happens but the double layer."""
AREA = math.pi * TEN_MICRON.footprint**2
NARROW = replace(TEN_MICRON, footprint=7e-6)


def wetted(parameters: LithiumParameters = P, droplet: Droplet = TEN_MICRON) -> LithiumCell:
    """A fresh droplet."""
    cell = LithiumCell(parameters)
    cell.wet(droplet)
    return cell


def voltammogram(cycles: int, rate: float = 0.1, step: float = SAMPLE) -> FloatArray:
    """Potentials from +1.47 V to -0.27 V and back."""
    down = np.linspace(1.47, -0.27, round(1.74 / rate / step) + 1)
    return np.tile(np.concatenate([down[1:], down[-2::-1]]), cycles)


@pytest.mark.parametrize(
    ("mode", "wave", "step"),
    [
        ("current", np.full(23346, -0.75e-9), SAMPLE),
        ("current", np.full(1167, -15e-9), SAMPLE),
        ("current", np.repeat([-3e-9, 3e-9, 0.0, -15e-9], 1500), SAMPLE),
        ("potential", voltammogram(10), SAMPLE),
        ("potential", voltammogram(2, 10.0, 1e-3), 1e-3),
        ("potential", np.tile([-0.2, 0.3, -0.4, 1.5], 200), 0.1),
    ],
)
def test_case_31_all_charge_is_accounted_for(mode: Mode, wave: FloatArray, step: float) -> None:
    """The parts add up to the integral of the current within 1e-9 of the charge moved."""
    cell = wetted()
    current = cell.run(mode, wave, step).current
    moved = np.abs(current).sum() * step
    assert cell.ledger.total == pytest.approx(math.fsum(current) * step, abs=1e-9 * moved)


def test_charge_is_accounted_for_across_modes() -> None:
    """Open circuit moves charge between the parts, but adds none."""
    cell = wetted()
    cell.run("current", np.full(3000, -3e-9), SAMPLE)
    before = cell.ledger
    answer = cell.run("open", np.zeros(1000), SAMPLE)
    after = cell.ledger
    assert not answer.current.any()
    assert after.total == pytest.approx(before.total, rel=1e-12)
    assert after.sei < before.sei
    assert after.lithium > before.lithium


def test_what_the_ledger_booked_is_what_the_surface_holds() -> None:
    """Film, both alloys with the gold below, side charge and double layer, through a spreading."""
    cell = wetted(droplet=NARROW)
    cell.run("potential", voltammogram(2), SAMPLE)
    dry = cell.deposit.area
    inner = cell._state.potential
    cell.reshape(TEN_MICRON)
    pooled = cell._state.potential
    cell.run("current", np.full(2000, -3e-9), SAMPLE)
    state, booked, rest = cell._state, cell.ledger, P.rest_potential - P.reference_offset
    assert -booked.sei == pytest.approx(state.sei * AREA, rel=1e-9)
    assert -booked.alloy1 == pytest.approx(state.alloy1 * AREA, rel=1e-9)
    assert -booked.alloy2 == pytest.approx((state.alloy2 + state.deep) * AREA, rel=1e-9)
    assert -booked.parasitic == pytest.approx(state.parasitic * AREA, rel=1e-9)
    charged = P.capacitance * ((inner - rest) * dry + (state.potential - pooled) * AREA)
    assert booked.double_layer == pytest.approx(charged, rel=1e-9)


@pytest.mark.parametrize("rows", [200, 1500, 3386, 6772, 27088])
def test_metal_on_the_surface_is_the_metal_that_was_paid_for(rows: int) -> None:
    """Plated minus stripped charge is the volume that lies there, alive or dead, to 1e-9.

    What a nucleus is born with and leaves behind costs nothing and is left out.
    """
    cell = wetted()
    cell.run("potential", voltammogram(2)[:rows], SAMPLE)
    deposit = cell.deposit
    seeds = 4.0 / 3.0 * math.pi * P.nucleus_radius**3 * deposit.nuclei * deposit.area
    volume = deposit.lithium_volume - seeds + deposit.dead_volume
    paid = -cell.ledger.lithium * P.molar_volume / F
    assert volume == pytest.approx(paid, rel=1e-9, abs=1e-30)


def test_stripping_never_returns_more_than_was_plated() -> None:
    """A long anodic hold empties the surface, minus what died, and frees the sites."""
    cell = wetted()
    cell.run("potential", np.full(2000, -0.25), SAMPLE)
    plated = -cell.ledger.lithium
    cell.run("potential", np.full(4000, 1.4), SAMPLE)
    assert 0.0 < -cell.ledger.lithium < plated
    assert cell.deposit.nuclei == 0.0
    assert math.isnan(cell.deposit.mean_diameter)
    left = cell.deposit.dead_volume / P.molar_volume * F
    assert -cell.ledger.lithium == pytest.approx(left, rel=1e-9)
    again = cell.copy()
    again.run("potential", np.full(2000, -0.25), SAMPLE)
    assert again.deposit.nuclei > 1e12


def test_small_particles_strip_before_large_ones() -> None:
    """The number falls while the largest particles are still shrinking."""
    cell = wetted()
    cell.run("current", np.full(3000, -3e-9), SAMPLE)
    start = cell.deposit
    numbers, diameters = [start.nuclei], [start.diameters.max()]
    for _ in range(12):
        cell.run("current", np.full(3, 5e-9), SAMPLE)
        numbers.append(cell.deposit.nuclei)
        diameters.append(cell.deposit.diameters.max())
    assert np.all(np.diff(numbers) <= 0.0)
    assert np.all(np.diff(diameters) < 0.0)
    assert 0.0 < numbers[-1] < start.nuclei


def test_lithium_holds_the_potential_near_zero_at_open_circuit() -> None:
    """A plated droplet left alone settles within 60 mV of its own reference."""
    cell = wetted()
    cell.run("current", np.full(4000, -3e-9), SAMPLE)
    rested = cell.run("open", np.zeros(2000), SAMPLE).potential
    assert abs(rested[-1]) < 60e-3


def test_fresh_gold_rests_where_it_should() -> None:
    """Open circuit after wetting starts at +2.5 V and hardly drifts."""
    potential = wetted().run("open", np.zeros(100), SAMPLE).potential
    assert potential[0] == pytest.approx(2.5, abs=1e-4)
    assert potential[-1] == pytest.approx(2.5, abs=2e-3)


def test_contact_at_a_held_potential_passes_the_double_layers_charge() -> None:
    """From rest at 2.5 V to 1.47 V: C dE of 39 pC, nearly all in the first sample."""
    cell = wetted()
    first = cell.run("potential", np.full(1, 1.47), SAMPLE).current[0] * SAMPLE
    cell.run("potential", np.full(50, 1.47), SAMPLE)
    expected = 0.1 * AREA * (1.47 - 2.5)
    assert cell.ledger.double_layer == pytest.approx(expected, rel=1e-4)
    assert first == pytest.approx(expected, rel=0.08)


def test_galvanostat_and_potentiostat_tell_the_same_story() -> None:
    """Currents of a voltammogram, imposed again, bring its potentials back within 2 mV.

    Not exactly: a potentiostat corrects with the resistance of the step before.
    """
    wave = voltammogram(1)[:6000]
    current = wetted().run("potential", wave, SAMPLE).current
    back = wetted().run("current", current, SAMPLE).potential
    np.testing.assert_allclose(back[5:], wave[5:], atol=2e-3)


def test_shorter_steps_change_nothing_that_matters() -> None:
    """2.57 ms against an eighth of it: E within 0.5 mV once it falls slowly, N within 0.1 %."""
    coarse, fine = wetted(), wetted()
    rough = coarse.run("current", np.full(3000, -3e-9), SAMPLE).potential
    smooth = fine.run("current", np.full(24000, -3e-9), SAMPLE / 8.0).potential[7::8]
    np.testing.assert_allclose(rough[260:], smooth[260:], atol=0.5e-3)
    assert coarse.deposit.nuclei == pytest.approx(fine.deposit.nuclei, rel=1e-3)
    assert coarse.deposit.lithium_volume == pytest.approx(fine.deposit.lithium_volume, rel=5e-3)


def test_a_finer_cut_of_the_liquid_changes_little() -> None:
    """18 volumes against 48: the potential of nucleation within 5 mV."""
    fine = LithiumCell(cut=ConeCut(slices=8, shells=40))
    fine.wet(TEN_MICRON)
    rough = wetted().run("current", np.full(2000, -3e-9), SAMPLE).potential
    smooth = fine.run("current", np.full(2000, -3e-9), SAMPLE).potential
    assert rough.min() == pytest.approx(smooth.min(), abs=5e-3)


@settings(max_examples=30, deadline=None)
@given(
    mode=st.sampled_from(["current", "potential", "open"]),
    seed=st.integers(0, 2**32 - 1),
    cuts=st.lists(st.integers(0, 1200), max_size=12),
)
def test_a_run_may_be_cut_anywhere(mode: Mode, seed: int, cuts: list[int]) -> None:
    """In one call or in many, the same bits, whatever happened before."""
    rng = np.random.default_rng(seed)
    levels = rng.uniform(-5e-9, 2e-9, 6) if mode == "current" else rng.uniform(-0.4, 1.0, 6)
    wave = np.repeat(levels, 200)
    plated: Cell = wetted()
    plated.run("current", np.full(1200, -5e-9), SAMPLE)
    whole, parts = plated.copy(), plated.copy()
    expected = whole.run(mode, wave, SAMPLE)
    answers = [parts.run(mode, piece, SAMPLE) for piece in np.split(wave, sorted(cuts))]
    assert np.array_equal(np.concatenate([a.potential for a in answers]), expected.potential)
    assert np.array_equal(np.concatenate([a.current for a in answers]), expected.current)


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_nothing_leaves_its_bounds_whatever_is_done(seed: int) -> None:
    """Any mode, steps of 10 us to 3 s, jumps, new shapes: solved, finite, and all charge booked.

    No alloy is fuller than full or emptier than empty, no concentration and no volume negative.
    """
    rng = np.random.default_rng(seed)
    cell = wetted()
    booked, moved = [], 0.0
    for _ in range(10):
        step = 10.0 ** rng.uniform(-5.0, 0.5)
        mode: Mode = rng.choice(["current", "potential", "open"])
        wave = rng.uniform(-0.6, 2.0, rng.integers(1, 40))
        if mode == "current":
            # Gold cannot pass an anodic current for long: nothing but its double layer is left.
            wave = np.full(wave.size, rng.uniform(-2e-9, min(1e-9, 2e-10 / (step * wave.size))))
        answer = cell.run(mode, wave, step)
        assert np.all(np.isfinite(answer.potential))
        booked.append(math.fsum(answer.current) * step)
        moved += np.abs(answer.current).sum() * step
        if rng.random() < 0.3:
            size, height = rng.uniform([6e-6, 0.5e-6], [12e-6, 5e-6])
            cell.reshape(replace(TEN_MICRON, footprint=size, height=height))
        deposit, state = cell.deposit, cell._state
        assert -1e-12 <= state.alloy1 <= P.alloy1_capacity * (1.0 + 1e-12)
        assert -1e-12 <= state.alloy2 <= P.alloy2_capacity * (1.0 + 1e-12)
        assert cell._concentration.min() > 0.0
        assert deposit.nuclei == pytest.approx(np.sum(state.occupied), rel=1e-9)
        assert 0.0 <= deposit.nuclei <= P.sites
        assert deposit.lithium_volume >= 0.0
        assert deposit.dead_volume >= 0.0
    assert cell.ledger.total == pytest.approx(math.fsum(booked), abs=1e-9 * moved)


def test_a_step_may_be_cut_short() -> None:
    """A fraction of a row, then the rest of it, is close to the whole row and keeps the charge."""
    cell, twin = wetted(), wetted()
    wave = np.full(1200, -3e-9)
    expected = cell.run("current", wave, SAMPLE).potential[-1]
    twin.run("current", wave[:1], 0.3 * SAMPLE)
    twin.run("current", wave[:1], 0.7 * SAMPLE)
    assert twin.run("current", wave[1:], SAMPLE).potential[-1] == pytest.approx(expected, abs=1e-4)
    assert twin.ledger.total == pytest.approx(cell.ledger.total, rel=1e-9)


def test_a_copy_goes_its_own_way() -> None:
    """A rehearsal on the copy leaves no trace in the cell, nor the other way round."""
    cell, twin = wetted(), wetted()
    wave = voltammogram(1)
    cell.run("potential", wave[:4000], SAMPLE)
    twin.run("potential", wave[:4000], SAMPLE)
    rehearsal = cell.copy()
    rehearsed = rehearsal.run("potential", wave[4000:], SAMPLE).current
    assert np.array_equal(cell.run("potential", wave[4000:], SAMPLE).current, rehearsed)
    assert np.array_equal(twin.run("potential", wave[4000:], SAMPLE).current, rehearsed)


def test_wetting_again_forgets_everything() -> None:
    """The next site is as fresh as the first."""
    cell = wetted()
    first = cell.run("current", np.full(500, -3e-9), SAMPLE).potential
    cell.wet(TEN_MICRON)
    assert cell.ledger.total == 0.0
    assert np.array_equal(cell.run("current", np.full(500, -3e-9), SAMPLE).potential, first)


def test_spreading_keeps_amounts_and_charge() -> None:
    """Particles, metal and ledger stay; the fresh surface brings its own double layer."""
    cell = wetted(droplet=NARROW)
    cell.run("current", np.full(3000, -2e-9), SAMPLE)
    before, booked = cell.deposit, cell.ledger
    cell.reshape(TEN_MICRON)
    after = cell.deposit
    assert after.nuclei * after.area == pytest.approx(before.nuclei * before.area, rel=1e-12)
    assert after.lithium_volume == pytest.approx(before.lithium_volume, rel=1e-12)
    assert after.mean_diameter == pytest.approx(before.mean_diameter, rel=1e-12)
    assert cell.ledger == booked


def test_spreading_at_open_circuit_pools_the_double_layers() -> None:
    """The potential becomes the average over wet and fresh surface."""
    cell = wetted(QUIET, NARROW)
    cell.run("potential", np.full(50, 1.47), SAMPLE)
    cell.reshape(TEN_MICRON)
    share = (NARROW.footprint / TEN_MICRON.footprint) ** 2
    pooled = 1.47 * share + 2.5 * (1.0 - share)
    assert cell.run("open", np.zeros(1), SAMPLE).potential[0] == pytest.approx(pooled, abs=1e-6)


def test_spreading_at_a_held_potential_draws_the_fresh_double_layer() -> None:
    """The current is that of C dA (E - E_rest)."""
    cell = wetted(QUIET, NARROW)
    cell.run("potential", np.full(50, 1.47), SAMPLE)
    cell.reshape(TEN_MICRON)
    charge = cell.run("potential", np.full(50, 1.47), SAMPLE).current.sum() * SAMPLE
    fresh = AREA - math.pi * NARROW.footprint**2
    assert charge == pytest.approx(0.1 * fresh * (1.47 - 2.5), rel=1e-6)


def test_receding_leaves_what_is_still_wet_as_it_was() -> None:
    """Densities and potential stay; the dry ring keeps its share."""
    cell = wetted()
    cell.run("current", np.full(3000, -3e-9), SAMPLE)
    before = cell.deposit
    cell.reshape(NARROW)
    after = cell.deposit
    assert after.nuclei == before.nuclei
    assert after.mean_diameter == before.mean_diameter
    assert after.lithium_volume == pytest.approx(
        before.lithium_volume * after.area / before.area, rel=1e-12
    )


def test_stretching_raises_the_resistance_only() -> None:
    """A taller droplet of the same footprint reads more ohmic drop, nothing else."""
    cell = wetted()
    cell.run("current", np.full(500, -1e-9), SAMPLE)
    cell.reshape(replace(TEN_MICRON, height=2.2e-6))
    ledger = cell.ledger
    taller = cell.copy().run("current", np.full(1, -1e-9), 1e-7).potential[0]
    cell.reshape(TEN_MICRON)
    shorter = cell.run("current", np.full(1, -1e-9), 1e-7).potential[0]
    added = 0.2e-6 / (math.pi * 5e-6 * 11e-6) / P.conductivity
    assert cell.ledger.lithium == ledger.lithium
    assert shorter - taller == pytest.approx(1e-9 * added, rel=0.15)


def test_scaling_touches_only_what_it_names() -> None:
    """Capacities of film and alloys, and the nucleation rate."""
    scaled = P.scaled(capacity=0.64, nucleation=1.4)
    assert scaled.sei_capacity == pytest.approx(0.64 * P.sei_capacity)
    assert scaled.alloy1_capacity == pytest.approx(0.64 * P.alloy1_capacity)
    assert scaled.alloy2_capacity == pytest.approx(0.64 * P.alloy2_capacity)
    assert scaled.nucleation_rate == pytest.approx(1.4 * P.nucleation_rate)
    restored = replace(
        scaled,
        sei_capacity=P.sei_capacity,
        alloy1_capacity=P.alloy1_capacity,
        alloy2_capacity=P.alloy2_capacity,
        nucleation_rate=P.nucleation_rate,
    )
    assert restored == P


def test_a_classical_barrier_delays_nucleation() -> None:
    """exp(-b/eta^2) on top of the atomistic rate costs overpotential."""
    usual, barred = wetted(), wetted(replace(P, nucleation_barrier=0.05))
    drive = np.full(3000, -3e-9)
    free = usual.run("current", drive, SAMPLE).potential.min()
    assert barred.run("current", drive, SAMPLE).potential.min() < free - 0.01


def test_far_potentials_are_solved() -> None:
    """From a galvanostat's 10 V down to -2 V and back in single steps."""
    cell = wetted()
    wave = np.array([10.0, -2.0, 10.0, -0.3, 1.47])
    answer = cell.run("potential", wave, SAMPLE)
    assert np.all(np.isfinite(answer.current))
    assert answer.current[0] > 0.0 > answer.current[1]


def test_misuse_is_refused() -> None:
    """A dry cell, a step without length and impossible parameters name themselves."""
    with pytest.raises(RuntimeError, match="dry"):
        LithiumCell().run("open", np.zeros(1), SAMPLE)
    with pytest.raises(RuntimeError, match="dry"):
        LithiumCell().reshape(TEN_MICRON)
    with pytest.raises(ValueError, match="longer than 0 s"):
        wetted().run("open", np.zeros(1), 0.0)
    with pytest.raises(ValueError, match="capacitance must be above 0"):
        replace(P, capacitance=0.0)
    with pytest.raises(ValueError, match="dead_fraction must be 0 to below 1"):
        replace(P, dead_fraction=1.0)


@pytest.mark.parametrize("density", [1.0, 8.2, 23.0])
def test_an_anodic_current_on_fresh_gold_is_carried_by_the_solvent(density):
    """It charges the double layer and stays at the potential of oxidation, far from compliance."""
    cell = LithiumCell(P)
    cell.wet(TEN_MICRON)
    current = density * math.pi * TEN_MICRON.footprint**2
    potential = cell.run("current", np.full(2000, current), 1e-3).potential
    assert 4.5 < potential[-1] < 5.5
    assert np.ptp(potential[1000:]) < 5e-3
    assert cell.ledger.solvent > 0.8 * cell.ledger.total > 0.0
    assert cell.ledger.total == pytest.approx(2.0 * current, rel=1e-9)
