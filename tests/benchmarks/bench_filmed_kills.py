"""Kill a filmed run with -9 at 20 random moments: every claimed frame opens, times survive.

    python tests/benchmarks/bench_filmed_kills.py [kills]

The program is killed, the camera's process, or both; then the run is resumed to its end.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from killed_films import begun, check, killed


def main() -> None:
    """Kill and resume, each time in a folder of its own; stops at the first broken promise."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    chance, began = random.Random(5), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        lines = begun(Path(folder) / "whole.h5").communicate()[0].splitlines()
        for k in range(kills):
            path = Path(folder) / f"{k}" / "scan.h5"
            path.parent.mkdir()
            batches, delay = chance.randint(0, len(lines)), chance.uniform(0, 0.8)
            whom = ("engine", "both", "engine", "camera")[k % 4]
            killed(path, batches, delay, whom)
            if not path.exists():
                print(f"{k + 1}: killed before the file was there")
                continue
            listed, in_the_end = check(path)
            print(f"{k + 1}: {whom} killed after {listed} frames; in the end {in_the_end}")
    print(f"{kills} kills survived in {time.monotonic() - began:.0f} s: every claimed frame opened")


if __name__ == "__main__":
    main()
