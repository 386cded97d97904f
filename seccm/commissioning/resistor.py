"""A known resistor as the cell: sign, gain and offset of every channel, and which is wrong.

Steps of potential, and of current where the rig has both modes, are compared with Ohm's law. Of
the four channels (potential and current, each command and reading) a resistor shows only the
products: a rig with every sign wrong looks right. One channel must be checked by other means,
such as a battery at the potential input; by default the commanded potential is believed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

from seccm.arrays import FloatArray
from seccm.commissioning.record import Record, record
from seccm.conductor.conductor import Conductor
from seccm.rig import Constant, Drive, RigInfo

Driven = Literal["potential", "current"]
LEVELS = (0.0, 1.0, -0.98, 0.53, -0.47, 0.0, 0.97, -0.95, 0.51, -0.49)
"""Steps in parts of the largest; nearly each twice, so that drift shows in the scatter, and none a
round part of another: converters would round them all to the same side."""
SHARE = 0.8
"""Of a range or compliance that the largest step may take."""
PLAUSIBLE = 0.2
"""Part by which a gain may differ from what the rig file says, and still be a calibration."""
CHANNELS = ("potential command", "potential input", "current command", "current input")
_SHOWN_BY: dict[tuple[Driven, Driven], tuple[int, int]] = {
    ("potential", "potential"): (0, 1),
    ("potential", "current"): (0, 3),
    ("current", "potential"): (2, 1),
    ("current", "current"): (2, 3),
}
"""Which two channels a reading (second) under a drive (first) depends on."""


@dataclass(frozen=True, slots=True)
class Line:
    """A reading against what Ohm's law says: reading = offset + gain x expected."""

    drive: Driven
    reading: Driven
    gain: float
    gain_error: float
    """Standard error, from the scatter of the steps."""
    offset: float
    """Volts or amperes."""
    offset_error: float
    expected: tuple[float, ...] = ()
    """What each step ought to have read, in volts or amperes."""
    read: tuple[float, ...] = ()
    """What it did read."""

    @property
    def sign(self) -> int:
        """+1 or -1; 0 where the reading does not follow by more than three errors."""
        if abs(self.gain) <= 3.0 * self.gain_error:
            return 0
        return 1 if self.gain > 0.0 else -1


@dataclass(frozen=True, slots=True)
class ResistorTest:
    """What steps on a known resistor show."""

    ohms: float
    largest: float
    """Volts across the resistor at the largest step."""
    lines: tuple[Line, ...]
    wrong: tuple[tuple[str, ...], ...]
    """The fewest channels whose signs, turned round, explain all readings; more than one
    explanation where they cannot be told apart. Empty where no sign is wrong."""
    dead: tuple[str, ...]
    """Readings that do not follow the steps, in words."""

    def line(self, drive: Driven, reading: Driven) -> Line | None:
        """Return one of the lines; None where the rig lacks the mode."""
        found = (one for one in self.lines if (one.drive, one.reading) == (drive, reading))
        return next(found, None)

    @property
    def implausible(self) -> tuple[str, ...]:
        """Readings whose gain is so far from 1 that no drift explains it, in words."""
        return tuple(
            f"The {one.reading} under an applied {one.drive} is {abs(one.gain):.3g} times what it "
            "should be: is it this resistor, and the range in the rig file?"
            for one in self.lines
            if one.sign and abs(abs(one.gain) - 1.0) > PLAUSIBLE
        )

    def words(self) -> tuple[str, ...]:
        """Say plainly what is wrong with signs and gains; empty if nothing is."""
        said = [*self.dead, *self.implausible]
        if self.wrong:
            each = " OR ".join(" and ".join(f"the {name}" for name in w) for w in self.wrong)
            several = len(self.wrong) > 1 or len(self.wrong[0]) > 1
            said.append(f"WRONG SIGN{'S' if several else ''}: {each}.")
        return tuple(said)


def largest_step(info: RigInfo, ohms: float, largest: float) -> float:
    """Return the largest step in volts that all ranges allow.

    Raises:
        ValueError: no resistance, or no step.
    """
    if not (ohms > 0.0 and math.isfinite(ohms)):
        raise ValueError(f"the resistance must be more than 0 ohm, not {ohms}")
    ranges = (info.potential.upper, -info.potential.lower)
    currents = (info.current.upper * ohms, -info.current.lower * ohms)
    compliance = [abs(info.overload)] if "current" in info.modes else []
    most = min(largest, *(SHARE * limit for limit in (*ranges, *currents, *compliance)))
    if not most > 0.0:
        raise ValueError("the ranges of the rig allow no step")
    return most


