"""How long 1,000 scans of 100 sites take to be catalogued, and a query over all of them.

Limits: 60 s for all of them, 0.5 s for a query. Options: --scans N, --sites N.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from made_scans import couple, small_couple, smaller, write_scan

from seccm.catalog import Catalog, Search

SWEEP = {"step": "cv", "start": -0.25, "vertices": [0.25], "cycles": 1, "scan_rate": 5.0}
QUESTION = "SELECT result, count(*), median(value) FROM sites GROUP BY result"


def main() -> None:
    """Print seconds of cataloguing, of looking again, and of queries."""
    options = argparse.ArgumentParser()
    options.add_argument("--scans", type=int, default=1000)
    options.add_argument("--sites", type=int, default=100)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "scans"
        folder.mkdir()
        grid = {"kind": "grid", "columns": asked.sites, "rows": 1, "pitch": 1e-6}
        plan = smaller(small_couple(), sites={**grid, "allow_overlap": True}, program=[SWEEP])
        first = write_scan(folder / "scan-0000.h5", plan, couple)
        for number in range(1, asked.scans):
            shutil.copy(first, folder / f"scan-{number:04d}.h5")
        catalog = Catalog(Path(name) / "catalog")
        for words, work in (
            (
                f"{asked.scans} scans of {asked.sites} sites",
                lambda: catalog.update([folder], workers=os.cpu_count() or 1),
            ),
            ("looked through again", lambda: catalog.update()),
            ("opened", lambda: Catalog(catalog.folder)),
            ("found by a range", lambda: catalog.find(Search().with_range("E_half = -1 V .. 1 V"))),
            ("asked in SQL", lambda: catalog.query(QUESTION)),
        ):
            began, used = time.perf_counter(), time.process_time()
            work()
            print(
                f"{words}: {time.perf_counter() - began:.2f} s, "
                f"{time.process_time() - used:.2f} s of processor"
            )


if __name__ == "__main__":
    main()
