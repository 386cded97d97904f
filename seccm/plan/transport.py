"""How much current the electrolyte can carry to the footprint, and for how long more.

A pipette is a cone of the half angle theta that ends in its aperture, of the radius a: with
R0 = a / sin(theta) and Omega = 2 pi (1 - cos(theta)) it conducts like Omega R0; a disk in a plane
like 4 a. The meniscus is left out. Through a conductance G flows at most n F D c G; a solution of
the conductivity kappa has the resistance 1 / (kappa G). In a salt without supporting electrolyte
all currents are 1 / (1 - t+) times as large.

Sources: P. R. Unwin et al., Anal. Chem. 83 (2011) 5721 for the cone; D. Shoup, A. Szabo, J.
Electroanal. Chem. 140 (1982) 237 for the disk; H. J. S. Sand, Phil. Mag. 1 (1901) 45; constant flux
into a sphere: H. S. Carslaw, J. C. Jaeger, Conduction of Heat in Solids, 9.10.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from seccm.errors import Problem
from seccm.plan.electrolyte import Electrolyte
from seccm.plan.probe import Probe
from seccm.plan.subject import Subject
from seccm.plan.tables import Tables
from seccm.program.segment import Act
from seccm.rig import Lines
from seccm.units import show

FARADAY = 96485.33212
_ABOVE = 0.1
"""Share by which a current may exceed the steady one when it is told as reached."""
_SHORT = 0.05
"""Of (radius of a disk)^2 / D: up to then diffusion to it is planar."""


@dataclass(frozen=True, slots=True)
class Transport:
    """What a probe and an electrolyte can carry.

    Args:
        probe: its aperture counts.
        electrolyte: as the plan says it.
    """

    probe: Probe
    electrolyte: Electrolyte

    @property
    def radius(self) -> float:
        """Of the aperture, or of the disk, m."""
        return 0.5 * self.probe.aperture

    @property
    def mouth(self) -> float:
        """Distance of the aperture from the apex of the cone, m.

        Of a disk, the radius of the hemisphere that conducts alike.
        """
        theta = self.electrolyte.half_angle
        return 2.0 * self.radius / math.pi if theta is None else self.radius / math.sin(theta)

    @property
    def conductance(self) -> float:
        """G, m."""
        theta = self.electrolyte.half_angle
        if theta is None:
            return 4.0 * self.radius
        return 2.0 * math.pi * (1.0 - math.cos(theta)) * self.mouth

    @property
    def limit(self) -> float:
        """Limiting current of the steady state, A, positive."""
        e = self.electrolyte
        free = e.electrons * FARADAY * e.diffusivity * e.concentration * self.conductance
        return free / (1.0 - (e.transference or 0.0))

    @property
    def resistance(self) -> float | None:
        """Of the solution, ohm; None if the plan does not give its conductivity."""
        kappa = self.electrolyte.conductivity
        return None if kappa is None else 1.0 / (kappa * self.conductance)

    @property
    def settling(self) -> float:
        """Seconds after a step of the potential until the current is 10 % above its limit."""
        d = self.electrolyte.diffusivity
        if self.electrolyte.half_angle is not None:
            return self.mouth**2 / (_ABOVE**2 * math.pi * d)

        def above(log: float) -> float:
            tau = math.exp(log)
            share = 0.8862 / math.sqrt(tau) + 0.2146 * math.exp(-0.7823 / math.sqrt(tau))
            return 0.7854 + share - 1.0 - _ABOVE

        tau = math.exp(_root(above, -2.0, 10.0))
        return tau * self.radius**2 / (4.0 * d)

    def sand(self, current: float) -> float:
        """Return the seconds for which a constant current can flow; infinite up to the limit.

        Args:
            current: A; its sign does not matter.
        """
        share = self.limit / abs(current) if current else math.inf
        if share >= 1.0:
            return math.inf
        d = self.electrolyte.diffusivity
        # The surface of a sphere is empty where 1 - exp(x^2) erfc(x) comes to the limit over it.
        x = math.exp(_root(lambda log: 1.0 - _erfcx(math.exp(log)) - share, -40.0, 40.0))
        time = (x * self.mouth) ** 2 / d
        if self.electrolyte.half_angle is not None:
            return time
        planar = math.pi / 4.0 * (share * math.pi * self.radius**2 / self.conductance) ** 2 / d
        return planar if planar < _SHORT * self.radius**2 / d else max(time, planar)


def transport_of(plan: Tables) -> Transport | None:
    """Return what a plan says of transport; None if it says nothing of its electrolyte."""
    return None if plan.electrolyte is None else Transport(plan.probe, plan.electrolyte)


def transport_words(transport: Transport) -> str:
    """Say what the electrolyte can carry, in a line."""
    density = transport.limit / transport.probe.area
    shape = "disk" if transport.electrolyte.half_angle is None else "pipette"
    parts = [
        f"{shape}: limiting current {show(transport.limit, 'A', 3)} "
        f"({show(density, 'A/m^2', 3)} of the footprint)",
        f"a step of the potential is 10 % above it after {show(transport.settling, 's', 3)}",
    ]
    if transport.resistance is not None:
        parts.append(f"solution {show(transport.resistance, 'ohm', 3)}")
    return "; ".join(parts)


def transport_problems(subject: Subject) -> Iterator[Problem]:
    """Find imposed currents that flow longer than the electrolyte can carry them."""
    transport = transport_of(subject.plan)
    if transport is None:
        return
    sign = -1.0 if transport.electrolyte.reaction == "reduction" else 1.0
    told = set()
    for part, site, act in subject.steps():
        if act.mode != "current" or part.key in told:
            continue
        current, lasts = _longest(act, sign, transport.limit)
        time = transport.sand(current)
        if lasts > time:
            told.add(part.key)
            what = (
                f"{show(current, 'A', 3)}{subject.under(site, part)} is "
                f"{abs(current) / transport.limit:.2g} times the limiting current of "
                f"{show(transport.limit, 'A', 3)}: after {show(time, 's', 2)} (Sand time) nothing "
                f"is left at the surface, and it flows for {show(lasts, 's', 3)}."
            )
            remedy = "Use a lower current or a shorter step, or expect another reaction."
            yield Problem(part.key, what, remedy, "warning")


def _longest(act: Act, sign: float, limit: float) -> tuple[float, float]:
    """Return the largest current of a sign, and how long more than the limit flows in one go."""
    wave = act.waveform
    low, high = (sign * end for end in wave.extremes)
    most = max(low, high)
    if most <= limit:
        return sign * max(most, 0.0), 0.0
    if not isinstance(wave, Lines):
        return sign * most, wave.duration
    times = np.array(wave.times)
    above = sign * wave.at(0.5 * (times[1:] + times[:-1])) > limit
    longest = run = 0.0
    for lasts, more in zip(np.diff(times).tolist(), above.tolist(), strict=True):
        run = run + lasts if more else 0.0
        longest = max(longest, run)
    return sign * most, longest


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function is zero.

    Only plans that tell their electrolyte need scipy, which takes longer to load than all that
    reads and packs files.
    """
    from scipy.optimize import brentq

    return float(brentq(function, low, high))


def _erfcx(x: float) -> float:
    """Return exp(x^2) erfc(x)."""
    from scipy.special import erfcx

    return float(erfcx(x))
