"""A virtual suspension hits the electrode as it says: how often, how much, at which potential."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from sim.cell import Droplet
from sim.dummy import Circuit, DummyCell
from sim.impacts import ImpactCell, Suspension, Train, share
from sim.noise import stream
from sim.sample_config import ImpactSample
from sim.samples import hits_of

BACKGROUND = Circuit(parallel=20e9)
DROPLET = Droplet(1e-6, 1e-6, 0.4e-6, 0.17)
FAST = Suspension(rate=3.0, tail=5e-3)


def cell(suspension, seed=1):
    made = ImpactCell(BACKGROUND, Train(suspension, seed))
    made.wet(DROPLET)
    return made


def test_every_hit_passes_its_charge():
    """However long the rows are, and however they are cut."""
    seconds = 20.0
    hits = Train(FAST, 1).until(seconds)
    begun = np.maximum(seconds - hits.starts, 0.0)
    whole = -(hits.charges * np.expm1(-begun / FAST.tail)).sum()
    for row in (1e-4, 2.57e-3):
        step = seconds / round(seconds / row)
        current = cell(FAST).run("potential", np.zeros(round(seconds / row)), step).current
        assert current.sum() * step == pytest.approx(whole, rel=1e-6)
    parts = cell(FAST)
    pieces = [parts.run("potential", np.zeros(n), 1e-3).current for n in (1, 4999, 15000)]
    at_once = cell(FAST).run("potential", np.zeros(20000), 1e-3).current
    np.testing.assert_allclose(np.concatenate(pieces), at_once, atol=1e-18)


def test_a_spike_rises_at_once_and_decays_exponentially():
    hits = Train(FAST, 1).until(10.0)
    far = np.diff(hits.starts) > 0.15
    alone = 1 + np.flatnonzero(far[:-1] & far[1:] & (hits.starts[1:-1] < 9.0))[0]
    start, charge = hits.starts[alone], hits.charges[alone]
    current = cell(FAST).run("potential", np.zeros(1_000_000), 1e-5).current
    first = round(start / 1e-5) + 1
    assert current[first] == pytest.approx(charge / 5e-3, rel=5e-3)
    assert current[first + 500] == pytest.approx(current[first] * np.exp(-1.0), rel=1e-6)


def test_hits_are_a_poisson_train_with_log_normal_charges():
    hits = Train(Suspension(rate=5.0, spread=0.5), 3).until(2000.0)
    apart = np.diff(hits.starts)
    assert apart.mean() == pytest.approx(0.2, rel=0.05)
    assert apart.std() == pytest.approx(0.2, rel=0.05)
    logs = np.log(hits.charges)
    assert np.exp(np.median(logs)) == pytest.approx(1e-12, rel=0.03)
    assert logs.std() == pytest.approx(0.5, rel=0.03)


def test_the_share_of_the_charge_follows_the_potential():
    some = replace(FAST, half=0.95, slope=0.03)
    at = np.array([0.65, 0.95, 0.98, 1.25])
    np.testing.assert_allclose(share(some, at), [0.0, 0.5, 1 / (1 + np.exp(-1)), 1.0], atol=1e-4)
    np.testing.assert_allclose(
        share(replace(some, slope=-0.03), at), 1.0 - share(some, at), atol=1e-12
    )
    assert (share(FAST, at) == 1.0).all()
    full, half = (
        cell(some).run("potential", np.full(5000, e), 1e-3).current - e / 20e9 for e in (1.7, 0.95)
    )
    np.testing.assert_allclose(half, 0.5 * full, atol=1e-17)


def test_particles_that_stay_raise_the_current_for_good():
    still = Suspension(rate=0.0, staying=0.5, step=5e-12)
    stays = Train(still, 2).until(60.0).stays
    current = cell(still, 2).run("potential", np.zeros(60_000), 1e-3).current
    assert stays.size > 10
    levels = 5e-12 * np.searchsorted(stays, 1e-3 * np.arange(60_000))
    away = np.abs(np.subtract.outer(1e-3 * np.arange(60_000), stays)).min(axis=1) > 2e-3
    np.testing.assert_allclose(current[away], levels[away], atol=1e-20)


def test_without_a_potential_only_the_electrode_answers():
    for mode in ("open", "current"):
        wave = np.full(100, 1e-12)
        plain = DummyCell(BACKGROUND).run(mode, wave, 1e-3)
        assert cell(FAST).run(mode, wave, 1e-3).current.tolist() == plain.current.tolist()


def test_a_copy_goes_on_with_the_same_hits_and_leaves_the_original_alone():
    one = cell(FAST)
    one.run("potential", np.zeros(500), 1e-3)
    twin = one.copy()
    ahead = twin.run("potential", np.zeros(3000), 1e-3).current
    assert one.run("potential", np.zeros(3000), 1e-3).current.tolist() == ahead.tolist()
    one.wet(DROPLET)
    again = one.run("potential", np.zeros(500), 1e-3).current
    assert again.tolist() == cell(FAST).run("potential", np.zeros(500), 1e-3).current.tolist()


def test_what_hits_depends_on_the_landing_alone():
    sample = ImpactSample()
    first, same, other = (
        hits_of(sample, stream(5, "chemistry", *place)).until(10.0).starts
        for place in ((1, 2, 0), (1, 2, 0), (1, 3, 0))
    )
    assert first.tolist() == same.tolist() != other.tolist()


def test_a_suspension_whose_charge_cannot_change_with_the_potential_is_refused():
    with pytest.raises(ValidationError, match="slope must not be 0 V"):
        ImpactSample(slope=0.0)
