"""Turns steps into segments: densities into currents, vertices into times, potentials into raw.

A rig measures against its own quasi-reference electrode. The plan's potentials are against the
reference it names: raw = potential - offset.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from seccm.errors import Problem
from seccm.plan.approach import (
    Approach,
    Contact,
    CurrentRiseContact,
    CurrentThresholdContact,
    HoldAt,
    Retract,
)
from seccm.plan.factors import Condition, Value
from seccm.plan.site import ApproachSpec, Hold, Lift, Segment
from seccm.plan.steps import (
    ConstantCurrent,
    ConstantPotential,
    CyclicVoltammetry,
    LinearSweep,
    OpenCircuit,
    Repeat,
    Single,
    Step,
    Until,
)
from seccm.quantities import DAY, MOST
from seccm.rig import (
    Constant,
    ContactRule,
    CurrentRise,
    CurrentThreshold,
    Limit,
    Lines,
    Mode,
    PotentialDrop,
)
from seccm.suggestion import Key, Suggestion
from seccm.units import show

_PART = re.compile(r"[^.\[\]]+")
MOST_SEGMENTS = 10_000
MOST_CORNERS = 1_000_000


def volts(potential: float) -> str:
    """Write a potential in volts, as electrochemists do however small it is."""
    return f"{potential or 0.0:.4g} V"


def located(where: str) -> Key:
    """Return the path of a key that stands in a message: "program[0].start"."""
    return tuple(int(part) if part.isdecimal() else part for part in _PART.findall(where))


def flattened(program: Sequence[Step], where: str = "program") -> Iterator[tuple[str, Single]]:
    """Yield the steps in the order in which they run, each with its key in the plan."""
    for index, step in enumerate(program):
        key = f"{where}[{index}]"
        if isinstance(step, Repeat):
            for _ in range(step.times):
                yield from flattened(step.program, f"{key}.program")
        else:
            yield key, step


def segment_count(program: Sequence[Step]) -> int:
    """Return how many segments a program makes, without making them."""
    return sum(s.times * segment_count(s.program) if isinstance(s, Repeat) else 1 for s in program)


@dataclass(frozen=True, slots=True)
class Expansion:
    """Everything that the numbers of a site depend on, apart from where it is."""

    condition: Condition
    offset: float
    """Volts to add to a raw potential to have it against the plan's reference."""
    area: float
    """Of the footprint, in square metres."""

    def raw(self, potential: Value) -> float:
        """Return a potential of the plan in raw volts."""
        return self.condition.number(potential) - self.offset

    def amperes(self, current: Value | None, density: Value | None) -> float:
        """Return a current that a plan gives either way."""
        if current is not None:
            return self.condition.number(current)
        if density is not None:
            return self.condition.number(density) * self.area
        raise ValueError("neither a current nor a current density is given")

    def segments(self, program: Sequence[Step]) -> tuple[Segment, ...]:
        """Return the segments of a program."""
        steps = (step for _, step in flattened(program))
        return tuple(self._segment(index, step) for index, step in enumerate(steps))

    def _segment(self, index: int, step: Single) -> Segment:
        limits = self._limits(step.until)
        number = self.condition.number
        match step:
            case ConstantCurrent():
                amperes = self.amperes(step.current, step.current_density)
                density = show(amperes / self.area, "A/m^2")
                label = f"{density} ({show(amperes, 'A')}) for {show(number(step.duration), 's')}"
                waveform = Constant(amperes, number(step.duration))
                return Segment(index, step.step, label, "current", waveform, limits)
            case ConstantPotential():
                label = f"{volts(number(step.potential))} for {show(number(step.duration), 's')}"
                waveform = Constant(self.raw(step.potential), number(step.duration))
                return Segment(index, step.step, label, "potential", waveform, limits)
            case OpenCircuit():
                label = f"open circuit for {show(number(step.duration), 's')}"
                waveform = Constant(0.0, number(step.duration))
                return Segment(index, step.step, label, "open", waveform, limits)
            case CyclicVoltammetry() | LinearSweep():
                return self._sweep(index, step, limits)

    def _sweep(
        self, index: int, step: CyclicVoltammetry | LinearSweep, limits: tuple[Limit, ...]
    ) -> Segment:
        """Make the straight lines of a sweep; cycles begin at multiples of one cycle's time."""
        rate = self.condition.number(step.scan_rate)
        corners = [self.raw(corner) for corner in step.corners]
        legs = [abs(b - a) / rate for a, b in pairwise(corners)]
        ends = list(accumulate(legs))
        is_cv = isinstance(step, CyclicVoltammetry)
        cycles = step.cycles if isinstance(step, CyclicVoltammetry) else 1
        times = [0.0, *(k * ends[-1] + end for k in range(cycles) for end in ends)]
        values = [corners[0], *(corner for _ in range(cycles) for corner in corners[1:])]
        walk = " to ".join(volts(self.condition.number(c)) for c in step.corners[:4])
        label = f"{walk}{' ...' if len(corners) > 4 else ''} at {show(rate, 'V/s')}"
        return Segment(
            index,
            step.step,
            f"{label}, {cycles} cycles" if cycles > 1 else label,
            "potential",
            Lines(tuple(times), tuple(values)),
            limits,
            tuple(k * ends[-1] for k in range(cycles + 1)) if is_cv else (),
        )

    def _limits(self, until: Until | None) -> tuple[Limit, ...]:
        if until is None:
            return ()
        number = self.condition.number
        after = number(until.after)
        limits = []
        if until.charge is not None:
            limits.append(Limit("charge", "above", number(until.charge)))
        if until.potential_below is not None:
            limits.append(Limit("potential", "below", self.raw(until.potential_below), after))
        if until.potential_above is not None:
            limits.append(Limit("potential", "above", self.raw(until.potential_above), after))
        if until.current_below is not None:
            limits.append(Limit("current", "below", number(until.current_below), after))
        if until.current_above is not None:
            limits.append(Limit("current", "above", number(until.current_above), after))
        return tuple(limits)

    def hold(self, approach: Approach, first: Single) -> Hold:
        """Return what is imposed during the approach."""
        hold = approach.hold
        if isinstance(hold, HoldAt):
            if hold.potential is not None:
                return Hold("potential", self.raw(hold.potential))
            return Hold("current", self.amperes(hold.current, hold.current_density))
        match first:
            case ConstantCurrent():
                return Hold("current", self.amperes(first.current, first.current_density))
            case ConstantPotential():
                return Hold("potential", self.raw(first.potential))
            case OpenCircuit():
                return Hold("open", 0.0)
            case CyclicVoltammetry() | LinearSweep():
                return Hold("potential", self.raw(first.start))

    def approach(self, approach: Approach, first: Single, segment: Segment) -> ApproachSpec:
        """Return how the tip comes down.

        Args:
            approach: as the plan says it.
            first: the first step of the program.
            segment: that step's segment; it goes on with the hold where it imposes the same.
        """
        number = self.condition.number
        hold = self.hold(approach, first)
        same = segment.mode == hold.mode and isinstance(segment.waveform, Constant)
        return ApproachSpec(
            speed=number(approach.speed),
            travel=number(approach.travel),
            rule=self._rule(approach.contact),
            hold=hold,
            settle=number(approach.settle),
            confirm=approach.confirm,
            false_contacts=approach.false_contacts,
            overtravel=number(approach.overtravel),
            surface_margin=number(approach.surface_margin),
            continues=same and segment.waveform.extremes[0] == hold.value,
        )

    def _rule(self, contact: Contact) -> ContactRule:
        number = self.condition.number
        if isinstance(contact, CurrentThresholdContact):
            threshold = number(contact.threshold)
            return CurrentThreshold(threshold, contact.polarity, contact.consecutive)
        if isinstance(contact, CurrentRiseContact):
            return CurrentRise(number(contact.rise), contact.polarity, contact.consecutive)
        return PotentialDrop(number(contact.drop), contact.consecutive)

    def lift(self, retract: Retract) -> Lift:
        """Return how the tip goes up."""
        return Lift(self.condition.number(retract.distance), self.condition.number(retract.speed))


