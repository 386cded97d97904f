"""How far past the surface the tip goes on an NI card, whatever the computer does meanwhile."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from nidaq_bench import HOLD, descend, height, nidaq_rig, overtravel, running
from rig_contract import Stream

import hardware.ni.inputs
import hardware.ni.nidaq
from hardware.ni.inputs import Inputs, Raw
from hardware.ni.latch import Latch
from hardware.ni.nidaq import NidaqRig
from seccm.errors import LimitError, RigError
from seccm.plan.contacts import current_threshold, potential_drop
from seccm.rig import Action, Constant, ContactRule, Drive, Flag, Freeze, Lines, Mark, Move

READING = 20e-9
"""Metres of noise and of the swing of a closed loop."""
ANODIC = current_threshold(50e-12, "anodic")


def stalled(at: float, seconds: float) -> dict[str, Any]:
    """A computer that does nothing for some time."""
    return {"host": {"stall_at": f"{at} s", "stall": f"{seconds} s"}}


def outcome(stream: Stream, speed: float, rule: ContactRule | None) -> str:
    """Come down; return the code of what went wrong, if something did."""
    try:
        descend(stream, speed, rule, rest=0.2)
    except RigError as error:
        return error.code
    return ""


# Without shrinking: an example takes half a second, and a failure is understood as it is.
@settings(max_examples=12, derandomize=True, phases=[Phase.explicit, Phase.generate])
@given(
    kind=st.sampled_from(["streamed", "stepped", "hardware"]),
    speed=st.floats(0.5e-6, 15e-6),
    block=st.sampled_from([2.5, 4.0, 10.0]),
    jitter=st.floats(0.0, 3.0),
    start=st.floats(51.9, 53.0),
    stall_at=st.floats(0.05, 1.0),
    stall=st.floats(0.0, 0.3),
    seed=st.integers(0, 99),
)
def test_the_tip_never_ends_below_the_surface_by_more_than_was_declared(
    kind: str,
    speed: float,
    block: float,
    jitter: float,
    start: float,
    stall_at: float,
    stall: float,
    seed: int,
) -> None:
    """At any speed, block, phase, height and delay of the computer, even one that hangs."""
    world = {
        "stage": {"start_z": f"{start} um"},
        "host": {
            "jitter": f"{jitter} ms",
            "stall_at": f"{stall_at} s",
            "stall": f"{stall} s",
        },
    }
    stop = {"kind": kind, "block": f"{block} ms"}
    with nidaq_rig(stop, world, seed=seed) as rig:
        stream = running(rig)
        # A computer that hangs for longer than the horizon ends the run, not the pipette.
        assert outcome(stream, speed, ANODIC if kind == "hardware" else None) in ("", "underflow")
        rig.safe("test", retract=False)
        if rig.bench.plugged.truth.landings:
            assert overtravel(rig) <= rig.info.overtravel(speed) + READING


@pytest.mark.parametrize(
    ("stop", "most"),
    [
        ({"block": "10 ms"}, 50e-9),
        ({"block": "2.5 ms"}, 30e-9),
        ({"kind": "hardware"}, 25e-9),
        ({"kind": "stepped"}, 60e-9),
    ],
)
def test_an_ordinary_stop_at_2_um_a_second_is_nanometres(stop: dict[str, str], most: float) -> None:
    """Stop latency times speed, 10 nm of lag of the stage included."""
    with nidaq_rig(stop) as rig:
        stream = running(rig)
        descend(stream, 2e-6, ANODIC)
        assert -READING < overtravel(rig) < most
        [record] = stream.records
        assert record.crossing is not None
        assert record.stopped is not None


def test_what_was_sampled_before_a_motion_is_no_contact_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A program that is behind reads late how the leads were charged, 0.5 nA at switching on."""
    monkeypatch.setattr(hardware.ni.inputs, "LONGEST", 0.0)
    slow = {"host": {"call": "1 ms"}, "stage": {"start_z": "60 um"}}
    with nidaq_rig(virtual=slow) as rig:
        rig.open()
        rig.start()
        stream = Stream(rig)
        stream.rest(0.1)
        z = stream.position("z")
        rig.apply(HOLD)
        stream.read()
        assert np.abs(stream.column("current")).max() < 50e-12
        rig.apply(Move("z", z - 0.5e-6, 2e-6, until=current_threshold(50e-12)))
        stream.rest(0.4)
        assert np.abs(stream.column("current")).max() > 50e-12
        assert stream.position("z", 0.02) == pytest.approx(z - 0.5e-6, abs=READING)


