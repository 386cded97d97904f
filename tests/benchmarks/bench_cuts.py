"""Cut a program at every write to a data file: by a kill, and by a power cut in pages of the disk.

It is cut while it carries out a run, one of a planner, resumes one, packs a file, and stores
features. Options: `--every N` takes every N-th write only, `--first K` begins with number K of
them, `--story NAME` takes one story. For each cut: can the run be resumed, is every site that
the program took for safe whole, and is no touched site landed on again?
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from cut_disk import Image, Kept
from cut_stories import STORIES, must_go_on
from fuzz_files import forked

from seccm.data import vetting


def survived(
    folder: Path, cuts: Iterable[tuple[Image, Kept]], *, readable: bool
) -> tuple[int, Counter[str]]:
    """Return how many cuts there were, and what was said where a run did not go on."""
    count, failed = 0, Counter[str]()
    for image, known in cuts:
        count += 1
        try:
            must_go_on(folder, image, known, readable=readable)
        except Exception as error:  # every kind is counted
            line = traceback.extract_tb(error.__traceback__)[1].lineno
            failed[f"{type(error).__name__} ({line}): {error}".replace(str(folder), "")] += 1
    return count, failed


def main() -> None:
    """Cut at all writes, and print what did not go on."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--story", choices=STORIES)
    asked = parser.parse_args()
    every, first = asked.every, asked.first
    stories = [asked.story] if asked.story else list(STORIES)
    with tempfile.TemporaryDirectory() as name:
        diaries = {story: STORIES[story](Path(name) / story) for story in stories}
        with pytest.MonkeyPatch.context() as patch:
            for sync in ("fsync", "fdatasync"):
                patch.setattr(os, sync, lambda descriptor: None, raising=False)
            # A file that a killed program left is tried in another process: a new one takes longer.
            patch.setattr(vetting, "_try", forked)
            for story, diary in diaries.items():
                rng = np.random.default_rng(1 + first)
                kinds: dict[str, Iterable[tuple[Image, Kept]]] = {
                    "kill": diary.images(every, first),
                    "power cut, pages of 4096 bytes": diary.power_cuts(every, rng, 4096, first),
                    "power cut, sectors of 512 bytes": diary.power_cuts(every, rng, 512, first),
                }
                for kind, cuts in kinds.items():
                    readable = kind == "kill"
                    count, failed = survived(Path(name) / "left", cuts, readable=readable)
                    good = count - failed.total()
                    sys.stdout.write(f"{story}, {kind}: {good} of {count} go on\n")
                    sys.stdout.flush()
                    for said, times in failed.most_common(5):
                        sys.stdout.write(f"  {times} times: {said[:200]}\n")


if __name__ == "__main__":
    main()
