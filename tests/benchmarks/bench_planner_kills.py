"""Kill runs with a planner at many moments; do resumed runs ask for what an undisturbed one asks?

A program of its own carries out the run, and is killed at an event. The run is resumed here. For
each kill: are the sites that were finished before it as in the undisturbed run; is every site of
the whole file what its planner asks for when it is told what came before; was no place used twice?
And do the sites to the end, those that were broken off apart, have the places and the levels of the
undisturbed run? One that was broken off is elsewhere; all others may not be, where places are used
in their order. Three series: a bisection on a sample whose sites do not differ, where levels are
alike as far as the noise lets them; one on a sample whose sites scatter; and a map, whose planner
chooses places as well. Of levels the largest ratio to those of the undisturbed run is told. For a
map two undisturbed runs on two rigs are compared, too. Options: `--kills N`, `--rig NAME`.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from killed_planners import ALIKE, asked, carried_on, killed, plan, rig

import seccm
import seccm.session
from seccm.session import replan

SEED = 6


@dataclass(frozen=True, slots=True)
class Sites:
    """What a file has of its sites: of those that were not broken off, in the order of turns."""

    places: list[tuple[float, float]]
    levels: list[float]
    again: list[bool]
    """Whether it was asked for in place of one that was broken off."""
    every: list[tuple[float, float]]
    """Places of all sites."""

    @classmethod
    def of(cls, path: Path) -> Sites:
        """Read a file."""
        with seccm.open(path) as scan:
            planned = scan.planned
            done = [n for n in planned if scan.sites["status"][n] == seccm.Outcome.OK]
            levels = scan.sites["factor_j"].tolist()
            again = ["which was broken off" in scan.decisions[n].reason for n in done]
            at = {n: (site.x, site.y) for n, site in planned.items()}
            return cls([at[n] for n in done], [levels[n] for n in done], again, [*at.values()])

    def in_place(self, whole: Sites) -> bool:
        """Tell whether all sites but those in place of lost ones are where they would have been."""
        if len(self.places) != len(whole.places):
            return False
        each = zip(self.places, whole.places, self.again, strict=True)
        return all(again or mine == other for mine, other, again in each)

    def ratio(self, whole: Sites) -> float:
        """Return the largest ratio of two levels, 1 if they are the same."""
        pairs = zip(self.levels, whole.levels, strict=False)
        return max((math.exp(abs(math.log(a / b))) for a, b in pairs), default=1.0)


def series(folder: Path, which: str, on: str, kills: int) -> None:
    """Kill one run at many moments, and say what came of it."""
    whole = folder / f"{which}-{on}.h5"
    events = carried_on(seccm.session.run(plan(which), rig(on), path=whole, seed=SEED))
    other = Sites.of(whole)
    before = replayed = once = placed = whole_sites = alike = same = 0
    ratios = list[float]()
    moments = np.linspace(2, events - 4, kills).astype(int)
    for k, at in enumerate(np.random.default_rng(0).permutation(moments).tolist()):
        path = folder / f"{which}-{on}-{k}.h5"
        killed(path, which, on, SEED, at)
        with seccm.open(path) as scan:
            finished = int((scan.sites["status"] > 1).sum())
        carried_on(seccm.session.resume(path))
        mine = Sites.of(path)
        before += asked(path)[: finished + 1] == asked(whole)[: finished + 1]
        replayed += all(one.off < 1e-9 for one in replan(path).asked)
        once += len(set(mine.every)) == len(mine.every)
        in_place, none_lost = mine.in_place(other), len(mine.places) == len(mine.every)
        equal = in_place and mine.levels == other.levels
        placed, same = placed + in_place, same + equal
        whole_sites, alike = whole_sites + none_lost, alike + (none_lost and equal)
        ratios.append(mine.ratio(other))
        sys.stdout.write(
            f"  {k + 1}: at event {at} of {events}, {finished} sites done; so far {before} as "
            f"before, {placed} in place, {same} the same, {replayed} as asked, {once} once, levels "
            f"by {ratios[-1]:.4f}\n"
        )
        sys.stdout.flush()
    sys.stdout.write(
        f"{which} on {on}, {kills} kills: {before} with the same sites up to the one after the "
        f"kill, {placed} with the same places to the end but for those of lost sites, {same} with "
        f"the same levels as well (of {whole_sites} that lost no site {alike}); levels differ by a "
        f"factor of {max(ratios):.4f} at the most, {np.median(ratios):.4f} in the middle; "
        f"{replayed} with every site as its planner asks when told the same, {once} with no place "
        "twice\n"
    )


def two_rigs(folder: Path, name: str) -> None:
    """Say how many sites of two undisturbed runs on two rigs are the same."""
    other = "virtual-nidaq" if name == "virtual" else "virtual"
    found = []
    for on in (name, other):
        path = folder / f"rig-{on}.h5"
        carried_on(seccm.session.run(plan("map"), rig(on), path=path, seed=SEED))
        found.append([site[:3] for site in asked(path)])
    one, two = found
    first = next((k for k, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), len(one))
    sys.stdout.write(f"{name} and {other}: {first} of {len(one)} sites are the same\n")


def main() -> None:
    """Kill, resume, and print what came of it."""
    options = argparse.ArgumentParser()
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--rig", default="virtual")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for which, on in (("in order", ALIKE), ("in order", given.rig), ("map", given.rig)):
            series(folder, which, on, given.kills)
        two_rigs(folder, given.rig)


if __name__ == "__main__":
    main()
