"""How right the counting of particles is, on drawn micrographs of the published populations.

`python tests/benchmarks/bench_sem.py [PICTURES]` (2 unless given, of 1200 x 1200 pixels) prints
number, mean diameter and volume over what was planted, as found and corrected.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from drawn_micrographs import PIXEL, TABLE_1, pictures

from seccm.imaging.sem.model_image import Look
from seccm.imaging.sem.particles import find
from seccm.imaging.sem.recount import measured, recount


def main(count: int) -> None:
    """Measure each population."""
    for name, population in TABLE_1.items():
        rows, times = [], []
        for drawn in pictures(population, range(100, 100 + count), 1200):
            begun = time.perf_counter()
            particles = find(drawn.image, PIXEL)
            times.append(time.perf_counter() - begun)
            found, again = measured(particles), recount(drawn.image, particles, Look())
            mean = float(drawn.planted.diameter.mean())
            rows.append(
                [
                    each / true - 1
                    for each, true in (
                        (found.density, drawn.density), (found.mean, mean),
                        (found.volume, drawn.volume), (again.density, drawn.density),
                        (again.mean, mean), (again.volume, drawn.volume),
                    )
                ]
            )  # fmt: skip
        raw, right = np.split(100 * np.mean(rows, axis=0), 2)
        sys.stdout.write(
            f"{name:16} {population.density * 1e-13:.1f}e9/cm2: n, d, V as found "
            f"{raw[0]:+.0f} {raw[1]:+.0f} {raw[2]:+.0f} %, corrected "
            f"{right[0]:+.0f} {right[1]:+.0f} {right[2]:+.0f} %; {np.median(times):.1f} s\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
