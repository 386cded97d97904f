"""How one knows that the tip came to the surface: the whole meaning of a contact rule.

A rule is one comparison and one expectation. The comparison, `Crossing`, says which values of which
signal are past it; whoever moves the tip stops it by that. The expectation, `Air`, says what the
signal shows while nothing touches: an overload, nothing, or a current that flows anyway. Everybody
else asks a rule by the methods of `ContactRule` and never which rule it is, so that rules of
others serve as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np

from seccm.arrays import BoolArray, FloatArray
from seccm.rig.block import Block, Flag
from seccm.rig.signals import BASIC
from seccm.units import show

Polarity = Literal["either", "anodic", "cathodic"]
Counted = Literal["from zero", "from baseline", "of baseline"]
Side = Literal["above", "below", "either", "towards zero", "away from zero"]

LEAST, LEAST_RAILED = 0.1, 0.01
"""Share of the distance to the level below which a departure is never a touch. The potential of an
open galvanostat is far steadier, against its distance, than a current is."""
CLEAR_OF_NOISE = 5.0
"""Times the rms noise of a row by which the level must differ from a baseline that always flows."""
_OF_AMPLITUDE = float(np.sqrt(2.0 - np.pi / 2.0))
"""Scatter of an amplitude that is noise, over the standard deviation of each of its parts."""
_UNITS = {signal.name: signal.unit for signal in BASIC}
_SATURATED, _OVERLOAD = int(Flag.SATURATED), int(Flag.OVERLOAD)
_SIGNS: dict[Side, tuple[float, ...]] = {
    "above": (1.0,),
    "below": (-1.0,),
    "either": (1.0, -1.0),
    "towards zero": (-1.0,),
    "away from zero": (1.0,),
}


@dataclass(frozen=True, slots=True)
class Deaf:
    """Why a contact could not be seen."""

    code: Literal["wet-at-start", "saturated-input", "faint-signal"]
    words: str
    """What was read, what it should be, and why that is so, without a full stop."""


class StopCondition(Protocol):
    """What can stop a motion: a comparison of one signal with its undisturbed value.

    Baselines and values are in the signal's SI unit: raw volts, amperes or metres.
    """

    @property
    def signal(self) -> str:
        """The name of the signal that is watched, as the rig declares it."""

    @property
    def consecutive(self) -> int:
        """Rows in a row that must be past; each further one costs a row of travel."""

    def past(self, baseline: float, values: FloatArray) -> BoolArray:
        """Tell for each value, shape (n,), whether it is past; the baseline is undisturbed."""

    def levels(self, baseline: float) -> tuple[float, ...]:
        """Return the values at which `past` changes; none where no value is past."""


class ContactRule(StopCondition, Protocol):
    """A condition that tells contact, with what its signal shows while nothing touches."""

    @property
    def unit(self) -> str:
        """The SI unit of the signal, for messages."""

    @property
    def lasting(self) -> bool:
        """Whether the signal stays past the level for as long as the liquid touches."""

    def heard(self, rows: Block) -> ContactRule:
        """Return the rule as it holds after rows with the tip at rest, far from the surface."""

    def gone(self) -> StopCondition:
        """Return the complement: it is past wherever this one is not. It tells detachment."""

    def holds(self, baseline: float, rows: Block) -> BoolArray:
        """Tell for each row whether it shows the contact, shape (rows,)."""

    def least(self, baseline: float) -> float:
        """Return how far a row must depart from those before it to be a touch.

        Infinite where the signal changes as the tip comes near, so that a jump says nothing.
        """

    def deaf(self, baseline: float, rows: Block) -> Deaf | None:
        """Tell why contact could not be seen, from rows with the tip at rest; None if it can."""

    def open(self, rows: Block) -> BoolArray | None:
        """Tell for each row whether it shows an open circuit under the hold of the approach.

        None where the signal cannot tell: then only the height says that the tip is clear.
        """


@dataclass(frozen=True, slots=True)
class Air:
    """What the signal of a rule shows while nothing touches; nothing, unless it is said here."""

    railed: bool = False
    """A galvanostat without a circuit: the potential is at the end of its range."""
    conducts: bool = False
    """A current flows anyway, as from a pipette in a bath."""

    def __post_init__(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            ValueError: both.
        """
        if self.railed and self.conducts:
            raise ValueError("a circuit that conducts is not in overload; choose one of them")


