"""How the memory of a whole run grows from 100 to 20,000 sites, all of them landed on."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from small_scan import small_scan

import seccm
from seccm.events import Outcome, SiteFinished

MARKS = (100, 1000, 5000, 20000)
PITCH = 11e-6
LARGE = """
kind = "virtual"
name = "large virtual"

[stage]
range = "2 mm"
fastest = "1 mm/s"

[surface]
height = "40 um"
tilt_x = 0.0
tilt_y = 0.0
bumps_per_area = 0.0
"""
"""A rig on whose stage so many sites of a 6 um pipette have room."""


def resident() -> float:
    """Return the memory that this process takes, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(count: int) -> None:
    """Run a scan of many short sites; print the memory at each mark."""
    columns = 160
    plan = small_scan(
        sites={
            "kind": "grid",
            "columns": columns,
            "rows": -(-count // columns),
            "pitch": PITCH,
            "origin": [10e-6, 10e-6],
        },
        factors={"j": ["-1 mA/cm^2"]},
        travel={"speed": "500 um/s", "settle": "25 ms"},
        retract={"distance": "8 um", "speed": "100 um/s"},
        program=[{"step": "constant current", "current_density": "$j", "duration": "0.05 s"}],
    )
    write = sys.stdout.write
    with tempfile.TemporaryDirectory() as folder:
        rig, path = Path(folder) / "large.toml", Path(folder) / "scan.h5"
        rig.write_text(LARGE)
        finished, memory = Counter[Outcome](), {}
        begun = time.perf_counter()
        for event in seccm.run(plan, rig, path=path):
            if isinstance(event, SiteFinished):
                finished[event.outcome] += 1
                if finished.total() in MARKS:
                    memory[finished.total()] = resident()
        spent = time.perf_counter() - begun
        size = path.stat().st_size / 1e6
    first = memory[MARKS[0]]
    for mark, used in memory.items():
        write(f"  {mark:>6} sites: {used:6.1f} MB, {used - first:+6.1f} MB\n")
    outcomes = ", ".join(f"{number} {outcome.words}" for outcome, number in finished.items())
    write(f"  {outcomes}; {spent:.0f} s; file {size:.0f} MB after packing\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MARKS[-1])
