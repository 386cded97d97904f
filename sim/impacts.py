"""The virtual suspension: particles that hit the electrode, each a spike of the current.

Hits come at random (a Poisson train), with charges of a log-normal distribution; the current of
each decays exponentially. Some particles stay and go on reacting: the current rises by a step. Both
depend on the potential: of the full charge, the share 1 / (1 + exp(-(E - E_half) / w)) passes.

Which hits there are is drawn beforehand, in pages of time, from the generator of the landing:
whoever knows that knows what will be seen, however the rows are cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from seccm.arrays import FloatArray
from sim.cell import Droplet, Mode, Response
from sim.dummy import Circuit, DummyCell

PAGE = 64.0
"""Seconds whose hits are drawn together."""
_FORGOTTEN = 30.0
"""Time constants after which nothing is left of a spike."""


@dataclass(frozen=True, slots=True)
class Suspension:
    """What hits the electrode, and how often."""

    rate: float = 1.0
    """Hits per second."""
    charge: float = 1e-12
    """C, the median of the full charge, anodic positive."""
    spread: float = 0.5
    """Standard deviation of the logarithm of the charge."""
    tail: float = 5e-3
    """s, time constant of the decay."""
    half: float = -math.inf
    """V, at which half of the charge passes, against the reference of the cell."""
    slope: float = 0.03
    """V over which that share changes; negative for a reduction."""
    staying: float = 0.0
    """Per second, particles that stay."""
    step: float = 5e-12
    """A, by which each of them raises the current."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Hits of one page; times in s since the landing."""

    starts: FloatArray
    charges: FloatArray
    """C, full charges."""
    stays: FloatArray
    """When particles came that stay."""


@dataclass(slots=True)
class Train:
    """The hits of one landing, drawn as far as they are asked for.

    Args:
        suspension: what hits.
        seed: of the landing.
    """

    suspension: Suspension
    seed: int
    _pages: list[Hits] = field(default_factory=list)

    def until(self, t: float) -> Hits:
        """Return the hits of the pages up to a time, all of them at least that begin before it."""
        while len(self._pages) * PAGE <= t:
            self._pages.append(self._page(len(self._pages)))
        pages = self._pages
        return Hits(*(np.concatenate([getattr(p, n) for p in pages]) for n in Hits.__slots__))

    def _page(self, number: int) -> Hits:
        rng = np.random.default_rng([self.seed, number])
        s, begin = self.suspension, number * PAGE
        starts = begin + np.sort(rng.uniform(0.0, PAGE, rng.poisson(s.rate * PAGE)))
        charges = s.charge * np.exp(s.spread * rng.standard_normal(starts.size))
        stays = begin + np.sort(rng.uniform(0.0, PAGE, rng.poisson(s.staying * PAGE)))
        return Hits(starts, charges, stays)


def share(suspension: Suspension, potential: FloatArray) -> FloatArray:
    """Return the share of the full charge that passes at some potentials."""
    if suspension.half == -math.inf:
        return np.ones(potential.shape)
    x = np.clip((potential - suspension.half) / suspension.slope, -500.0, 500.0)
    found: FloatArray = 1.0 / (1.0 + np.exp(-x))
    return found


class ImpactCell:
    """A circuit for the electrode itself, and hits on it while a potential is imposed.

    Args:
        circuit: the electrode without particles.
        train: of hits.
    """

    def __init__(self, circuit: Circuit, train: Train) -> None:
        self._electrode, self._train = DummyCell(circuit), train
        self._t = 0.0
        """Seconds since the landing."""

    def wet(self, droplet: Droplet) -> None:
        """Connect the electrode; the hits begin."""
        self._electrode.wet(droplet)
        self._t = 0.0

    def reshape(self, droplet: Droplet) -> None:
        """Do nothing: the hits do not depend on the droplet's shape."""

    def run(self, mode: Mode, wave: FloatArray, step: float) -> Response:
        """Drive the electrode through `wave`, one value a step; see `Cell.run`."""
        answer = self._electrode.run(mode, wave, step)
        times = self._t + step * np.arange(wave.size + 1, dtype=np.float64)
        self._t = float(times[-1])
        if mode != "potential" or not wave.size:
            return answer
        passed = np.diff(self._charge(times)) / step
        part = share(self._train.suspension, answer.potential)
        return Response(answer.potential, answer.current + part * passed)

    def copy(self) -> Self:
        """Return an independent copy in the same state; the hits are the same."""
        twin = object.__new__(type(self))
        vars(twin).update(vars(self), _electrode=self._electrode.copy())
        return twin

    def _charge(self, t: FloatArray) -> FloatArray:
        """Return the full charge that has passed at some times, but for what never changes."""
        s, hits = self._train.suspension, self._train.until(float(t[-1]))
        charge = np.zeros(t.size)
        near = (hits.starts < t[-1]) & (hits.starts > t[0] - _FORGOTTEN * s.tail)
        for start, full in zip(hits.starts[near], hits.charges[near], strict=True):
            since = int(np.searchsorted(t, start))
            charge[since:] -= full * np.expm1(-(t[since:] - start) / s.tail)
        for start in hits.stays[hits.stays < t[-1]]:
            charge += s.step * np.maximum(t - start, 0.0)
        return charge