def measure_resistor(
    conductor: Conductor,
    ohms: float,
    *,
    largest: float = 1.0,
    hold: float = 0.4,
    settle: float = 0.1,
) -> ResistorTest:
    """Step the potential (and the current) on a resistor in place of the cell; nothing moves.

    Args:
        conductor: whose rig's rows stream.
        ohms: the resistor.
        largest: volts across it, lowered where a range is smaller.
        hold: seconds of each step.
        settle: seconds at the start of each step that are not judged.

    Raises:
        ValueError: the resistor does not fit the rig, or the circuit is open.
    """
    volts = largest_step(conductor.info, ohms, largest)
    lines: list[Line] = []
    drives: tuple[Driven, ...] = ("potential", "current")
    for mode in drives:
        if mode not in conductor.info.modes:
            continue
        top = volts if mode == "potential" else volts / ohms
        steps = [top * level for level in LEVELS]
        found = [record(conductor, Drive(mode, Constant(value)), hold) for value in steps]
        lines += judge_steps(mode, np.array(steps), found, ohms, settle)
    if not lines:
        raise ValueError("the rig can apply neither a potential nor a current")
    wrong, dead = judge_signs(lines)
    return ResistorTest(ohms, volts, tuple(lines), wrong, dead)


def judge_steps(
    mode: Driven, steps: FloatArray, found: list[Record], ohms: float, settle: float
) -> tuple[Line, Line]:
    """Fit both readings under one kind of drive.

    Args:
        mode: what was imposed.
        steps: shape (n,), volts or amperes.
        found: the rows of each step.
        ohms: the resistor.
        settle: seconds at the start of each step that are not judged.

    Raises:
        ValueError: readings at the end of a range: the resistor is not connected, or too small.
    """
    late = [one.time > settle for one in found]
    spoilt = sum(
        np.count_nonzero(one.flags[part] & 3) for one, part in zip(found, late, strict=True)
    )
    if spoilt:
        raise ValueError(
            f"{spoilt} data points under an applied {mode} show an overload or the end of a "
            "range: is the resistor connected, and is its value as given?"
        )
    volts = np.array([np.mean(o.potential[p]) for o, p in zip(found, late, strict=True)])
    amperes = np.array([np.mean(o.current[p]) for o, p in zip(found, late, strict=True)])
    true_volts = steps if mode == "potential" else steps * ohms
    return (
        _fit(mode, "potential", true_volts, volts),
        _fit(mode, "current", true_volts / ohms, amperes),
    )


def _fit(drive: Driven, reading: Driven, expected: FloatArray, read: FloatArray) -> Line:
    """Fit a straight line by least squares; the errors from the scatter of the steps."""
    middle = expected.mean()
    spread = float((expected - middle) @ (expected - middle))
    gain = float((expected - middle) @ read) / spread
    offset = float(read.mean() - gain * middle)
    left = read - offset - gain * expected
    scatter = float(np.sqrt(left @ left / (len(read) - 2)))
    gain_error = scatter / math.sqrt(spread)
    offset_error = scatter * math.sqrt(1.0 / len(read) + middle**2 / spread)
    steps = tuple(expected.tolist()), tuple(read.tolist())
    return Line(drive, reading, gain, gain_error, offset, offset_error, *steps)


def judge_signs(
    lines: list[Line],
) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    """Return the fewest wrong channels that explain the signs, and the readings that are dead."""
    dead = tuple(
        f"The {one.reading} input does not follow an applied {one.drive}."
        for one in lines
        if one.sign == 0
    )
    alive = [one for one in lines if one.sign]
    known = {index for one in alive for index in _SHOWN_BY[one.drive, one.reading]}
    fits: list[tuple[int, ...]] = []
    for signs in product((1, -1), repeat=len(CHANNELS)):
        turned = tuple(i for i, sign in enumerate(signs) if sign < 0)
        if not set(turned) <= known:
            continue
        pairs = ((one, _SHOWN_BY[one.drive, one.reading]) for one in alive)
        if all(signs[a] * signs[b] == one.sign for one, (a, b) in pairs):
            fits.append(turned)
    fewest = min((len(turned) for turned in fits), default=0)
    if fewest == 0:
        return (), dead
    best = [turned for turned in fits if len(turned) == fewest]
    return tuple(tuple(CHANNELS[i] for i in turned) for turned in best), dead
