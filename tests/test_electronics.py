"""The noise of the virtual electrometer has the size that theory gives it."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.signal import welch

from seccm.rig import Clock, Constant, Flag
from sim.cell import Droplet, Response
from sim.config import DriveConfig, ElectrometerConfig
from sim.dummy import OPEN, SHORT, Circuit, DummyCell
from sim.electronics import Electrometer, Signals
from sim.galvanostat import Answer, Imposed, Output
from sim.meniscus import Bridge
from sim.noise import PAGE, SlowNoise

CLOCK = Clock()
ROWS = 10_000
SILENT = {
    "voltage_noise": 0.0,
    "hum": 0.0,
    "offset": 0.0,
    "potential_noise": 0.0,
    "stray": 0.0,
    "bits": 24,
}


def record(current: float = 0.0, rows: int = ROWS, **settings: float) -> np.ndarray:
    """Recorded currents of a constant true current, shape (rows,)."""
    config = ElectrometerConfig(**{**SILENT, "feedback": 1e13, **settings})
    true = Signals(0, np.zeros(rows), np.full(rows, current), np.zeros(rows, dtype=bool))
    return Electrometer(config, DriveConfig(), CLOCK, seed=7).record(true).current


@pytest.mark.parametrize(("feedback", "femtoampere"), [(1e8, 179.0), (1e9, 56.7), (1e10, 17.9)])
def test_thermal_noise_of_the_feedback_resistor(feedback: float, femtoampere: float) -> None:
    """sqrt(4 k T / R x 195.3 Hz): 56.7 fA rms at 1 Gohm in a row of 2.56 ms."""
    expected = math.sqrt(4 * 1.380649e-23 * 298.15 / feedback * 195.3125)
    assert expected == pytest.approx(femtoampere * 1e-15, rel=0.005)
    current = record(feedback=feedback, range=1e-9)
    assert np.std(current) == pytest.approx(expected, rel=0.05)


def test_shot_noise_of_the_current() -> None:
    """2 q I times the bandwidth; 10 nA makes 0.79 pA."""
    current = record(10e-9)
    assert np.std(current) == pytest.approx(math.sqrt(2 * 1.602e-19 * 10e-9 * 195.3), rel=0.05)
    assert np.mean(current) == pytest.approx(10e-9, rel=1e-4)


def test_voltage_noise_over_the_input_capacitance() -> None:
    """8 nV/rtHz across 60 pF: 32 fA, from the integral over the boxcar and the amplifier."""
    f = np.linspace(1.0, 2e6, 2_000_000)
    density = (8e-9 * 2 * np.pi * f * 60e-12) ** 2
    passed = np.sinc(f * CLOCK.window) ** 2 / (1.0 + (f / 10e3) ** 2)
    expected = math.sqrt(float(np.trapezoid(density * passed, f)))
    current = record(voltage_noise=8e-9)
    assert np.std(current) == pytest.approx(expected, rel=0.05)
    assert expected == pytest.approx(33e-15, rel=0.05)


def test_the_noise_is_white_but_for_hum_at_its_alias() -> None:
    """Averaging leaves 97.3 % of 50 Hz, which is where it belongs: rows are sampled at 389 Hz."""
    current = record(feedback=1e9, hum=0.3e-12, rows=65_536)
    f, density = welch(current, fs=1.0 / CLOCK.period, nperseg=4096)
    peak = int(density.argmax())
    assert f[peak] == pytest.approx(50.0, abs=0.2)
    power = float(density[peak - 3 : peak + 4].sum() * (f[1] - f[0]))
    assert power == pytest.approx(
        (0.3e-12 * math.sin(math.pi * 0.128) / (math.pi * 0.128)) ** 2 / 2, rel=0.1
    )
    floor = np.delete(density, range(peak - 8, peak + 9))
    assert floor.mean() == pytest.approx(
        4 * 1.380649e-23 * 298.15 / 1e9 * 195.3 / (389.1 / 2), rel=0.05
    )
    assert floor[: len(floor) // 2].mean() == pytest.approx(
        floor[len(floor) // 2 :].mean(), rel=0.1
    )


def test_the_offset_wanders_slowly() -> None:
    """Neighbouring rows share it; after its time constant the correlation is 1/e."""
    current = record(rows=400_000, offset=1e-12, offset_time=1.0)
    assert np.std(current) == pytest.approx(1e-12, rel=0.1)
    lag = round(1.0 / CLOCK.period)
    assert np.corrcoef(current[:-lag], current[lag:])[0, 1] == pytest.approx(math.exp(-1), abs=0.1)


def test_a_converter_has_steps_and_an_end() -> None:
    """8 bits over +-20.48 nA are 160 pA, the mean of 256 of them comes in steps of 625 fA.

    Beyond the end it reads the end, flagged.
    """
    values = record(5.2e-12, bits=8)
    assert np.unique(np.round(values / 625e-15)).tolist() == [8.0]
    assert values[0] == pytest.approx(5.0e-12)
    config = ElectrometerConfig(**SILENT)
    current = np.array([0.0, 25e-9, -25e-9, math.inf])
    true = Signals(0, np.array([10.3, 0.0, 0.0, 0.0]), current, np.zeros(4, dtype=bool))
    recorded = Electrometer(config, DriveConfig(), CLOCK, seed=1).record(true)
    assert (recorded.flags == Flag.SATURATED).all()
    assert recorded.current[1:] == pytest.approx([20.48e-9, -20.48e-9, 20.48e-9])
    assert recorded.potential[0] == pytest.approx(10.24)


def test_a_row_reads_the_same_however_rows_are_cut() -> None:
    """Noise belongs to rows, across the pages in which it is drawn."""
    rows = 10_000
    true = np.linspace(-1e-9, 1e-9, rows)
    config, drive = ElectrometerConfig(), DriveConfig()

    def cut(edges: list[int]) -> np.ndarray:
        meter = Electrometer(config, drive, CLOCK, seed=3)
        parts = [
            meter.record(
                Signals(a, np.zeros(b - a), true[a:b], np.zeros(b - a, dtype=bool))
            ).current
            for a, b in pairwise(edges)
        ]
        return np.concatenate(parts)

    whole = cut([0, rows])
    rng = np.random.default_rng(1)
    for _ in range(5):
        edges = sorted({0, rows, *rng.integers(1, rows, 40).tolist()})
        assert (cut(edges) == whole).all()
    assert (cut([0, 1, 2, 3, 4095, 4096, 4097, 8192, rows]) == whole).all()


def bridge(cell: DummyCell, stray: float | None = None) -> Bridge:
    """A bridge with a wired cell."""
    droplet = Droplet(3e-6, 3e-6, 1e-6, 0.17)
    cell.wet(droplet)
    made = Bridge(0.0, 0.0, 0.0, 0.0, 1e-6, 3e-6, 3e-6, 4e-6, 0.01, 0.6, 1e-6, 0.17, cell)
    made.stray = stray
    return made


EXACT = DriveConfig(gain_error=0.0, leak=0.0)
ROW = CLOCK.period


def test_a_set_current_carries_its_error_and_its_leak() -> None:
    """1 nA into 1 Gohm with 0.1 % and 0.1 pA."""
    output = Output(DriveConfig(gain_error=1e-3, leak=0.1e-12), 0.0, 0.0)
    answer = output.run(bridge(DummyCell(Circuit(1e9, 0.0))), "current", np.full(3, 1e-9), ROW)
    assert answer.current == pytest.approx(1.0011e-9)
    assert answer.potential == pytest.approx(1.0011)
    assert not answer.limited.any()


def test_raw_potentials_are_against_the_quasi_reference() -> None:
    """The cell sees the quasi-reference's own potential on top, in both modes."""
    output = Output(EXACT, 0.0, 3.05)
    answer = output.run(bridge(DummyCell(Circuit(1e9, 0.0))), "potential", np.full(1, -3.0), ROW)
    assert answer.current == pytest.approx(0.05e-9)
    answer = output.run(bridge(DummyCell(Circuit(1e9, 0.0))), "current", np.full(1, 0.05e-9), ROW)
    assert answer.potential == pytest.approx(-3.0)


