"""A disk that fails between a landing and the rows after it: a site without rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from small_scan import small_scan

import seccm
from seccm.errors import RigError
from seccm.events import Event, Landed, Outcome
from seccm.results import Status
from seccm.rig import Block


def run_on_a_disk_that_fails_after_the_landing(path: Path) -> None:
    run = seccm.run(small_scan(2, 1), path=path)
    writer = run._store._writer
    take, landed = writer.take, []

    def takes(block: Block | None, events: Sequence[Event]) -> bool:
        if landed:
            raise OSError("planted")
        landed.extend(event for event in events if isinstance(event, Landed))
        return take(block, events)

    writer.take = takes  # type: ignore[method-assign]
    with pytest.raises(RigError, match="cannot be written"):
        list(run)


def test_a_landing_without_rows_has_no_numbers_and_takes_nothing_else_with_it(tmp_path: Path):
    path = tmp_path / "scan.h5"
    run_on_a_disk_that_fails_after_the_landing(path)
    list(seccm.resume(path))
    seccm.analyze(path)
    with seccm.open(path) as scan:
        assert scan.sites["status"].tolist() == [Outcome.ABORTED, Outcome.OK]
        assert scan.sites["landed"].tolist() == [1, 1]
        site = scan.site(0)
        assert site.landing is not None
        assert site.record.contact is None
        assert len(site.record.t) == 0
        for column in scan.features:
            values, codes = scan.sites[column.name], scan.sites[f"{column.name}_status"]
            assert np.isnan(values[0])
            assert codes[0] >= Status.NOT_MEASURED
        assert any(np.isfinite(scan.sites[column.name][1]) for column in scan.features)
