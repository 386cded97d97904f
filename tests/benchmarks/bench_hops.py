"""How fast plans hop, where the time goes, and whether any landing goes farther than it may.

Three runs of the virtual rig on a tilted, drifting sample: plain hopping as published (2 um/s in
all directions), and fast hopping on stages of 50 Hz and 200 Hz, with the same landing speed. Then
many short landings, on the shipped drop and tilt but among planted bumps that are higher than any
margin (`--landings 10000` for the full number).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))
from many_landings import BUMPS, landings

import seccm
from seccm.events import Phase
from seccm.plan import Plan
from seccm.units import show

PERIOD = 2.57e-3


def a_plan(columns: int, rows: int, seconds: str, **tables: Any) -> Plan:
    """Return the plan of the paper, with a step of some length at each site."""
    return Plan.from_dict(
        {
            "title": "hops",
            "sample": "li-on-au",
            "reference": {
                "name": "Li/Li+",
                "electrode": "Ag wire",
                "offset": "3.05 V",
                "provenance": "of the virtual sample",
            },
            "probe": {"aperture": "6 um", "footprint": {"ratio": 1.55, "basis": "nominal"}},
            "sites": {
                "kind": "grid",
                "columns": columns,
                "rows": rows,
                "pitch": "11 um",
                "origin": ["0 um", "0 um"],
                "order": "serpentine",
            },
            "approach": {
                "speed": "2 um/s",
                "travel": "30 um",
                "overtravel": "250 nm",
                "contact": {"kind": "potential drop", "drop": "5 V"},
            },
            "retract": {"distance": "8 um", "speed": "2 um/s"},
            "travel": {"speed": "2 um/s"},
            "program": [{"step": "constant current", "current": "-0.5 nA", "duration": seconds}],
            **tables,
        }
    )


def a_rig(folder: Path, frequency: str) -> Path:
    """Write a rig file of the virtual rig."""
    path = folder / f"{frequency.replace(' ', '')}.toml"
    path.write_text(f'kind = "virtual"\n[stage]\nfrequency = "{frequency}"\n', "utf-8")
    return path


def throughput(folder: Path, name: str, rig: Path, plan: Plan) -> float:
    """Run a plan, say where its time went, and return the sites per hour."""
    path = folder / f"{name}.h5"
    for _ in seccm.run(plan, str(rig), path=path, seed=3):
        pass
    with seccm.open(path) as scan:
        sites, phases = len(scan.sites), np.asarray(scan._file["phase"][:])
        first = float(scan.sites["t_end"][0])
        times = np.asarray(scan._file["t"][:])
    # The first descent, of unknown depth, is no hop.
    each = np.bincount(phases[times > first], minlength=len(Phase)) * PERIOD / (sites - 1)
    hours = 3600.0 / each.sum()
    beside = each.sum() - each[Phase.STEP]
    shares = ", ".join(f"{p.name.lower()} {each[p]:.3f} s" for p in Phase if each[p] > 1e-3)
    sys.stdout.write(f"{name}: {hours:.0f} sites/h, {beside:.3f} s beside the step: {shares}\n")
    return float(hours)


def many(frequency: str, count: int) -> int:
    """Land often among bumps; return how many landings went farther than the plan allows."""
    plan = a_plan(10, 10, "20 ms", way={"kind": "fast hopping"})
    past: list[float] = []
    outcomes: Counter[str] = Counter()
    deepest, crashes = 0.0, 0
    for seed in range(-(-count // 100)):
        found = landings(plan, seed, stage={"frequency": frequency}, surface=BUMPS)
        past += found.past
        outcomes += found.outcomes
        deepest, crashes = max(deepest, found.deepest), crashes + found.crashes
    above = sum(one > 250e-9 for one in past)
    told = ", ".join(f"{number} {words}" for words, number in sorted(outcomes.items()))
    sys.stdout.write(
        f"{frequency}, {len(past)} landings among bumps: {show(max(past), 'm', 3)} past contact at "
        f"most (99 %: {show(float(np.quantile(past, 0.99)), 'm', 3)}), {above} above 250 nm; truly "
        f"{show(deepest, 'm', 3)} at most; glass touched {crashes} times; {told}\n"
    )
    sys.stdout.flush()
    return above


def main() -> None:
    """Print sites per hour of each way, and the overtravel of many landings."""
    options = argparse.ArgumentParser()
    options.add_argument("--landings", type=int, default=640)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        slow, quick = (a_rig(folder, frequency) for frequency in ("50 Hz", "200 Hz"))
        plain = throughput(folder, "plain", slow, a_plan(8, 1, "5 s"))
        for title, rig in (("fast, 50 Hz", slow), ("fast, 200 Hz", quick)):
            plan = a_plan(8, 8, "5 s", way={"kind": "fast hopping"})
            found = throughput(folder, title, rig, plan)
            sys.stdout.write(f"  {found / plain:.2f} x plain\n")
    for frequency in ("50 Hz", "200 Hz"):
        many(frequency, asked.landings // 2)


if __name__ == "__main__":
    main()
