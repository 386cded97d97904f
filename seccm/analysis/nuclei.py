"""How many nuclei there are and how fast they appear, from the shape and size of a transient.

The general form of Heerman and Tarallo (see `seccm.analysis.reduced_transient`) has three numbers,

    i = P t^-1/2 (Phi / Theta) (1 - exp(-k t Theta)),    P = z F c S (D / pi)^1/2,
    k = pi D N0 (8 pi c M / rho)^1/2,

and the rate A of nucleation at a site, in Phi and Theta. Shape, time and height of the maximum tell
them. Towards the instantaneous limit A is only known to be large, towards the progressive one N0 is
only known to be large and A to be small: there they have bounds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seccm.analysis.reduced_transient import Compared, top
from seccm.program.trace import Area
from seccm.results import Status, Value

FARADAY = 96485.33212
_SURE = 2.0
"""Standard uncertainties of the shape within which it is."""
_LIMIT = 0.04
"""Distance from a limit, in shape, within which a transient cannot be told from it."""


@dataclass(frozen=True, slots=True)
class Deposit:
    """What is deposited, and from what."""

    concentration: float
    """mol/m3, of the ion in solution."""
    molar_volume: float
    """m3/mol, of the deposit."""
    electrons: float
    """Per ion."""


@dataclass(frozen=True, slots=True)
class Nuclei:
    """What a transient says of its nuclei."""

    rate: Value
    """1/s: A, of nucleation at a site."""
    density: Value
    """1/m2: N0, of sites."""
    product: Value
    """1/(m2 s): A N0, at which nuclei appear at first."""
    diffusivity: Value
    """m2/s, of the ion."""


def nuclei(found: Compared, area: Area, deposit: Deposit | None) -> Nuclei:
    """Return what a transient says of its nuclei.

    Args:
        found: how it compares with the family.
        area: wetted.
        deposit: without it there is the rate alone.
    """
    shape = found.shape
    if not shape.status.has_value:
        none = Value.none(shape.status)
        return Nuclei(none, none, none, none)
    low, high = (shape.value + side * _SURE * shape.error for side in (-1.0, 1.0))
    progressive, instantaneous = low < _LIMIT, high > 1.0 - _LIMIT
    edges = (float(np.clip(one, _LIMIT, 1.0 - _LIMIT)) for one in (low, shape.value, high))
    each = [_At.of(found, edge, found.member(edge)) for edge in edges]
    status = shape.status
    rate = _within([one.rate for one in each], progressive, instantaneous, status)
    if deposit is None:
        none = Value.none(Status.NOT_MEASURED)
        return Nuclei(rate, none, none, none)
    # Each is known at one of the limits, and tends to infinity at the other one.
    sparse, dense = list(each), list(each)
    for k, shaped in enumerate((low, shape.value, high)):
        if shaped < _LIMIT:
            sparse[k] = _At.of(found, 0.0, 0.0)
        elif shaped > 1.0 - _LIMIT:
            dense[k] = _At.of(found, 1.0, math.inf)
    density = _within(
        [one.density(area, deposit) for one in reversed(dense)], False, progressive, status
    )
    product = _within([one.product(area, deposit) for one in sparse], False, instantaneous, status)
    ends = [one.diffusivity(area, deposit) for one in (sparse[0], dense[1], dense[2])]
    middle = sparse[1].diffusivity(area, deposit) if progressive else ends[1]
    d = Value.of(middle, abs(ends[0] - ends[2]) / (2.0 * _SURE), status)
    share = 2.0 * (area.error / area.value if math.isfinite(area.error) else 0.0)
    return Nuclei(rate, *(_widened(value, share) for value in (density, product, d)))


@dataclass(frozen=True, slots=True)
class _At:
    """The numbers of the member of the family with some shape."""

    rate: float
    """1/s: A; infinite in the instantaneous limit, 0 in the progressive one."""
    k: float
    """1/s; infinite in the progressive limit."""
    both: float
    """1/s2: A k."""
    flux: float
    """P, A s^1/2."""

    @classmethod
    def of(cls, found: Compared, shape: float, a: float) -> _At:
        """Return them for a shape, and A / k of its member."""
        x, height = top(a)
        t_max, i_max = found.maximum(shape)
        k = x / t_max
        flux = i_max / (math.sqrt(k) * height)
        if a == 0.0:  # there x is (A k / 2)^1/2 t
            return cls(0.0, math.inf, 2.0 * k**2, flux)
        return cls(a * k, k, a * k**2, flux)

    def diffusivity(self, area: Area, deposit: Deposit) -> float:
        """Return D."""
        charge = deposit.electrons * FARADAY * deposit.concentration * area.value
        return math.pi * (self.flux / charge) ** 2

    def density(self, area: Area, deposit: Deposit) -> float:
        """Return N0."""
        return self.k / self._of_one(area, deposit)

    def product(self, area: Area, deposit: Deposit) -> float:
        """Return A N0."""
        return self.both / self._of_one(area, deposit)

    def _of_one(self, area: Area, deposit: Deposit) -> float:
        """Return k for one site in a square metre."""
        kappa = math.sqrt(8.0 * math.pi * deposit.concentration * deposit.molar_volume)
        return math.pi * self.diffusivity(area, deposit) * kappa


def _within(ends: Sequence[float], below: bool, above: bool, status: Status) -> Value:
    """Return a number with two ends, each two standard uncertainties from it at the most.

    Args:
        ends: its lower end, itself, and its upper end.
        below: whether it may be anything below the upper end.
        above: whether it may be anything above the lower end.
        status: of the shape.
    """
    low, middle, high = ends
    if below and above:
        return Value.none(Status.NOT_DECIDED)
    if above:
        return Value.of(low, 0.0, status.worse(Status.AT_LEAST))
    if below:
        return Value.of(high, 0.0, status.worse(Status.AT_MOST))
    apart = max(math.log(high / middle), math.log(middle / low))
    return Value.of(middle, middle * apart / _SURE, status)


def _widened(value: Value, share: float) -> Value:
    if not value.status.has_value or value.status in (Status.AT_LEAST, Status.AT_MOST):
        return value
    return Value.of(value.value, math.hypot(value.error, share * value.value), value.status)
