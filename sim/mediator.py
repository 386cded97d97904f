"""A microelectrode in a solution with a redox mediator, over a surface that may react with it.

A couple O + e = R is at its equilibrium at the tip, whose steady current follows from the distance
to the surface and from the rate constant of the surface there (`sim.feedback`). The surface is an
insulator, or whatever its spots say. A second drive may hold the spots at a potential: the mediator
then reacts at them as a couple of finite kinetics does, and they give what they make to the liquid
above them: a disk of radius R holds (2 / pi) arctan(R / d) of the concentration on it at a distance
d on its axis (J. Crank, The Mathematics of Diffusion, 1975), and its steady current is 4 n F D c R.

Nothing is as fast as a step of the tip: its current comes to what is steady within a time constant
a^2 / 4 D, and the liquid over a spot within R^2 / 4 D. The early current of Cottrell is left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray
from seccm.constants import FARADAY
from sim.cell import Mode
from sim.feedback import current as steady
from sim.galvanostat import Output
from sim.liquid import Dipped, Heard
from sim.solving import remembered

THERMAL = 8.314462618 * 298.15 / FARADAY
"""RT/F in volts."""
_LEAST = 1e-6
"""Share of the couple below which a form counts as absent, for potentials at rest."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A round part of the surface; metres and metres per second."""

    x: float
    y: float
    radius: float
    rate: float
    """Rate constant for the mediator; 0 is an insulator, infinite a conductor."""


@dataclass(frozen=True, slots=True)
class MediatorParameters:
    """A tip and its solution."""

    radius: float
    """Of the disk, metres."""
    rg: float
    oxidised: float
    reduced: float
    """mol/m^3."""
    diffusivity: float
    formal_potential: float
    """Raw volts."""
    rate: float
    """Of the surface beside the spots, m/s."""
    spots: tuple[Spot, ...] = ()
    drive: str = ""
    """The name of the drive that the spots are connected to; none if empty."""


