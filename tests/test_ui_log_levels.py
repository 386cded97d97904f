"""The colour of a line of the log says how a site ended, never more."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from small_scan import small_scan

import seccm
from seccm.errors import PlanError, Problem
from seccm.events import Outcome, Paused, SiteAnalysed, SiteFinished
from seccm.remote.channel.plain import event_from_plain, event_to_plain
from seccm.remote.channel.wire import pack, unpack
from ui.browse import without_plan
from ui.models.desk import Desk
from ui.models.words import line_of

ENDS = [o for o in Outcome if o not in (Outcome.PLANNED, Outcome.RUNNING)]


@pytest.mark.parametrize("outcome", [o for o in ENDS if o is not Outcome.OK])
def test_an_analysed_site_that_did_not_end_well_has_the_level_of_its_end(outcome: Outcome):
    event = SiteAnalysed(3, {"E_nuc": -0.1}, f"{outcome.words}; E_nuc -100 mV", {}, {}, outcome)
    line = line_of(event)
    assert line.level != "good"
    assert line.level == line_of(SiteFinished(9, 3, outcome, "")).level


def test_why_a_site_failed_stays_in_sight_when_it_has_been_analysed():
    desk = Desk()
    desk._hear(SiteFinished(9, 3, Outcome.FAULT, "The input was lost."), 0.0)
    desk._hear(SiteAnalysed(3, {}, "fault", {}, {}, Outcome.FAULT), 0.0)
    assert desk.notice is not None
    assert desk.notice.text == "The input was lost."
    assert len(desk.lines) == 2, "the log has both"


def test_good_is_only_a_site_with_a_number():
    assert line_of(SiteAnalysed(0, {"a": math.nan, "b": 1.0}, "b 1")).level == "good"
    for features in ({}, {"a": math.nan}):
        assert line_of(SiteAnalysed(0, features, "the analysis failed: OSError")).level == "info"


@pytest.mark.parametrize("outcome", ENDS)
def test_the_end_of_a_site_reaches_another_process_with_what_was_analysed(outcome: Outcome):
    event = SiteAnalysed(3, {"E_nuc": -0.1}, "E_nuc -100 mV", {}, {}, outcome)
    assert event_from_plain(unpack(pack(event_to_plain(event)))) == event


def test_a_run_tells_with_each_analysed_site_how_its_visit_ended(tmp_path: Path):
    run = seccm.run(small_scan(2, 2), path=tmp_path / "scan.h5", faults=["no-surface@site=2"])
    finished: dict[int, Outcome] = {}
    analysed: dict[int, Outcome] = {}
    for event in run:
        if isinstance(event, SiteFinished):
            finished[event.site] = event.outcome
        elif isinstance(event, SiteAnalysed):
            analysed[event.site] = event.outcome
        elif isinstance(event, Paused):
            run.stop()
    assert analysed == {site: finished[site] for site in analysed}
    assert set(analysed.values()) > {Outcome.OK}


def test_a_file_whose_plan_is_of_another_program_is_shown_and_told_so():
    problem = Problem("program[1].step", 'must be "cv", not "staircase".', 'Write "cv".')
    line = without_plan(Path("old.h5"), PlanError("old.h5", [problem]))
    assert line.level == "warning"
    assert "old.h5" in line.text
    assert "program[1].step" in line.text
    assert "staircase" in line.text
    assert "Nothing moved" not in line.text, "nobody asked for a run"
    assert "are shown" in line.remedy
