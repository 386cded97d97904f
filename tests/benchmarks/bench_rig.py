"""How fast the virtual rig is: the 63 landings of the published combinatorial scan.

    python tests/benchmarks/bench_rig.py

Each hop travels 11 um and comes down 6 um at 2 um/s, plates lithium for 5 s and retracts 8 um.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from rig_contract import Stream  # noqa: E402

from seccm.plan.contacts import potential_drop  # noqa: E402
from seccm.rig import Constant, Drive, Flag, Mounted, Move, Wake  # noqa: E402
from sim import open_rig  # noqa: E402

CONTACT = potential_drop(5.0)
SPEED = 2e-6


def scan(sites: int) -> Stream:
    """Visit sites on a grid of eight columns."""
    rig = open_rig({}, Mounted("li-on-au", 6e-6), seed=1)
    rig.open()
    rig.start()
    stream = Stream(rig)
    for site in range(sites):
        row, column = divmod(site, 8)
        rig.apply(Move("x", 10e-6 + 11e-6 * column, 20 * SPEED if column == 0 else SPEED))
        rig.apply(Move("y", 10e-6 + 11e-6 * row, 20 * SPEED if site == 0 else SPEED))
        stream.until(lambda block: not block.flags[-1] & Flag.MOVING)
        current = -(0.2 + 1.8 * row / 8) * 1e-9
        rig.apply(Drive("current", Constant(current)))
        stream.rest(0.1)
        rig.apply(Move("z", 47e-6, SPEED, until=CONTACT, baseline=10.0))
        stream.until(lambda block: not block.flags[-1] & Flag.MOVING)
        rig.apply(Wake(stream.row + rig.info.clock.rows(5.0)))
        stream.rest(5.0)
        rig.apply(Move("z", 58e-6, SPEED))
        stream.until(lambda block: not block.flags[-1] & Flag.MOVING)
        rig.apply(Drive("open", Constant(0.0)))
    rig.close()
    return stream


def main() -> None:
    """Compile, then time a whole scan."""
    scan(1)
    for _ in range(3):
        begin, used = time.perf_counter(), time.thread_time()
        stream = scan(63)
        seconds, used = time.perf_counter() - begin, time.thread_time() - used
        virtual = stream.row * stream.rig.info.clock.period
        sys.stdout.write(
            f"{stream.row} rows in {len(stream.blocks)} blocks, {virtual:.0f} s of virtual time: "
            f"{seconds:.2f} s ({used:.2f} s of processor), {stream.row / used / 1e3:.0f} krows/s, "
            f"{virtual / seconds:.0f} x real time\n"
        )


if __name__ == "__main__":
    main()
