"""The height of a surface from the ion current, the fit behind it, and when it is doubted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from planted_descents import STAY, World, segment, trace, visit

from seccm.analysis.descents import descent_of
from seccm.analysis.ion_current import distance, fit_approach
from seccm.analysis.step_features import arrays_of, curves_of, measured, phrase_of
from seccm.factors import Condition
from seccm.program.registry import kind_of
from seccm.program.setting import Setting
from seccm.results import Status, Value
from seccm.rig import Flag

FELT: dict[str, Any] = {"felt": {"length": 2.7e-9, "uncertainty": 0.02}}
SEEDS = range(1, 6)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_planted_surface_comes_out(seed: int) -> None:
    """Within a nanometre, and within three of its standard uncertainties."""
    world = World()
    found = measured(trace(world, seed, **FELT), [])
    height = found["z_surface"]
    assert height.status is Status.OK
    assert abs(height.value - world.surface) < min(3 * height.error, 1e-9)
    gap = found["d_stop"].value
    assert found["z_stop"].value - gap == pytest.approx(height.value, abs=1e-12)


@pytest.mark.parametrize("hop", [0.5e-6, 1e-6, 4e-6])
def test_the_height_of_the_hop_does_not_matter(hop: float) -> None:
    """The current before a low hop has fallen a little already; that is taken into account."""
    world = World(hop=hop, noise=1e-14)
    found = measured(trace(world, **FELT), [])
    assert found["z_surface"].value == pytest.approx(world.surface, abs=0.2e-9)
    at = world.surface + world.felt * world.fraction / (1 - world.fraction)
    assert found["z_set"].value == pytest.approx(at, abs=0.2e-9)
    assert measured(trace(world), [])["z_set"].value == pytest.approx(at, abs=1e-9)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_height_at_the_setpoint_needs_no_length(sign: float) -> None:
    """From the approach curve itself; the sign of the current does not matter."""
    world = World(far=sign * 1e-9)
    found = measured(trace(world), [])
    at = world.surface + world.felt * world.fraction / (1 - world.fraction)
    assert found["z_set"].value == pytest.approx(at, abs=1.5e-9)
    assert found["z_surface"].status is Status.NOT_MEASURED
    assert np.sign(found["i_far"].value) == sign


@pytest.mark.parametrize("seed", SEEDS)
def test_the_felt_length_of_a_curve_has_an_honest_uncertainty(seed: int) -> None:
    world = World(fraction=0.7, noise=1e-12)
    found = measured(trace(world, seed), [])
    xi, surface = found["xi"], found["z_fit"]
    assert xi.status is Status.OK
    assert abs(xi.value - world.felt) < 3.5 * xi.error
    assert xi.error < 0.05 * world.felt
    assert abs(surface.value - world.surface) < 3.5 * surface.error


def test_a_curve_in_noise_determines_no_length() -> None:
    """Nothing clean where the fall is as large as the noise."""
    found = measured(trace(World(noise=2e-11)), [])
    assert found["xi"].status is Status.NOT_IDENTIFIED
    assert found["z_fit"].status is Status.NOT_IDENTIFIED
    assert found["z_set"].status is Status.NOT_IDENTIFIED


def test_the_setpoint_is_told_in_units_of_the_noise() -> None:
    clear = measured(trace(World(noise=1e-12)), [])["clear_far"].value
    assert clear == pytest.approx(0.02 * 1e-9 / 1e-12, rel=0.5)


@pytest.mark.parametrize("later", [0.985, 1.015])
def test_a_height_is_doubted_if_the_current_far_away_changed(later: float) -> None:
    """More than half of what the surface does: clogging, evaporation, an electrode that drifts."""
    found = measured(trace(World(later=later), **FELT), [])
    assert found["change_far"].value == pytest.approx(later - 1.0, abs=1e-3)
    for name in ("z_surface", "z_set", "d_stop", "share_stop", "xi", "z_fit"):
        assert found[name].status is Status.CHANGED, name
    assert found["i_far"].status is Status.OK


@pytest.mark.parametrize("later", [0.995, 1.005])
def test_a_small_change_is_told_and_doubts_nothing(later: float) -> None:
    found = measured(trace(World(later=later), **FELT), [])
    assert found["change_far"].value == pytest.approx(later - 1.0, abs=1e-3)
    assert found["z_surface"].status is Status.OK


def test_a_retract_with_the_cell_off_says_nothing_of_a_change() -> None:
    site, record = visit(World(later=0.0), **FELT)
    up = record.phase == record.phase[-1]
    off = replace(record, E=np.where(up, 0.0, record.E))
    found = measured(replace(trace(**FELT), descent=descent_of(site, off)), [])
    assert found["change_far"].status is Status.NOT_MEASURED
    assert found["z_surface"].status is Status.OK


def test_flags_of_the_rows_are_those_of_the_results() -> None:
    """A gap at the surface doubts the height; one far away, the current there."""
    site, record = visit(**FELT)
    for rows, names in ((slice(-80, -70), ("z_surface",)), (slice(25, 30), ("i_far", "z_surface"))):
        flag = record.flag.copy()
        flag[rows] |= np.uint8(Flag.GAP)
        descent = descent_of(site, replace(record, flag=flag))
        found = measured(replace(trace(**FELT), descent=descent), [])
        assert all(found[name].status is Status.GAP for name in names)


def test_a_step_after_another_contact_measures_nothing() -> None:
    """No approach, or one in another signal: no number, and no error."""
    whole = trace(**FELT)
    other = None if whole.descent is None else replace(whole.descent, signal="potential")
    for descent in (None, other):
        found = measured(replace(whole, descent=descent), [])
        assert found["z_surface"].status is Status.NOT_MEASURED
        assert found["xi"].status is Status.NOT_MEASURED


def test_the_approach_curve_is_kept_where_the_plan_says_so() -> None:
    world = World()
    assert arrays_of(trace(world), []) == {}
    found = arrays_of(trace(world, curve=True), [])
    z, i = found["z_curve"].values, found["i_curve"].values
    assert z.shape == i.shape
    assert z[-1] == 0.0
    assert z.max() == pytest.approx(3e-6, rel=0.05)
    down = np.diff(z)
    assert np.median(down) == pytest.approx(-5e-9, abs=1e-9)
    assert i[-1] / i[0] == pytest.approx(world.fraction, abs=3e-3)


def test_the_figure_draws_the_curve_and_its_fit() -> None:
    (drawn,) = curves_of(trace())
    assert drawn.what.slug == "ion-current-curve"
    assert drawn.x.shape == drawn.y.shape == drawn.model_x.shape
    np.testing.assert_allclose(drawn.model_y, drawn.y, atol=1e-12)
    (noisy,) = curves_of(trace(World(noise=2e-11)))
    assert noisy.model_x.size == 0


def test_only_the_first_step_of_a_site_has_a_descent() -> None:
    """And its rows at the surface end with that step."""
    site, record = visit()
    descent = descent_of(site, record)
    assert descent is not None
    assert len(descent.at) == STAY - 6
    assert len(descent.far) == 20
    assert descent.level == pytest.approx(0.98e-9, rel=1e-3)
    assert descent_of(site, replace(record, landing=None)) is None


def test_the_words_tell_share_and_distance() -> None:
    found = measured(trace(**FELT), [])
    said = phrase_of(segment(**FELT), found).words
    assert "% of the current far away" in said
    assert "nm above the surface" in said


@pytest.mark.parametrize("share", [0.0, 1.0, 1.2, -0.5])
def test_no_distance_follows_from_a_share_that_is_none(share: float) -> None:
    assert distance(Value.of(share, 0.01), Value.of(1e-9, 0.0)).status is Status.NOT_FOUND


def test_a_distance_is_that_of_the_model() -> None:
    """Also of a current that is compared with one not infinitely far away."""
    for gap, above in ((1e-8, 1e-6), (1e-7, 3e-7), (1e-7, np.inf)):
        share = (1 + 2e-9 / (gap + above)) / (1 + 2e-9 / gap)
        found = distance(Value.of(share, 0.0), Value.of(2e-9, 2e-11), above)
        assert found.value == pytest.approx(gap, rel=1e-6)
        assert 0.0 < found.error < 1.2e-2 * gap


def test_a_fit_of_nothing_is_none() -> None:
    z, rest = np.linspace(3e-6, 1e-7, 50), np.full(10, 3e-6)
    assert fit_approach(z[:5], np.ones(5), rest, np.ones(10)) is None
    assert fit_approach(z, np.zeros(50), rest, np.zeros(10)) is None
    assert fit_approach(np.full(50, 3e-6), np.ones(50), rest, np.ones(10)) is None
    assert fit_approach(z, np.full(50, np.nan), rest, np.ones(10)) is None
    assert fit_approach(z, np.ones(50), rest[:0], rest[:0]) is None


def test_a_flat_curve_has_no_surface() -> None:
    """Nothing to feel: no number that looks sure, whatever the noise does."""
    rng = np.random.default_rng(4)
    for _ in range(20):
        noise = 1e-3 * rng.standard_normal(420)
        z, rest = np.linspace(3e-6, 1e-7, 400), np.full(20, 3e-6)
        found = fit_approach(z, 1.0 + noise[:400], rest, 1.0 + noise[400:])
        assert found is not None
        assert not found.felt.status.has_value or found.felt.error > 0.2 * found.felt.value


def test_nothing_flows_at_0_volts() -> None:
    kind = kind_of("surface height")
    spec = kind.spec.model_validate({"step": kind.name, "potential": 0.0, "duration": 0.03})
    (problem,) = kind.problems(spec, "program[0]", Setting(Condition(), 0.0, 1e-12))
    assert problem.where == "program[0].potential"