def test_beyond_the_compliance_the_potential_is_held_and_the_current_falls_short() -> None:
    """20 nA into 1 Gohm want 20 V: 10 V stay, with 10 nA; a smaller current is served again."""
    output = Output(EXACT, 0.0, 0.0)
    wave = np.array([1e-9, -20e-9, -20e-9, 20e-9, 5e-9, 2e-9])
    answer = output.run(bridge(DummyCell(Circuit(1e9, 0.0))), "current", wave, ROW)
    assert answer.limited.tolist() == [False, True, True, True, False, False]
    assert answer.potential == pytest.approx([1.0, -10.0, -10.0, 10.0, 5.0, 2.0])
    assert answer.current == pytest.approx([1e-9, -10e-9, -10e-9, 10e-9, 5e-9, 2e-9])


def test_the_compliance_does_not_depend_on_the_cut() -> None:
    """A capacitor that charges into the compliance and back, whole and in random pieces."""
    wave = np.concatenate([np.full(50, 1e-9), np.full(100, -1e-9), np.full(80, 3e-9)])

    def run(edges: list[int]) -> tuple[np.ndarray, np.ndarray]:
        output, one = Output(EXACT, 0.0, 0.0), bridge(DummyCell(Circuit(1e6, 1e12, 5e-12)))
        parts = [output.run(one, "current", wave[a:b], ROW) for a, b in pairwise(edges)]
        return (
            np.concatenate([part.potential for part in parts]),
            np.concatenate([part.limited for part in parts]),
        )

    potential, limited = run([0, len(wave)])
    assert 0.2 < limited.mean() < 0.9
    assert abs(potential).max() == 10.0
    for edges in ([0, 1, 2, 3, 20, 21, 22, 150, 230], list(range(231))):
        again, flags = run(edges)
        assert (again == potential).all()
        assert (flags == limited).all()


