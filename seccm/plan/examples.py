"""What could stand at a place of a plan that is not right yet: values that fit the rest of it.

They are shown to someone who left a key out or wrote something else there, after each was tried
(`seccm.advice`). What is dangerous when it is wrong, such as the overtravel, follows from the
pipette and the speed of this plan.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

from seccm.errors import PlanError
from seccm.plan.contacts import KINDS, away
from seccm.plan.rounding import length, rounded_down, rounded_up
from seccm.plan.site import HANGS, NOISE
from seccm.program.kind import Kind
from seccm.program.registry import kinds
from seccm.schema import inside
from seccm.suggestion import Key
from seccm.units import example, parse, parse_any, show

STOPS = 0.125
"""Seconds from contact to a standstill that most rigs keep, at their worst."""
APERTURES = (6e-6, 10e-6, 1e-6, 2e-6, 3e-6, 20e-6, 500e-9, 200e-9, 100e-9, 50e-9)
_UNITS = {"current_density": "A/m^2", "current": "A", "duration": "s", "scan_rate": "V/s",
          "potential": "V"}  # fmt: skip
"""Quantities of a step that usually follow a factor."""
_LISTS = ("program", "otherwise")
"""What holds steps."""
_BEGIN = {"potential", "start"}
"""Potentials of a step that may go on with what is held."""
_FAINTEST, _LARGEST = 1e-30, 1e9
"""SI values outside, infinite ones and NaN are mistakes themselves: no advice goes by them."""
_IN_UNITS_OF_A_RESULT = (("stop", "uncertainty"), ("goal", "value"), ("target",))
"""Where a planner's table has quantities of the result that it is about."""
_REACH = 95e-6
"""Metres that most stages reach."""


def examples(path: Key, data: Mapping[str, Any]) -> Sequence[Any]:
    """Return what could stand at a path of a plan, the best first; often nothing."""
    plan = _Known(data)
    names = tuple(part for part in path if isinstance(part, str))
    if path[-2:-1] == ("over",):
        return [[level] for level in plan.levels(str(path[-1]))]
    if path[-3:-2] == ("over",):
        return list(plan.levels(str(path[-2])))
    if path[:1] == ("program",) and len(path) > 1:
        return list(plan.of_step(path))
    if path[:1] == ("factors",) and len(path) == 3:
        return list(plan.levels(str(path[1])))
    if path[:1] == ("factors",) and len(path) == 2:
        return [[level] for level in plan.levels(str(path[1]))]
    if path[:2] == ("design", "conditions") and len(path) == 4:
        return list(plan.levels(str(path[3])))
    if path[:2] == ("sites", "leave_out"):
        return [0, [0, 0], [[0, 0]]][4 - len(path) :][:1]
    if path[:2] == ("sites", "origin"):
        return ["5 um"] if len(path) == 3 else [["5 um", "5 um"]]
    if path[:2] == ("sites", "points") and len(path) > 2:
        return list(islice(plan.point(path), 3))
    of_results = path[:2] == ("planner", "learn") and (len(path) < 4 or path[-1] == "result")
    if of_results or path == ("planner", "result"):
        return list(plan.learnt(path))
    make = _MADE.get(names)
    return list(make(plan)) if make is not None and len(names) == len(path) else []


