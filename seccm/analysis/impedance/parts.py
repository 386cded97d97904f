"""What the elements of a circuit are in electrochemistry, by their places in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from seccm.analysis.impedance.circuit import Circuit
from seccm.analysis.impedance.of_step import StepImpedance
from seccm.results import Status, Value


@dataclass(frozen=True, slots=True)
class Parts:
    """Names of elements; empty where a circuit has none such."""

    series: str
    """The resistor outside every arc: solution and contacts."""
    arc: str
    """The resistor of the first arc: charge transfer."""
    capacitor: str
    """The capacitor of the first arc, or in series if there is no arc."""
    cpe: str
    """The constant phase element in its place."""
    warburg: str
    """Semi-infinite diffusion."""
    ended: str
    """Diffusion over a finite length."""

    @property
    def apex(self) -> bool:
        """Whether there is an arc with an apex."""
        return bool(self.arc and (self.capacitor or self.cpe))


def parts_of(circuit: Circuit) -> Parts:
    """Find out which element is what."""
    inside, outside = circuit.inside, circuit.outside
    every = (*inside, *outside)
    cpe = _first(inside, "CPE") or _first(outside, "CPE")
    return Parts(
        series=_first(outside, "R"),
        arc=_first(inside, "R"),
        capacitor="" if cpe else _first(inside, "C") or _first(outside, "C"),
        cpe=cpe,
        warburg=_first(every, "W"),
        ended=_first(every, "Wo") or _first(every, "Ws"),
    )


def _first(names: Sequence[str], letters: str) -> str:
    return next((name for name in names if name.rstrip("0123456789") == letters), "")


@dataclass(frozen=True, slots=True)
class Quantities:
    """What the elements came to; not measured where a circuit has none such."""

    series: Value
    """Resistance outside every arc, ohm."""
    arc: Value
    """Resistance of the first arc, ohm."""
    capacitance: Value
    """Of the first arc, F."""
    exponent: Value
    """Of its constant phase element."""
    apex: Value
    """Frequency of its apex, Hz."""
    warburg: Value
    """Coefficient of semi-infinite diffusion, ohm s^-1/2."""
    diffusion: Value
    """Resistance of diffusion over a finite length, ohm."""
    time: Value
    """Its time, s."""


def quantities(found: StepImpedance) -> Quantities:
    """Return what the elements of a fitted circuit came to.

    The capacitance of a constant phase element is that of a capacitor with the same apex (C. H.
    Hsu, F. Mansfeld, Corrosion 57 (2001) 747): C = (Q R^(1 - n))^(1/n).
    """
    parts = parts_of(found.circuit)
    capacitance, apex = found.value(parts.capacitor), Value.none(Status.NOT_MEASURED)
    at = found.circuit.names.index
    if parts.apex and parts.cpe:
        r, q, n = at(parts.arc), at(parts.cpe), at(f"{parts.cpe}_n")
        needed = parts.arc, parts.cpe, f"{parts.cpe}_n"
        capacitance = found.derived(
            lambda p: float((p[q] * p[r] ** (1.0 - p[n])) ** (1.0 / p[n])), *needed
        )
        apex = found.derived(
            lambda p: float((p[q] * p[r]) ** (-1.0 / p[n]) / (2.0 * math.pi)), *needed
        )
    elif parts.apex:
        r, c = at(parts.arc), at(parts.capacitor)
        apex = found.derived(
            lambda p: float(1.0 / (2.0 * math.pi * p[r] * p[c])), parts.arc, parts.capacitor
        )
    return Quantities(
        series=found.value(parts.series),
        arc=found.value(parts.arc),
        capacitance=capacitance,
        exponent=found.value(f"{parts.cpe}_n"),
        apex=apex,
        warburg=found.value(parts.warburg),
        diffusion=found.value(parts.ended),
        time=found.value(f"{parts.ended}_tau"),
    )
