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

A sample with a step is not a plane: the scatter of all landings says little there of how deep the
surface may be. So it is not taken to lie farther below the lowest of the nearest landings than
neighbours differ, either; and it may be as high as the highest of those beside the place.

A landing whose programme showed no contact may have been noise. It counts for nothing beside those
that did show one; alone it bounds the next descent, and is forgotten if that misses it.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from seccm.arrays import FloatArray
from seccm.hopping.relief import Relief
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
MOST_CAUTION = 16.0
"""Times the usual scatter that is kept away from a surface that surprised again and again."""
QUESTION = 2
"""Descents in succession that miss the surface, after which a person has to look at the tip."""
DEEPER = 4.0
"""Times the margin of the plan, at the most, that descents go below landings that may all have
been on particles; each question to a person doubles it."""
NEIGHBOURS = 3
"""Landings around a place that say how low the surface may be there."""
BESIDE = 1.5
"""Times as far as the nearest landing is still beside a place: in a grid, all around it."""
ALIKE = 1.0 / 3.0
"""Share of the pairs of neighbours that are taken to lie on one level of the sample, at the least;
by chance, `_THIRD` times the standard deviation lies between those of that share."""
_THIRD = 0.4307 * 2.0**0.5
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
    scatter: float = 0.0
    """Metres by which contact may come earlier: three standard deviations, and more after a
    surprise."""

    @property
    def lowest(self) -> float:
        """The least height at which contact is still to be expected, metres."""
        return self.z - self.margin

    @property
    def highest(self) -> float:
        """The height above which there is nothing to touch, metres."""
        return self.z + max(self.margin, self.scatter)


_Height = tuple[float, float, float, float]
"""x, y, z in metres, and when, in seconds."""


class Terrain:
    """What is known of the surface: told every landing, asked before every descent."""

    def __init__(self) -> None:
        self._landings: deque[_Height] = deque(maxlen=REMEMBERED)
        self._doubtful: deque[_Height] = deque(maxlen=REMEMBERED)
        """Those of them that may have been noise."""
        self.relief = Relief()
        """The heights of all landings, for whoever asks about a place and no plane."""
        self._glimpses: list[_Height] = []
        """Short contacts before the first landing: they may have been spikes."""
        self.missed = 0
        """Descents in succession that should have met the surface and did not, since the last
        landing or question."""
        self._caution = 1.0
        """By how much more than usual the surface is not to be relied on."""
        self._deeper = 1.0
        """Times the plan's margin by which descents may go below the surface."""

    @property
    def known(self) -> bool:
        """Whether anything is known of where the surface is."""
        return bool(self._landings or self._glimpses)

    @property
    def highest(self) -> float:
        """Where the highest landing was, z in metres; minus infinity before there was one.

        A tip that travels lower may run into that part of the sample.
        """
        return max((one[2] for one in self._trusted), default=-math.inf)

    @property
    def landings(self) -> int:
        """How many landings that can be trusted are remembered."""
        return len(self._trusted)

    @property
    def lone(self) -> bool:
        """Whether there are landings, and no two of them agree: each may be on a particle."""
        return bool(self._landings) and not any(map(self._agrees, self._landings))

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
        self.relief.tell(x, y, z)
        self._glimpses.clear()
        self.missed, self._deeper = 0, 1.0

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

    def forget(self) -> None:
        """Forget everything: another part of the sample is below the tip."""
        self._landings.clear()
        self._doubtful.clear()
        self._glimpses.clear()
        self.relief = Relief()
        self.missed, self._caution, self._deeper = 0, 1.0, 1.0

    def miss(self) -> None:
        """Take note of a descent that should have met the surface and did not."""
        self.missed += 1
        self._glimpses.clear()
        if not self._trusted:
            self._landings.clear()

    def asked(self) -> None:
        """Take note that a person was asked to look at the pipette: descents are counted again.

        They go no deeper for that where landings agree. Those that stand alone were perhaps on
        particles: with a pipette that is well, a descent that missed them says so.
        """
        self.missed = 0
        if self.lone:
            self._deeper = min(2.0 * self._deeper, DEEPER)

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
        margin *= self._deeper
        told = np.array(self._trusted or self._landings or self._glimpses)
        places = told[:, :2] - (x, y)
        plane = _prediction(places, told[:, 2], told[:, 3] - t)
        scatter = SIGMAS * plane.deviation
        expected = Expected(plane.z, max(margin, scatter), self._caution * scatter)
        near = _levels_near(places, told[:, 3] - t, plane)
        if near is None:
            return expected
        lowest, highest = near
        above = expected.z + expected.scatter
        if highest.z > above:
            # A plane through two levels may lie below the upper one, to which a landing beside is
            # witness.
            above = highest.z + SIGMAS * highest.deviation
        below = max(margin, SIGMAS * lowest.deviation)
        if lowest.z - below <= expected.lowest:
            return Expected(expected.z, expected.margin, above - expected.z)
        return Expected(lowest.z, below, above - lowest.z)

    def surprise(self) -> None:
        """Take note that the surface was not where it was expected: less haste for a while."""
        self._caution = min(2.0 * self._caution, MOST_CAUTION)

    def confirm(self) -> None:
        """Take note that the surface was where it was expected."""
        self._caution = max(1.0, 0.5 * self._caution)

    def latest(self, x: float, y: float, t: float, margin: float) -> Expected | None:
        """Return where the surface should be by the newest landing alone; as `expect`.

        For a surface that is not a plane: it is as high as there, but for tilt, drift and scatter.
        """
        if not self.known:
            return None
        there_x, there_y, z, then = (self._trusted or self._landings or self._glimpses)[-1]
        tilt = TILT * float(np.hypot(x - there_x, y - there_y))
        scatter = float(np.hypot(SIGMAS * SCATTER, tilt + DRIFT * abs(t - then)))
        return Expected(z, max(margin, scatter), self._caution * scatter)


