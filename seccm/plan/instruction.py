"""What a person tells a run with a planner: a place to visit next, one never to visit, one more.

An instruction is stored with who gave it, when, and why, before anything follows from it. A run
that is resumed takes all of them from its file.
"""

from __future__ import annotations

import getpass
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, get_args

from seccm.errors import PlanError, Problem
from seccm.mistakes import similar
from seccm.plan import placing
from seccm.plan.decision import Decision
from seccm.plan.site import Site
from seccm.units import show

if TYPE_CHECKING:
    from seccm.plan.plan import Plan

Kind = Literal["pin", "add", "forbid", "allow"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_DONE: Mapping[str, str] = {
    "pin": "Pinned", "add": "Added", "forbid": "Forbidden", "allow": "Allowed again",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Instruction:
    """One thing that a person wants of the sites to come."""

    kind: Kind
    """"pin": this place of the plan comes next. "add": this one, too, wherever it is; it comes
    before the planner is asked again. "forbid": no site at this place. "allow": takes back what
    was said of the place before."""
    x: float
    """Stage coordinate in metres."""
    y: float
    """The same."""
    levels: Mapping[str, placing.Given] = field(default_factory=dict)
    """Levels of factors at the site; those of the plan where they are left out."""
    radius: float | None = None
    """Of the ground that is forbidden, or allowed again, in metres; that of a footprint if None."""
    who: str = ""
    """Who gave it."""
    why: str = ""
    """In the words of that person; empty if nothing was said."""
    when: str = ""
    """ISO 8601, UTC."""
    after: int = 0
    """How many sites the run had when it was given."""
    region: str = ""
    """The region of the sample in which the place lies; empty for every region, where a place is
    forbidden or allowed again."""

    def __post_init__(self) -> None:
        """Refuse what is not an instruction.

        Raises:
            PlanError: says what of it, all at once.
        """
        wrong = []
        if self.kind not in KINDS:
            wrong.append(Problem("instruction", f'"{self.kind}" is none of: {", ".join(KINDS)}.'))
        for name, value in (("x", self.x), ("y", self.y)):
            if not math.isfinite(value):
                wrong.append(Problem(name, f"is {value}.", "Give a place, such as 10 um."))
        if self.radius is not None and not (math.isfinite(self.radius) and self.radius >= 0.0):
            what = f"is {self.radius}; a radius is zero or more."
            wrong.append(Problem("radius", what, "Leave it out for that of a footprint."))
        if wrong:
            raise PlanError("instruction", wrong)

    @property
    def visits(self) -> bool:
        """Whether a site is to be visited because of it."""
        return self.kind in ("pin", "add")

    @property
    def words(self) -> str:
        """What it says, as a sentence."""
        place = f"({show(self.x, 'm')}, {show(self.y, 'm')})"
        around = "" if self.radius is None else f", {show(self.radius, 'm')} around"
        by = f" by {self.who}" if self.who else ""
        there = f" in region {self.region}" if self.region else ""
        return f"{_DONE[self.kind]}{by}: {place}{there}{around}. {self.why}".strip()

    @property
    def text(self) -> str:
        """The instruction as JSON in ASCII, from which `read` makes the same one."""
        table = {
            "kind": self.kind, "x": self.x, "y": self.y, "radius": self.radius,
            "levels": {name: _written(level) for name, level in self.levels.items()},
            "who": self.who, "why": self.why, "when": self.when, "after": self.after,
            "region": self.region,
        }  # fmt: skip
        return json.dumps(table, allow_nan=False, separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> Instruction:
        """Read what `text` gave.

        Raises:
            ValueError: it is not an instruction.
        """
        try:
            table = json.loads(text)
            radius = table.get("radius")
            return cls(
                table["kind"], float(table["x"]), float(table["y"]), dict(table.get("levels", {})),
                None if radius is None else float(radius), str(table.get("who", "")),
                str(table.get("why", "")), str(table.get("when", "")), int(table.get("after", 0)),
                str(table.get("region", "")),
            )  # fmt: skip
        except (KeyError, TypeError, AttributeError, RecursionError, PlanError) as error:
            raise ValueError(f"is not an instruction: {error!r}") from error

    def given(self, after: int) -> Instruction:
        """Return it as it is stored: now, after so many sites."""
        when = self.when or datetime.now(UTC).isoformat(timespec="seconds")
        return replace(self, when=when, after=after)


def _written(level: placing.Given) -> str | float:
    return level if isinstance(level, str | float | int) else str(level)


def site_of(plan: Plan, instruction: Instruction, number: int) -> Site:
    """Return the site that an instruction wants to be visited.

    Args:
        plan: of the run.
        instruction: that visits.
        number: of the instruction, which the decision of the site names.

    Raises:
        PlanError: the plan has no such place, or no such level.
    """
    sites = [site for site in plan.sites() if site.region == instruction.region]
    if not sites:
        known = () if plan.regions is None else plan.regions.labels
        what = f'"{instruction.region}" is not a region of the plan.'
        what = what if instruction.region else "is missing."
        remedy = similar(instruction.region, known)
        raise PlanError("instruction", [Problem("region", what, remedy)])
    own = min(sites, key=lambda s: math.hypot(s.x - instruction.x, s.y - instruction.y))
    apart = math.hypot(own.x - instruction.x, own.y - instruction.y)
    pinned = instruction.kind == "pin"
    if pinned and apart > 0.5 * plan.probe.diameter:
        what = f"is not a place of the plan: the nearest is {show(apart, 'm', 3)} away"
        place = f"({show(instruction.x, 'm')}, {show(instruction.y, 'm')})"
        remedy = f"Pin ({show(own.x, 'm')}, {show(own.y, 'm')}), or add the place instead."
        raise PlanError("instruction", [Problem(place, f"{what}.", remedy)])
    levels: dict[str, placing.Given] = {
        name: each[0] for name, each in plan.levels.items() if len(set(each)) == 1
    }
    if pinned and own.recipe is not None:
        levels |= own.recipe.values
    levels |= instruction.levels
    decision = Decision(instruction.words, instruction=number)
    if pinned:
        made = plan.site(
            own.x, own.y, levels, ix=own.ix, iy=own.iy, label=own.label, region=own.region
        )
    else:
        made = plan.site(instruction.x, instruction.y, levels, region=instruction.region)
    return replace(made, decision=decision)


def is_instructed(decision: Decision | None) -> bool:
    """Tell whether a site was visited because a person wanted it."""
    return isinstance(decision, Decision) and decision.instruction is not None


class Forbidden:
    """The ground on which no site may be, as the instructions so far say.

    Args:
        diameter: of a footprint, in metres.
        instructions: in the order in which they were given.
    """

    def __init__(self, diameter: float, instructions: Iterable[Instruction] = ()) -> None:
        self._own = 0.5 * diameter
        self._discs: list[Instruction] = []
        for instruction in instructions:
            self.take(instruction)

    def take(self, instruction: Instruction) -> None:
        """Take an instruction in."""
        if instruction.kind == "forbid":
            self._discs.append(instruction)
        elif instruction.kind == "allow":
            reach = self._own if instruction.radius is None else instruction.radius
            self._discs = [
                d
                for d in self._discs
                if _apart(d, instruction) > reach or instruction.region not in ("", d.region)
            ]

    def __len__(self) -> int:
        """How many places are forbidden."""
        return len(self._discs)

    @property
    def places(self) -> list[tuple[float, float]]:
        """The forbidden places, in metres."""
        return [(disc.x, disc.y) for disc in self._discs]

    def by(self, site: Site) -> Instruction | None:
        """Return what forbids a site: an attempt there would wet forbidden ground; else None."""
        for x, y in site.no_contact.offsets():
            for disc in self._discs:
                if disc.region not in ("", site.region):
                    continue
                reach = self._own + (self._own if disc.radius is None else disc.radius)
                # A pitch of just the diameter is no overlap, whatever the last digit says.
                if math.hypot(site.x + x - disc.x, site.y + y - disc.y) < reach * (1.0 - 1e-9):
                    return disc
        return None


def _apart(first: Instruction, second: Instruction) -> float:
    return math.hypot(first.x - second.x, first.y - second.y)


def person() -> str:
    """Return the name of whoever uses this computer, as the system knows it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a service has none
        return "unknown"


def agreed(instruction: Instruction) -> str:
    """Return what follows from an instruction, as a sentence for whoever gave it."""
    return {
        "pin": "Pinned: this place is visited next.",
        "add": "Added: this place is visited before the planner is asked again.",
        "forbid": "Forbidden: no site will be at this place.",
        "allow": "Taken back: the planner may choose this place again.",
    }[instruction.kind]
