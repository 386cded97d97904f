"""Every outcome of a site is known wherever outcomes are shown, told apart and counted."""

from __future__ import annotations

import pytest

from seccm.cli import progress
from seccm.events import Outcome
from seccm.report import map_drawing
from ui import map_plot
from ui.models import map_words, words
from ui.models.palette import OUTCOME_COLOURS

ENDS = [o for o in Outcome if o > Outcome.RUNNING]
IRREGULAR = [o for o in ENDS if o is not Outcome.OK]


@pytest.mark.parametrize("known", [progress._STYLES, words._LEVELS], ids=["line", "log"])
def test_every_end_of_a_site_has_a_style(known):
    assert set(known) == set(ENDS)


@pytest.mark.parametrize(
    "marks",
    [map_drawing.MARKS, map_words._SIGNS, map_plot._MARKS],
    ids=["report", "legend", "map"],
)
def test_every_irregular_end_has_a_mark_of_its_own(marks):
    assert set(IRREGULAR) <= set(marks)
    own = [marks[o] for o in IRREGULAR]
    assert len(set(own)) == len(own)


def test_an_outcome_has_one_colour_in_window_and_report():
    drawn = {o: colour for o, (_, colour) in map_drawing.MARKS.items() if colour.startswith("#")}
    assert set(drawn) >= {o for o in IRREGULAR if o is not Outcome.SKIPPED}, "only greys differ"
    assert drawn == {outcome: OUTCOME_COLOURS[outcome.words] for outcome in drawn}


def test_every_outcome_has_a_colour_of_its_own():
    colours = [OUTCOME_COLOURS[o.words] for o in Outcome]
    assert len(set(colours)) == len(colours)


def test_what_counts_as_a_failure_and_as_no_contact_is_said_once():
    failures = {o.words for o in Outcome if o.failed}
    assert failures == {"no contact", "no contact at the known surface", "fault"}
    assert {o.words for o in Outcome if o.no_contact} == failures - {"fault"}


def test_codes_in_files_stay_what_they_are():
    """A new outcome is added at the end."""
    assert [(o.value, o.words) for o in Outcome][:7] == [
        (0, "planned"),
        (1, "running"),
        (2, "ok"),
        (3, "no contact"),
        (4, "skipped"),
        (5, "aborted"),
        (6, "fault"),
    ]
    assert Outcome.NO_CONTACT_AT_THE_KNOWN_SURFACE == 7
