"""Which edge of the camera's exposure output belongs to which frame.

Theory of operation. Frames carry a number and, as a rule, a stamp of the camera's clock; edges are
counted on the sample clock of the rig. Frames get lost, and edges are missed or come from
elsewhere, so that counting alone goes wrong after the first flaw. The clocks do not: where stamps
of some frames fit edges in one alignment and in no other, because intervals jitter, the relation of
the two clocks is known, and every other frame is matched to the one edge that lies where its stamp
says. Where intervals are so steady that another alignment fits as well, nothing is claimed, unless
the counter was armed before the camera and its first edges are without a flaw: they are then the
first frames by construction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from seccm.arrays import BoolArray, FloatArray, IntArray
from seccm.movie.facts import FrameStatus
from seccm.movie.strays import stray

WINDOWS = (30, 90, 270)
"""Frames in which an alignment is looked for: more, where few do not tell."""
BETTER = 1.5
"""By how much the second best alignment must be worse."""
EVIDENCE = 12.0
"""What the logarithm of the likelihood ratio of the two must come to, in nats."""
LARGEST = 1e-3
"""Seconds by which an edge may miss what a stamp says, at most."""
_SPREADS = 6.0
"""Standard deviations by which it may."""
_SMALLEST = 5e-5
"""Seconds by which it always may: five samples."""
_FOREIGN = 0.01
"""Probability above which an edge that may be a stray one is not taken."""
_RARE = 0.01
"""Stray edges that may be expected, in a whole record, among those that are said to be none."""
_KEPT = 0.7
"""Share of the frames of a window that must have edges."""
_TRIMMED = 0.55
"""What that share of a normal distribution with the smallest deviations has as its own."""
_MEMORY = 200
"""Matched frames that the relation of the clocks is taken from."""
_STRIDE = 15
"""Frames that are matched at once."""
_WORTH = 120
"""Alignments that are looked at closely."""
_LEAD = 64
"""Edges that may come before the first frame."""


@dataclass(frozen=True, slots=True)
class Matched:
    """What was found for each frame; arrays of shape (frames,)."""

    edge: IntArray
    """Index of its edge, -1 where it has none that is certain."""
    t: FloatArray
    """Seconds: that of the edge, else what the camera's clock says, NaN where it says nothing."""
    error: FloatArray
    """Standard uncertainty of that, seconds."""
    status: npt.NDArray[np.uint8]
    """`FrameStatus`: ok, no edge or ambiguous."""


@dataclass(frozen=True, slots=True)
class _Relation:
    """A stamp c means the time centre + offset + slope (c - centre)."""

    centre: float
    offset: float
    slope: float
    spread: float
    """Standard deviation of edges about it, seconds."""
    count: int
    width: float
    """Sum of the squares of (c - centre), s^2."""

    def at(self, stamps: FloatArray) -> FloatArray:
        """Return the times of stamps."""
        there: FloatArray = self.centre + self.offset + self.slope * (stamps - self.centre)
        return there

    def unsure(self, stamps: FloatArray) -> FloatArray:
        """Return the standard deviation of what edges are off, at stamps."""
        away = (stamps - self.centre) ** 2 / max(self.width, 1e-30)
        found: FloatArray = self.spread * np.sqrt(1 + 1 / self.count + away)
        return found


def match(
    edges: FloatArray,
    numbers: IntArray,
    stamps: FloatArray,
    *,
    armed: bool,
    sample: float,
    known: FloatArray | None = None,
) -> Matched:
    """Find the edge of each frame.

    Args:
        edges: seconds at which edges were counted, rising, shape (edges,).
        numbers: the camera's own numbers of the frames that arrived, rising from 0 for the first
            exposure of the sequence, shape (frames,).
        stamps: seconds by the camera's clock, of the same shape.
        armed: whether the counter counted before the camera began.
        sample: seconds from one sample to the next.
        known: seconds at which some of the frames are known to have begun, NaN for the others,
            shape (frames,): where a matching of earlier frames is gone on with.
    """
    found = _Matching(edges, numbers, stamps, armed, sample, known)
    found.run()
    return Matched(found.edge, found.t, found.error, found.status)


