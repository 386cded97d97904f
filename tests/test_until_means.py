"""Limits on means, shares and drifts; successions with hysteresis; what a plan may ask of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from little_world import CLOCK, a_block, cut
from programmes import REST, plan_of
from small_plan import INFO

from seccm.arrays import FloatArray
from seccm.plan import Plan
from seccm.program.live import Known, Live
from seccm.rig import Limit
from seccm.rig.limits import LimitWatch, deaf_rows, lasting_rows, span_rows

PERIOD = CLOCK.period
CUTS = st.lists(st.integers(1, 400), max_size=8)
HOLD: dict[str, Any] = {"step": "constant potential", "potential": "0.1 V", "duration": "20 s"}


def ended(limit: Limit, since: int = 0, cuts: list[int] | None = None, **rows: FloatArray) -> int:
    """Return the row that ends the drive; -1 if none does."""
    watch = LimitWatch([limit], since)
    for block in cut(a_block(**{name: list(values) for name, values in rows.items()}), cuts or []):
        hit = watch.feed(block)
        if hit is not None:
            return hit[0]
    return -1


def slowly(limit: Limit, signal: FloatArray) -> int:
    """Return the row that ends a drive, as the words of the plan reference say it."""
    signal = signal[deaf_rows(limit, CLOCK) :]
    count, streak, latched, first = span_rows(limit, CLOCK), 0, False, math.nan
    for row in range(len(signal)):
        value = float(signal[row])
        if limit.quantity in ("magnitude", "share", "drift"):
            if row + 1 < count:
                continue
            window = signal[row + 1 - count : row + 1]
            value = abs(float(np.mean(window)))
            if limit.quantity == "share":
                first = value if math.isnan(first) else first
                value /= first
            if limit.quantity == "drift":
                half = count // 2
                change = float(np.mean(window[half:]) - np.mean(window[:half]))
                value = abs(change) / (half * PERIOD)
        sign = 1.0 if limit.side == "above" else -1.0
        past = sign * (value - limit.value) > 0.0
        latched = past or (latched and sign * (value - limit.value) >= -limit.hysteresis)
        streak = streak + 1 if latched else 0
        if streak >= lasting_rows(limit, CLOCK):
            return row + deaf_rows(limit, CLOCK)
    return -1


@settings(max_examples=150, deadline=None)
@given(
    quantity=st.sampled_from(["potential", "current", "magnitude", "share", "drift"]),
    above=st.booleans(),
    value=st.floats(0.1, 1.0),
    rows=st.integers(1, 12),
    hysteresis=st.sampled_from([0.0, 0.2, 0.7]),
    span=st.floats(0.0, 0.2),
    seed=st.integers(0, 2**32 - 1),
    cuts=CUTS,
)
def test_a_limit_ends_a_drive_where_its_words_say_however_the_rows_come(
    quantity: Any, above: bool, value: float, rows: int, hysteresis: float, span: float, seed: int,
    cuts: list[int],
) -> None:  # fmt: skip
    draw = np.random.default_rng(seed)
    signal = np.cumsum(draw.normal(0.0, 0.1, 600)) + draw.normal(0.0, 0.3, 600) + 1.5
    limit = Limit(quantity, "above" if above else "below", value, 0.02, rows, hysteresis, span)
    truth = slowly(limit, signal)
    both = {"potential": signal, "current": signal}
    assert ended(limit, cuts=cuts, **both) == truth
    assert ended(limit, **both) == truth


def test_a_spike_that_decays_does_not_count_as_the_first_current() -> None:
    """1 nA decays with 5 s; before it, the double layer is charged with 1 uA for 10 ms."""
    t = np.arange(8000) * PERIOD
    current = 1e-9 * np.exp(-t / 5.0) + 1e-6 * np.exp(-t / 2e-3)
    share = Limit("share", "below", 0.1, span=0.1)
    row = ended(share, current=current)
    first = math.exp(-0.1 / 5.0)  # the middle of the first mean
    assert row * PERIOD == pytest.approx(5.0 * math.log(10.0 / first), abs=0.1)


def test_hum_does_not_end_a_step_before_its_time() -> None:
    """50 Hz of twice the current passes zero a hundred times a second."""
    t = np.arange(4000) * PERIOD
    hum = 4e-11 * np.sin(2.0 * math.pi * 50.0 * t)
    limit = Limit("magnitude", "below", 5e-12, span=0.1)
    assert ended(limit, current=2e-11 + hum) == -1
    assert ended(Limit("magnitude", "below", 5e-12, rows=1), current=2e-11 + hum) >= 0
    row = ended(limit, current=2e-11 * np.exp(-t) + hum)
    assert row * PERIOD == pytest.approx(math.log(4.0) + 0.05, abs=0.1)
    assert ended(limit, current=-2e-11 * np.exp(-t) - hum) == row, "whichever its sign"


def test_an_open_circuit_that_turns_has_not_come_to_rest() -> None:
    """A potential that overshoots stands still for a moment at its maximum."""
    t = np.arange(20000) * PERIOD
    drift = Limit("drift", "below", 1e-4, span=2.0)
    assert span_rows(drift, CLOCK) * PERIOD == pytest.approx(2.0, abs=2 * PERIOD)
    turns = 0.02 * np.sin(2.0 * math.pi * t / 20.0)
    assert ended(drift, potential=turns) == -1
    rests = 0.1 * np.exp(-t / 3.0)
    row = ended(drift, potential=rests)
    slow = 3.0 * math.log(0.1 / 3.0 / 1e-4)  # when the slope is that of the limit
    assert slow < row * PERIOD < slow + 3.0


def test_hysteresis_bridges_noise() -> None:
    noisy = np.full(200, -0.11)
    noisy[::5] = -0.09
    strict = Limit("potential", "below", -0.1, rows=20)
    assert ended(strict, potential=noisy) == -1
    bridged = Limit("potential", "below", -0.1, rows=20, hysteresis=0.02)
    assert ended(bridged, potential=noisy) == deaf_rows(bridged, CLOCK) + 20


# ------------------------------------------------------------------------------ in plans


def problems(plan: Plan) -> dict[str, str]:
    return {p.where: p.what for p in plan.check(INFO) if p.severity == "error"}


def test_what_a_plan_says_is_what_is_watched_for() -> None:
    until = {"current_magnitude_below": "-5 pA", "current_share_below": "5 %", "rows": 10,
             "after": "100 ms", "current_hysteresis": "1 pA"}  # fmt: skip
    drift = {"potential_drift_below": "1 mV/s", "drift_over": "4 s"}
    plan = plan_of({**REST, "until": drift, "duration": "60 s"}, {**HOLD, "until": until})
    rest, hold = plan.sites()[0].segments
    assert rest.limits == (Limit("drift", "below", 1e-3, 0.05, 3, 0.0, 4.0),)
    assert hold.limits == (
        Limit("magnitude", "below", 5e-12, 0.1, 10, 1e-12, 0.1),
        Limit("share", "below", 0.05, 0.1, 10, 0.0, 0.1),
    )
    assert Plan.from_json(plan.to_json()) == plan
    assert not [key for key in problems(plan) if key.startswith("program")]


def test_a_share_of_an_earlier_current_is_a_limit() -> None:
    """5 % of what the step before came to, whichever sign that has."""
    of = {"from": "first", "take": "i", "times": 0.05, "within": ["-1 nA", "1 nA"]}
    program = [{**HOLD, "name": "first"}, {**HOLD, "until": {"current_magnitude_below": of}}]
    walk, live = plan_of(*program).sites()[0].program.walk(), Live()
    assert walk.next(live) is not None
    live.tell("first", Known(0.0, -4e-10, 0.0, 1.0))
    second = walk.next(live)
    assert second is not None
    assert second.limits[0].value == pytest.approx(2e-11)


@pytest.mark.parametrize(
    ("step", "key", "words"),
    [
        ({**HOLD, "until": {"potential_drift_below": "1 mV/s"}},
         "potential_drift_below", "imposes"),
        ({"step": "constant current", "current": "1 nA", "duration": "5 s",
          "until": {"current_share_below": "5 %"}}, "current_share_below", "imposes"),
        ({**HOLD, "until": {"current_share_below": "120 %"}}, "current_share_below", "at once"),
        ({**HOLD, "duration": "0.1 s", "until": {"current_share_below": "5 %"}},
         "current_share_below", "at the earliest"),
        ({**REST, "duration": "12 s", "until": {"potential_drift_below": "1 mV/s"}},
         "potential_drift_below", "at the earliest"),
    ],
)  # fmt: skip
def test_limits_that_make_no_sense_are_refused(step: dict[str, Any], key: str, words: str) -> None:
    told = problems(plan_of(step))
    assert words in told[f"program[0].until.{key}"], told
