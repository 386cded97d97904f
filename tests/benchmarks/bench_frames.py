"""Whether every one of 10,000 frames has its own edge, or says that it has none.

`python tests/benchmarks/bench_frames.py [FIRST SEED] [SEEDS]` prints a line for each frame rate: 30
of 100 frames do not arrive, edges of exposures are missing and others come that are none. A wrong
time is one that is farther from the true one than a millisecond; a stray edge is another edge
beside a frame whose own one was missed: stamps tell them apart as well as they tell the time.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from test_frame_matching import SAMPLE, record

from seccm.movie.facts import FrameStatus

FRAMES = 10_000
RATES = (4.3, 20.0, 50.0, 100.0)
SHARES = ((0.01, 0.01), (0.05, 0.05))
"""Of edges that are missed, and stray ones for each frame."""


def main(first: int, seeds: int) -> None:
    """Print what came of each frame rate and share of flaws."""
    for rate in RATES:
        for missed, spurious in SHARES:
            _series(rate, missed, spurious, range(first, first + seeds))


def _series(rate: float, missed: float, spurious: float, seeds: range) -> None:
    frames = wrong = strays = beyond = refused = 0
    worst, sure, used = 0.0, [], 0.0
    for seed in seeds:
        recorded = record(
            seed, FRAMES, period=1 / rate, lead=seed % 5, lost=0.3, missed=missed,
            spurious=spurious,
        )  # fmt: skip
        begun = time.process_time()
        matched = recorded.matched()
        used += time.process_time() - begun
        ok = matched.status == FrameStatus.OK
        off = np.abs(matched.t - recorded.t)
        frames += len(ok)
        wrong += int((off[ok] > 1e-3).sum())
        beside = ok & (off > 2 * SAMPLE)
        strays += int(beside.sum())
        beyond += int((off[ok] > 3 * matched.error[ok]).sum())
        worst = max(worst, float(off[ok].max()))
        refused += int((recorded.seen & ~ok).sum())
        sure.append(float(np.mean(off[ok] ** 2) / np.mean(matched.error[ok] ** 2)) ** 0.5)
    sys.stdout.write(
        f"{rate:5.1f} Hz, {100 * missed:.0f} % missed, {100 * spurious:.0f} % stray: {frames} "
        f"frames, {wrong} wrong and ok; {strays} ok by a stray edge, at most "
        f"{1e3 * worst:.3f} ms off; {beyond} off by more than 3 u; {refused} with an "
        f"edge not ok; rms error over stated {np.mean(sure):.2f}; {used / len(seeds):.1f} s each\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main(*(int(each) for each in (*sys.argv[1:3], "40", "3")[:2]))
