"""Contrasts of thin films by their reflections, against closed forms and published indices."""

from __future__ import annotations

import numpy as np
import pytest

from sim.film import Optics
from sim.thin_films import (
    ELECTROLYTE,
    GLASS,
    GOLD,
    INTERPHASE,
    LITHIUM,
    SAMPLE,
    WAVELENGTH,
    grown,
    reflected,
    wetting,
)


@pytest.mark.parametrize("beyond", [1.0 + 0j, 1.42 + 0j, GOLD])
def test_an_interface_reflects_as_fresnel_says(beyond: complex) -> None:
    assert reflected((), beyond) == pytest.approx(abs((GLASS - beyond) / (GLASS + beyond)) ** 2)


@pytest.mark.parametrize("index", [1.3 + 0j, 2.0 + 0j, LITHIUM])
@pytest.mark.parametrize("thickness", [3e-9, 40e-9, 140e-9])
def test_one_film_reflects_as_airy_says(index: complex, thickness: float) -> None:
    first, second = (GLASS - index) / (GLASS + index), (index - 1.0) / (index + 1.0)
    turn = np.exp(4j * np.pi * index * thickness / WAVELENGTH)
    airy = abs((first + second * turn) / (1 + first * second * turn)) ** 2
    assert reflected([(index, thickness)], 1.0) == pytest.approx(airy, rel=1e-10)


def test_a_film_in_two_parts_is_one_film_and_one_without_thickness_is_none() -> None:
    whole = reflected([*SAMPLE, (LITHIUM, 10e-9)], ELECTROLYTE)
    halves = reflected([*SAMPLE, (LITHIUM, 4e-9), (LITHIUM, 6e-9)], ELECTROLYTE)
    assert halves == pytest.approx(whole, rel=1e-12)
    assert grown(LITHIUM, 0.0) == pytest.approx(0.0, abs=1e-12)


def test_films_that_absorb_nothing_reflect_no_more_than_all() -> None:
    for thickness in np.linspace(0, 400e-9, 21):
        assert 0 <= reflected([(2.4 + 0j, thickness), (1.3 + 0j, thickness)], 1.0) <= 1


def test_the_contrasts_of_the_reference_sample() -> None:
    """Wetting, a nanometre of lithium, and a nanometre of interphase, as specified."""
    assert wetting() == pytest.approx(-0.024, abs=0.001)
    assert grown(LITHIUM, 1e-9) == pytest.approx(0.057, abs=0.002)
    assert grown(INTERPHASE, 1e-9) == pytest.approx(-0.0016, abs=0.0002)


def test_flat_lithium_falls_behind_a_straight_line() -> None:
    steps = [grown(LITHIUM, h * 1e-9) for h in (1, 3, 5, 10, 20)]
    assert (np.diff(steps) > 0).all()
    behind = [1 - at / (h * steps[0]) for at, h in zip(steps, (1, 3, 5, 10, 20), strict=True)]
    assert behind[1:] == pytest.approx([0.016, 0.032, 0.08, 0.20], abs=0.02)


def test_a_virtual_microscope_shows_wetting_as_the_films_do() -> None:
    assert Optics().wetting == wetting()
