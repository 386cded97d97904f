"""Every fault that can be asked for shows as its description says, and `safe` stays safe."""

from __future__ import annotations

import math

import numpy as np
import pytest
from rig_contract import Stream

from seccm.errors import PlanError, RigError, StreamError
from seccm.plan.contacts import current_threshold, potential_drop
from seccm.rig import Constant, Drive, Flag, Freeze, Mounted, Move
from sim.config import VirtualConfig
from sim.faults import KNOWN, read_faults
from sim.virtual_rig import VirtualRig

HOLD = Drive("potential", Constant(0.5))
RULE = current_threshold(5e-12)


class Bench:
    """A rig with faults, and the moves of an operator.

    Args:
        faults: to be played.
    """

    def __init__(self, *faults: str, first_site: int = 0) -> None:
        self.rig = VirtualRig(
            VirtualConfig(),
            Mounted("dummy-resistor", 6e-6),
            seed=1,
            faults=faults,
            first_site=first_site,
        )
        self.rig.open()
        self.rig.start()
        self.stream = Stream(self.rig)

    def travel(self, x: float) -> None:
        """Go to a site."""
        self.stream.go(Move("x", x, 20e-6))

    def land(self, hold: Drive = HOLD, depth: float = 47e-6) -> bool:
        """Come down; return whether the rig stopped by itself."""
        self.rig.apply(hold)
        self.stream.rest(0.1)
        galvanostat = hold.mode == "current"
        rule = potential_drop(5.0) if galvanostat else RULE
        baseline = float(self.newest("potential").mean()) if galvanostat else 0.0
        self.rig.apply(Move("z", depth, 10e-6, until=rule, baseline=baseline))
        self.stream.until(lambda block: not block.flags[-1] & Flag.MOVING)
        return bool(self.stream.flags[-1] & Flag.FROZEN)

    def lift(self) -> None:
        """Retract."""
        self.stream.go(Move("z", 58e-6, 50e-6))

    def hop(self, x: float) -> bool:
        """Visit a site; return whether there was contact."""
        self.travel(x)
        landed = self.land()
        self.stream.rest(0.2)
        self.lift()
        return landed

    def newest(self, channel: str, rows: int = 20) -> np.ndarray:
        """The newest rows of a channel."""
        return self.stream.column(channel)[-rows:]

    def safe(self) -> None:
        """Assert that the rig can be made safe."""
        report = self.rig.safe("test")
        assert report.drive_off
        assert report.retracted
        assert self.rig.height == pytest.approx(100e-6)
        assert self.rig.drive.mode == "open"


SITES = (40e-6, 55e-6, 70e-6)


def test_without_faults_every_site_is_landed_on() -> None:
    """The yardstick of the other tests."""
    bench = Bench()
    assert [bench.hop(x) for x in SITES] == [True, True, True]
    assert len(bench.rig.truth.landings) == 3
    assert bench.rig.truth.crashes == []
    bench.safe()


def test_no_surface() -> None:
    """At that site only, the tip comes down and never touches."""
    bench = Bench("no-surface@site=1")
    assert [bench.hop(x) for x in SITES] == [True, False, True]
    assert len(bench.rig.truth.landings) == 2
    bench.safe()


@pytest.mark.glass
def test_clogged_tip() -> None:
    """From that site on no contact is seen, and the glass meets the surface."""
    bench = Bench("clogged-tip@site=1")
    assert [bench.hop(x) for x in SITES] == [True, False, False]
    assert len(bench.rig.truth.crashes) == 2
    bench.safe()


def test_clogging() -> None:
    """The ion current of a pipette in a bath falls to nothing in the time that is given."""
    mounted, fault = Mounted("glass-in-bath", 100e-9), "clogging@at=1 s,within=4 s"
    rig = VirtualRig(VirtualConfig(), mounted, seed=1, faults=(fault,))
    rig.open()
    rig.start()
    stream, levels = Stream(rig), []
    rig.apply(Drive("potential", Constant(0.1)))
    for seconds in (0.9, 2.1, 4.0):
        stream.rest(seconds)
        levels.append(float(stream.column("current")[-8:].mean()))
    assert levels[1] == pytest.approx(0.5 * levels[0], rel=0.02)
    assert abs(levels[2]) < 0.01 * levels[0]
    assert rig.safe("test").drive_off


