"""Signals: however a process is told to end, the tip goes up, the cell off, the data stay."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import warm
from command_lines import MANY, PACE, Command, a_plan, started
from remote_hosts import own_runtime
from waiting import wait_for

import seccm
from seccm.events import Outcome
from seccm.interruption import ours_to_take, taken, told
from seccm.remote import Client

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX does")


@pytest.fixture(autouse=True)
def runtime() -> Iterator[Path]:
    with own_runtime() as base:
        yield base


def safely_stopped(path: Path, state: str = "stopped") -> None:
    """Check a file: it is closed, says how the run ended, and what is left can be done."""
    with seccm.open(path) as scan:
        assert scan.state == state
        assert not (scan.sites["status"] == Outcome.RUNNING).any()
        assert len(scan.remaining()) > 0


def test_every_signal_that_would_end_a_process_is_known():
    """By trying them: each is sent to a process that does nothing about it."""
    harmless, own_errors = set(), {"SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGTRAP", "SIGSYS"}
    forced = {"SIGKILL", "SIGSTOP"}
    ignored_by_python = {"SIGPIPE", "SIGXFSZ"}
    for one in signal.Signals:
        done = subprocess.run(
            [sys.executable, "-S", "-c", f"import os; os.kill(os.getpid(), {int(one)})"],
            capture_output=True, check=False,
        ) if one.name not in forced | {"SIGTSTP", "SIGTTIN", "SIGTTOU"} else None  # fmt: skip
        if done is not None and done.returncode == 0:
            harmless.add(one.name)
    ends = {s.name for s in signal.Signals} - harmless - own_errors - forced - ignored_by_python
    ends -= {"SIGTSTP", "SIGTTIN", "SIGTTOU"}
    known = {signal.Signals(n).name for n in ours_to_take() if n in set(signal.Signals)}
    assert ends <= known


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGALRM"])
def test_any_signal_stops_a_run_as_a_terminate_signal_does(tmp_path: Path, name: str):
    a_plan(tmp_path, sites=MANY)
    with started(tmp_path, "run", "plan.toml", "-o", "a.h5", "--pace", PACE) as run:
        run.wait_until(" ok ")
        run.process.send_signal(getattr(signal, name))
        assert run.ended() == 1, run.said
        assert "Continue with: seccm resume a.h5" in run.said
    safely_stopped(tmp_path / "a.h5")


def stop_by_hangup(run: Command) -> None:
    run.wait_until(" ok ")
    run.process.send_signal(signal.SIGHUP)
    assert run.ended() == 1, run.said


def test_a_resumed_run_ends_like_the_first_one(tmp_path: Path):
    a_plan(tmp_path, sites=MANY)
    with started(tmp_path, "run", "plan.toml", "-o", "a.h5", "--pace", PACE) as run:
        stop_by_hangup(run)
    with started(tmp_path, "resume", "a.h5", "--pace", PACE) as run:
        run.wait_until("SIMULATION run")
        run.process.send_signal(signal.SIGUSR1)
        assert run.ended() == 1, run.said
        assert "seccm resume a.h5" in run.said
    with seccm.open(tmp_path / "a.h5") as scan:
        assert scan.state == "stopped"


def test_a_burst_of_ctrl_c_is_no_error_of_the_program(tmp_path: Path):
    a_plan(tmp_path, sites=MANY)
    with started(tmp_path, "run", "plan.toml", "-o", "a.h5", "--pace", PACE) as run:
        run.wait_until(" ok ")
        for _ in range(5):
            run.process.send_signal(signal.SIGINT)
        assert run.ended() == 1, run.said
        assert "error" not in run.said.lower()
        assert "Traceback" not in run.said
        assert "seccm resume" in run.said
    with seccm.open(tmp_path / "a.h5") as scan:
        assert scan.state in ("stopped", "halted")


HIT = """
import os, signal, sys, time
def strike():
    for _ in range(5):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.002)
    time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGINT)
class Finder:
    def find_spec(self, name, *of):
        if name == {moment!r}:
            sys.meta_path.remove(self)
            try:
                strike()
            except KeyboardInterrupt:
                if {wrapped}:
                    raise RuntimeError("as an import has it that was interrupted")
                raise
if {moment!r} == "drain":
    from seccm.cli.outlet import Outlet
    drain = Outlet.drain
    Outlet.drain = lambda self: (strike(), drain(self))
