"""What every analysis returns: a number, its uncertainty, and a word about both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

UNTRUSTED = 32
"""The first code of a number that is to be looked at before it is averaged."""


class Status(IntEnum):
    """How far a number can be trusted, or why there is none.

    The codes are written into data files. Never change the meaning of one; add a new one
    instead. Three ranges carry the coarse meaning, so that a reader who does not know a later
    code still knows what to do with it:

    * 0 to 31: a number as good as any other; above 0 with a remark;
    * 32 to 63: a number, but one to look at before averaging it;
    * 64 and above: no number (NaN), and the code says why.
    """

    label: str
    """The reason in plain words."""

    def __new__(cls, code: int, label: str) -> Status:
        """Make the member `code` with its plain-word `label`."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.label = label
        return member

    OK = 0, "ok"
    LOCAL_MAX = 1, "highest point after the minimum"
    END = 2, "taken at the end of the record, slope not known"
    PLATEAU = 3, "taken at the end of the record, level there"
    DRIFTING = 4, "taken at the end of the record, still moving there"
    MULTIPLE = 5, "the first of several minima"
    ABOVE_UNITY = 6, "more charge came back than went in: check the baseline"
    UNSTEADY = 7, "not at steady state: forward and reverse sweeps differ; the value is their mean"

    EDGE = 32, "at the edge of the record: the turning point is not bracketed"
    DRIFT_CONFOUNDED = 33, "tilt and drift cannot be separated in this visiting order"
    NO_PLATEAU = 34, "the current does not level off where it should"
    NOT_STEADY = 35, "the current falls after a peak: not at steady state at this scan rate"
    NO_FOOT = 36, "the sweep has no foot (range without reaction): the background is not known"
    SATURATED = 37, "an input was at the end of its range in the data points used for this value"
    OVERLOADED = 38, "the galvanostat was in overload in the data points used for this value"
    GAP = 39, "data points used for this value are missing, damaged or not evenly spaced"
    DISTURBED = 40, "a jump, a dip or hum in the data points used for this value"
    JUMP = 41, "the current or the potential jumps within the sweep"
    LOST_CONTACT = 42, "the contact was lost within the data points used for this value"
    NOT_PLANAR = 43, "diffusion to this droplet may not be planar for so long a time"

    NERNSTIAN = 45, "as steep as a reversible reaction: its kinetics cannot be seen"
    UNCORRECTED = 46, "as found in the picture, which may be wrong by half: not corrected"
    FAINT = 47, "the contrast is too faint for an outline that can be trusted"
    FOLDED = 48, "contrast turns over as the particles grow: it does not follow their amount"
    OTHER_SIGN = 49, "brightness changes against the sign that is recorded for this microscope"
    CHANGED = 50, "the cell changed during the measurement, or did not answer linearly"
    MISFIT = 51, "the equivalent circuit does not describe the spectrum"
    OUT_OF_STEP = 52, "film and record do not agree about the time of contact"
    AT_LEAST = 56, "a lower bound: the data do not say how much larger it is"
    AT_MOST = 57, "an upper bound: the data do not say how much smaller it is"
    NOT_A_SPHERE = 58, "the current is not that of diffusion into a sphere"
    CONTRADICTED = 59, "the steps of the series contradict one another"

    NOT_MEASURED = 64, "not measured"
    TOO_SHORT = 65, "too few samples"
    NEVER_BELOW_WINDOW = 66, "the potential never came down to the window of the search"
    NO_MINIMUM = 67, "no minimum before the record ended"
    OVERLOAD = 68, "the electrometer overloaded first"
    UNDEFINED = 69, "not defined for these data"
    NOT_FOUND = 70, "no such feature above the noise"
    NOT_REACHED = 71, "too many records ended first for this figure to be reached"
    INCOMPLETE = 72, "cut short"
    TOO_FEW = 73, "too few repetitions"
    NO_WAVE = 74, "the current does not level off: no wave was found"

    DAMAGED = 75, "the data of the site are damaged in the file"
    NO_CONTACT = 76, "the contact had been lost: no current could flow"
    ANALYSIS_FAILED = 77, "the analysis of this step ended in an error of its program"
    NO_MAXIMUM = 78, "no maximum before the record ended"
    NOT_LIKE_MODEL = 79, "not the record of nuclei that grow under planar diffusion"
    NOT_DECIDED = 80, "the record does not exclude one of the two limits"
    CROWDED = 81, "the particles cover too much of the footprint to be told apart"
    NOT_IDENTIFIED = 90, "the data do not determine this number"

    @classmethod
    def read(cls, code: int) -> Status:
        """Return the status of a code that stands in a data file.

        Raises:
            ValueError: no such code.
        """
        return cls(code)  # type: ignore[call-arg]

    @property
    def has_value(self) -> bool:
        """Tell whether a number comes with this status; otherwise it is NaN."""
        return self < 64

    @property
    def trusted(self) -> bool:
        """Tell whether the number may be averaged without looking at it first."""
        return self < UNTRUSTED

    @property
    def caveat(self) -> str:
        """What has to be said wherever the number is shown; empty where it stands for itself.

        Numbers with a caveat are drawn apart and tabulated apart from those without.
        """
        return _CAVEATS.get(self, "")

    @property
    def censored(self) -> bool:
        """Tell whether the event was awaited in vain: it came later than the record's end, if ever.

        Such a record is not a missing one. Its length goes into the statistics.
        """
        return self in (
            Status.NEVER_BELOW_WINDOW,
            Status.NO_MINIMUM,
            Status.NO_MAXIMUM,
            Status.OVERLOAD,
        )

    @property
    def inverse(self) -> Status:
        """That of the reciprocal of a number: a lower bound becomes an upper one."""
        turned = {Status.AT_LEAST: Status.AT_MOST, Status.AT_MOST: Status.AT_LEAST}
        return turned.get(self, self)

    def worse(self, other: Status) -> Status:
        """Return the one that takes more from a number which rests on both."""

        def doubt(status: Status) -> tuple[bool, bool, bool, bool, int]:
            return (
                not status.has_value,
                not status.trusted,
                status not in _BOUNDS,  # of data points that are flawed, not even a bound is known
                bool(status.caveat),
                int(status),
            )

        return max(self, other, key=doubt)


