"""A pipette with two barrels: what the bias between its electrodes does to the sample's potential.

The electrode of the first barrel is the quasi-reference: it carries V1 against the sample, and the
electrode of the second barrel V2 more, the bias. Both barrels are alike, so the liquid at their
mouth is half-way between them, and the sample has the potential

    E = -(V1 + V2 / 2)

against the quasi-reference electrodes in that liquid (N. Ebejer, M. Schnippering, A. W. Colburn,
M. A. Edwards and P. R. Unwin, Anal. Chem. 82, 9141 (2010); N. Ebejer et al., Annu. Rev. Anal. Chem.
6, 329 (2013)). What is measured against the first barrel alone, -V1, is half of the bias more.
A rig that is told of its bias takes that half off what it measures, and adds it to what it imposes:
every potential of a plan, on a screen, in a file and of a result is that of the sample.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from seccm.quantities import Model, Potential
from seccm.units import show


class BarrelsTable(Model):
    """A pipette with two barrels, and a fixed bias between their electrodes."""

    bias: Annotated[Potential, Field(ge=-2.0, le=2.0, examples=["100 mV"])]
    """Of the electrode in the second barrel, against the one in the first. The potential of the
    working electrode is stated against the liquid half-way between them: half of the bias is taken
    into account in whatever is imposed and measured."""

    @property
    def half(self) -> float:
        """Volts by which the liquid at the mouth differs from the first barrel's electrode."""
        return self.bias / 2.0

    def sentence(self) -> str:
        """Say what is done about the bias, for whoever opens the rig."""
        return (
            f"Two barrels, bias {show(self.bias, 'V')}: potentials are those of the sample against "
            f"the liquid half-way between them, {show(self.half, 'V')} from the first."
        )
