"""Fast hopping: no slower than the stage allows, but where the surface may be.

Travel, retract and the first part of the descent go at the stage's own speed, with ramps that are
smooth over a period of its closed loop, so that it does not ring. Where the surface is known from
earlier landings, the tip goes fast to a little above where contact may come, and at the landing
speed from there on; how far above follows from the landings themselves, see
`seccm.hopping.terrain`. After a contact that came early, or none where one was expected, it is
farther; and where nothing is known, the descent is that of plain hopping.

Contact is watched for in all of the descent, and the fast part is only so fast that the tip stops
within the plan's overtravel wherever a contact comes: on a particle, or a step of the sample.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from seccm.errors import ContactError, Problem
from seccm.events import Note
from seccm.hopping.course import PATIENCE, Course, Steps
from seccm.hopping.descent import Division, Pacing, Stretches, Swift, fastest_descent
from seccm.hopping.terrain import Expected, Terrain
from seccm.hopping.way import Arrived
from seccm.plan.rounding import rounded_down
from seccm.plan.site import Site
from seccm.plan.ways import Timing, WayKind, WaySpec, listening, plain_timing, retract_time
from seccm.quantities import Length, Speed
from seccm.rig import Axis, RigInfo, Wake
from seccm.units import show
from seccm.ways.hopping import Hopping

if TYPE_CHECKING:
    from seccm.plan.subject import Subject

_SIDEWAYS: tuple[Axis, ...] = ("x", "y")
REST_ROWS = 4
"""Data points in succession that have to lie within the band for a stage to be at rest: 10 ms."""


class SwiftSpec(WaySpec):
    """What every way has that goes at the stage's own speed."""

    speed: Annotated[Speed, Field(gt=0, examples=["100 um/s"])] | None = None
    """Of travel and retract; without it, the highest that the stage can do."""
    descent: Annotated[Speed, Field(gt=0, examples=["20 um/s"])] | None = None
    """Of the descent to where the surface may be; without it, the highest at which a contact still
    stops within approach.overtravel, wherever it comes."""
    surface: Literal["plane", "last contact"] = "plane"
    """What the surface is expected from: a plane through the landings so far, or the last one."""
    above: Annotated[Length, Field(ge=0)] = 0.1e-6
    """How far above the expected surface the landing speed begins, at the least. It is more where
    landings scatter, the sample is tilted or drifts, and after a surprise."""
    band: Annotated[Length, Field(gt=0)] = 10e-9
    """After a travel, the approach begins once the sensors of x and y stay within this band; where
    there are none, after travel.settle."""


class FastHoppingSpec(SwiftSpec):
    """Hop as fast as the stage allows; only the last stretch goes at the landing speed.

    The stage's own speed takes the place of `travel.speed` and `retract.speed`.
    """

    kind: Literal["fast hopping"] = "fast hopping"


def stage_speed(way: SwiftSpec, info: RigInfo) -> float:
    """Return how fast travel and retract are, in metres per second."""
    fastest = min((axis.fastest for axis in info.axes.values()), default=math.inf)
    return fastest if way.speed is None else min(fastest, way.speed)


def descent_speed(way: SwiftSpec, site: Site, info: RigInfo) -> float:
    """Return how fast the first part of a descent is, in metres per second."""
    return fastest_descent(site, info) if way.descent is None else way.descent


def sideways_sensed(info: RigInfo) -> bool:
    """Tell whether sensors say where the stage is in x and y."""
    return all(info.axes[axis].sensed for axis in _SIDEWAYS if axis in info.axes)


class FastHopping(Hopping):
    """One visit by fast hopping; see `seccm.hopping.way.Way`.

    Args:
        site: where, and what to do there.
        info: the rig's limits and latencies.
        course: the hop's newest block and untold events.
        terrain: what is known of the surface.
    """

    def __init__(self, site: Site, info: RigInfo, course: Course, terrain: Terrain) -> None:
        super().__init__(site, info, course, terrain)
        way = site.way
        assert isinstance(way, SwiftSpec)
        self._way = way
        speed = stage_speed(way, info)
        self._up = Pacing(speed, info.smoothing("z"))
        self._sideways = Pacing(speed, info.smoothing("x", "y"))
        down = Pacing(descent_speed(way, site, info), info.smoothing("z"))
        self._swift = Swift(site, down, way.above)

    def _divide(self, x: float, y: float) -> Division:
        course, terrain, margin = self._course, self._terrain, self._site.approach.surface_margin

        def divided(start: float, target: float, expected: Expected | None) -> Stretches:
            if self._way.surface == "last contact":
                now = course.row * course.block.clock.period
                expected = terrain.latest(x, y, now, margin)
            return self._swift(start, target, expected)

        return divided

    def _land(self, attempt: int, offset: tuple[float, float]) -> Steps[Arrived]:
        try:
            arrived = yield from super()._land(attempt, offset)
        except ContactError:
            self._terrain.surprise()
            raise
        if self._approach is not None and self._approach.early:
            self._terrain.surprise()
        else:
            self._terrain.confirm()
        return arrived

    def _settle(self) -> Steps[None]:
        """Wait until the sensors say that the stage rests."""
        course, band = self._course, self._way.band
        if not sideways_sensed(self._info):
            yield from super()._settle()
            return
        clock, since = course.block.clock, course.row
        late = since + clock.rows(PATIENCE)
        heard = dict.fromkeys(_SIDEWAYS, np.empty(0))
        while True:
            yield from course.next(Wake(course.row + (1 if len(heard["x"]) else REST_ROWS)))
            own = course.block.part(since, course.row)
            heard = {axis: np.append(heard[axis], own.data[axis])[-REST_ROWS:] for axis in heard}
            widest = max(float(np.ptp(rows)) for rows in heard.values())
            if len(heard["x"]) >= REST_ROWS and widest <= band:
                return
            if course.row >= late:
                what = (
                    f"The stage did not come to rest within {show(band, 'm')} in "
                    f"{show(PATIENCE, 's')} after the travel: it still moves by "
                    f"{show(widest, 'm', 2)}. Widen way.band, or look at the servo."
                )
                course.tell(Note(course.row, self._site.number, what))
                return


