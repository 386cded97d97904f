"""Where the surface should be: what the landings so far say of it, and how far to trust them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seccm.hopping.terrain import DEEPER, DRIFT, QUESTION, SCATTER, SIGMAS, Expected, Terrain
from seccm.plan.reach import TILT

MARGIN = 0.5e-6


def expected(terrain: Terrain, x: float, y: float, t: float) -> Expected:
    found = terrain.expect(x, y, t, MARGIN)
    assert found is not None
    return found


def landed(
    count: int,
    *,
    tilt: tuple[float, float] = (0.0, 0.0),
    drift: float = 0.0,
    scatter: float = 0.0,
    seed: int = 0,
) -> tuple[Terrain, float]:
    """A grid of landings 10 um and 20 s apart on a planted plane; and the time of the next."""
    rng, terrain = np.random.default_rng(seed), Terrain()
    for k in range(count):
        x, y, t = (k % 4) * 10e-6, (k // 4) * 10e-6, 20.0 * k
        z = 50e-6 + tilt[0] * x + tilt[1] * y + drift * t + scatter * rng.standard_normal()
        terrain.tell(x, y, z, t)
    return terrain, 20.0 * count


def test_before_the_first_landing_nothing_is_known():
    terrain = Terrain()
    assert not terrain.known
    assert terrain.expect(0.0, 0.0, 0.0, MARGIN) is None


def test_after_one_landing_the_surface_is_expected_there_and_less_surely_farther_off():
    terrain, _ = landed(1)
    near, far = expected(terrain, 0.0, 0.0, 0.0), expected(terrain, 1e-3, 0.0, 0.0)
    assert near.z == far.z == pytest.approx(50e-6)
    assert near.margin == MARGIN
    assert far.margin == pytest.approx(TILT * 1e-3, rel=0.01)
    late = expected(terrain, 0.0, 0.0, 1000.0)
    assert late.margin == pytest.approx(DRIFT * 1000.0, rel=0.02)


@given(
    tilt=st.tuples(st.floats(-TILT, TILT), st.floats(-TILT, TILT)),
    drift=st.floats(-1e-9, 1e-9),
    seed=st.integers(0, 1000),
)
def test_a_tilted_drifting_surface_is_never_below_its_bound_nor_the_bound_far_below(
    tilt, drift, seed
):
    """Planted: the bound lies below the true surface at every next site, and close to it."""
    for count in range(1, 12):
        terrain, t = landed(count, tilt=tilt, drift=drift, scatter=SCATTER / 2, seed=seed)
        x, y = (count % 4) * 10e-6, (count // 4) * 10e-6
        true = 50e-6 + tilt[0] * x + tilt[1] * y + drift * t
        found = expected(terrain, x, y, t)
        assert true - 1.5e-6 < found.lowest < true


def test_a_known_tilt_is_followed_far_beyond_the_margin():
    terrain, t = landed(12, tilt=(0.008, -0.005))
    found = expected(terrain, 200e-6, 100e-6, t)
    assert found.z == pytest.approx(50e-6 + 1.6e-6 - 0.5e-6, abs=0.4e-6)
    assert found.lowest < 51.1e-6


@pytest.mark.parametrize("off", [5e-6, -5e-6])
def test_one_bad_landing_among_good_ones_changes_little(off):
    """A particle, or noise taken for contact."""
    terrain, t = landed(6)
    good = expected(terrain, 20e-6, 10e-6, t)
    terrain.tell(20e-6, 10e-6, 50e-6 + off, t)
    found = expected(terrain, 30e-6, 10e-6, t + 20.0)
    assert found.z == pytest.approx(good.z, abs=0.1e-6)
    assert found.margin < 0.8e-6


def test_a_rough_sample_widens_the_margin_by_itself():
    terrain, t = landed(12, scatter=1e-6, seed=3)
    assert 1.5e-6 < expected(terrain, 0.0, 0.0, t).margin < 6e-6


def test_the_margin_that_the_plan_allows_holds_in_any_case():
    terrain, t = landed(12)
    found = terrain.expect(0.0, 0.0, t, 6e-6)
    assert found == Expected(pytest.approx(50e-6, abs=1e-8), 6e-6, found.scatter)
    assert found.lowest == pytest.approx(44e-6, abs=1e-8)


def test_two_misses_are_in_doubt_and_no_question_lets_the_tip_go_deeper():
    terrain, t = landed(6)
    margins = []
    for _ in range(3):
        margins.append(expected(terrain, 0.0, 0.0, t).margin)
        terrain.miss()
        assert not terrain.in_doubt
        terrain.miss()
        assert terrain.in_doubt
        terrain.asked()
        assert not terrain.in_doubt
    assert margins == pytest.approx([MARGIN] * 3)
    terrain.miss()
    terrain.tell(0.0, 0.0, 50e-6, t)
    assert terrain.missed == 0
    assert expected(terrain, 0.0, 0.0, t).margin == pytest.approx(MARGIN)


def test_contacts_that_did_not_last_serve_until_a_landing_or_a_miss():
    """Better than nothing; but a spike far above the surface looks the same."""
    terrain = Terrain()
    terrain.glimpse(0.0, 0.0, 51e-6, 0.0)
    assert terrain.known
    assert expected(terrain, 0.0, 0.0, 1.0).z == pytest.approx(51e-6)
    terrain.tell(0.0, 0.0, 50e-6, 2.0)
    terrain.glimpse(0.0, 0.0, 55e-6, 3.0)
    assert expected(terrain, 0.0, 0.0, 4.0).z == pytest.approx(50e-6)
    spiked = Terrain()
    spiked.glimpse(0.0, 0.0, 58e-6, 0.0)
    spiked.miss()
    assert not spiked.known


@given(shift=st.tuples(st.floats(-1e-3, 1e-3), st.floats(-1e-3, 1e-3), st.floats(-1e-3, 1e-3)))
def test_where_the_origin_lies_does_not_matter(shift):
    here, t = landed(7, tilt=(0.004, 0.002), scatter=SCATTER)
    there = Terrain()
    for x, y, z, when in here._landings:
        there.tell(x + shift[0], y + shift[1], z + shift[2], when + 5e4)
    a = expected(here, 30e-6, 10e-6, t)
    b = expected(there, 30e-6 + shift[0], 10e-6 + shift[1], t + 5e4)
    assert b.z - shift[2] == pytest.approx(a.z, abs=1e-10)
    assert b.margin == pytest.approx(a.margin, abs=1e-10)


def test_hundreds_of_landings_are_taken_without_a_limit_to_their_number():
    terrain, t = landed(500, tilt=(0.003, -0.002), scatter=SCATTER / 2)
    found = expected(terrain, 0.0, 125 * 10e-6, t)
    assert found.z == pytest.approx(50e-6 - 0.002 * 125 * 10e-6, abs=0.2e-6)
    assert SIGMAS * SCATTER / 2 < found.margin <= MARGIN


# What may have been noise.

NOISE, TRUE = 55e-6, 50e-6


def test_a_doubted_landing_bounds_the_next_descent_and_is_forgotten_when_that_misses_it():
    terrain = Terrain()
    terrain.tell(0.0, 0.0, NOISE, 0.0)
    terrain.doubt()
    expected = terrain.expect(1e-6, 0.0, 10.0, MARGIN)
    assert expected is not None
    assert expected.z == pytest.approx(NOISE, abs=1e-9)
    terrain.miss()
    assert not terrain.known
    assert terrain.missed == 1


def test_a_landing_that_nobody_doubts_outlives_every_miss():
    terrain = Terrain()
    terrain.tell(0.0, 0.0, TRUE, 0.0)
    for _ in range(5):
        terrain.miss()
    assert terrain.known


@given(
    noise=st.lists(st.floats(51e-6, 70e-6), min_size=1, max_size=5),
    true=st.integers(1, 5),
    first=st.booleans(),
)
def test_doubted_landings_count_for_nothing_beside_those_that_showed_a_contact(noise, true, first):
    terrain, alone = Terrain(), Terrain()
    for number, z in enumerate([*noise, *[TRUE] * true] if first else [*[TRUE] * true, *noise]):
        place = 1e-6 * number, 0.0, z, 10.0 * number
        terrain.tell(*place)
        if z != TRUE:
            terrain.doubt()
        else:
            alone.tell(*place)
    for height in (terrain, alone):
        height.miss()
    assert terrain.expect(0.0, 0.0, 100.0, MARGIN) == alone.expect(0.0, 0.0, 100.0, MARGIN)


def test_two_doubted_landings_that_agree_are_a_surface_and_two_that_do_not_are_none():
    """Such as real ones where the programme has no current to show."""
    for second, known in ((TRUE + 0.2e-6, True), (NOISE, False)):
        terrain = Terrain()
        terrain.tell(0.0, 0.0, TRUE, 0.0)
        terrain.doubt()
        terrain.tell(5e-6, 0.0, second, 10.0)
        terrain.doubt()
        terrain.miss()
        assert terrain.known is known


# A landing that stands alone.

PARTICLE = 52e-6


def asked_after_misses(terrain: Terrain, questions: int) -> list[float]:
    """How far below the surface the next descents may go, before and after each question."""
    allowed = [expected(terrain, 10e-6, 0.0, 30.0).margin]
    for _ in range(questions):
        for _ in range(QUESTION):
            terrain.miss()
        terrain.asked()
        allowed.append(expected(terrain, 10e-6, 0.0, 30.0).margin)
    return allowed


@pytest.mark.parametrize("alone", [[PARTICLE], [PARTICLE, PARTICLE - 1e-6]])
def test_below_landings_that_do_not_agree_a_question_lets_the_tip_go_deeper_within_a_bound(alone):
    terrain = Terrain()
    for k, z in enumerate(alone):
        terrain.tell(5e-6 * k, 0.0, z, 10.0 * k)
    assert terrain.lone
    first, *later = asked_after_misses(terrain, 4)
    assert all(a <= b for a, b in pairwise([first, *later]))
    assert later[-1] == later[-2] == pytest.approx(max(DEEPER * MARGIN, first))
    terrain.tell(10e-6, 0.0, TRUE, 40.0)
    terrain.tell(15e-6, 0.0, TRUE, 50.0)
    assert not terrain.lone
    assert expected(terrain, 20e-6, 0.0, 60.0).margin < 2.5 * first, "the bound is the usual one"


@given(tilt=st.floats(-TILT, TILT), apart=st.floats(1e-6, 60e-6), landings=st.integers(2, 6))
def test_below_landings_that_agree_no_question_lets_it_go_deeper(tilt, apart, landings):
    """However the sample is tilted: a person who resumes does not press a clogged tip deeper."""
    terrain = Terrain()
    for k in range(landings):
        terrain.tell(apart * k, 0.0, TRUE + tilt * apart * k, 10.0 * k)
    assert not terrain.lone
    assert len(set(asked_after_misses(terrain, 3))) == 1


@pytest.mark.parametrize("high", [0.9e-6, 1.4e-6, 2e-6])
@pytest.mark.parametrize("first", [1, 2])
def test_a_scan_that_begins_on_particles_finds_the_surface_after_a_few_questions(first, high):
    """And misses it no more, once it was found."""
    terrain, missed = Terrain(), []
    for k in range(40):
        x, y, t = (k % 8) * 11e-6, (k // 8) * 11e-6, 10.0 * k
        z = TRUE + high / (k + 1) if k < first else TRUE
        known = terrain.expect(x, y, t, MARGIN)
        if known is None or z >= known.lowest - 0.25e-6:
            terrain.tell(x, y, z, t)
            continue
        missed.append(k)
        terrain.miss()
        if terrain.in_doubt:
            terrain.asked()
    assert len(missed) <= 2 * QUESTION
    assert all(a + 1 == b for a, b in pairwise(missed))
