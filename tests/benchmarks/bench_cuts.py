"""Cut a run at every write to its file: by a kill, and by a power cut in pages of the disk.

Options: `--every N` takes every N-th write only. For each cut: can the run be resumed, is every
site that the program took for safe whole, and is no touched site landed on again?
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from cut_disk import Diary, Kept
from test_cut_writes import diary_of_a_run, must_go_on


def survived(path: Path, cuts: Iterable[tuple[bytes, Kept]]) -> tuple[int, Counter[str]]:
    """Return how many cuts there were, and what was said where a run did not go on."""
    count, failed = 0, Counter[str]()
    for image, known in cuts:
        count += 1
        try:
            must_go_on(path, image, known)
        except Exception as error:  # every kind is counted
            failed[f"{type(error).__name__}: {error}".replace(str(path), "FILE")] += 1
    return count, failed


def main() -> None:
    """Cut at all writes, and print what did not go on."""
    every = int(sys.argv[-1]) if "--every" in sys.argv else 1
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        diary: Diary = diary_of_a_run(Path(name) / "first" / "scan.h5")
        for sync in ("fsync", "fdatasync"):
            patch.setattr(os, sync, lambda descriptor: None, raising=False)
        kills = list(diary.images())[::every]
        rng = np.random.default_rng(1)
        stops = range(2, len(diary.entries), every)
        campaigns: dict[str, Iterable[tuple[bytes, Kept]]] = {
            "kill": kills,
            "power cut, pages of 4096 bytes": (diary.after_power_cut(k, rng, 4096) for k in stops),
            "power cut, sectors of 512 bytes": (diary.after_power_cut(k, rng, 512) for k in stops),
        }
        for what, cuts in campaigns.items():
            count, failed = survived(Path(name) / "scan.h5", cuts)
            sys.stdout.write(f"{what}: {count - failed.total()} of {count} runs go on\n")
            for said, times in failed.most_common(5):
                sys.stdout.write(f"  {times} times: {said[:200]}\n")


if __name__ == "__main__":
    main()
