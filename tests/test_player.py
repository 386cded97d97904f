"""Where the tip is after a stop: counted and read back, whenever and however the stop came.

A card of plain Python stands in for the outputs: it takes samples of a path at its own rate, and
tells as much of that as a test lets it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_nidaq_parts import METRES

from hardware.ni.inputs import Raw
from hardware.ni.paths import Command, Path, Ramp
from hardware.ni.player import REST, Player
from hardware.ni.scaling import Scale
from seccm.errors import RigError, StreamError
from seccm.rig import Constant, Flag

RATE, RATIO = 5e3, 20
"""Output samples per second, and input samples for each of them."""
QUIET = Command(Scale(1.0, 0.0, ""), Constant(0.25))
BEGIN = np.array([0.0, 0.0, 5.0, 0.25])
"""Volts of x, y, z and command before anything moves: z at 50 um."""
UM = 1e-6


@dataclass
class Card:
    """Outputs that take a sample of a path each RATIO input samples, until they are stopped."""

    rate: float = RATE
    rate_of_sines: float = RATE
    written: int = 0
    horizon: int = 100_000
    """Output samples that may be queued ahead."""
    story: list[str] = field(default_factory=list)
    stop_fails: RigError | None = None
    reports: int | None = None
    """What the driver says was taken; None if it does not say."""
    stuck_at: int | None = None
    """After so many samples of a path it takes no more."""
    readback_off: float = 0.0
    """Volts by which z reads back wrong."""
    now: int = 0
    """Input samples acquired."""
    _path: Path | None = None
    _begun: int = 0
    _stopped: int | None = None
    _base: int = 0
    _volts: Any = field(default_factory=lambda: BEGIN.copy())

    def start(self, path: Path, latch: Any) -> None:
        self._base += self._taken(self.now)
        self._volts = self.volts(self.now)
        self._path, self._begun, self._stopped = path, self.now, None
        self.written = self.horizon
        self.story.append("start")

    def refill(self, taken: int) -> None:
        self.written = taken + self.horizon

    def stop(self) -> int | None:
        self.story.append("stop")
        self._stopped = self.now
        if self.stop_fails is not None:
            raise self.stop_fails
        return self.reports

    def finish(self, path: Path, wait: Any) -> None:
        self.start(path, None)
        self.now += RATIO * path.samples
        self.stop()

    def close(self) -> None:
        self.story.append("close")

    def _taken(self, at: int) -> int:
        if self._path is None:
            return 0
        end = at if self._stopped is None else min(at, self._stopped)
        taken = max(0, end - self._begun) // RATIO
        return taken if self.stuck_at is None else min(taken, self.stuck_at)

    def volts(self, at: int) -> Any:
        taken = self._taken(at)
        if self._path is None or taken == 0:
            return self._volts
        return self._path.volts(taken - 1, taken)[:, 0]

    def read(self, count: int) -> Raw:
        """Return the next input samples of the four read-backs, and the counter."""
        taken = np.array([self._taken(self.now + n) for n in range(1, count + 1)])
        carried = self._volts[:, np.newaxis]
        if self._path is not None and taken[-1]:
            put_out = self._path.volts(max(0, taken[0] - 1), taken[-1])
            carried = np.column_stack([self._volts, put_out]) if taken[0] == 0 else put_out
        volts = carried[:, taken - taken[0]]
        volts[2] += self.readback_off
        counts = self._base + taken
        raw = Raw(self.now, volts, counts)
        self.now += count
        return raw


@dataclass
class Bench:
    """A player on such a card."""

    card: Card = field(default_factory=Card)
    player: Player = field(init=False)

    def __post_init__(self) -> None:
        self.player = Player(
            self.card,  # type: ignore[arg-type]
            METRES, BEGIN.copy(), range(4), lambda: self.card.now, RATE * RATIO,
        )  # fmt: skip

    def down(self, to: float = 40 * UM, speed: float = 100 * UM) -> Path:
        here = self.player.position["z"]
        return self.player.path({"z": Ramp(here, to, speed)}, QUIET)

    def pass_by(self, count: int) -> Raw:
        """Let so many input samples pass, and show them to the player."""
        raw = self.card.read(count)
        self.player.feed(raw)
        return raw

    def settle(self) -> None:
        for _ in range(2):  # Where nobody could ask the card, it is asked afterwards.
            self.pass_by(2 * REST)
        assert self.player.settled


# --------------------------------------------------------------------------- where it stops


@given(samples=st.integers(0, 15_000))
def test_after_a_stop_the_position_is_that_of_the_samples_that_were_taken(samples):
    bench = Bench()
    path = bench.down()
    bench.player.begin(path, None)
    if samples:
        bench.pass_by(samples)
    if not bench.player.settled:
        bench.player.halt()
        bench.settle()
    taken = min(samples // RATIO, path.samples)
    assert bench.player.position["z"] == pytest.approx(path.positions(taken)["z"], abs=1e-12)
    assert bench.player.position["x"] == 0.0
    np.testing.assert_allclose(bench.player.volts[3], 0.25)


@given(stops=st.lists(st.integers(1, 4000), min_size=1, max_size=6))
def test_where_one_path_stopped_the_next_one_begins(stops):
    """However often the tip is stopped, nothing is put out that jumps."""
    bench = Bench()
    for to, samples in zip((40, 60, 30, 70, 20, 50), stops, strict=False):
        before = bench.card.volts(bench.card.now)
        path = bench.down(to * UM)
        bench.player.begin(path, None)
        step = np.abs(path.volts(0, 1)[:, 0] - before)
        assert step.max() <= 100 * UM / RATE * 1e5 * (1 + 1e-6)
        bench.pass_by(samples)
        bench.player.halt()
        bench.settle()


def test_a_path_that_came_to_its_end_stops_the_outputs_by_itself():
    bench = Bench()
    path = bench.down(49 * UM)
    bench.player.begin(path, None)
    bench.pass_by(RATIO * (path.samples + 1))
    assert bench.card.story == ["start", "stop"]
    bench.settle()
    assert bench.player.position["z"] == pytest.approx(49 * UM, abs=1e-12)


def test_queues_that_run_dry_at_the_very_end_of_a_path_are_no_fault():
    bench = Bench(Card(stop_fails=RigError("underflow", "outputs", "the queue is empty.")))
    path = bench.down(49.9 * UM)
    bench.player.begin(path, None)
    bench.pass_by(RATIO * (path.samples + 1))
    bench.settle()
    assert bench.player.position["z"] == pytest.approx(49.9 * UM, abs=1e-12)


def test_another_failure_of_the_stop_is_told_and_still_understood_afterwards():
    bench = Bench(Card(stop_fails=RigError("device-lost", "outputs", "the card is gone.")))
    path = bench.down()
    bench.player.begin(path, None)
    bench.pass_by(1000)
    with pytest.raises(RigError, match="the card is gone"):
        bench.player.halt()
    bench.settle()
    assert bench.player.position["z"] == pytest.approx(path.positions(50)["z"], abs=1e-12)


# -------------------------------------------------------------------------------- witnesses


def test_outputs_that_read_back_something_else_are_a_fault_and_the_read_back_is_believed():
    bench = Bench(Card(readback_off=0.05))
    bench.player.begin(bench.down(), None)
    bench.pass_by(1000)
    bench.player.halt()
    with pytest.raises(StreamError, match="output z should be at") as raised:
        bench.pass_by(2 * REST)
    assert raised.value.code == "counts-disagree"
    assert bench.player.settled
    assert bench.player.volts[2] == pytest.approx(bench.card.volts(bench.card.now)[2] + 0.05)
    assert bench.player.position["z"] == pytest.approx(10 * UM * bench.player.volts[2])


def test_a_driver_that_was_right_once_is_held_to_its_word():
    """It counted updates at the first stop; at the second one it says another number."""
    bench = Bench(Card(reports=50))
    bench.player.begin(bench.down(), None)
    bench.pass_by(1000)
    bench.player.halt()
    bench.settle()
    bench.card.reports = 70
    bench.player.begin(bench.down(), None)
    bench.pass_by(1000)
    bench.player.halt()
    with pytest.raises(StreamError, match="the driver says that 70"):
        bench.pass_by(2 * REST)


def test_before_the_samples_after_a_stop_have_come_nobody_says_where_the_tip_is():
    bench = Bench()
    bench.player.begin(bench.down(), None)
    bench.pass_by(1000)
    bench.player.halt()
    assert not bench.player.settled
    assert bench.player.unsettled_until == 1000 + REST
    with pytest.raises(RigError, match="before the previous one had ended"):
        bench.player.begin(bench.down(), None)
    bench.settle()
    assert bench.player.unsettled_until == 0


# ------------------------------------------------------------------------------------ flags


def flags(bench: Bench, raw: Raw, which: Flag) -> np.ndarray:
    return (bench.player.bits(raw) & which) != 0


def test_rows_are_moving_until_the_stage_arrives():
    bench = Bench()
    path = bench.down(49 * UM)
    bench.player.begin(path, None)
    raw = bench.pass_by(RATIO * (path.travel + 10))
    moving = flags(bench, raw, Flag.MOVING)
    assert moving.sum() == RATIO * path.travel - 1
    assert moving[: RATIO * path.travel - 1].all()
    assert not flags(bench, raw, Flag.FROZEN).any()


@pytest.mark.parametrize("frozen", [True, False])
def test_only_a_contact_freezes_and_the_next_motion_ends_it(frozen):
    bench = Bench()
    bench.player.begin(bench.down(), None)
    bench.pass_by(1000)
    bench.player.halt(frozen=frozen)
    bench.settle()
    raw = bench.pass_by(40)
    assert flags(bench, raw, Flag.FROZEN).all() == frozen
    assert flags(bench, raw, Flag.FROZEN).any() == frozen
    assert not flags(bench, raw, Flag.MOVING).any()
    bench.player.begin(bench.down(60 * UM), None)
    assert not flags(bench, bench.pass_by(40), Flag.FROZEN).any()


def test_a_change_of_the_command_alone_is_no_motion_and_does_not_end_a_freeze():
    bench = Bench()
    bench.player.begin(bench.down(), None)
    bench.pass_by(1000)
    bench.player.halt(frozen=True)
    bench.settle()
    bench.player.begin(bench.player.path({}, QUIET), None)
    raw = bench.pass_by(40)
    assert flags(bench, raw, Flag.FROZEN).all()
    assert not flags(bench, raw, Flag.MOVING).any()


# ------------------------------------------------------------------------------- emergencies


def test_outputs_that_do_not_move_on_are_seen_to_be_paused():
    bench = Bench(Card(stuck_at=30))
    bench.player.begin(bench.down(), None)
    assert not bench.player.paused(bench.pass_by(30 * RATIO))
    assert not bench.player.paused(bench.pass_by(5 * RATIO))
    assert bench.player.paused(bench.pass_by(30 * RATIO))


def test_outputs_at_rest_are_not_paused():
    bench = Bench()
    assert not bench.player.paused(bench.pass_by(1000))


def test_an_emergency_stops_the_task_though_another_thread_hangs_in_the_card():
    """It asks nothing else of the card, which might hang as well."""
    bench = Bench()
    bench.player.begin(bench.down(), None)
    bench.pass_by(1000)
    hangs, goes_on = threading.Event(), threading.Event()

    def hang() -> None:
        with bench.player._lock:
            hangs.set()
            goes_on.wait()

    thread = threading.Thread(target=hang)
    thread.start()
    hangs.wait()
    try:
        bench.player.halt_hastily()
        assert bench.card.story[-1] == "stop"
    finally:
        goes_on.set()
        thread.join()


def test_a_hasty_stop_is_understood_later_like_any_other():
    bench = Bench()
    path = bench.down()
    bench.player.begin(path, None)
    bench.pass_by(1000)
    bench.player.halt_hastily()
    bench.settle()
    assert bench.player.position["z"] == pytest.approx(path.positions(50)["z"], abs=1e-12)


def test_a_stop_of_outputs_at_rest_asks_nothing_of_the_card():
    bench = Bench()
    bench.player.halt()
    bench.player.halt_hastily()
    assert bench.card.story == []


def test_other_outputs_take_over_from_failed_ones():
    bench = Bench()
    other = Card()
    bench.player.use(other)  # type: ignore[arg-type]
    bench.player.begin(bench.down(), None)
    assert other.story == ["start"]
    assert bench.card.story == []
