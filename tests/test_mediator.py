"""A microelectrode over a surface in a solution, and a second drive, on the virtual rig."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path

import numpy as np
import pytest
from rig_contract import Stream

from seccm.constants import FARADAY
from seccm.errors import LimitError
from seccm.quantities import validate
from seccm.rig import Constant, Drive, Flag, Mounted, Move
from sim import feedback
from sim.config import VirtualConfig
from sim.virtual_rig import VirtualRig

UM = 1e-6
RIGS = Path(__file__).parents[1] / "configs" / "rigs"
DISK = 4.0 * FARADAY * 1e-9 * 5 * UM
"""4 F D c a of 1 mM at a disk of 10 um."""
ON, BACK = Constant(0.3), Constant(-0.3)


def config(**drift):
    table = tomllib.loads((RIGS / "virtual-secm.toml").read_text("utf-8"))
    still = dict.fromkeys(
        (f"{how}_{axis}" for how in ("steady", "settling") for axis in "xyz"), "0 m/s"
    )
    table["drift"] = {**still, "wander": "0 m"}
    table["surface"] |= {"tilt_x": 0.0, "tilt_y": 0.0, "roughness": "0 m"}
    return validate(VirtualConfig, table, "virtual-secm", from_file=True)


def opened(sample="secm-spots"):
    rig = VirtualRig(config(), Mounted(sample, 10 * UM), seed=1)
    rig.open()
    rig.start()
    return Stream(rig)


@pytest.fixture
def stream():
    return opened()


def go(stream, **to):
    for axis, where in to.items():
        stream.rig.apply(Move(axis, where, 100 * UM))
        stream.rest(1.2)


def tip(stream, wave=ON, name="current"):
    stream.rig.apply(Drive("potential", wave))
    stream.rest(0.3)
    return float(stream.column(name)[-40:].mean())


@pytest.mark.parametrize(("place", "kappa"), [(50, 0.0), (32, 5e3), (68, 0.3)])
def test_the_tip_reads_what_was_solved_for_its_distance_and_the_spot_below(stream, place, kappa):
    """Glass, a conductor, and k a / D = 6e-5 x 5e-6 / 1e-9 = 0.3, at one radius."""
    go(stream, x=place * UM, z=30 * UM)
    expected = DISK * float(feedback.current(np.array([1.0]), 10.0, kappa)[0])
    assert tip(stream) == pytest.approx(expected, rel=0.01)


def test_a_reduced_mediator_is_oxidised_and_not_reduced(stream):
    assert tip(stream) == pytest.approx(DISK, rel=0.03)
    assert abs(tip(stream, BACK)) < 0.01 * DISK


def test_at_the_formal_potential_half_of_it_reacts(stream):
    half, whole = tip(stream, Constant(0.0)), tip(stream)
    assert half == pytest.approx(whole / 2.0, rel=0.01)


def test_a_galvanostat_finds_the_potential_of_nernst_or_its_end(stream):
    whole = tip(stream)
    stream.rig.apply(Drive("current", Constant(0.75 * whole)))
    stream.rest(0.2)
    volts = 0.0256926 * math.log(3.0)
    assert stream.column("potential")[-20:].mean() == pytest.approx(volts, abs=2e-3)
    stream.rig.apply(Drive("current", Constant(2.0 * whole)))
    stream.rest(0.2)
    assert (stream.flags[-20:] & Flag.OVERLOAD).all()


def test_with_the_cell_off_nothing_flows(stream):
    tip(stream)
    stream.rig.apply(Drive("open", Constant(0.0)))
    stream.rest(0.2)
    assert abs(stream.column("current")[-20:].mean()) < 2e-12


def test_the_current_follows_a_step_of_the_tip_within_a_squared_over_four_d():
    """6.25 ms: after a jump of potential a row or two are on the way, and no more."""
    stream = opened()
    tip(stream, BACK)
    before = len(stream.column("current"))
    steady = tip(stream)
    rows = stream.column("current")[before:]
    assert rows[0] < 0.6 * steady
    assert rows[12] == pytest.approx(steady, rel=0.03)


def test_rows_do_not_depend_on_how_they_are_cut_into_blocks():
    found = []
    for longest in (2048, 7):
        short = config().model_copy(update={"longest_block": longest})
        rig = VirtualRig(short, Mounted("secm-spots", 10 * UM), seed=1)
        rig.open()
        rig.start()
        stream = Stream(rig)
        rig.apply(Drive("potential", ON))
        rig.apply(Move("z", 40 * UM, 30 * UM))
        stream.rest(1.0)
        found.append(stream.column("current")[:380])
    np.testing.assert_array_equal(*found)


@pytest.mark.glass
def test_glass_on_the_surface_is_a_crash():
    stream = opened()
    go(stream, z=24.9 * UM)
    assert stream.rig.truth.crashes
    assert "glass touched" in stream.rig.truth.words[0]


# The second drive.


@pytest.fixture
def generator():
    return opened("secm-generator")


def held(stream, wave, on="substrate", **drive):
    stream.rig.apply(Drive("potential", wave, on=on, **drive))
    stream.rest(0.5)


def test_the_substrate_reads_the_current_of_its_disk(generator):
    """4 F D c R of 12.5 um: 4.82 nA."""
    held(generator, ON)
    current = generator.column("substrate_current")[-20:].mean()
    assert current == pytest.approx(4.0 * FARADAY * 1e-9 * 12.5 * UM, rel=0.01)
    assert generator.column("substrate_potential")[-20:].mean() == pytest.approx(0.3, abs=1e-3)


@pytest.mark.parametrize("above", [5, 10, 20])
def test_the_tip_collects_what_the_substrate_makes(generator, above):
    """(2 / pi) arctan(R / d) of it, and what feedback adds: planted by the world's own numbers."""
    go(generator, z=(25 + above) * UM)
    tip(generator, BACK)
    held(generator, ON)
    there = 2.0 / math.pi * math.atan(12.5 / above)
    feeds = float(feedback.current(np.array([above / 5.0]), 10.0, math.inf)[0])
    collected = generator.column("current")[-20:].mean()
    assert collected == pytest.approx(-DISK * there * feeds, rel=0.01)


