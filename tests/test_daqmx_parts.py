"""Parts of the virtual card against simple computations of the same: queues, levels, latches."""

from __future__ import annotations

import threading
from collections import deque

import nidaqmx
import numpy as np
import pytest
from card_bench import SMOOTH, bench, read
from hypothesis import given
from hypothesis import strategies as st
from nidaqmx.errors import DaqReadError
from waiting import HANGING

from sim.daqmx.codes import Value
from sim.daqmx.generation import Generation
from sim.daqmx.history import History, Trace
from sim.daqmx.inputs import NEVER, Sampling
from sim.daqmx.raw import RawSignals
from sim.daqmx.terminals import expanded
from sim.daqmx.trigger import Level, Window

REQUESTS = [
    Value.ON_BOARD_MEMORY_EMPTY,
    Value.ON_BOARD_MEMORY_HALF_FULL_OR_LESS,
    Value.ON_BOARD_MEMORY_LESS_THAN_FULL,
]


def generation(request: int = REQUESTS[-1], room: int = 50, memory: int = 20) -> Generation:
    made = Generation(
        period=10,
        continuous=True,
        samples=0,
        room=room,
        memory=memory,
        request=int(request),
        regenerates=False,
    )
    made.began = 0
    return made


@given(
    request=st.sampled_from(REQUESTS),
    steps=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 150)), max_size=30),
)
def test_a_generation_puts_out_what_was_written_in_order_until_it_starves(
    request: int, steps: list[tuple[int, int]]
) -> None:
    made, queue = generation(request), deque[float]()
    number, now, expected, seen = 0, 0, [], []
    for count, pause in steps:
        taken = made.write(np.arange(number, number + count, dtype=float)[:, None])
        assert taken <= count
        queue.extend(range(number, number + taken))
        number += taken
        made.fill()
        starved = made.starved
        updates = made.advance(now + pause)
        # One by one: an edge every 10 ticks, tick 0 included, as long as it never starved.
        for tick in range(-(-now // 10) * 10, now + pause + 1, 10):
            if tick // 10 < len(expected) or starved:
                continue
            if not queue:
                starved = True
                break
            expected.append((tick, queue.popleft()))
        seen += list(zip(updates.ticks.tolist(), updates.volts[:, 0].tolist(), strict=True))
        now += pause
        assert made.starved == starved
        assert 0 <= made.transferred - made.generated <= made.memory
        assert made.written - made.transferred <= made.room
        assert made.space == made.room - (made.written - made.transferred)
    assert seen == expected


def test_looking_ahead_changes_nothing() -> None:
    made = generation()
    made.write(np.arange(30.0)[:, None])
    ahead = made.coming(95)
    done = made.advance(95)
    assert np.array_equal(ahead.ticks, done.ticks)
    assert np.array_equal(ahead.volts, done.volts)
    assert len(done.ticks) == 10


def test_masked_edges_take_no_sample() -> None:
    made = generation()
    made.write(np.arange(30.0)[:, None])
    done = made.advance(95, lambda ticks: (ticks >= 30) & (ticks < 60))
    assert done.ticks.tolist() == [0, 10, 20, 60, 70, 80, 90]
    assert done.volts[:, 0].tolist() == list(range(7))


def test_memory_asks_for_more_when_it_is_told_to() -> None:
    waiting = {}
    for request in REQUESTS:
        made = generation(request)
        made.write(np.zeros((50, 1)))
        made.fill()
        made.advance(40)
        waiting[request] = made.transferred - made.generated
    assert waiting[Value.ON_BOARD_MEMORY_LESS_THAN_FULL] == 20
    assert waiting[Value.ON_BOARD_MEMORY_HALF_FULL_OR_LESS] == 15
    assert waiting[Value.ON_BOARD_MEMORY_EMPTY] == 15


@given(st.lists(st.integers(1, 400), max_size=40), st.integers(0, 60))
def test_a_sampling_never_gives_a_sample_twice_or_before_its_time(
    waits: list[int], room: int
) -> None:
    made = Sampling(period=7, continuous=True, samples=0, room=1000 + room, began=3)
    now, got = 0, []
    for wait in waits:
        now += wait
        ready = made.available(now)
        got += made.take(ready).tolist()
        assert all(tick <= now for tick in got)
        assert made.due(1) > now
    assert got == list(range(3, now + 1, 7))


def test_a_sampling_that_waits_for_its_trigger_is_never_due() -> None:
    made = Sampling(period=7, continuous=True, samples=0, room=10)
    assert made.available(10**9) == 0
    assert made.due(1) == NEVER


def eighths(lowest: int, highest: int) -> st.SearchStrategy[float]:
    """Volts of which sums are exact, as those of steps of a converter."""
    return st.integers(8 * lowest, 8 * highest).map(lambda number: number / 8)


@given(
    volts=st.lists(eighths(-2, 2), min_size=1, max_size=60),
    level=eighths(-1, 1),
    hysteresis=eighths(0, 1),
    above=st.booleans(),
    before=st.booleans(),
)
def test_the_comparator_is_a_schmitt_trigger(
    volts: list[float], level: float, hysteresis: float, above: bool, before: bool
) -> None:
    states, asserted = [], before
    for value in volts:
        beyond = value > level if above else value < level
        back = value < level - hysteresis if above else value > level + hysteresis
        if hysteresis == 0.0:
            back = not beyond
        asserted = True if beyond else False if back else asserted
        states.append(asserted)
    found = Level("APFI0", level, hysteresis, above).states(np.array(volts), before)
    assert found.tolist() == states


def test_a_window_has_no_memory() -> None:
    volts = np.array([-2.0, 0.0, 2.0])
    assert Window("APFI0", -1.0, 1.0, inside=True).states(volts, True).tolist() == [0, 1, 0]
    assert Window("APFI0", -1.0, 1.0, inside=False).states(volts, True).tolist() == [1, 0, 1]


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(-5, 5)), max_size=50), st.integers(0, 50))
def test_a_trace_is_the_last_change_before(changes: list[tuple[int, float]], forget: int) -> None:
    trace, now, known = Trace(1.0), 0, [(-(10**9), 1.0)]
    for wait, level in changes:
        now += wait
        known.append((now, level))
        trace.change(np.array([now]), np.array([level]))
    trace.forget(min(forget, now))
    ticks = np.arange(min(forget, now), now + 5)
    at = [next(v for t, v in reversed(known) if t <= tick) for tick in ticks]
    before = [next(v for t, v in reversed(known) if t < tick) for tick in ticks]
    assert trace.at(ticks).tolist() == at
    assert trace.before(ticks[1:]).tolist() == before[1:]


