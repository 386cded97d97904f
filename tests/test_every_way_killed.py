"""A kill at any write, in every way of coming to a place.

The file opens, each finished site is whole, and a resumed run comes to what a run comes to that
nobody disturbed.

More cuts than here: `python tests/benchmarks ways`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from every_way import WAYS
from killed_ways import came_through, written_down

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="HDF5 is watched on Linux only")


@pytest.mark.parametrize("name", WAYS)
def test_killed_at_drawn_writes_it_keeps_what_it_has_and_goes_on(name: str, tmp_path: Path) -> None:
    written = written_down(name, "virtual", tmp_path / "whole")
    assert came_through(written, tmp_path / "left", cuts=1, seed=7) > 0


def test_channels_behind_the_relays_of_a_card_go_on_inside_a_site(tmp_path: Path) -> None:
    """With the driver of a card as on the virtual rig: at the step that was under way."""
    written = written_down("channels", "card", tmp_path / "whole")
    assert came_through(written, tmp_path / "left", cuts=1, seed=5) > 0
