"""The way down as it is drawn: the signal against the height of the tip, and its threshold."""

from __future__ import annotations

import numpy as np
import pytest
from live_rows import rows
from small_plan import INFO, POTENTIOSTATIC, approach, small

from seccm.events import Phase
from seccm.hopping.contact import past_threshold
from ui.models.live import Live

pA = 1e-12


def live_of(overload: float = INFO.overload, **tables: object) -> Live:
    return Live({s.number: s for s in small(**tables).sites()}, overload)


# The threshold


@pytest.mark.parametrize("overload", [10.0, -10.0])
@pytest.mark.parametrize("settled", [True, False])
def test_the_line_is_drawn_where_the_engine_stops_the_tip(overload: float, settled: bool):
    """Also with the overload at the negative rail, and before the baseline was looked at."""
    live = live_of(overload)
    if settled:
        live.take(rows(0, Phase.SETTLE, np.arange(5) * 0.01, E=overload))
    live.take(rows(0, Phase.APPROACH, 1.0 + np.arange(5) * 0.01, E=overload))
    assert live.watched.quantity == "E"
    (line,) = live.watched.thresholds
    rule = small().sites()[0].approach.rule
    near = np.array([line - 1e-3, line + 1e-3])
    assert past_threshold(rule, overload, near).tolist() == [overload > 0, overload < 0]


def test_a_fixed_threshold_has_a_line_on_either_side_and_a_rise_none_before_its_baseline():
    hold = {"hold": {"potential": 0.1}}
    fixed = live_of(approach={**POTENTIOSTATIC, **hold})
    fixed.take(rows(0, Phase.SETTLE, np.arange(3) * 1.0))
    assert fixed.watched.quantity == "I"
    assert fixed.watched.thresholds == (5 * pA, -5 * pA)
    contact = {"kind": "current rise", "rise": 5 * pA, "polarity": "anodic"}
    rise = live_of(approach=approach(contact=contact, **hold))
    rise.take(rows(0, Phase.TRAVEL, np.arange(3) * 1.0))
    assert rise.watched.thresholds == ()
    rise.take(rows(0, Phase.SETTLE, 3 + np.arange(3) * 1.0, I=20 * pA))
    assert rise.watched.thresholds == pytest.approx((25 * pA,))
