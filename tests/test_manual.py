"""Driving by hand: with the same care as a scan, and refused before anything moves."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from remote_hosts import idle, own_runtime
from small_scan import small_scan

from seccm.conductor.manual import Manual
from seccm.errors import LimitError, NotNow, RigError, SeccmError
from seccm.events import Event, Landed, Note
from seccm.hopping.circuit import Circuit
from seccm.remote import Client, Job
from seccm.rig import Action, Block, Move, Rig, SafeReport
from seccm.rigs import build_rig, load_rig

UM = 1e-6


class ByHand:
    """The virtual rig, as fast as it can, and what was said."""

    def __init__(self, *faults: str, pace: float = 0.0) -> None:
        plan = small_scan(1, 1)
        self.rig = build_rig(load_rig("virtual"), plan.mounted, seed=1, faults=faults, pace=pace)
        self.rig.open()
        self.heard: queue.Queue[Event] = queue.Queue()
        self.events: list[Event] = []
        self.first = threading.Event()
        self.at: dict[str, float] = {}
        self.lowest = 1.0
        self._when: tuple[Callable[[dict[str, float]], bool], Callable[[], None]] | None = None
        self.failure: RigError | None = None
        self.lifted: list[SafeReport] = []
        self.manual = Manual(
            self.rig, plan.sites()[0], self._look, self.heard.put, self.lifted.append
        )
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self.first.wait(20.0) or self.failure

    def _look(self, block: Block) -> None:
        self.at = {axis: float(block.data[axis][-1]) for axis in ("x", "y", "z")}  # type: ignore[index]
        self.lowest = min(self.lowest, self.at["z"])
        if self._when is not None and self._when[0](self.at):
            do, self._when = self._when[1], None
            do()

    def _run(self) -> None:
        turn = self.manual._turn

        def turned() -> None:
            turn()
            self.first.set()

        self.manual._turn = turned  # type: ignore[method-assign]
        try:
            self.manual.run()
        except RigError as error:
            self.failure = error
        finally:
            self.first.set()

    def once(self, there: Callable[[dict[str, float]], bool], do: Callable[[], None]) -> None:
        """Do something as soon as the tip is somewhere."""
        self._when = there, do

    def contact(self) -> float:
        """Height of the newest contact that was told."""
        return [e.landing.z_crossing for e in self.events if isinstance(e, Landed)][-1]

    def do(self, what: str, **how: object) -> str:
        """Do something and return what was said of it."""
        self.manual.ask(what, **how)
        return self.said()

    def said(self) -> str:
        while True:
            event = self.heard.get(timeout=20.0)
            self.events.append(event)
            if isinstance(event, Note):
                return event.text

    def close(self) -> str:
        self.manual.close()
        self._thread.join()
        return [self.said() for _ in range(self.heard.qsize() or 1)][-1]


@pytest.fixture
def hand() -> Iterator[ByHand]:
    found = ByHand()
    yield found
    found.manual.close()
    found._thread.join()


@pytest.fixture
def paced() -> Iterator[ByHand]:
    """A rig that takes its time, so that something can come in between."""
    found = ByHand(pace=20.0)
    yield found
    found.manual.close()
    found._thread.join()


def truth(rig: Rig) -> list[object]:
    """The landings that really happened."""
    return rig.truth.landings  # type: ignore[attr-defined, no-any-return]


def test_a_jog_goes_where_it_says(hand: ByHand):
    assert hand.do("jog", axis="x", to=20 * UM, speed=50 * UM).startswith("x is at ")
    assert hand.at["x"] == pytest.approx(20 * UM, abs=0.1 * UM)
    assert hand.do("jog", axis="z", to=80 * UM, speed=20 * UM).startswith("z is at ")
    assert hand.at["z"] == pytest.approx(80 * UM, abs=0.1 * UM)
    assert truth(hand.rig) == []


@pytest.mark.parametrize(
    ("axis", "to", "speed"),
    [("x", 200 * UM, 1e-5), ("z", -1 * UM, 1e-6), ("y", 0.0, 1.0), ("y", 0.0, 0.0), ("w", 0, 1e-6)],
)
def test_a_jog_out_of_range_is_refused_before_anything_moves(
    hand: ByHand, axis: str, to: float, speed: float
):
    before = dict(hand.at)
    with pytest.raises(LimitError, match="nothing moved"):
        hand.manual.ask("jog", axis=axis, to=to, speed=speed)
    hand.do("off")
    for name, value in before.items():
        assert hand.at[name] == pytest.approx(value, abs=0.1 * UM)


def test_an_approach_lands_and_the_tip_does_not_go_sideways_until_it_is_lifted(hand: ByHand):
    assert hand.do("approach").startswith("Contact at")
    landed = [event.landing for event in hand.events if isinstance(event, Landed)]
    assert len(landed) == len(truth(hand.rig)) == 1
    assert hand.manual.circuit is Circuit.CLOSED
    for what, how in (("jog", {"axis": "x", "to": 1 * UM, "speed": 1e-6}), ("approach", {})):
        with pytest.raises(NotNow, match="retract"):
            hand.manual.ask(what, **how)
    assert hand.do("drive", mode="current", value=-1e-10) == "The current is -100 pA."
    assert hand.do("retract").startswith("Retracted")
    assert hand.manual.circuit is Circuit.OPEN
    assert hand.at["z"] - landed[0].z > 7 * UM
    hand.do("jog", axis="x", to=1 * UM, speed=50 * UM)
    assert len(truth(hand.rig)) == 1


def test_a_jog_downward_stops_at_the_surface(hand: ByHand):
    """However far down it was to go, and however fast."""
    assert hand.do("jog", axis="z", to=0.0, speed=50 * UM).startswith("Contact at")
    assert hand.manual.circuit is Circuit.CLOSED
    assert len(truth(hand.rig)) == 1
    landed = next(event.landing for event in hand.events if isinstance(event, Landed))
    assert landed.overtravel < 100e-9


def test_a_short_jog_downward_ends_in_the_air(hand: ByHand):
    start = hand.at["z"]
    assert hand.do("jog", axis="z", to=start - 2 * UM, speed=2 * UM).startswith("No contact")
    assert hand.at["z"] == pytest.approx(start - 2 * UM, abs=0.1 * UM)
    assert hand.manual.circuit is Circuit.UNKNOWN


def test_one_thing_at_a_time_and_hold_ends_it(hand: ByHand):
    hand.manual.ask("jog", axis="x", to=0.0, speed=1e-9)
    with pytest.raises(NotNow, match="busy with jog x"):
        hand.manual.ask("off")
    before = hand.at["x"]
    assert hand.do("hold") == "Motion stopped."
    hand.do("off")
    assert hand.at["x"] == pytest.approx(before, abs=0.2 * UM)
    assert hand.manual.doing == ""


def test_a_retract_ends_what_is_being_done_and_lifts_the_tip(paced: ByHand):
    """A key that lifts the tip is of no use if it waits for an approach to end."""
    paced.do("jog", axis="z", to=60 * UM, speed=50 * UM)
    paced.once(lambda at: at["z"] < 57 * UM, lambda: paced.manual.ask("retract"))
    paced.manual.ask("approach")
    assert paced.said() == "Motion stopped."
    assert paced.said().startswith("Retracted to ")
    assert paced.at["z"] == pytest.approx(paced.lowest + 8 * UM, abs=0.3 * UM)
    assert not any(isinstance(event, Landed) for event in paced.events)
    paced.manual.ask("retract")
    with pytest.raises(NotNow, match="busy with retract"):
        paced.manual.ask("retract")
    assert paced.said().startswith("Retracted to ")


def test_it_is_known_where_axes_were_told_to_go_unless_they_were_stopped(paced: ByHand):
    paced.do("jog", axis="x", to=20 * UM, speed=50 * UM)
    paced.do("jog", axis="z", to=60 * UM, speed=50 * UM)
    assert paced.manual.commanded == {"x": 20 * UM, "z": 60 * UM}
    paced.once(lambda at: at["x"] > 20.5 * UM, lambda: paced.manual.ask("hold"))
    assert paced.do("jog", axis="x", to=60 * UM, speed=1 * UM) == "Motion stopped."
    assert paced.manual.commanded == {"z": 60 * UM}
    with pytest.raises(LimitError):
        paced.manual.ask("jog", axis="z", to=1.0, speed=1 * UM)
    assert paced.manual.commanded == {"z": 60 * UM}, "what was refused was not commanded"
    assert paced.do("approach").startswith("Contact at")
    assert "z" not in paced.manual.commanded, "the surface stopped it"


def test_an_emergency_lifts_the_tip_clear_of_the_surface_and_a_second_one_to_the_top(hand: ByHand):
    hand.do("approach")
    contact = hand.contact()
    hand.manual.make_safe(retract=True)
    said = hand.said()
    assert "Cell off, tip lifted" in said
    assert "circuit is open" in said
    hand.do("off")
    assert 8 * UM < hand.at["z"] - contact < 9 * UM
    assert hand.manual.circuit is Circuit.UNKNOWN
    for _ in range(2):
        hand.manual.make_safe(retract=True)
        said = hand.said()
    assert "fully retracted" in said
    assert len(hand.lifted) == 3
    hand.do("off")
    assert hand.at["z"] == pytest.approx(hand.rig.info.axes["z"].travel.upper, abs=0.2 * UM)


@pytest.mark.parametrize("weaker", ["hold", "halt", "retract"])
def test_nothing_takes_the_place_of_an_emergency_that_waits_for_its_block(weaker: str):
    plan = small_scan(1, 1)
    rig = build_rig(load_rig("virtual"), plan.mounted, seed=1)
    rig.open()
    lifted: list[SafeReport] = []
    manual = Manual(rig, plan.sites()[0], lambda block: None, lambda event: None, lifted.append)
    manual._conductor.start()
    manual.make_safe(retract=True)
    if weaker == "halt":
        manual.make_safe(retract=False)
    elif weaker == "hold":
        manual.ask(weaker)
    else:
        with pytest.raises(NotNow, match="being made safe"):
            manual.ask(weaker)
    manual._turn()
    [report] = lifted
    assert report.retracted
    assert manual.doing == ""
    assert not manual.stopping
    rig.close()


def test_a_jog_downward_is_watched_however_far_the_sensor_is_off(hand: ByHand):
    """The sensor reads 50 nm low; steps of 10 nm below where the output is are steps down."""
    read, apply = hand.rig.read, hand.rig.apply
    moves: list[Move] = []

    def low() -> Block:
        block = read()
        return replace(block, data={**block.data, "z": block.data["z"] - 50e-9})

    def noted(action: Action) -> None:
        if isinstance(action, Move):
            moves.append(action)
        apply(action)

    hand.rig.read, hand.rig.apply = low, noted  # type: ignore[method-assign]
    hand.do("jog", axis="z", to=60 * UM, speed=50 * UM)
    moves.clear()
    for step in range(1, 6):
        hand.do("jog", axis="z", to=60 * UM - step * 10e-9, speed=1 * UM)
    assert len(moves) == 5
    assert all(move.until is not None for move in moves)
    hand.do("jog", axis="z", to=60 * UM, speed=1 * UM)
    assert moves[-1].until is None, "upward there is nothing to watch for"


def test_a_halt_leaves_the_tip_where_it_is(hand: ByHand):
    hand.do("approach")
    before = hand.at["z"]
    hand.manual.make_safe(retract=False)
    assert "held" in hand.said()
    hand.do("off")
    assert hand.at["z"] == pytest.approx(before, abs=0.2 * UM)
    assert hand.manual.circuit is Circuit.CLOSED


def test_what_cannot_be_done_by_hand_is_said(hand: ByHand):
    with pytest.raises(SeccmError, match="no command 'dance'"):
        hand.manual.ask("dance")
    with pytest.raises(LimitError, match="Switch the cell off"):
        hand.manual.ask("drive", mode="open", value=0.0)
    with pytest.raises(LimitError, match="outside"):
        hand.manual.ask("drive", mode="potential", value=100.0)


def test_a_tip_that_is_wet_does_not_come_down():
    hand = ByHand("wet-at-start")
    assert "did not descend" in hand.do("approach")
    assert hand.manual.circuit is Circuit.CLOSED
    hand.close()
    assert truth(hand.rig) == []


def test_the_end_of_manual_control_raises_the_tip():
    hand = ByHand()
    hand.do("approach")
    assert "retracted" in hand.close()
    assert hand.rig.height == pytest.approx(  # type: ignore[attr-defined]
        hand.rig.info.axes["z"].travel.upper, abs=0.2 * UM
    )


@pytest.mark.glass
def test_glass_on_the_surface_is_told_at_the_end_of_manual_control():
    """A clogged pipette that is sent down before anything knows the surface."""
    hand = ByHand("clogged-tip")
    hand.do("approach")
    assert "glass touched the surface once" in hand.close()


def test_a_rig_that_fails_ends_manual_control_safely():
    hand = ByHand("stalled-read")
    assert hand.failure is not None
    assert "Cell off" in hand.said()
    hand._thread.join()


def test_by_hand_from_a_client_and_then_a_scan():
    with own_runtime() as base, Client.in_process() as client:
        job = Job.new(small_scan(1, 1), path=base / "scan.h5", pace=50.0)
        client.open_rig(job)
        client.wait(lambda n: n.progress is not None and "x" in n.progress.now)
        refused = client.begin(job)
        heard = client.wait(lambda n: any(a.ticket == refused for a in n.answers))
        assert "the rig is in use (manual)" in heard[-1].answers[-1].text
        client.act("approach")
        heard = client.wait(lambda n: any(isinstance(e, Landed) for e in n.events))
        assert sum(len(n.trace) for n in heard) > 0
        client.wait(lambda n: n.progress is not None and n.progress.hand == "")
        progress = client.poll().progress
        assert progress is not None
        assert progress.circuit is Circuit.CLOSED
        client.act("close")
        client.wait(idle)
        client.begin(job)
        client.wait(lambda n: n.status is not None and n.status.finished == 1)
        client.wait(idle)
