"""Every way of coming to a place with drawn faults, requests and kills, on both rigs.

`--draws N` faults of each way and rig at drawn moments (10), `--cuts N` kills of each way at drawn
writes (10), `--seed S`, `--way NAME` for one of them. What did not end well is printed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from every_way import FAULTS, REQUESTS, RIGS, WAYS, ended_well, run_of, seen
from killed_ways import came_through, written_down


def told(what: str, tried: Callable[[], object]) -> bool:
    """Try something; say what failed."""
    try:
        tried()
    except Exception as error:  # every kind is told
        sys.stdout.write(f"  {what}: {type(error).__name__}: {str(error)[:300]}\n")
        return False
    return True


def faults(name: str, on: str, draws: int, rng: np.random.Generator) -> None:
    """Disturb the runs of one way on one rig."""
    story, good = WAYS[name], 0
    for _ in range(draws):
        at = float(rng.uniform(0.0, story.seconds))
        fault, request = str(rng.choice([*FAULTS])), str(rng.choice(REQUESTS))

        def once(at: float = at, fault: str = fault, request: str = request) -> None:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "a.h5"
                ended_well(seen(run_of(story, on, path), path, at, fault, request), request)

        good += told(f"{fault}, {request or 'nothing asked'}, at {at:.3f} s", once)
    sys.stdout.write(f"{name}, {on}: {good} of {draws} disturbed runs ended well\n")
    sys.stdout.flush()


def kills(name: str, on: str, cuts: int, seed: int) -> None:
    """Kill the run of one way on one rig."""
    tried = [0]
    with tempfile.TemporaryDirectory() as folder:
        written = written_down(name, on, Path(folder) / "whole")

        def all_of_them() -> None:
            tried[0] = came_through(written, Path(folder) / "left", cuts, seed)

        good = told("a kill", all_of_them)
    words = "went on" if good else "did not all go on"
    sys.stdout.write(f"{name}, {on}: {tried[0]} killed runs {words}\n")
    sys.stdout.flush()


def main() -> None:
    """Disturb and kill, and print what came of it."""
    options = argparse.ArgumentParser()
    options.add_argument("--draws", type=int, default=10)
    options.add_argument("--cuts", type=int, default=10)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--way", choices=WAYS)
    asked = options.parse_args()
    rng = np.random.default_rng(asked.seed)
    for name in [asked.way] if asked.way else list(WAYS):
        for on in RIGS:
            faults(name, on, asked.draws, rng)
            kills(name, on, asked.cuts, asked.seed)


if __name__ == "__main__":
    main()
