"""The virtual rig keeps the contract, and tells the same story however it is read."""

from __future__ import annotations

import math
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from rig_contract import RigContract, Stream

import seccm
import sim
from seccm.arrays import FloatArray
from seccm.errors import PlanError
from seccm.plan.contacts import current_threshold, ion_current, potential_drop
from seccm.quantities import read_toml, validate
from seccm.rig import (
    Action,
    Block,
    Constant,
    ContactRule,
    Drive,
    Flag,
    Freeze,
    Limit,
    Lines,
    Mark,
    Mounted,
    Move,
    Rig,
    Wake,
)
from seccm.rigs import BESIDE
from sim.cell import Droplet, Mode, Response
from sim.config import VirtualConfig
from sim.pace import Paced
from sim.virtual_rig import VirtualRig

LASTING = Limit("potential", "above", 0.0).rows
"""Rows in succession that have to be past a limit."""

RIG_FILE = Path(__file__).parent.parent / "configs" / "rigs" / "virtual.toml"
PLATING = Drive("current", Constant(-0.5e-9))


def virtual_rig(
    sample: str = "dummy-resistor", aperture: float = 6e-6, seed: int = 1, **parts: object
) -> VirtualRig:
    """A virtual rig, built but not open."""
    return VirtualRig(VirtualConfig.model_validate(parts), Mounted(sample, aperture), seed=seed)


class TestOverAResistor(RigContract):
    """Potentiostatic contact with a wired 1 Gohm."""

    @pytest.fixture
    def rig(self) -> Rig:
        """The default rig."""
        return virtual_rig()


class TestGalvanostaticContact(RigContract):
    """Contact seen as the end of an overload, on the lithium sample, two rows in succession."""

    hold: ClassVar[Drive] = PLATING
    rule: ClassVar[ContactRule] = potential_drop(5.0)

    @pytest.fixture
    def rig(self) -> Rig:
        """The default rig over gold."""
        return virtual_rig("li-on-au")


class TestWithBlocksOfOneRow(RigContract):
    """As slow hardware might deliver them."""

    rule: ClassVar[ContactRule] = current_threshold(5e-12, "anodic")

    @pytest.fixture
    def rig(self) -> Rig:
        """Every block is one row long."""
        return virtual_rig(longest_block=1)


class TestIonCurrent(RigContract):
    """A current that always flows; far from the surface once the tip is 5 um above it."""

    hold: ClassVar[Drive] = Drive("potential", Constant(0.1))
    rule: ClassVar[ContactRule] = ion_current(0.98)

    @pytest.fixture
    def rig(self) -> Rig:
        """A fine pipette in a bath."""
        return virtual_rig("glass-in-bath", 100e-9)


# How the same experiment is read must not matter.

PROGRAM: list[tuple[int, Action]] = [
    (0, Drive("open", Constant(0.0))),
    (10, Move("x", 52e-6, 10e-6)),
    (120, PLATING),
    (200, Move("z", 47e-6, 5e-6, until=potential_drop(5.0), baseline=-10.0)),
    (1100, Drive("potential", Lines((0.0, 0.5, 1.0), (-1.5, -3.0, -1.5)))),
    (1500, Drive("open", Constant(0.0))),
    (1600, Move("z", 58e-6, 5e-6)),
    (2000, Move("x", 63e-6, 50e-6)),
    (2200, Drive("potential", Constant(-1.6))),
    (2300, Move("z", 47e-6, 5e-6, until=current_threshold(5e-12))),
    (3100, Move("z", 58e-6, 20e-6)),
    (3400, Freeze("end")),
]
LAST = 3500


def play(rig: Rig, wakes: set[int]) -> Stream:
    """Run the program, ending blocks at these rows too."""
    rig.open()
    rig.start()
    stream = Stream(rig)
    for row, action in PROGRAM:
        while stream.row < row:
            rig.apply(Wake(row))
            for wake in sorted(w for w in wakes if stream.row < w < row)[:1]:
                rig.apply(Wake(wake))
            stream.read()
        rig.apply(action)
    while stream.row < LAST:
        rig.apply(Wake(LAST))
        stream.read()
    return stream


def same(one: Stream, other: Stream) -> bool:
    """Tell whether two streams hold the same bits."""
    return bool((one.flags == other.flags).all()) and all(
        (one.column(name) == other.column(name)).all() for name in one.blocks[0].data
    )


