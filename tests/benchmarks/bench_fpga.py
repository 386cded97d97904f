"""Whole shipped plans on the virtual FPGA target against the virtual rig, landing by landing.

`--plans li-on-au-combinatorial li-on-au-cv --seed 3 --processes 2`. For each plan: the median of
the result that it is made for on both rigs, and how far the latency and the overtravel of every
landing in the file are from what the target and the world truly did. `--low` begins 2 um above the
surface and goes up by 6 um between sites, quickly: the sites and their programme are the same, on
both rigs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from every_way import near_surface

import seccm
from seccm.plan import Plan, load_plan
from seccm.units import show
from sim.fpga.axes import CLOCK, VOLTS

RESULTS = {"li-on-au-combinatorial": ("E_nuc", 10e-3), "li-on-au-cv": ("CE_first", 0.02)}
"""What both rigs must agree about, and how well."""
RIGS = ("virtual", "virtual-wec-fpga")
TOP, SPAN = 100e-6, 10e-6
"""Height of the tip without voltage, and metres per volt, as `sim.fpga` is wired."""


@dataclass(frozen=True)
class Outcome:
    """What came of a plan on a rig."""

    plan: str
    rig: str
    ended: str
    words: str
    values: np.ndarray
    """Of the result, a site each."""
    late: np.ndarray
    """Latency in the file less the true one, in rows."""
    past: np.ndarray
    """Overtravel in the file less the true one, in metres."""
    crashes: int
    jumped: bool
    """Whether the first line that the target was sent moves something."""
    seconds: float


def against_truth(scan: Any, plugged: Any, period: float) -> tuple[np.ndarray, np.ndarray]:
    """Return by how much latency (rows) and overtravel (metres) of each landing are off."""
    late, past = [], []
    for k in np.flatnonzero(np.isfinite(scan.sites["latency"])):
        place = np.array([scan.sites["x_cmd"][k], scan.sites["y_cmd"][k]])
        touch = [
            one
            for one in plugged.truth.landings
            if np.hypot(*(np.array([one.x, one.y]) - place)) < 1e-6
        ][-1]
        halt, code = min(one for one in plugged.target.contacts if one[0] / CLOCK >= touch.t)
        late.append((scan.sites["latency"][k] - halt / CLOCK + touch.t) / period)
        past.append(scan.sites["overtravel"][k] - touch.z + TOP - code * VOLTS * SPAN)
    return np.array(late), np.array(past)


def lower(plan: str) -> Plan:
    """A shipped plan that goes up less, and quicker."""
    table = load_plan(plan).to_dict()
    retract = {**table["retract"], "distance": "6 um", "speed": "50 um/s"}
    return Plan.from_dict({**table, "retract": retract}, source=plan)


def ran(plan: str, rig: str, seed: int, low: bool) -> Outcome:
    """Run a whole plan."""
    begun = time.monotonic()
    given, where = (lower(plan), near_surface("53 um", rig)) if low else (plan, rig)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scan.h5"
        run = seccm.run(given, path=path, rig=where, seed=seed)
        used: Any = run._runner._rig
        *_, last = run
        with seccm.open(path) as scan:
            late = past = np.zeros(0)
            crashes, jumped = 0, False
            if rig != "virtual":
                plugged = used.plugged
                late, past = against_truth(scan, plugged, scan.clock.period)
                crashes = len(plugged.truth.crashes)
                jumped = plugged.target.began[0][1][13] != 0
            words = np.unique(scan.sites.words("status"), return_counts=True)
            said = ", ".join(f"{count} {word}" for word, count in zip(*words, strict=True))
            values = np.array(scan.sites[RESULTS[plan][0]], dtype=float)
            ended = f"{scan.state}: {last}"
    seconds = time.monotonic() - begun
    return Outcome(plan, rig, ended, said, values, late, past, crashes, jumped, seconds)


def main() -> None:
    """Print what came of the plans."""
    options = argparse.ArgumentParser()
    options.add_argument("--plans", nargs="+", default=list(RESULTS))
    options.add_argument("--seed", type=int, default=3)
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--low", action="store_true")
    asked = options.parse_args()
    jobs = [(plan, rig, asked.seed, asked.low) for plan in asked.plans for rig in reversed(RIGS)]
    with multiprocessing.get_context("spawn").Pool(asked.processes) as pool:
        found = {(one.plan, one.rig): one for one in pool.starmap(ran, jobs, chunksize=1)}
    for plan in asked.plans:
        name, within = RESULTS[plan]
        medians = {rig: float(np.nanmedian(found[plan, rig].values)) for rig in RIGS}
        apart = abs(medians[RIGS[0]] - medians[RIGS[1]])
        sys.stdout.write(
            f"{plan}: median {name} {medians['virtual']:.5f} and {medians[RIGS[1]]:.5f}, "
            f"{apart:.5f} apart of {within} at most\n"
        )
        for rig in RIGS:
            one = found[plan, rig]
            sys.stdout.write(f"  {rig}: {one.ended}; {one.words}; {one.seconds:.0f} s\n")
        target = found[plan, RIGS[1]]
        sys.stdout.write(
            f"  {len(target.late)} landings: latency off by {np.abs(target.late).max():.2f} rows "
            f"at most, overtravel by {show(float(np.abs(target.past).max()), 'm', 2)}; "
            f"{target.crashes} crashes; the target jumped at its first line: {target.jumped}\n"
        )


if __name__ == "__main__":
    main()
