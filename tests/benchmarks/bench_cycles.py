"""The table of all cycles of a large scan, against a loop over them with pandas and scipy.

Ten thousand sites of twenty cycles. The loop is what people write: for each site and cycle it takes
the rows of the table of steps, sums the charges of each direction, and divides them. Options:
`--sites N`, `--cycles N`.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd
from scipy.integrate import trapezoid

from seccm.data.cycles import Steps, cycles_of


def planted(sites: int, cycles: int) -> Steps:
    """A table of steps: charge, rest, discharge, rest."""
    each = 4 * cycles
    rng = np.random.default_rng(1)
    sign = np.tile([1.0, 0.0, -1.0, 0.0], sites * cycles)
    return Steps(
        site=np.repeat(np.arange(sites), each),
        number=np.tile(np.arange(each), sites),
        mode=np.where(sign == 0.0, "open", "current"),
        constant=np.ones(sign.size, bool),
        imposed=1e-9 * sign,
        charge=1e-8 * sign * rng.uniform(0.9, 1.0, sign.size),
        lasted=np.full(sign.size, 10.0),
        whole=np.ones(sign.size, bool),
        middle=rng.uniform(3.0, 4.0, sign.size),
    )


def loop(steps: Steps, most: int) -> tuple[float, int]:
    """Seconds for the first sites, one cycle after the other, and how many cycles those were."""
    frame = pd.DataFrame({name: getattr(steps, name) for name in Steps.__slots__})
    begun, done, found = time.perf_counter(), 0, []
    for site, mine in frame[frame["site"] < most].groupby("site"):
        halves = mine[mine["mode"] == "current"]
        for k in range(0, len(halves) - 1, 2):
            charge, discharge = halves.iloc[k], halves.iloc[k + 1]
            went_in, came_out = (
                abs(trapezoid([half["charge"] / half["lasted"]] * 2, [0.0, half["lasted"]]))
                for half in (charge, discharge)
            )
            found.append((site, k // 2, went_in, came_out, came_out / went_in))
            done += 1
    pd.DataFrame(found, columns=["site", "cycle", "Q_in", "Q_out", "CE"])
    return time.perf_counter() - begun, done


def main() -> None:
    """Print seconds and their ratio."""
    options = argparse.ArgumentParser()
    options.add_argument("--sites", type=int, default=10_000)
    options.add_argument("--cycles", type=int, default=20)
    given = options.parse_args()
    steps = planted(given.sites, given.cycles)
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        table = cycles_of(steps)
        times.append(time.perf_counter() - begun)
    count, ours = len(table["site"]), min(times)
    some, done = loop(steps, max(1, given.sites // 50))
    theirs = some / done * count
    print(f"{count} cycles of {given.sites} sites: {ours:.3f} s")
    print(f"a loop over them: {theirs:.1f} s (from {done} of them), {theirs / ours:.0f} x as long")


if __name__ == "__main__":
    main()
