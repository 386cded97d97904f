"""Making an NI rig safe from outside: another thread, while the one that reads hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from nidaq_bench import HOLD, nidaq_rig, running

import hardware.ni.priority
from hardware.ni.nidaq import NidaqRig
from seccm.errors import RigError
from seccm.rig import Move, SafeReport

WALL: dict[str, Any] = {"pace": 1.0, "stage": {"start_z": "60 um"}}
PATIENT = {"horizon": "500 ms"}
"""Outputs that do not run dry on a busy machine."""
SHORT = "0.2 s"
"""Patience; the shortest that a rig file may have."""


class Hanging:
    """A function of the C library that does not return until it is let go.

    Args:
        good: the function as it is.
    """

    def __init__(self, good: Callable[..., int]) -> None:
        self.argtypes: Any = None
        self.entered, self.let_go = threading.Event(), threading.Event()
        self._good = good

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self.let_go.set()

    def __call__(self, *arguments: Any) -> int:
        self.entered.set()
        assert self.let_go.wait(30.0)
        return self._good(*arguments)


@contextmanager
def reading(rig: NidaqRig) -> Iterator[list[RigError]]:
    """Read in a thread until the rig fails; the errors are in the list once the context is left."""
    errors: list[RigError] = []

    def read_on() -> None:
        try:
            while True:
                rig.read()
        except RigError as error:
            errors.append(error)

    thread = threading.Thread(target=read_on)
    thread.start()
    try:
        yield errors
    finally:
        thread.join(30.0)
        assert not thread.is_alive()


def coming_down(rig: NidaqRig) -> None:
    """Begin a long way down."""
    stream = running(rig, HOLD)
    rig.apply(Move("z", 40e-6, 2e-6))
    stream.read()


def updates(rig: NidaqRig) -> int:
    """Tick of the newest output sample, as the card knows it."""
    card = rig.bench.plugged.card
    with card.lock:
        card.call()
        return int(card.pins.updated)


@pytest.mark.parametrize(
    "name", ["DAQmxReadAnalogF64", "DAQmxReadCounterU32Ex", "DAQmxGetReadAttribute"]
)
def test_a_read_that_never_returns_does_not_keep_safe_from_stopping_the_tip(name: str) -> None:
    """Frozen and the cell switched off at once; the tip is held, for nobody knows where it is."""
    with nidaq_rig(PATIENT, WALL, patience=SHORT) as rig:
        coming_down(rig)
        library = rig.bench.plugged.library
        hanging = Hanging(getattr(library, name))
        setattr(library, name, hanging)
        with reading(rig) as errors, hanging:
            assert hanging.entered.wait(10.0)
            report = rig.safe("test")
            stopped = updates(rig)
            assert updates(rig) == stopped
        assert report.frozen
        assert report.drive_off
        assert not report.retracted
        assert "hangs" in report.what
        # Once the call comes back, nothing begins to move again, and who reads is told.
        assert updates(rig) == stopped
        assert [error.code for error in errors] == ["made-safe"]


@pytest.mark.parametrize("name", ["DAQmxGetReadAttribute", "DAQmxWriteAnalogF64", "DAQmxStartTask"])
def test_a_motion_that_hung_before_it_began_comes_to_nothing_after_safe(name: str) -> None:
    """The program hangs just as it begins to come down; safe does not wait for it."""
    with nidaq_rig(PATIENT, WALL, patience=SHORT) as rig:
        running(rig, HOLD)
        library, before = rig.bench.plugged.library, rig.bench.plugged.height
        hanging = Hanging(getattr(library, name))
        setattr(library, name, hanging)
        rig.apply(Move("z", 40e-6, 2e-6))
        with reading(rig) as errors, hanging:
            assert hanging.entered.wait(10.0)
            assert rig.safe("test").frozen
        assert [error.code for error in errors] == ["made-safe"]
        stopped = updates(rig)
        assert updates(rig) == stopped
        # What the card had begun to play is stopped within the horizon.
        assert before - rig.bench.plugged.height < 0.5 * 2e-6


def test_safe_while_the_card_delivers_nothing_freezes_at_once_and_says_what_it_could_not_do() -> (
    None
):
    """A stalled device: the clocks are silent, so nobody can read back where the outputs are."""
    with nidaq_rig(PATIENT, WALL, patience=SHORT, faults=("stalled-read@at=0.4 s",)) as rig:
        coming_down(rig)
        reports: list[SafeReport] = []
        with reading(rig) as errors:
            while not rig.bench.plugged.card._mishaps.silent(rig.bench.plugged.card.now):
                updates(rig)
            reports.append(rig.safe("test"))
        [report] = reports
        assert report.frozen
        assert not report.retracted
        # It depends on the machine which of the two clocks is missed first.
        assert errors[0].code in ("stalled-read", "underflow")


def test_safe_from_another_thread_retracts_a_rig_that_is_well() -> None:
    """It takes its turn between two blocks; the thread that reads goes on reading."""
    with nidaq_rig(PATIENT, WALL, patience=SHORT) as rig:
        coming_down(rig)
        done = threading.Event()
        reports: list[SafeReport] = []

        def make_safe() -> None:
            reports.append(rig.safe("test"))
            done.set()

        thread = threading.Thread(target=make_safe)
        thread.start()
        while not done.is_set():
            rig.read()
        thread.join(10.0)
        [report] = reports
        assert report.frozen
        assert report.drive_off
        assert report.retracted
        assert rig.bench.plugged.height == pytest.approx(100e-6, abs=20e-9)


def test_the_cell_is_off_before_the_tip_is_lifted() -> None:
    """With its own line the cell is disconnected before any output of the lift is handed over."""
    with nidaq_rig(PATIENT, WALL) as rig:
        coming_down(rig)
        library, calls = rig.bench.plugged.library, []
        for name in ("DAQmxWriteDigitalLines", "DAQmxWriteAnalogF64"):
            good = getattr(library, name)

            def noted(*arguments: Any, name: str = name, good: Any = good) -> int:
                calls.append(name)
                return int(good(*arguments))

            noted.argtypes = good.argtypes  # type: ignore[attr-defined]
            setattr(library, name, noted)
        assert rig.safe("test", by=5e-6).drive_off
        assert calls[0] == "DAQmxWriteDigitalLines"
        assert "DAQmxWriteAnalogF64" in calls


# Priority.


def test_the_program_comes_first_only_while_samples_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """From start to close, and only where the rig file asks for it."""
    for asked in ("high", "ordinary"):
        said: list[bool] = []

        def note(*, first: bool, said: list[bool] = said) -> bool:
            said.append(first)
            return True

        monkeypatch.setattr(hardware.ni.priority, "_set", note)
        with nidaq_rig({"priority": asked}) as rig:
            rig.open()
            assert said == []
            rig.start()
            assert said == ([True] if asked == "high" else [])
        assert said == ([True, False] if asked == "high" else [])


def test_where_the_system_does_not_allow_it_the_program_goes_on_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No right to it is no error."""
    monkeypatch.setattr(hardware.ni.priority, "_set", lambda *, first: False)
    with nidaq_rig({"priority": "high"}) as rig:
        stream = running(rig)
        stream.rest(0.05)
        assert stream.row > 0