def program_problems(program: Sequence[Step]) -> list[Problem]:
    """Find what cannot be expanded under any condition, without expanding it."""
    count = segment_count(program)
    if count <= MOST_SEGMENTS:
        return []
    what = f"repeats to {count} steps at each site, more than {MOST_SEGMENTS}."
    return [Problem("program", what, "Lower the times of its repeats.")]


def condition_problems(
    condition: Condition, approach: Approach, retract: Retract, program: Sequence[Step]
) -> Iterator[Problem]:
    """Find what does not fit together under one condition."""
    corners = 0
    for where, step in dict(flattened(program)).items():
        if isinstance(step, CyclicVoltammetry | LinearSweep):
            yield from _sweep_problems(condition, where, step)
            cycles = step.cycles if isinstance(step, CyclicVoltammetry) else 1
            corners += cycles * (len(step.corners) - 1)
    if corners > MOST_CORNERS:
        yield Problem("program", f"has {corners} vertices at each site, more than {MOST_CORNERS}.")
    yield from _contact_problems(approach, program)
    travel, lift = condition.number(approach.travel), condition.number(retract.distance)
    if travel <= lift:
        under = condition.under(approach.travel, retract.distance)
        what = f"{show(travel, 'm')}{under} does not reach down again after a retract of "
        yield Problem(
            "approach.travel",
            f"{what}{show(lift, 'm')}.",
            "Make it larger than retract.distance.",
        )


