"""Turns the approach and the retract of a plan into raw numbers, and finds what cannot be so.

What is held during the approach may be what the first step of the programme begins with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from seccm.earlier import Earlier
from seccm.errors import Problem
from seccm.factors import Condition, Value
from seccm.placeholder import Placeholder
from seccm.plan.approach import (
    Approach,
    HoldAt,
    Retract,
)
from seccm.plan.site import ApproachSpec, Detaching, Hold, Lift
from seccm.program.program import act_of
from seccm.program.references import reference_problems
from seccm.program.registry import kind_of
from seccm.program.segment import Act
from seccm.program.setting import Setting, second_of
from seccm.program.settled import earlier_in
from seccm.program.tree import most_steps, parts
from seccm.program.values import value_problems
from seccm.program.words import Step
from seccm.rig import Constant, Mode
from seccm.suggestion import Suggestion
from seccm.units import show

_LISTS = ("program", "otherwise")
"""What holds the steps of a repeat or of an if."""
MOST_STEPS = 10_000
"""Steps at one site; rows carry the number of their step in two bytes."""
MOST_VERTICES = 1_000_000


def hold_of(approach: Approach, setting: Setting, first: Act) -> Hold:
    """Return what is imposed during the approach."""
    hold = approach.hold
    if isinstance(hold, HoldAt):
        return held(hold, setting)
    return Hold(first.mode, float(first.waveform.at(np.zeros(1))[0]))


def held(hold: HoldAt, setting: Setting) -> Hold:
    """Return a value that is imposed, as a raw number."""
    if hold.potential is not None:
        return Hold("potential", setting.raw(hold.potential))
    return Hold("current", setting.amperes(hold.current, hold.current_density))


def approach_of(approach: Approach, setting: Setting, first: Act) -> ApproachSpec:
    """Return how the tip comes down.

    Args:
        approach: as the plan says it.
        setting: what turns it into numbers.
        first: the first step; it goes on with the hold where it imposes the same.
    """
    number = setting.number
    hold = hold_of(approach, setting, first)
    same = first.mode == hold.mode and isinstance(first.waveform, Constant)
    second = None if approach.beside is None else second_of(approach.beside, setting)
    return ApproachSpec(
        speed=number(approach.speed),
        travel=number(approach.travel),
        rule=approach.contact.rule(number),
        hold=hold,
        settle=number(approach.settle),
        confirm=approach.confirm,
        false_contacts=approach.false_contacts,
        overtravel=number(approach.overtravel),
        surface_margin=number(approach.surface_margin),
        continues=same and first.waveform.extremes[0] == hold.value and first.second == second,
        second=second,
    )


def lift_of(retract: Retract, setting: Setting, hold: Hold) -> Lift:
    """Return how the tip goes up.

    Args:
        retract: as the plan says it.
        setting: what turns it into numbers.
        hold: of the approach.
    """
    distance, speed = setting.number(retract.distance), setting.number(retract.speed)
    given = retract.detachment
    if given is None:
        return Lift(distance, speed)
    detaching = Detaching(
        hold=hold if given.hold is None else held(given.hold, setting),
        speed=speed if given.speed is None else setting.number(given.speed),
        margin=None if given.margin is None else setting.number(given.margin),
    )
    if (calibration := given.calibration) is not None:
        detaching = replace(
            detaching,
            slope=calibration.slope,
            radius=calibration.radius,
            uncertainty=calibration.uncertainty,
        )
    return Lift(distance, speed, detaching)


def length_problem(program: object) -> Problem | None:
    """Say whether a program as it is written has more steps than are worth reading.

    Args:
        program: what a plan says there, of any kind.
    """
    count, lists = 0, [program]
    while lists and count <= MOST_STEPS:
        listed = lists.pop()
        steps = listed if isinstance(listed, list | tuple) else ()
        count += len(steps)
        if count <= MOST_STEPS:
            tables = [step for step in steps if isinstance(step, Mapping)]
            lists += [table[name] for table in tables for name in _LISTS if name in table]
    if count <= MOST_STEPS:
        return None
    return Problem("program", f"has more than {MOST_STEPS} steps.", "Write a repeat instead.")


def program_problems(program: Sequence[Step], factors: Collection[str]) -> list[Problem]:
    """Find what cannot be expanded under any condition, without expanding it.

    Args:
        program: the steps.
        factors: names of the factors of the plan.
    """
    found = [*reference_problems(program), *value_problems(program, factors)]
    count = most_steps(program)
    if count > MOST_STEPS:
        what = f"repeats to {count} steps at each site, more than {MOST_STEPS}."
        return [*found, Problem("program", what, "Lower the times of its repeats.")]
    vertices = sum(kind_of(part.kind).vertices(part.spec) for part in parts(program))
    if vertices > MOST_VERTICES:
        what = f"has {vertices} vertices at each site, more than {MOST_VERTICES}."
        found.append(Problem("program", what))
    return found


def condition_problems(
    setting: Setting, approach: Approach, retract: Retract, program: Sequence[Step]
) -> Iterator[Problem]:
    """Find what does not fit together under one condition."""
    for part in parts(program):
        if not earlier_in(part.spec):
            here = setting.inside(part.values)
            yield from kind_of(part.kind).problems(part.spec, part.key, here)
    yield from _contact_problems(approach, program, setting)
    condition = setting.condition
    travel, lift = condition.number(approach.travel), condition.number(retract.distance)
    if travel <= lift:
        under = condition.under(approach.travel, retract.distance)
        what = f"{show(travel, 'm')}{under} does not reach down again after a retract of "
        yield Problem(
            "approach.travel",
            f"{what}{show(lift, 'm')}.",
            "Make it larger than retract.distance.",
        )


def _contact_problems(
    approach: Approach, program: Sequence[Step], setting: Setting
) -> Iterator[Problem]:
    """Refuse a contact rule that cannot see anything under the hold of the approach."""
    needs = approach.contact.needs
    if needs is None:
        return
    if isinstance(approach.hold, HoldAt):
        mode: Mode = "current" if approach.hold.potential is None else "potential"
        held = f"a {mode} is held"
    else:
        first = next(parts(program))
        mode = act_of(first.spec, setting.inside(first.values)).mode
        held = f'the first step, "{first.kind}", is held'
    if mode != needs:
        where, what = (
            "approach.contact",
            f'"{approach.contact.kind}" needs a {needs} held during the approach, but {held}.',
        )
        name, value = _imposed(program, needs, setting)
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


def _imposed(program: Sequence[Step], mode: Mode, setting: Setting) -> tuple[str, str]:
    """Return the first current or potential of a program, by the key of a hold; empty if none."""
    for part in parts(program):
        begins = kind_of(part.kind).begins(part.spec)
        if begins is not None and begins.quantity.startswith(mode):
            unit = {"potential": "V", "current": "A", "current_density": "A/m^2"}[begins.quantity]
            # Only inside of its repeat does a name stand for a value that the repeat goes over.
            value = Condition(part.values).known(begins.value)
            if isinstance(value, Earlier):
                value = value.within[1]  # the plan says that it may be this
            if mode == "current" and isinstance(setting.condition.known(value), Placeholder):
                act = act_of(part.spec, setting.inside(part.values))
                return mode, show(float(act.waveform.at(np.zeros(1))[0]), "A", 9)
            return begins.quantity, _written(value, unit)
    return "", ""


def _written(value: Value | None, unit: str) -> str:
    """Write a quantity of a plan as its file has it."""
    return show(value, unit, 9) if isinstance(value, float) else str(value)