class Mediator:
    """The solution; implements `sim.liquid.Liquid`.

    Args:
        parameters: of tip, solution and surface.
    """

    def __init__(self, parameters: MediatorParameters) -> None:
        self._own = parameters
        self.state: tuple[float, ...] = (0.0, 0.0)
        """The newest current of the tip, amperes, and what the spots have made, in their units."""

    @property
    def _unit(self) -> float:
        """Amperes of the tip for 1 mol/m^3 of the mediator, far away in a plane of glass."""
        return 4.0 * FARADAY * self._own.diffusivity * self._own.radius

    def answer(self, output: Output, dipped: Dipped) -> Heard:
        """Drive tip and spots for some steps."""
        own, steps = self._own, len(dipped.gap)
        tip, made = self.state
        share, spots = self._spots(dipped.others, steps)
        # Of the whole couple, what the spots turn into the oxidised form beyond the bulk.
        grown = self._relaxed(share, made, dipped.step, self._slowness)
        oxidised, reduced = self._above(dipped, grown)
        kappa = self._kappa(dipped)
        most = self._unit * steady(dipped.gap / own.radius, own.rg, kappa)
        if dipped.clogged:
            most = np.zeros(steps)
        potential, target, limited = self._driven(output, dipped, most, oxidised, reduced)
        current = target
        if dipped.mode == "potential":
            current = self._relaxed(target, tip, dipped.step, own.radius**2 / 4.0 / own.diffusivity)
        self.state = float(current[-1]), float(grown[-1])
        return Heard(potential, current, limited, spots)

    # The surface.

    def _spot(self, x: float, y: float) -> Spot | None:
        return next((s for s in self._own.spots if math.hypot(x - s.x, y - s.y) <= s.radius), None)

    def rate_at(self, x: float, y: float) -> float:
        """Return the rate constant of the surface at a place, m/s."""
        spot = self._spot(x, y)
        return self._own.rate if spot is None else spot.rate

    def _kappa(self, dipped: Dipped) -> FloatArray:
        """Return k a / D of the surface under the tip, shape (steps,)."""
        own, scale = self._own, self._own.radius / self._own.diffusivity
        places = np.column_stack([dipped.x, dipped.y])
        kappa = np.empty(len(places))
        mode, wave = dipped.others.get(own.drive, ("open", np.empty(0)))
        # A tip at rest drifts by parts of a nanometre: the place is looked up where it moves.
        far = 0.01 * own.radius
        known, spot = np.full(2, np.inf), None
        for index, place in enumerate(places):
            if abs(place[0] - known[0]) + abs(place[1] - known[1]) > far:
                known, spot = place, self._spot(float(place[0]), float(place[1]))
            kappa[index] = scale * (own.rate if spot is None else spot.rate)
            if spot is not None and mode == "potential":
                lift = (float(wave[index]) - own.formal_potential) / THERMAL
                kappa[index] *= math.exp(float(np.clip(0.5 * abs(lift), 0.0, 20.0)))
        return kappa

    @property
    def _slowness(self) -> float:
        """Seconds in which the liquid over a spot follows it."""
        widest = max((spot.radius for spot in self._own.spots), default=self._own.radius)
        return widest**2 / 4.0 / self._own.diffusivity

    def _spots(
        self, others: Mapping[str, tuple[Mode, FloatArray]], steps: int
    ) -> tuple[FloatArray, Mapping[str, tuple[FloatArray, FloatArray]]]:
        """Return what the spots come to hold beyond the bulk, and what their drive reads.

        The first in mol/m^3 of the oxidised form; the second potentials and currents.
        """
        own = self._own
        if not own.drive:
            return np.zeros(steps), {}
        mode, wave = others.get(own.drive, ("open", np.zeros(steps)))
        if mode != "potential":
            rest = np.full(steps, self._rest(own.oxidised, own.reduced))
            return np.zeros(steps), {own.drive: (rest, np.zeros(steps))}
        total = own.oxidised + own.reduced
        beyond = total * self._share(wave) - own.oxidised
        wide = sum(spot.radius for spot in own.spots if spot.rate > 0.0)
        current = 4.0 * FARADAY * own.diffusivity * wide * beyond
        return beyond, {own.drive: (wave, current)}

    def _above(self, dipped: Dipped, grown: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the concentrations at the tip as they were without it, mol/m^3."""
        own = self._own
        reach = np.zeros(len(grown))
        for spot in own.spots:
            if spot.rate > 0.0 and own.drive:
                off = np.hypot(dipped.x - spot.x, dipped.y - spot.y)
                away = np.hypot(np.maximum(dipped.gap, 0.0), np.maximum(off - spot.radius, 0.0))
                reach = np.maximum(reach, 2.0 / math.pi * np.arctan2(spot.radius, away))
        return own.oxidised + reach * grown, own.reduced - reach * grown

    # The tip.

    def _share(self, potential: FloatArray) -> FloatArray:
        """Return which share of the couple is oxidised at a potential, by Nernst."""
        share: FloatArray = scipy.special.expit((potential - self._own.formal_potential) / THERMAL)
        return share

    def _rest(self, oxidised: float, reduced: float) -> float:
        least = _LEAST * (oxidised + reduced)
        ratio = max(oxidised, least) / max(reduced, least)
        return self._own.formal_potential + THERMAL * math.log(ratio)

    def _driven(
        self,
        output: Output,
        dipped: Dipped,
        most: FloatArray,
        oxidised: FloatArray,
        reduced: FloatArray,
    ) -> tuple[FloatArray, FloatArray, np.ndarray]:
        """Return potentials, steady currents, and whether a galvanostat is at its compliance."""
        never = np.zeros(len(most), dtype=np.bool_)
        total = oxidised + reduced
        if dipped.mode == "potential":
            share = self._share(dipped.wave)
            return dipped.wave, most * (total * share - oxidised), never
        if dipped.mode == "open":
            rest = [self._rest(o, r) for o, r in zip(oxidised, reduced, strict=True)]
            return np.array(rest), np.zeros(len(most)), never
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (dipped.wave / most + oxidised) / total
            potential = self._own.formal_potential + THERMAL * scipy.special.logit(share)
        limited = ~((share > 0.0) & (share < 1.0))
        potential[limited] = output.overload(dipped.wave)[limited]
        ends = np.where(dipped.wave > 0.0, most * reduced, -most * oxidised)
        return potential, np.where(limited, ends, dipped.wave), limited

    @staticmethod
    def _relaxed(target: FloatArray, start: float, step: float, slowness: float) -> FloatArray:
        """Return what follows a target with a time constant, shape (steps,)."""
        left = math.exp(-step / slowness)
        return remembered((1.0 - left) * target, left, start)
