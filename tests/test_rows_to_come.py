"""What is worked out while rows come: heights along a path, last means, limits, noise, charge."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from seccm.hopping.last_rows import LastRows
from seccm.hopping.relief import Relief
from seccm.results import charge, noise, spacing
from seccm.rig import Block, Clock, Limit
from seccm.rig.limits import LimitWatch, deaf_rows, earliest, lasting_rows, span_rows
from sim.noise import PAGE, SlowNoise, WhiteNoise

CLOCK = Clock()

# The height of the surface along a path.

place = st.tuples(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0))
landings = st.lists(st.tuples(place, st.floats(-1.0, 1.0)), max_size=100)


def told(known: list[tuple[tuple[float, float], float]]) -> Relief:
    relief = Relief()
    for (x, y), z in known:
        relief.tell(x, y, z)
    return relief


def distance(point: tuple[float, float], here: np.ndarray, there: np.ndarray) -> float:
    """Return the distance of a point from a straight path."""
    way = there - here
    share = np.clip((point - here) @ way / max(float(way @ way), 1e-300), 0.0, 1.0)
    return float(np.hypot(*(here + share * way - point)))


@settings(max_examples=60)
@given(landings, place, place, st.floats(0.05, 1.0), st.randoms(use_true_random=False))
def test_a_height_does_not_depend_on_the_order_of_landings_nor_on_the_way_round(
    known, here, there, reach, random
):
    assume(math.dist(here, there) < 20 * reach)
    height = told(known).along(here, there, reach)
    mixed = list(known)
    random.shuffle(mixed)
    assert told(mixed).along(here, there, reach) == height
    assert len(told(known)) == len(known)
    assert told(known).newest == (known[-1][1] if known else None)


@settings(max_examples=60)
@given(landings, place, place, st.floats(0.05, 1.0))
def test_a_height_is_that_of_the_highest_landing_near_the_path(known, here, there, reach):
    """No lower than one well within reach, and one that is there within reach."""
    height = told(known).along(here, there, reach)
    a, b = np.array(here), np.array(there)
    apart = [distance(point, a, b) for point, _ in known]
    if height is None:
        return
    heights = [z for (_, z), d in zip(known, apart, strict=True) if d <= reach * 1.0001]
    surely = [z for (_, z), d in zip(known, apart, strict=True) if d <= 0.95 * reach]
    assert height in heights
    assert not surely or height >= max(surely)


@given(landings, place, st.floats(0.05, 1.0), st.floats(-1.0, 1.0))
def test_one_landing_more_never_makes_a_height_lower_or_unknown(known, here, reach, z):
    before = told(known).along(here, here, reach)
    after = told([*known, (here, z)]).along(here, here, reach)
    assert after == (z if before is None else max(before, z))


def test_a_path_with_a_gap_has_no_height():
    """Where no landing is within reach, nobody knows how high the surface is."""
    known = [((0.1 * k, 0.0), 0.0) for k in range(11) if k not in (4, 5, 6)]
    assert told(known).along((0.0, 0.0), (0.3, 0.0), 0.11) == 0.0
    assert told(known).along((0.0, 0.0), (1.0, 0.0), 0.11) is None
    assert told(known).along((0.0, 0.0), (1.0, 0.0), 0.21) == 0.0
    assert Relief().along((0.0, 0.0), (1.0, 0.0), 1.0) is None


# What a step had come to.


def block(potential: np.ndarray, current: np.ndarray, start: int = 0) -> Block:
    return Block(
        start, {"potential": potential, "current": current}, np.zeros(potential.size, np.uint8)
    )


@given(st.lists(st.integers(0, 30), min_size=1, max_size=8), st.sampled_from([50.0, 60.0]))
def test_the_last_mean_does_not_depend_on_how_rows_come(lengths, mains):
    assume(sum(lengths))
    rng = np.random.default_rng(sum(lengths))
    e, i = rng.normal(size=(2, sum(lengths)))
    whole, pieces = LastRows(CLOCK, mains), LastRows(CLOCK, mains)
    whole.add(block(e, i))
    at = 0
    for n in lengths:
        pieces.add(block(e[at : at + n], i[at : at + n], at))
        at += n
    assert pieces.potential == pytest.approx(whole.potential, abs=1e-12)
    assert pieces.current == pytest.approx(whole.current, abs=1e-12)
    assert pieces.seconds == whole.seconds == pytest.approx(sum(lengths) * CLOCK.period)


@pytest.mark.parametrize("mains", [50.0, 60.0])
@given(st.floats(0.0, 6.28), st.floats(-1.0, 1.0), st.integers(60, 300))
def test_hum_of_the_mains_does_not_count_in_it(mains, phase, level, rows):
    t = (np.arange(rows) + 0.5) * CLOCK.period
    e = level + 0.1 * np.sin(2 * np.pi * mains * t + phase)
    last = LastRows(CLOCK, mains)
    last.add(block(e, -e))
    assert last.potential == pytest.approx(level, abs=0.006)
    assert last.current == pytest.approx(-level, abs=0.006)


def test_a_step_without_rows_came_to_nothing():
    last = LastRows(CLOCK, 50.0)
    assert math.isnan(last.potential)
    assert last.seconds == 0.0


# Limits that end a step, against a count with a finger.

limits = st.builds(
    Limit,
    st.sampled_from(["potential", "current"]),
    st.sampled_from(["above", "below"]),
    st.floats(-0.5, 0.5),
    st.sampled_from([0.0, 0.01]),
    st.integers(1, 4),
    st.sampled_from([0.0, 0.2]),
)


def by_hand(limit: Limit, signal: np.ndarray) -> int | None:
    """Return the row at which a limit has come true, one row after the other."""
    run, past = 0, False
    for row in range(deaf_rows(limit, CLOCK), signal.size):
        value = signal[row] if limit.side == "above" else -signal[row]
        edge = limit.value if limit.side == "above" else -limit.value
        if value > edge:
            past = True
        elif value < edge - limit.hysteresis or not limit.hysteresis:
            past = False
        run = run + 1 if past else 0
        if run >= limit.rows:
            return row
    return None


@given(limits, st.integers(0, 2**31), st.lists(st.integers(1, 12), min_size=1, max_size=8))
def test_a_limit_ends_a_step_at_the_row_that_a_finger_finds(limit, seed, lengths):
    rng = np.random.default_rng(seed)
    signal = np.cumsum(rng.normal(scale=0.15, size=sum(lengths)))
    zeros = np.zeros(signal.size)
    watch, at, hit = LimitWatch([limit], 0), 0, None
    for n in lengths:
        rows = slice(at, at + n)
        pair = (signal, zeros) if limit.quantity == "potential" else (zeros, signal)
        hit = watch.feed(block(pair[0][rows], pair[1][rows], at))
        at += n
        if hit is not None:
            break
    expected = by_hand(limit, signal[:at])
    assert (None if hit is None else hit[0]) == expected
    if hit is not None:
        assert hit[1] == limit
        assert (hit[0] + 1) * CLOCK.period >= earliest(limit, CLOCK) - 1e-9


@given(limits)
def test_no_limit_ends_a_step_before_it_is_looked_at(limit):
    always = 1e3 if limit.side == "above" else -1e3
    signal = np.full(200, always)
    watch = LimitWatch([limit], 0)
    hit = watch.feed(block(signal, signal))
    assert hit is not None
    assert (hit[0] + 1) * CLOCK.period == pytest.approx(earliest(limit, CLOCK))
    assert hit[0] + 1 == deaf_rows(limit, CLOCK) + lasting_rows(limit, CLOCK)


@given(st.floats(0.0, 1.0), st.sampled_from(["magnitude", "share", "drift"]))
def test_a_mean_is_taken_over_the_rows_nearest_to_its_span(span, quantity):
    rows = span_rows(Limit(quantity, "below", 1.0, span=span), CLOCK)
    assert rows >= 1
    if quantity == "drift":
        assert rows % 2 == 0
    assert abs(rows * CLOCK.period - span) <= 2.1 * CLOCK.period


# Charge and noise.


@given(st.integers(0, 2**31), st.integers(2, 60), st.integers(1, 59))
def test_charge_of_two_parts_is_that_of_the_whole(seed, rows, cut):
    rng = np.random.default_rng(seed)
    t = np.cumsum(rng.uniform(0.5, 1.5, rows))
    current = rng.normal(size=rows)
    cut = min(cut, rows - 1)
    whole = charge(t, current, 0.0)
    first = charge(t[:cut], current[:cut], 0.0)
    rest = charge(t[cut:], current[cut:], float(t[cut - 1]))
    np.testing.assert_allclose(np.concatenate([first, first[-1] + rest]), whole, atol=1e-12)
    assert whole[-1] == pytest.approx(current @ np.diff(t, prepend=0.0))
    np.testing.assert_allclose(charge(t, -3.0 * current, 0.0), -3.0 * whole)
    assert charge(np.zeros(0), np.zeros(0)).size == 0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rows", [500, 50_000])
def test_noise_is_that_of_a_row_whatever_the_signal_does_slowly(seed: int, rows: int):
    rng = np.random.default_rng(seed)
    white = 2e-12 * rng.standard_normal(rows)
    slow = 1e-9 * np.linspace(0.0, 1.0, rows) * 500 / rows
    stepped = np.where(np.arange(rows) > rows // 3, 1e-9, 0.0)
    for course in (0.0, slow, stepped, slow + stepped):
        assert noise(white + course) == pytest.approx(2e-12, rel=0.15)
    assert noise(-7.0 * white) == pytest.approx(7.0 * noise(white))
    assert noise(np.full(rows, 3.0)) == 0.0


@given(st.integers(0, 4))
def test_of_a_handful_of_rows_the_noise_is_not_known(rows):
    assert math.isnan(noise(np.arange(float(rows))))
    assert math.isnan(spacing(np.arange(float(min(rows, 1)))))


@given(st.floats(1e-6, 1e3), st.integers(2, 30))
def test_a_usual_step_of_time_is_not_moved_by_a_gap(step, rows):
    t = step * np.arange(float(rows))
    assert spacing(t) == pytest.approx(step)
    if rows > 4:
        t[rows // 2 :] += 100 * step
        assert spacing(t) == pytest.approx(step)


# Noise with an address.


@pytest.mark.parametrize("kind", ["white", "slow"])
@settings(max_examples=25)
@given(st.integers(0, 2 * PAGE), st.lists(st.integers(1, PAGE), min_size=1, max_size=4))
def test_the_noise_of_a_row_is_the_same_however_rows_are_cut(kind, start, lengths):
    def source():
        return WhiteNoise(3, "a", 2) if kind == "white" else SlowNoise(3, "a", 50.0)

    stop = start + sum(lengths)
    cut, at, parts = source(), start, []
    for n in lengths:
        parts.append(cut.rows(at, at + n))
        at += n
    np.testing.assert_array_equal(np.concatenate(parts, axis=-1), source().rows(start, stop))


def test_other_seeds_and_names_are_other_noise_of_the_same_size():
    drawn = [WhiteNoise(seed, name, 1).rows(0, PAGE)[0] for seed in (1, 2) for name in "ab"]
    correlations = np.corrcoef(drawn) - np.eye(4)
    assert np.abs(correlations).max() < 0.06
    for one in drawn:
        assert one.std() == pytest.approx(1.0, abs=0.05)
    slow = SlowNoise(1, "a", 20.0).rows(0, 20 * PAGE)
    assert slow.std() == pytest.approx(1.0, abs=0.1)
    lag = float(np.corrcoef(slow[:-20], slow[20:])[0, 1])
    assert lag == pytest.approx(math.exp(-1.0), abs=0.08)
