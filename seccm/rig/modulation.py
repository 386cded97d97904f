"""The swing of the tip's height: a sine that the stage carries while a contact is looked for.

What a lock-in sees of it in a signal tells how that signal changes with the height: the current
between the barrels of a pipette swings only while the meniscus is between pipette and surface.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from seccm.errors import Problem
from seccm.quantities import Frequency, Length, Model
from seccm.rig.info import AxisRange, Modulation
from seccm.rig.span import Range
from seccm.suggestion import Suggestion
from seccm.units import show

FEWEST = 8
"""Values that are put out in a period of the swing."""
ROOM = 0.95
"""Of a limit, so that two digits of it stay within."""


class ModulationTable(Model):
    """The swing of the tip's height while a contact is looked for."""

    frequency: Annotated[Frequency, Field(gt=0, examples=["275 Hz"])]
    """Half-way between multiples of the mains is quiet. The stage weakens and delays what is faster
    than its closed loop."""
    amplitude: Annotated[Length, Field(gt=0, examples=["50 nm"])]
    """Of what the stage is told, half of peak to peak: a tenth of the pipette's radius is usual."""

    def modulation(self) -> Modulation:
        """Return what it is."""
        return Modulation(self.frequency, self.amplitude)


def inside(axis: AxisRange, modulation: ModulationTable | None) -> AxisRange:
    """Return where an axis can be sent so that its swing stays within its travel."""
    if modulation is None:
        return axis
    travel, swing = axis.travel, modulation.amplitude
    return replace(axis, travel=Range(travel.lower + swing, travel.upper - swing))


def modulation_problems(
    table: ModulationTable | None, axis: AxisRange, update: float, largest: float = math.inf
) -> Iterator[Problem]:
    """Find a swing that the stage cannot make.

    Args:
        table: of the rig file.
        axis: the height, without the swing.
        update: seconds from one value that is put out to the next; 0 where that does not matter.
        largest: metres, where a limit is known.
    """
    if table is None:
        return
    fastest = 2.0 * math.pi * table.frequency * table.amplitude
    most = min(axis.fastest / (2.0 * math.pi * table.frequency), largest)
    most = min(most, (axis.travel.upper - axis.travel.lower) / 8.0)
    if table.amplitude > most:
        what = (
            f"{show(table.amplitude, 'm')} at {show(table.frequency, 'Hz', 4)} is more than the "
            f"stage may swing: it moves at up to {show(fastest, 'm/s')}."
        )
        allowed = show(ROOM * most, "m", 2)
        put = Suggestion(("modulation", "amplitude"), "put", allowed)
        remedy = f"Write {allowed} or less, or a lower frequency."
        yield Problem("modulation.amplitude", what, remedy, suggestion=put)
    if table.frequency * update * FEWEST > 1.0:
        what = f"{show(table.frequency, 'Hz', 4)} is too fast for what the outputs put out."
        highest = show(ROOM / (FEWEST * update), "Hz", 2)
        put = Suggestion(("modulation", "frequency"), "put", highest)
        yield Problem("modulation.frequency", what, f"It can be up to {highest}.", suggestion=put)
