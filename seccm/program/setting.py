"""What turns the quantities of a step into raw numbers at a site.

A rig measures against its own quasi-reference electrode. The plan's potentials are against the
reference it names: raw = potential - offset.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from seccm.earlier import Earlier
from seccm.factors import Condition, Level, NamedLevels, Value
from seccm.placeholder import CAPACITY
from seccm.program.second import Second, SecondDrive
from seccm.program.until import Until
from seccm.rig import Limit
from seccm.units import volts

PERIODS = 5
"""Periods of the mains over which a step's last values, and currents that are small, are averaged:
100 ms at 50 Hz."""


def second_of(given: SecondDrive, setting: Setting) -> Second:
    """Return what a second drive imposes, as plain numbers."""
    held = f"{given.drive} at {volts(setting.number(given.potential))}"
    return Second(given.drive, setting.raw(given.potential), held)


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything that the numbers of a site depend on, apart from where it is."""

    condition: Condition
    offset: float
    """Volts to add to a raw potential to have it against the plan's reference."""
    area: float
    """Of the footprint, in square metres."""
    mains: float = 50.0
    """Frequency of the mains in hertz: what a step came to is a mean over whole periods."""

    def inside(self, values: NamedLevels) -> Setting:
        """Return the same for a step in repeats over values, with these values."""
        return replace(self, condition=self.condition.inside(values)) if values else self

    def known(self, earlier: Earlier) -> Earlier:
        """Return what follows an earlier step, with numbers for all that is known by now."""
        return replace(earlier, offset=self.number(earlier.offset))

    def number(self, value: Value) -> float:
        """Return a quantity of the plan in SI."""
        return self.condition.number(value)

    def raw(self, potential: Value) -> float:
        """Return a potential of the plan in raw volts."""
        return self.number(potential) - self.offset

    def amperes(
        self, current: Value | None, density: Value | None, capacity: Value | None = None
    ) -> float:
        """Return a current that a plan gives either way.

        Args:
            current: the current, or a C-rate.
            density: current over the area of the footprint.
            capacity: what a C-rate refers to.

        Raises:
            ValueError: it gives neither.
        """
        if capacity is not None:
            level = Level(self.number(capacity), "C")
            return self.inside(((CAPACITY, level),)).amperes(current, density)
        if current is not None:
            return self.number(current)
        if density is not None:
            return self.number(density) * self.area
        raise ValueError("neither a current nor a current density is given")

    def limits(self, until: Until | None) -> tuple[Limit, ...]:
        """Return what ends a step before its time, in raw volts, amperes and coulombs."""
        if until is None:
            return ()
        after = self.number(until.after)
        five = PERIODS / self.mains
        potential = partial(
            Limit, after=after, rows=until.rows, hysteresis=self.number(until.potential_hysteresis)
        )
        current = partial(
            Limit, after=after, rows=until.rows, hysteresis=self.number(until.current_hysteresis)
        )
        limits = []
        if until.charge is not None:
            limits.append(Limit("charge", "above", self.number(until.charge)))
        if until.potential_below is not None:
            limits.append(potential("potential", "below", self.raw(until.potential_below)))
        if until.potential_above is not None:
            limits.append(potential("potential", "above", self.raw(until.potential_above)))
        if until.current_below is not None:
            limits.append(current("current", "below", self.number(until.current_below)))
        if until.current_above is not None:
            limits.append(current("current", "above", self.number(until.current_above)))
        if until.current_magnitude_below is not None:
            magnitude = abs(self.number(until.current_magnitude_below))
            limits.append(current("magnitude", "below", magnitude, span=five))
        if until.current_share_below is not None:
            share = self.number(until.current_share_below)
            limits.append(Limit("share", "below", share, after, until.rows, span=five))
        if until.potential_drift_below is not None:
            drift, over = (self.number(v) for v in (until.potential_drift_below, until.drift_over))
            limits.append(Limit("drift", "below", drift, after, until.rows, span=over))
        return tuple(limits)