def test_an_open_end_is_an_overload_and_a_short_is_nothing() -> None:
    """The commissioning cells that answer with infinities are met by the instrument's limits."""
    output = Output(EXACT, 1e-12, 0.0)
    answer = output.run(bridge(DummyCell(OPEN), stray=10.0), "current", np.full(2, -1e-9), ROW)
    assert answer.limited.all()
    assert answer.potential == pytest.approx(-10.0)
    assert answer.current == pytest.approx(0.0)
    answer = output.run(bridge(DummyCell(SHORT)), "current", np.full(2, -1e-9), ROW)
    assert answer.potential == pytest.approx(0.0)


@pytest.mark.parametrize("leak", [0.0, 0.2e-12])
def test_an_overload_has_the_sign_of_the_current_that_is_really_driven(leak: float) -> None:
    """Without a circuit, an anodic current drives the output up and a cathodic one down."""
    output = Output(DriveConfig(gain_error=1e-3, leak=leak), 1e-12, 0.0)
    wave = np.array([1e-9, -1e-9, 0.1e-12, -0.1e-12])
    signs = [1.0, -1.0, 1.0, 1.0 if leak else -1.0]
    assert output.overload(wave) == pytest.approx(10.0 * np.array(signs))


@pytest.mark.parametrize("cell", [Circuit(1e8, 1e9, 5e-12), Circuit(0.0, math.inf, 38e-12)])
def test_what_is_plated_or_stripped_looks_the_same_but_for_the_sign(cell: Circuit) -> None:
    """Contact from overload and all that follows is mirrored when the current is."""
    exact = Output(EXACT, 1e-12, 0.0)

    def run(current: float) -> Answer:
        wave = np.full(40, current)
        one = bridge(DummyCell(cell), stray=float(exact.overload(wave)[0]))
        return exact.run(one, "current", wave, ROW)

    anodic, cathodic = run(0.4e-9), run(-0.4e-9)
    assert cathodic.potential == pytest.approx(-anodic.potential, rel=1e-9)
    assert cathodic.current == pytest.approx(-anodic.current, rel=1e-9)


