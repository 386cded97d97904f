"""What share of the plated metal was stripped again, place by place and cycle by cycle.

With the contrasts I0 before plating, I1 after plating and I2 after stripping, the ratio
`(I1 - I2) / (I1 - I0)` is that share, as far as contrast is linear in metal. Over the cycles the
ratio of the whole footprint is compared with the electrochemical efficiency, CE = a + b ratio: it
is that comparison, not the optics, that says what a map means.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.imaging.irm.places import PlaceStatus
from seccm.typography import counted

FRAMES = 10
"""Frames whose mean is the contrast at a point of rest, unless it is said."""
FEWEST = 4
"""Frames below which a map is little but noise."""
CYCLES = 3
"""Cycles from which the ratio can be compared with the electrochemical efficiency."""
_CLEAR = 5.0
"""Standard deviations that a place must have changed by in plating."""
_TURNING = 0.1
"""Share by which the change per charge may fall within a plating before contrast turns over."""
_SIGNIFICANT = 25.0
"""F of a curvature that noise alone hardly ever has."""
_STILL, _MOVING = 0.01, 0.03
"""Of what was plated: by how much the mean of frames at a point of rest may be off, and from when
on that is told."""
_EARLY = 0.25
"""Of the time of plating, within which little has grown yet."""
_FAR = 0.5
"""Of the time to the next point of rest, within which the frames of a point must lie."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One plating and stripping, as it was commanded."""

    start: float
    """When plating began, seconds since contact."""
    turn: float
    """When plating was over and stripping began."""
    end: float
    """When stripping was over."""
    efficiency: float = math.nan
    """Electrochemical: charge of stripping over that of plating; NaN where it is not known."""


