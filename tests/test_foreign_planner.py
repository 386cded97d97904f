"""A planner of another package, installed beside the program, in whole runs: a bisection.

Nothing in the product names it; `tests/foreign` is such a package.
"""

from __future__ import annotations

from typing import Any

import pytest
from foreign_stories import told_by

import seccm
from seccm.events import Outcome
from seccm.plan.planner import KINDS
from ui.models.scan_file import ScanFile

LIMIT = -7.0


def levels_of(charges: list[float]) -> list[float]:
    """The levels that a bisection tries that heard of these charges, where they are numbers."""
    near, far, tried = -10.0, -40.0, []
    for charge in charges:
        tried.append((near + far) / 2)
        if charge > LIMIT:
            near = tried[-1]
        elif charge <= LIMIT:
            far = tried[-1]
    return tried


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a program found that has the package installed."""
    folder = tmp_path_factory.mktemp("foreign")
    return {**told_by("story_of_planners.py", folder), "path": folder / "scan.h5"}


def test_the_next_level_follows_from_the_last_result(story: dict[str, Any]) -> None:
    """Through a stop and a resume; its answers converge on what the closed form says."""
    assert story["state"] == "complete"
    assert story["status"] == [int(Outcome.OK)] * 4
    assert story["total"] == 4
    assert story["levels"] == levels_of(story["Q"])
    exact = LIMIT / 0.3
    assert abs(story["levels"][-1] - exact) < abs(story["levels"][0] - exact)


def test_a_killed_run_goes_on_where_it_was(story: dict[str, Any]) -> None:
    """Killed between writing a site down and travelling to it, or with the tip down."""
    for killed in story["killed"]:
        assert killed["state"] == "complete", killed
        assert killed["planned"] == 4
        assert killed["levels"] == levels_of(killed["Q"])
    untouched = [killed for killed in story["killed"] if killed["at"].startswith("SiteAdded")]
    assert [killed["before"] for killed in untouched] == [[0], [2, 2, 0]]
    for killed in untouched:
        assert killed["status"] == [int(Outcome.OK)] * 4, "it is visited, and none is lost"
    (touched,) = (killed for killed in story["killed"] if killed["at"].startswith("Landed"))
    assert touched["status"] == [2, int(Outcome.ABORTED), 2, 2], "it is not landed on again"


def test_analysis_report_and_window_know_its_sites(story: dict[str, Any]) -> None:
    assert story["analysed"] == 4
    assert story["changed"] == []
    assert all(story["in report"])
    assert story["browsed"]["sites"] == 4
    assert len(story["browsed"]["labels"]) == 6, "two of the plan, four of the planner"
    assert "4 sites, 4 ok" in story["browsed"]["words"]


def test_its_own_check_speaks_and_the_form_has_its_keys(story: dict[str, Any]) -> None:
    assert story["refused"] == ["planner.factor"]
    assert "by halves" in story["form"]["kinds"]
    assert story["form"]["fields"] == ["factor", "between", "result", "above", "sites"]


def test_its_file_can_be_read_where_the_package_is_missing(story: dict[str, Any]) -> None:
    """This program does not have the package."""
    assert "by halves" not in KINDS.all()
    with seccm.open(story["path"]) as scan:
        assert scan.sites.words("status").tolist() == ["ok"] * 4
        assert len(scan.planned) == 4
    file = ScanFile(story["path"])
    assert file.map.x.size == 4
    file.close()
    for use in (seccm.analyze, seccm.resume):
        with pytest.raises(seccm.PlanError, match="planner"):
            use(story["path"])
