"""How the memory of a whole run grows from 100 to 20,000 sites."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from small_scan import small_scan

import seccm
from seccm.events import SiteFinished

MARKS = (100, 1000, 5000, 20000)
PITCH = 0.5e-6


def resident() -> float:
    """Return the memory that this process takes, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(count: int) -> None:
    """Run a scan of many short sites; print the memory at each mark."""
    columns = 160
    plan = small_scan(
        probe={"aperture": "6 um", "footprint": {"area": "68.4 um^2", "basis": "nominal"}},
        sites={
            "kind": "grid",
            "columns": columns,
            "rows": -(-count // columns),
            "pitch": PITCH,
            "origin": [10e-6, 10e-6],
            "allow_overlap": True,
        },
        factors={"j": ["-1 mA/cm^2"]},
        retract={"distance": "7 um", "speed": "100 um/s"},
        budget={"consecutive": 10**6, "total": 10**6},
        program=[{"step": "constant current", "current_density": "$j", "duration": "0.05 s"}],
    )
    with tempfile.TemporaryDirectory() as folder:
        finished, memory = 0, {}
        for event in seccm.run(plan, path=Path(folder) / "scan.h5"):
            if isinstance(event, SiteFinished):
                finished += 1
                if finished in MARKS:
                    memory[finished] = resident()
        size = (Path(folder) / "scan.h5").stat().st_size / 1e6
    first = memory[MARKS[0]]
    for mark, used in memory.items():
        sys.stdout.write(f"  {mark:>6} sites: {used:6.1f} MB, {used - first:+6.1f} MB\n")
    sys.stdout.write(f"  file {size:.0f} MB after packing\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MARKS[-1])