def timing(way: SwiftSpec, site: Site, info: RigInfo) -> Timing:
    """Return how long the parts of a hop take."""
    plain = plain_timing(way, site, info)
    speed, down = stage_speed(way, info), descent_speed(way, site, info)
    rest = REST_ROWS * info.clock.period if sideways_sensed(info) else site.travel_settle
    return Timing(
        travel=1.0 / speed,
        settle=rest + info.smoothing("x", "y") + listening(site, info),
        first=plain.first,
        descent=1.0 / down,
        landing=info.smoothing("z") + way.above / site.approach.speed + plain.landing,
        retract=retract_time(site, speed, info) + info.smoothing("z"),
        fastest_descent=down,
    )


def problems(way: SwiftSpec, subject: Subject) -> Iterator[Problem]:
    """Find speeds that the stage cannot do, or at which it cannot stop in time."""
    info = subject.info
    for name, axes in (("speed", info.axes), ("descent", ("z",))):
        wanted = getattr(way, name)
        fastest = min((a.fastest for name, a in info.axes.items() if name in axes), default=0.0)
        if wanted is not None and wanted > fastest:
            limit = show(fastest, "m/s")
            what = f"{show(wanted, 'm/s')} is faster than the stage can move, {limit}."
            put = subject.put(limit, "way", name)
            yield Problem(f"way.{name}", what, f"Lower it to {limit}.", suggestion=put)
            return
    for site in subject.patterns():
        if (problem := _descent_problem(way, site, subject)) is not None:
            yield problem
            return


def _descent_problem(way: SwiftSpec, site: Site, subject: Subject) -> Problem | None:
    """Say what is wrong with the speed of the descent at the sites of a pattern."""
    if way.descent is None:
        return _little_gained(site, subject)
    approach, info = site.approach, subject.info
    far = info.overtravel(way.descent, approach.rule.consecutive, approach.rule.signal)
    guard = approach.overtravel + approach.surface_margin
    slack = 1.0 + 1e-9
    if way.descent >= approach.speed and far <= approach.overtravel * slack:
        return None
    best = show(fastest_descent(site, info), "m/s", 3)
    put = subject.put(best, "way", "descent")
    if way.descent < approach.speed:
        what = (
            f"{show(way.descent, 'm/s')} is below the landing speed, approach.speed = "
            f"{show(approach.speed, 'm/s')}."
        )
        return Problem("way.descent", what, f"Write {best}, or remove it.", suggestion=put)
    stops = (
        f"at {show(way.descent, 'm/s')} rig {info.name} may go {show(far, 'm', 3)} past a contact "
        "that comes early"
    )
    if far > guard * slack:
        what = (
            f"{stops}, more than approach.overtravel and approach.surface_margin together, "
            f"{show(guard, 'm', 3)}."
        )
        return Problem("way.descent", what, f"Lower it to {best}.", suggestion=put)
    what = f"{stops}; approach.overtravel allows {show(approach.overtravel, 'm')}."
    remedy = f"Lower it to {best} on a sample with particles or steps."
    usual = way.descent * info.usual_stop(approach.rule.consecutive)
    if usual > approach.overtravel:
        return Problem("way.descent", what, remedy, "warning", put)
    # Only the worst stop, which hardly ever comes, goes so far: that is for the plan to decide.
    what += f" Its usual stop goes {show(usual, 'm', 2)}."
    return Problem("way.descent", what, remedy, "warning")


def _little_gained(site: Site, subject: Subject) -> Problem | None:
    """Say so where the worst stop of the rig leaves nothing of a fast descent, and what does."""
    approach, info = site.approach, subject.info
    safe = fastest_descent(site, info)
    rows = approach.rule.consecutive
    worst, usual = info.overtravel(1.0, rows), info.usual_stop(rows)
    fastest = info.axes["z"].fastest if "z" in info.axes else safe
    guard = approach.overtravel + approach.surface_margin
    best = rounded_down(min(fastest, approach.overtravel / usual, guard / worst))
    if safe >= 2.0 * approach.speed or best < 2.0 * safe:
        return None
    what = (
        f"at most {show(safe, 'm/s', 3)} stays within approach.overtravel in the worst stop of rig "
        f"{info.name}, {show(worst, 's', 3)}, hardly faster than approach.speed."
    )
    remedy = (
        f"Write {show(best, 'm/s')}: an early contact is then passed by "
        f"{show(best * usual, 'm', 2)} as a rule and by {show(best * worst, 'm', 2)} at worst. Or "
        "lower the rig's worst stop: stop.horizon, or a wired trigger."
    )
    put = subject.put(show(best, "m/s"), "way", "descent")
    return Problem("way.descent", what, remedy, "warning", put)


KIND = WayKind("fast hopping", FastHoppingSpec, FastHopping, problems, timing)
