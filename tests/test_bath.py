"""The virtual bath: its currents follow the closed forms of the resistances in series."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rig_contract import Stream

from seccm.rig import Constant, Drive, Flag, Mounted, Move
from sim.bath import Bath
from sim.config import VirtualConfig
from sim.virtual_rig import VirtualRig

FINE = Bath(conductivity=1.29, aperture=50e-9, outer=2.0, half_angle=math.radians(3.0))


def test_a_fine_pipette_stops_where_the_literature_says() -> None:
    """ri 50 nm, ro/ri 2, 3 degrees: 0.98 at 2.7 ri and 0.99 at 5.4 ri."""
    assert FINE.height(0.98) / FINE.aperture == pytest.approx(2.7, abs=0.05)
    assert FINE.height(0.99) / FINE.aperture == pytest.approx(5.4, abs=0.05)


@given(fraction=st.floats(0.01, 0.999))
def test_the_height_of_a_fraction_gives_that_fraction(fraction: float) -> None:
    ratio = FINE.far / FINE.resistance(np.array([FINE.height(fraction)]))[0]
    assert ratio == pytest.approx(fraction)


def test_glass_on_the_surface_ends_the_current() -> None:
    resistance = FINE.resistance(np.array([1.0, 1e-6, 1e-9, 0.0, -1e-9]))
    assert resistance[0] == pytest.approx(FINE.far)
    assert (np.diff(resistance[:3]) > 0.0).all()
    assert np.isinf(resistance[3:]).all()


@pytest.fixture
def stream() -> Stream:
    """A fine pipette in the bath of the virtual rig, 8 um above the surface."""
    rig = VirtualRig(VirtualConfig(), Mounted("glass-in-bath", 100e-9), seed=1)
    rig.open()
    rig.start()
    return Stream(rig)


def last(stream: Stream, drive: Drive, channel: str) -> float:
    """Mean of a signal once a drive has been on for a while."""
    stream.rig.apply(drive)
    stream.rest(0.2)
    return float(stream.column(channel)[-40:].mean())


def test_the_current_flows_under_a_potential_and_not_with_the_cell_off(stream: Stream) -> None:
    for volts in (0.1, -0.1):
        current = last(stream, Drive("potential", Constant(volts)), "current")
        assert current == pytest.approx(volts / FINE.far, rel=2e-3)
    assert abs(last(stream, Drive("open", Constant(0.0)), "current")) < 1e-12


def test_a_galvanostat_reads_the_resistance_and_no_overload(stream: Stream) -> None:
    potential = last(stream, Drive("current", Constant(1e-9)), "potential")
    assert potential == pytest.approx(1e-9 * FINE.far, rel=5e-3)
    assert not (stream.flags[-40:] & Flag.OVERLOAD).any()
    assert last(stream, Drive("current", Constant(-15e-9)), "potential") < -1.0


def test_beyond_its_compliance_the_galvanostat_is_in_overload(stream: Stream) -> None:
    high = VirtualConfig().drive.model_copy(update={"potential": 0.5, "overload": 0.5})
    config = VirtualConfig().model_copy(update={"drive": high})
    rig = VirtualRig(config, Mounted("glass-in-bath", 100e-9), seed=1)
    rig.open()
    rig.start()
    stream = Stream(rig)
    read = last(stream, Drive("current", Constant(10e-9)), "potential")
    assert read == pytest.approx(0.5, abs=0.01)
    assert (stream.flags[-40:] & Flag.OVERLOAD).all()
    assert stream.column("current")[-40:].mean() == pytest.approx(0.5 / FINE.far, rel=5e-3)


def test_the_current_falls_as_the_tip_comes_down(stream: Stream) -> None:
    far = last(stream, Drive("potential", Constant(0.1)), "current")
    stream.go(Move("z", 50.2e-6, 5e-6))
    near = float(stream.column("current")[-40:].mean())
    assert 0.9 * far < near < 0.999 * far
