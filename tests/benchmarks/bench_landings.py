"""Landings by the thousand in worlds of several kinds: how far each went past its contact.

`--landings 10000` for the full number, shared among the worlds and the ways of hopping, and among
`--processes`. For each world: the deepest overtravel against the 250 nm that the plan allows,
refusals of a surface that was there, and how far below the expected surface any descent went, by a
witness that knows it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from guarded import watched
from many_landings import BUMPS
from small_scan import STEP, small_scan

from seccm.plan.reach import TILT
from seccm.units import show

SIDE = 8
ALLOWED = 250e-9
WAYS: Mapping[str, dict[str, Any]] = {
    "plain": {"kind": "hopping"},
    "plane": {"kind": "fast hopping"},
    "last contact": {"kind": "fast hopping", "surface": "last contact"},
}
SMOOTH = {"bumps_per_area": 0.0}
WORLDS: Mapping[str, dict[str, Any]] = {
    "tilt": {"surface": SMOOTH},
    "rough": {"surface": BUMPS},
    "step up": {"surface": {**SMOOTH, "step": 5e-6, "edge": 55e-6}},
    "step down within the margin": {"surface": {**SMOOTH, "step": -0.3e-6, "edge": 55e-6}},
    "drift": {"surface": SMOOTH, "drift": {"steady_z": 3e-9}},
}


def world(kind: str, seed: int) -> dict[str, Any]:
    """A world of a kind, with a tilt of its own."""
    rng, tables = np.random.default_rng(seed), WORLDS[kind]
    tilt = {axis: float(rng.uniform(-TILT, TILT)) for axis in ("tilt_x", "tilt_y")}
    drift = {
        "steady_z": float(rng.choice([-1.0, 1.0])) * tables.get("drift", {}).get("steady_z", 0.0)
    }
    frequency = float(rng.choice([50.0, 200.0]))
    return {
        "surface": {**tables["surface"], **tilt},
        "drift": drift,
        "stage": {"frequency": frequency},
    }


def scans(kind: str, way: str, landings: int, seed: int) -> int:
    """Land often in one kind of world; return how many landings went farther than is allowed."""
    sites = {"kind": "grid", "columns": SIDE, "rows": SIDE, "pitch": "11 um",
             "origin": ["8 um", "8 um"], "order": "serpentine"}  # fmt: skip
    plan = small_scan(
        SIDE, SIDE, way=WAYS[way], program=[{**STEP, "duration": "10 ms"}], sites=sites
    )
    past: list[float] = []
    outcomes, deepest, pressed = Counter[str](), -np.inf, 0.0
    while len(past) < landings:
        seed += 1
        found = watched(plan, seed, resumes=10**6, **world(kind, seed))
        past += found.past
        outcomes += found.outcomes
        deepest, pressed = max(deepest, found.deepest), max(pressed, found.pressed)
    beyond = sum(one > ALLOWED for one in past)
    sys.stdout.write(
        f"{kind}, {way}: {len(past)} landings, {show(max(past), 'm', 3)} past contact at most of "
        f"{show(ALLOWED, 'm')}, {beyond} beyond; at most {show(float(deepest), 'm', 3)} below the "
        f"expected surface, pressed {show(pressed, 'm', 3)}; {dict(outcomes)}\n"
    )
    sys.stdout.flush()
    return beyond


def main() -> None:
    """Print what came of all landings."""
    options = argparse.ArgumentParser()
    options.add_argument("--landings", type=int, default=960)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--processes", type=int, default=2)
    asked = options.parse_args()
    share = asked.landings // (len(WORLDS) * len(WAYS))
    drawn = [
        (kind, way, share, asked.seed + 1000 * k)
        for k, (kind, way) in enumerate((kind, way) for kind in WORLDS for way in WAYS)
    ]
    with multiprocessing.get_context("spawn").Pool(asked.processes) as pool:
        beyond = sum(pool.starmap(scans, drawn, chunksize=1))
    sys.stdout.write(f"{beyond} landings went farther than is allowed\n")


if __name__ == "__main__":
    main()
