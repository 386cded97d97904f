"""Virtual cells with the impedance of any circuit: the chain is the circuit, and time obeys it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

import seccm
from seccm.analysis.impedance import Circuit
from sim.cell import Droplet, Mode
from sim.equivalent import CLOSE, Chain, EquivalentCell, chain_of
from sim.sample_config import EquivalentSample

CIRCUITS = {
    "R0-p(R1,C1)": (1e6, 1e8, 2e-11),
    "R0-p(R1,CPE1)": (1e6, 1e8, 3e-11, 0.9),
    "R0-p(R1-W1,C1)": (1e6, 5e7, 1e8, 3e-11),
    "R0-p(R1-W1,CPE1)": (1e6, 5e7, 1e8, 3e-11, 0.88),
    "R0-p(R1-Wo1,C1)": (1e6, 5e7, 2e8, 0.1, 2e-11),
    "R0-p(R1-Ws1,CPE1)": (1e6, 5e7, 2e8, 0.1, 2e-11, 0.9),
    "R0-C1": (1e6, 2e-11),
    "R0-CPE1": (1e6, 2e-11, 0.8),
    "R0-G1": (1e6, 1e8, 0.01),
}
DROP = Droplet(1e-6, 1e-6, 0.4e-6, 0.17)


@pytest.mark.parametrize("written", CIRCUITS)
def test_the_chain_has_the_impedance_of_the_circuit_over_eight_decades(written: str) -> None:
    f = np.geomspace(1e-3, 1e5, 300)
    chain = chain_of(written, CIRCUITS[written])
    expected = Circuit(written).impedance(f, CIRCUITS[written])
    off = np.abs(chain.impedance(f) / expected - 1.0)
    assert off.max() < 2.0 * CLOSE
    assert np.all(chain.capacitances > 0.0)
    assert np.all(chain.rates >= 0.0)


@pytest.mark.parametrize("written", ["R0-p(R1-W1,CPE1)", "R0-p(R1-Wo1,C1)", "R0-C1"])
@pytest.mark.parametrize("mode", ["potential", "current"])
def test_a_sine_has_the_impedance_of_its_circuit(written: str, mode: Mode) -> None:
    values = CIRCUITS[written]
    cell = EquivalentCell(chain_of(written, values))
    cell.wet(DROP)
    f, step, periods = 50.0, 1e-5, 40
    n = round(periods / f / step)
    t = (np.arange(n) + 0.5) * step
    wave = np.sin(2.0 * np.pi * f * t) * (0.01 if mode == "potential" else 1e-10)
    answer = cell.run(mode, wave, step)
    last = slice(n // 2, None)
    # A potential that answers is that at the end of a step, half a step later.
    late = 0.5 * step if mode == "current" else 0.0
    turns = np.exp(-2j * np.pi * f * t[last])
    E = np.mean(answer.potential[last] * turns) * np.exp(-2j * np.pi * f * late)
    ratio = E / np.mean(answer.current[last] * turns)
    expected = Circuit(written).impedance(np.array([f]), values)[0]
    assert abs(ratio / expected - 1.0) < 5e-3


def test_steps_of_any_length_come_to_the_same_charge_and_state() -> None:
    """Every step is exact: a held potential may be cut as one likes."""
    values = CIRCUITS["R0-p(R1-W1,CPE1)"]
    charges, ends = [], []
    for count in (1, 7, 1000):
        cell = EquivalentCell(chain_of("R0-p(R1-W1,CPE1)", values))
        cell.wet(DROP)
        answer = cell.run("potential", np.full(count, 0.1), 0.5 / count)
        charges.append(float(answer.current.sum()) * 0.5 / count)
        ends.append(float(cell.run("current", np.zeros(1), 1e-9).potential[0]))
    assert charges == pytest.approx([charges[0]] * 3, rel=1e-9)
    assert ends == pytest.approx([ends[0]] * 3, rel=1e-9)


def test_a_warburg_impedance_gives_the_current_of_cottrell() -> None:
    """After a step of potential dE: i = dE / (sigma sqrt(2 pi t)), as sigma sqrt(2/s) says."""
    sigma = 1e8
    cell = EquivalentCell(chain_of("R0-W1", (1e5, sigma)))
    cell.wet(DROP)
    step = 1e-3
    current = cell.run("potential", np.full(20_000, 0.01), step).current
    t = np.arange(20_000) * step
    mean = 0.01 / sigma * math.sqrt(2.0 / math.pi) * (np.sqrt(t + step) - np.sqrt(t)) / step
    inside = slice(200, None)
    np.testing.assert_allclose(current[inside], mean[inside], rtol=5e-3)


def test_no_current_leaves_a_blocked_cell_as_it_was() -> None:
    cell = EquivalentCell(chain_of("R0-C1", (1e6, 2e-11)))
    cell.wet(DROP)
    cell.run("current", np.full(100, 1e-11), 1e-3)
    before = float(cell.run("current", np.zeros(1), 1e-3).potential[0])
    after = cell.run("open", np.zeros(1000), 1.0)
    assert before == pytest.approx(1e-11 * 0.1 / 2e-11, rel=1e-3)
    np.testing.assert_allclose(after.potential, before, rtol=1e-9)
    np.testing.assert_array_equal(after.current, 0.0)


def test_a_copy_goes_its_own_way() -> None:
    cell = EquivalentCell(chain_of("R0-p(R1,C1)", (1e6, 1e8, 2e-11)))
    cell.wet(DROP)
    other = cell.copy()
    cell.run("potential", np.full(100, 0.1), 1e-4)
    assert other.run("current", np.zeros(1), 1e-4).potential[0] == 0.0


@pytest.mark.parametrize(
    ("circuit", "values", "said"),
    [
        ("p(R1,C1)", (1e8, 2e-11), "needs a resistor in series"),
        ("L0-R0-p(R1,C1)", (1e3, 1e6, 1e8, 2e-11), "inductor"),
        ("R0-p(R1,C1)", (1e6, 1e8), "3 parameters"),
        ("R0-Q1", (1e6, 1e8), "is not an element"),
    ],
)
def test_a_sample_that_cannot_be_simulated_is_refused(
    circuit: str, values: tuple[float, ...], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        EquivalentSample(circuit=circuit, values=values)


WORKING = {
    **CIRCUITS,
    "R0-CPE2": (1e3, 1e-12, 0.5),  # which conducts badly even at the highest frequencies
    "R0-Gs1": (1e6, 1e8, 0.01, 1.0),
    "R0-K1-Zarc1": (1e6, 1e8, 1e-3, 1e7, 1e-2, 0.9),
    "p(R0-C1,R1)": (1e6, 2e-11, 1e8),
}


@pytest.mark.parametrize("circuit", WORKING)
def test_what_has_a_chain_is_not_refused_before_it_is_looked_for(circuit: str) -> None:
    EquivalentSample(circuit=circuit, values=WORKING[circuit])
    assert chain_of(circuit, WORKING[circuit]).series > 0.0


def test_what_only_the_search_finds_is_told_where_the_sample_is_mounted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: object) -> Chain:
        raise ValueError("R0-X1 with these values is not a chain")

    monkeypatch.setattr("sim.samples.chain_of", refused)
    seccm.check(seccm.load_plan("li-on-au-cv"), seccm.load_rig("virtual"))
    with pytest.raises(seccm.PlanError, match="R0-X1 with these values"):
        seccm.check(seccm.load_plan("impedance-map"), seccm.load_rig("virtual"))


def test_no_chain_is_looked_for_in_samples_that_are_not_mounted() -> None:
    """A rig file may have many, and a check of a plan waits for none of them."""
    chain_of.cache_clear()
    seccm.check(seccm.load_plan("li-on-au-cv"), seccm.load_rig("virtual"))
    assert chain_of.cache_info().misses == 0


def test_a_chain_is_the_sum_of_its_parts() -> None:
    chain = Chain(10.0, np.array([1e-3, 2e-3]), np.array([100.0, 0.0]))
    s = 2j * math.pi * 3.0
    expected = 10.0 + 10.0 / (1.0 + s / 100.0) + 1.0 / (s * 2e-3)
    assert chain.impedance(np.array([3.0]))[0] == pytest.approx(expected)
