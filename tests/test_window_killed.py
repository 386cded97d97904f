"""A real window, in a process of its own, is killed with -9: the scan goes on, another attaches."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from remote_hosts import own_runtime
from small_scan import small_scan
from typer.testing import CliRunner
from ui_windows import LONG, ended, small_plan, window

import seccm
from seccm.cli.commands import app
from seccm.errors import DataFileError
from seccm.events import Landed, Outcome
from seccm.remote import Client, Job
from seccm.remote.channel.line import Line
from seccm.remote.host.host import Host

PROCESS = Path(__file__).with_name("window_process.py")


@pytest.fixture(autouse=True)
def runtime() -> Iterator[Path]:
    with own_runtime() as base:
        yield base


@contextmanager
def operated(folder: Path, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """Open a real window in a process of its own, and kill it with -9 in the end."""
    environment = {**os.environ, "XDG_CONFIG_HOME": str(folder), "QT_QPA_PLATFORM": "offscreen"}
    with (folder / "window.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, str(PROCESS), *map(str, arguments)],
            env=environment, cwd=folder, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def finished(data: Path) -> int:
    """Return how many sites a growing file says are closed; -1 while there is no file."""
    try:
        with seccm.open(data) as scan:
            return int((scan.sites["status"] > Outcome.RUNNING).sum())
    except (DataFileError, OSError):
        return -1


def info(data: Path) -> str:
    """Return what `seccm info` says of a file."""
    return " ".join(CliRunner().invoke(app, ["info", str(data)]).output.split())


def listed() -> str:
    """Return what `seccm runs` says."""
    return " ".join(CliRunner().invoke(app, ["runs"]).output.split())


def follow(qtbot: QtBot, folder: Path, do: str = "") -> None:
    """Open a window as `seccm window` does, attach, and stay until the scan is over."""
    with window(qtbot, folder, link=Client.attach(Client.find()[0].name)) as w:
        qtbot.waitUntil(
            lambda: w.desk.map is not None and (w.desk.run.running or ended(w)), timeout=LONG
        )
        assert w.desk.run.finished >= 1
        qtbot.waitUntil(lambda: w.desk.run.in_control, timeout=LONG)
        if do:
            qtbot.waitUntil(lambda: w.bar.alarm.objectName() != "quiet", timeout=LONG)
            assert "Paused" in w.bar.alarm.text()
            w.actions_[do].trigger()
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        assert w.desk.run.ended.status == "complete"  # type: ignore[union-attr]
        w.desk.link.quit()  # type: ignore[union-attr]
        qtbot.waitUntil(lambda: w.desk.news.link == "lost", timeout=LONG)  # type: ignore[union-attr]


def whole(data: Path) -> bool:
    """Tell whether a file is complete, checked, packed, and every site in it came to its end."""
    with seccm.open(data) as scan:
        return scan.state == "complete" and scan.packed and bool(
            (scan.sites["status"] == Outcome.OK).all()
        )  # fmt: skip


def test_a_window_killed_in_the_midst_of_a_scan_is_not_missed(qtbot: QtBot, tmp_path: Path):
    data = tmp_path / "scan.h5"
    with operated(tmp_path, small_plan(tmp_path, 4, 4), data, 8.0):
        qtbot.waitUntil(lambda: finished(data) >= 1, timeout=LONG)
    then = finished(data)
    assert then < 16, "it was killed in the midst of the scan"
    qtbot.waitUntil(lambda: finished(data) > then, timeout=LONG)
    follow(qtbot, tmp_path)
    assert whole(data)


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX does")
def test_a_window_that_is_told_to_end_closes_and_the_scan_goes_on(qtbot: QtBot, tmp_path: Path):
    """As when its terminal is closed."""
    data = tmp_path / "scan.h5"
    with operated(tmp_path, small_plan(tmp_path, 4, 2), data, 8.0) as child:
        qtbot.waitUntil(lambda: finished(data) >= 1, timeout=LONG)
        child.send_signal(signal.SIGHUP)
        qtbot.waitUntil(lambda: child.poll() is not None, timeout=LONG)
        assert child.returncode == 0
    follow(qtbot, tmp_path)
    assert whole(data)


def test_a_paused_run_that_nobody_watches_waits_and_can_be_found(qtbot: QtBot, tmp_path: Path):
    data = tmp_path / "scan.h5"
    with operated(tmp_path, small_plan(tmp_path, 2, 2), data, 10.0, "pause"):
        qtbot.waitUntil(lambda: finished(data) >= 1, timeout=LONG)
        qtbot.waitUntil(lambda: "state paused:" in info(data), timeout=LONG)
    assert "Paused by operator." in listed()
    assert "Li on Au" in listed()
    assert str(data) in listed().replace(" ", "")
    assert "Attach with: seccm window" in info(data)
    follow(qtbot, tmp_path, "resume")
    assert whole(data)
    assert "state complete" in info(data)
    assert listed() == "Nothing is running."


def test_a_paused_run_waits_for_days_with_its_tip_up(tmp_path: Path):
    """By a clock that jumps: what idle hosts do, to end by themselves, this one must not."""
    now = [0.0]
    host = Host(now=lambda: now[0])
    serving = threading.Thread(target=host.serve, args=(1.0,))
    serving.start()

    def join() -> Client:
        ours, theirs = Pipe()
        host.admit(theirs)
        return Client(lambda: Line(ours))

    with join() as client:
        client.begin(Job.new(small_scan(2, 1), path=tmp_path / "scan.h5", pace=8.0))
        client.wait(lambda news: any(isinstance(event, Landed) for event in news.events))
        client.ask("pause")
        client.wait(lambda news: news.status is not None and news.status.state == "paused")
    now[0] += 3 * 86400.0
    serving.join(0.3)
    assert serving.is_alive()
    with join() as client:
        news = client.wait(lambda news: bool(news.progress and news.progress.now))[-1]
        assert news.status is not None
        assert news.status.state == "paused"
        assert client.snapshot is not None
        site = small_scan(2, 1).sites()[0]
        contact = float(client.snapshot.overview.z_contact[0])
        assert news.progress is not None
        assert news.progress.now["z"] > contact + 0.5 * site.retract.distance
        client.ask("resume")
        client.wait(lambda n: n.progress is not None and n.progress.doing == "idle")
    # It counts from when it has noticed that it is alone.
    deadline = now[0] + 100.0 * 300
    while serving.is_alive() and now[0] < deadline:
        now[0] += 100.0
        serving.join(0.1)
    assert not serving.is_alive(), "a host with nothing to do ends"
