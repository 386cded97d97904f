"""The picomotor's driver against a controller on this machine: what is said, and when it is not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from hardware.newfocus.picomotor import Address, Picomotor, connect
from seccm.errors import DriverError, LimitError, RigError
from seccm.rig import CoarseStage

Answer = Callable[[str, "Controller"], str | None]


class Controller:
    """An 8742 on the loopback: answers, counts steps, and notes every line it was told."""

    def __init__(self, answer: Answer | None = None, greeting: bytes = b"") -> None:
        self.told: list[str] = []
        self.position = 0
        self.busy = 0
        """How many more times it says that it is moving."""
        self.errors: list[str] = []
        """Kept, the newest last; each can be read once."""
        self.speed = 1750
        self.loses = 1.0
        """Part of the steps that are made."""
        self._answer, self._greeting = answer, greeting
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self._lines: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._door.accept()
            except OSError:
                return
            with line:
                self._lines.append(line)
                self._talk(line)

    def _talk(self, line: socket.socket) -> None:
        try:
            line.sendall(self._greeting)
            with line.makefile("rb") as heard:
                buffer = b""
                while more := heard.read(1):
                    buffer += more
                    if more == b"\r":
                        said, buffer = buffer.decode().strip(), b""
                        self.told.append(said)
                        answer = self.answer(said)
                        if answer == "hang up":
                            return
                        if answer is not None:
                            line.sendall(f"{answer}\r\n".encode())
        except OSError:
            return

    def answer(self, said: str) -> str | None:
        if self._answer is not None:
            special = self._answer(said, self)
            if special is not None:
                return special or None
        return self.usual(said)

    def usual(self, said: str) -> str | None:
        if said == "*IDN?":
            return "New_Focus 8742 v2.2 08/01/13 00001"
        if said == "TB?":
            return self.errors.pop() if self.errors else "0, NO ERROR DETECTED"
        if said.endswith("VA?"):
            return str(self.speed)
        if said.endswith("TP?"):
            return str(self.position)
        if said.endswith("MD?"):
            self.busy -= 1
            return "0" if self.busy >= 0 else "1"
        if "PR" in said:
            self.position += round(self.loses * int(said.split("PR")[1]))
        return None

    def close(self) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for line in self._lines:
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self._thread.join(10.0)
        assert not self._thread.is_alive()


@contextmanager
def a_motor(
    answer: Answer | None = None, *, greeting: bytes = b"", towards: int = 1, patience: float = 5.0
) -> Iterator[tuple[Picomotor, Controller]]:
    controller = Controller(answer, greeting)
    address = Address("127.0.0.1", 2, towards, 30e-9, 1000, controller.port)
    motor = Picomotor(address, patience=patience, wait=lambda _: None)
    try:
        yield motor, controller
    finally:
        motor.close()
        controller.close()


def test_the_exact_words_of_a_motion():
    """Asked for rest, place and speed, ordered once, asked for errors, end, errors and place."""
    with a_motor() as (motor, controller):
        stage: CoarseStage = motor
        assert stage.identity() == "New_Focus 8742 v2.2 08/01/13 00001"
        assert stage.closer(25) == 25
        stage.stop()
        assert controller.told == [
            *("*IDN?", "2MD?", "2TP?", "2VA?", "TB?", "2PR25", "TB?", "2MD?", "TB?", "2TP?"),
            *("AB", "TB?"),
        ]


def test_closer_is_the_direction_that_was_stated():
    with a_motor(towards=-1) as (motor, controller):
        assert motor.closer(40) == 40
        assert "2PR-40" in controller.told
        assert controller.position == -40
        assert motor.closer(-15) == 25


def test_telnet_options_on_connection_are_no_answer():
    with a_motor(greeting=b"\xff\xfb\x01\xff\xfb\x03") as (motor, _):
        assert motor.identity().startswith("New_Focus")


def test_it_waits_for_the_end_of_the_motion():
    def slow(said: str, controller: Controller) -> str | None:
        if "PR" in said:
            controller.busy = 3
        return None

    with a_motor(slow) as (motor, controller):
        assert motor.closer(100) == 100
        assert controller.told.count("2MD?") == 5


def test_too_many_steps_are_refused_and_nothing_is_sent():
    with a_motor() as (motor, controller):
        for steps in (1001, -1001):
            with pytest.raises(LimitError, match="nothing moved"):
                motor.closer(steps)
        assert controller.told == []


@pytest.mark.parametrize("changed", [{"axis": 5}, {"towards": 0}, {"step": 0.0}, {"most": 0}])
def test_settings_that_make_no_sense_are_refused_before_connecting(changed: dict[str, float]):
    settings = {"axis": 1, "towards": 1, "step": 30e-9, "most": 10, **changed}
    with pytest.raises(LimitError, match=next(iter(changed))):
        connect("127.0.0.1", port=1, **settings)  # type: ignore[arg-type]


def test_a_moving_motor_gets_no_order():
    with a_motor(lambda said, _: "0" if said == "2MD?" else None) as (motor, controller):
        with pytest.raises(RigError, match="moving already"):
            motor.closer(1)
        assert not any("PR" in said for said in controller.told)


@pytest.mark.parametrize("late", [False, True])
def test_an_error_of_the_controller_is_told_in_its_words(late: bool):
    """Whether it comes with the order, or only when the motor was to move."""

    def unplugged(said: str, controller: Controller) -> str | None:
        if ("MD?" if late else "PR") in said and any("PR" in line for line in controller.told):
            controller.errors.append("208, MOTOR NOT CONNECTED")
        return None

    with (
        a_motor(unplugged) as (motor, _),
        pytest.raises(RigError, match=r"MOTOR NOT CONNECTED \(208\)"),
    ):
        motor.closer(1)


def test_errors_from_before_are_read_away_and_not_taken_for_new_ones():
    with a_motor() as (motor, controller):
        controller.errors = ["6, COMMAND DOES NOT EXIST", "108, MOTOR NOT CONNECTED"]
        assert motor.closer(5) == 5
        assert controller.errors == []
        ordered = controller.told.index("2PR5")
        assert controller.told[:ordered].count("TB?") == 3


def test_a_slow_motor_gets_the_time_that_its_own_speed_needs(monkeypatch: pytest.MonkeyPatch):
    """100 steps at 1 a second: it is not stopped after a fifth of a second's allowance."""
    now = [0.0]
    monkeypatch.setattr("hardware.newfocus.picomotor.time.monotonic", lambda: now[0])

    def slow(said: str, controller: Controller) -> str | None:
        if "PR" in said:
            controller.busy = 100
        if "MD?" in said:
            now[0] += 1.0
        return None

    with a_motor(slow, patience=5.0) as (motor, controller):
        controller.speed = 1
        assert motor.closer(100) == 100
        assert "AB" not in controller.told


