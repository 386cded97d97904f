"""Approach curves of a microelectrode: closed forms against numbers, limits and a field solved."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seccm.analysis.secm.feedback import accuracy, conductor, finite, insulator
from sim import feedback as field

ONE = np.array([1.0])


def test_rg_10_at_one_radius_is_0_498_over_an_insulator_and_1_563_over_a_conductor():
    assert insulator(ONE, 10.0)[0] == pytest.approx(0.498, rel=0.01)
    assert conductor(ONE, 10.0)[0] == pytest.approx(1.563, rel=0.01)
    assert insulator(ONE, 10.0)[0] == pytest.approx(0.4983, abs=5e-5)
    assert conductor(ONE, 10.0)[0] == pytest.approx(1.5628, abs=5e-5)


def test_finite_kinetics_has_the_sign_that_a_numerical_solution_bears_out():
    """RG 10, L 0.3, kappa 0.1: solved 0.464; with minus 0.440, with plus 0.375."""
    assert finite(ONE, 10.0, 0.1)[0] == pytest.approx(0.7631, abs=5e-5)
    assert finite(np.array([0.3]), 10.0, 0.1)[0] == pytest.approx(0.440, abs=5e-4)


@pytest.mark.parametrize("rg", [1.1, 2.0, 5.1, 10.0, 20.0])
def test_no_rate_is_an_insulator_and_an_infinite_one_a_conductor(rg):
    distance = np.geomspace(0.1, 20.0, 25)
    np.testing.assert_array_equal(finite(distance, rg, 0.0), insulator(distance, rg))
    np.testing.assert_allclose(finite(distance, rg, math.inf), conductor(distance, rg))
    np.testing.assert_allclose(finite(distance, rg, 1e7), conductor(distance, rg), rtol=1e-3)
    np.testing.assert_allclose(finite(distance, rg, 1e-9), insulator(distance, rg), atol=1e-3)


@pytest.mark.parametrize("rg", [1.1, 2.0, 10.0, 20.0])
def test_far_away_nothing_is_felt(rg):
    away = np.array([1e4])
    for kappa in (0.0, 0.01, 1.0, 100.0, math.inf):
        assert finite(away, rg, kappa)[0] == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("rg", [1.5, 5.0, 10.0])
def test_a_faster_surface_never_gives_less_and_a_nearer_insulator_never_more(rg):
    distance = np.geomspace(0.1, 10.0, 30)
    rates = [0.0, 0.01, 0.1, 1.0, 10.0, math.inf]
    curves = np.array([finite(distance, rg, kappa) for kappa in rates])
    assert (np.diff(curves, axis=0) > -0.01).all()
    assert (np.diff(insulator(distance, rg)) > 0.0).all()
    assert (np.diff(conductor(distance, rg)) < 0.0).all()


def test_thicker_glass_blocks_more_over_an_insulator():
    distance = np.array([0.3, 1.0, 3.0])
    blocked = [insulator(distance, rg) for rg in (1.5, 3.0, 10.0)]
    assert (np.diff(blocked, axis=0) < 0.0).all()


@pytest.mark.parametrize("rg", [2.0, 10.0])
def test_the_closed_forms_follow_the_field_that_is_solved(rg):
    """The field knows no closed form: finite volumes in two dimensions."""
    alone = field.condensed(field.FARTHEST, rg).current(0.0)
    for distance in (0.1, 0.3, 1.0, 3.0):
        solved = field.condensed(distance, rg)
        for kappa in (0.0, 0.03, 0.1, 0.3, 1.0, 3.0, math.inf):
            current = solved.current(kappa) / alone
            closed = float(finite(np.array([distance]), rg, kappa)[0])
            assert abs(closed - current) < 3.0 * accuracy(rg) * max(1.0, current)


def test_a_finite_glass_adds_to_the_current_of_a_disk_in_a_plane():
    """4 n F D c a times 1.014 for RG 10, 1.105 for RG 2; cells and the end of the liquid: 1 %."""
    assert field.condensed(field.FARTHEST, 10.0).current(0.0) == pytest.approx(1.014, abs=0.015)
    assert field.condensed(field.FARTHEST, 2.0).current(0.0) == pytest.approx(1.105, abs=0.015)


def test_the_solved_field_is_steady_against_finer_cells(monkeypatch):
    coarse = field.condensed(1.0, 10.0)
    monkeypatch.setattr(field, "FINEST", 0.012)
    monkeypatch.setattr(field, "GROWTH", 1.22)
    fine = field.condensed(1.0, 10.0)
    for kappa in (0.0, 0.1, math.inf):
        assert coarse.current(kappa) == pytest.approx(fine.current(kappa), rel=0.008)


def test_what_the_surface_returns_is_never_more_than_it_is_given():
    """The current over an insulator is below that over any other surface, at every distance."""
    distance = np.geomspace(field.NEAREST, field.FARTHEST, 12)
    curves = [field.current(distance, 10.0, kappa) for kappa in (0.0, 0.1, 1.0, math.inf)]
    assert (np.diff(curves, axis=0) > 0.0).all()
    assert (curves[0] > 0.0).all()


def test_nearer_than_the_nearest_the_field_is_that_of_the_nearest():
    near = field.current(np.array([-1.0, 0.0, field.NEAREST]), 10.0, 0.0)
    assert np.ptp(near) == 0.0
