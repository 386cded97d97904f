"""Where the outputs are: plays paths, follows them by the counter, and knows where they stopped.

Theory of operation. The outputs rest, and the task is stopped, whenever nothing changes. A path
begins at what was last known to be put out and ends by itself or by `halt`. How far it came is
not guessed: at the first input samples after the stop the counter says how many samples were
taken, the read-back says what the outputs carry, and both must fit the driver's own count.
Until then the outputs are not `settled`, and no other path can begin.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hardware.ni.averaging import BitArray
from hardware.ni.inputs import Raw
from hardware.ni.latch import Latch
from hardware.ni.outputs import Outputs
from hardware.ni.paths import Command, Path, Ramp, Swing
from hardware.ni.scaling import Scale
from hardware.ni.tally import Halt, disagreement
from hardware.ni.wires import AXES
from seccm.arrays import FloatArray
from seccm.errors import RigError, StreamError
from seccm.rig import Axis, Flag, Sines

PAUSED = 10.0
"""Output samples that must fail to come before the card is taken to have paused the outputs."""
REST = 20
"""Input samples after a stop in which the read-back is averaged."""


HASTE = 0.05
"""Seconds that an emergency waits for the thread that is busy with the outputs."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop whose place is not known yet."""

    reported: int | None
    """Samples taken, as the driver says."""
    at: int | None
    """Input samples acquired when the task had stopped; None if nobody has asked yet."""
    frozen: bool
    """Whether it was a contact that stopped it."""


