"""What goes wrong at an NI card, in words, with the tip safe and the data kept."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nidaq_bench import RIG_FILE, descend, height, nidaq_rig, rig_table, running
from rig_contract import Stream

import hardware.ni
import seccm
from seccm.data import open_scan
from seccm.errors import PlanError, RigError, StreamError
from seccm.events import Landed, Outcome, SiteFinished
from seccm.rig import Flag, Mounted, Move
from seccm.rigs import build_rig, load_rig

MOUNTED = Mounted("dummy-resistor", 6e-6)


class Failing:
    """A function of the C library that reports an error from some call on.

    Args:
        good: the function as it is.
        code: DAQmx status.
        after: calls that still work.
        times: calls that fail.
    """

    def __init__(
        self, good: Callable[..., int], code: int, after: int = 0, times: float = np.inf
    ) -> None:
        self.argtypes: Any = None
        self._good, self._code, self._after, self._times = good, code, after, times

    def __call__(self, *arguments: Any) -> int:
        self._after -= 1
        if self._after >= 0 or self._times <= 0:
            return self._good(*arguments)
        self._times -= 1
        return self._code


def break_function(rig: Any, name: str, code: int, after: int = 0, times: float = np.inf) -> None:
    """Let a function of the library report an error from now on."""
    library = rig.bench.plugged.library
    setattr(library, name, Failing(getattr(library, name), code, after, times))


# Bad input: one sentence each, before anything moves.

Change = Callable[[dict[str, Any]], object]
MISTAKES: list[tuple[str, Change, str]] = [
    ("a terminal that is none", lambda t: t["axes"]["x"].update(output="A0"), "axes.x.output"),
    (
        "two names for one output",
        lambda t: t["axes"]["y"].update(output="ao0"),
        "axes.y.output: ao0 is wired to axes.x.output already",
    ),
    (
        "two names for one input",
        lambda t: t["inputs"]["potential"].update(terminal="ai0"),
        "inputs.potential.terminal: ai0 is wired to inputs.current.terminal already",
    ),
    ("no calibration", lambda t: t["axes"]["z"].pop("calibrated"), "axes.z.calibrated: is missing"),
    ("no sign", lambda t: t["inputs"]["current"].pop("sign"), "inputs.current.sign: is missing"),
    ("a sign that is none", lambda t: t["cell"]["potential"].update(sign=0), "cell.potential.sign"),
    (
        "a gain without a unit",
        lambda t: t["axes"]["x"].update(gain=10.0),
        "axes.x.gain: write a number and a unit of m/V",
    ),
    (
        "volts beyond the card",
        lambda t: t["axes"]["x"].update(volts=["-5 V", "75 V"]),
        "beyond what a card can put out",
    ),
    ("an axis too few", lambda t: t["axes"].pop("y"), "axes.y: is missing"),
    (
        "0 V not retracted",
        lambda t: t["axes"]["z"].update(sign=1, offset="0 um"),
        "0 V is z = 0 m, not the fully retracted 100 um",
    ),
    (
        "0 V in the middle",
        lambda t: t["axes"]["z"].update(volts=["-10 V", "10 V"]),
        "not the fully retracted 200 um",
    ),
    (
        "a range that is not listed",
        lambda t: t["inputs"]["current"].update(range="1 nA"),
        'range: "1 nA" is not one of the ranges: "20 nA"',
    ),
    ("no line between the modes", lambda t: t["cell"].pop("mode_line"), "no mode_line to choose"),
    ("no overload", lambda t: t["cell"].pop("overload"), "overload belongs to a galvanostat"),
    (
        "a horizon shorter than its blocks",
        lambda t: t["stop"].update(block="20 ms", horizon="50 ms"),
        "horizon must be at least three blocks",
    ),
    (
        "a hardware stop without its wire",
        lambda t: (t["stop"].pop("trigger"), t["stop"].update(kind="hardware")),
        "needs the table stop.trigger",
    ),
    ("an unknown stand-in", lambda t: t.update(library="virtuel"), 'Did you mean "virtual"?'),
]


@pytest.mark.parametrize(
    ("change", "words"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_a_mistake_in_the_rig_file_is_named_before_a_driver_is_loaded(
    change: Change, words: str
) -> None:
    """With the key it is about."""
    table = rig_table()
    change(table)
    with pytest.raises(PlanError) as caught:
        hardware.ni.open_rig(table, MOUNTED, source="bench.toml")
    assert words in str(caught.value)


def test_every_mistake_is_named_at_once() -> None:
    """Three mistakes, three problems."""
    table = rig_table()
    table["axes"]["y"]["output"] = "ao0"
    table["inputs"]["potential"]["terminal"] = "ai0"
    table["axes"]["z"] |= {"sign": 1, "offset": "0 um"}
    with pytest.raises(PlanError) as caught:
        hardware.ni.open_rig(table, MOUNTED)
    assert len(caught.value.problems) == 3


CARDS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"device": "Dev2"}, {}, "no device of this name; present: Dev1"),
    ({}, {"card": {"outputs": 2}}, "it has 2 analog outputs, but x, y, z and the cell need 4"),
    ({}, {"card": {"inputs": 2}}, "axes.x.sensor.terminal: there is no ai2"),
    ({}, {"card": {"counters": 0}}, 'it cannot stop by "streamed"; it can by: stepped'),
    ({"clock": {"sample_rate": "500 kHz"}}, {}, "clock.sample_rate: 500 kHz for 9 inputs"),
]


@pytest.mark.parametrize(("tables", "virtual", "words"), CARDS)
def test_a_card_that_does_not_fit_is_said_so_and_nothing_moves(
    tables: dict[str, Any], virtual: dict[str, Any], words: str
) -> None:
    """Wrong name, too few outputs, no such terminal, too slow."""
    with nidaq_rig(virtual=virtual, **tables) as rig:
        with pytest.raises(RigError) as caught:
            rig.open()
        assert words in str(caught.value)
        assert "Nothing moved" in str(caught.value)
        assert caught.value.remedy
        assert not rig.safe("test").retracted


def test_without_nis_driver_one_sentence_says_what_to_install() -> None:
    """The Python package is here, the library is not."""
    rig = build_rig(load_rig("nidaq"), MOUNTED)
    with pytest.raises(RigError, match=r"is not installed.*ni\.com") as caught:
        rig.open()
    assert caught.value.code == "no-driver"
    rig.close()


def test_a_real_card_is_not_asked_to_play_faults() -> None:
    """Nor to keep a pace."""
    with pytest.raises(PlanError, match="virtual rigs"):
        build_rig(load_rig("nidaq"), MOUNTED, faults=["no-surface"])


def test_a_stage_outside_of_its_range_is_not_moved() -> None:
    """Outputs at volts that the controller does not take: something is wired wrong."""
    axes = rig_table()["axes"]
    axes["x"]["volts"] = ["0 V", "4 V"]
    with nidaq_rig(axes=axes) as rig:
        with pytest.raises(RigError, match="the output carries 5") as caught:
            rig.open()
        assert caught.value.where == "x"


# Failures in a motion: frozen first, the rows so far delivered, then raised, then safe.


def moving(rig: Any) -> Stream:
    """A rig whose tip is on its way down, not near the surface."""
    stream = running(rig)
    rig.apply(Move("z", stream.position("z", 0.02) - 1e-6, 1e-6))
    stream.rest(0.1)
    return stream


BREAKS: list[tuple[str, int, str]] = [
    ("DAQmxReadAnalogF64", -200279, "overrun"),
    ("DAQmxReadAnalogF64", -200361, "card-overflow"),
    ("DAQmxReadAnalogF64", -200284, "stalled-read"),
    ("DAQmxReadCounterU32Ex", -200284, "stalled-read"),
    ("DAQmxWriteAnalogF64", -200290, "underflow"),
    ("DAQmxWriteAnalogF64", -200621, "underflow"),
    ("DAQmxWriteAnalogF64", -200292, "write-late"),
    ("DAQmxWriteAnalogF64", -50103, "reserved"),
]


@pytest.mark.parametrize(("function", "status", "code"), BREAKS)
def test_after_each_failure_the_tip_is_frozen_and_safe_retracts_it(
    function: str, status: int, code: str
) -> None:
    """The failure happens once; where the outputs are can still be read back."""
    with nidaq_rig() as rig:
        stream = moving(rig)
        before = height(rig)
        break_function(rig, function, status, times=1)
        with pytest.raises(RigError) as caught:
            stream.rest(1.0)
        assert caught.value.code == code
        assert caught.value.remedy
        held = height(rig)
        assert before - 0.3e-6 < held <= before
        report = rig.safe("test")
        assert report.frozen
        assert report.drive_off
        assert report.retracted
        assert height(rig) == pytest.approx(100e-6, abs=20e-9)


def test_what_cannot_be_read_back_is_not_moved() -> None:
    """If no input ever works again the tip is held, and the report says so."""
    with nidaq_rig() as rig:
        stream = moving(rig)
        break_function(rig, "DAQmxReadAnalogF64", -200284)
        with pytest.raises(StreamError):
            stream.rest(1.0)
        held = height(rig)
        report = rig.safe("test")
        assert report.frozen
        assert not report.retracted
        assert "held" in report.what
        assert height(rig) == pytest.approx(held, abs=5e-9)


def test_an_unplugged_card_is_not_trusted() -> None:
    """Nothing can be known or done; the report promises nothing."""
    with nidaq_rig(faults=("unplugged@at=0.3 s",)) as rig:
        stream = running(rig)
        rig.apply(Move("z", stream.position("z", 0.02) - 1e-6, 1e-6))
        with pytest.raises(RigError) as caught:
            stream.rest(1.0)
        assert caught.value.code == "unplugged"
        assert "raise the tip at the stage controller" in caught.value.remedy
        report = rig.safe("test")
        assert not report.frozen
        assert not report.drive_off
        assert not report.retracted


def test_a_clock_that_stands_still_times_out_with_its_last_samples_kept() -> None:
    """The rows up to the failure are delivered before it is raised."""
    with nidaq_rig(faults=("stalled-read@at=0.5 s",)) as rig:
        stream = running(rig)
        with pytest.raises(StreamError) as caught:
            stream.rest(5.0)
        assert caught.value.code == "stalled-read"
        seconds = stream.row * rig.info.clock.period
        # Less one row that was not full; the world begins a little before the stream.
        assert 0.45 < seconds < 0.51
        assert rig.safe("test").what


def test_a_rig_that_failed_keeps_saying_why() -> None:
    """The first failure, not what followed from it."""
    with nidaq_rig() as rig:
        stream = moving(rig)
        break_function(rig, "DAQmxWriteAnalogF64", -200290, times=1)
        with pytest.raises(RigError, match="ran out of samples"):
            stream.rest(1.0)
        rig.safe("test")
        with pytest.raises(RigError, match="ran out of samples"):
            rig.read()


def test_saturation_in_the_transient_of_a_contact_is_flagged_and_no_fault() -> None:
    """Half a volt across 10 Mohm is 50 nA: beyond the range of 20 nA."""
    cell = {
        "kind": "circuit",
        "series": "0 ohm",
        "parallel": "10 Mohm",
        "capacitance": "0 F",
        "apertures": [{"diameter": "50 nm"}, {"diameter": "30 um"}],
    }
    with nidaq_rig(virtual={"samples": {"short": cell}}, sample="short") as rig:
        stream = running(rig)
        descend(stream, 2e-6)
        assert stream.flags[-1] & Flag.SATURATED
        assert stream.flags[-1] & Flag.FROZEN
        assert rig.safe("test").retracted


def test_the_stand_in_checks_arguments_as_ctypes_would() -> None:
    """So that what passes here is not refused by the real library for its types."""
    with nidaq_rig() as rig:
        rig.open()
        create = rig.bench.plugged.library.DAQmxCreateTask
        create.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
        with pytest.raises(TypeError):
            create(1.5, None)


# Two rig files for one bench where a person turns the switch.


@pytest.mark.parametrize("kept", ["potential", "current"])
def test_a_rig_with_one_instrument_says_so(kept: str) -> None:
    """Without a line between them, a file has one of potentiostat and galvanostat."""
    table = rig_table()
    cell = table["cell"]
    dropped = "current" if kept == "potential" else "potential"
    for key in (dropped, "mode_line", "cell_line"):
        cell.pop(key)
    if kept == "potential":
        cell.pop("overload")
    rig = hardware.ni.open_rig(table, MOUNTED)
    # No current is an open circuit; a potentiostat without a switch cannot make one.
    assert rig.info.modes == ({"potential"} if kept == "potential" else {"current", "open"})


# From the plan to the file.

PLAN = """
title = "two landings"
sample = "dummy-resistor"