@dataclass(frozen=True, slots=True)
class Crossing:
    """A signal departs by more than so much from zero or from its undisturbed value."""

    signal: str
    counted: Counted
    """What it departs from, and whether `level` is a share of the undisturbed value."""
    level: float
    """How far: in the unit of the signal, or as a share of the undisturbed value."""
    side: Side
    """Which way; towards and away from zero go by the sign of the undisturbed value."""
    consecutive: int = 1
    air: Air = Air()
    complement: bool = False
    """Whether that which is not so far off is past: detachment."""
    measured_in: str = "1"
    """The SI unit of a signal that only some rigs have."""
    sigmas: float = 0.0
    """How many times its own noise, far from the surface, it has to depart at least."""
    noise: float = 0.0
    """Standard deviation of that noise, once it was heard, in the unit of the signal."""

    def __post_init__(self) -> None:
        """Refuse what no signal can do.

        Raises:
            ValueError: a level that is not a positive number, or a side without a meaning.
        """
        if not 0.0 < self.level < np.inf:
            raise ValueError(f"a level is a number above 0, not {self.level}")
        if self.counted == "from zero" and self.side in ("towards zero", "away from zero"):
            raise ValueError(f'"{self.side}" has no meaning for a signal that is counted from zero')
        if self.sigmas < 0.0 or self.noise < 0.0:
            raise ValueError("neither sigmas nor noise can be below 0")
        if self.counted == "of baseline" and self.air == Air():
            raise ValueError("there is no share of an undisturbed signal where nothing flows")

    @property
    def unit(self) -> str:
        """The SI unit of the signal."""
        return _UNITS.get(self.signal, self.measured_in)

    @property
    def lasting(self) -> bool:
        """Whether the contact shows for as long as it lasts; a charging current decays."""
        return self.air.railed

    def past(self, baseline: float, values: FloatArray) -> BoolArray:
        """Tell for each value whether it is past the level.

        A value that is not a number counts as a contact, and never as its end: the tip must not
        go on blindly, and what cannot be seen is not known to be free.

        Args:
            baseline: the undisturbed signal; of no matter where it is counted from zero.
            values: shape (n,).
        """
        past = self._departs(0.0 if self.counted == "from zero" else baseline, baseline, values)
        return ~past if self.complement else past

    def levels(self, baseline: float) -> tuple[float, ...]:
        """Return where `past` changes, for whoever draws the signal or sets a comparator."""
        origin = 0.0 if self.counted == "from zero" else baseline
        distance = self._distance(baseline)
        return tuple(origin + sign * distance for sign in self._signs(baseline))

    def heard(self, rows: Block) -> Crossing:
        """Return the rule with the noise that rows show whose tip is at rest.

        The signal is taken for an amplitude, which is never below zero: where there is nothing but
        noise of a standard deviation s in each of its two parts, it scatters by s times the root
        of 2 - pi/2 (S. O. Rice, Bell Syst. Tech. J. 24, 46 (1945)).
        """
        if not self.sigmas:
            return self
        scatter = float(np.std(rows.data[self.signal]))
        return replace(self, noise=scatter / _OF_AMPLITUDE)

    def gone(self) -> Crossing:
        """Return the complement."""
        return replace(self, complement=not self.complement)

    def holds(self, baseline: float, rows: Block) -> BoolArray:
        """Tell for each row whether it shows the contact; an overload shows none."""
        found = self.past(baseline, rows.data[self.signal])
        if self.air.railed:
            found &= ~_flagged(rows, _OVERLOAD)
        return found

    def least(self, baseline: float) -> float:
        """Return how far a row must depart from those before it to be a touch."""
        if self.air.conducts:
            return np.inf
        return (LEAST_RAILED if self.air.railed else LEAST) * self._distance(baseline)

    def deaf(self, baseline: float, rows: Block) -> Deaf | None:
        """Tell why contact could not be seen; None if it can."""
        unit = self.unit
        reads = show(baseline, unit)
        if self.air.railed:
            limit = self._distance(baseline)
            if abs(baseline) > limit:
                return None
            what = (
                f"the galvanostat reads {reads} before the descent, not an overload beyond "
                f"{show(limit, unit)}: the circuit is closed already"
            )
            return Deaf("wet-at-start", what)
        if _flagged(rows, _SATURATED).any():
            what = (
                f"the {self.signal} input is saturated before the descent; contact could not be "
                "seen"
            )
            return Deaf("saturated-input", what)
        if self.air.conducts:
            return self._faint(baseline, rows)
        # Counted from zero in any case: counted from the baseline, a circuit that is closed
        # already would never be noticed, and the tip would be driven into the surface.
        if float(np.mean(self._departs(0.0, baseline, rows.data[self.signal]))) > 0.5:
            what = (
                f"the {self.signal} is {reads} before the descent, past the contact threshold: the "
                "circuit is closed already, or the input's offset is as large as the threshold"
            )
            return Deaf("wet-at-start", what)
        return None

    def open(self, rows: Block) -> BoolArray | None:
        """Tell for each row whether it shows an open circuit; None where that cannot be told.

        Counted from zero in any case: a circuit that is closed has no other baseline.
        """
        if self.air.conducts:
            return None
        signal = rows.data[self.signal]
        if self.air.railed:
            found = _flagged(rows, _OVERLOAD)
            return found if self.counted == "of baseline" else found | (np.abs(signal) > self.level)
        return ~(self._departs(0.0, 0.0, signal) | _flagged(rows, _SATURATED))

    def _faint(self, baseline: float, rows: Block) -> Deaf | None:
        """Refuse a current whose noise hides what the surface does to it."""
        steps = np.diff(rows.data[self.signal])
        # Differences of rows know no slow drift; their mean square is twice the variance.
        noise = float(np.sqrt(np.mean(steps**2) / 2.0)) if len(steps) else 0.0
        distance, unit = self._distance(baseline), self.unit
        if distance > CLEAR_OF_NOISE * noise and distance > 0.0:
            return None
        what = (
            f"the {self.signal} is {show(baseline, unit)} far from the surface, and a contact "
            f"changes it by {show(distance, unit, 2)}; that must be more than "
            f"{CLEAR_OF_NOISE:g} times the noise of a data point, {show(noise, unit, 2)}. Check "
            "that the pipette is in the liquid and not clogged, or choose a larger change"
        )
        return Deaf("faint-signal", what)

    def _distance(self, baseline: float) -> float:
        level = self.level * abs(baseline) if self.counted == "of baseline" else self.level
        return max(level, self.sigmas * self.noise)

    def _signs(self, baseline: float) -> tuple[float, ...]:
        """Return in which directions a departure counts; in none from nothing."""
        signs = _SIGNS[self.side]
        if self.side in ("towards zero", "away from zero"):
            signs = tuple(sign * float(np.sign(baseline)) for sign in signs)
        elif self.counted == "of baseline" and baseline == 0.0:
            return ()
        return tuple(sign for sign in signs if sign)

    def _departs(self, origin: float, baseline: float, values: FloatArray) -> BoolArray:
        """Tell for each value whether it is too far from an origin, or is not a number."""
        distance, found = self._distance(baseline), np.isnan(values)
        for sign in self._signs(baseline):
            found |= sign * (values - origin) > distance
        return found


NEVER: ContactRule = Crossing("current", "from zero", 1e300, "above", measured_in="A")
"""The rule where nothing moves: nothing ever counts as a contact."""


def always_flows(rule: ContactRule) -> bool:
    """Tell whether a rule is one of a signal that always flows, as from a pipette in a bath.

    Then no droplet hangs from the pipette, and no open circuit shows that the tip is clear.
    """
    return rule.open(Block(0, {rule.signal: np.zeros(1)}, np.zeros(1, np.uint8))) is None


def _flagged(rows: Block, bit: int) -> BoolArray:
    found: BoolArray = (rows.flags & bit) != 0
    return found
