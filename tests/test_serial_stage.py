"""A stage on a serial port keeps the contract of all rigs; its faults end with tip held or up."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from rig_contract import RigContract, Stream
from small_scan import small_scan

import seccm
from hardware.serial_stage.build import spoken
from hardware.serial_stage.line import Line
from hardware.serial_stage.speaking import NewportEsp, SmaractMcs2, Speaks
from seccm.commissioning.stops import finding_of, measured_stops
from seccm.conductor.conductor import Conductor
from seccm.errors import LimitError, PlanError, RigError
from seccm.plan import Plan, load_plan
from seccm.plan.library import find_rig
from seccm.quantities import read_toml
from seccm.rig import Block, Flag, Mounted, Move, Rig, parts_of, rig_of
from seccm.rigs import RigFile, build_rig
from sim.config import VirtualConfig
from sim.controller.device import Controller
from sim.controller.languages import esp, mcs2
from sim.virtual_rig import VirtualRig

STEP = {"step": "constant current", "current_density": "$j", "duration": "0.1 s"}


def table(**keys: Any) -> dict[str, Any]:
    """The table [controller] of the shipped rig, with some keys replaced."""
    shipped: dict[str, Any] = read_toml(find_rig("virtual-serial-stage"))["controller"]
    return {**shipped, **keys}


def file(**keys: Any) -> RigFile:
    """The shipped rig close above its surface."""
    shipped = read_toml(find_rig("virtual-serial-stage"))
    near = {"stage": {"start_z": "53 um"}, "controller": table(**keys)}
    return RigFile("bench.toml", {**shipped, **near})


def bench(sample: str = "dummy-resistor", **keys: Any) -> tuple[Rig, Controller]:
    """A rig above a resistor, and the controller behind the port."""
    rig: Any = build_rig(file(**keys), Mounted(sample, 6e-6), seed=1)
    return rig, controller_of(rig)


def slow_plan() -> Plan:
    """One site, at a speed that such a stop protects."""
    approach = load_plan("li-on-au-combinatorial").to_dict()["approach"]
    return small_scan(
        1,
        1,
        program=[STEP],
        approach={**approach, "speed": "1 um/s", "travel": "6 um"},
        retract={"distance": "4 um", "speed": "20 um/s"},
    )


def controller_of(rig: Any) -> Controller:
    found: Controller = rig._stage._connect.__self__
    return found


class TestAStageOfNewport(RigContract):
    """Spoken to in millimetres."""

    @pytest.fixture
    def rig(self) -> Rig:
        """Above a resistor."""
        return bench()[0]


class TestAStageOfSmarAct(RigContract):
    """Spoken to in picometres; what moves and stops is what differs."""

    test_rows_are_means_of_the_raw_samples_or_these_are_refused: ClassVar[None] = None
    test_an_impossible_drive_is_refused_and_the_old_one_stays: ClassVar[None] = None
    test_detachment_stops_the_tip_on_the_way_up: ClassVar[None] = None

    @pytest.fixture
    def rig(self) -> Rig:
        """Above a resistor."""
        return bench(kind="smaract-mcs2")[0]


@pytest.fixture(scope="module")
def landed() -> tuple[Stream, Controller]:
    """A stream of a tip that has landed."""
    rig, controller = bench()
    rig.open()
    rig.start()
    stream = Stream(rig)
    RigContract().descend(stream)
    return stream, controller


def test_a_landing_is_as_late_as_it_truly_was(landed: tuple[Stream, Controller]) -> None:
    """What the record says of the halt is what the controller did, to a block."""
    stream, controller = landed
    [record] = stream.records
    told, obeyed = controller.stops[-1]
    rate, period = stream.rig.info.clock.rate, stream.rig.info.clock.period
    assert record.stopped is not None
    assert record.stopped / rate == pytest.approx(
        obeyed, abs=2.0 * period + stream.rig.info.stage_lag
    )
    assert told < obeyed < told + 0.02


def test_way_down_is_never_sent_far_ahead(landed: tuple[Stream, Controller]) -> None:
    """Whatever becomes of the cable, the tip comes no further than the horizon says."""
    _, controller = landed
    down = [line for line in controller.lines if line.startswith("3PA")]
    goals = np.array([float(line[3:]) for line in down])
    steps = np.diff(goals)[np.diff(goals) > 0.0] * 1e3  # um, downwards
    assert len(steps) > 5
    assert (steps <= 2.0 * 0.1 + 1e-9).all()


@pytest.mark.parametrize(
    ("fault", "code", "height_known"),
    [
        ({"lost_at": "0.9 s"}, "lost-stage", False),
        ({"silent_at": "0.9 s"}, "silent-stage", False),
        ({"garbled_at": "0.9 s"}, "garbled-stage", False),
        ({"refuses_at": "0.9 s"}, "stage-refuses", True),
        ({"slow_at": "0.3 s"}, "slower-stop", True),
    ],
)
def test_a_fault_in_a_descent_ends_with_the_tip_held_or_up(
    fault: dict[str, str], code: str, height_known: bool, tmp_path: Path
) -> None:
    """In a whole scan: what is known is said, the data are there, and the tip is not driven on."""
    path = tmp_path / "scan.h5"
    plan = slow_plan()
    running = seccm.run(plan, file(virtual=fault), path=path, seed=3)
    rig: Any = running._runner._rig
    with pytest.raises(RigError) as failed:
        list(running)
    assert failed.value.code == code
    assert failed.value.remedy
    world: VirtualRig = rig._beside if hasattr(rig, "_beside") else rig._stream
    if height_known:
        assert world.height == pytest.approx(100e-6, abs=60e-9)
    else:
        # Held: at the end of what was sent ahead, of an approach or of the way up.
        z = world._world.stage.axes["z"]
        world._pass(400)
        held = world.height
        world._pass(400)
        assert world.height == pytest.approx(held, abs=1e-9)
        assert z.target > 40e-6
    with seccm.open(path) as scan:
        assert scan.state == "fault"
        said = " ".join(scan.events["msg"].tolist())
    assert ("not known" in said) is not height_known


def test_a_short_scan_runs_and_says_how_its_stop_is_known(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    plan = slow_plan()
    list(seccm.run(plan, file(), path=path, seed=3))
    with seccm.open(path) as scan:
        assert scan.sites.words("status").tolist() == ["ok"]
        assert 0.0 < scan.sites["latency"][0] < 0.1
        assert -20e-9 < scan.sites["overtravel"][0] < 0.3e-6


def test_the_stop_is_measured_as_it_truly_is() -> None:
    """From the order to the rest, each time; what the rig file believes covers it."""
    rig, controller = bench()
    stops, info = measured_stops(Conductor(rig), speed=0.5e-6, count=3)
    found = np.array(stops)
    # Three axes more were told to stop when it ended.
    true = np.array([obeyed - told for told, obeyed in controller.stops[:-3]])
    assert len(found) == len(true) == 3
    # The way that was seen begins at the middle of a row, and ends the stage's lag later.
    period, lag = info.clock.period, info.stage_lag
    np.testing.assert_allclose(found, true + lag, atol=2.0 * period)
    assert found.max() < 60e-3
    assert rig.safe("test").height is None, "it is closed"


@pytest.mark.parametrize(("worst", "passed"), [("60 ms", True), ("20 ms", False)])
def test_a_stop_that_is_slower_than_the_rig_file_believes_fails_and_says_what_to_write(
    worst: str, passed: bool
) -> None:
    """What is to be written is accepted, and covers what was seen."""
    stops = (15e-3, 31e-3, 18e-3)
    config = {"controller": table(stop={**table()["stop"], "worst": worst})}
    found = finding_of(stops, 1e-6, config)
    assert found.passed is passed
    assert found.results["typical"] == pytest.approx(18e-3)
    lines = found.words[-1].split("[controller.stop]: ")[1].rstrip(".").replace(", m", "\nm")
    written = tomllib.loads(lines.replace(", worst", "\nworst"))
    rig, _ = bench(stop=written)
    assert stops[1] < rig.info.stop.worst - 2.0 * 12e-3 - 0.1 < 1.3 * stops[1]
    assert finding_of(stops, 1e-6, {}).verdicts == (), "a card's stop is not believed from a table"


@pytest.mark.parametrize("after", [1, 40, 400])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), RigError("gone", "stage", "no answer")])
def test_what_ends_the_measuring_early_leaves_the_stage_at_rest_and_made_safe(
    after: int, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first motion, on the way down, and later."""
    rig, controller = bench()
    read, rows = rig.read, count(1)
    told: list[str] = []
    safe = rig.safe

    def broken() -> Block:
        if next(rows) == after:
            raise error
        return read()

    def made_safe(why: str, **how: Any) -> Any:
        told.append(why)
        return safe(why, **how)

    monkeypatch.setattr(rig, "read", broken)
    monkeypatch.setattr(rig, "safe", made_safe)
    with pytest.raises(type(error)):
        measured_stops(Conductor(rig), speed=0.5e-6, count=2)
    assert told == ["measuring the stop was cut short"]
    controller.wait(1.0)  # a stop that was ordered is obeyed a moment later
    assert not any(controller.moving(channel) for channel in controller._axes), "it rests"


