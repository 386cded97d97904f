"""The tables of a rig file by which it has lock-in amplifiers in software.

Each gives two signals: the table `[lock_in.ac]` gives `ac_amplitude` and `ac_phase`, which are
declared, recorded, drawn and watched as any other signal of the rig.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from seccm.errors import Problem
from seccm.mistakes import nearest
from seccm.quantities import Count, Duration, Frequency, Model
from seccm.rig.lock_in import AMPLITUDE, PHASE, LockIn
from seccm.rig.modulation import ROOM, ModulationTable
from seccm.rig.signal_table import AddedName
from seccm.rig.signals import Signal
from seccm.suggestion import Suggestion
from seccm.units import show

FEWEST = 8
"""Raw samples in a period of the reference."""


class LockInTable(Model):
    """A lock-in amplifier in software, on the raw samples of a signal."""

    of: Annotated[str, Field(examples=["barrel_current"])]
    """The signal that is looked at."""
    frequency: Annotated[Frequency | None, Field(gt=0, examples=["275 Hz"])] = None
    """Of the reference, half-way between multiples of the mains; without it, the reference is the
    swing of the tip's height, and the signal is seen only while that is on."""
    constant: Annotated[Duration, Field(gt=0, examples=["4 ms"])]
    """Time constant of each low-pass. A contact is seen late by order x constant."""
    order: Annotated[Count, Field(le=8)] = 4
    """How many low-passes there are: each takes 6 dB an octave more."""
    words: Annotated[str, Field(max_length=30, examples=["ac barrel current"])] = ""
    """What is looked at, for labels; the name of the table unless given."""
    watchable: bool = False
    """Whether a contact may be seen in the amplitude."""
    mapped: bool = False
    """Whether a report draws the means of amplitude and phase at every site as maps."""

    def lock_in(self, modulation: ModulationTable | None) -> LockIn:
        """Return what it does.

        Args:
            modulation: the swing of the tip's height, if the rig file has one.

        Raises:
            ValueError: it has no frequency, and there is no swing.
        """
        frequency = self.frequency
        if frequency is None:
            if modulation is None:
                raise ValueError("a lock-in needs a frequency, or a modulation to look for")
            frequency = modulation.frequency
        swings = self.frequency is None
        return LockIn(self.of, frequency, self.constant, self.order, swings)

    def signals(
        self, name: str, unit: str, modulation: ModulationTable | None
    ) -> tuple[Signal, Signal]:
        """Return the declarations of amplitude and phase.

        Args:
            name: of the table.
            unit: of the signal that is looked at.
            modulation: the swing of the tip's height, if the rig file has one.
        """
        words, at = self.words or name.replace("_", " "), self.lock_in(modulation)
        signal = Signal(
            name + AMPLITUDE,
            unit,
            f"{words}, amplitude",
            watchable=self.watchable,
            mapped=self.mapped,
            delay=at.delay,
            settling=at.settling,
            modulated=self.frequency is None,
        )
        phase = replace(signal, name=name + PHASE, unit="rad", words=f"{words}, phase")
        return signal, replace(phase, watchable=False)


class LockInTables(Model):
    """The part of a rig file that lets the height swing, and looks at what swings with it."""

    modulation: ModulationTable | None = None
    """The swing of the tip's height while a contact is looked for."""
    lock_in: dict[AddedName, LockInTable] = Field(default_factory=dict)
    """Lock-in amplifiers on the samples of any signal of the rig, by name."""

    def lock_ins(self) -> dict[str, LockIn]:
        """Return what each of them does, by name."""
        return {name: table.lock_in(self.modulation) for name, table in self.lock_in.items()}

    def with_lock_ins(self, signals: Sequence[Signal]) -> tuple[Signal, ...]:
        """Return signals and, after them, those of the lock-ins that look at some of them."""
        units = {signal.name: signal.unit for signal in signals}
        pairs = (
            table.signals(name, units.get(table.of, "1"), self.modulation)
            for name, table in self.lock_in.items()
        )
        return (*signals, *(signal for pair in pairs for signal in pair))

    def lock_in_problems(self, signals: Sequence[Signal], rate: float) -> Iterator[Problem]:
        """Find lock-ins that cannot be.

        Args:
            signals: those of the rig beside them.
            rate: raw samples per second.
        """
        known = [signal.name for signal in signals]
        for name, table in self.lock_in.items():
            if table.of not in known:
                what = f"{table.of!r} is not a signal of this rig."
                near = nearest(table.of, known) or "current"
                put = Suggestion(("lock_in", name, "of"), "put", near)
                remedy = f"It has: {', '.join(known)}."
                yield Problem(f"lock_in.{name}.of", what, remedy, suggestion=put)
            if taken := {name + AMPLITUDE, name + PHASE} & {*known}:
                what = f"the signal {min(taken)} exists already."
                yield Problem(f"lock_in.{name}", what, "Choose another name for the lock-in.")
            yield from self._too_fast(name, table, rate)

    def _too_fast(self, name: str, table: LockInTable, rate: float) -> Iterator[Problem]:
        where, key = f"lock_in.{name}.frequency", ("lock_in", name, "frequency")
        if table.frequency is None and self.modulation is None:
            what = "is missing, and the rig file has no table [modulation] to take it from."
            put = Suggestion(key, "put", "275 Hz")
            yield Problem(where, what, 'Write, such as frequency = "275 Hz".', suggestion=put)
            return
        if (at := table.lock_in(self.modulation)).frequency > rate / FEWEST:
            what = f"{show(at.frequency, 'Hz')} is too fast for samples at {show(rate, 'Hz')}."
            most = show(ROOM * rate / FEWEST, "Hz", 2)
            put = Suggestion(key if table.frequency else ("modulation", "frequency"), "put", most)
            yield Problem(where, what, f"It can be up to {most}.", suggestion=put)

    def sentences(self) -> tuple[str, ...]:
        """Say of each lock-in how noisy and how late it is, for whoever opens the rig."""
        return tuple(
            f"Lock-in {name}: {at.of} at {show(at.frequency, 'Hz', 4)}, {at.order} x "
            f"{show(at.constant, 's')}; noise bandwidth {show(at.bandwidth, 'Hz', 3)}, shown "
            f"{show(at.delay, 's', 2)} late, settled in {show(at.settling, 's', 2)}."
            for name, at in self.lock_ins().items()
        )
