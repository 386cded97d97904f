"""Kill runs with a planner at many moments; do resumed runs ask for what an undisturbed one asks?

A program of its own carries out the run, and is killed at an event. The run is resumed here. Three
counts: sites that were finished before the kill are as in the undisturbed run; every site of the
whole file is what its planner asks for when it is told what came before; no place was used twice.
The third and fourth runs are undisturbed ones on the virtual rig and on virtual-nidaq: the same
seed, and the same sites as far as results allow. Options: `--kills N`, `--rig NAME`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from killed_planners import asked, carried_on, killed, plan

import seccm
import seccm.session
from seccm.session import replan

SEED = 6


def main() -> None:
    """Kill, resume, and print what came of it."""
    options = argparse.ArgumentParser()
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--rig", default="virtual")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = folder / "whole.h5"
        events = carried_on(seccm.session.run(plan(), given.rig, path=whole, seed=SEED))
        before = same = replayed = once = intact = alike = 0
        moments = np.linspace(2, events - 4, given.kills).astype(int)
        for k, at in enumerate(np.random.default_rng(0).permutation(moments).tolist()):
            path = folder / f"killed-{k}.h5"
            killed(path, given.rig, SEED, at)
            with seccm.open(path) as scan:
                finished = int((scan.sites["status"] > 1).sum())
            carried_on(seccm.session.resume(path))
            mine, other = asked(path), asked(whole)
            before += mine[: finished + 1] == other[: finished + 1]
            to_the_end = [site[:3] for site in mine] == [site[:3] for site in other]
            same += to_the_end
            with seccm.open(path) as scan:
                whole_sites = bool((scan.sites["status"] == seccm.Outcome.OK).all())
            intact, alike = intact + whole_sites, alike + (whole_sites and to_the_end)
            found = replan(path)
            replayed += all(one.off < 1e-9 for one in found.asked)
            places = [site[:2] for site in mine]
            once += len(set(places)) == len(places)
            sys.stdout.write(
                f"  {k + 1}: at event {at} of {events}, {finished} sites done; so far {before} "
                f"as before, {same} to the end, {replayed} as asked, {once} with no place twice\n"
            )
            sys.stdout.flush()
        sys.stdout.write(
            f"of {given.kills} kills on {given.rig}: {before} with the same sites up to the one "
            f"after the kill, {same} with the same sites to the end (of {intact} that lost no "
            f"site {alike}), {replayed} with every site as "
            f"its planner asks when told the same, {once} with no place twice\n"
        )
        other = folder / "other.h5"
        rig = "virtual-nidaq" if given.rig == "virtual" else "virtual"
        carried_on(seccm.session.run(plan(), rig, path=other, seed=SEED))
        one, two = ([site[:3] for site in asked(path)] for path in (whole, other))
        first = next(
            (k for k, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), len(one)
        )
        sys.stdout.write(f"{given.rig} and {rig}: {first} of {len(one)} sites are the same\n")


if __name__ == "__main__":
    main()