# Protocol classes.


class Heard:
    """What a controller would have been told; answers where it is asked."""

    def __init__(self) -> None:
        self.speed: dict[str, float] = {}
        self.to: dict[str, float] = {}
        self.stopped: list[str] = []

    def set_speed(self, channel: str, speed: float) -> None:
        self.speed[channel] = speed

    def go(self, channel: str, to: float) -> None:
        self.to[channel] = to

    def stop(self, channel: str) -> None:
        self.stopped.append(channel)

    def where(self, channel: str) -> float:
        return self.to[channel]

    def moving(self, channel: str) -> bool:
        return channel not in self.stopped

    def error(self) -> int:
        return 0


@pytest.mark.parametrize(("speaks", "language"), [(NewportEsp(), esp), (SmaractMcs2(), mcs2)])
@pytest.mark.parametrize("to", [0.0, 1.2345678e-5, -3.1e-6, 7.7e-3])
def test_what_is_said_is_what_is_meant(speaks: Speaks, language: Any, to: float) -> None:
    """To a nanometre, and back; every question has an answer that makes sense."""
    heard = Heard()
    for order in [*speaks.go("2", to, 2e-6), *speaks.stop(["2"])]:
        assert language(order, heard) is None
    assert heard.to == {"2": pytest.approx(to, abs=1e-10)}
    assert heard.speed == {"2": pytest.approx(2e-6, rel=1e-3)}
    assert heard.stopped == ["2"]
    assert speaks.metres(language(speaks.where("2"), heard)) == pytest.approx(to, abs=1e-9)
    assert speaks.is_moving(language(speaks.moving("2"), heard)) is False
    assert speaks.is_moving(language(speaks.moving("1"), heard)) is True
    assert speaks.error(language(speaks.errors(), heard)) == ""
    assert language(speaks.hello(), heard)


