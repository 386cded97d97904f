"""Kill the host of a virtual FPGA target at random moments of a scan: how does the tip end?

`python tests/benchmarks fpga_kills`. After each kill the target goes on alone, and the scan is
resumed from its file.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from killed_targets import AFTER
from test_fpga_killed_scan import check_file, check_target, killed

import seccm
from seccm.events import Outcome

TRIALS = 20
LONGEST = 11.0
"""Seconds of the target, of the 11.7 s that both sites take."""
RESUMED = 20
"""Every which one is resumed: that takes longest."""


def main() -> None:
    """Kill, look, resume; stops at the first broken promise."""
    chance, ends, kept = random.Random(5), Counter[str](), 0
    for trial in range(TRIALS):
        with tempfile.TemporaryDirectory() as folder:
            path, left = killed(Path(folder), chance.uniform(0.55, LONGEST), AFTER)
            ends[check_target(left)] += 1
            finished = check_file(path, left)
            kept += finished
            if trial % RESUMED == 0:
                list(seccm.resume(path))
                with seccm.open(path) as scan:
                    status = scan.sites["status"].tolist()
                    assert scan.state == "complete"
                    assert status.count(Outcome.OK) >= finished
                    assert len(scan.remaining()) == 0
        sys.stdout.write(f"\r{trial + 1} of {TRIALS} hosts killed")
        sys.stdout.flush()
    said = ", ".join(f"{count} tips {how}" for how, count in sorted(ends.items()))
    sys.stdout.write(f": {said}; {kept} finished sites kept, none landed on twice\n")


if __name__ == "__main__":
    main()