def test_a_history_forgets_the_old_and_keeps_its_count() -> None:
    history = History(np.float64(0.0))
    for start in range(1, 50_001, 1000):
        history.extend(np.arange(start, start + 1000, dtype=np.float64))
        history.forget(start)
    assert history.stop == 50_001
    assert history.part(49_500, 49_600).tolist() == list(range(49_500, 49_600))
    assert history.start > 40_000
    with pytest.raises(IndexError):
        history.part(0, 10)
    history.cut(49_901)
    assert history.last == 49_900


@given(
    begin=st.floats(0, 0.9e-3),
    means=st.tuples(st.floats(-1e-9, 1e-9), st.floats(-1e-9, 1e-9)),
    settled=st.floats(-1e-10, 1e-10),
)
def test_the_shapes_of_a_contact_keep_the_charge_of_every_step(
    begin: float, means: tuple[float, float], settled: float
) -> None:
    period = 1e-3
    signals = RawSignals(period, 0.0)
    signals.extend(np.zeros(3), np.array([0.0, 0.0, means[0]]))
    signals.land(begin, settled, collapse=False)
    signals.extend(np.zeros(2), np.array([means[1], settled]))
    steps = np.arange(20_000)
    t = 2 * period + (steps + 0.5) * (2 * period / len(steps))
    current = signals.current(t)
    for step, mean in enumerate(means):
        part = current[step * 10_000 : (step + 1) * 10_000]
        # The rule of the middle points misses where the contact lies between two of them.
        assert part.mean() == pytest.approx(mean, abs=3e-3 * (abs(mean) + abs(settled)) + 1e-15)


def test_names_come_as_lists_and_ranges() -> None:
    assert expanded("Dev1/ai0:2, Dev1/ai5") == ["Dev1/ai0", "Dev1/ai1", "Dev1/ai2", "Dev1/ai5"]
    assert expanded("Dev1/port0/line3:1") == [f"Dev1/port0/line{n}" for n in (3, 2, 1)]
    assert expanded("") == []


def test_on_the_wall_clock_another_thread_can_stop_a_read_that_waits() -> None:
    failures: list[str] = []
    with bench(SMOOTH, pace=1.0) as card:
        task = card.inputs("ai0", rate=10.0)  # its buffer is full after a day
        task.start()
        reading = threading.Event()

        def read_on() -> None:
            reading.set()
            try:
                read(task, 10_000_000, timeout=10_000.0)
            except DaqReadError as error:
                failures.append(error.error_type.name)

        thread = threading.Thread(target=read_on)
        thread.start()
        assert reading.wait(HANGING)
        while card.plugged.library.calls["DAQmxReadAnalogF64"] == 0:
            assert nidaqmx.system.Device("Dev1").is_simulated
        task.stop()
        thread.join(HANGING)
    assert failures == ["INVALID_TASK"]