@dataclass(frozen=True, slots=True)
class CycleMap:
    """Of one cycle. Arrays have shape (places along rows, along columns); NaN is not a number."""

    number: int
    """Of the cycle, from 1."""
    cycle: Cycle
    plated: FloatArray
    """Change of contrast by plating."""
    stripped: FloatArray
    """Change of contrast by stripping, positive where it undoes plating."""
    efficiency: FloatArray
    """Ratio of both."""
    status: npt.NDArray[np.uint8]
    """`PlaceStatus` of each place."""
    ratio: float
    """Of the whole footprint: sum over sum."""
    ratio_error: float
    """Its standard deviation by the noise of the frames."""
    weighted: float
    """Mean of the map, weighted by what was plated: that of the clear places."""
    place_error: float
    """Standard deviation of a place that plated as much as the median one."""
    frames: int
    """At each point of rest."""
    folded: bool
    """Whether contrast turns over within the plating."""
    against: bool = False
    """Whether plating changed brightness against the sign that is recorded for the microscope."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """CE = a + b ratio over the cycles; NaN with fewer than three."""

    a: float
    b: float
    r2: float
    """Share of the variance that it explains."""
    cycles: int


@dataclass(frozen=True, slots=True)
class Cycling:
    """What the film says of all cycles."""

    maps: tuple[CycleMap, ...]
    calibration: Calibration
    doubts: tuple[str, ...]


def cycling(
    t: FloatArray,
    records: FloatArray,
    inside: npt.NDArray[np.bool_],
    noise: float,
    cycles: Sequence[Cycle],
    *,
    frames: int = FRAMES,
    charge: FloatArray | None = None,
    sign: int = 0,
) -> Cycling:
    """Make a map of the efficiency of each cycle.

    Args:
        t: of the landed frames, seconds since contact, shape (frames,).
        records: contrast of the places, shape (frames, places along rows, along columns).
        inside: which places are in the footprint, shape of a map.
        noise: standard deviation of a place in one frame.
        cycles: one after the other.
        frames: that are averaged at each point of rest, at most: fewer where they are too far away.
        charge: net charge that has passed until each frame, any unit, cathodic negative; without
            it nobody looks whether contrast is linear.
        sign: of the contrast of metal that is recorded for the microscope, 1 or -1; 0 where none
            is. It is compared with what the film shows, and chooses no number.
    """
    maps, doubts = [], []
    mean = records[:, inside].mean(axis=1, dtype=np.float64)
    for number, cycle in enumerate(cycles, 1):
        rests = _rests(t, cycle, frames)
        count = min(int(rest.size) for rest in rests)
        if count >= FEWEST:
            rests, moving = _still(t, mean, rests)
            count = min(int(rest.size) for rest in rests)
            if moving > _MOVING:
                doubts.append(
                    f"At a point of rest of cycle {number} brightness still changes: its ratio is "
                    f"wrong by up to {100 * moving:.0f} % of what was plated. Stay for a second "
                    "at the vertices, or take more frames per second."
                )
        if count < FEWEST:
            doubts.append(
                f"Cycle {number} has {counted(count, 'frame')} at a point of rest, and {FEWEST} "
                "are needed: stay longer at the vertices, or take more frames per second."
            )
            continue
        maps.append(_mapped(records, inside, noise, number, cycle, rests, count, sign))
        if charge is not None and _turns_over(t, records, inside, charge, cycle):
            maps[-1] = replace(maps[-1], folded=True)
    if any(each.folded for each in maps):
        first = next(each.number for each in maps if each.folded)
        doubts.append(
            f"Contrast per charge falls within the plating of cycle {first}: it turns over as the "
            "particles grow, and maps of the efficiency are wrong by some hundredths."
        )
    doubts += _of_signs(maps, sign)
    calibration = calibrated([(m.ratio, m.cycle.efficiency) for m in maps])
    if maps and calibration.cycles < CYCLES:
        doubts.append(
            f"Cycles with an efficiency by charge: {calibration.cycles}; {CYCLES} are needed "
            "to compare the contrast with it."
        )
    return Cycling(tuple(maps), calibration, tuple(doubts))


def _of_signs(maps: Sequence[CycleMap], sign: int) -> Iterator[str]:
    """Yield what the directions of the changes contradict, as sentences."""
    against = [each.number for each in maps if each.against]
    if against:
        which = ("cycle " if len(against) == 1 else "cycles ") + ", ".join(map(str, against))
        word = "darker" if sign > 0 else "brighter"
        yield (
            f"Plating makes the footprint {word} in {which}, against the sign that is recorded for "
            "this microscope: the record is wrong, or something else than metal grew. The maps of "
            f"{'this cycle are' if len(against) == 1 else 'these cycles are'} left empty."
        )
    clear = [each for each in maps if math.isfinite(each.ratio)]
    signs = {float(np.sign(np.nansum(each.plated[each.status != PlaceStatus.OUTSIDE])))
             for each in clear}  # fmt: skip
    if len(signs) > 1:
        yield "Plating makes some cycles brighter and others darker: contrast does not tell metal."
    wrong = [each for each in clear if each.ratio < -_CLEAR * each.ratio_error]
    if wrong:
        yield (
            f"In cycle {wrong[0].number} stripping changes brightness in the direction of plating: "
            "do the times of the cycles belong to this film?"
        )


def calibrated(pairs: Sequence[tuple[float, float]]) -> Calibration:
    """Fit CE = a + b ratio.

    Args:
        pairs: ratio and electrochemical efficiency of each cycle.
    """
    known = np.array([pair for pair in pairs if all(map(math.isfinite, pair))], float)
    count = len(known)
    if count < CYCLES or float(np.ptp(known[:, 0])) <= 0:
        return Calibration(math.nan, math.nan, math.nan, count)
    b, a = np.polyfit(known[:, 0], known[:, 1], 1)
    left = known[:, 1] - (a + b * known[:, 0])
    total = float(((known[:, 1] - known[:, 1].mean()) ** 2).sum())
    r2 = 1 - float((left**2).sum()) / total if total > 0 else math.nan
    return Calibration(float(a), float(b), r2, count)


def _rests(t: FloatArray, cycle: Cycle, frames: int) -> tuple[npt.NDArray[np.int64], ...]:
    """Return the numbers of the frames at the three points of rest.

    The last ones before each point. Before the first plating there may be none: then the first
    ones after it. None farther away than half-way to the point before.
    """
    spans = (
        (cycle.start, cycle.turn - cycle.start),
        (cycle.turn, cycle.turn - cycle.start),
        (cycle.end, cycle.end - cycle.turn),
    )
    found = []
    for at, span in spans:
        near = np.flatnonzero((t <= at + 1e-9) & (t > at - _FAR * span))[-frames:]
        found.append(near.astype(np.int64))
    if found[0].size < FEWEST:
        soon = cycle.start + _EARLY * spans[0][1]
        after = np.flatnonzero((t >= cycle.start) & (t < soon))[:frames]
        found[0] = after.astype(np.int64)
    return tuple(found)


def _still(
    t: FloatArray, mean: FloatArray, rests: tuple[npt.NDArray[np.int64], ...]
) -> tuple[tuple[npt.NDArray[np.int64], ...], float]:
    """Leave out the earlier frames at points where brightness still changes.

    Returns:
        The last frames at each point, at least four, and by how much their means may be off: a
        share of what was plated.
    """
    plated = abs(float(mean[rests[1][-1]] - mean[rests[0][-1]])) or 1.0
    kept, worst = [], 0.0
    for rest in rests:
        off = math.inf
        for count in range(rest.size, FEWEST - 1, -1):
            last = rest[-count:]
            # A straight line through them says where they lead.
            slope = float(np.polyfit(t[last] - t[last].mean(), mean[last], 1)[0])
            off = abs(slope) * float(t[last[-1]] - t[last].mean()) / plated
            if off <= _STILL:
                break
        kept.append(last)
        worst = max(worst, off)
    return tuple(kept), worst


def _mapped(
    records: FloatArray, inside: npt.NDArray[np.bool_], noise: float, number: int, cycle: Cycle,
    rests: tuple[npt.NDArray[np.int64], ...], count: int, recorded: int,
) -> CycleMap:  # fmt: skip
    before, after, end = (records[rest[-count:]].mean(axis=0, dtype=np.float64) for rest in rests)
    plated, stripped = after - before, after - end
    error = math.sqrt(2 / count) * noise
    sum_in, sum_out = float(plated[inside].sum()), float(stripped[inside].sum())
    nothing = not (inside.any() and abs(sum_in) > _CLEAR * error * math.sqrt(int(inside.sum())))
    measured = 1 if sum_in >= 0 else -1
    sign = recorded or measured
    status = np.full(inside.shape, PlaceStatus.OUTSIDE, np.uint8)
    status[inside] = PlaceStatus.UNCLEAR
    status[inside & (sign * plated < -_CLEAR * error)] = PlaceStatus.OTHER_SIGN
    clear = inside & (sign * plated > _CLEAR * error)
    status[clear] = PlaceStatus.OK
    with np.errstate(divide="ignore", invalid="ignore"):
        efficiency = np.where(clear, stripped / plated, math.nan)
    ratio = math.nan if nothing else sum_out / sum_in
    weight = plated[clear]
    typical = float(np.median(np.abs(weight))) if clear.any() else math.nan
    spread = _error(ratio, noise / math.sqrt(count))
    return CycleMap(
        number=number,
        cycle=cycle,
        plated=plated,
        stripped=stripped,
        efficiency=efficiency,
        status=status,
        ratio=ratio,
        ratio_error=spread * math.sqrt(int(inside.sum())) / abs(sum_in)
        if not nothing
        else math.nan,
        weighted=float(stripped[clear].sum() / weight.sum()) if clear.any() else math.nan,
        place_error=spread / typical if typical else math.nan,
        frames=count,
        folded=False,
        against=not nothing and sign != measured,
    )


def _error(ratio: float, mean: float) -> float:
    """Return the standard deviation of a ratio times what was plated.

    `(I1 - I2) / (I1 - I0)` changes by `(1 - r) dI1 - dI2 + r dI0`, over what was plated.
    """
    r = ratio if math.isfinite(ratio) else 1.0
    return mean * math.sqrt((1 - r) ** 2 + 1 + r**2)


def _turns_over(
    t: FloatArray, records: FloatArray, inside: npt.NDArray[np.bool_], charge: FloatArray,
    cycle: Cycle,
) -> bool:  # fmt: skip
    """Tell whether the change per charge falls clearly in the course of a plating."""
    here = (t >= cycle.start) & (t <= cycle.turn)
    if here.sum() < 8 or not inside.any():
        return False
    passed = charge[here] - charge[here][0]
    if not np.ptp(passed) > 0:
        return False
    q = passed / np.abs(passed).max()
    mean = records[here][:, inside].mean(axis=1, dtype=np.float64)
    parts = np.column_stack([np.ones(q.size), q, q * q])
    solved = np.linalg.lstsq(parts, mean, rcond=None)[0]
    left = float(((mean - parts @ solved) ** 2).sum()) / max(q.size - 3, 1)
    straight = np.linalg.lstsq(parts[:, :2], mean, rcond=None)[0]
    gained = float(((mean - parts[:, :2] @ straight) ** 2).sum()) - left * (q.size - 3)
    early = solved[1] + 2 * solved[2] * float(q[0])
    late = solved[1] + 2 * solved[2] * float(q[np.argmax(np.abs(q))])
    falls = early * late < 0 or abs(late) < (1 - _TURNING) * abs(early)
    return bool(falls and (left <= 0 or gained / left > _SIGNIFICANT))