class _Known:
    """What can be read of a plan that is not right yet.

    Args:
        data: its tables as written.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def at(self, *path: int | str) -> Any:
        """Return what stands at a path; None if nothing does."""
        here: object = self._data
        for part in path:
            here = inside(here, part)
        return here

    def number(self, unit: str, *path: int | str) -> float | None:
        """Return the quantity at a path in SI, if it is one that advice can be built on."""
        given = self.at(*path)
        try:
            value = parse(given, unit) if isinstance(given, str) else float(given)
        except (TypeError, ValueError, OverflowError):
            return None
        return value if value == 0.0 or _FAINTEST < abs(value) < _LARGEST else None

    def size(self, unit: str, *path: int | str) -> float | None:
        """Return the quantity at a path in SI, if it is one that must be positive and is."""
        value = self.number(unit, *path)
        return value if value is not None and value > 0.0 else None

    @property
    def lithium(self) -> bool:
        """Whether potentials are against lithium."""
        name, sample = str(self.at("reference", "name")), str(self.at("sample"))
        return name.startswith("Li") or (self.at("reference", "name") is None and "li-" in sample)

    @property
    def aperture(self) -> float:
        """Diameter of the pipette, or a usual one, in metres."""
        return self.size("m", "probe", "aperture") or next(self.apertures(), APERTURES[0])

    @property
    def diameter(self) -> float:
        """Diameter of the footprint in metres."""
        area = self.size("m^2", "probe", "footprint", "area")
        if area is not None and area > 0:
            return 2 * math.sqrt(area / math.pi)
        ratio = self.size("1", "probe", "footprint", "ratio")
        return self.aperture * (ratio if ratio and ratio > 0 else 1.5)

    @property
    def pitch(self) -> float | None:
        """Distance of the sites in metres."""
        pitch = self.size("m", "sites", "pitch")
        return self.size("m", "sites", "pitch", 0) if pitch is None else pitch

    @property
    def in_bath(self) -> bool:
        """Whether the pipette dips into a liquid, as far as way and contact tell."""
        contact = KINDS.all().get(str(self.at("approach", "contact", "kind")))
        return self.at("way", "kind") == "topography" or (contact is not None and contact.in_bath)

    @property
    def bears(self) -> float:
        """How far the tip may go past contact, in metres: what hangs from it, or is below it."""
        return (away(0.98) / 8.0 if self.in_bath else HANGS) * self.aperture

    def apertures(self) -> Iterator[float]:
        """Yield pipettes that fit the footprint and the distance of the sites."""
        area = self.size("m^2", "probe", "footprint", "area")
        ratio = self.size("1", "probe", "footprint", "ratio") or 1.5
        for aperture in APERTURES:
            if area is not None and area > 0:
                if 1.0 <= 2 * math.sqrt(area / math.pi) / aperture <= 2.5:
                    yield aperture
            elif self.pitch is None or aperture * ratio * 1.1 < self.pitch:
                yield aperture

    def overtravel(self) -> Iterator[str]:
        """Yield what the meniscus bears, and what a rig needs to stop at this speed."""
        speed = self.size("m/s", "approach", "speed") or 2e-6
        bears, needs = self.bears, STOPS * speed
        yield length(min(bears, needs))
        yield length(needs)

    def speed(self) -> Iterator[str]:
        """Yield the speed at which a rig stops within the overtravel, if that is usual."""
        bears = min(self.bears, 250e-9)
        overtravel = self.size("m", "approach", "overtravel") or bears
        yield show(rounded_down(min(2e-6, max(overtravel, 50e-9) / STOPS)), "m/s")
        yield "2 um/s"

    def lift(self) -> Iterator[str]:
        """Yield retracts that break the meniscus."""
        overtravel = self.size("m", "approach", "overtravel") or self.bears
        least = max(self.diameter, self.aperture) / 2 + overtravel + NOISE
        enough = 1.1 * least + 0.01 * (self.pitch or 0.0)
        usual = (one for one in (2e-6, 8e-6, 12e-6, 20e-6) if one >= enough)
        yield length(next(usual, rounded_up(enough)))
        yield length(rounded_up(enough))

    def travel(self) -> Iterator[str]:
        """Yield how far to go down: farther than the retract."""
        lift = self.size("m", "retract", "distance") or 8e-6
        yield length(rounded_up(max(30e-6, 1.5 * lift)))

    def pitches(self) -> Iterator[str]:
        """Yield distances of sites whose droplets do not meet."""
        yield length(rounded_up(1.2 * self.diameter))

    def columns(self) -> Iterator[int]:
        """Yield numbers of columns or rows that the stage can reach."""
        pitch = self.pitch or 1.2 * self.diameter
        origin = self.number("m", "sites", "origin", 0) or 0.0
        most = 8 if pitch <= 0 else math.floor((_REACH - origin) / pitch) + 1
        most = max(1, min(40, most))
        fits = min(8, most)
        yield from (fits, *range(fits + 1, most + 1), *range(fits - 1, 0, -1))

    def columns_at_most(self) -> int:
        """Return the most columns that are usual and that the stage can reach."""
        return next(self.columns())

    def points(self) -> Iterator[list[list[str]]]:
        """Yield lists of places, as many as have values of their own or labels."""
        values, labels = self.at("sites", "values"), self.at("sites", "labels")
        lists = [*values.values()] if isinstance(values, Mapping) else []
        count = next((len(one) for one in [*lists, labels] if isinstance(one, list) and one), 2)
        places = list(self._clear_of([]))
        yield [[length(x), length(y)] for x, y in places[:count]]

    def labels(self) -> Iterator[list[str]]:
        """Yield labels of regions, as many as have a position or values of their own."""
        values = self.at("regions", "values")
        lists = [self.at("regions", "positions")]
        lists += values.values() if isinstance(values, Mapping) else []
        count = next((len(one) for one in lists if isinstance(one, list) and one), 2)
        yield [f"A{number}" for number in range(1, count + 1)]

    def among_regions(self) -> Iterator[str]:
        """Yield how a planner takes regions, where nothing else of its plan varies."""
        varies = self.at("planner", "vary") or self.at("planner", "places") == "any"
        if self.at("regions", "positions") and not varies:
            yield "by place"

    def learnt(self, path: Key) -> Iterator[Any]:
        """Yield what a planner could learn: results that the programme yields at each site."""
        from seccm.plan.plan import Plan  # which tells its mistakes with these examples

        try:
            plan = Plan.from_dict({k: v for k, v in self._data.items() if k != "planner"})
        except PlanError:
            return
        told = [self.at(*path[:2], k, "result") for k in range(6)]
        units = self._units_of_the_result()
        for kept in plan.kept():
            if kept.column not in told and units <= {kept.result.unit}:
                one = kept.column if path[-1] == "result" else {"result": kept.column}
                yield [one] if path[-1] == "learn" else one

    def _units_of_the_result(self) -> set[str]:
        """Return the SI units of what a planner's table says of its result; a share says none."""
        asked = (self.at("planner", *where) for where in _IN_UNITS_OF_A_RESULT)
        found = set()
        for one in asked:
            with suppress(ValueError, TypeError):
                found.add(parse_any(one)[1])
        return found - {"1"}

    def point(self, path: Key) -> Iterator[Any]:
        """Yield a place, or one of its coordinates, whose droplet meets no other."""
        listed = self.at("sites", "points")
        others = [
            (self.number("m", "sites", "points", k, 0), self.number("m", "sites", "points", k, 1))
            for k in range(len(listed) if isinstance(listed, list) else 0)
            if k != path[2]
        ]
        known = [(x, y) for x, y in others if x is not None and y is not None]
        mine: tuple[float | None, float | None] = (None, None)
        if len(path) == 4 and path[3] in (0, 1):
            given = self.number("m", *path[:3], 1 - int(path[3]))
            mine = (given, None) if path[3] == 1 else (None, given)
        for x, y in self._clear_of(known, *mine):
            yield [length(x), length(y)] if len(path) == 3 else length((x, y)[int(path[3])])

    def _clear_of(
        self, others: Sequence[tuple[float, float]], x: float | None = None, y: float | None = None
    ) -> Iterator[tuple[float, float]]:
        """Yield places row by row whose droplets meet neither each other nor those of others."""
        least = 1.05 * self.diameter
        pitch = rounded_up(least if not others else least / 4)
        line = [5e-6 + pitch * k for k in range(max(1, math.floor((_REACH - 5e-6) / pitch) + 1))]
        for one_y in line if y is None else [y]:
            for one_x in line if x is None else [x]:
                if all(math.hypot(one_x - a, one_y - b) >= least for a, b in others):
                    yield one_x, one_y

    def shifts(self) -> Iterator[str]:
        """Yield shifts of retries that stay clear of the next site."""
        retries = self.size("1", "on_no_contact", "retries") or 1.0
        clear = ((self.pitch or 3 * self.diameter) - 1.1 * self.diameter) / 2
        if clear > 0:
            yield length(rounded_down(0.9 * clear / math.ceil(retries / 4)))
        yield "0 m"

    def levels(self, name: str) -> Iterator[str]:
        """Yield levels like the others of a factor, or of the kind of what follows it."""
        for unit, value in self._of_factor(name):
            for factor in (1.0, 0.5, 2.0, 0.3, 3.0):
                yield show(factor * value, unit)

    def _of_factor(self, name: str) -> Iterator[tuple[str, float]]:
        conditions, levels = self.at("design", "conditions"), self.at("factors", name)
        given = list(levels) if isinstance(levels, list) else []
        given += [inside(c, name) for c in conditions] if isinstance(conditions, list) else []
        usual = {unit: parse_any(example(unit))[0] for unit in _UNITS.values()}
        for key, value in _quantities(self.at("program")):
            if value == f"${name}" and key in _UNITS:
                usual = {_UNITS[key]: usual[_UNITS[key]]}
                given.append(example(_UNITS[key]))
        for level in given:
            try:
                value, unit = parse_any(str(level))
            except ValueError:
                continue
            if unit in usual and value:
                yield unit, value

    def grids(self) -> Iterator[dict[str, Any]]:
        """Yield grids for as many sites as the design asks for."""
        pitch = next(self.pitches())
        side = _Known(
            {**self._data, "sites": {"pitch": pitch, "origin": ["5 um"]}}
        ).columns_at_most()
        repeats, listed = self.at("design", "repeats"), self.at("design", "conditions")
        if isinstance(repeats, int) and isinstance(listed, list) and listed:
            total = repeats * len(listed)
            rows = [n for n in range(side, 0, -1) if total % n == 0 and total // n <= side]
            sizes = [*((total // n, n) for n in rows), (side, side)]
        else:
            sizes = [(side, side), (2, 2)]
        for columns, row_count in sizes:
            yield {"kind": "grid", "columns": columns, "rows": row_count, "pitch": pitch,
                   "origin": ["5 um", "5 um"]}  # fmt: skip

    def footprints(self) -> Iterator[dict[str, Any]]:
        """Yield footprints that a pipette makes."""
        for ratio in (1.5, 1.0):
            yield {"ratio": ratio, "basis": "nominal"}

    def probes(self) -> Iterator[dict[str, Any]]:
        """Yield pipettes with their footprints."""
        for aperture in self.apertures():
            yield {"aperture": show(aperture, "m"), "footprint": next(self.footprints())}

    def areas(self) -> Iterator[str]:
        """Yield footprints that a pipette makes, as areas."""
        for ratio in (1.5, 1.0):
            yield show(math.pi / 4 * (ratio * self.aperture) ** 2, "m^2", 3)

    def references(self) -> Iterator[dict[str, Any]]:
        """Yield references; that of lithium where the sample is lithium."""
        silver = {"name": "Ag/AgCl", "electrode": "Ag/AgCl wire", "offset": "0 V",
                  "provenance": "the wire is the reference"}  # fmt: skip
        lithium = {"name": "Li/Li+", "electrode": "Ag wire (QRCE)", "offset": "3.05 V",
                   "provenance": "CV of lithium"}  # fmt: skip
        yield from (lithium, silver) if "li-" in str(self.at("sample")) else (silver, lithium)

    def offsets(self) -> Iterator[str]:
        """Yield what silver against lithium, or a reference against itself, has."""
        yield "3.05 V" if self.lithium else "0 V"

    def samples(self) -> Iterator[str]:
        """Yield the samples that a virtual rig brings."""
        yield from ("li-on-au", "redox") if self.lithium else ("redox", "li-on-au")

    def contacts(self) -> Iterator[dict[str, Any]]:
        """Yield contact rules, that which sees something under the hold first."""
        hold, first = self.at("approach", "hold"), self.at("program", 0)
        held = hold if isinstance(hold, Mapping) else first if isinstance(first, Mapping) else {}
        galvanostatic = held.keys() & {"current", "current_density"}
        drop = {"kind": "potential drop", "drop": "5 V"}
        threshold = {"kind": "current threshold", "threshold": "5 pA", "polarity": "either"}
        if self.in_bath:
            yield {"kind": "ion current", "fraction": 0.98}
        yield from (drop, threshold) if galvanostatic else (threshold, drop)

    def approaches(self) -> Iterator[dict[str, Any]]:
        """Yield whole approaches."""
        parts = {
            "speed": next(self.speed()),
            "travel": next(self.travel()),
            "overtravel": length(min(self.bears, 250e-9)),
        }
        found = [{**parts, "contact": contact} for contact in self.contacts()]
        yield from found
        yield from ({**one, "hold": hold} for one in found for hold in self.holds())

    def lifts(self) -> Iterator[dict[str, Any]]:
        """Yield whole retracts."""
        yield {"distance": next(self.lift()), "speed": "4 um/s"}

    def holds(self) -> Iterator[Any]:
        """Yield what can be held: a value that was written without its table, or the first step."""
        given = self.at("approach", "hold")
        if isinstance(given, str):
            kinds = {"V": "potential", "A": "current", "A/m^2": "current_density"}
            try:
                kind = kinds.get(parse_any(given)[1])
            except ValueError:
                kind = None
            if kind is not None:
                yield {kind: given.strip()}
            if given.strip().startswith("$"):
                yield from ({kind: given.strip()} for kind in kinds.values())
        yield "first step"
        for name in ("potential", "current_density", "current"):
            yield from ({name: value} for value in self.imposed(name))

    def imposed(self, name: str) -> Iterator[Any]:
        """Yield what the program imposes first: potentials, or currents."""
        names = ("potential", "start") if name == "potential" else (name,)
        program = self.at("program")
        for step in program if isinstance(program, list) else ():
            for given in (step[n] for n in names if isinstance(step, Mapping) and n in step):
                within = inside(given, "within")
                # What follows an earlier step is known when its turn comes; the plan says its ends.
                yield from reversed(within) if isinstance(within, list) else (given,)

    def followed(self, unit: str, path: Key = ()) -> Iterator[str]:
        """Yield the names that stand for a kind of quantity, as "$j".

        Args:
            unit: the SI unit of that kind.
            path: of the quantity; repeats round it go over values, too.
        """
        factors, design = self.at("factors"), self.at("design", "conditions")
        named = {
            name: level
            for condition in (design if isinstance(design, list) else ())
            if isinstance(condition, Mapping)
            for name, level in condition.items()
        }
        if isinstance(factors, Mapping):
            named |= {name: inside(levels, 0) for name, levels in factors.items()}
        for depth in range(2, len(path), 2):
            over = self.at(*path[:depth], "over")
            if isinstance(over, Mapping):
                named |= {name: inside(levels, 0) for name, levels in over.items()}
        for name, level in named.items():
            try:
                if parse_any(str(level))[1] == unit:
                    yield f"${name}"
            except ValueError:
                continue

    def programs(self, path: Key = ()) -> Iterator[list[dict[str, Any]]]:
        """Yield programs of one step that follow the plan's factors and go on with the hold.

        Args:
            path: of the steps; repeats round them go over values, too.
        """
        steps = [step for kind in kinds().values() for step in self._filled(kind, path)]
        steps.sort(key=lambda step: (-sum(_follows(v) for v in step.values()), step["step"]))
        yield from ([step] for step in steps)
        # A step that goes on with the hold, and one that follows a factor.
        following = [step for step in steps if any(map(_follows, step.values()))][:1]
        yield from ([step, *following] for step in steps if following and step not in following)

    def names(self) -> Iterator[str]:
        """Yield the names of steps, in their order."""
        return (str(value) for key, value in _quantities(self.at("program")) if key == "name")

    def missing(self) -> Iterator[str]:
        """Yield the names of steps that are followed and not there."""
        given = set(self.names())
        return (name for name in _asked(self.at("program")) if name not in given)

    def _filled(self, kind: Kind[Any], path: Key) -> Iterator[dict[str, Any]]:
        """Yield a step of a kind that follows what factors it can, and goes on with the hold."""
        if kind.example is None:
            return
        step = {"step": kind.name, **kind.example}
        held = self.at("approach", "hold", "potential")
        for name in _BEGIN & step.keys() if held is not None else ():
            step[name] = held
        for name, unit in _UNITS.items():
            if name in step:
                step[name] = next(self.followed(unit, path), step[name])
        if "current" in step:
            rest = {name: value for name, value in step.items() if name != "current"}
            yield from ({**rest, "current_density": j} for j in self.followed("A/m^2", path))
        yield step

    def of_step(self, path: Key) -> Iterator[Any]:
        """Yield values for a key of a step: those that go on with the hold, or follow a factor."""
        name = str(path[-1])
        if name == "name":
            yield from self.missing()
        if name == "from":
            yield from self.names()
        if name in _UNITS:
            yield from self.followed(_UNITS[name], path)
        lasts = self.size("s", *path[:-2], "duration") if name == "after" else None
        if lasts is not None:
            yield show(rounded_down(0.1 * lasts), "s")
        after = self.size("s", *path[:-1], "until", "after") if name == "duration" else None
        if after is not None:
            yield show(10.0 * after, "s")  # what ends the step must have the time to do so
        if name in ("start", "potential"):
            held = self.at("approach", "hold", "potential")
            yield from (one for one in (held, "0 V") if one is not None)
        if name == "vertices":
            yield from (["-0.25 V"], ["0.25 V"])
        if len(path) > 1 and path[-2] == "vertices":
            yield from ("-0.25 V", "0.25 V")
        if name == "stop":
            yield from ("-0.25 V", "0.25 V")
        if name in _LISTS:
            missing = tuple(self.missing())
            for program in self.programs(path):
                yield [
                    *({**program[0], "name": name} for name in missing),
                    *program[bool(missing) :],
                ]
        if isinstance(path[-1], int) and len(path) % 2 == 0:
            for program in self.programs(path):
                yield from ({**program[0], "name": name} for name in self.missing())
                yield program[0]


def _quantities(steps: object) -> Iterator[tuple[str, object]]:
    """Yield the quantities of steps, also inside of repeats and ifs; of references the offset."""
    for step in steps if isinstance(steps, list) else ():
        for key, value in step.items() if isinstance(step, Mapping) else ():
            if isinstance(value, list):
                yield from _quantities(value)
            elif isinstance(value, Mapping) and "offset" not in value:
                yield from _quantities([value])
            else:
                yield key, value.get("offset") if isinstance(value, Mapping) else value


def _asked(given: object) -> Iterator[str]:
    """Yield the names of the steps that something follows or asks of."""
    if isinstance(given, Mapping):
        if isinstance(given.get("from"), str):
            yield given["from"]
        for value in given.values():
            yield from _asked(value)
    elif isinstance(given, list):
        for value in given:
            yield from _asked(value)


def _follows(value: object) -> bool:
    return isinstance(value, str) and value.startswith("$")


_MADE = {
    ("sample",): _Known.samples,
    ("reference",): _Known.references,
    ("reference", "offset"): _Known.offsets,
    ("probe",): _Known.probes,
    ("probe", "aperture"): lambda plan: (show(a, "m") for a in plan.apertures()),
    ("probe", "footprint"): _Known.footprints,
    ("probe", "footprint", "area"): _Known.areas,
    ("sites",): _Known.grids,
    ("sites", "points"): _Known.points,
    ("sites", "columns"): _Known.columns,
    ("sites", "rows"): _Known.columns,
    ("sites", "pitch"): _Known.pitches,
    ("approach",): _Known.approaches,
    ("approach", "speed"): _Known.speed,
    ("approach", "travel"): _Known.travel,
    ("approach", "overtravel"): _Known.overtravel,
    ("approach", "contact"): _Known.contacts,
    ("approach", "hold"): _Known.holds,
    ("approach", "hold", "potential"): lambda plan: plan.imposed("potential"),
    ("approach", "hold", "current"): lambda plan: plan.imposed("current"),
    ("approach", "hold", "current_density"): lambda plan: plan.imposed("current_density"),
    ("on_no_contact", "shift"): _Known.shifts,
    ("retract",): _Known.lifts,
    ("retract", "distance"): _Known.lift,
    ("program",): _Known.programs,
    ("regions", "labels"): _Known.labels,
    ("planner", "regions"): _Known.among_regions,
}