def _sweep_problems(
    condition: Condition, where: str, step: CyclicVoltammetry | LinearSweep
) -> Iterator[Problem]:
    names = ["start", "stop"]
    if isinstance(step, CyclicVoltammetry):
        names = ["start", *(f"vertices[{i}]" for i in range(len(step.vertices))), "the end"]
    corners = [condition.number(corner) for corner in step.corners]
    under = condition.under(*step.corners)
    for (here, a), (there, b) in pairwise(zip(names, corners, strict=True)):
        if a == b and there == "the end":
            what = f"{volts(b)}{under} is where the cycle starts."
            remedy = "Leave it out: each cycle goes back to start by itself."
            out = Suggestion(located(f"{where}.{here}"), "remove")
            yield Problem(f"{where}.{here}", what, remedy, suggestion=out)
        elif a == b:
            what = f"{volts(b)}{under} is no sweep: it equals {here}."
            yield Problem(f"{where}.{there}", what, "Give another potential.")
    way = sum(abs(b - a) for a, b in pairwise(corners))
    cycles = step.cycles if isinstance(step, CyclicVoltammetry) else 1
    lasts, (longest, in_words) = way * cycles / condition.number(step.scan_rate), MOST["s"]
    if lasts > longest:
        rate = f"{show(condition.number(step.scan_rate), 'V/s')}{condition.under(step.scan_rate)}"
        what = f"{rate} makes the sweep last {lasts / DAY:.3g} days; at most {in_words}."
        yield Problem(f"{where}.scan_rate", what, "Sweep faster, or take fewer cycles.")


def _contact_problems(approach: Approach, program: Sequence[Step]) -> Iterator[Problem]:
    """Refuse a contact rule that cannot see anything under the hold of the approach."""
    needs: Mode = "current" if approach.contact.kind == "potential drop" else "potential"
    if isinstance(approach.hold, HoldAt):
        mode: Mode = "current" if approach.hold.potential is None else "potential"
        held = f"a {mode} is held"
    else:
        first = next(step for _, step in flattened(program))
        modes: dict[str, Mode] = {"constant current": "current", "open circuit": "open"}
        mode = modes.get(first.step, "potential")
        held = f'the first step, "{first.step}", is held'
    if mode != needs:
        where, what = (
            "approach.contact",
            f'"{approach.contact.kind}" needs a {needs} held during the approach, but {held}.',
        )
        name, value = _imposed(program, needs)
        if name:
            remedy = f'Hold one with approach.hold = {{ {name} = "{value}" }}, or choose another '
            put = Suggestion(("approach", "hold"), "put", {name: value})
            yield Problem(where, what, f"{remedy}kind of contact.", suggestion=put)
        else:
            kind = {"kind": "current threshold", "threshold": "5 pA"}
            kind = {"kind": "potential drop", "drop": "5 V"} if needs == "potential" else kind
            line = ", ".join(f'{part} = "{said}"' for part, said in kind.items())
            remedy = f"Choose another kind of contact, such as contact = {{ {line} }}."
            put = Suggestion(("approach", "contact"), "put", kind)
            yield Problem(where, what, remedy, suggestion=put)


def _imposed(program: Sequence[Step], mode: Mode) -> tuple[str, str]:
    """Return the first current or potential of a program, by the key of a hold; empty if none."""
    for _, step in flattened(program):
        match step:
            case ConstantCurrent() if mode == "current":
                if step.current is not None:
                    return "current", _written(step.current, "A")
                return "current_density", _written(step.current_density, "A/m^2")
            case ConstantPotential() if mode == "potential":
                return "potential", _written(step.potential, "V")
            case CyclicVoltammetry() | LinearSweep() if mode == "potential":
                return "potential", _written(step.start, "V")
            case _:
                continue
    return "", ""


def _written(value: Value | None, unit: str) -> str:
    """Write a quantity of a plan as its file has it."""
    return show(value, unit, 9) if isinstance(value, float) else str(value)
