"""The lithium cell against closed forms, and against an independent solution of its equations."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from closed_forms import SAMPLE, TEN_MICRON, THERMAL, F, FloatArray, PlanarCut, sand
from scipy.integrate import solve_ivp

from sim.cell import Droplet
from sim.lithium import LithiumCell, LithiumParameters
from sim.lithium_interface import Step, interface
from sim.lithium_state import blank, constants, state_in
from sim.transport import ConeCut

P = LithiumParameters()
QUIET = replace(P, sei_rate=0.0, solvent_rate=0.0, alloy1_rate=0.0, alloy2_rate=0.0, sites=0.0)
"""Nothing happens but the double layer; one reaction at a time is switched on again."""
REST = 0.5
"""Where the comparison starts, V: at 2.5 V rounding times exp(50) defeats a general solver."""
AREA = math.pi * TEN_MICRON.footprint**2


def wetted(parameters: LithiumParameters) -> LithiumCell:
    """A fresh droplet of the 10 um pipette."""
    cell = LithiumCell(parameters)
    cell.wet(TEN_MICRON)
    return cell


def lithium_only(potential: float) -> tuple[float, float]:
    """Current density on lithium itself and its slope, without parasitic charge."""
    state = state_in(blank())
    now = Step(1e-9, THERMAL, 1.0, 0.0, 0.0, 0.0, lithium_area=1.0, strippable=1e9)
    rates = interface(potential, constants(QUIET), state, now)
    return rates.total, rates.slope


def test_case_2_faradays_law_of_the_deposit() -> None:
    """1 uAh/cm^2 of metal is 4.849 nm, 45 nC are 466.39 fmol."""
    cell = wetted(P)
    cell.run("current", np.full(4000, -3e-9), SAMPLE)
    deposit, plated = cell.deposit, -cell.ledger.lithium
    seeds = 4.0 / 3.0 * math.pi * P.nucleus_radius**3 * deposit.nuclei * deposit.area
    per_charge = (deposit.lithium_volume - seeds) / plated
    assert per_charge * 36.0 == pytest.approx(4.849e-9, rel=1e-4)
    assert per_charge * 45e-9 / P.molar_volume == pytest.approx(466.39e-15, rel=1e-5)


def test_case_4_sand_time_of_the_binary_salt() -> None:
    """Migration of half the ions stretches 2.1935 s to 4.744 s: c_s = c_0 (1 - sqrt(t/tau))."""
    sink = replace(QUIET, alloy1_rate=10.0, alloy1_capacity=1e9, rest_potential=0.25)
    droplet = Droplet(1.0, 1.0, 0.0, 0.2)
    cell = LithiumCell(sink, PlanarCut(first=1e-7, growth=1.06, length=2e-3))
    cell.wet(droplet)
    step, tau = 1e-3, sand(3e-10, 50.0, 50.0 * 0.68)
    assert tau == pytest.approx(4.744, rel=1e-4)
    for share in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        end = tau * share
        done = round(end / step) - round((end - 0.1 * tau) / step)
        cell.run("current", np.full(done, -50.0 * math.pi), step)
        left = cell.deposit.surface_concentration / 50.0
        assert 1.0 - math.sqrt(round(end / step) * step / tau) == pytest.approx(left, abs=1e-3)


def test_case_12_double_layer_charges_through_the_droplet() -> None:
    """0.1 V on 38.01 pF through 10 degrees: 27.13 nA, falling with 140.1 us."""
    cell = LithiumCell(replace(QUIET, rest_potential=1.0))
    cell.wet(Droplet(5e-6, 11e-6, 4e-6, math.radians(10.0)))
    step = 1e-6
    current = cell.run("potential", np.full(500, 1.1), step).current
    slope, intercept = np.polyfit(step * np.arange(1, 501), np.log(current), 1)
    assert -1.0 / slope == pytest.approx(140.1e-6, rel=1e-2)
    assert math.exp(intercept) == pytest.approx(27.13e-9, rel=1e-2)


def test_case_13_galvanostatic_double_layer_slope() -> None:
    """15 nA on the 22 um footprint: 394.6 V/s."""
    potential = wetted(QUIET).run("current", np.full(100, -15e-9), 1e-5).potential
    np.testing.assert_allclose(np.diff(potential) / 1e-5, -394.6, rtol=1e-3)


def test_case_14_tafel_slope() -> None:
    """118.32 mV a decade on either side for a transfer coefficient of one half."""
    for sign in (-1.0, 1.0):
        low, high = (abs(lithium_only(sign * e)[0]) for e in (0.45, 0.50))
        assert 0.05 / math.log10(high / low) == pytest.approx(118.32e-3, rel=1e-3)


def test_case_15_charge_transfer_resistance() -> None:
    """1/(f j_0) = 35.20 ohm cm^2 at 0.73 mA/cm^2."""
    current, slope = lithium_only(0.0)
    assert abs(current) < 1e-12
    resistance = 1.0 / slope * P.exchange_current / 7.3
    assert resistance == pytest.approx(35.20e-4, rel=1e-3)


def test_case_19_the_alloys_stay_within_a_20_nm_gold_film() -> None:
    """As Li15Au4 it holds 19.696 uAh/cm^2 (5.252 as LiAu)."""
    gold = 20e-9 * 19.3e6 / 196.97 * F
    assert gold / 36.0 == pytest.approx(5.252, rel=1e-3)
    assert 3.75 * gold / 36.0 == pytest.approx(19.696, rel=1e-3)
    held = P.alloy1_capacity + P.alloy2_capacity * (1.0 + P.alloy_depth)
    assert held < 3.75 * gold


def test_case_24_logarithmic_growth_of_the_film_at_constant_potential() -> None:
    """The charge is q_0 ln(1 + r t/q_0), to 1e-10, from the first step on."""
    parameters = replace(QUIET, sei_rate=1.0, conductivity=1e15)
    cell = wetted(parameters)
    inner = 0.4 - P.reference_offset
    rate = math.exp(-P.sei_slope * THERMAL * (inner - P.sei_potential))
    for steps in (1, 10, 1000):
        cell.wet(TEN_MICRON)
        cell.run("potential", np.full(steps, 0.4), SAMPLE)
        expected = P.sei_capacity * math.log1p(rate * steps * SAMPLE / P.sei_capacity)
        assert -cell.ledger.sei / AREA == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("potential", [-0.4, -0.05, 0.02, 0.15, 0.3, 0.9])
@pytest.mark.parametrize("step", [1e-4, SAMPLE, 0.5])
def test_the_slopes_of_the_interface_are_those_of_its_currents(
    potential: float, step: float
) -> None:
    """Newton's derivative against a central difference, both branches, half-filled alloys."""
    state = state_in(blank())
    state.sei, state.alloy1, state.alloy2, state.surface = 3.0, 6.0, 2.0, 0.7

    def at(guess: float) -> tuple[float, float]:
        now = Step(step, THERMAL, 0.8, 0.02, 2.0, 0.5, lithium_area=0.5, strippable=30.0)
        rates = interface(guess, constants(P), state, now)
        return rates.total, rates.slope

    width = 1e-6
    expected = (at(potential + width)[0] - at(potential - width)[0]) / (2.0 * width)
    assert at(potential)[1] == pytest.approx(expected, rel=1e-5)
    assert expected > 0.0


