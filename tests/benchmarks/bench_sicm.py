"""Whole maps of the shipped SICM plan: planted tilt and step, and how far stated errors are true.

`--scans 100` maps of 140 pixels, each of a world of its own (`--seed`), shared among `--processes`.
Printed are how many maps have both slopes within 1e-4 and the step within 1 %, and how far the
results are off in units of their own uncertainty.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

import seccm
from seccm.report.study import Study
from seccm.results import Status
from seccm.rigs import load_rig

NEAR = 1e-4
"""m per m: how near a slope is to come."""
SHARE = 0.01
"""Of the step, likewise."""


def one(name: str, seed: int) -> list[float]:
    """Carry out a plan; return tilts, drift and step, with their uncertainties, and the trusted."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.h5"
        for _ in seccm.run(seccm.load_plan(name), load_rig("virtual-sicm"), path=path, seed=seed):
            pass
        with seccm.open(path) as scan:
            plane = Study(scan).topography
            sound = int((scan.sites["z_surface_status"] < int(Status.CHANGED)).sum())
    assert plane is not None
    step = plane.steps[0] if plane.steps else plane.height
    found = (plane.tilt_x, plane.tilt_y, plane.drift, step)
    return [*(v.value for v in found), *(v.error for v in found), plane.terraces, sound]


def planted() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return tilts, drift and step of the world."""
    tables = load_rig("virtual-sicm").config
    surface, drift = tables["surface"], tables["drift"]
    told = (surface["tilt_x"], surface["tilt_y"])
    in_words = (drift["steady_z"], surface["step"])
    return np.array([*told, *(float(one.split()[0]) * 1e-9 for one in in_words)])


def main() -> None:
    """Print what came of all maps."""
    options = argparse.ArgumentParser()
    options.add_argument("--scans", type=int, default=12)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--plan", default="sicm-topography")
    asked = options.parse_args()
    true, seeds = planted(), range(asked.seed, asked.seed + asked.scans)
    rows = []
    with multiprocessing.get_context("spawn").Pool(asked.processes) as pool:
        for row in pool.imap_unordered(partial(one, asked.plan), seeds):
            rows.append(row)
            off = np.abs(np.array(row[:4]) * [1.0, 1.0, 1.0, np.sign(row[3])] - true)
            words = " ".join(f"{k:.3g}" for k in off)
            sys.stdout.write(f"  {len(rows)} of {asked.scans}: off by {words}\n")
            sys.stdout.flush()
    found = np.array(rows)
    off = np.abs(found[:, :4] * np.where(np.arange(4) == 3, np.sign(found[:, :4]), 1.0) - true)
    plane = (off[:, :2] < NEAR).all(axis=1)
    step = off[:, 3] < SHARE * true[3]
    sys.stdout.write(
        f"{len(found)} maps: both slopes within {NEAR:g} in {plane.sum()}, the step within 1 % in "
        f"{step.sum()}; two terraces in {(found[:, 8] == 2).sum()}; heights not to be trusted: "
        f"{int(found.shape[0] * found[:, 9].max() - found[:, 9].sum())}\n"
    )
    for k, name in enumerate(("tilt along x", "tilt along y", "drift", "step")):
        stated = found[:, 4 + k]
        pull, size = off[:, k] / stated, float(np.sqrt(np.mean(off[:, k] ** 2)))
        sys.stdout.write(
            f"{name}: off by {size:.2g} (rms), {off[:, k].max():.2g} at most; stated "
            f"{np.median(stated):.2g}; within one uncertainty {np.mean(pull < 1):.0%}, "
            f"within two {np.mean(pull < 2):.0%}\n"
        )


if __name__ == "__main__":
    main()