def test_a_hanging_program_lets_the_tip_go_on_for_the_horizon_and_no_longer() -> None:
    """A second without the program at 2 um/s is 2 um; the outputs run dry after 0.2 um."""
    with nidaq_rig() as rig:
        descend(running(rig), 2e-6)
        touch = rig.bench.plugged.truth.landings[0].t
    with nidaq_rig(virtual=stalled(touch - 0.03, 1.0)) as rig:
        # It depends on where it hangs whether the contact or the dry outputs are seen first.
        assert outcome(running(rig), 2e-6, None) in ("", "underflow")
        assert 0.05e-6 < overtravel(rig) < 2e-6 * 0.11 + READING


def test_outputs_that_ran_dry_hold_and_end_the_run() -> None:
    """The tip is where the last sample left it; safe finds it there and lifts it."""
    with nidaq_rig(virtual=stalled(0.5, 1.0)) as rig:
        stream = running(rig)
        before = height(rig)
        assert outcome(stream, 2e-6, None) == "underflow"
        assert 0.5e-6 < before - height(rig) < 2e-6 * 0.6
        with pytest.raises(RigError, match=r"stop\.horizon"):
            rig.read()
        report = rig.safe("test")
        assert report.frozen
        assert report.retracted
        assert height(rig) == pytest.approx(100e-6, abs=READING)


def unlatched(*arguments: Any) -> Latch:
    """The trigger as it would be without hysteresis."""
    held = hardware.ni.latch.latch(*arguments)
    return Latch(held.terminal, held.level, held.above, hysteresis=0.0)


def spike_then_nothing() -> dict[str, Any]:
    """A charging spike that decays, and a program that is away while the tip touches."""
    cell = {
        "kind": "circuit",
        "series": "100 Mohm",
        "parallel": "1000 Gohm",
        "capacitance": "10 pF",
        "apertures": [{"diameter": "50 nm"}, {"diameter": "30 um"}],
    }
    away = stalled(0.98, 0.08)
    return away | {"samples": {"spike": cell}, "stage": {"start_z": "57 um"}}


@pytest.mark.parametrize("latched", [True, False])
def test_only_a_latched_trigger_outlasts_the_spike_of_a_contact(
    monkeypatch: pytest.MonkeyPatch, latched: bool
) -> None:
    """Unlatched, the tip goes on for hundreds of nanometres before the program is back."""
    if not latched:
        monkeypatch.setattr(hardware.ni.nidaq, "latch", unlatched)
    with nidaq_rig({"kind": "hardware"}, spike_then_nothing(), sample="spike") as rig:
        stream = running(rig)
        if latched:
            descend(stream, 6e-6, ANODIC)
            assert overtravel(rig) < 50e-9
            return
        with pytest.raises(RigError, match="does not latch") as caught:
            descend(stream, 6e-6, ANODIC)
        assert caught.value.code == "resumed"
        assert overtravel(rig) > 200e-9