class Equations:
    """The cell's equations as a continuous system, moments for sizes, no step anywhere.

    State: potential, film, alloy 1, alloy 2, deep gold, parasitic charge, five classes of
    occupied sites, three moments of the radius, then the concentrations.
    """

    def __init__(self, current: float) -> None:
        """Impose a cathodic current on the droplet of the 10 um pipette."""
        self.density = current / AREA
        self.shells = ConeCut()(TEN_MICRON)
        nodes, weights = np.polynomial.hermite_e.hermegauss(5)
        self.sites = P.sites * weights / weights.sum()
        self.classes = np.exp(P.nucleation_spread * nodes)
        self.flux = (1.0 - P.transference) * AREA / F
        self.lag = self.flux * self.shells.surface_resistance / P.diffusivity / P.salt

    def start(self) -> FloatArray:
        """Surface that has just come to rest under bulk electrolyte."""
        return np.concatenate(
            [[REST - P.reference_offset], np.zeros(13), np.full(self.shells.volume.size, P.salt)]
        )

    def alloy(self, e: float, q: float, number: int) -> tuple[float, float]:
        """Current of an alloy without and per c_s/c_0."""
        rate, a, cathodic, anodic, capacity, g = (
            getattr(P, f"alloy{number}_{name}")
            for name in (
                "rate",
                "transfer",
                "lithiation",
                "delithiation",
                "capacity",
                "interaction",
            )
        )
        theta = q / capacity
        shifted = e + g * theta
        return (
            rate * theta * math.exp((1 - a) * THERMAL * (shifted - anodic)),
            -rate * (1 - theta) * math.exp(-a * THERMAL * (shifted - cathodic)),
        )

    def side(self, parasitic: float) -> tuple[float, float]:
        """Side charge per charge of growing metal, and dead share of the stripped volume."""
        maturity = math.exp(-parasitic / P.maturing_charge)
        rho = P.parasitic_last + (P.parasitic_first - P.parasitic_last) * maturity
        return rho, P.dead_fraction * maturity

    def surface(self, y: FloatArray) -> tuple[float, float, float, float]:
        """Relative surface concentration, currents of both alloys, current on lithium itself."""
        e, q1, q2, parasitic = y[0], y[2], y[3], y[5]
        free1, bound1 = self.alloy(e, q1, 1)
        free2, bound2 = self.alloy(e, q2, 2)
        free3 = P.exchange_current * math.exp((1 - P.transfer) * THERMAL * e)
        bound3 = -P.exchange_current * math.exp(-P.transfer * THERMAL * e)

        def left(area: float) -> float:
            free = free1 + free2 + area * free3
            bound = bound1 + bound2 + area * bound3
            return (y[14] / P.salt + self.lag * free) / (1.0 - self.lag * bound)

        area = 4.0 * math.pi * max(y[12], 0.0)
        grows = free3 + bound3 * left(0.0) < 0.0
        x = left(area * (1.0 + self.side(parasitic)[0]) if grows else area)
        return x, free1 + bound1 * x, free2 + bound2 * x, free3 + bound3 * x

    def __call__(self, _: float, y: FloatArray) -> FloatArray:
        """Rates of change of the whole state."""
        e, sei, q2, deep, parasitic = y[0], y[1], y[3], y[4], y[5]
        x, alloy1, alloy2, local = self.surface(y)
        rho, dead = self.side(parasitic)
        metal = 4.0 * math.pi * max(y[12], 0.0) * local
        side = rho * metal if local < 0.0 else 0.0
        film = -P.sei_rate * math.exp(
            -P.sei_slope * THERMAL * (e - P.sei_potential) - sei / P.sei_capacity
        )
        solvent = -P.solvent_rate * math.exp(-P.solvent_slope * THERMAL * e)
        leak = P.alloy_leak * (q2 - deep / P.alloy_depth)

        overpotential = math.log(x) / THERMAL - e
        born = np.zeros(5)
        if overpotential > 0.0:
            rate = P.nucleation_rate * math.exp(P.nucleation_order * THERMAL * overpotential)
            born = (self.sites - y[6:11]) * rate * self.classes
        new, r = born.sum(), P.nucleus_radius
        velocity = -local * P.molar_volume / F if y[6:11].sum() > 0.0 else 0.0
        if local > 0.0:
            velocity /= 1.0 - dead

        c, links = y[14:], self.shells.conductance
        flow = P.diffusivity * links * np.diff(np.append(c, P.salt))
        gain = flow - np.concatenate([[0.0], flow[:-1]])
        gain[0] += self.flux * (alloy1 + alloy2 + metal + side)

        dy = np.empty(y.size)
        dy[0] = (self.density - film - solvent - alloy1 - alloy2 - metal - side) / P.capacitance
        dy[1:6] = -film, -alloy1, -alloy2 - leak, leak, -side
        dy[6:11] = born
        dy[11] = r * new + velocity * y[6:11].sum()
        dy[12] = r**2 * new + 2.0 * velocity * y[11]
        dy[13] = r**3 * new + 3.0 * velocity * y[12]
        dy[14:] = gain / self.shells.volume
        return dy

    def read(self, y: FloatArray) -> float:
        """Potential an electrometer reads."""
        x = self.surface(y)[0]
        c = np.concatenate([[x], y[14:] / P.salt, [1.0]])
        links = np.concatenate([[self.shells.surface_resistance], 1.0 / self.shells.conductance])
        ohmic = float(np.sum(links / (0.5 * (c[1:] + c[:-1])))) / P.conductivity
        diffusion = (1.0 - 2.0 * P.transference) / THERMAL * math.log(x)
        return float(y[0]) + self.density * AREA * ohmic + diffusion + P.reference_offset

    def solve(self, y: FloatArray, times: FloatArray) -> FloatArray:
        """States at `times` (n,), the first being the start, by SciPy's LSODA."""
        scales = np.concatenate([[1e-6], np.full(5, 1e-5), np.full(5, 1e6), [1e-1, 1e-9, 1e-17]])
        solution = solve_ivp(
            self,
            (times[0], times[-1]),
            y,
            method="LSODA",
            rtol=1e-6,
            atol=np.concatenate([scales, np.full(self.shells.volume.size, 1e-5)]),
            t_eval=times,
        )
        assert solution.success
        states: FloatArray = solution.y.T
        return states