sys.meta_path.insert(0, Finder())
from seccm.cli import main
sys.argv = ["seccm", "plans"]
main()
"""
"""A command that is hit by Ctrl-C, again and again, at a given moment."""


@pytest.mark.parametrize(
    ("moment", "wrapped", "code"),
    [
        ("seccm.cli.interruption", False, -signal.SIGINT),
        ("seccm.cli.outlet", False, -signal.SIGINT),
        ("seccm.cli.commands", False, 1),
        ("typer", False, 1),
        ("typer", True, 1),
        ("drain", False, 0),
    ],
)
def test_ctrl_c_before_and_after_a_command_is_no_error_of_the_program(
    moment: str, wrapped: bool, code: int
):
    """Before, it ends the process; while the command loads, with a sentence; after, it is late."""
    done = subprocess.run(
        [sys.executable, "-c", HIT.format(moment=moment, wrapped=wrapped)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == code
    assert ("nothing moved" in done.stderr) == (done.returncode == 1)


def test_a_run_cannot_be_put_to_sleep_with_its_tip_down(tmp_path: Path):
    a_plan(tmp_path)
    with started(tmp_path, "run", "plan.toml", "-o", "a.h5", "--pace", 12) as run:
        run.wait_until(" ok ")
        run.process.send_signal(signal.SIGTSTP)
        run.wait_until("cannot be suspended")
        assert run.ended() == 0, run.said


def test_without_a_terminal_a_run_goes_on_where_that_was_asked_for(tmp_path: Path):
    """As nohup does it."""
    a_plan(tmp_path)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with started(tmp_path, "run", "plan.toml", "-o", "a.h5", "--pace", 12) as run:
            run.wait_until(" ok ")
            run.process.send_signal(signal.SIGHUP)
            assert run.ended() == 0, run.said
    finally:
        signal.signal(signal.SIGHUP, before)


STRUCK = """
import os, signal, sys
from sim.virtual_rig import VirtualRig
from seccm.cli import main
read, count = VirtualRig.read, 0

def struck(rig):
    global count
    count += 1
    if count == 2:
        for _ in range(5):
            os.kill(os.getpid(), signal.{name})
    return read(rig)

VirtualRig.read = struck
sys.argv = ["seccm", "rig", "noise", "virtual"]
main()
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGQUIT", "SIGUSR2"])
def test_a_commissioning_step_ends_with_the_cell_off(tmp_path: Path, name: str):
    done = warm.ran(
        [sys.executable, "-c", STRUCK.format(name=name)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert f"Interrupted {name}: " in done.stdout
    assert "cell off, tip held" in done.stdout.lower()
    assert not list(tmp_path.iterdir()), "no report of a step that was cut short"


SCRIPT = """
import os, signal, sys
import seccm
from seccm.events import Landed
try:
    for event in seccm.run("plan.toml", path="a.h5", pace={pace}):
        if isinstance(event, Landed):
            print("landed", flush=True)
            {then}
except KeyboardInterrupt as end:
    print("heard", end, flush=True)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP"])
@pytest.mark.parametrize("where", ["in the run", "in what the script does"])
def test_a_script_hears_of_a_signal_when_the_rig_is_safe(tmp_path: Path, name: str, where: str):
    a_plan(tmp_path, sites=MANY)
    kill = f"os.kill(os.getpid(), signal.{name})"
    # A timer strikes while the program is within the run.
    later = "import threading; threading.Timer(0.3, lambda: " + kill + ").start()"
    then = kill if where == "in what the script does" else later
    script = SCRIPT.format(then=then, pace=PACE)
    done = warm.ran(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"heard {name}" in done.stdout
    safely_stopped(tmp_path / "a.h5")


@pytest.mark.parametrize("name", ["SIGHUP", "SIGUSR1"])
def test_the_process_of_a_window_s_run_stops_it_first(tmp_path: Path, name: str):
    plan = a_plan(tmp_path, sites=MANY)
    with Client.start(plan, path=tmp_path / "a.h5", pace=PACE, linger=0.0) as client:
        wait_for(lambda: client.poll().status is not None and client.poll().status.finished > 0)  # type: ignore[union-attr]
        pid = Client.find()[0].pid
        os.kill(pid, getattr(signal, name))
        wait_for(lambda: client.poll().progress.doing == "idle")  # type: ignore[union-attr]
    wait_for(lambda: Client.find() == ())
    safely_stopped(tmp_path / "a.h5")


def test_an_idle_process_ends_when_it_is_told_to_though_a_window_watches(tmp_path: Path):
    with Client.start(a_plan(tmp_path), path=tmp_path / "a.h5") as client:
        wait_for(lambda: client.poll().progress is not None)
        wait_for(lambda: client.poll().progress.doing == "idle" and client.snapshot is not None)  # type: ignore[union-attr]
        os.kill(Client.find()[0].pid, signal.SIGTERM)
        wait_for(lambda: client.poll().link == "lost")
    wait_for(lambda: Client.find() == ())


def test_handlers_are_put_back_and_others_left_alone():
    mine: list[int] = []
    before = signal.signal(signal.SIGUSR2, lambda number, frame: mine.append(number))
    handlers = [signal.getsignal(number) for number in signal.Signals]
    heard: list[int] = []
    try:
        with told(lambda number: str(heard.append(number)), lambda words: None):
            signal.raise_signal(signal.SIGUSR2)
            signal.raise_signal(signal.SIGUSR1)
            wait_for(lambda: heard == [signal.SIGUSR1])
            with taken(lambda number, frame: heard.append(-number)):
                signal.raise_signal(signal.SIGHUP)
            assert -signal.SIGHUP in heard
        assert handlers == [signal.getsignal(number) for number in signal.Signals]
        assert mine == [signal.SIGUSR2]
    finally:
        signal.signal(signal.SIGUSR2, before)
