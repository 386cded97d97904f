"""An arrival without a contact: what was not measured is not a number, nor taken for one."""

from __future__ import annotations

import math

import pytest

from seccm.events import Landing


@pytest.mark.parametrize(
    "known",
    [{}, {"z": 50e-6, "signal": 1e-9, "baseline": 2e-9, "attempt": 2, "x": 1e-5, "y": 2e-5}],
)
def test_it_says_what_is_known_and_no_more(known: dict[str, float]) -> None:
    landing = Landing.unseen(7, **known)  # type: ignore[arg-type]
    assert not landing.seen
    assert landing.row == 7
    for name in ("z_crossing", "latency", "overtravel"):
        assert math.isnan(getattr(landing, name))
    for name in ("z", "signal", "baseline"):
        found = getattr(landing, name)
        assert found == known[name] if name in known else math.isnan(found)
    assert (landing.attempt, landing.x, landing.y) == tuple(
        known.get(name, default) for name, default in (("attempt", 0), ("x", None), ("y", None))
    )