def test_beside_the_disk_the_tip_collects_less(generator):
    go(generator, z=30 * UM)
    tip(generator, BACK)
    held(generator, ON)
    over = generator.column("current")[-20:].mean()
    go(generator, x=80 * UM)
    assert abs(generator.column("current")[-20:].mean()) < 0.4 * abs(over)


def test_both_change_in_the_same_row(generator):
    """Two drives since one row: a step of each comes in it."""
    rig = generator.rig
    generator.rest(0.1)
    since = generator.read().stop + 20
    for at, volts in ((since, -0.3), (since + 20, 0.3)):
        rig.apply(Drive("potential", Constant(volts), at))
        rig.apply(Drive("potential", Constant(volts), at, on="substrate"))
    generator.rest(0.3)
    tip_volts = generator.column("potential")
    other = generator.column("substrate_potential")
    assert int((tip_volts > 0.2).argmax()) == int((other > 0.2).argmax()) > 0


def test_an_open_circuit_of_the_cell_opens_the_substrate_too(generator):
    held(generator, ON)
    generator.rig.apply(Drive("open", Constant(0.0)))
    generator.rest(0.3)
    assert abs(generator.column("substrate_current")[-20:].mean()) < 2e-12


def test_made_safe_both_are_off(generator):
    held(generator, ON)
    report = generator.rig.safe("test")
    assert report.drive_off
    generator.read()
    generator.rest(0.3)
    generator.rest(0.3)
    assert abs(generator.column("substrate_current")[-5:].mean()) < 2e-12


def test_one_of_them_can_be_switched_off_alone(generator):
    tip(generator)
    held(generator, ON)
    generator.rig.apply(Drive("open", Constant(0.0), on="substrate"))
    generator.rest(0.3)
    assert abs(generator.column("substrate_current")[-20:].mean()) < 2e-12
    assert abs(generator.column("current")[-20:].mean()) > 0.5 * DISK


@pytest.mark.parametrize(
    ("drive", "code"),
    [
        (Drive("potential", ON, on="anode"), "no-such-drive"),
        (Drive("current", Constant(1e-9), on="substrate"), "no-such-mode"),
        (Drive("potential", Constant(5.1), on="substrate"), "out-of-range"),
        (Drive("potential", Constant(math.nan), on="substrate"), "out-of-range"),
    ],
)
def test_what_the_substrate_cannot_do_is_refused_and_changes_nothing(generator, drive, code):
    held(generator, ON)
    with pytest.raises(LimitError) as refused:
        generator.rig.apply(drive)
    assert refused.value.code == code
    generator.rest(0.1)
    assert generator.column("substrate_potential")[-5:].mean() == pytest.approx(0.3, abs=1e-3)


def test_a_current_beyond_the_range_of_the_substrate_is_flagged():
    narrow = config()
    drives = {"substrate": narrow.drives["substrate"].model_copy(update={"range": 1e-9})}
    rig = VirtualRig(
        narrow.model_copy(update={"drives": drives}), Mounted("secm-generator", 10 * UM), seed=1
    )
    rig.open()
    rig.start()
    stream = Stream(rig)
    held(stream, ON)
    assert (stream.flags[-20:] & Flag.SATURATED).all()
    assert stream.column("substrate_current")[-20:].max() == 1e-9


def test_raw_samples_go_with_a_second_drive():
    rig = VirtualRig(config(), Mounted("secm-generator", 10 * UM), seed=1)
    rig.open()
    rig.start(raw=True)
    stream = Stream(rig)
    rig.apply(Drive("potential", BACK, raw=True))
    held(stream, ON, raw=True)
    current = stream.column("substrate_current")[-20:].mean()
    assert current == pytest.approx(4.0 * FARADAY * 1e-9 * 12.5 * UM, rel=0.01)


def test_a_rig_says_which_drives_it_has():
    rig = VirtualRig(config(), Mounted("secm-generator", 10 * UM), seed=1)
    (other,) = rig.info.drives
    assert rig.info.drive_of("substrate") is other
    assert rig.info.drive_of("anode") is None
    names = [signal.name for signal in rig.info.signals]
    assert names[-2:] == ["substrate_potential", "substrate_current"]
    assert [signal.role for signal in other.signals] == ["potential", "current"]
