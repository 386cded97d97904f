"""The equations that the virtual cells are compiled from: laws, limits, slopes and symmetries."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import insertion, lithium_interface, lithium_kernel, nuclei, particle_kernel, solving
from sim.chance import stream
from sim.driving import CURRENT, MODES, OPEN, POTENTIAL, imposed, require_solved
from sim.lithium_interface import Alloy, Step
from sim.particle_kernel import Grain
from sim.redox_kernel import Electrode, faradaic

few = settings(max_examples=20)
"""Laws that hold everywhere are broken almost everywhere, if at all."""
F = solving.FARADAY / (solving.GAS * 298.15)


def plain(compiled: Callable[..., Any]) -> Callable[..., Any]:
    """The function as it is written: it costs no compiler, and its numbers are the same."""
    return compiled.py_func  # type: ignore[attr-defined]


def slope_of(of: Callable[[float], float], at: float, step: float) -> float:
    return (of(at + step) - of(at - step)) / (2.0 * step)


# ------------------------------------------------------------------ what all of them solve with

exponential, stride = plain(solving.bounded_exp), plain(solving.next_guess)


@pytest.mark.parametrize("exponent", [-20.0, -1.0, 0.0, 1e-9, 3.0, 200.0])
def test_an_exponential_within_its_bounds_is_the_exponential(exponent):
    assert exponential(exponent) == math.exp(exponent)


@pytest.mark.parametrize("beyond", [301.0, 1e6, math.inf])
def test_beyond_its_bounds_an_exponential_stays_finite_and_above_zero(beyond):
    assert exponential(beyond) == exponential(300.0) < math.inf
    assert exponential(-beyond) == exponential(-300.0) > 0.0


ROOTS = st.floats(-3.0, 3.0)


@few
@given(root=ROOTS, start=ROOTS, steepness=st.floats(0.1, 10.0))
def test_the_root_of_a_rising_function_is_found_from_wherever_one_begins(root, start, steepness):
    guess, low, high = start, -math.inf, math.inf
    for _ in range(solving.NEWTON_LIMIT):
        excess = math.sinh(min(max(steepness * (guess - root), -600.0), 600.0))
        slope = steepness * math.cosh(min(max(steepness * (guess - root), -600.0), 600.0))
        before = guess
        guess, low, high = stride(guess, excess, slope, low, high)
        if abs(guess - before) < 1e-12:
            break
    assert guess == pytest.approx(root, abs=1e-9)


@few
@given(
    guess=ROOTS, excess=st.floats(-1e6, 1e6).filter(lambda x: x != 0), slope=st.floats(1e-9, 1e9)
)
def test_no_stride_is_long_and_each_goes_towards_the_root(guess, excess, slope):
    new, low, high = stride(guess, excess, slope, -math.inf, math.inf)
    assert abs(new - guess) <= 0.1 + 1e-12
    assert (new - guess) * excess <= 0.0
    assert (low, high) == ((-math.inf, guess) if excess > 0.0 else (guess, math.inf))


@few
@given(low=st.floats(-1.0, 0.0), width=st.floats(1e-3, 0.05), share=st.floats(0.01, 0.99))
def test_a_stride_never_leaves_a_bracket_that_is_closed(low, width, share):
    high, guess = low + width, low + share * width
    for excess in (-1e9, 1e9):
        new, new_low, new_high = stride(guess, excess, 1.0, low, high)
        assert low <= new_low <= new <= new_high <= high
        assert new_high - new_low < width


# ------------------------------------------------------------------ what is imposed


@pytest.mark.parametrize("mode", ["current", "potential"])
def test_what_is_imposed_is_a_copy_that_a_cell_may_change(mode):
    wave = np.array([1.0, -2.0, 0.5])
    made = imposed(mode, wave, 1e-3)
    made[:] = 0.0
    assert wave.tolist() == [1.0, -2.0, 0.5]


def test_an_open_circuit_carries_no_current_whatever_the_wave_says():
    assert imposed("open", np.array([1.0, math.nan, -3.0]), 1e-3).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("step", [0.0, -1e-3, math.nan])
def test_a_step_without_length_is_refused(step):
    with pytest.raises(ValueError, match="longer than 0 s"):
        imposed("current", np.zeros(3), step)


def test_a_step_that_was_not_solved_is_told_with_what_was_imposed_in_it():
    wave = np.array([1e-9, 2e-9, 7e-9])
    with pytest.raises(ArithmeticError, match=r"current 7e-09 at step 2 of 3, from -0\.4 V"):
        require_solved("current", wave, 2, -0.4)
    require_solved("current", wave, 3, -0.4)
    require_solved("open", np.zeros(0), 0, 0.0)


def test_every_mode_has_a_number_of_its_own():
    assert {MODES["current"], MODES["potential"], MODES["open"]} == {CURRENT, POTENTIAL, OPEN}
    assert len(set(MODES.values())) == 3


# ------------------------------------------------------------------ chance


PLACES = [(0, 0), (0, 1), (1, 0), (1, 1), (-1, 0), (0, -1), (2**31, 5), (5, 2**31)]


def test_a_draw_belongs_to_its_seed_its_name_and_its_place():
    drawn = {
        (seed, name, place): stream(seed, name, *place).random()
        for seed in (0, 1)
        for name in ("noise", "drift")
        for place in PLACES
    }
    again = {key: stream(key[0], key[1], *key[2]).random() for key in drawn}
    assert again == drawn
    assert len(set(drawn.values())) == len(drawn)


def test_other_draws_in_between_change_nothing():
    first = stream(7, "noise", 3).standard_normal(5)
    stream(7, "noise", 2).standard_normal(1000)
    assert np.array_equal(stream(7, "noise", 3).standard_normal(5), first)


# ------------------------------------------------------------------ a couple at an electrode

BUTLER = plain(faradaic)


def electrode(**others: float) -> Electrode:
    usual: dict[str, float] = {
        "temperature": 298.15, "formal_potential": 0.2, "rate_constant": 1e-4, "transfer": 0.5,
        "oxidised": 1.0, "reduced": 1.0, "oxidised_diffusivity": 1e-9,
        "reduced_diffusivity": 1e-9, "capacitance": 0.0, "area": 1e-12, "resistance": 0.0,
    }  # fmt: skip
    return Electrode(**{**usual, **others})


def reacting(over: float, p: Electrode, o: float = 1.0, r: float = 1.0, slow: float = 0.0):
    """Current and its slope at an overpotential; `slow` is how the liquid answers."""
    return BUTLER(p.formal_potential + over, F, p, o, r, slow, slow)


@pytest.mark.parametrize("transfer", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("slow", [0.0, 1e15, 1e18])
def test_at_the_potential_of_nernst_no_current_flows(transfer, slow):
    p = electrode(transfer=transfer)
    for o, r in ((1.0, 1.0), (10.0, 1.0), (0.01, 3.0)):
        rest = math.log(o / r) / F
        exchange = solving.FARADAY * p.area * p.rate_constant * o ** (1 - transfer) * r**transfer
        assert abs(reacting(rest, p, o, r, slow)[0]) < 1e-12 * exchange


@pytest.mark.parametrize("transfer", [0.3, 0.5, 0.7])
def test_near_rest_the_current_goes_as_the_exchange_current(transfer):
    p = electrode(transfer=transfer)
    exchange = solving.FARADAY * p.area * p.rate_constant
    current, slope = reacting(1e-5, p)
    assert current == pytest.approx(exchange * F * 1e-5, rel=1e-3)
    assert slope == pytest.approx(exchange * F, rel=1e-3)


@pytest.mark.parametrize("transfer", [0.3, 0.5, 0.7])
def test_far_from_rest_a_decade_of_current_takes_the_slope_of_tafel(transfer):
    p = electrode(transfer=transfer)
    for side, share in ((1.0, 1.0 - transfer), (-1.0, transfer)):
        decade = math.log(10.0) / (share * F)
        near, far = (reacting(side * (0.3 + k * decade), p)[0] for k in (0, 1))
        assert far / near == pytest.approx(10.0, rel=1e-4)
        assert near * side > 0.0


@few
@given(over=st.floats(-0.5, 0.5), transfer=st.floats(0.1, 0.9), o=st.floats(0, 5))
def test_oxidation_and_reduction_are_mirror_images(over, transfer, o):
    mirrored = reacting(-over, electrode(transfer=1.0 - transfer), 1.0, o)
    here = reacting(over, electrode(transfer=transfer), o, 1.0)
    assert here[0] == pytest.approx(-mirrored[0], rel=1e-9, abs=1e-40)
    assert here[1] == pytest.approx(mirrored[1], rel=1e-9, abs=1e-40)


@few
@given(over=st.floats(-0.4, 0.4), slow=st.sampled_from([0.0, 1e14, 1e16, 1e18]))
def test_the_slope_of_the_current_is_its_derivative_and_never_falls(over, slow):
    p = electrode(transfer=0.4)
    found = slope_of(lambda e: reacting(e, p, slow=slow)[0], over, 1e-6)
    current, slope = reacting(over, p, slow=slow)
    assert slope >= 0.0
    assert slope == pytest.approx(found, rel=1e-4, abs=1e-6 * abs(current) + 1e-22)


@pytest.mark.parametrize("slow", [1e14, 1e17])
def test_the_liquid_limits_the_current_to_what_it_brings(slow):
    """At most so much that the concentration at the surface falls to nothing in the step."""
    p = electrode()
    assert reacting(2.0, p, o=0.0, r=2.0, slow=slow)[0] == pytest.approx(
        solving.FARADAY * 2.0 / slow, rel=1e-6
    )
    assert reacting(-2.0, p, o=2.0, r=0.0, slow=slow)[0] == pytest.approx(
        -solving.FARADAY * 2.0 / slow, rel=1e-6
    )


@pytest.mark.parametrize("factor", [0.1, 3.0, 100.0])
def test_a_current_is_proportional_to_area_and_concentrations(factor):
    usual = reacting(0.1, electrode(), 1.0, 2.0)[0]
    assert reacting(0.1, electrode(area=factor * 1e-12), 1.0, 2.0)[0] == pytest.approx(
        factor * usual
    )
    assert reacting(0.1, electrode(), factor, 2.0 * factor)[0] == pytest.approx(factor * usual)


def test_where_nothing_is_there_nothing_reacts():
    for over in (-1.0, 0.0, 1.0):
        assert reacting(over, electrode(), 0.0, 0.0, 1e16) == (0.0, 0.0)


# ------------------------------------------------------------------ a particle that takes lithium

FALLING = np.linspace(4.2, 3.0, insertion.POINTS)
"""A material whose potential falls evenly with its lithium."""
across = plain(particle_kernel.interface)


def grain(**others: Any) -> Grain:
    usual = {
        "temperature": 298.15, "sites": 2.4e4, "diffusivity": 1e-15, "exchange": 1e-12,
        "linear": False, "capacitance": 0.0, "contact": 0.0, "leak": 0.0,
    }  # fmt: skip
    return Grain(**{**usual, **others})


@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.9])
def test_without_a_current_a_particle_is_at_its_open_circuit_potential(linear, fraction):
    found, _ = across(0.0, fraction, 1e10, grain(linear=linear), FALLING)
    assert found == pytest.approx(4.2 - 1.2 * fraction)


@pytest.mark.parametrize("linear", [False, True])
@few
@given(share=st.floats(-0.9, 0.9))
def test_the_slope_of_a_particle_is_its_derivative_and_rises(linear, share):
    response, p = 1e11, grain(linear=linear)
    current = share * 0.5 / response
    step = 1e-5 / response
    found, slope = across(current, 0.5, response, p, FALLING)
    derivative = slope_of(lambda i: across(i, 0.5, response, p, FALLING)[0], current, step)
    assert slope == pytest.approx(derivative, rel=1e-3)
    assert slope > 0.0
    assert math.isfinite(found)


def test_a_small_current_meets_the_resistance_of_charge_transfer():
    """RT / (F i0): at half filling whether the law is linear or not."""
    for linear in (False, True):
        found, _ = across(1e-16, 0.5, 0.0, grain(linear=linear), FALLING)
        assert found - 3.6 == pytest.approx(1e-16 / (F * 1e-12), rel=1e-4)


@pytest.mark.parametrize("times", [10.0, 1e3, 1e6])
def test_a_large_current_takes_two_thermal_voltages_for_each_factor_of_e(times):
    over = across(times * 1e-12, 0.5, 0.0, grain(), FALLING)[0] - 3.6
    assert over == pytest.approx(2.0 / F * math.asinh(times / 2.0))
    assert across(-times * 1e-12, 0.5, 0.0, grain(), FALLING)[0] - 3.6 == pytest.approx(-over)


def test_a_particle_that_is_nearly_full_or_empty_reacts_slowly_unless_it_is_linear():
    for fraction in (0.02, 0.98):
        slow = across(1e-12, fraction, 0.0, grain(), FALLING)[0] - (4.2 - 1.2 * fraction)
        half = across(1e-12, 0.5, 0.0, grain(), FALLING)[0] - 3.6
        assert slow > 1.5 * half
        same = across(1e-12, fraction, 0.0, grain(linear=True), FALLING)[0]
        assert same - (4.2 - 1.2 * fraction) == pytest.approx(1.0 / F)


# ------------------------------------------------------------------ an alloy and its filling

filled, alloying = plain(lithium_interface.filling), plain(lithium_interface.alloying)
ALLOY = Alloy(0.5, 0.5, 0.2, 0.3, 100.0, 0.05)


def during(seconds: float) -> Step:
    return Step(seconds, F, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@few
@given(
    potential=st.floats(-1.0, 1.5),
    share=st.floats(0.0, 1.0),
    x=st.floats(0.0, 2.0),
    seconds=st.floats(1e-4, 1e6),
)
def test_no_alloy_is_ever_more_than_full_or_less_than_empty(potential, share, x, seconds):
    charge = share * ALLOY.capacity
    current, slope = alloying(x, filled(potential, charge, ALLOY, during(seconds)))
    after = share - current * seconds / ALLOY.capacity
    assert -1e-9 <= after <= 1.0 + 1e-9
    assert slope <= 0.0


@few
@given(potential=st.floats(-0.3, 0.8), share=st.floats(0.01, 0.99), x=st.floats(0.01, 2.0))
def test_the_slopes_of_an_alloy_are_its_derivatives(potential, share, x):
    now = during(0.1)

    def current(e: float, c: float) -> float:
        return alloying(c, filled(e, share * ALLOY.capacity, ALLOY, now))[0]

    at = filled(potential, share * ALLOY.capacity, ALLOY, now)
    found, by_x = alloying(x, at)
    by_potential = plain(lithium_interface.alloying_slope)(x, found, at)
    largest = max(abs(found), 1e-9)
    assert by_x == pytest.approx(
        slope_of(lambda c: current(potential, c), x, 1e-5), rel=1e-3, abs=1e-3 * largest
    )
    assert by_potential == pytest.approx(
        slope_of(lambda e: current(e, x), potential, 1e-6), rel=1e-3, abs=1e-3 * largest
    )


def test_a_low_potential_fills_an_alloy_and_a_high_one_empties_it():
    for share in (0.1, 0.9):
        low, high = (
            alloying(1.0, filled(e, share * ALLOY.capacity, ALLOY, during(0.01)))[0]
            for e in (-0.2, 0.8)
        )
        assert low < 0.0 < high


# ------------------------------------------------------------------ the electrolyte of a droplet

ohms = plain(lithium_kernel.resistance)


class Salt:
    salt, conductivity, transference = 1000.0, 0.8, 0.4


def test_undisturbed_the_resistance_is_that_of_the_shape():
    conductance = np.array([2e-6, 5e-6, 1e-5])
    shape = 3e5 + float((1.0 / conductance).sum())
    assert ohms(np.full(3, 1000.0), 1.0, Salt, conductance, 3e5) == pytest.approx(shape / 0.8)


@pytest.mark.parametrize("surface", [0.0, 0.3, 0.9])
def test_a_surface_that_is_depleted_resists_more_and_never_without_bound(surface):
    conductance = np.array([2e-6, 5e-6, 1e-5])
    profile = np.linspace(surface, 1.0, 4)[:-1] * 1000.0
    found = ohms(profile, surface, Salt, conductance, 3e5)
    assert ohms(np.full(3, 1000.0), 1.0, Salt, conductance, 3e5) < found < 1e5 * 3e5


def test_a_depleted_surface_lies_on_the_side_that_its_transference_says():
    potential = plain(lithium_kernel.diffusion_potential)

    class Anions(Salt):
        transference = 0.4

    class Cations(Salt):
        transference = 0.6

    assert potential(1.0, Anions, F) == 0.0
    assert potential(0.1, Anions, F) == pytest.approx(-potential(0.1, Cations, F))
    assert potential(0.1, Anions, F) == pytest.approx(0.2 / F * math.log(0.1))
    assert potential(0.0, Anions, F) == potential(lithium_kernel.DEPLETED, Anions, F)


# ------------------------------------------------------------------ populations of particles

moments, shift_for = plain(nuclei.moments), plain(nuclei.shift_for)
SIZES = st.lists(st.tuples(st.floats(1.0, 100.0), st.floats(1.0, 50.0)), min_size=1, max_size=6)


@few
@given(population=SIZES, factor=st.floats(0.1, 10.0))
def test_moments_are_sums_and_scale_with_the_power_of_the_radius(population, factor):
    count, radius = np.array(population).T
    own = moments(len(count), count, radius)
    assert own == pytest.approx([float((count * radius**k).sum()) for k in range(4)])
    larger = moments(len(count), count, factor * radius)
    assert larger == pytest.approx([factor**k * own[k] for k in range(4)])
    assert moments(0, count, radius) == (0.0, 0.0, 0.0, 0.0)


@few
@given(population=SIZES, share=st.floats(-0.5, 20.0))
def test_a_common_shift_of_the_radii_makes_the_volume_that_was_asked_for(population, share):
    count, radius = np.array(population).T
    m0, m1, m2, m3 = moments(len(count), count, radius)
    wanted = share * (m3 if share > 0.0 else float((count * radius.min() ** 3).sum()))
    shift = shift_for(m0, m1, m2, wanted)
    grown = moments(len(count), count, radius + shift)[3] - m3
    assert grown == pytest.approx(wanted, rel=1e-9, abs=1e-9 * m3)
    assert math.copysign(1.0, shift) == math.copysign(1.0, wanted) or wanted == 0.0