_BOUNDS = (Status.AT_LEAST, Status.AT_MOST)
_CAVEATS = {
    Status.END: "potential at the end of the record, drift not known",
    Status.DRIFTING: "potential at the end of the record, still drifting",
    Status.ABOVE_UNITY: "more charge came back than went in",
    Status.UNSTEADY: "not at steady state: forward and reverse sweeps differ",
    Status.EDGE: "turning point at the edge of the record",
    Status.DRIFT_CONFOUNDED: "tilt and drift not separated",
    Status.NO_PLATEAU: "the current does not level off",
    Status.NOT_STEADY: "not at steady state: the current falls after a peak",
    Status.NO_FOOT: "no foot before the wave",
    Status.SATURATED: "an input was at the end of its range",
    Status.OVERLOADED: "galvanostat in overload",
    Status.GAP: "data points are missing",
    Status.DISTURBED: "a jump, a dip or hum",
    Status.JUMP: "a jump within the sweep",
    Status.LOST_CONTACT: "contact lost",
    Status.NOT_PLANAR: "diffusion may not be planar",
    Status.NERNSTIAN: "as steep as a reversible reaction",
    Status.UNCORRECTED: "as found in the picture, not corrected",
    Status.FAINT: "the outline is faint",
    Status.FOLDED: "contrast turns over as particles grow",
    Status.OTHER_SIGN: "brightness changes against the recorded sign",
    Status.OUT_OF_STEP: "film and record disagree about contact",
    Status.CHANGED: "the cell changed or was not linear",
    Status.MISFIT: "the circuit misses the spectrum",
    Status.AT_LEAST: "a lower bound",
    Status.AT_MOST: "an upper bound",
    Status.NOT_A_SPHERE: "not diffusion into a sphere",
    Status.CONTRADICTED: "the steps of the series contradict one another",
}


