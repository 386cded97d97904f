"""What filming costs the process that runs a scan: 1024 x 1024 pixels, 4.3 frames a second.

    python tests/benchmarks/bench_camera.py [seconds]

Beside it the store writes eight inputs at 100 kS/s. The same is done without a camera; the
difference is what the camera costs. Limit: 3 % of a core, and nothing lost.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1]))
os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE.parent), *filter(None, sys.path)])

from scan_feeder import CLOCK, COLUMNS, HEADER, sites  # noqa: E402
from steady_camera import SteadyCamera  # noqa: E402

from seccm.data import Store, open_scan  # noqa: E402
from seccm.filming.film import CameraProcess, Filming  # noqa: E402
from seccm.movie.facts import MovieFacts  # noqa: E402
from seccm.movie.reader import Movie  # noqa: E402
from seccm.rig import Block, RawChannel, RawSamples  # noqa: E402

SIDE, RATE = 1024, 4.3
CHANNELS = tuple(RawChannel(f"in{k}", "V", (0.0, 3e-4, 0.0, 0.0)) for k in range(8))


def recorded(folder: Path, seconds: float, *, camera: bool) -> tuple[float, int, int]:
    """Record; return the share of a core that this process took, frames, and raw samples."""
    path = folder / ("with.h5" if camera else "without.h5")
    film = None
    if camera:
        facts = MovieFacts(
            path.with_suffix(".ome.tif").name, "u", SIDE, SIDE, 12, "bench", frames="all"
        )
        film = Filming(CameraProcess(SteadyCamera(RATE, SIDE)), facts, folder / facts.movie)  # type: ignore[arg-type]
    rows = 8
    codes = np.random.default_rng(1).integers(-9000, 9000, (8, rows * CLOCK.spacing), np.int16)
    with Store(path, HEADER, sites(1), COLUMNS, CLOCK, raw=CHANNELS, film=film) as store:
        if film is not None:
            film.begin()
        began, cpu, row = time.monotonic(), time.process_time(), 0
        while time.monotonic() - began < seconds:
            data = {name: np.zeros(rows) for name in ("potential", "current", "x", "y", "z")}
            raw = (RawSamples(row * CLOCK.spacing, codes),)
            block = Block(row, data, np.zeros(rows, np.uint8), CLOCK, raw=raw)
            if film is not None:
                film.see(block)
            store.record(block, ())
            row += rows
            time.sleep(max(0.0, began + row * CLOCK.period - time.monotonic()))
        used = (time.process_time() - cpu) / (time.monotonic() - began)
        if film is not None:
            film.end()
        store.close("complete")
    with open_scan(path) as scan:
        samples = scan.raw_samples
        if film is None:
            return used, 0, samples - row * CLOCK.spacing
        assert scan.frames.lost == 0
        assert len(scan.frames) == len(Movie(film.movie))
        return used, len(scan.frames), samples - row * CLOCK.spacing


def main() -> None:
    """Measure, and say what was found."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 15.0
    with tempfile.TemporaryDirectory() as name:
        without, _, missing = recorded(Path(name), seconds, camera=False)
        used, frames, missing_too = recorded(Path(name), seconds, camera=True)
    print(f"without a camera {100 * without:.1f} % of a core, raw samples missing: {missing}")
    print(f"with a camera    {100 * used:.1f} % of a core, raw samples missing: {missing_too}")
    print(f"the camera costs {100 * (used - without):.1f} % (limit 3 %), {frames} frames, 0 lost")


if __name__ == "__main__":
    main()
