"""A long site read piece by piece is the site read at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scan_feeder import CLOCK, COLUMNS, HEADER, analyse, sites, told, visits

from seccm.data import Store, open_scan


@pytest.mark.parametrize("size", [1, 7, 60, 10_000])
def test_the_pieces_of_a_site_are_the_whole_of_it(tmp_path: Path, size: int):
    path = tmp_path / "scan.h5"
    with Store(path, HEADER, sites(3), COLUMNS, CLOCK, analyse) as store:
        for block, events in told(visits(3)):
            store.record(block, events)
        store.close("complete")
    with open_scan(path) as scan:
        whole, pieces = scan.record(1), list(scan.pieces(1, size))
        assert max(len(piece.t) for piece in pieces) <= size
        for name in ("t", "E", "I", "x", "y", "z", "phase", "step", "flag"):
            joined = np.concatenate([getattr(piece, name) for piece in pieces])
            np.testing.assert_array_equal(joined, getattr(whole, name))
        assert {piece.landing for piece in pieces} == {whole.landing}
        with pytest.raises(IndexError):
            next(scan.pieces(3))