class Player:
    """Plays paths on the outputs of one card.

    Args:
        outputs: of the card.
        scales: of the axes.
        volts: what the outputs carry now, shape (4,): x, y, z, command.
        readbacks: rows of the raw samples that read back the outputs, in the same order.
        now: says how many input samples the card has acquired.
        input_rate: input samples per second.
    """

    def __init__(
        self,
        outputs: Outputs,
        scales: Mapping[Axis, Scale],
        volts: FloatArray,
        readbacks: Sequence[int],
        now: Callable[[], int],
        input_rate: float,
    ) -> None:
        self._outputs, self._scales, self._now = outputs, scales, now
        self._readbacks = list(readbacks)
        self._ratio = input_rate / outputs.rate
        self._lock = threading.RLock()
        self._path: Path | None = None
        """The newest path; it stays after its end, for the flags of rows."""
        self._base = 0
        """Output samples before it."""
        self._taken = 0
        """Samples that it took, once it is settled."""
        self._limit = 0
        """Samples of it in which the stage moves."""
        self._begun_at = volts
        """What the outputs carried before it."""
        self._swing_seen = False
        """Whether it was said in which input sample its swing began."""
        self._refilled = False
        """Whether it is under way and must be kept going."""
        self._seen = (0, 0)
        """Samples taken when they last grew in number, and the input sample at which they did."""
        self._stop: Stop | None = None
        self._frozen = False
        self._exact = False
        self.position: dict[Axis, float] = {
            axis: float(scales[axis].si(float(volts[index]))) for index, axis in enumerate(AXES)
        }
        """Where the axes are sent, in metres, as of the last settled stop."""
        self.volts = volts
        """What the outputs carry, as of the last settled stop; shape (4,)."""

    @property
    def base(self) -> int:
        """Output samples before the newest path."""
        return self._base

    @property
    def settled(self) -> bool:
        """Whether nothing is under way and it is known where the outputs are."""
        return not self._refilled and self._stop is None

    @property
    def unsettled_until(self) -> int:
        """Number of the input sample by which a stop will be understood."""
        return 0 if self._stop is None else self._stopped_at(self._stop) + REST

    def counts(self, raw: Raw) -> npt.NDArray[np.int64]:
        """Return the output samples taken at each input sample, shape (n,)."""
        if raw.counts is not None:
            return raw.counts
        return np.full(raw.volts.shape[1], self._base + self._outputs.written, dtype=np.int64)

    def path(
        self,
        ramps: Mapping[Axis, Ramp],
        command: Command,
        rest: float = 0.0,
        swing: Swing | None = None,
    ) -> Path:
        """Return a path from where the outputs are; axes without a ramp rest."""
        every = {axis: ramps.get(axis, self._at_rest(axis)) for axis in AXES}
        sines = isinstance(command.waveform, Sines)
        rate = self._outputs.rate_of_sines if sines else self._outputs.rate
        return Path(rate, every, self._scales, command, rest, swing)

    def begin(self, path: Path, latch: Latch | None) -> int:
        """Begin a path; the outputs must be settled.

        Returns:
            The first input sample that the card had not acquired by then.

        Raises:
            RigError: the driver refuses.
        """
        with self._lock:
            self._take(path)
            begun = self._now()
            self._outputs.start(path, latch)
            self._refilled = True
            self._seen = 0, self._now()
            return begun

    def finish(self, path: Path, wait: Callable[[], None]) -> None:
        """Play a path to its end; see `Outputs.finish`.

        Raises:
            RigError: the driver refuses.
        """
        with self._lock:
            self._take(path)
        self._outputs.finish(path, wait)
        with self._lock:
            self._stop = Stop(None, self._now(), frozen=False)

    def arrived(self, raw: Raw) -> bool:
        """Tell whether the axes have arrived, on a path that goes on only with its swing."""
        path = self._path
        if path is None or path.swing is None or not self._refilled:
            return False
        return bool(self.counts(raw)[-1] - self._base >= self._limit)

    def swing_began(self, raw: Raw) -> int | None:
        """Return the sample at which the swing that is under way began, if it is one of these."""
        if self._swing_seen or self._path is None or self._path.swing is None:
            return None
        taken = self.counts(raw) - self._base
        if taken[-1] <= 0:
            return None
        self._swing_seen = True
        return raw.first + int((taken > 0).argmax())

    def paused(self, raw: Raw) -> bool:
        """Tell whether a path is under way, and yet the outputs have not moved on for a while."""
        with self._lock:
            counts = self.counts(raw) - self._base
            if not self._refilled or raw.counts is None:
                return False
            taken, at = self._seen
            if counts[-1] > taken:
                at = raw.first + int(np.argmax(counts == counts[-1]))
                self._seen = int(counts[-1]), at
            return raw.stop - at > PAUSED * self._ratio

    def use(self, outputs: Outputs) -> None:
        """Go on with other outputs in place of failed ones."""
        with self._lock:
            self._outputs = outputs

    def halt(self, *, frozen: bool = False) -> None:
        """Stop whatever is under way, at once.

        Args:
            frozen: a contact is the reason.

        Raises:
            RigError: the task had stopped itself, or cannot be stopped.
        """
        with self._lock:
            self._stop_outputs(self._now, frozen=frozen)

    def halt_hastily(self) -> None:
        """Stop whatever is under way, even if another thread hangs in a call to the card.

        Nothing else is asked of the card, for that might hang, too.

        Raises:
            RigError: the task had stopped itself, or cannot be stopped.
        """
        if not self._lock.acquire(timeout=HASTE):
            self._outputs.stop()
            return
        try:
            self._stop_outputs(lambda: None, frozen=False)
        finally:
            self._lock.release()

    def _stop_outputs(self, now: Callable[[], int | None], *, frozen: bool) -> None:
        if not self._refilled:
            return
        self._refilled = False
        reported = None
        try:
            reported = self._outputs.stop()
        finally:
            self._stop = Stop(reported, now(), frozen)

    def feed(self, raw: Raw) -> None:
        """Follow the path in the next input samples, and keep it going.

        Raises:
            RigError: the outputs ran out of samples, or the witnesses of a stop disagree.
        """
        with self._lock:
            taken = int(self.counts(raw)[-1]) - self._base
            if self._stop is not None:
                if raw.stop >= self.unsettled_until:
                    self._settle(raw, taken, self._stop)
            elif self._refilled and self._path is not None:
                if taken >= self._path.samples:
                    self._end()
                else:
                    self._outputs.refill(taken)

    def bits(self, raw: Raw) -> BitArray:
        """Return the flags MOVING and FROZEN of input samples that were fed, shape (n,)."""
        taken = self.counts(raw) - self._base
        moving = taken < self._limit
        bits = np.where(moving, np.uint8(Flag.MOVING), np.uint8(0))
        if self._frozen:
            bits |= np.where(moving, np.uint8(0), np.uint8(Flag.FROZEN))
        return bits

    def _end(self) -> None:
        """Stop the outputs at the end of a path; it does not matter if they ran out of samples."""
        try:
            self.halt()
        except RigError as error:
            if error.code != "underflow":
                raise

    def _at_rest(self, axis: Axis) -> Ramp:
        return Ramp(self.position[axis], self.position[axis], 1.0)

    def _take(self, path: Path) -> None:
        if not self.settled:
            raise RigError(
                "not-settled", "outputs", "a path was started before the previous one had ended."
            )
        self._base += self._taken
        self._path, self._begun_at, self._taken = path, self.volts, 0
        self._swing_seen = False
        self._limit = path.travel
        if path.travel:
            self._frozen = False

    def _stopped_at(self, stop: Stop) -> int:
        """Return how many input samples there were when the outputs had surely stopped."""
        if stop.at is not None:
            return stop.at
        self._stop = replace(stop, at=self._now())
        return self._stopped_at(self._stop)

    def _settle(self, raw: Raw, taken: int, stop: Stop) -> None:
        """Understand a stop from input samples after it.

        Raises:
            StreamError: the witnesses disagree; position and volts are then what is read back.
        """
        assert self._path is not None
        after = max(0, self._stopped_at(stop) - raw.first)
        measured = raw.volts[self._readbacks, after:].mean(axis=1)
        expected = self._path.volts(taken - 1, taken)[:, 0] if taken > 0 else self._begun_at
        halt = Halt(taken, stop.reported, self._outputs.written, expected, measured, self._exact)
        self._exact |= halt.counts_updates
        self._stop, self._taken = None, taken
        self._limit = min(self._limit, taken)
        self._frozen |= stop.frozen
        words = disagreement(halt)
        if words:
            self.assume(measured)
            raise StreamError(
                "counts-disagree",
                "outputs",
                words,
                "Check the wiring of the outputs and the counter before the next run.",
            )
        self.volts = expected
        self.position = self._path.positions(taken)

    def assume(self, volts: FloatArray) -> None:
        """Take it that the outputs carry what was read back, shape (4,)."""
        self._refilled, self._stop = False, None
        self.volts = volts
        self.position = {
            axis: float(self._scales[axis].si(float(volts[index])))
            for index, axis in enumerate(AXES)
        }
