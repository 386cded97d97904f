"""What a galvanostat imposes is shared by the cell and the capacitance of the leads beside it."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from test_electronics import EXACT, bridge

from seccm.analysis.impedance import Circuit as Impedance
from seccm.arrays import FloatArray
from sim.beside import under_current
from sim.cell import Cell, Mode, Response
from sim.dummy import OPEN, Circuit, DummyCell
from sim.equivalent import EquivalentCell, chain_of
from sim.galvanostat import Output

STEP = 1.25e-6
"""Seconds: an eighth of a raw sample."""
CELLS = {
    "R0-p(R1,C1)": (1e6, 1e8, 2e-11),
    "R0-p(R1-W1,C1)": (1e6, 5e7, 1e8, 3e-11),
    "R0-p(R1-W1,CPE1)": (1e6, 5e7, 1e8, 3e-11, 0.88),
    "R0-CPE1": (1e6, 2e-11, 0.8),
}


def _cell(written: str) -> EquivalentCell:
    return EquivalentCell(chain_of(written, CELLS[written]))


def _through(output: Output, cell: Cell, wave: FloatArray, edges: list[int]) -> FloatArray:
    one = bridge(cell)  # type: ignore[arg-type]
    parts, held = [], 0.0
    for a, b in pairwise(edges):
        answer = output.run(one, "current", wave[a:b], STEP, held)
        assert not answer.limited.any()
        assert answer.current == pytest.approx(wave[a:b], rel=1e-12, abs=0.0)
        held = float(answer.potential[-1])
        parts.append(answer.potential)
    return np.concatenate(parts)


def test_a_resistor_is_charged_with_the_time_constant_of_the_leads() -> None:
    """1 pA into 1 Gohm beside 10 pF: 10 ms, and at last a millivolt."""
    n = 20_000
    wave = np.full(n, 1e-12)
    potential = _through(Output(EXACT, 1e-11, 0.0), DummyCell(Circuit(1e9, 0.0)), wave, [0, n])
    t = STEP * np.arange(1, n + 1)
    assert potential == pytest.approx(1e-3 * -np.expm1(-t / 1e-2), rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("written", CELLS)
@pytest.mark.parametrize("stray", [1e-12, 2e-11, 2e-10])
def test_potential_and_imposed_current_show_the_cell_beside_the_leads(
    written: str, stray: float
) -> None:
    """Even where the leads take ten times as much as the cell."""
    f, periods = 2000.0, 12
    n = round(periods / f / STEP)
    t = (np.arange(n) + 0.5) * STEP
    wave = 1e-10 * np.sin(2.0 * np.pi * f * t)
    potential = _through(Output(EXACT, stray, 0.0), _cell(written), wave, [0, n])
    middles = 0.5 * (potential + np.concatenate(([0.0], potential[:-1])))
    last = slice(n // 2, None)
    # A sine that begins leaves an offset that falls slowly: sines and a line are told apart.
    parts = np.stack([np.exp(2j * np.pi * f * t), np.exp(-2j * np.pi * f * t), np.ones(n), t])
    fit = np.linalg.lstsq(parts[:, last].T, middles[last].astype(complex), rcond=None)[0]
    seen = fit[0] / (1e-10 / 2j)
    omega = 2.0 * np.pi * f
    expected = 1.0 / (
        1.0 / Impedance(written).impedance(np.array([f]), CELLS[written])[0] + 1j * omega * stray
    )
    assert abs(seen / expected - 1.0) < 3e-3


def test_what_the_cell_takes_and_what_charges_the_leads_add_up() -> None:
    """Of a cell that is bent too, whose resistance falls from 500 to 50 Mohm with its current."""
    wave = 1e-9 * np.sin(np.linspace(0.0, 5.0, 120))
    potential = _through(Output(EXACT, 5e-12, 0.0), Bent(), wave, [0, len(wave)])
    leads = 5e-12 * np.diff(potential, prepend=0.0) / STEP
    again = Bent().run("current", wave - leads, STEP).potential
    assert potential == pytest.approx(again, rel=1e-5, abs=1e-6)
    assert np.abs(leads).max() > 0.1e-9


def test_the_share_of_the_leads_does_not_depend_on_the_cut() -> None:
    rng = np.random.default_rng(4)
    wave = 1e-10 * rng.standard_normal(3000).cumsum() / 30.0
    whole = _through(Output(EXACT, 3e-12, 0.0), _cell("R0-p(R1,C1)"), wave, [0, 3000])
    edges = sorted({0, 1, 2, 700, 3000, *rng.integers(1, 3000, 20).tolist()})
    cut = _through(Output(EXACT, 3e-12, 0.0), _cell("R0-p(R1,C1)"), wave, edges)
    assert cut == pytest.approx(whole, rel=1e-6, abs=1e-9)


def test_the_reference_of_the_cell_does_not_charge_the_leads() -> None:
    """What counts is the change of the potential, whatever it is measured against."""
    wave = np.full(100, 1e-10)
    one, other = bridge(DummyCell(Circuit(1e8, 0.0))), bridge(DummyCell(Circuit(1e8, 0.0)))
    plain = Output(EXACT, 1e-12, 0.0).run(one, "current", wave, STEP, 0.0)
    shifted = Output(EXACT, 1e-12, 3.05).run(other, "current", wave, STEP, -3.05)
    assert shifted.potential + 3.05 == pytest.approx(plain.potential, rel=1e-9)


@pytest.mark.parametrize(
    ("cell", "current"), [(OPEN, 1e-9), (Circuit(1e12, 0.0), 1e-9)], ids=["open", "12 Tohm"]
)
def test_where_no_current_can_be_shared_the_compliance_is_held(
    cell: Circuit, current: float
) -> None:
    output = Output(EXACT, 1e-15, 0.0)
    answer = output.run(bridge(DummyCell(cell)), "current", np.full(900, current), STEP, 0.0)
    assert answer.potential[-1] == 10.0
    assert answer.limited[-1]
    assert np.isfinite(answer.potential).all()


class Bent(DummyCell):
    """A cell whose resistance falls with the current."""

    def __init__(self) -> None:
        super().__init__(Circuit(1e6, 0.0))

    def run(self, mode: Mode, wave: FloatArray, step: float) -> Response:
        """Add a part that is bent."""
        response = super().run(mode, wave, step)
        return Response(response.potential + 0.05 * np.arcsinh(wave / 1e-10), response.current)


def test_a_round_ends_when_nothing_is_left_to_share() -> None:
    """Without a change nothing flows into the leads."""
    cell = DummyCell(Circuit(1e8, 0.0))
    potential, _ = under_current(cell, np.full(5, 1e-9), STEP, 1e-12, 0.1)
    assert potential == pytest.approx(0.1, rel=1e-9)
    assert math.isclose(float(potential[0]), 0.1)