def test_spikes() -> None:
    """Single rows of the current are off, of either sign, as often as was asked for."""
    bench = Bench("spikes@amplitude=50 pA,every=0.1 s")
    bench.stream.go(HOLD)
    bench.stream.rest(60.0)
    off = np.abs(bench.stream.column("current")) > 25e-12
    assert off.sum() == pytest.approx(600, rel=0.15)
    assert np.sign(bench.stream.column("current")[off]).mean() == pytest.approx(0.0, abs=0.15)
    bench.safe()


def test_lost_meniscus() -> None:
    """A while after contact the galvanostat is back at its overload, until the next site."""
    bench = Bench("lost-meniscus@site=1,after=0.3 s")
    for site, x in enumerate(SITES):
        bench.travel(x)
        assert bench.land(Drive("current", Constant(-0.5e-9)))
        bench.stream.rest(0.1)
        assert abs(bench.newest("potential")).max() < 5.0
        bench.stream.rest(0.4)
        lost = (bench.stream.flags[-20:] & Flag.OVERLOAD).all()
        assert lost == (site == 1)
        assert (abs(bench.newest("potential")).min() > 9.0) == (site == 1)
        bench.lift()
    bench.safe()


def test_wet_at_start() -> None:
    """The circuit is closed before the descent, high above the surface, at that site only."""
    bench = Bench("wet-at-start@site=1")
    for site, x in enumerate(SITES):
        bench.travel(x)
        bench.rig.apply(HOLD)
        bench.stream.rest(0.1)
        assert (bench.newest("current").mean() > 0.4e-9) == (site == 1)
        assert bench.stream.position("z") == pytest.approx(58e-6, abs=5e-9)
    assert bench.rig.truth.landings == []
    bench.safe()


def test_a_clogged_pipette_drips_no_more() -> None:
    """No bridge that no signal could show, whichever fault comes first."""
    for faults in (
        ("clogged-tip@at=0.3 s", "wet-at-start"),
        ("wet-at-start@at=0.3 s", "clogged-tip"),
    ):
        bench = Bench(*faults)
        bench.rig.apply(HOLD)
        bench.stream.rest(0.2)
        dripped = faults[1] == "wet-at-start"
        assert (bench.newest("current").mean() > 0.4e-9) == dripped
        bench.stream.rest(0.4)
        assert abs(bench.newest("current").mean()) < 5e-12
        assert bench.rig._world.bridge is None
        bench.safe()


def test_a_resumed_scan_counts_on() -> None:
    """With the first site given, a fault at site 4 comes at the first place."""
    bench = Bench("no-surface@site=4", first_site=4)
    assert [bench.hop(x) for x in SITES[:2]] == [False, True]


@pytest.mark.glass
def test_stuck_signal() -> None:
    """From then on one value, noise and all."""
    bench = Bench("stuck-signal@at=0.5 s")
    bench.stream.rest(1.0)
    period = bench.rig.info.clock.period
    for channel in ("potential", "current"):
        values = bench.stream.column(channel)
        assert np.ptp(values[: math.floor(0.5 / period)]) > 0.0
        assert np.ptp(values[math.ceil(0.5 / period) :]) == 0.0
    assert np.ptp(bench.newest("z")) > 0.0
    assert not bench.land()
    bench.safe()


def test_nan_for_a_while() -> None:
    """Electrical rows are not numbers, positions are; afterwards all is well."""
    bench = Bench("nan@at=0.5 s,for=0.2 s")
    bench.stream.rest(1.0)
    bad = np.isnan(bench.stream.column("potential"))
    assert (bad == np.isnan(bench.stream.column("current"))).all()
    seconds = np.flatnonzero(bad) * bench.rig.info.clock.period
    assert seconds[0] == pytest.approx(0.5, abs=3e-3)
    assert seconds[-1] == pytest.approx(0.7, abs=3e-3)
    assert bad.sum() == pytest.approx(0.2 / 2.57e-3, abs=1.5)
    assert np.isfinite(bench.stream.column("z")).all()
    bench.safe()


def test_the_tip_does_not_go_on_blindly_on_nan() -> None:
    """A signal that stops being a number on the way down stops the tip."""
    bench = Bench("nan@site=0,at=0.7 s")
    bench.travel(55e-6)
    assert bench.land()
    assert bench.rig.truth.landings == []
    assert bench.stream.position("z") > 53e-6


def test_stalled_read() -> None:
    """Reading fails in words, commands still work, and the tip can be retracted."""
    bench = Bench("stalled-read@at=0.5 s")
    bench.stream.rest(0.4)
    with pytest.raises(StreamError, match="no data points"):
        bench.stream.rest(0.5)
    assert bench.stream.row == math.ceil(0.5 / bench.rig.info.clock.period)
    bench.rig.apply(Freeze("test"))
    bench.safe()