[reference]
name = "Ag"
electrode = "Ag"
offset = "0 V"
provenance = "a resistor"

[probe]
aperture = "6 um"
footprint = { ratio = 1.0, basis = "nominal" }

[sites]
kind = "grid"
columns = 2
rows = 1
pitch = "8 um"

[approach]
speed = "4 um/s"
travel = "8 um"
overtravel = "600 nm"
contact = { kind = "current threshold", threshold = "5 pA" }

[retract]
distance = "4 um"
speed = "10 um/s"

[travel]
speed = "20 um/s"

[[program]]
step = "constant potential"
potential = "0.5 V"
duration = "0.3 s"
"""


def test_a_plan_runs_end_to_end_on_a_virtual_card(tmp_path: Path) -> None:
    """Two landings on a resistor of 1 Gohm: 0.5 nA in the file, and all is called SIMULATION."""
    plan, path, bench = tmp_path / "plan.toml", tmp_path / "run.h5", tmp_path / "bench.toml"
    plan.write_text(PLAN)
    bench.write_text(RIG_FILE.read_text() + '\n[virtual.stage]\nstart_z = "53 um"\n')
    program = seccm.run(str(plan), str(bench), path=path, seed=1)
    events = list(program)
    finished = [event for event in events if isinstance(event, SiteFinished)]
    assert [event.outcome for event in finished] == [Outcome.OK] * 2
    landings = [event.landing for event in events if isinstance(event, Landed)]
    for landing in landings:
        assert 0.0 < landing.latency < program.info.stop.worst
        assert -20e-9 < landing.overtravel < 600e-9
    with open_scan(path) as scan:
        assert scan.header.virtual
        record = scan.record(0)
    assert np.median(record.I[record.steps[0]]) == pytest.approx(0.5e-9, rel=0.02)
