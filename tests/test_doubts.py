"""Why a scan pauses by itself: what is counted, what is said, and that it is said once."""

from __future__ import annotations

import pytest

from seccm.events import Outcome
from seccm.hopping.doubts import Budget, Doubts
from seccm.hopping.terrain import QUESTION, Terrain


def doubts(consecutive: int = 3, total: int = 5) -> tuple[Doubts, Terrain]:
    terrain = Terrain()
    return Doubts(Budget(consecutive, total), terrain), terrain


def test_nothing_stands_against_the_first_site() -> None:
    assert doubts()[0].words() == ""


@pytest.mark.parametrize("outcome", [one for one in Outcome if one.failed])
def test_failures_in_succession_are_counted_and_said_once(outcome: Outcome) -> None:
    doubt, _ = doubts()
    for _ in range(2):
        doubt.note(outcome, wet=False)
        assert doubt.words() == ""
    doubt.note(outcome, wet=False)
    assert doubt.words().startswith("3 sites in succession and 3 in total have failed")
    assert doubt.words() == "", "whoever was asked is not asked again for the same"


def test_a_site_that_went_well_ends_the_row_of_failures_but_not_their_number() -> None:
    doubt, _ = doubts()
    for _ in range(2):
        doubt.note(Outcome.FAULT, wet=False)
        doubt.note(Outcome.FAULT, wet=False)
        doubt.note(Outcome.OK, wet=False)
        assert doubt.words() == ""
    doubt.note(Outcome.FAULT, wet=False)
    assert "1 sites in succession and 5 in total" in doubt.words()


@pytest.mark.parametrize("outcome", [one for one in Outcome if not one.failed])
def test_what_is_no_failure_never_pauses(outcome: Outcome) -> None:
    doubt, _ = doubts()
    for _ in range(20):
        doubt.note(outcome, wet=False)
    assert doubt.words() == ""


def test_a_wet_tip_is_said_of_after_its_own_site_alone() -> None:
    doubt, _ = doubts()
    doubt.note(Outcome.OK, wet=True)
    assert "The circuit is closed even with the tip at the top" in doubt.words()
    assert doubt.words() == ""
    doubt.note(Outcome.OK, wet=True)
    doubt.note(Outcome.OK, wet=False)
    assert doubt.words() == ""


@pytest.mark.parametrize(
    ("landings", "does"),
    [(0, "uses the full travel once more"), (1, "goes deeper"), (2, "goes no deeper")],
)
def test_a_surface_that_was_missed_is_asked_for_with_what_resume_will_do(
    landings: int, does: str
) -> None:
    doubt, terrain = doubts()
    for k in range(landings):
        terrain.tell(k * 11e-6, 0.0, 50e-6, 0.0)
    allowed = terrain.expect(30e-6, 0.0, 9.0, 0.5e-6)
    for _ in range(QUESTION):
        assert doubt.words() == ""
        terrain.miss()
    words = doubt.words()
    assert f"Resume {does}" in words
    assert len(words) <= 160, "there is room for so much in the file"
    after = terrain.expect(30e-6, 0.0, 9.0, 0.5e-6)
    if allowed is not None and after is not None:
        assert (after.lowest < allowed.lowest) == (does == "goes deeper")
    assert terrain.missed == 0


def test_all_that_stands_against_going_on_is_said_together() -> None:
    doubt, terrain = doubts(consecutive=1)
    terrain.miss()
    terrain.miss()
    doubt.note(Outcome.FAULT, wet=True)
    words = doubt.words()
    assert words.count("Resume") == 2
    assert "1 sites in succession" in words
