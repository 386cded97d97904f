"""The stain of `redox-cv-map`, found by a planner with 40 % of the sites.

The shipped plan is run whole on virtual samples (SIMULATION). Its scans are then planned again, as
`seccm replan` does: a planner that looks for the border of the stain is told what was measured
where it asks. The same model learns from as many places at random, from as many of a fixed design,
and from all. Which share of the area, and of the places, each has on the wrong side of the planted
border; how large the stain is. Means over seeds with the 95 % interval of a mean. Options:
`--samples N`, `--seeds N` (of planners, on each sample), `--share S`, `--keep FOLDER`.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

import seccm
import seccm.session
from seccm.plan.planner import Finished
from seccm.planners.fitting import Fitted, fitted
from seccm.planners.learning import told_of
from seccm.planners.specs import Learnt
from seccm.session import replan
from seccm.session.past import finished

Array = npt.NDArray[np.float64]
PLAN, RESULT, BORDER = "redox-cv-map", "i_vertex", 3e-12
"""The current at the vertex, in the middle between that of the stain and that around it, A."""
MIDDLE, RADIUS = (58e-6, 44e-6), 13e-6
"""Of the stain of the virtual rig, metres."""
FINE = 81
"""Places along each side of the map at which the area is counted."""


def table(sites: int, seed: int) -> dict[str, object]:
    """The table of the planner."""
    return {
        "kind": "gaussian process", "places": "any", "learn": [{"result": RESULT}], "first": 20,
        "goal": {"kind": "reach", "value": "3 pA"}, "stop": {"sites": sites}, "seed": seed,
    }  # fmt: skip


def whole(folder: Path, seed: int) -> Path:
    """Run the plan on a virtual sample, unless that was done."""
    path = folder / f"{PLAN}-{seed}.h5"
    if not path.exists():
        for _ in seccm.session.run(PLAN, "virtual", path=path, seed=seed):
            pass
    return path


def learnt(sites: Sequence[Finished], low: Array, across: Array, seed: int) -> Fitted:
    """The model after some sites."""
    points = [
        tuple(((np.array([one.site.x, one.site.y]) - low) / across).tolist()) for one in sites
    ]
    told = told_of(sites, points, Learnt(result=RESULT))
    assert told is not None
    return fitted(told, seed)


def stained(x: Array, y: Array) -> npt.NDArray[np.bool_]:
    """Tell whether places are on the stain."""
    return np.asarray(np.hypot(x - MIDDLE[0], y - MIDDLE[1]) < RADIUS)


def said(name: str, values: list[float], unit: str) -> str:
    """A mean with its 95 % interval; only those that found the stain count for its middle."""
    kept = [value for value in values if math.isfinite(value)]
    half = 1.96 * float(np.std(kept, ddof=1)) / math.sqrt(len(kept)) if len(kept) > 1 else math.nan
    return f"{name} {np.mean(kept):.2f} +- {half:.2f} {unit} ({len(kept)})"


def main() -> None:
    """Run the plan, plan it again, and print what came of it."""
    options = argparse.ArgumentParser()
    options.add_argument("--samples", type=int, default=5)
    options.add_argument("--seeds", type=int, default=4)
    options.add_argument("--share", type=float, default=0.4)
    options.add_argument("--keep", type=Path)
    given = options.parse_args()
    found: dict[str, list[tuple[float, float, float, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = given.keep or Path(name)
        for sample in range(given.samples):
            path = whole(folder, sample)
            with seccm.open(path) as scan:
                every = finished(scan)
            count = int(given.share * len(every))
            at = np.array([(one.site.x, one.site.y) for one in every])
            low, across = at.min(axis=0), np.ptp(at, axis=0)
            axis = np.linspace(0.0, 1.0, FINE)
            fine = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
            spread = np.linspace(0, len(every) - 1, count).round().astype(int)
            for k in range(given.seeds):
                seed = sample * given.seeds + k
                drawn = np.random.default_rng(seed).permutation(len(every))[:count]
                chosen: dict[str, Sequence[Finished]] = {
                    "planner": [one.told for one in replan(path, table(count, seed)).asked],
                    "random": [every[n] for n in drawn],
                    "fixed": [every[n] for n in spread],
                }
                if k == 0:  # nothing of it is left to chance but the sample
                    chosen["whole grid"] = every
                for who, sites in chosen.items():
                    model = learnt(sites, low, across, seed)
                    figures = []
                    for points in (fine, (at - low) / across):
                        slow = model.at(points)[0] < BORDER
                        truth = stained(*(low + across * points).T)
                        figures.append(100.0 * float(np.mean(slow != truth)))
                        if points is fine:
                            size = 1e12 * float(slow.mean() * across.prod())
                            off = math.inf  # where no stain was found
                            if slow.any():
                                x = (low + across * points)[slow].mean(axis=0)
                                off = 1e6 * float(np.hypot(*(x - MIDDLE)))
                    found.setdefault(who, []).append((*figures, off, size))  # type: ignore[arg-type]
            sys.stdout.write(f"  sample {sample}: {count} of {len(every)} sites\n")
            sys.stdout.flush()
    sys.stdout.write(f"  planted: {1e12 * math.pi * RADIUS**2:.0f} um2\n")
    for who, figures in found.items():
        area, places, off, size = (list(each) for each in zip(*figures, strict=True))
        sys.stdout.write(
            f"  {who} ({len(area)}): {said('area wrong', area, '%')}, "
            f"{said('places wrong', places, '%')}, {said('middle off by', off, 'um')}, "
            f"{said('size', size, 'um2')}\n"
        )


if __name__ == "__main__":
    main()
