"""A programme of 21 steps, as of a battery particle, killed in its midst behind a real driver.

Times are shortened, nothing else: charge, discharge and charge, then six times a discharge, a rest
and a step of the potential from where the cell came to rest. Killed in the 14th step, between two
steps, and in the rest that a resumed run begins with, it comes to what it comes to undisturbed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cut_disk import Diary, Image
from cut_stories import restore
from test_channels import CHANNELS, plan_of
from test_channels_card import RELAYS, card
from whole_columns import column_of

import seccm
from seccm.data import store
from seccm.events import Phase, PhaseBegan, StepFinished

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="HDF5 is watched on Linux only")
NAME, COUNT, BROKEN = "scan.h5", 21, 13
"""How many steps there are, and which one is broken off, counted from 0."""
SHORT = 0.06


def current(name: str, amperes: float) -> dict[str, Any]:
    return {
        "step": "constant current", "name": name, "current": amperes, "duration": 5.0,
        "nuclei": False, "until": {"charge": SHORT * abs(amperes)},
    }  # fmt: skip


def titrated(number: int) -> Iterator[dict[str, Any]]:
    """One discharge, the rest after it, and the step from there."""
    yield current(f"discharge {number}", -1e-9 - 0.1e-9 * number)
    yield {"step": "open circuit", "name": f"rest {number}", "duration": SHORT}
    where = {"from": f"rest {number}", "offset": -0.015 * number, "within": [-2.0, 2.0]}
    yield {"step": "pitt", "name": f"PITT {number}", "potential": where, "duration": 2 * SHORT}


PROGRAM = [
    *(current(name, sign * 1e-9) for name, sign in (("charge", 1), ("dis", -1), ("again", 1))),
    *(step for number in range(1, 7) for step in titrated(number)),
]
PLAN = plan_of(
    {**CHANNELS, "labels": ["P1"], "areas": 100e-12},
    way={"switch": "rig", "settle": 0.05, "rest": 0.2},
    program=PROGRAM,
)
RIG = card({"relays": {"P1": RELAYS["relays"]["P1"]}})


@dataclass(frozen=True)
class Killed:
    """A run, every write of it, and after how many of them something had ended, or begun."""

    diary: Diary
    whole: Path
    ended: Mapping[int, int]
    """The steps, each when its end was safe on the disk."""
    began: Mapping[Phase, int]
    """The phases before the steps."""

    def image(self, number: int) -> Image:
        """The folder as a kill at this write leaves it."""
        ((image, _),) = self.diary.images(every=len(self.diary.changes) + 2, first=number)
        return image


def written_down(folder: Path, make: Callable[[Path], seccm.Run]) -> Killed:
    """Carry a run out on a disk that is told at once of what was measured."""
    diary, ended, began = Diary(folder), dict[int, int](), dict[Phase, int]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "SOON", 0.0)
        with diary.kept():
            run = make(folder / NAME)
            run.company = lambda events: events  # no window may find it
            for event in run:
                match event:
                    case StepFinished(step=step):
                        run._store.barrier()
                        ended[step] = len(diary.changes)
                    case PhaseBegan(phase=phase):
                        began.setdefault(phase, len(diary.changes))
                    case _:
                        pass
    return Killed(diary, folder / NAME, ended, began)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    folder = tmp_path_factory.mktemp("whole")
    return written_down(folder, lambda path: seccm.run(PLAN, RIG, path=path, seed=4))


def same(found: seccm.Scan, whole: seccm.Scan, kept: int) -> None:
    """Assert that two files tell of the same measurement, and of the first steps bit by bit.

    The card's electrometer hums: a step that a charge ends may be a block longer or shorter.
    """
    assert found.state == "complete"
    assert found.check() == {}
    assert found.sites.words("status").tolist() == ["ok"]
    for name in ("site", "number", "path", "kind", "name", "ended_by", "mode"):
        assert found.steps[name].tolist() == whole.steps[name].tolist(), name
    np.testing.assert_allclose(found.steps["size"], whole.steps["size"], atol=6)
    np.testing.assert_allclose(found.steps["charge"], whole.steps["charge"], rtol=0.03, atol=6e-12)
    results, wanted = found.results(), whole.results()
    for name in ("site", "step", "name"):
        assert results[name].tolist() == wanted[name].tolist(), name
    mine, its = found.site(0), whole.site(0)
    assert mine.steps.keys() == its.steps.keys()
    ends = [rows.stop for rows in mine.steps.values()]
    assert ends == sorted(ends), "each once, one after the other"
    for step in range(kept):
        for signal in ("E", "I", "z"):
            rows = getattr(mine, signal)[mine.steps[step]]
            assert rows.tobytes() == getattr(its, signal)[its.steps[step]].tobytes(), (step, signal)
    for step, rows in mine.steps.items():
        mean, undisturbed = (one.E[at].mean() for one, at in ((mine, rows), (its, its.steps[step])))
        assert mean == pytest.approx(undisturbed, abs=8e-3), step


def goes_on(path: Path) -> Sequence[int]:
    """Resume a file to its end; return which steps began."""
    events = list(seccm.resume(path))
    return [e.step for e in events if isinstance(e, PhaseBegan) and e.phase is Phase.STEP]


def test_it_goes_on_at_the_step_that_was_under_way_and_measures_nothing_twice(
    killed: Killed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("fsync", "fdatasync"):
        monkeypatch.setattr(os, name, lambda descriptor: None, raising=False)
    left = tmp_path / "left"
    before, after = killed.ended[BROKEN - 1], killed.ended[BROKEN]
    cuts = {"between two steps": before, "in the 14th step": (before + after) // 2}
    with seccm.open(killed.whole) as whole:
        assert len(whole.steps["site"]) == COUNT
        for where, cut in cuts.items():
            restore(left, killed.image(cut))
            with seccm.open(left / NAME) as scan:
                assert scan.broken_off == 0, where
                measured = scan.steps["charge"].tolist()
            began = goes_on(left / NAME)
            assert began == [*range(BROKEN, COUNT)], where
            with seccm.open(left / NAME) as scan:
                assert scan.steps["charge"].tolist()[:BROKEN] == measured[:BROKEN], where
                same(scan, whole, BROKEN)


def test_killed_again_in_the_rest_before_it_goes_on_it_rests_and_goes_on(
    killed: Killed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("fsync", "fdatasync"):
        monkeypatch.setattr(os, name, lambda descriptor: None, raising=False)
    left, again = tmp_path / "left", tmp_path / "again"
    restore(again, killed.image((killed.ended[BROKEN - 1] + killed.ended[BROKEN]) // 2))
    resumed = written_down(again, seccm.resume)

    # It rests for 0.2 s, and the step goes on after that.
    cut = (resumed.began[Phase.REST] + resumed.began[Phase.STEP]) // 2
    restore(left, resumed.image(cut))
    assert column_of(left / NAME, "phase")[-1] == Phase.REST
    with seccm.open(left / NAME) as scan:
        assert (scan.broken_off, len(scan.steps["site"])) == (0, BROKEN)
    assert goes_on(left / NAME) == [*range(BROKEN, COUNT)]
    with seccm.open(left / NAME) as scan, seccm.open(killed.whole) as whole:
        same(scan, whole, BROKEN)
        np.testing.assert_array_equal(scan.steps["number"], np.arange(COUNT))