class _Matching:
    def __init__(
        self, edges: FloatArray, numbers: IntArray, stamps: FloatArray, armed: bool,
        sample: float, known: FloatArray | None,
    ) -> None:  # fmt: skip
        self.known = known
        self.edges, self.numbers, self.stamps = edges, numbers, stamps
        self.armed, self.sample = armed, sample
        count = len(numbers)
        self.edge = np.full(count, -1)
        self.t, self.error = np.full(count, np.nan), np.full(count, np.nan)
        self.there, self.unsure = self.t.copy(), self.t.copy()
        """What the camera's clock says, and its standard deviation, seconds."""
        self.status = np.full(count, FrameStatus.AMBIGUOUS, np.uint8)
        if len(edges) == 0:
            self.status[:] = FrameStatus.NO_EDGE

    def run(self) -> None:
        """Match every run of frames in which the camera's clock goes on."""
        if len(self.edges) < 2 or len(self.numbers) < 2:
            return
        back = (np.diff(self.stamps) <= 0) | (np.diff(self.numbers) <= 0)
        ends = [0, *(np.flatnonzero(back) + 1).tolist(), len(self.numbers)]
        for start, stop in pairwise(ends):
            if np.isfinite(self.stamps[start:stop]).all():
                self._piece(start, stop, first=start == 0)

    def _piece(self, start: int, stop: int, *, first: bool) -> None:
        at, behind = start, start
        relation = self._gone_on_with(start, stop)
        if relation is not None:
            at = behind = max(self._follow(relation, range(start, stop)), start + 1)
        while at < stop:
            relation, seen = self._acquire(at, stop, first=first and at == start)
            if relation is None:
                at += max(1, seen // 2)
                continue
            reached = self._follow(relation, range(at, stop))
            if at > behind:
                self._follow(relation, range(at - 1, behind - 1, -1))
            at = behind = max(reached, at + 1)
        self._refuse_shared(start, stop)
        self._doubt_strays(start, stop)

    def _gone_on_with(self, start: int, stop: int) -> _Relation | None:
        """Return the relation of the clocks that is known already, None where none is."""
        if self.known is None:
            return None
        there = start + np.flatnonzero(np.isfinite(self.known[start:stop]))[-_MEMORY:]
        if len(there) < 8:
            return None
        at = self.known[there] + self.sample / 2
        return _related(self.stamps[there], at, self.sample)

    # Finding an alignment.

    def _acquire(self, at: int, stop: int, *, first: bool) -> tuple[_Relation | None, int]:
        """Return the relation of the clocks from some frames on, None where it cannot be told."""
        seen = 0
        for wanted in WINDOWS:
            frames = slice(at, min(at + wanted, stop))
            count = frames.stop - frames.start
            if count < 8 or count == seen:
                break
            seen = count
            relation = self._aligned(frames)
            if relation is not None:
                return relation, seen
        frames = slice(at, min(at + WINDOWS[0], stop))
        if first and self.armed and frames.stop - frames.start >= 2:
            return self._by_construction(frames), max(seen, 1)
        return None, max(seen, 1)

    def _aligned(self, frames: slice) -> _Relation | None:
        stamps, numbers = self.stamps[frames], self.numbers[frames]
        offsets = self._candidates(stamps, numbers)
        if offsets.size == 0:
            return None
        period = self._period(stamps, numbers)
        few = stamps[:: max(1, len(stamps) // WINDOWS[0])]
        # Few frames tell which alignments are worth fitting all of them.
        rough = np.median(np.abs(self._away(few + offsets[:, np.newaxis])), axis=1)
        offsets = offsets[np.argsort(rough)[:_WORTH]]
        shift, slope, scale = self._fitted(offsets, stamps, period)
        # Those a few frames off must be compared with, whatever was worth a look.
        beside = shift[np.argmin(scale)] + period * np.array([-3, -2, -1, 1, 2, 3])
        near = self._fitted(beside, stamps, period)
        shift, slope, scale = (
            np.concatenate(both) for both in zip((shift, slope, scale), near, strict=True)
        )
        order = np.argsort(scale)
        best = order[0]
        others = order[np.abs(shift[order] - shift[best]) > period / 4]
        floor = self.sample / math.sqrt(12)
        one = math.hypot(scale[best], floor)
        # Without another alignment to compare with, it cannot be told whether this is the one.
        if others.size == 0 or one > LARGEST / 2:
            return None
        ratio = math.hypot(scale[others[0]], floor) / one
        if ratio < BETTER or _KEPT * len(stamps) * math.log(ratio) < EVIDENCE:
            return None
        centre = float(stamps.mean())
        rough = centre + shift[best] + (1 + slope[best]) * (stamps - centre)
        found = self._nearest(rough)
        away = self.edges[found] - rough
        fits = np.abs(away) <= min(LARGEST, max(_SMALLEST, _SPREADS * one / _TRIMMED))
        if fits.sum() < _KEPT / 2 * len(stamps):
            return None
        return _related(stamps[fits], self.edges[found[fits]], self.sample)

    def _candidates(self, stamps: FloatArray, numbers: IntArray) -> FloatArray:
        """Return what may have to be added to stamps, in seconds, shape (candidates,)."""
        low = max(0, int(0.8 * numbers[0]) - _LEAD)
        high = min(len(self.edges), int(1.25 * numbers[-1]) + _LEAD + len(numbers))
        # The edge of one frame may be missing; that of another one is there.
        refs = stamps[[0, len(stamps) // 3, len(stamps) // 2, len(stamps) - 1]]
        return (self.edges[low:high, np.newaxis] - refs).ravel()

    def _fitted(
        self, offsets: FloatArray, stamps: FloatArray, period: float
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Fit each alignment; return offset at the middle, slope beyond 1, and what is left."""
        kept = max(4, round(_KEPT * len(stamps)))
        x = stamps - stamps.mean()
        shift, slope = offsets.copy(), np.zeros_like(offsets)
        # Far-off alignments are dropped first: most edges then lie anywhere.
        for rounds in range(3):
            there = stamps + shift[:, np.newaxis] + slope[:, np.newaxis] * x
            away = self._away(there)
            if rounds == 0:
                middle = np.median(away, axis=1)
                shift += middle
                continue
            order = np.argsort(np.abs(away), axis=1)[:, :kept]
            y = np.take_along_axis(away, order, 1)
            u = x[order]
            mean = u.mean(axis=1, keepdims=True)
            spread = ((u - mean) ** 2).sum(axis=1)
            tilt = ((u - mean) * y).sum(axis=1) / np.maximum(spread, 1e-30)
            limit = 0.25 * period / max(float(np.ptp(x)), period)
            tilt = np.clip(tilt, -limit, limit)
            shift += y.mean(axis=1) - tilt * mean[:, 0]
            slope += tilt
        away = self._away(stamps + shift[:, np.newaxis] + slope[:, np.newaxis] * x)
        least = np.sort(np.abs(away), axis=1)[:, :kept]
        return shift, slope, np.sqrt((least**2).mean(axis=1))

    def _by_construction(self, frames: slice) -> _Relation | None:
        """Return the relation where edge k is that of frame k, if nothing speaks against it."""
        numbers, stamps = self.numbers[frames], self.stamps[frames]
        last = int(numbers[-1])
        if last >= len(self.edges) or int(numbers[0]) < 0:
            return None
        steps = np.diff(self.edges[: last + 1])
        period = float(np.median(steps))
        relation = _related(stamps, self.edges[numbers], self.sample)
        away = np.abs(self.edges[numbers] - relation.at(stamps))
        regular = np.abs(steps - period) <= 0.25 * period
        if not regular.all() or away.max() > min(LARGEST, period / 8):
            return None
        return relation

    # Following it.

    def _follow(self, relation: _Relation, frames: range) -> int:
        """Match frames one stretch after the other; return the first that does not fit any more."""
        order = np.asarray(frames)
        x: list[float] = []
        y: list[float] = []
        for k in range(0, len(order), _STRIDE):
            here = order[k : k + _STRIDE]
            stamps = self.stamps[here]
            there, unsure = relation.at(stamps), relation.unsure(stamps)
            within = np.maximum(_SMALLEST, _SPREADS * unsure)
            if within.min() > LARGEST:
                return int(here[0])
            low = np.searchsorted(self.edges, there - within)
            high = np.searchsorted(self.edges, there + within)
            ok = (high - low == 1) & (within <= LARGEST)
            if self._strayed(there, ok):
                self.status[here] = FrameStatus.AMBIGUOUS
                return int(here[-1]) + 1
            self.there[here], self.unsure[here] = there, unsure
            self.edge[here] = np.where(ok, low, -1)
            self.t[here] = np.where(ok, self.edges[np.minimum(low, len(self.edges) - 1)], there)
            # An edge is counted at the first sample after it.
            self.t[here] -= np.where(ok, self.sample / 2, 0.0)
            self.error[here] = np.where(ok, self.sample / math.sqrt(12), unsure)
            none = np.where(high == low, FrameStatus.NO_EDGE, FrameStatus.AMBIGUOUS)
            self.status[here] = np.where(ok, FrameStatus.OK, none)
            x += stamps[ok].tolist()
            y += self.edges[low[ok]].tolist()
            x, y = x[-_MEMORY:], y[-_MEMORY:]
            if len(x) >= min(_MEMORY, relation.count):
                relation = _related(np.array(x), np.array(y), self.sample)
        return int(order[-1]) + 1 if len(order) else 0

    def _strayed(self, there: FloatArray, ok: BoolArray) -> bool:
        """Tell whether edges come, but not where they are expected."""
        if len(there) < _STRIDE:
            return False
        low, high = np.sort(there)[[0, -1]]
        came = int(np.searchsorted(self.edges, high) - np.searchsorted(self.edges, low))
        return bool(ok.sum() < len(there) / 3 and came >= 2 * len(there) / 3)

    def _refuse_shared(self, start: int, stop: int) -> None:
        """Claim no edge twice, and none out of order."""
        claimed = start + np.flatnonzero(self.edge[start:stop] >= 0)
        wrong = np.flatnonzero(np.diff(self.edge[claimed]) <= 0)
        for frame in {*claimed[wrong].tolist(), *claimed[wrong + 1].tolist()}:
            self.edge[frame], self.status[frame] = -1, FrameStatus.AMBIGUOUS

    def _doubt_strays(self, start: int, stop: int) -> None:
        """Take back edges that may be none of the camera's, and say how sure the others are."""
        frames = start + np.flatnonzero(self.status[start:stop] != FrameStatus.AMBIGUOUS)
        frames = frames[np.isfinite(self.there[frames])]
        ok = frames[self.status[frames] == FrameStatus.OK]
        if len(ok) < 2 or len(ok) == len(frames):
            return
        first, last = self.edge[ok[[0, -1]]]
        away = self.edges[self.edge[ok]] - self.there[ok]
        chance = stray(
            away,
            self.unsure[ok],
            missed=len(frames) - len(ok),
            of=len(frames),
            edges=int(last - first + 1),
            exposures=int(self.numbers[ok[-1]] - self.numbers[ok[0]] + 1),
            seconds=float(self.edges[last] - self.edges[first]),
        )
        off = away**2 + self.unsure[ok] ** 2
        # A stray edge is off by as much as stamps are, whatever its own small chance to be there.
        order = np.argsort(chance)
        doubted = order[np.cumsum(chance[order]) > _RARE]
        self.error[ok] = np.sqrt((1 - chance) * self.error[ok] ** 2 + chance * off)
        self.error[ok[doubted]] = np.sqrt(off[doubted])
        lost = ok[chance > _FOREIGN]
        self.edge[lost], self.status[lost] = -1, FrameStatus.AMBIGUOUS
        self.t[lost], self.error[lost] = self.there[lost], self.unsure[lost]

    def _away(self, there: FloatArray) -> FloatArray:
        """Return how much later the nearest edge is than some times."""
        away: FloatArray = self.edges[self._nearest(there)] - there
        return away

    def _nearest(self, there: FloatArray) -> IntArray:
        after = np.clip(np.searchsorted(self.edges, there), 1, len(self.edges) - 1)
        earlier = there - self.edges[after - 1] < self.edges[after] - there
        return np.asarray(after - earlier)

    def _period(self, stamps: FloatArray, numbers: IntArray) -> float:
        return float(np.median(np.diff(stamps) / np.diff(numbers)))


def _related(stamps: FloatArray, edges: FloatArray, sample: float) -> _Relation:
    """Fit edges against stamps by least squares."""
    centre = float(stamps.mean())
    x, y = stamps - centre, edges - centre
    width = float((x**2).sum())
    # Two clocks are off by some parts in a million: few points leave the slope at 1.
    slope = float((x * y).sum()) / width if len(x) >= 8 and width > 0 else 1.0
    offset = float((y - slope * x).mean())
    left = y - offset - slope * x
    freedom = max(1, len(x) - 2)
    spread = math.hypot(math.sqrt(float((left**2).sum()) / freedom), sample / math.sqrt(12))
    return _Relation(centre, offset, slope, spread, len(x), width)
