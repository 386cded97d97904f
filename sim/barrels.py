"""The current between the two barrels of a pipette, through the liquid at its mouth.

It passes one barrel, the meniscus and the other barrel:

    i = V / (R1 + R2 + s / (2 kappa a h)),

with the bias V, the resistances R1 and R2 of the barrels, the conductivity kappa, the pipette's
radius a, the distance s of the barrels, here a, and the height h of the liquid: that of the hanging
drop in air, that of the gap from contact on. In air h is constant, whatever the tip does; over a
surface, of whatever material, it swings with the tip. A barrel is half a cone:
R1 = 2 / (pi kappa a tan(theta)). Two things add to that current in air as over a surface: what
leaks through the glass between the barrels, and what the swing couples into the wires, a quarter of
a period ahead of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from seccm.arrays import FloatArray
from seccm.quantities import Angle, Current, Resistance
from seccm.rig.barrels import BarrelsTable, share

_THINNEST = 0.01
"""Of the radius: liquid squeezed thinner than this is not resolved."""


class SimulatedBarrels(BarrelsTable):
    """A pipette with two barrels, as it is simulated."""

    conductivity: float = Field(1.29, gt=0)
    """Of the liquid in S/m; that of 0.1 M KCl at 25 degrees unless it is given."""
    half_angle: Angle = Field(0.08726646259971647, gt=0)
    """Inner half-angle of the pipette's cone; 5 degrees unless it is given."""
    second: float = Field(1.0, gt=0)
    """Resistance of the second barrel over that of the first, as it truly is: the rig knows only
    what `resistances` say."""
    septum: Resistance = Field(math.inf, gt=0)
    """Of the glass between the barrels."""
    pickup: Current = Field(0.0, ge=0)
    """Amplitude of the current that the swing of the tip couples into that between the barrels."""

    @property
    def true_mouth(self) -> float:
        """Volts by which the liquid at the mouth truly differs from the first barrel's."""
        return self.bias * share(1.0, self.second)


@dataclass(slots=True)
class Spell:
    """From contact until the liquid breaks."""

    since: float
    base: float
    """Height of the surface in the sample's frame, in metres."""
    flooded: float | None
    """Height of liquid that hangs on whatever the gap, in metres; None for an ordinary one."""
    until: float = math.inf


class Barrels:
    """The current between the barrels.

    Args:
        config: of the pipette.
        aperture: its radius, in metres.
        hanging: height of the hanging drop, in metres.
    """

    def __init__(self, config: SimulatedBarrels, aperture: float, hanging: float) -> None:
        kappa, cone = config.conductivity, math.pi * math.tan(config.half_angle)
        self._bias, self._aperture, self._hanging = config.bias, aperture, hanging
        self._barrels = 2.0 * (1.0 + config.second) / (cone * kappa * aperture)
        self._leaking, self.pickup = config.bias / config.septum, config.pickup
        self._meniscus = 1.0 / (2.0 * kappa)
        self.spells: list[Spell] = []
        """All times in which liquid joined pipette and surface."""

    def through(self, height: FloatArray) -> FloatArray:
        """Return the current through liquid of some heights, shape (n,) in amperes.

        Args:
            height: shape (n,), metres.
        """
        thick = np.maximum(height, _THINNEST * self._aperture)
        series = self._barrels + self._meniscus / thick
        current: FloatArray = self._bias / series + self._leaking
        return current

    @property
    def far(self) -> float:
        """The current in air, in amperes."""
        return float(self.through(np.array([self._hanging]))[0])

    def current(self, t: FloatArray, above: FloatArray, swing: FloatArray) -> FloatArray:
        """Return the current at times t, rising, shape (n,) in amperes.

        Args:
            t: shape (n,), seconds.
            above: height of the mouth in the sample's frame then, metres.
            swing: how far that is from its mean over the swing, metres.
        """
        height = np.full(len(t), self._hanging)
        for spell in self.spells:
            if spell.until <= t[0] or spell.since > t[-1]:
                continue
            own = slice(*np.searchsorted(t, [spell.since, spell.until]).tolist())
            gap = above[own] - spell.base
            height[own] = gap if spell.flooded is None else spell.flooded + swing[own]
        return self.through(height)

    def cut(self, count: int, *, wet: bool) -> None:
        """Take back all but the first so many spells; the last of them goes on if it is wet."""
        del self.spells[count:]
        if wet:
            self.spells[-1].until = math.inf
