"""Light in thin films obeys the laws of optics: energy, symmetry, quarter waves, thick metal."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest

from sim.thin_films import (
    ARGON,
    ELECTROLYTE,
    GLASS,
    GOLD,
    INTERPHASE,
    LITHIUM,
    SAMPLE,
    TITANIUM,
    WAVELENGTH,
    Layers,
    contrast,
    grown,
    reflected,
    wetting,
)

STACKS: list[Layers] = [
    (),
    ((1.9 + 0j, 80e-9),),
    ((1.4 + 0j, 130e-9), (2.4 + 0j, 55e-9)),
    ((2.2 + 0j, 300e-9), (1.3 + 0j, 17e-9), (1.7 + 0j, 222e-9)),
]


def through(layers: Layers, first: complex, beyond: complex) -> tuple[float, float]:
    """Share that comes back and share that goes on, by the fields at every interface."""
    electric, magnetic = 1.0 + 0j, beyond
    for index, thickness in reversed(layers):
        phase = 2 * math.pi * index * thickness / WAVELENGTH
        cos, sin = cmath.cos(phase), cmath.sin(phase)
        electric, magnetic = (
            electric * cos - 1j * magnetic * sin / index,
            magnetic * cos - 1j * index * electric * sin,
        )
    total = first * electric + magnetic
    back = abs((first * electric - magnetic) / total) ** 2
    return back, 4 * first.real * beyond.real / abs(total) ** 2


@pytest.mark.parametrize("layers", STACKS)
@pytest.mark.parametrize("beyond", [ARGON, ELECTROLYTE, 2.7 + 0j])
def test_without_absorption_no_light_is_lost(layers: Layers, beyond: complex) -> None:
    back, on = through(layers, GLASS, beyond)
    assert back + on == pytest.approx(1.0, rel=1e-12)
    assert reflected(layers, beyond) == pytest.approx(back, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("layers", [SAMPLE, (*SAMPLE, (LITHIUM, 30e-9)), ((TITANIUM, 9e-9),)])
def test_metal_takes_some_of_the_light(layers: Layers) -> None:
    back, on = through(layers, GLASS, ARGON)
    assert 0 < back + on < 0.999
    assert reflected(layers, ARGON) == pytest.approx(back, rel=1e-9)


@pytest.mark.parametrize("layers", STACKS)
def test_from_behind_a_stack_without_absorption_reflects_as_much(layers: Layers) -> None:
    assert through(layers[::-1], ARGON, GLASS)[0] == pytest.approx(
        reflected(layers, ARGON), rel=1e-9
    )


def test_from_behind_metal_reflects_otherwise_but_lets_as_much_through() -> None:
    here, behind = through(SAMPLE, GLASS, ARGON), through(SAMPLE[::-1], ARGON, GLASS)
    assert here[1] == pytest.approx(behind[1], rel=1e-9)
    assert here[0] != pytest.approx(behind[0], rel=1e-2)


@pytest.mark.parametrize("index", [1.2 + 0j, 1.5 + 0j, 2.3 + 0j])
@pytest.mark.parametrize("beyond", [ARGON, 2.5 + 0j])
def test_a_quarter_wave_turns_what_is_beyond_it_over(index: complex, beyond: complex) -> None:
    """It acts as a material of the index n^2 / n_beyond."""
    quarter = WAVELENGTH / (4 * index.real)
    seen = index**2 / beyond
    expected = abs((GLASS - seen) / (GLASS + seen)) ** 2
    assert reflected([(index, quarter)], beyond) == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_a_quarter_wave_of_the_mean_index_reflects_nothing() -> None:
    index = cmath.sqrt(GLASS * ARGON)
    assert reflected([(index, WAVELENGTH / (4 * index.real))], ARGON) == pytest.approx(0, abs=1e-20)


@pytest.mark.parametrize("halves", [1, 2, 5])
@pytest.mark.parametrize("index", [1.3 + 0j, 2.1 + 0j])
def test_half_waves_are_not_seen(index: complex, halves: int) -> None:
    thick = halves * WAVELENGTH / (2 * index.real)
    assert reflected([(index, thick)], ARGON) == pytest.approx(reflected((), ARGON), rel=1e-9)


def test_films_of_the_index_of_their_surroundings_are_not_seen() -> None:
    bare = reflected(SAMPLE, ELECTROLYTE)
    assert reflected((*SAMPLE, (ELECTROLYTE, 777e-9)), ELECTROLYTE) == pytest.approx(bare)
    assert reflected(((GLASS, 777e-9), *SAMPLE), ELECTROLYTE) == pytest.approx(bare)
    assert reflected([(2.0 + 0j, 50e-9)], GLASS) > 0
    assert reflected([(GLASS, 50e-9)], GLASS) == pytest.approx(0.0, abs=1e-30)


@pytest.mark.parametrize("index", [INTERPHASE, LITHIUM, GOLD])
def test_thin_films_change_brightness_in_proportion_to_their_thickness(index: complex) -> None:
    once, twice = grown(index, 1e-12), grown(index, 2e-12)
    assert twice / once == pytest.approx(2.0, rel=1e-3)
    assert once != 0.0


def test_contrasts_of_two_thin_films_add_up() -> None:
    both = contrast(
        reflected(SAMPLE, ELECTROLYTE),
        reflected((*SAMPLE, (LITHIUM, 1e-12), (INTERPHASE, 2e-12)), ELECTROLYTE),
    )
    assert both == pytest.approx(grown(LITHIUM, 1e-12) + grown(INTERPHASE, 2e-12), rel=1e-3)


def test_only_thickness_over_wavelength_counts() -> None:
    stack = [(2.0 + 0j, 70e-9), (LITHIUM, 11e-9)]
    wider = [(index, 3 * thick) for index, thick in stack]
    assert reflected(wider, ARGON, 3 * WAVELENGTH) == pytest.approx(
        reflected(stack, ARGON, WAVELENGTH), rel=1e-12
    )


@pytest.mark.parametrize("metal", [GOLD, LITHIUM, TITANIUM])
@pytest.mark.parametrize("thickness", [1e-6, 30e-6, 1e-3])
def test_thick_metal_is_a_mirror_and_hides_all_beyond_it(metal: complex, thickness: float) -> None:
    mirror = abs((GLASS - metal) / (GLASS + metal)) ** 2
    assert reflected([(metal, thickness)], ARGON) == pytest.approx(mirror, rel=1e-6)
    assert reflected([(metal, thickness), (LITHIUM, thickness)], ELECTROLYTE) == pytest.approx(
        mirror, rel=1e-6
    )


def test_nothing_reflects_more_than_all_of_the_light() -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        count = int(rng.integers(0, 5))
        index = rng.uniform(0.1, 4, count) + 1j * rng.uniform(0, 5, count)
        thick = 10 ** rng.uniform(-10, -4, count)
        share = reflected(list(zip(index.tolist(), thick.tolist(), strict=True)), ARGON)
        assert 0 <= share <= 1


def test_contrast_is_relative_to_what_was_there_before() -> None:
    assert contrast(0.5, 0.5) == 0.0
    assert contrast(0.5, 0.25) == -0.5
    assert wetting(()) == contrast(reflected((), ARGON), reflected((), ELECTROLYTE))
    # The index of the electrolyte is nearly that of glass: bare glass becomes dark when wetted.
    assert wetting(()) == pytest.approx(-0.975, abs=0.01)
