"""Kill a run with -9 at 40 random moments: what is lost, and is any site landed on twice?"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from test_session import kill_and_resume

TRIALS = 40


def main() -> None:
    """Kill and resume, each time in a folder of its own; stops at the first broken promise."""
    chance = random.Random(20)
    for trial in range(TRIALS):
        with tempfile.TemporaryDirectory() as folder:
            wait, delay = chance.randint(0, 11), chance.uniform(1e-4, 0.1)
            kill_and_resume(Path(folder), wait_for=wait, delay=delay)
        sys.stdout.write(f"\r{trial + 1} of {TRIALS} kills survived")
        sys.stdout.flush()
    sys.stdout.write(": no finished site lost, every scan resumed, no site landed on twice\n")


if __name__ == "__main__":
    main()
