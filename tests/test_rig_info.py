"""What a rig says of itself decides what it refuses: whole sentences, and both ends of a range."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seccm.errors import LimitError
from seccm.rig import Constant, Crossing, Drive, Lines, Move, Range, RigInfo, StopAbility
from seccm.units import show
from sim.config import VirtualConfig
from sim.virtual_rig import describe

INFO = describe(VirtualConfig())
UNITS = {"potential": "V", "current": "A"}


def span_of(info: RigInfo, mode: str) -> Range:
    return info.potential if mode == "potential" else info.current


@pytest.mark.parametrize("mode", ["potential", "current"])
@given(portion=st.floats(-3.0, 3.0))
def test_a_drive_is_refused_exactly_where_it_leaves_the_range(mode: str, portion: float) -> None:
    """The ends belong to the range: what is advertised can be imposed."""
    span = span_of(INFO, mode)
    value = span.lower + (portion + 1.0) / 2.0 * (span.upper - span.lower)
    drive = Drive(mode, Constant(value))
    if span.holds(value):
        INFO.refuse_impossible(drive)
    else:
        with pytest.raises(LimitError) as refused:
            INFO.refuse_impossible(drive)
        assert refused.value.code == "out-of-range"
        for part in (value, span.lower, span.upper):
            assert show(part, UNITS[mode]) in str(refused.value)
        assert "nothing changed" in str(refused.value)
        assert refused.value.remedy


@pytest.mark.parametrize("mode", ["potential", "current"])
def test_both_ends_of_a_range_can_be_imposed_and_no_more(mode: str) -> None:
    span = span_of(INFO, mode)
    INFO.refuse_impossible(Drive(mode, Lines((0.0, 1.0), (span.lower, span.upper))))
    for beyond in (math.nextafter(span.lower, -math.inf), math.nextafter(span.upper, math.inf)):
        with pytest.raises(LimitError):
            INFO.refuse_impossible(Drive(mode, Constant(beyond)))


@pytest.mark.parametrize("mode", ["potential", "current"])
@pytest.mark.parametrize("where", range(5))
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_single_vertex_outside_is_enough(mode: str, where: int, side: float) -> None:
    span = span_of(INFO, mode)
    values = [0.0] * 5
    values[where] = side * 1.5 * span.upper
    times = tuple(float(i) for i in range(5))
    with pytest.raises(LimitError) as refused:
        INFO.refuse_impossible(Drive(mode, Lines(times, tuple(values))))
    assert show(values[where], UNITS[mode]) in str(refused.value), "it names the one outside"


@pytest.mark.parametrize("mode", ["potential", "current"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_never_imposed(mode: str, value: float) -> None:
    with pytest.raises(LimitError):
        INFO.refuse_impossible(Drive(mode, Constant(value)))


def test_an_open_circuit_can_be_asked_of_every_rig() -> None:
    """It is how a cell is switched off, and that is never refused."""
    INFO.refuse_impossible(Drive("open", Constant(math.nan)))
    replace(INFO, modes=frozenset({"potential"})).refuse_impossible(Drive("open", Constant(0.0)))


@pytest.mark.parametrize("mode", ["potential", "current"])
def test_a_rig_without_an_instrument_refuses_what_it_would_impose(mode: str) -> None:
    with pytest.raises(LimitError) as refused:
        replace(INFO, modes=INFO.modes - {mode}).refuse_impossible(Drive(mode, Constant(0.0)))
    assert refused.value.code == "no-such-mode"
    assert mode in str(refused.value)
    assert "nothing changed" in str(refused.value)


def test_a_motion_is_watched_by_what_the_rig_watches_and_by_nothing_else() -> None:
    INFO.refuse_unwatched(Move("z", 0.0, 1e-6))
    for signal in INFO.watched:
        rule = Crossing(signal, "from zero", 1.0, "above")
        INFO.refuse_unwatched(Move("z", 0.0, 1e-6, until=rule))
    blind = Move("z", 0.0, 1e-6, until=Crossing("photodiode", "from zero", 1.0, "above"))
    with pytest.raises(LimitError) as refused:
        INFO.refuse_unwatched(blind)
    for name in ("photodiode", *INFO.watched, "nothing moved"):
        assert name in str(refused.value)


@given(
    speed=st.floats(1e-9, 1e-4),
    worst=st.floats(0.0, 0.1),
    lag=st.floats(0.0, 0.1),
    rows=st.integers(1, 50),
)
def test_overtravel_grows_with_speed_latency_lag_and_rows(
    speed: float, worst: float, lag: float, rows: int
) -> None:
    """Proportional to the speed; each row more costs a period of the clock more."""
    info = replace(INFO, stop=StopAbility("stepped", 0.0, worst), stage_lag=lag)
    far = info.overtravel(speed, rows)
    assert far >= speed * worst
    assert info.overtravel(2.0 * speed, rows) == pytest.approx(2.0 * far)
    one_more = info.overtravel(speed, rows + 1) - far
    assert one_more == pytest.approx(speed * info.clock.period, rel=1e-6, abs=1e-18)