def test_missing_steps_are_noticed_and_not_made_up_for():
    with a_motor() as (motor, controller):
        controller.loses = 0.5
        with pytest.raises(RigError, match="is at 5"):
            motor.closer(10)
        assert sum("PR" in said for said in controller.told) == 1


def test_a_lost_answer_leads_to_a_question_and_never_to_the_same_order_again():
    """The line drops after the order: the steps were made once, and the count is asked for."""
    dropped = []

    def drop(said: str, controller: Controller) -> str | None:
        ordered = any("PR" in line for line in controller.told)
        if said == "TB?" and ordered and not dropped:
            dropped.append(said)
            return "hang up"
        return None

    with a_motor(drop) as (motor, controller):
        assert motor.closer(10) == 10
        assert sum("PR" in said for said in controller.told) == 1
        assert controller.told[-2:] == ["2MD?", "2TP?"]


def test_an_order_that_was_lost_with_the_line_is_told_of_and_left_to_the_operator():
    dropped = []

    def drop(said: str, _: Controller) -> str | None:
        if "PR" in said and not dropped:
            dropped.append(said)
            return "hang up"
        return None

    with a_motor(drop) as (motor, controller):
        with pytest.raises(RigError, match=r"is at 0\. The command was not repeated"):
            motor.closer(10)
        assert sum("PR" in said for said in controller.told) == 1


def test_a_controller_that_falls_silent_leaves_the_position_unknown():
    def silent(said: str, controller: Controller) -> str | None:
        return "" if any("PR" in line for line in controller.told) else None

    with a_motor(silent, patience=0.05) as (motor, controller):
        with pytest.raises(RigError, match="all, some or none") as failure:
            motor.closer(10)
        assert failure.value.code == "position-unknown"
        assert sum("PR" in line for line in controller.told) == 1


def test_a_motion_without_end_is_aborted():
    def endless(said: str, controller: Controller) -> str | None:
        ordered = any("PR" in line for line in controller.told)
        return "0" if ordered and said == "2MD?" else None

    with a_motor(endless, patience=0.1) as (motor, controller):
        with pytest.raises(RigError, match="it was stopped"):
            motor.closer(10)
        assert "AB" in controller.told


def test_nothing_at_the_address_is_one_sentence():
    controller = Controller()
    controller.close()
    with pytest.raises(DriverError, match="Check its power and network"):
        connect("127.0.0.1", axis=1, towards=1, step=30e-9, most=10, port=controller.port)


def test_an_answer_that_is_no_number_is_not_believed():
    with (
        a_motor(lambda said, _: "soon" if said == "2TP?" else None) as (motor, _),
        pytest.raises(DriverError, match='"soon"'),
    ):
        motor.position()