@dataclass(frozen=True, slots=True)
class Value:
    """A number in SI units with its standard uncertainty, or NaN and the reason."""

    value: float
    error: float
    """Standard uncertainty, one sigma; NaN where it is not known."""
    status: Status = Status.OK

    def __post_init__(self) -> None:
        """Refuse a number without permission and a gap without a reason."""
        if self.status.has_value != math.isfinite(self.value):
            raise ValueError(
                f"value {self.value} contradicts its status '{self.status.label}': "
                "a number needs a status below 64, NaN one of 64 or more"
            )

    @classmethod
    def none(cls, status: Status) -> Value:
        """Make the absent number, for the reason `status`."""
        return cls(math.nan, math.nan, status)

    @classmethod
    def of(cls, value: float, error: float, status: Status = Status.OK) -> Value:
        """Make a number; one that came out infinite or NaN is marked as undefined."""
        value, error = float(value), float(error)
        return cls(value, error, status) if math.isfinite(value) else cls.none(Status.UNDEFINED)

    def doubted(self, status: Status) -> Value:
        """Return the number with the worse of its own status and that of what it rests on."""
        worse = self.status.worse(status)
        return Value(self.value, self.error, worse) if worse.has_value else Value.none(worse)


@dataclass(frozen=True, eq=False, slots=True)
class Values:
    """An array of numbers in SI units; where one is NaN, there is none."""

    values: npt.NDArray[np.float64]
    errors: npt.NDArray[np.float64]
    """Standard uncertainties, of the same shape."""
    status: Status = Status.OK
    """The worst of them."""
    statuses: tuple[Status, ...] = ()
    """That of each number, where somebody said it; of an array of one dimension."""

    @classmethod
    def of(cls, each: Sequence[Value]) -> Values:
        """Make the array of some numbers, shape (numbers,)."""
        values, errors = np.array([(v.value, v.error) for v in each]).reshape(-1, 2).T
        worst = Status.OK
        for value in each:
            worst = worst.worse(value.status)
        return cls(values, errors, worst, tuple(value.status for value in each))

    def __len__(self) -> int:
        return len(self.values)

    def entry(self, number: int) -> Value:
        """Return one number of an array of one dimension; not measured where it is too short.

        Where only the worst status is known, every number has it.
        """
        if not -len(self) <= number < len(self):
            return Value.none(Status.NOT_MEASURED)
        value, error = float(self.values[number]), float(self.errors[number])
        status = self.statuses[number] if self.statuses else self.status
        if not math.isfinite(value):
            return Value.none(Status.UNDEFINED if status.has_value else status)
        # A status without a value is of other numbers of the array.
        return Value(value, error, status if status.has_value else Status.GAP)

    @property
    def mean(self) -> Value:
        """The mean of the numbers that there are, of all dimensions together.

        Its uncertainty is the larger of that which their scatter gives, and that which their own
        uncertainties give. If none is there, the status says why.
        """
        known = np.isfinite(self.values)
        count = int(known.sum())
        if not count:
            why = Status.NOT_MEASURED if self.status.has_value else self.status
            return Value.none(why)
        if self.statuses:
            parts = [self.statuses[k] for k in np.flatnonzero(known).tolist()]
        else:
            parts = [self.status if self.status.has_value else Status.GAP]
        worst = Status.OK
        for status in parts:
            worst = worst.worse(status)
        values, errors = self.values[known], self.errors[known]
        scatter = float(values.std(ddof=1)) / math.sqrt(count) if count > 1 else math.nan
        stated = float(np.sqrt((errors**2).sum())) / count
        return Value.of(float(values.mean()), float(np.fmax(scatter, stated)), worst)
