"""Random runs with random mishaps, in which the truth, the events and the file must agree.

    python tests/campaign.py --runs 2000 --seed 1 --story scan
    python tests/campaign.py --replay 1234 --story scan

Prints a line for each run that fails, with its seed, and a table at the end. The exit code is 0 if
no run failed. All time is virtual: a seed plays the same story again.
"""

from __future__ import annotations

import argparse
import gc
import math
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random

import numpy as np
from campaign_draws import draw_card, draw_disturbances, draw_faults, draw_plan, draw_virtual
from campaign_rest import commissioning
from campaign_scan import Scan
from campaign_tip import coarse, manual
from campaign_witnesses import of_analysis, of_contacts, of_events, of_file, of_truth

from seccm.data.finishing import finish
from seccm.rigs import RigFile

Told = Iterator[tuple[str, str]]
"""What was counted, and what was wrong: one of both is empty."""


def scan(seed: int, folder: Path, *, card: bool = False) -> Told:
    """A scan over a virtual rig, or a virtual card, resumed until it is done."""
    rng = Random(seed)
    plan = draw_plan(rng)
    table = draw_card(rng, plan) if card else {"kind": "virtual", **draw_virtual(rng, plan)}
    faults = draw_faults(rng, card=card)
    disturbances = (draw_disturbances(rng), draw_disturbances(rng) if rng.random() < 0.5 else ())
    story = Scan(plan, RigFile("campaign", table), faults, disturbances, seed, folder / "scan.h5")
    for session in story.carry_out():
        yield "sessions", ""
        for wrong in (
            *of_events(session),
            *of_truth(story, session),
            *of_contacts(story, session),
            *of_file(story, session, story.path),
        ):
            yield "", wrong
        yield from (("faults that ended it", "") for _ in [0] if session.error is not None)
    if not story.sessions:
        # The way in which a card stops the tip is too slow for the finest pipettes, and says so.
        yield "refused", "" if faults or card else story.refused
        return
    analysed = rng.random() < 0.3
    if analysed:
        yield from (("", wrong) for wrong in of_analysis(story.path))
    if story.finished and rng.random() < 0.3:
        finish(story.path)
        yield "packed", ""
    yield "complete" if story.finished else "not complete", ""


def nidaq(seed: int, folder: Path) -> Told:
    """The same over a virtual card."""
    yield from scan(seed, folder, card=True)


TIDY = 20
"""Runs after which the memory of those before is given back."""


def _alone(story: Callable[[int], Iterator[str]]) -> Callable[[int, Path], Told]:
    return lambda seed, folder: (("", wrong) for wrong in story(seed))


STORIES: dict[str, Callable[[int, Path], Told]] = {
    "scan": scan,
    "manual": _alone(manual),
    "coarse": _alone(coarse),
    "commissioning": _alone(commissioning),
    "nidaq": nidaq,
}


def play(story: str, seed: int, counts: Counter[str] | None = None) -> list[str]:
    """Play one story; return what was wrong in it."""
    wrong: list[str] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        warnings.catch_warnings(record=True) as warned,
        # An exponential that has died away is 0, and right.
        np.errstate(all="warn", under="ignore"),
    ):
        warnings.simplefilter("always")
        try:
            for counted, found in STORIES[story](seed, Path(folder)):
                if counted and counts is not None:
                    counts[counted] += 1
                if found:
                    wrong.append(found)
        except Exception as error:  # an error of the program is a finding, not an end
            where = "".join(traceback.format_exception(error)[-12:])
            wrong.append(f"{error!r}\n{where}")
    return wrong + sorted({f"warned: {one.filename}:{one.lineno}: {one.message}" for one in warned})


def command(story: str, seed: int) -> str:
    """What plays a story again."""
    return f"python tests/campaign.py --story {story} --replay {seed}"


def main() -> int:
    """Play many stories; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--story", choices=[*STORIES, "all"], default="all")
    parser.add_argument("--minutes", type=float, default=math.inf, help="the longest, in all")
    parser.add_argument("--replay", type=int)
    args = parser.parse_args()
    seeds = range(args.seed * 1_000_000, args.seed * 1_000_000 + args.runs)
    if args.replay is not None:
        seeds = range(args.replay, args.replay + 1)
    names = list(STORIES) if args.story == "all" else [args.story]
    table: dict[str, Counter[str]] = {name: Counter() for name in names}
    ends = time.monotonic() + 60.0 * args.minutes
    try:
        for name in names:
            several(name, seeds, table[name], ends, every=args.replay is not None)
    except KeyboardInterrupt:
        print("Interrupted.")
    for name, counts in table.items():
        print(f"{name}: " + ", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    return 1 if any(counts["failed"] for counts in table.values()) else 0


def several(
    name: str, seeds: Iterable[int], counts: Counter[str], ends: float, *, every: bool
) -> None:
    """Play a story with some seeds, until a moment; print what was wrong, every word if asked."""
    for seed in seeds:
        if time.monotonic() > ends:
            return
        wrong = play(name, seed, counts)
        counts["runs"] += 1
        if counts["runs"] % TIDY == 0:
            gc.collect()  # a run that freezes what is there puts that off for ever
        if wrong:
            counts["failed"] += 1
            more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
            said = "\n    ".join(wrong) if every else wrong[0] + more
            print(f"{command(name, seed)}: {said}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
