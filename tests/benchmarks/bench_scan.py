"""How much faster than real time the reference screen runs, and where the time goes.

The whole run on one core: landings, cell, file with its commits, events, live analysis. The
baseline is the bare cell model doing the same plating steps, in the same process.
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import seccm
from seccm.data.store import Store
from seccm.data.writer import Writer
from seccm.hopping.engine import Engine
from sim.cell import Droplet
from sim.lithium import LithiumCell
from sim.virtual_rig import VirtualRig

PLAN = "li-on-au-combinatorial"
RUNS = 5


class Stopwatch:
    """Adds up the wall time spent in some methods, by name."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)

    @contextlib.contextmanager
    def watching(self, owner: type, method: str, name: str) -> Iterator[None]:
        """Time every call of a method."""
        original: Callable[..., Any] = getattr(owner, method)

        def timed(*args: Any, **options: Any) -> Any:
            begun = time.perf_counter()
            try:
                return original(*args, **options)
            finally:
                self.spent[name] += time.perf_counter() - begun

        setattr(owner, method, timed)
        try:
            yield
        finally:
            setattr(owner, method, original)


def bare_cell(period: float) -> float:
    """Return the seconds that the cell model alone takes for the 63 plating steps."""
    begun = time.perf_counter()
    rows = round(5.0 / period)
    for site in range(63):
        cell = LithiumCell()
        cell.wet(Droplet(3e-6, 4.66e-6, 1.2e-6, math.radians(18)))
        cell.run("current", np.full(rows, -(0.15 + 1.85 * (site // 8) / 7) * 1e-9), period)
    return time.perf_counter() - begun


def one_run(folder: Path, number: int, watch: Stopwatch | None) -> tuple[float, float, float]:
    """Run the screen; return virtual seconds, wall seconds and processor seconds."""
    run = seccm.run(PLAN, path=folder / f"{number}.h5", seed=number)
    period = run.info.clock.period
    with contextlib.ExitStack() as stack:
        if watch is not None:
            for owner, method, name in (
                (VirtualRig, "read", "virtual rig"),
                (Engine, "feed", "engine and hop"),
                (Store, "barrier", "waiting for durable commits"),
                (Store, "record", "handing rows to the store"),
                (Writer, "_measure", "live analysis (writer thread)"),
                (Writer, "commit", "commits (writer thread)"),
            ):
                stack.enter_context(watch.watching(owner, method, name))
        wall, cpu = time.perf_counter(), time.process_time()
        # The packing that follows is another process; it is timed by the store's benchmark.
        rows = 0
        for event in run._runner.run():
            rows = getattr(event, "row", rows)
        return rows * period, time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    """Print the real-time factor and the shares of its parts."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        virtual, _, _ = one_run(folder, 0, None)
        bare = sorted(bare_cell(2.57e-3) for _ in range(RUNS))[RUNS // 2]
        runs = [one_run(folder, k, None) for k in range(1, RUNS + 1)]
        wall = sorted(r[1] for r in runs)[RUNS // 2]
        cpu = sorted(r[2] for r in runs)[RUNS // 2]
        watch = Stopwatch()
        _, watched, _ = one_run(folder, RUNS + 1, watch)
    write = sys.stdout.write
    write(f"{PLAN}: {virtual:.0f} s of rig time on one core, median of {RUNS} runs\n")
    write(f"  wall {wall:.2f} s = {virtual / wall:.0f} x real time\n")
    write(f"  processor {cpu:.2f} s = {virtual / cpu:.0f} x real time\n")
    write(f"  the cell alone (baseline) {bare:.3f} s; whole run / baseline {wall / bare:.1f}\n")
    write(f"  where one run of {watched:.2f} s spent its time:\n")
    for part, seconds in sorted(watch.spent.items(), key=lambda item: -item[1]):
        write(f"    {part:<32} {seconds:6.3f} s  {100 * seconds / watched:3.0f} %\n")


if __name__ == "__main__":
    main()