class _Plane(NamedTuple):
    """What a fit, or some landings, say of the height at a place."""

    z: float
    """Metres."""
    deviation: float
    """Its standard deviation, metres."""
    fit: float = 0.0
    """The share of it that is not the scatter of single landings, metres."""
    levels: FloatArray = np.zeros(0)
    """How high the surface is at the place and now if it is as at each landing, and no steeper or
    faster than a sample may be; shape (n,), metres."""


def _levels_near(
    places: FloatArray, ages: FloatArray, plane: _Plane
) -> tuple[_Plane, _Plane] | None:
    """Return where the surface is by the lowest of the nearest landings, and the highest beside.

    Their deviation is that of neighbours from each other, and what tilt and drift may add. None
    if there are too few landings.

    Args:
        places: of the landings, shape (n, 2), metres from the place that is asked for.
        ages: of them, shape (n,), seconds from now.
        plane: that was fitted to them.
    """
    if len(places) <= NEIGHBOURS:
        return None
    between = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    beside = np.argsort(between, axis=1, kind="stable")[:, 1 : NEIGHBOURS + 1]
    apart = np.abs(plane.levels[beside] - plane.levels[:, None])
    scatter = max(SCATTER, float(np.quantile(apart, ALIKE)) / _THIRD)
    away = np.hypot(*places.T)
    nearest = np.argsort(away, kind="stable")[:NEIGHBOURS]

    def level(one: int) -> _Plane:
        slack = (TILT * away[one] + DRIFT * abs(ages[one])) / SIGMAS
        deviation = np.hypot(min(plane.fit, slack), scatter)
        return _Plane(float(plane.levels[one]), float(deviation))

    beside_it = nearest[away[nearest] <= BESIDE * away[nearest[0]]]
    lowest, highest = plane.levels[nearest].argmin(), plane.levels[beside_it].argmax()
    return level(nearest[lowest]), level(beside_it[highest])


def _prediction(places: FloatArray, heights: FloatArray, ages: FloatArray) -> _Plane:
    """Return the height expected at the origin now, by a plane that sinks or rises steadily.

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
    fit, deviation = np.sqrt([covariance[0, 0], covariance[0, 0] + variance]) * 1e-6
    most = np.array([TILT, TILT, DRIFT]) * 1e6
    levels = z - design[:, 1:] @ np.clip(found[1:], -most, most)
    height = middle + float(found[0]) * 1e-6
    return _Plane(height, float(deviation), float(fit), middle + levels * 1e-6)
