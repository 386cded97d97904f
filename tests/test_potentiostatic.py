"""Nucleation under a held potential: onset, maximum and shape of the current."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seccm.analysis.potentiostatic import Transient, transient
from seccm.analysis.reduced_transient import HALF, reduced
from seccm.results import Status
from sim.cell import Droplet
from sim.lithium import LithiumCell
from sim.redox import RedoxCell, RedoxParameters

ROW = 2.57e-3
LARGE = 1e-3
"""m, a footprint to which diffusion is planar for every record here."""
INSTANTANEOUS, PROGRESSIVE = math.inf, 0.0
DROPLET = Droplet(3e-6, 4.66e-6, 1.2e-6, math.radians(18))


def shape_of(a: float) -> float:
    """Where a member of the family lies between the limits at half the time of its maximum."""
    at = [float(reduced(rate, np.array([HALF]))[0]) for rate in (PROGRESSIVE, a, INSTANTANEOUS)]
    return (at[1] - at[0]) / (at[2] - at[0])


class Planted:
    """A transient of nuclei, with charging before it, whose turns are known; 1 nA at the most."""

    def __init__(self, a: float, t_max: float, end: float, charging: float, decay: float) -> None:
        self.a, self.t_max, self.end = a, t_max, end
        self.charging, self.decay = charging, decay
        t = np.linspace(ROW, end, 100_000)
        i = self.at(t)
        self.low = int(np.argmin(i[t <= t_max]))
        self.top = self.low + int(np.argmax(i[self.low :]))
        self.onset, self.peak = float(t[self.low]), float(t[self.top])
        self.least, self.most = float(i[self.low]), float(i[self.top])

    def at(self, t: np.ndarray) -> np.ndarray:
        """Return the current in A, positive."""
        dying = self.charging * np.exp(-t / self.decay)
        return 1e-9 * (reduced(self.a, np.maximum(t, 1e-9) / self.t_max) + dying)

    def rows(self, noise: float, sign: float, rng: np.random.Generator) -> tuple:
        """Return times and means of rows, with noise as a share of the maximum."""
        t = ROW * np.arange(1, int(self.end / ROW) + 1)
        fine = t[:, np.newaxis] - ROW * (np.arange(16) + 0.5) / 16
        i = self.at(fine).mean(axis=1) + 1e-9 * noise * rng.standard_normal(t.size)
        return t, sign * i


def drawn(rng: np.random.Generator) -> Planted:
    a = float(rng.choice([PROGRESSIVE, 0.3, 2.0, 10.0, INSTANTANEOUS]))
    t_max = float(np.exp(rng.uniform(math.log(0.2), math.log(4.0))))
    charging = float(rng.choice([0.0, 2.0, 20.0]))
    return Planted(a, t_max, t_max * rng.uniform(0.6, 6.0), charging,
                   t_max * rng.uniform(0.01, 0.08))  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_planted_transients_are_found_within_three_uncertainties_or_say_what_is_wrong(seed):
    rng = np.random.default_rng(seed)
    planted = drawn(rng)
    sign = float(rng.choice([-1.0, 1.0]))
    t, i = planted.rows(10 ** rng.uniform(-3.5, -1.7), sign, rng)
    found = transient(t, i, LARGE)
    if found.t_max.status.trusted:
        assert abs(found.t_max.value - planted.peak) <= 3.0 * found.t_max.error
        assert abs(found.i_max.value - sign * planted.most) <= 3.5 * found.i_max.error
    else:
        assert planted.end < 1.6 * planted.t_max or not found.t_max.status.has_value
    if found.t_onset.status.trusted and planted.charging:
        assert abs(found.t_onset.value - planted.onset) <= 3.0 * found.t_onset.error
    if found.shape.status.trusted:
        assert abs(found.shape.value - shape_of(planted.a)) <= 3.0 * found.shape.error


def test_most_planted_maxima_are_found():
    """Those that were reached, of records that go on to twice their time."""
    rng = np.random.default_rng(7)
    seen = found = 0
    for _ in range(60):
        planted = drawn(rng)
        if planted.end > 2.0 * planted.t_max:
            seen += 1
            found += transient(*planted.rows(3e-3, -1.0, rng), LARGE).t_max.status.trusted
    assert found >= 0.9 * seen > 20


@pytest.mark.parametrize(
    ("a", "value"), [(INSTANTANEOUS, 1.0), (PROGRESSIVE, 0.0)], ids=["instantaneous", "progressive"]
)
def test_the_limits_are_told_apart_where_the_record_supports_it(a, value):
    rng = np.random.default_rng(3)
    long = Planted(a, 1.0, 5.0, 2.0, 0.02)
    found = transient(*long.rows(3e-3, -1.0, rng), LARGE).shape
    assert found.status is Status.OK
    assert abs(found.value - value) <= 3.0 * found.error < 0.5


def test_the_limits_are_those_of_scharifker_and_hills():
    tau = np.array([0.2, 0.5, 1.0, 2.0, 5.0])
    instantaneous = 1.9542 / tau * (1.0 - np.exp(-1.2564 * tau)) ** 2
    progressive = 1.2254 / tau * (1.0 - np.exp(-2.3367 * tau**2)) ** 2
    np.testing.assert_allclose(reduced(INSTANTANEOUS, tau) ** 2, instantaneous, rtol=2e-4)
    np.testing.assert_allclose(reduced(PROGRESSIVE, tau) ** 2, progressive, rtol=2e-4)
    np.testing.assert_allclose(reduced(1e6, tau), reduced(INSTANTANEOUS, tau), rtol=1e-4)
    np.testing.assert_allclose(reduced(1e-8, tau), reduced(PROGRESSIVE, tau), rtol=1e-3)


def test_the_shape_is_refused_where_diffusion_is_not_planar_or_a_current_flows_beside():
    rng = np.random.default_rng(4)
    planted = Planted(INSTANTANEOUS, 1.0, 5.0, 2.0, 0.02)
    t, i = planted.rows(3e-3, 1.0, rng)
    assert transient(t, i, 4.66e-6).shape.status is Status.NOT_LIKE_MODEL
    assert transient(t, i, 5e-5).shape.status is Status.NOT_PLANAR
    assert transient(t, i + 0.3e-9, LARGE).shape.status is Status.NOT_LIKE_MODEL


def test_an_anodic_deposit_gives_the_same_as_a_cathodic_one():
    t, i = Planted(2.0, 0.8, 3.0, 5.0, 0.03).rows(5e-3, 1.0, np.random.default_rng(5))
    up, down = transient(t, i, LARGE), transient(t, -i, LARGE)
    for name in ("t_onset", "t_max", "shape"):
        assert getattr(up, name) == getattr(down, name)
    for name in ("i_onset", "i_max"):
        a, b = getattr(up, name), getattr(down, name)
        assert (a.value, a.error, a.status) == (-b.value, b.error, b.status)


def hop(potential: float, duration: float, cell: LithiumCell) -> tuple[np.ndarray, np.ndarray]:
    """Hold a potential on a fresh droplet; 16 steps a row."""
    cell.wet(DROPLET)
    count = int(duration / ROW)
    response = cell.run("potential", np.full(16 * count, potential), ROW / 16)
    return ROW * np.arange(1, count + 1), response.current


@pytest.mark.parametrize("potential", [-0.10, -0.15, -0.20])
def test_lithium_on_gold_shows_its_onset_and_has_no_maximum(potential):
    """Growth in a droplet levels off: a maximum that nobody saw is awaited, not made up."""
    t, fine = hop(potential, 3.0, LithiumCell())
    rows = fine.reshape(t.size, 16).mean(axis=1)
    at = (np.arange(fine.size) + 0.5) * ROW / 16
    late = at > 0.02
    k = int(np.argmin(np.abs(fine[late])))
    truth, least = float(at[late][k]), float(fine[late][k])
    for seed in range(5):
        noisy = rows + 0.3e-12 * np.random.default_rng(seed).standard_normal(t.size)
        found = transient(t, noisy, 4.66e-6)
        assert found.t_onset.status is Status.OK
        assert abs(found.t_onset.value - truth) <= 3.0 * found.t_onset.error < 0.1 * truth
        assert found.i_onset.value == pytest.approx(least, rel=0.01)
        assert found.t_max.status is found.shape.status is Status.NO_MAXIMUM
        assert found.t_end == pytest.approx(t[-1])


@pytest.mark.parametrize("seed", range(12))
def test_a_couple_without_nuclei_has_neither_onset_nor_maximum(seed):
    rng = np.random.default_rng(seed)
    cell = RedoxCell(RedoxParameters(reduced=float(rng.uniform(0.1, 5.0)), capacitance=0.1))
    cell.wet(DROPLET)
    count = int(rng.choice([300, 1200, 4000]))
    response = cell.run("potential", np.full(count, float(rng.uniform(-0.3, 0.4))), ROW)
    noisy = response.current + 10 ** rng.uniform(-13.3, -11.5) * rng.standard_normal(count)
    found = transient(ROW * np.arange(1, count + 1), noisy, 4.66e-6)
    assert not any(one.status.trusted for one in (found.t_onset, found.t_max, found.shape))


def test_noise_alone_has_no_maximum():
    rng = np.random.default_rng(6)
    t = ROW * np.arange(1, 1168)
    found = [transient(t, 1e-12 * rng.standard_normal(t.size), LARGE) for _ in range(40)]
    assert not any(f.t_max.status.has_value or f.t_onset.status.has_value for f in found)


def artefact(kind: str, t: np.ndarray, i: np.ndarray, at: float) -> np.ndarray:
    size = 0.2 * float(np.median(np.abs(i)))
    if kind == "dip":
        return i + size * (np.abs(t - at) < 0.03 * at)
    if kind == "step":
        return i + size * (t > at)
    return i + size * np.sin(2.0 * math.pi * 50.0 * t)


@pytest.mark.parametrize("kind", ["dip", "step", "hum"])
@pytest.mark.parametrize("at", [0.5, 1.0, 2.0])
def test_what_the_instrument_does_is_no_clean_nucleation(kind, at):
    """On a current that dies away, and on one with an onset."""
    rng = np.random.default_rng(8)
    t = ROW * np.arange(1, 1168)
    for i in (-1e-9 * (1.0 + 3.0 * np.sqrt(ROW / t)), hop(-0.15, 3.0, LithiumCell())[1][::16]):
        clean = i + 0.3e-12 * rng.standard_normal(t.size)
        found = transient(t, artefact(kind, t, clean, at), 4.66e-6)
        plain = transient(t, clean, 4.66e-6)
        for one, right in ((found.t_onset, plain.t_onset), (found.t_max, plain.t_max)):
            if one.status.trusted:
                assert right.status.trusted
                assert abs(one.value - right.value) <= 3.0 * (one.error + right.error)


@pytest.mark.parametrize("count", [0, 1, 5, 27, 28, 60])
def test_short_and_empty_records_raise_nothing(count):
    t = ROW * np.arange(1, count + 1)
    found = transient(t, -1e-9 * np.ones(count), LARGE)
    assert isinstance(found, Transient)
    assert not found.t_onset.status.has_value
    holes = np.where(np.arange(count) % 3 == 0, math.nan, -1e-9)
    assert not transient(t, holes, LARGE).t_max.status.has_value


@pytest.mark.parametrize("rise", [0.03, 0.06])
def test_a_current_that_rises_by_a_few_percent_first_is_no_nucleation(rise):
    """As when a metal is dissolved: it relaxes for a moment, then falls for good."""
    t = ROW * np.arange(1, 400)
    rng = np.random.default_rng(9)
    i = 2e-9 * (1.0 - rise * np.exp(-t / 0.02)) * (1.0 - 0.3 * t)
    found = transient(t, i + 0.3e-12 * rng.standard_normal(t.size), 4.66e-6)
    assert not found.t_max.status.has_value
    assert not found.t_onset.status.has_value


def test_few_artefacts_pass_for_nucleation():
    """Steps that stay, rolled rows, lost contacts and spikes, planted into known transients.

    What lasts as long as a nucleation, or is 5 % of the current, may pass: at most one in seven.
    """
    rng = np.random.default_rng(11)
    clean = [hop(potential, 3.0, LithiumCell()) for potential in (-0.1, -0.15, -0.2)]
    records = [(t, i.reshape(t.size, 16).mean(axis=1)) for t, i in clean]
    records += [Planted(a, 0.8, 4.0, 5.0, 0.03).rows(0.0, -1.0, rng) for a in (0.0, 2.0, math.inf)]
    right = [transient(t, i, LARGE) for t, i in records]
    wrong = 0
    for k in range(140):
        which = int(rng.integers(len(records)))
        (t, i), truth = records[which], right[which]
        size = float(np.percentile(np.abs(i), 60))
        first = int(np.searchsorted(t, truth.t_onset.value * rng.uniform(0.5, 1.6)))
        spoiled = i.copy()
        match k % 4:
            case 0:
                spoiled[first:] += size * rng.choice([-0.2, -0.1, 0.1, 0.2])
            case 1:
                spoiled = np.roll(i, int(rng.choice([-20, -8, 8, 20])))
            case 2:
                spoiled[first : first + int(rng.choice([5, 20, 80]))] = 0.0
            case _:
                spoiled[first] += size * float(rng.choice([-4.0, 4.0]))
        noisy = spoiled + 1e-3 * size * rng.standard_normal(t.size)
        found = transient(t, noisy, LARGE)
        wrong += any(
            one.status.trusted and abs(one.value - true.value) > 3.0 * (one.error + true.error)
            for one, true in ((found.t_onset, truth.t_onset), (found.t_max, truth.t_max))
            if true.status.has_value
        )
    assert wrong <= 20


def test_what_noise_hides_is_in_the_uncertainty():
    """Slips, and dips shorter than a fifth of the time of the turn, of 3 to 10 % of the current.

    About the onset and about the maximum. Those that last half as long as the turn took are not
    told from it.
    """
    rng = np.random.default_rng(12)
    clean = [hop(potential, 3.0, LithiumCell()) for potential in (-0.1, -0.15, -0.2)]
    records = [(t, i.reshape(t.size, 16).mean(axis=1)) for t, i in clean]
    records += [Planted(a, 2.0, 8.0, 5.0, 0.03).rows(0.0, -1.0, rng) for a in (0.0, 2.0, math.inf)]
    right = [transient(t, i, LARGE) for t, i in records]
    wrong, count = {"t_onset": 0, "i_onset": 0, "t_max": 0, "i_max": 0}, 0
    for k in range(300):
        which = int(rng.integers(len(records)))
        (t, i), truth = records[which], right[which]
        size = float(np.percentile(np.abs(i), 60))
        late = truth.t_max.status.has_value and k % 4 > 1
        turn = (truth.t_max if late else truth.t_onset).value
        x = t - turn * rng.choice([0.6, 0.7, 0.85, 0.97, 1.03, 1.1, 1.25])
        height = size * rng.choice([-1, 1]) * rng.choice([0.03, 0.05, 0.1])
        width = turn * rng.uniform(0.05, 0.2)
        spoiled = i + height * (x > 0 if k % 2 else np.exp(-0.5 * (2.355 * x / width) ** 2))
        noise = float(rng.choice([3e-4, 1e-3, 3e-3]))
        found = transient(t, spoiled + noise * size * rng.standard_normal(t.size), LARGE)
        count += 1
        for name in wrong:
            one, true = getattr(found, name), getattr(truth, name)
            if one.status.trusted and true.status.has_value:
                wrong[name] += abs(one.value - true.value) > 3.0 * one.error
    assert max(wrong.values()) <= 0.02 * count


def test_records_without_an_artefact_stay_clean_and_within_three_uncertainties():
    rng = np.random.default_rng(13)
    for a in (0.0, 0.3, 2.0, math.inf):
        planted = Planted(a, 2.0, 8.0, 5.0, 0.03)
        for noise in (3e-4, 3e-3, 1e-2):
            found = transient(*planted.rows(noise, 1.0, rng), LARGE)
            for value, true in (
                (found.t_onset, planted.onset),
                (found.i_onset, planted.least),
                (found.t_max, planted.peak),
                (found.i_max, planted.most),
            ):
                assert value.status.trusted
                assert abs(value.value - true) <= 3.0 * value.error