@pytest.mark.parametrize(("current", "until"), [(-3e-9, 8.0), (-15e-9, 2.0)])
def test_an_independent_integration_finds_the_same_nucleation(current: float, until: float) -> None:
    """LSODA on the continuous equations: the same E(t) within 1 mV, N and d within 1 %."""
    step = SAMPLE / 4.0
    count = round(until / step)
    cell = wetted(replace(P, rest_potential=REST))
    ours = cell.run("current", np.full(count, current), step).potential[199::20]
    equations = Equations(current)
    times = step * np.concatenate([[0.0], np.arange(1, count + 1)[199::20]])
    states = equations.solve(equations.start(), times)
    theirs = np.array([equations.read(y) for y in states[1:]])
    np.testing.assert_allclose(ours, theirs, atol=1e-3)
    assert np.argmin(ours) == pytest.approx(np.argmin(theirs), abs=1)
    nuclei = states[-1, 6:11].sum()
    assert cell.deposit.nuclei == pytest.approx(nuclei, rel=1e-2)
    assert cell.deposit.mean_diameter == pytest.approx(2.0 * states[-1, 11] / nuclei, rel=1e-2)


def test_an_independent_integration_strips_the_same() -> None:
    """After a reversal, where side reactions stop and lithium dies: E within 1 mV, volume 1 %.

    Only until half of the metal is gone: later, so many particles have dissolved for good that
    the continuous moments, which lose none, describe other particles.
    """
    step = SAMPLE / 4.0
    plating, stripping = round(6.0 / step), round(0.15 / step)
    cell = wetted(replace(P, rest_potential=REST))
    cell.run("current", np.full(plating, -3e-9), step)
    plated = cell.deposit.lithium_volume
    ours = cell.run("current", np.full(stripping, 1e-9), step).potential[19:]
    equations = Equations(-3e-9)
    start = equations.solve(equations.start(), np.array([0.0, plating * step]))[-1]
    equations.density = 1e-9 / AREA
    times = step * np.concatenate([[0.0], np.arange(20, stripping + 1)])
    states = equations.solve(start, times)
    theirs = np.array([equations.read(y) for y in states[1:]])
    np.testing.assert_allclose(ours, theirs, atol=1e-3)
    left = 4.0 / 3.0 * math.pi * states[-1, 13] * AREA
    assert 0.4 * plated < left < 0.6 * plated
    assert cell.deposit.lithium_volume == pytest.approx(left, rel=1e-2)
