"""Ctrl-C and terminate signals in `seccm rig ...`: drive off, tip where it was, exit code 1."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
import typer
from test_picomotor import Controller
from test_rig_commands import COMMANDS, coarse, seccm_rig

from hardware.ni.nidaq import NidaqRig
from seccm.cli.interruption import Interruptible
from seccm.rig import SafeReport
from sim.virtual_rig import VirtualRig

STRUCK = 3
"""The read in whose midst the signal comes."""


class Struck:
    """Sends this process a signal while a rig is read, and notes how the rig was left."""

    def __init__(self, patch: pytest.MonkeyPatch, number: int, *, at: int = STRUCK) -> None:
        self.reads = self.closed = 0
        self.safe: list[SafeReport] = []
        for kind in (VirtualRig, NidaqRig):
            self._wrap(patch, kind, number, at)

    def _wrap(self, patch: pytest.MonkeyPatch, kind: type[Any], number: int, at: int) -> None:
        read, safe, close = kind.read, kind.safe, kind.close

        def struck(rig: Any) -> Any:
            self.reads += 1
            if self.reads == at:
                signal.raise_signal(number)
            return read(rig)

        def noted(rig: Any, *arguments: Any, **named: Any) -> SafeReport:
            # A signal that comes just now must not keep the rig from being made safe.
            signal.raise_signal(number)
            self.safe.append(safe(rig, *arguments, **named))
            return self.safe[-1]

        def counted(rig: Any) -> None:
            self.closed += 1
            close(rig)

        patch.setattr(kind, "read", struck)
        patch.setattr(kind, "safe", noted)
        patch.setattr(kind, "close", counted)


SIGNALS = [
    name
    for name in ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP", "SIGQUIT")
    if name == "SIGBREAK" or hasattr(signal, name)
]


@pytest.fixture(params=SIGNALS)
def number(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Each signal; where there is no Ctrl-Break, another one is called by its name.

    Signals that come together count as one; those of the test before do not belong to them.
    """
    monkeypatch.setattr(Interruptible, "_raised", float("-inf"))
    if not hasattr(signal, request.param):  # SIGUSR1 in its name
        monkeypatch.setattr(signal, "SIGBREAK", signal.SIGUSR1, raising=False)
    return int(getattr(signal, request.param))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_signal_in_the_midst_ends_with_the_drive_off_and_no_report(
    command: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    before = signal.getsignal(number)
    # The check reads twice: its first rows, and the ones that it tells of.
    struck = Struck(monkeypatch, number, at=min(STRUCK, 2 if command == "check" else STRUCK))
    path = tmp_path / "report.json"
    name, *options = COMMANDS[command]
    code, said = seccm_rig(name, "virtual", *options, "-o", path)
    assert code == 1, said
    assert "Interrupted" in said
    assert signal.Signals(number).name in said
    assert not path.exists()
    assert len(struck.safe) == 1
    assert struck.safe[0].drive_off
    assert struck.safe[0].frozen
    assert struck.safe[0].what in said
    assert struck.closed == 1
    assert signal.getsignal(number) is before


def test_the_card_is_left_with_its_drive_off_too(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    struck = Struck(monkeypatch, number)
    options = (
        "test-resistor",
        "virtual-nidaq",
        "--ohms",
        "1 Gohm",
        "--yes",
        "-o",
        tmp_path / "r.json",
    )
    code, said = seccm_rig(*options)
    assert code == 1
    assert "Cell off, tip held where it was" in said
    assert [report.drive_off for report in struck.safe] == [True]


def test_a_coarse_approach_ends_retracted_and_the_motor_has_not_moved(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    struck = Struck(monkeypatch, number)
    controller = Controller()
    try:
        code, said = coarse("virtual", controller, "--yes", "-o", tmp_path / "a.json")
    finally:
        controller.close()
    assert code == 1, said
    assert [report.retracted for report in struck.safe] == [True]
    assert not any("PR" in line for line in controller.told)


def test_a_signal_while_the_motor_runs_stops_the_motor(tmp_path: Path, number: int):
    """It comes with a question whether the motion has ended; "AB" stops at once."""
    rig = tmp_path / "deep.toml"
    rig.write_text('kind = "virtual"\n[surface]\nheight = "-300 um"\n', encoding="utf-8")

    def strike(line: str, motor: Controller) -> str | None:
        if "PR" in line:
            motor.busy = 10**6
            signal.raise_signal(number)
        return None

    controller = Controller(strike)
    try:
        code, said = coarse(rig, controller, "--yes", "-o", tmp_path / "a.json")
    finally:
        controller.close()
    assert code == 1, said
    assert "The motor was stopped; the tip is fully retracted" in said
    assert sum("PR" in line for line in controller.told) == 1
    assert "AB" in controller.told


def test_ctrl_c_at_the_question_about_the_motor_ends_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    rig = tmp_path / "deep.toml"
    rig.write_text('kind = "virtual"\n[surface]\nheight = "-300 um"\n', encoding="utf-8")
    asked = []

    def ask(text: str, **_: Any) -> bool:
        asked.append(text)
        signal.raise_signal(signal.SIGINT)
        return True

    monkeypatch.setattr("typer.confirm", ask)
    controller = Controller()
    try:
        code, said = coarse(rig, controller, "-o", tmp_path / "a.json")
    finally:
        controller.close()
    assert code == 1, said
    assert asked == ["Go on?"]
    assert not any("PR" in line for line in controller.told)


@pytest.mark.parametrize("asks", ["motor", "resistor"])
def test_ctrl_c_that_a_prompt_takes_for_a_no_is_told_as_what_it_is(
    asks: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A prompt turns whatever ends its waiting into a refusal."""
    rig = tmp_path / "deep.toml"
    rig.write_text('kind = "virtual"\n[surface]\nheight = "-300 um"\n', encoding="utf-8")

    def ask(text: str, **_: Any) -> bool:
        try:
            signal.raise_signal(number)
        except KeyboardInterrupt:
            raise typer.Abort from None
        return True

    monkeypatch.setattr("typer.confirm", ask)
    controller, report = Controller(), tmp_path / "a.json"
    try:
        if asks == "motor":
            code, said = coarse(rig, controller, "-o", report)
        else:
            code, said = seccm_rig("test-resistor", rig, "--ohms", "1 Gohm", "-o", report)
    finally:
        controller.close()
    assert code == 1, said
    assert f"Interrupted {signal.Signals(number).name}" in said
    rest = {"motor": "the tip is fully retracted", "resistor": "The rig had not been opened"}
    assert rest[asks] in said
    assert not any("PR" in line for line in controller.told)


def test_a_signal_before_the_rig_is_in_use_drives_nothing(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def strike(*_: Any, **__: Any) -> Any:
        signal.raise_signal(number)
        raise AssertionError("the signal was not heard")

    monkeypatch.setattr("seccm.rigs.build_rig", strike)
    code, said = seccm_rig("noise", "virtual", "-o", tmp_path / "report.json")
    assert code == 1
    assert "The rig had not been opened" in said