def test_a_card_that_stops_on_noise_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparator sees what averaging hides: the motion ends, without a crossing."""
    with nidaq_rig({"kind": "hardware"}, {"electrometer": {"hum": "8 pA"}}) as rig:
        stream = running(rig)
        rule = current_threshold(9e-12, "anodic")
        stream.rig.apply(Move("z", stream.position("z") - 1e-6, 0.2e-6, until=rule))
        stream.until(lambda block: bool(block.flags[-1] & Flag.FROZEN), 10.0)
        stream.rest(0.1)
        [record] = stream.records
        assert record.crossing is None
        assert not rig.bench.plugged.truth.landings


def test_a_rule_that_the_comparator_cannot_keep_is_refused_before_anything_moves() -> None:
    """The promise of the hardware stop holds for every motion, or the motion does not begin."""
    with nidaq_rig({"kind": "hardware"}) as rig:
        stream = running(rig)
        z = stream.position("z")
        for rule in (current_threshold(50e-12), potential_drop(5.0)):
            with pytest.raises(LimitError, match="nothing moved"):
                rig.apply(Move("z", z - 1e-6, 1e-6, until=rule))
        stream.rest(0.1)
        assert abs(stream.position("z") - z) < READING


# No jumps.

STORY: list[tuple[float, list[Action]]] = [
    (0.10, [Move("x", 51e-6, 5e-6), Move("y", 49e-6, 5e-6)]),
    (0.07, [Drive("potential", Lines((0.0, 0.3, 0.6), (0.5, -0.5, 0.5)))]),
    (0.05, [Move("z", 54e-6, 10e-6)]),
    (0.04, [Freeze("test")]),
    (0.03, [Move("x", 50e-6, 20e-6), Drive("current", Constant(1e-10))]),
    (0.06, [Drive("open", Constant(0.0))]),
    (0.02, [Move("z", 53.5e-6, 2e-6), Move("x", 50.5e-6, 1e-6)]),
]


@pytest.mark.parametrize("counted", ["updates", "transfers"])
@pytest.mark.parametrize("kind", ["streamed", "stepped"])
def test_no_output_ever_jumps(monkeypatch: pytest.MonkeyPatch, kind: str, counted: str) -> None:
    """Motions that are broken off, joined and frozen begin where the last one was.

    Seen in the read-back of the outputs, from values that are not zero when the rig is opened,
    and whether the driver's count is of updates or of transfers into the on-board memory.
    """
    seen: list[np.ndarray] = []
    read = Inputs.read

    def spy(inputs: Inputs, least: int) -> Raw:
        raw = read(inputs, least)
        rows = inputs.index([f"_ao{n}_vs_aognd" for n in range(3)])
        seen.append(raw.volts[rows])
        return raw

    monkeypatch.setattr(Inputs, "read", spy)
    with nidaq_rig({"kind": kind}, {"card": {"positions_count": counted}}) as rig:
        stream = running(rig)
        for seconds, actions in STORY * 2:
            for action in actions:
                rig.apply(action)
            stream.rest(seconds)
        stream.rest(0.6)
        assert stream.position("z") == pytest.approx(53.5e-6, abs=READING)
    volts = np.concatenate(seen, axis=1)
    # 20 um/s for a block of 10 ms is 20 mV where steps cannot be avoided; 0.4 mV else.
    allowed = 0.02 if kind == "stepped" else 0.0004
    noise = 0.0025
    assert np.abs(np.diff(volts, axis=1)).max() < allowed + noise


def test_a_drive_that_names_an_earlier_row_goes_on_in_time() -> None:
    """Row r of a drive ends at (r - since + 1) periods of its waveform, broken off or not."""
    sweep = Lines((0.0, 1.0), (0.0, 1.0))
    with nidaq_rig() as rig:
        stream = running(rig)
        since = stream.row
        rig.apply(Drive("potential", sweep))
        stream.rest(0.3)
        rig.apply(Move("x", 51e-6, 2e-6))
        stream.rest(0.1)
        rig.apply(Drive("potential", sweep, since=since))
        stream.rest(0.3)
        period = rig.info.clock.period
        t = (np.arange(stream.row - since) + 0.5) * period
        off = np.abs(stream.column("potential")[since:] - t)
        # A few rows while one path ends and another begins are held.
        assert np.quantile(off, 0.9) < 5e-3
        assert off[-20:].max() < 5e-3


def test_a_counter_that_counts_something_else_is_a_fault_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The stop itself does not depend on it: the tip holds, and safe finds where it is."""
    read = Inputs.read

    def drifting(inputs: Inputs, least: int) -> Raw:
        raw = read(inputs, least)
        assert raw.counts is not None
        return Raw(raw.first, raw.volts, raw.counts * 2)

    monkeypatch.setattr(Inputs, "read", drifting)
    with nidaq_rig() as rig:
        rig.open()
        rig.start()
        stream = Stream(rig)
        rig.apply(Move("x", 51e-6, 10e-6))
        with pytest.raises(RigError, match="count") as caught:
            stream.rest(0.3)
        assert caught.value.code == "counts-disagree"
        assert rig.safe("test").drive_off


def test_what_stops_the_tip_is_said_by_the_rig() -> None:
    """`auto` takes the best that the card has, and the promise goes with it."""
    kinds: list[tuple[dict[str, Any], str]] = [
        ({}, "hardware"),
        ({"card": {"analog_trigger": False}}, "streamed"),
        ({"card": {"counters": 0}}, "stepped"),
    ]
    worst: list[float] = []
    for card, kind in kinds:
        with nidaq_rig({"kind": "auto"}, card) as rig:
            rig.open()
            assert rig.info.stop.kind == kind
            worst.append(rig.info.stop.worst)
    assert worst[0] < 2e-3
    assert worst[1] == pytest.approx(0.64e-3 + 10e-3 + 100e-3)
    assert worst[2] == pytest.approx(0.64e-3 + 2 * 10e-3)


def test_the_drive_stays_on_through_a_contact() -> None:
    """A sweep that runs during an approach goes on after it."""
    with nidaq_rig() as rig:
        stream = running(rig, HOLD)
        rig.apply(Drive("potential", Lines((0.0, 4.0), (0.5, 0.9))))
        descend(stream, 2e-6)
        before = stream.column("potential")[-1]
        stream.rest(0.3)
        assert stream.column("potential")[-1] == pytest.approx(before + 0.03, abs=0.01)


def test_marks_raise_a_line_that_is_in_the_file() -> None:
    """Any other is refused."""
    with nidaq_rig() as rig:
        stream = running(rig)
        rig.apply(Mark("camera"))
        stream.read()
        with pytest.raises(LimitError, match="camera"):
            rig.apply(Mark("kamera"))


def test_a_closed_rig_leaves_its_outputs_as_they_are() -> None:
    """Closing is not retracting."""
    with nidaq_rig() as rig:
        running(rig)
        plugged = rig.bench.plugged
        before = plugged.height
        rig.close()
        assert isinstance(rig, NidaqRig)
        assert plugged.height == pytest.approx(before, abs=1e-9)
