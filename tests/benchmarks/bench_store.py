"""How fast the data file is written, kept safe, and read; how much memory a long scan takes.

`python tests/benchmarks/bench_store.py [SITES]` (100,000 unless given) writes a scan of that many
sites of 200 rows, and prints each figure beside a baseline taken in the same run: a plain numpy
file for reading, a bare fdatasync for safety.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from scan_feeder import CLOCK, COLUMNS, HEADER, analyse, sites, told, visit

from seccm.data import Store, finish, open_scan


def say(words: str) -> None:
    """Write a line of results."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def median(action: Callable[[], object], times: int = 20) -> float:
    """Return the median duration of something, in milliseconds."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        action()
        taken.append(1e3 * (time.perf_counter() - begun))
    return float(np.median(taken))


def resident() -> float:
    """Return the memory that this process takes, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def write(path: Path, count: int) -> None:
    """Write a scan, two barriers a site as the engine has them."""
    waited = []
    store = Store(path, HEADER, sites(count), COLUMNS, CLOCK, analyse)
    begun, row = time.perf_counter(), 0
    memory: dict[int, float] = {}
    for number in range(count):
        v = visit(number, row, (50, 40))
        row = v.stop
        for block, events in told([v], iter([120, 1000])):
            store.record(block, events)
            before = time.perf_counter()
            store.barrier()
            waited.append(1e3 * (time.perf_counter() - before))
        store.analysed()
        if number + 1 in (100, 1000, 20_000, count):
            memory[number + 1] = resident()
    store.close("complete")
    taken = time.perf_counter() - begun
    say(f"written: {count} sites in {taken:.0f} s, {path.stat().st_size / 1e6:.0f} MB")
    say(
        "a barrier: p50 {:.2f} ms, p99 {:.2f} ms, max {:.0f} ms".format(
            *np.percentile(waited, [50, 99, 100])
        )
    )
    say(f"baseline: a write and fdatasync of 4 kB {_synced(path.parent):.2f} ms")
    say("memory after sites: " + ", ".join(f"{n}: {mb:.0f} MB" for n, mb in memory.items()))


def _synced(folder: Path) -> float:
    with (folder / "sync").open("wb") as file:

        def once() -> None:
            file.write(bytes(4096))
            file.flush()
            os.fdatasync(file.fileno())

        return median(once, 100)


def read(path: Path, count: int) -> None:
    """Time opening, one feature of all sites, and one site."""
    plain = path.with_suffix(".npy")
    np.save(plain, np.zeros(count))
    trace = path.with_name("trace.npy")
    np.save(trace, np.zeros((9, 200)))
    say(f"open: {median(lambda: open_scan(path).close(), 10):.0f} ms")

    def feature() -> None:
        with open_scan(path) as scan:
            begun = time.perf_counter()
            assert len(scan.sites["charge"]) == count
            taken.append(1e3 * (time.perf_counter() - begun))

    taken: list[float] = []
    median(feature, 10)
    base = median(lambda: np.load(plain))
    each = float(np.median(taken))
    say(f"one feature of all sites: {each:.2f} ms, {each / base:.0f} x numpy")
    rng = np.random.default_rng(1)
    with open_scan(path) as scan:
        begun = time.perf_counter()
        scan.site(0)
        say(f"the first site, with its columns: {1e3 * (time.perf_counter() - begun):.0f} ms")
        one = median(lambda: scan.site(int(rng.integers(count))).E, 300)
    base = median(lambda: np.load(trace), 300)
    say(f"one site: {one:.2f} ms, {one / base:.0f} x numpy")


def main(count: int) -> None:
    """Measure everything, in a folder that is removed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scan.h5"
        write(path, count)
        read(path, count)
        begun = time.perf_counter()
        report = finish(path)
        say(f"finished in {time.perf_counter() - begun:.0f} s: {report}")
        read(path, count)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
