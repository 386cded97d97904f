"""What every rig says of cell and tip when it was made safe."""

from __future__ import annotations

import pytest

from seccm.rig.safe_words import cell_words, tip_words


def test_a_report_begins_with_the_cell() -> None:
    assert cell_words(off=True) == "Cell off"
    assert cell_words(off=False) == "The cell could not be switched off"


@pytest.mark.parametrize(
    ("up", "at_top", "what"),
    [
        (False, False, "held where it was"),
        (False, True, "held where it was"),  # nobody lifted it
        (True, False, "lifted"),
        (True, True, "fully retracted"),
    ],
)
def test_the_tip_has_its_height_where_that_is_known(up: bool, at_top: bool, what: str) -> None:
    assert tip_words(up=up, at_top=at_top, height=None) == f"tip {what}"
    assert tip_words(up=up, at_top=at_top, height=20e-6) == f"tip {what} at z = 20 um"


def test_what_is_not_known_is_said_instead() -> None:
    said = tip_words(up=True, at_top=True, height=None, instead="where the tip is, is not known")
    assert said == "where the tip is, is not known"