class Deaf:
    """A port that gives the answers of a list, one for each question."""

    def __init__(self, *answers: bytes) -> None:
        self.answers, self.sent = list(answers), []

    def write(self, data: bytes, /) -> int:
        self.sent.append(data)
        return len(data)

    def read_until(self, expected: bytes, size: int) -> bytes:
        return self.answers.pop(0) if self.answers else b""

    def reset_input_buffer(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.mark.parametrize("first", [b"", b"\x8f\x91", b"12.5", b"hello\r\n"])
def test_a_question_is_asked_again_and_an_order_never(first: bytes) -> None:
    port, speaks = Deaf(first, b"12.5\r\n"), NewportEsp()
    line = Line(port, speaks, "test")
    assert line.ask(speaks.where("1"), speaks.metres) == pytest.approx(12.5e-3)
    assert port.sent == 2 * [b"1TP?\r"]
    port = Deaf(first)
    with pytest.raises(RigError):
        Line(port, speaks, "test").tell([*speaks.go("1", 1e-3, 1e-6)])
    assert sum(sent.startswith(b"1PA") for sent in port.sent) == 1


class Slides:
    """A controller of the test's own: words, in micrometres."""

    ends = answer_ends = ";"

    def hello(self) -> str:
        return "who"

    def go(self, axis: str, to: float, speed: float) -> Sequence[str]:
        return [f"slide {axis} {to * 1e6:.4f} {speed * 1e6:.4f}"]

    def stop(self, axes: Sequence[str]) -> Sequence[str]:
        return ["halt"]

    def where(self, axis: str) -> str:
        return f"at {axis}"

    def metres(self, answer: str) -> float:
        return float(answer) * 1e-6

    def moving(self, axis: str) -> str:
        return f"busy {axis}"

    def is_moving(self, answer: str) -> bool:
        return answer == "yes"

    def errors(self) -> str:
        return "wrong"

    def error(self, answer: str) -> str:
        return "" if answer == "nothing" else answer


def slides(line: str, motors: Any) -> str | None:
    """The other side of it."""
    match line.split():
        case ["who"]:
            return "slides"
        case ["slide", axis, to, speed]:
            motors.set_speed(axis, float(speed) * 1e-6)
            motors.go(axis, float(to) * 1e-6)
        case ["halt"]:
            for axis in "123":
                motors.stop(axis)
        case ["at", axis]:
            return f"{motors.where(axis) * 1e6:.5f}"
        case ["busy", axis]:
            return "yes" if motors.moving(axis) else "no"
        case ["wrong"]:
            return "nothing"
    return None


def test_a_controller_of_ones_own_is_one_class(monkeypatch: pytest.MonkeyPatch) -> None:
    from sim.controller import device

    monkeypatch.setattr(device, "LANGUAGES", {"slides": (slides, ";", ";")})
    rig = VirtualRig(
        VirtualConfig.model_validate({"longest_block": 4}), Mounted("dummy-resistor", 6e-6), seed=1
    )
    stage = spoken(table(kind="slides"), Slides(), source="test", beside=rig)
    _, cell, stream = parts_of(rig)
    made = rig_of(stage, cell, stream)
    made.open()
    made.start()
    rows = Stream(made)
    rows.rest(0.05)
    x = rows.position("x", 0.02)
    rows.go(Move("x", x + 1e-6, 5e-6))
    assert rows.position("x") == pytest.approx(x + 1e-6, abs=10e-9)
    assert not rows.flags[-1] & Flag.MOVING
    made.close()


# Refusals.


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"kind": "no such"}, "controller.kind"),
        ({"library": "no such"}, "controller.library"),
        ({"library": "serial"}, "port is missing"),
        ({"horizon": "50 ms", "block": "40 ms"}, "three blocks"),
        ({"stop": {"typical": "20 ms", "worst": "60 ms"}}, "stop.measured"),
        ({"stop": {"typical": "90 ms", "worst": "60 ms", "measured": "today"}}, "worst"),
        ({"axes": {"x": table()["axes"]["x"]}}, "y, z is missing"),
    ],
)
def test_mistakes_of_the_table_are_refused_by_name(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError) as refused:
        build_rig(file(**keys), Mounted("dummy-resistor", 6e-6))
    assert said in str(refused.value)


def test_a_port_that_is_not_there_says_what_to_do() -> None:
    pytest.importorskip("serial")
    gone, mounted = file(library="serial", port="no such port"), Mounted("dummy-resistor", 6e-6)
    rig = build_rig(gone, mounted, commissioning=True)
    with pytest.raises(RigError) as failed:
        rig.open()
    assert failed.value.code == "no-port"
    assert "Nothing moved" in str(failed.value)
    report = rig.safe("test")
    assert not report.retracted


def test_a_plan_that_its_slow_stop_cannot_protect_is_refused_in_check() -> None:
    """The promise counts the measured stop and the way that is sent ahead."""
    plan = small_scan(1, 1, program=[STEP])
    rig = build_rig(file(horizon="2 s"), plan.mounted)
    worst = rig.info.stop.worst
    assert worst == pytest.approx(2 * 12e-3 + 60e-3 + 2.0)
    assert any("overtravel" in str(p) or "past contact" in str(p) for p in plan.check(rig.info))


def test_what_it_cannot_do_is_refused(landed: tuple[Stream, Controller]) -> None:
    from seccm.rig import Modulate

    stream, _ = landed
    with pytest.raises(LimitError):
        stream.rig.apply(Modulate(on=True))
