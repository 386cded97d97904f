"""Which particles a droplet can land on alone: what must hold whatever lies in the picture."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.arrays import FloatArray
from seccm.imaging.stage.choice import Candidates, Reason, Wanted, choose
from seccm.imaging.stage.target_file import to_edge

UM = 1e-6
WANTED = Wanted(footprint=4 * UM, margin=0.5 * UM)
REACH = ((0.0, 60 * UM), (0.0, 60 * UM))
FREE = (Reason.TARGET, Reason.OVERLAP)
"""Particles that could be targets, were it not for better ones beside them."""


def particles(at: FloatArray, error: float = 0.0) -> Candidates:
    count = len(at)
    return Candidates(
        places=np.asarray(at, float), error=np.full(count, error), diameter=np.full(count, 1 * UM),
        to_edge=np.full(count, math.inf), priority=np.zeros(count),
    )  # fmt: skip


def drawn(seed: int, count: int = 40, error: float = 0.0) -> Candidates:
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 60 * UM, (count, 2))
    return replace(
        particles(at, error),
        diameter=rng.uniform(0.2, 2, count) * UM,
        to_edge=np.minimum(at, 60 * UM - at).min(axis=1),
        priority=rng.permutation(count).astype(float),
    )


def at_distance(apart: float, error: float = 0.0) -> list[Reason]:
    return choose(particles(np.array([[0, 0], [apart, 0]]), error), WANTED)


@pytest.mark.parametrize("error", [0.0, 0.1 * UM, 0.4 * UM])
def test_limits_of_neighbours_and_of_overlap_are_where_they_are_said_to_be(error: float) -> None:
    """Radius and margin between particles; footprint and margin between targets."""
    sure = 2 * math.sqrt(2) * error
    neighbours, overlap = 2.5 * UM + sure, 4.5 * UM + sure
    assert at_distance(neighbours * 0.999, error) == [Reason.NEIGHBOUR] * 2
    assert at_distance(neighbours * 1.001, error) == [Reason.TARGET, Reason.OVERLAP]
    assert at_distance(overlap * 0.999, error) == [Reason.TARGET, Reason.OVERLAP]
    assert at_distance(overlap * 1.001, error) == [Reason.TARGET] * 2


@pytest.mark.parametrize("reach", [None, REACH])
@pytest.mark.parametrize("seed", range(3))
def test_neither_numbering_nor_the_frame_changes_what_is_a_target(
    seed: int, reach: tuple[tuple[float, float], tuple[float, float]] | None
) -> None:
    usual = drawn(seed, error=0.05 * UM)
    why = choose(usual, WANTED, reach=reach)
    order = np.random.default_rng(seed + 9).permutation(len(why))
    other = Candidates(*(getattr(usual, name)[order] for name in usual.__slots__))
    assert choose(other, WANTED, reach=reach) == [why[k] for k in order]
    # The stage with its axes exchanged and far away.
    far = np.array([70 * UM, -900 * UM])
    moved = replace(usual, places=usual.places[:, ::-1] + far)
    there = None if reach is None else tuple(
        (low + by, high + by) for (low, high), by in zip(reach[::-1], far, strict=True)
    )  # fmt: skip
    assert choose(moved, WANTED, reach=there) == why  # type: ignore[arg-type]


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.floats(1.0, 6.0), st.floats(1.0, 1.5), st.floats(0, 1))
def test_a_larger_footprint_or_margin_frees_no_particle(
    seed: int, footprint: float, factor: float, margin: float
) -> None:
    """Places that are surely known: uncertain ones may well suffice for larger droplets."""
    candidates = drawn(seed)
    small = choose(candidates, Wanted(footprint * UM), reach=REACH)
    large = choose(candidates, Wanted(factor * footprint * UM, margin * UM), reach=REACH)
    free = [k for k, reason in enumerate(large) if reason in FREE]
    assert all(small[k] in FREE for k in free)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(0, 39))
def test_a_further_particle_frees_no_other_one(seed: int, without: int) -> None:
    everything = drawn(seed)
    rest = np.arange(40) != without
    fewer = Candidates(*(getattr(everything, name)[rest] for name in everything.__slots__))
    with_it = [why for k, why in enumerate(choose(everything, WANTED)) if k != without]
    for before, after in zip(choose(fewer, WANTED), with_it, strict=True):
        assert before in FREE or after not in FREE
        assert after in (before, Reason.NEIGHBOUR, *FREE)


@pytest.mark.parametrize("seed", range(3))
def test_too_near_is_always_mutual(seed: int) -> None:
    found = choose(particles(drawn(seed, 60).places), WANTED)
    at = drawn(seed, 60).places
    away = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) + np.diag(np.full(60, np.inf))
    near = {k for k, why in enumerate(found) if why is Reason.NEIGHBOUR}
    assert near
    assert all(int(np.argmin(away[k])) in near for k in near)


def test_of_particles_whose_targets_overlap_the_preferred_one_is_taken() -> None:
    row = particles(UM * np.array([[0.0, 0], [4, 0], [8, 0]]))
    assert choose(row, WANTED) == [Reason.TARGET, Reason.OVERLAP, Reason.TARGET]
    middle = replace(row, priority=np.array([0.0, 1.0, 0.0]))
    assert choose(middle, WANTED) == [Reason.OVERLAP, Reason.TARGET, Reason.OVERLAP]


def test_the_first_reason_that_holds_is_the_one_that_is_told() -> None:
    """A particle with everything wrong: what is mended one by one shows the next reason."""
    one = replace(
        particles(np.array([[0.0, 0], [1 * UM, 0]]), error=3 * UM),
        diameter=np.array([0.1, 1.0]) * UM, to_edge=np.array([0.0, math.inf]),
    )  # fmt: skip
    used = np.array([[0.0, 1 * UM]])
    wanted = replace(WANTED, smallest=0.5 * UM)
    reach = ((1 * UM, 60 * UM), (0.0, 60 * UM))
    told = [choose(one, wanted, reach=reach, used=used)[0]]
    one = replace(one, diameter=np.ones(2) * UM)
    told.append(choose(one, wanted, reach=reach, used=used)[0])
    one = replace(one, error=np.zeros(2))
    told.append(choose(one, wanted, reach=reach, used=used)[0])
    one = replace(one, to_edge=np.full(2, math.inf))
    told.append(choose(one, wanted, reach=reach, used=used)[0])
    told += [choose(one, wanted, used=used)[0], choose(one, wanted)[0]]
    assert told == [Reason.SMALL, Reason.UNCERTAIN, Reason.EDGE, Reason.TRAVEL, Reason.USED,
                    Reason.NEIGHBOUR]  # fmt: skip


def test_a_particle_whose_size_is_not_known_is_neither_too_small_nor_too_large() -> None:
    unknown = replace(particles(np.zeros((1, 2))), diameter=np.array([math.nan]))
    assert choose(unknown, Wanted(4 * UM, smallest=1 * UM, largest=2 * UM)) == [Reason.TARGET]


@pytest.mark.parametrize("error", [math.nan, math.inf])
def test_a_place_that_nobody_knows_does_no_harm_to_others(error: float) -> None:
    """Two targets that overlap remain one, whatever is not known far away."""
    pair = particles(UM * np.array([[0.0, 0], [4, 0], [90, 0]]))
    unsure = replace(pair, error=np.array([0.0, 0.0, error]))
    assert choose(unsure, WANTED) == [Reason.TARGET, Reason.OVERLAP, Reason.UNCERTAIN]


@pytest.mark.parametrize(("error", "known"), [(0.49, True), (0.51, False)])
def test_a_place_must_be_known_to_an_eighth_of_the_footprint(error: float, known: bool) -> None:
    """Twice the standard deviation may reach a quarter of the footprint, not more."""
    (why,) = choose(particles(np.zeros((1, 2)), error * UM), WANTED)
    assert (why is Reason.TARGET) is known
    assert known or why is Reason.UNCERTAIN


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("end", [0, 1])
def test_a_footprint_fits_into_the_reach_on_every_side(side: int, end: int) -> None:
    at = np.full((1, 2), 30 * UM)
    for off, why in ((2.49, Reason.TRAVEL), (2.51, Reason.TARGET)):
        at[0, side] = off * UM if end == 0 else (60 - off) * UM
        assert choose(particles(at), WANTED, reach=REACH) == [why]


@pytest.mark.parametrize("diameter", [0.0, 3 * UM])
def test_used_ground_keeps_its_own_footprint(diameter: float) -> None:
    limit = 2.5 * UM + diameter / 2
    for off, why in ((0.999, Reason.USED), (1.001, Reason.TARGET)):
        used = np.array([[off * limit, 0.0]])
        found = choose(particles(np.zeros((1, 2))), WANTED, used=used, used_footprint=diameter)
        assert found == [why]
    assert choose(particles(np.zeros((1, 2))), WANTED, used=np.zeros((0, 2))) == [Reason.TARGET]


def test_the_nearest_side_of_a_picture_is_measured_on_the_stage() -> None:
    """A picture of 100 x 60 pixels of 0.1 um that is drawn twice too small."""
    at = UM * np.array([[5.0, 3.0], [1.0, 3.0], [9.5, 3.0], [5.0, 0.2], [5.0, 5.9]])
    assert to_edge(at, (60, 100), 0.1 * UM, 2.0) == pytest.approx(
        UM * np.array([6.0, 2.0, 1.0, 0.4, 0.2]), rel=1e-9
    )


def test_a_place_outside_of_the_picture_is_beyond_its_edge() -> None:
    outside = UM * np.array([[-1.0, 3.0], [11.0, 3.0], [5.0, 7.0]])
    assert (to_edge(outside, (60, 100), 0.1 * UM, 1.0) < 0).all()


def test_reasons_are_words_that_tell_themselves() -> None:
    assert len({reason.value for reason in Reason}) == len(Reason) == 9
    assert all(reason.value == reason.value.strip().lower() for reason in Reason)
