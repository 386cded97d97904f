"""What persons have told a run with a planner, and what of it is left to do.

Each instruction is checked as soon as it is given, and is in the data file before anything follows
from it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from seccm.errors import PlanError, Problem
from seccm.plan.instruction import Forbidden, Instruction, Kind, agreed, site_of
from seccm.plan.placing import Placing
from seccm.plan.site import Site


class Instructed:
    """Takes instructions from any thread, and gives out the sites that they want.

    Args:
        placing: of the run; checks a site that is wanted.
        keep: makes an instruction safe in the data file.
        earlier: those of earlier sessions, by number.
        done: numbers of those whose sites the file has already.
    """

    def __init__(
        self,
        placing: Placing,
        keep: Callable[[int, Instruction], None],
        earlier: Mapping[int, Instruction] | None = None,
        done: Collection[int] = (),
    ) -> None:
        self._placing, self._keep = placing, keep
        self._lock = threading.Lock()
        self._all: list[Instruction] = []
        self._forbidden = Forbidden(placing.plan.probe.diameter)
        self._wanted: list[tuple[int, Instruction, Site]] = []
        """Sites to be visited, by the numbers of their instructions."""
        self._heeded = 0
        self._number = 0
        for number, instruction in sorted((earlier or {}).items()):
            if instruction.visits and number not in done:
                try:
                    site = site_of(placing.plan, instruction, number)
                except PlanError:  # it was one when it was given: the plan's packages have changed
                    continue
                self._wanted.append((number, instruction, site))
            self._take(instruction)
            self._number = number + 1

    def take(self, instruction: Instruction) -> str:
        """Take an instruction, and store it; return what follows from it, as a sentence.

        Raises:
            PlanError: the place cannot be visited, or there is nothing to take back. Nothing
                changed.
            RigError: it cannot be stored.
        """
        with self._lock:
            number, given = self._number, instruction.given(self._placing.count)
            site = site_of(self._placing.plan, given, number) if given.visits else None
            if site is not None:
                self._check(site)
            elif given.kind == "allow" and not self._takes_back(given):
                what = "Nothing was forbidden there, and no site is waiting there."
                raise PlanError("instruction", [Problem("allow", what, "Give its exact place.")])
            self._keep(number, given)
            self._number += 1
            if site is not None:
                self._wanted.append((number, given, site))
            self._take(given)
        return agreed(given)

    def _check(self, site: Site) -> None:
        """Refuse a site that cannot be visited.

        Raises:
            PlanError: says why.
        """
        if (against := self._forbidden.by(site)) is not None:
            what = f"is where no site may be. {against.words}"
            raise PlanError("instruction", [Problem("place", what, "Allow the place first.")])
        self._placing.check(site, [waiting for _, _, waiting in self._wanted])

    def _takes_back(self, allow: Instruction) -> bool:
        waits = Forbidden(
            self._placing.plan.probe.diameter,
            [Instruction("forbid", allow.x, allow.y, region=allow.region)],
        )
        forbids = [one for one in self._all if one.kind == "forbid"]
        before = Forbidden(self._placing.plan.probe.diameter, self._all)
        after = Forbidden(self._placing.plan.probe.diameter, [*self._all, allow])
        return (bool(forbids) and len(before) > len(after)) or any(
            waits.by(site) for _, _, site in self._wanted
        )

    def _take(self, instruction: Instruction) -> None:
        """Have an instruction count: the newest of two that contradict each other does."""
        self._all.append(instruction)
        self._forbidden.take(instruction)
        if not instruction.visits:
            there = Forbidden(
                self._placing.plan.probe.diameter,
                [replace(instruction, kind="forbid")],
            )
            self._wanted = [one for one in self._wanted if there.by(one[2]) is None]

    def next(self, kind: Kind) -> Site | None:
        """Return the site that is waited for longest, which is not waited for any more."""
        with self._lock:
            for place, (_, instruction, site) in enumerate(self._wanted):
                if instruction.kind == kind:
                    del self._wanted[place]
                    return site
        return None

    def forbids(self, site: Site) -> Instruction | None:
        """Return what forbids a site; None where nothing does."""
        return self._forbidden.by(site)

    def unheeded(self, told: int | None = None) -> list[Instruction]:
        """Return what a planner has not heard yet of where it may choose.

        Args:
            told: how many sites it was told of; what was said after more comes later.
        """
        with self._lock:
            found = []
            while self._heeded < len(self._all):
                one = self._all[self._heeded]
                if told is not None and one.after > told:
                    break
                self._heeded += 1
                if not one.visits:
                    found.append(one)
            return found