@pytest.fixture(scope="module")
def reference() -> Stream:
    """The program in the longest blocks."""
    return play(virtual_rig("li-on-au"), set())


def test_the_program_does_what_it_should(reference: Stream) -> None:
    """Two landings, two breaks, no crash: the story that the next tests compare."""
    assert isinstance(reference.rig, VirtualRig)
    truth = reference.rig.truth
    assert len(truth.landings) == len(truth.parted) == 2
    assert truth.crashes == []
    assert len(reference.records) == 2
    assert reference.column("potential")[190:200].mean() == pytest.approx(-10.0, abs=1e-3)


@pytest.mark.parametrize("seed", range(4))
def test_samples_do_not_depend_on_how_they_are_cut(reference: Stream, seed: int) -> None:
    """Random wakes give the same bits in every channel, flag and record."""
    rng = np.random.default_rng(seed)
    wakes = set(rng.integers(1, LAST, (5, 50, 500, 3000)[seed]).tolist())
    again = play(virtual_rig("li-on-au"), wakes)
    assert same(again, reference)
    for one, other in zip(again.records, reference.records, strict=True):
        assert (one.start, one.crossing, one.stopped) == (
            other.start,
            other.crossing,
            other.stopped,
        )
        assert (one.current == other.current).all()
        assert (one.potential == other.potential).all()


def test_the_same_seed_is_the_same_story_and_another_is_not(reference: Stream) -> None:
    """Bit for bit."""
    assert same(play(virtual_rig("li-on-au"), set()), reference)
    other = play(virtual_rig("li-on-au", seed=2), set())
    assert not same(other, reference)


def test_more_noise_leaves_the_chemistry_alone(reference: Stream) -> None:
    """With another noise the landings are the same to the last bit."""
    noisy = play(virtual_rig("li-on-au", electrometer={"hum": 2e-12, "offset": 1e-13}), set())
    assert isinstance(noisy.rig, VirtualRig)
    assert isinstance(reference.rig, VirtualRig)
    assert noisy.rig.truth.landings == reference.rig.truth.landings
    start = 1100
    difference = noisy.column("potential")[300:start] - reference.column("potential")[300:start]
    assert abs(difference).max() < 1e-3


def test_a_site_is_the_same_whatever_came_before() -> None:
    """A scan resumed at its second site meets the same drop and the same chemistry there."""

    def potentials(sites: list[float]) -> tuple[float, FloatArray]:
        rig = virtual_rig("li-on-au", drift=dict.fromkeys(("settling_z", "steady_z", "wander"), 0))
        rig.open()
        rig.start()
        stream = Stream(rig)
        for x in sites:
            stream.go(Move("z", 58e-6, 50e-6), Move("x", x, 50e-6))
            rig.apply(PLATING)
            stream.rest(0.05)
            rig.apply(Move("z", 47e-6, 5e-6, until=potential_drop(5.0), baseline=-10.0))
            stream.until(lambda block: bool(block.flags[-1] & Flag.FROZEN))
            touched = stream.row
            stream.rest(1.0)
        landing = rig.truth.landings[-1]
        # Contact falls elsewhere in its row: compare after the double layer has charged.
        return landing.z, stream.column("potential")[touched + 100 : touched + 380]

    z_both, both = potentials([40e-6, 60e-6])
    z_alone, alone = potentials([60e-6])
    assert z_both == pytest.approx(z_alone, abs=1e-9)
    assert both == pytest.approx(alone, abs=8e-3)
    _, elsewhere = potentials([62e-6])
    assert abs(elsewhere - alone).mean() > 2 * abs(both - alone).mean()


# What single signals must be.


class Capacitor:
    """A droplet that is nothing but its double layer, for the charge at contact."""

    def __init__(self) -> None:
        self.capacity = 0.0
        self.potential = 0.0

    def wet(self, droplet: Droplet) -> None:
        """Charge 0.1 F/m2 from 0 V."""
        self.capacity = 0.1 * math.pi * droplet.footprint**2

    def reshape(self, droplet: Droplet) -> None:
        """Keep the area of the first contact."""

    def run(self, mode: Mode, wave: FloatArray, step: float) -> Response:
        """Follow an imposed potential at once."""
        assert mode == "potential"
        current = self.capacity * np.diff(wave, prepend=self.potential) / step
        self.potential = float(wave[-1])
        return Response(wave.copy(), current)

    def copy(self) -> Capacitor:
        """An independent copy."""
        twin = Capacitor()
        twin.capacity, twin.potential = self.capacity, self.potential
        return twin