def test_gap() -> None:
    """A hundred rows are missing, once, and the next row says so."""
    bench = Bench("gap@at=0.5 s,rows=100")
    bench.stream.rest(1.5)
    starts = np.array([block.start for block in bench.stream.blocks])
    stops = np.array([block.stop for block in bench.stream.blocks])
    missing = starts[1:] - stops[:-1]
    assert missing.sum() == missing.max() == 100
    flagged = [bool(block.flags[0] & Flag.GAP) for block in bench.stream.blocks]
    assert flagged[1:] == (missing > 0).tolist()
    bench.safe()


def test_the_world_goes_on_in_a_gap() -> None:
    """A moving tip is farther on after it."""
    bench = Bench("gap@at=0.5 s,rows=100")
    bench.rig.apply(Move("z", 68e-6, 5e-6))
    bench.stream.rest(0.9)
    after = next(block for block in bench.stream.blocks if block.flags[0] & Flag.GAP)
    before = next(block for block in bench.stream.blocks if block.stop == after.start - 100)
    jump = after.data["z"][0] - before.data["z"][-1]
    assert jump == pytest.approx(101 * 2.57e-3 * 5e-6, abs=5e-9)


def test_unplugged() -> None:
    """Nothing answers; the report does not claim what it cannot know."""
    bench = Bench("unplugged@at=0.5 s")
    with pytest.raises(RigError, match="does not answer"):
        bench.stream.rest(1.0)
    with pytest.raises(RigError, match="does not answer"):
        bench.rig.apply(Freeze("test"))
    report = bench.rig.safe("test")
    assert report.frozen
    assert not report.drive_off
    assert not report.retracted
    bench.rig.close()


def test_saturated_input() -> None:
    """The current reads the end of its range, flagged."""
    bench = Bench("saturated-input@at=0.5 s")
    bench.stream.rest(1.0)
    late = bench.stream.flags[-50:]
    assert (late & Flag.SATURATED).all()
    assert (bench.newest("current", 50) == bench.newest("current")[0]).all()
    assert bench.newest("current")[0] > bench.rig.info.current.upper
    assert not (bench.stream.flags[:50] & Flag.SATURATED).any()
    bench.safe()


def test_hum() -> None:
    """20 pA at 50 Hz, of which averaging leaves 97 %."""
    bench = Bench("hum@amplitude=20 pA")
    bench.stream.rest(3.0)
    current = bench.stream.column("current")
    assert np.std(current) * math.sqrt(2) == pytest.approx(0.973 * 20.3e-12, rel=0.03)
    bench.safe()


def test_drift() -> None:
    """The surface rises 20 nm a second faster: later landings are higher."""
    heights = []
    for faults in ((), ("drift@speed=20 nm/s",)):
        bench = Bench(*faults)
        for x in SITES[:2]:
            bench.hop(x)
        first, second = bench.rig.truth.landings
        heights.append((second.z - first.z, second.t - first.t))
    (steady, seconds), (drifting, _) = heights
    assert drifting - steady == pytest.approx(20e-9 * seconds, rel=0.1)


def test_every_fault_is_tested_here() -> None:
    """A new fault needs a test of what one sees of it."""
    tested = {name.removeprefix("test_").replace("_", "-") for name in globals()}
    assert set(KNOWN) - {"nan"} <= tested


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("gremlins", "no-surface, clogged-tip"),
        ("nan@site=x", "whole number"),
        ("nan@site=-1", "whole number"),
        ("nan@at=5", "unit of s"),
        ("nan@after=5 s", "site, at, for"),
        ("nan@site", "not an argument"),
        ("hum@amplitude=2 V", "unit of A"),
    ],
)
def test_a_mistaken_fault_is_named_with_what_is_known(text: str, complaint: str) -> None:
    """One problem for each, all at once."""
    with pytest.raises(PlanError, match=complaint) as caught:
        read_faults([text, "also-wrong"], "rig.toml")
    assert len(caught.value.problems) == 2


def test_faults_read_as_they_are_written() -> None:
    """Spaces do not matter, defaults fill the rest."""
    [fault] = read_faults(["lost-meniscus @ site=4, after=2s"], "rig.toml")
    assert fault.arguments["site"] == 4
    assert fault.arguments["after"] == 2.0
    [fault] = read_faults(["gap"], "rig.toml")
    assert fault.arguments["rows"] == 100
