"""The noise of the current with nothing touching, and the contact threshold that it allows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.analysis.quality import hum
from seccm.arrays import FloatArray
from seccm.commissioning.record import Record, record
from seccm.conductor.conductor import Conductor
from seccm.rig import Constant, Drive, Mode, RigInfo
from seccm.rig.contact import Polarity

MAINS = (50.0, 60.0)
"""Hertz."""
SHORTEST = 0.5
"""Seconds of record below which neither drift nor hum can be told."""
CORRELATED = 0.1
"""Correlation of neighbouring rows above which consecutive rows count as one look."""


@dataclass(frozen=True, slots=True)
class Noise:
    """What a zero-current record shows; in amperes and seconds."""

    offset: float
    """Mean."""
    rms: float
    """Of a row, after its straight drift and the hum are taken off."""
    drift: float
    """A/s, of a straight line."""
    drift_error: float
    """Standard error of the drift, for independent rows."""
    hum: dict[float, float]
    """Amplitude at each mains frequency in hertz; NaN where it cannot be told."""
    correlation: float
    """Of neighbouring rows, of what is left without drift and hum; 0 for white noise."""
    rows: int
    """Rows in the record."""

    @property
    def worst_hum(self) -> float:
        """The larger of the amplitudes at the mains frequencies; 0 if none can be told."""
        return max((a for a in self.hum.values() if np.isfinite(a)), default=0.0)


@dataclass(frozen=True, slots=True)
class Looks:
    """How often, and at what, an approach looks for contact."""

    duration: float
    """Seconds of one approach."""
    probability: float
    """Accepted for a false contact in one approach."""
    consecutive: int = 1
    """Rows in a row that the contact rule wants to see."""
    polarity: Polarity = "either"
    window: float | None = None
    """Seconds of the moving mean of raw samples a rig looks at; None where it looks at rows."""


def quiet(info: RigInfo) -> Drive:
    """Return the drive under which no current should flow: zero volts, or an open cell."""
    mode: Mode = "potential" if "potential" in info.modes else "open"
    return Drive(mode, Constant(0.0))


def zero_current(conductor: Conductor, seconds: float) -> Record:
    """Record the current at zero volts (or of an open cell); the tip does not move."""
    return record(conductor, quiet(conductor.info), seconds)


def judge_noise(found: Record) -> Noise:
    """Return what a zero-current record shows.

    Raises:
        ValueError: the record is too short, has rows at the end of a range, or is dead.
    """
    x, t = found.current, found.time
    if len(x) * found.clock.period < SHORTEST:
        raise ValueError(f"a noise record needs at least {SHORTEST} s")
    if found.spoilt:
        raise ValueError(
            f"{found.spoilt} data points are at the end of a range: this is "
            "not a zero-current record"
        )
    found.refuse_dead()
    middle = t - t.mean()
    waves = [f(2 * np.pi * mains * middle) for mains in MAINS for f in (np.cos, np.sin)]
    columns = np.column_stack([np.ones(len(t)), middle, *waves])
    fitted, *_ = np.linalg.lstsq(columns, x, rcond=None)
    left = x - columns @ fitted
    rms = float(np.sqrt(left @ left / (len(x) - columns.shape[1])))
    amplitudes = {
        mains: _amplitude(x, found.clock.period, mains, found.clock.window) for mains in MAINS
    }
    return Noise(
        offset=float(fitted[0]),
        rms=rms,
        drift=float(fitted[1]),
        drift_error=rms / float(np.sqrt(middle @ middle)),
        hum=amplitudes,
        correlation=float(left[1:] @ left[:-1] / (left @ left)) if left.any() else 0.0,
        rows=len(x),
    )


def _amplitude(x: FloatArray, period: float, mains: float, averaging: float) -> float:
    found = hum(x, period, mains, averaging)
    return found.value if found.status.has_value else float("nan")


def row_chance(probability: float, rows: int, consecutive: int) -> float:
    """Return how often a single row may be past the threshold.

    A run of k rows begins at one of n - k + 1 places; the chance of any is at most the sum of
    their chances q^k, so that q = (p / (n - k + 1))^(1/k) keeps it below p for independent rows.
    """
    places = max(1, rows - consecutive + 1)
    return float((probability / places) ** (1.0 / consecutive))


def contact_threshold(noise: Noise, looks: Looks, clock_period: float, averaged: float) -> float:
    """Suggest a threshold in amperes for the current measured from zero.

    The Gaussian tail of the noise comes on top of everything that is not noise: offset, drift
    over one approach and the full amplitude of the hum. Rows that are correlated, and the moving
    mean of raw samples, are looked at as if one were enough: the sum of chances holds for them
    too, and the threshold is on the safe side.

    Args:
        noise: of rows.
        looks: what an approach does.
        clock_period: seconds from row to row.
        averaged: seconds averaged in a row.
    """
    rows = max(1, round(looks.duration / clock_period))
    rms, consecutive = noise.rms, looks.consecutive
    if looks.window is not None:
        rms *= float(np.sqrt(max(1.0, averaged / looks.window)))
        rows = max(rows, round(rows * clock_period / looks.window * _OVERLAP))
        consecutive = 1
    elif noise.correlation > CORRELATED:
        consecutive = 1
    chance = row_chance(looks.probability, rows, consecutive)
    sides = 2.0 if looks.polarity == "either" else 1.0
    tail = -float(scipy.special.ndtri(min(chance, 1.0) / sides))
    steady = abs(noise.offset) + abs(noise.drift) * looks.duration + noise.worst_hum
    return steady + max(tail, 0.0) * rms


_OVERLAP = 64.0
"""Looks in the length of a moving mean: 0.64 ms of samples every 10 us."""