@pytest.mark.parametrize(
    ("diameter", "ampere"), [(22e-6, 1.485e-9), (100e-9, 30.7e-15)], ids=["22 um", "100 nm"]
)
def test_the_charge_at_contact_shows_in_one_row(
    monkeypatch: pytest.MonkeyPatch, diameter: float, ampere: float
) -> None:
    """C dE over 2.56 ms: 1.485 nA for a 22 um footprint, 30.7 fA for a nanopipette (0.1 V)."""
    monkeypatch.setattr(
        "sim.world.cell_maker", lambda sample, pipette: lambda rng, x, y: Capacitor()
    )
    silent = {"voltage_noise": 0, "hum": 0, "offset": 0, "feedback": 1e18, "range": 2e-9}
    rig = virtual_rig(aperture=diameter, electrometer={**silent, "bits": 24, "stray": 0})
    rig.open()
    rig.start()
    stream = Stream(rig)
    rig.apply(Drive("potential", Constant(0.1)))
    # Nothing here stops the tip: it is stopped by hand after the contact row.
    stream.go(Move("z", 51.4e-6 + 0.45 * diameter / 2, 50e-6))
    before = stream.row
    rig.apply(Move("z", 48e-6, 2e-6))
    while not rig.truth.landings:
        rig.apply(Wake(stream.row + 1))
        stream.read()
    current = stream.column("current")[before:]
    assert current.max() == pytest.approx(ampere, rel=0.01, abs=2e-15)
    assert np.sort(current)[-2] < 0.2 * ampere


def test_a_ramp_through_the_air_charges_the_leads() -> None:
    """C_s dE/dt: 1 pF at 1 V/s is 1 pA, up and down; 10 pF ten times that."""
    silent = {"hum": 0, "offset": 0, "bits": 24}
    for stray in (1e-12, 10e-12):
        rig = virtual_rig(electrometer={**silent, "stray": stray})
        rig.open()
        rig.start()
        stream = Stream(rig)
        rig.apply(Drive("potential", Lines((0.0, 1.0, 2.0), (0.0, 1.0, 0.0))))
        stream.rest(1.9)
        up, down = stream.column("current")[5:380], stream.column("current")[400:700]
        assert up.mean() == pytest.approx(stray, rel=0.02)
        assert down.mean() == pytest.approx(-stray, rel=0.02)


def test_a_contact_row_is_a_mixture_of_before_and_after() -> None:
    """Over a resistor its current is the fraction of the window that was wet."""
    rig = virtual_rig(electrometer={"hum": 0, "offset": 0, "bits": 24})
    rig.open()
    rig.start()
    stream = Stream(rig)
    rig.apply(Drive("potential", Constant(0.5)))
    stream.rest(0.1)
    rig.apply(Move("z", 48e-6, 2e-6, until=current_threshold(5e-12)))
    stream.until(lambda block: bool(block.flags[-1] & Flag.FROZEN))
    [landing] = rig.truth.landings
    clock = rig.info.clock
    row = int(landing.t / clock.period)
    wet = ((row + 1) * clock.period - landing.t) / clock.window
    assert stream.column("current")[row] == pytest.approx(0.5e-9 * min(1.0, wet), rel=2e-3)


