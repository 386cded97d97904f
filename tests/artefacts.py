"""What goes wrong with a galvanostatic record, planted into records whose truth is known."""

from dataclasses import dataclass

import numpy as np
from planted import FAST, MIDDLE, ROW, SLOW

LOST = -6.9
"""Volts at the end of a range, where a potential goes while no circuit is closed."""


@dataclass(frozen=True)
class Truth:
    """A record without noise, and where it nucleates; NaN if it never does."""

    name: str
    t: np.ndarray
    e: np.ndarray
    i: np.ndarray
    e_nuc: float = np.nan
    t_nuc: float = np.nan

    @property
    def span(self) -> float:
        """Seconds to which the places of artefacts refer."""
        return self.t_nuc if np.isfinite(self.t_nuc) else 0.7 * float(self.t[-1])


def closed_forms():
    """Three that nucleate, after 17, 4 and 0.8 s, and four that do not."""
    for name, planted in (("slow", SLOW), ("middle", MIDDLE), ("fast", FAST)):
        t, e, i = planted.record(0.0, 0)
        when, potential = planted.minimum()
        yield Truth(name, t, e, i, potential, when)
    t = ROW * np.arange(1, round(4.0 / ROW))
    for deep, time, slope in (
        (0.25, 0.6, 0.03),
        (0.2, 1.5, 5e-3),
        (0.3, 0.3, 0.1),
        (0.1, 3.0, 0.02),
    ):
        e = 1.2 * np.exp(-t / 0.05) + deep * np.exp(-t / time) - slope * t
        yield Truth(f"falls, {time} s", t, e, np.full(t.size, -1e-9))


@dataclass(frozen=True)
class Spoiled:
    """A record with an artefact, and what it was."""

    t: np.ndarray
    e: np.ndarray
    i: np.ndarray
    what: str


def _dip(truth, x, rng):
    """A smooth dip of 20 to 150 ms."""
    width, depth = rng.choice([0.02, 0.05, 0.1, 0.15]), rng.choice([0.02, 0.05, 0.1])
    phase = np.clip(np.abs(x) / width, 0.0, 0.5)
    shape = (np.exp(-0.5 * (2.355 * x / width) ** 2), np.cos(np.pi * phase),
             0.5 + 0.5 * np.cos(2.0 * np.pi * phase))[rng.integers(3)]  # fmt: skip
    return truth.e - depth * shape, truth.i, f"dip {depth} V, {width} s"


def _slip(truth, x, rng):
    """A step that stays, within one row or eight."""
    height, rows = rng.choice([-1, 1]) * rng.choice([0.02, 0.05]), rng.choice([1, 3, 8])
    return truth.e + height * np.clip(x / ROW / rows, 0, 1), truth.i, f"slip {height} V in {rows}"


def _relaxation(truth, x, rng):
    """A step from which the potential relaxes."""
    height, time = rng.choice([-1, 1]) * rng.choice([0.05, 0.1]), rng.choice([0.3, 1.0])
    late = np.where(x > 0, np.exp(-np.maximum(x, 0.0) / time), 0.0)
    return truth.e + height * late, truth.i, f"step {height} V, relaxing in {time} s"


def _hum(truth, x, rng):
    """Hum of the mains."""
    size, mains = rng.choice([1e-3, 3e-3, 10e-3, 20e-3]), rng.choice([50.0, 60.0])
    wave = size * np.sin(2 * np.pi * mains * truth.t + rng.uniform(0, 6))
    return truth.e + wave, truth.i, f"hum {size} V, {mains} Hz"


def _rolled(truth, x, rng):
    """Potentials moved against time and current; what leaves at one end comes in at the other."""
    rows = int(rng.choice([-20, -8, -3, 3, 8, 20]))
    return np.roll(truth.e, rows), truth.i, f"rolled by {rows}"


def _lost(truth, x, rng):
    """The contact is lost and regained; no flag says so."""
    rows, e, i = int(rng.choice([5, 20, 80])), truth.e.copy(), truth.i.copy()
    first = int(np.searchsorted(x, 0.0))
    e[first : first + rows], i[first : first + rows] = LOST, 0.0
    e[first + rows :] -= 0.5 * np.exp(-(ROW / 0.01) * np.arange(e[first + rows :].size))
    return e, i, f"lost for {rows} rows"


def _upward_drift(truth, x, rng):
    """A reference that drifts upwards makes a minimum of any fall."""
    rate = rng.choice([0.02, 0.05, 0.1])
    return truth.e + rate * truth.t, truth.i, f"drift {rate} V/s"


SMALL = (3e-3, 5e-3, 10e-3)
"""Volts of artefacts that noise may hide."""


def small_dip(truth, x, rng, height):
    """A smooth dip or bump of 20 to 150 ms."""
    width = rng.choice([0.02, 0.05, 0.1, 0.15])
    phase = np.clip(np.abs(x) / width, 0.0, 0.5)
    shape = (np.exp(-0.5 * (2.355 * x / width) ** 2), np.cos(np.pi * phase),
             0.5 + 0.5 * np.cos(2.0 * np.pi * phase))[rng.integers(3)]  # fmt: skip
    return truth.e - rng.choice([-1, 1]) * height * shape


def small_slip(truth, x, rng, height):
    """A step that stays, within one row to eight."""
    rows = rng.choice([1, 3, 8])
    return truth.e + rng.choice([-1, 1]) * height * np.clip(x / ROW / rows, 0, 1)


def small_relaxation(truth, x, rng, height):
    """A step from which the potential relaxes."""
    late = np.where(x > 0, np.exp(-np.maximum(x, 0.0) / rng.choice([0.3, 1.0])), 0.0)
    return truth.e + rng.choice([-1, 1]) * height * late


NUCLEATING = {"dip": _dip, "slip": _slip, "relaxation": _relaxation, "hum": _hum,
              "rolled": _rolled, "lost": _lost}  # fmt: skip
"""Artefacts of records that nucleate."""
FALLING = NUCLEATING | {"upward drift": _upward_drift}
"""Artefacts of records that do not. A record that nucleates does not tell a steady drift."""


def spoiled(truth: Truth, kind: str, noise: float, rng: np.random.Generator) -> Spoiled:
    """Plant an artefact of a kind somewhere, and add noise."""
    place = rng.choice([0.35, 0.5, 0.7, 0.85, 0.97, 1.03, 1.1, 1.25])
    e, i, what = FALLING[kind](truth, truth.t - place * truth.span, rng)
    noisy = e + noise * rng.standard_normal(e.size)
    return Spoiled(truth.t, noisy, i, f"{truth.name}, {what}, at {place}, noise {noise}")