def test_the_overload_discharges_into_the_cell_at_contact() -> None:
    """1 pF at 10 V shares its charge with 38 pF: 10 pC come to rest at 10 V / 39."""
    output = Output(EXACT, 1e-12, 0.0)
    one = bridge(DummyCell(Circuit(0.0, math.inf, 38e-12)), stray=10.0)
    answer = output.run(one, "current", np.zeros(4), ROW)
    assert answer.potential == pytest.approx(10.0 / 39.0, rel=1e-3)
    assert answer.current.sum() * ROW == pytest.approx(1e-12 * (10.0 - 10.0 / 39.0), rel=1e-3)


def test_the_overload_falls_over_a_resistor_with_its_time_constant() -> None:
    """1 pF over 1 Gohm, a millisecond: implicit steps of 1/8 ms come near the exponential."""
    output = Output(EXACT, 1e-12, 0.0)
    one = bridge(DummyCell(Circuit(1e9, 0.0)), stray=10.0)
    step = 1e-3 / 8
    answer = output.run(one, "current", np.zeros(4), step)
    assert answer.potential == pytest.approx(10.0 / (1 + step / 1e-3) ** np.arange(1, 5), rel=1e-3)


def test_a_drive_that_names_an_earlier_row_continues_there() -> None:
    """Row r ends at (r - since + 1) rows of the waveform."""
    imposed = Imposed("potential", Constant(0.3), since=5)
    assert (imposed.values(5, 9, CLOCK) == 0.3).all()


class RunsAway(DummyCell):
    """A cell without a solution beyond a potential, as a depleted one has none."""

    def run(self, mode, wave, step) -> Response:  # type: ignore[no-untyped-def]
        """Raise where an ideal capacitor would pass 40 V."""
        twin = self.copy()
        response = DummyCell.run(twin, mode, wave, step)
        if (abs(response.potential) > 40.0).any():
            raise ArithmeticError("no solution")
        self._potential = twin._potential
        return response


def test_a_cell_without_a_solution_ends_at_the_compliance() -> None:
    """The steps before it are still right."""
    output = Output(EXACT, 0.0, 0.0)
    cell = RunsAway(Circuit(0.0, math.inf, 1e-12))
    answer = output.run(bridge(cell), "current", np.full(100, -1e-9), ROW)
    assert answer.potential[:3] == pytest.approx(-1e-9 * ROW / 1e-12 * np.arange(1, 4))
    assert answer.limited.tolist() == [False] * 3 + [True] * 97
    assert (answer.potential[3:] == -10.0).all()


def test_a_current_that_is_too_large_ends_the_discharge_at_the_compliance() -> None:
    """20 nA into 5 pF leave 10 V within a row or two; the leads do not carry them farther."""
    output = Output(EXACT, 1e-12, 0.0)
    one = bridge(DummyCell(Circuit(0.0, math.inf, 5e-12)), stray=10.0)
    answer = output.run(one, "current", np.full(50, -20e-9), ROW)
    assert abs(answer.potential).max() == 10.0
    assert answer.limited[5:].all()


def test_slow_noise_is_the_same_however_it_is_read_and_keeps_no_past() -> None:
    """Pages are drawn once, cut anyhow; what is long gone is refused rather than invented."""
    whole = SlowNoise(3, "offset", 500.0).rows(0, 5 * PAGE)
    cut = SlowNoise(3, "offset", 500.0)
    edges = [0, 10, PAGE - 1, PAGE + 7, PAGE - 3, 3 * PAGE + 1, 5 * PAGE]
    for start, stop in ((a, b) for a, b in pairwise(edges) if b > a):
        assert np.array_equal(cut.rows(start, stop), whole[start:stop])
    assert np.array_equal(cut.rows(4 * PAGE - 5, 5 * PAGE), whole[4 * PAGE - 5 :])
    with pytest.raises(ValueError, match="no longer kept"):
        cut.rows(0, 10)
