"""A killed run with a planner asks for the same sites as one that nobody disturbed, on any rig."""

from __future__ import annotations

from pathlib import Path

import pytest
from killed_planners import asked, carried_on, killed, plan

import seccm
import seccm.session
from seccm.session import replan

SEED = 6


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    path = tmp_path_factory.mktemp("planner") / "scan.h5"
    return path, carried_on(seccm.session.run(plan(), path=path, seed=SEED))


# Between writing down what a person has pinned and visiting it, and while it is measured.
@pytest.mark.parametrize("share", [0.515, 0.6])
def test_a_run_that_was_killed_asks_for_the_same_sites(
    undisturbed: tuple[Path, int], tmp_path: Path, share: float
) -> None:
    other, events = undisturbed
    path = tmp_path / "scan.h5"
    killed(path, "map", "virtual", SEED, round(share * events))
    with seccm.open(path) as scan:
        before = scan.sites["status"].tolist()
    carried_on(seccm.session.resume(path))
    touched = {k for k, status in enumerate(before) if status > 0}
    mine, whole = asked(path), asked(other)
    # The site that was measured when the program was killed has no result: what follows from it
    # may differ, and it is not landed on again. Those before are the same.
    count = len([status for status in before if status > 1])
    assert mine[: count + 1] == whole[: count + 1]
    places = [site[:2] for site in mine]
    assert len(set(places)) == len(places), "no place twice"
    assert len(mine) >= 8
    # Told what it was told then, broken-off site and all, its planner asks for every site again.
    found = replan(path)
    assert [one.told.site.number for one in found.asked] == list(range(len(mine)))
    assert max(one.off for one in found.asked) < 1e-9
    assert touched <= set(range(len(mine)))
