"""What became of a site is the same in the data file, on the map, in the run bar and in print."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from planned_maps import map_of
from ui_windows import small_plan

import seccm
from seccm.events import (
    Approaching,
    Event,
    Landed,
    Outcome,
    Outcomes,
    PhaseBegan,
    SiteFinished,
    SiteStarted,
)
from seccm.remote import Overview

MOMENTS = {
    "as it sets off": SiteStarted, "in a phase": PhaseBegan, "as it comes down": Approaching,
    "in contact": Landed, "as the site ends": SiteFinished,
}  # fmt: skip


@pytest.mark.parametrize("verb", ["stop", "skip"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_that_is_steered_at_any_moment_is_told_as_it_is_stored(
    tmp_path: Path, moment: str, verb: str
):
    """A site on the way to which the run was stopped is visited again: it is still planned."""
    plan, path = seccm.load_plan(small_plan(tmp_path, columns=4, rows=2)), tmp_path / "scan.h5"
    overview, sites = Overview.planned(8), map_of(plan)
    run = seccm.run(plan, path=path)
    asked = False
    for event in run:
        overview.hear(event)
        sites.hear(event)
        if not asked and isinstance(event, MOMENTS[moment]) and event.site == 2:
            asked = True
            run.ask(verb)
    assert asked
    with seccm.open(path) as scan:
        stored = np.asarray(scan.sites["status"])
    np.testing.assert_array_equal(overview.status, stored)
    np.testing.assert_array_equal(sites.outcome, stored)
    assert sites.current is None


def ended(outcome: Outcome) -> SiteFinished:
    return SiteFinished(9, 1, outcome, "")


@pytest.mark.parametrize(
    ("before", "outcome", "became"),
    [
        ((SiteStarted(0, 1),), Outcome.ABORTED, Outcome.PLANNED),
        ((SiteStarted(0, 1), Approaching(1, 1, 0)), Outcome.ABORTED, Outcome.ABORTED),
        ((SiteStarted(0, 1),), Outcome.SKIPPED, Outcome.SKIPPED),
        ((SiteStarted(0, 0), ended(Outcome.OK)), Outcome.ABORTED, Outcome.ABORTED),
        ((), Outcome.ABORTED, Outcome.ABORTED),
    ],
    ids=["on the way", "touched", "skipped", "another site was left", "joined late"],
)
def test_only_a_site_that_the_tip_never_came_down_to_stays_planned(
    before: tuple[Event, ...], outcome: Outcome, became: Outcome
):
    outcomes = Outcomes()
    for event in before:
        outcomes.hear(event)
    assert outcomes.hear(ended(outcome)) is became
