"""A pipette with two barrels: what the bias between its electrodes does to the sample's potential.

The electrode of the first barrel is the quasi-reference: it carries V1 against the sample, and the
electrode of the second barrel V2 more, the bias. The current between them drops it over the first
barrel, the liquid at the mouth and the second barrel, of resistances R1, R and R2. The middle of
the liquid is at V1 + s V2 with s = (R1 + R / 2) / (R1 + R + R2); R is small beside the barrels. So
the sample has the potential

    E = -(V1 + s V2),    s = R1 / (R1 + R2),

half of the bias for barrels that are alike, against the quasi-reference electrodes in that liquid
(N. Ebejer, M. Schnippering, A. W. Colburn, M. A. Edwards and P. R. Unwin, Anal. Chem. 82, 9141
(2010); N. Ebejer et al., Annu. Rev. Anal. Chem. 6, 329 (2013)). What is measured against the first
barrel alone, -V1, is s V2 more. A rig that is told of its bias takes that off what it measures, and
adds it to what it imposes: every potential of a plan, on a screen, in a file and of a result is
that of the sample. Barrels whose resistances nobody has measured are taken to be alike, and what
that may cost is said.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from seccm.quantities import Model, Potential, Resistance
from seccm.units import show


class BarrelsTable(Model):
    """A pipette with two barrels, and a fixed bias between their electrodes."""

    bias: Annotated[Potential, Field(ge=-2.0, le=2.0, examples=["100 mV"])]
    """Of the electrode in the second barrel, against the one in the first. The potential of the
    working electrode is stated against the liquid at their mouth: half of the bias, or what the
    resistances of the barrels make of it, is taken into account in what is imposed and measured."""
    resistances: Annotated[
        tuple[Annotated[Resistance, Field(gt=0)], Annotated[Resistance, Field(gt=0)]] | None,
        Field(examples=[["40 Mohm", "60 Mohm"]]),
    ] = None
    """Of the first and of the second barrel, measured one after the other in the same solution.
    Without them the barrels are taken to be alike."""

    @property
    def at_mouth(self) -> float:
        """Volts by which the liquid at the mouth differs from the first barrel's electrode."""
        return self.bias * share(*(self.resistances or (1.0, 1.0)))

    @property
    def unknown(self) -> float:
        """Volts by which potentials are off if one barrel has twice the other's resistance.

        0 where the resistances are given.
        """
        return 0.0 if self.resistances else abs(self.bias) * (share(2.0, 1.0) - 0.5)

    def sentence(self) -> str:
        """Say what is done about the bias, for whoever opens the rig."""
        given = ""
        if self.resistances is not None:
            given = f" and {' and '.join(show(one, 'ohm') for one in self.resistances)}"
        what = (
            f"Two barrels, bias {show(self.bias, 'V')}{given}: potentials are those of the sample "
            f"against the liquid at their mouth, {show(self.at_mouth, 'V', 3)} from the first."
        )
        return what if self.resistances else f"{what} {of_unknown(self.unknown)}"


def share(first: float, second: float) -> float:
    """Return which share of the bias lies between the first barrel's electrode and the mouth.

    Args:
        first: resistance of the first barrel.
        second: that of the second, in the same unit.
    """
    return first / (first + second)


def of_unknown(volts: float) -> str:
    """Say what barrels cost whose resistances nobody has measured.

    Args:
        volts: by which potentials are off if one has twice the other's resistance.
    """
    return (
        "The barrels are taken to be alike: if one has twice the other's resistance, all "
        f"potentials are off by {show(volts, 'V', 2)}."
    )
