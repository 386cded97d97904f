"""Where the surface should be: the memory of the landings so far.

A pipette that is clogged or dry, or a contact rule that waits for the wrong sign, never sees the
surface: the glass is driven into it. Once the tip has landed, the surface is known, and no descent
goes far below it. The surface is taken for a plane that sinks or rises at a steady rate,

    z = a + b x + c y + d t,

with b and c small (of a mounted sample) and d small (drift) as the prior knowledge. This is
Bayesian linear regression, C. M. Bishop, Pattern Recognition and Machine Learning (2006), eq. 3.50
to 3.59: the uncertainty of the expected height grows by itself with the distance to the landings,
with their age, and with their scatter. One landing gives its own height; three that lie well apart
give a plane. A landing far off the others, such as on a particle, is given little weight.

A landing whose programme showed no contact may have been noise. It counts for nothing beside those
that did show one; alone it bounds the next descent, and is forgotten if that misses it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray
from seccm.plan.reach import TILT

SIGMAS = 3.0
"""Standard deviations that the surface may lie below where it is expected."""
SCATTER = 0.1e-6
"""Metres, rms, by which heights of contact scatter before anything is known of a sample: the drop
at the mouth of the pipette hangs now longer, now shorter."""
PRIOR_LANDINGS = 4
"""How many landings that assumed scatter counts for."""
AGREE = 3.0 * SCATTER
"""Metres within which two landings beside each other are at one height."""
DRIFT = 3e-9
"""Metres per second by which a surface may rise or sink."""
REMEMBERED = 200
"""Landings that are remembered; older ones tell little of where a drifting surface is."""
QUESTION = 2
"""Descents in succession that miss the surface, after which a person has to look at the tip."""
_OUTLIER = 2.4
"""Standard deviations at which a landing has half its weight: Cauchy's weights, 95 % efficient."""
_ROUNDS = 12
"""Of reweighting."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Where the surface should be below a place, and how far below that it may be."""

    z: float
    """Height of contact, metres."""
    margin: float
    """Metres."""

    @property
    def lowest(self) -> float:
        """The least height at which contact is still to be expected, metres."""
        return self.z - self.margin


_Height = tuple[float, float, float, float]
"""x, y, z in metres, and when, in seconds."""


class Terrain:
    """What is known of the surface: told every landing, asked before every descent."""

    def __init__(self) -> None:
        self._landings: deque[_Height] = deque(maxlen=REMEMBERED)
        self._doubtful: deque[_Height] = deque(maxlen=REMEMBERED)
        """Those of them that may have been noise."""
        self._glimpses: list[_Height] = []
        """Short contacts before the first landing: they may have been spikes."""
        self.missed = 0
        """Descents in succession that should have met the surface and did not, since the last
        landing or question."""

    @property
    def known(self) -> bool:
        """Whether anything is known of where the surface is."""
        return bool(self._landings or self._glimpses)

    @property
    def in_doubt(self) -> bool:
        """Whether so many descents missed the surface that a person has to look at the tip."""
        return self.missed >= QUESTION

    def tell(self, x: float, y: float, z: float, t: float) -> None:
        """Take note of a landing.

        Args:
            x: where the tip was, stage coordinates in metres.
            y: likewise.
            z: height of contact in metres.
            t: when, in seconds on the clock of all that is told and asked.
        """
        self._landings.append((x, y, z, t))
        self._glimpses.clear()
        self.missed = 0

    def doubt(self) -> None:
        """Take note that the newest landing may have been noise: no contact showed after it."""
        if self._landings:
            self._doubtful.append(self._landings[-1])

    def glimpse(self, x: float, y: float, z: float, t: float) -> None:
        """Take note of a contact that did not last; as `tell`.

        It serves where there is no landing yet, and until a descent missed it: a spike far above
        the surface looks the same.
        """
        if not self._landings:
            self._glimpses.append((x, y, z, t))

    def miss(self) -> None:
        """Take note of a descent that should have met the surface and did not."""
        self.missed += 1
        self._glimpses.clear()
        if not self._trusted:
            self._landings.clear()

    def asked(self) -> None:
        """Take note that a person was asked: descents are counted anew.

        They go no deeper for that. To resume says nothing of where the surface is.
        """
        self.missed = 0

    @property
    def _trusted(self) -> list[_Height]:
        """The landings that were real: those that showed a contact, or agree with each other."""
        sure = [one for one in self._landings if one not in self._doubtful]
        return sure or [one for one in self._landings if self._agrees(one)]

    def _agrees(self, one: _Height) -> bool:
        """Tell whether another landing is as high as one, but for the tilt of the sample."""
        return any(
            abs(other[2] - one[2])
            < AGREE + TILT * float(np.hypot(other[0] - one[0], other[1] - one[1]))
            for other in self._landings
            if other is not one
        )

    def expect(self, x: float, y: float, t: float, margin: float) -> Expected | None:
        """Return where the surface should be; None while it is unknown.

        Args:
            x: of the place, stage coordinates in metres.
            y: likewise.
            t: when, in seconds.
            margin: metres below the expected height that are allowed in any case.
        """
        if not self.known:
            return None
        told = np.array(self._trusted or self._landings or self._glimpses)
        z, deviation = _prediction(told[:, :2] - (x, y), told[:, 2], told[:, 3] - t)
        return Expected(z, max(margin, SIGMAS * deviation))


def _prediction(places: FloatArray, heights: FloatArray, ages: FloatArray) -> tuple[float, float]:
    """Return the height expected at the origin now, and its standard deviation; metres.

    Args:
        places: of landings, shape (n, 2), metres from the place that is asked for.
        heights: of contact, shape (n,), metres.
        ages: when they were, shape (n,), seconds from now.
    """
    # In microns, microns a metre and so on, the numbers are of one size.
    middle = float(np.median(heights))
    z: FloatArray = (heights - middle) * 1e6
    design = np.column_stack([np.ones(len(z)), places, ages])
    slope, rate = TILT * 1e6 / SIGMAS, DRIFT * 1e6 / SIGMAS
    prior = np.diag([1e-12, slope**-2, slope**-2, rate**-2])
    least = SCATTER * 1e6
    off: FloatArray = z
    variance = max(least, 1.4826 * float(np.median(np.abs(z)))) ** 2
    covariance: FloatArray = np.eye(4)
    found: FloatArray = np.zeros(4)
    for _ in range(_ROUNDS):
        weights = 1.0 / (1.0 + off**2 / (_OUTLIER**2 * variance))
        weighted = design.T * (weights / variance)
        covariance = np.asarray(np.linalg.inv(weighted @ design + prior), np.float64)
        found = covariance @ (weighted @ z)
        off = z - design @ found
        known = PRIOR_LANDINGS + float(weights.sum())
        variance = (PRIOR_LANDINGS * least**2 + float(weights @ off**2)) / known
    deviation = float(np.sqrt(covariance[0, 0] + variance))
    return middle + float(found[0]) * 1e-6, deviation * 1e-6