def test_raw_samples_average_to_their_rows(reference: Stream) -> None:
    """The contact record is that of the rows: the same means, and an overload before."""
    record = reference.records[0]
    clock = reference.rig.info.clock
    first = -(-record.start // clock.spacing)
    rows = [
        row
        for row in range(first, first + 3)
        if (row + 1) * clock.spacing <= record.start + len(record.current)
    ]
    assert rows
    for row in rows:
        inside = slice(row * clock.spacing - record.start, None)
        for channel, samples in (("potential", record.potential), ("current", record.current)):
            mean = samples[inside][: clock.averaged].mean()
            assert mean == pytest.approx(reference.column(channel)[row], rel=1e-9, abs=1e-15)
    assert record.crossing is not None
    before = record.potential[: record.crossing - record.start - 2]
    after = record.potential[record.crossing - record.start + 30 :]
    assert np.median(before) == pytest.approx(-10.0, abs=0.05)
    assert abs(np.median(after)) < 5.0


def test_every_landing_has_a_record_that_a_galvanostat_and_an_input_can_show(
    tmp_path: Path,
) -> None:
    """Leads at 10 V discharge: no sample lies above that, and none beyond the inputs' ends.

    Whatever raw sample the crossing falls on: one landing in 257 falls on the first of a row.
    """
    path = tmp_path / "scan.h5"
    for _ in seccm.run("li-on-au-combinatorial", path=path):
        pass
    with seccm.open(path) as scan:
        landed = np.flatnonzero(scan.sites["landed"] == 1)
        records = [scan.site(int(number)).contact_record for number in landed]
    assert len(records) == 63
    for record in records:
        assert record is not None
        assert np.abs(record.potential).max() < 10.05
        assert np.abs(record.current).max() <= 1.024 * 20e-9 * (1 + 1e-6)


@pytest.mark.parametrize(
    ("limit", "mode", "value"),
    [
        (Limit("potential", "above", 0.3), "current", 0.0),
        (Limit("charge", "above", 0.1e-9), "potential", 0.25),
        (Limit("current", "above", 0.4e-9), "potential", 0.0),
    ],
)
def test_a_block_ends_where_a_limit_of_the_drive_comes_true(
    limit: Limit, mode: Mode, value: float
) -> None:
    """And the rows up to there are those of a drive without a limit."""

    def run(limits: tuple[Limit, ...]) -> tuple[Stream, Block, int]:
        rig = virtual_rig()
        rig.open()
        rig.start()
        stream = Stream(rig)
        rig.apply(Drive("potential", Constant(0.5)))
        stream.rest(0.1)
        rig.apply(Move("z", 48e-6, 5e-6, until=current_threshold(5e-12)))
        stream.until(lambda block: bool(block.flags[-1] & Flag.FROZEN))
        stream.rest(0.5)
        since = stream.row
        ramp = Lines((0.0, 2.0), (0.0, 0.5e-9 if mode == "current" else 0.5))
        rig.apply(Drive(mode, Constant(value) if value else ramp, limits=limits))
        return stream, stream.read(), since

    stream, block, since = run((limit,))
    free, longer, _ = run(())
    assert longer.stop > block.stop
    assert same_rows(block, longer)
    if limit.quantity == "charge":
        charge = np.cumsum(block.data["current"]) * stream.rig.info.clock.period
        assert charge[-1] >= limit.value > charge[-2]
    else:
        signal = block.data["potential" if limit.quantity == "potential" else "current"]
        assert (signal[-LASTING:] > limit.value).all()
        assert signal[-LASTING - 1] <= limit.value
    assert block.start == since
    assert free.read().start == longer.stop
    # The limit has been told once; the drive goes on until somebody decides.
    assert stream.read().rows > 10


def same_rows(short: Block, long: Block) -> bool:
    """Tell whether one block is the beginning of the other."""
    part = long.part(short.start, short.stop)
    return all((part.data[name] == short.data[name]).all() for name in long.data)


def test_a_limit_counts_from_the_row_its_drive_began() -> None:
    """A drive that continues one already running has the charge of that one."""
    rig = virtual_rig()
    rig.open()
    rig.start()
    stream = Stream(rig)
    hold = Drive("potential", Constant(0.5))
    rig.apply(hold)
    stream.rest(0.1)
    rig.apply(Move("z", 48e-6, 5e-6, until=current_threshold(5e-12)))
    stream.until(lambda block: bool(block.flags[-1] & Flag.FROZEN))
    touched = stream.row
    rig.apply(Wake(touched + 20))
    stream.read()
    limit = Limit("charge", "above", 0.1e-9)
    rig.apply(Drive("potential", Constant(0.5), since=touched, limits=(limit,)))
    block = stream.read()
    charge = np.cumsum(stream.column("current")[touched:]) * rig.info.clock.period
    assert charge[-1] >= 0.1e-9 > charge[-2]
    assert block.stop == stream.row


def test_marks_are_kept_with_their_row() -> None:
    """A line raised for a camera."""
    rig = virtual_rig()
    rig.open()
    rig.start()
    stream = Stream(rig)
    rig.apply(Wake(9))
    stream.read()
    rig.apply(Mark("camera"))
    assert rig.truth.marks == [(9, "camera")]


# The rig file.


def test_the_rig_file_states_the_defaults() -> None:
    """What the commented file says is what an empty file means."""
    table = {name: part for name, part in read_toml(RIG_FILE).items() if name not in BESIDE}
    written = validate(VirtualConfig, table, str(RIG_FILE), from_file=True)
    assert written == VirtualConfig()


@pytest.mark.parametrize(
    ("config", "mounted", "complaint"),
    [
        ({}, Mounted("gold", 6e-6), "li-on-au"),
        ({}, Mounted("li-on-au", 3e-6), "6 um to 10 um"),
        ({"stage": {"start_z": "150 um"}}, Mounted("redox", 1e-6), "start_z"),
        ({"stage": {"range": 100}}, Mounted("redox", 1e-6), "100 um"),
        ({"stagge": {}}, Mounted("redox", 1e-6), "stage"),
        ({"clock": {"spacing": 100}}, Mounted("redox", 1e-6), "256"),
        ({"faults": ["gremlins"]}, Mounted("redox", 1e-6), "clogged-tip"),
    ],
)
def test_a_mistake_is_named_before_anything_is_built(
    config: dict[str, object], mounted: Mounted, complaint: str
) -> None:
    """The message says where, and what would do."""
    with pytest.raises(PlanError, match=complaint):
        sim.open_rig(config, mounted, seed=1)


def test_the_samples_of_the_default_rig_can_all_be_landed_on() -> None:
    """Each with a pipette it knows, and a current that shows the contact."""
    for sample, hold in (("li-on-au", -2.5), ("redox", 0.4), ("dummy-resistor", 0.2)):
        rig = sim.open_rig({}, Mounted(sample, 8e-6), seed=5)
        rig.open()
        rig.start()
        stream = Stream(rig)
        rig.apply(Drive("potential", Constant(hold)))
        stream.rest(0.1)
        rig.apply(Move("z", 47e-6, 5e-6, until=current_threshold(5e-12)))
        stream.until(lambda block: not block.flags[-1] & Flag.MOVING)
        assert stream.flags[-1] & Flag.FROZEN
        assert isinstance(rig, VirtualRig)
        assert len(rig.truth.landings) == 1
        rig.close()


# Pace.


class Clockwork:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.time = 100.0
        self.slept: list[float] = []

    def now(self) -> float:
        """Seconds."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.time += seconds


def test_a_paced_rig_takes_the_time_it_says() -> None:
    """Ten virtual seconds at twice real time are five seconds of sleep."""
    clockwork = Clockwork()
    rig = Paced(virtual_rig(longest_block=12), 2.0, now=clockwork.now, sleep=clockwork.sleep)
    rig.open()
    rig.start()
    stream = Stream(rig)
    stream.rest(10.0)
    virtual = stream.row * rig.info.clock.period
    assert clockwork.time - 100.0 == pytest.approx(virtual / 2.0)
    assert max(clockwork.slept) == pytest.approx(12 * 2.57e-3 / 2.0)


def test_a_paced_rig_does_not_hurry_after_a_pause() -> None:
    """Time lost by a slow reader stays lost; the next row waits its turn."""
    clockwork = Clockwork()
    rig = Paced(virtual_rig(longest_block=12), 1.0, now=clockwork.now, sleep=clockwork.sleep)
    rig.open()
    rig.start()
    rig.apply(Mark("begun"))
    rig.read()
    clockwork.time += 30.0
    rig.read()
    assert len(clockwork.slept) == 1
    rig.read()
    assert clockwork.slept[-1] == pytest.approx(12 * 2.57e-3)


def test_a_pace_in_the_rig_file_slows_the_rig() -> None:
    """Through the entry point, as the window asks for it."""
    for rig in (
        sim.open_rig({"pace": 2.0}, Mounted("redox", 1e-6), seed=1),
        sim.open_rig({"pace": 9.0}, Mounted("redox", 1e-6), seed=1, pace=2.0),
    ):
        assert isinstance(rig, Paced)
        assert isinstance(rig.rig, VirtualRig)
        rig.rig.open()
        rig.rig.start()
        rig.rig.apply(Mark("begun"))
        assert rig.rig.read().rows == 24
    with pytest.raises(ValueError, match="pace"):
        Paced(rig, 0.0)
