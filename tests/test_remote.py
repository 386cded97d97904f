"""A run in a process of its own: the same facts, whoever watches, dies, or comes back."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from remote_hosts import (
    answer,
    facts,
    idle,
    over,
    own_runtime,
    start_and_watch,
    watch,
    window,
)
from small_scan import lasting_scan, small_scan
from waiting import HANGING, wait_for

import seccm
from seccm.errors import NotNow
from seccm.events import (
    Approaching,
    Landed,
    Note,
    Outcome,
    Paused,
    PhaseBegan,
    RunStopped,
    SiteStarted,
)
from seccm.hopping.life import Request
from seccm.remote import ChannelError, Client, Job, News
from seccm.remote.channel.line import Line
from seccm.remote.host.feed import Feed
from seccm.remote.host.host import ABSENT, Host
from seccm.remote.messages.overview import Overview
from seccm.remote.messages.requests import Steer, TakeControl
from seccm.remote.messages.trace import Trace
from seccm.rig import SafeReport
from seccm.rigs import load_rig
from seccm.session import Run

PACE = 20.0
"""A small scan takes some three seconds then: long enough to be killed in."""


@pytest.fixture(autouse=True)
def runtime() -> Iterator[Path]:
    with own_runtime() as base:
        yield base


@pytest.fixture(autouse=True)
def as_users_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have hosts begin as new Pythons, which tests elsewhere do without."""
    monkeypatch.setattr("seccm.remote.host.process.subprocess", subprocess)


@pytest.fixture
def client() -> Iterator[Client]:
    """A client whose host lives in this process."""
    with Client.in_process() as found:
        yield found


def beside(client: Client) -> Client:
    """Attach another client to a host in this process."""
    assert client._local is not None
    other = Client(client._local.join)
    other.wait(lambda news: news.link == "live")
    return other


def events_of(heard: list[News]) -> list[object]:
    return [event for news in heard for event in news.events]


def gone(pid: int) -> None:
    """Wait for the end of a host that this process started."""
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def pid_of(client: Client) -> int:
    assert client._process is not None
    return client._process.pid


# The same facts.


def test_a_scripted_client_hears_what_a_run_in_its_own_process_would(tmp_path: Path):
    plan = small_scan(2, 2)
    own = list(seccm.run(plan, path=tmp_path / "own.h5", seed=3))
    client = Client.start(plan, path=tmp_path / "apart.h5", seed=3, linger=0.0)
    heard = client.wait(over)
    pid = pid_of(client)
    client.close()
    gone(pid)
    told = events_of(heard)
    assert facts(told) == facts(own)
    assert sorted(facts(told, analysed=True)) == sorted(facts(own, analysed=True))
    with seccm.open(tmp_path / "own.h5") as a, seccm.open(tmp_path / "apart.h5") as b:
        assert b.packed, "a complete file is checked and compressed"
        np.testing.assert_array_equal(a.sites["crc32"], b.sites["crc32"])


def test_an_in_process_client_has_the_same_face(client: Client, tmp_path: Path):
    own = list(seccm.run(small_scan(2, 1), path=tmp_path / "own.h5", seed=3))
    client.begin(Job.new(small_scan(2, 1), path=tmp_path / "scan.h5", seed=3))
    heard = client.wait(over)
    assert facts(events_of(heard)) == facts(own)
    assert sum(len(news.trace) for news in heard) > 0
    assert client.snapshot is not None
    assert client.snapshot.info.virtual
    assert client.snapshot.overview.counts == {Outcome.OK: 2}


def test_a_plan_the_rig_cannot_do_comes_back_with_its_problems(client: Client, tmp_path: Path):
    client.begin(Job.new(small_scan(12, 3), path=tmp_path / "scan.h5"))
    failure = client.wait(over)[-1].failure
    assert failure is not None
    assert failure.kind == "PlanError"
    assert any("100 um" in problem.what for problem in failure.problems)
    client.wait(idle)
    assert not (tmp_path / "scan.h5").exists()


def test_a_rig_that_fails_is_told_as_such_and_the_rest_can_be_resumed(
    client: Client, tmp_path: Path
):
    path = tmp_path / "scan.h5"
    client.begin(Job.new(small_scan(2, 2), path=path, faults=["unplugged@site=2"]))
    heard = client.wait(lambda news: news.failure is not None)
    assert heard[-1].failure is not None
    assert heard[-1].failure.kind == "RigError"
    told = events_of(heard)
    assert isinstance(told[-1], RunStopped)
    assert told[-1].status == "fault"
    client.wait(idle)
    client.begin(Job.again(path))
    again = events_of(client.wait(over))
    # The tip was only on its way to site 2.
    assert [e.site for e in again if isinstance(e, SiteStarted)] == [2, 3]
    assert client.snapshot is not None
    status = client.snapshot.overview.status.tolist()
    assert status == [Outcome.OK] * 4
    with seccm.open(path) as scan:
        assert scan.sites["status"].tolist() == status


# Steering.


def test_pause_resume_and_stop_from_a_client(client: Client, tmp_path: Path):
    path = tmp_path / "scan.h5"
    client.begin(Job.new(small_scan(), path=path, pace=PACE))
    client.wait(lambda news: any(isinstance(e, PhaseBegan) for e in news.events))
    assert answer(client, client.ask("pause")) == (True, "")
    client.wait(lambda news: any(isinstance(e, Paused) for e in news.events))
    granted, why = answer(client, client.ask("skip"))
    assert not granted
    assert "Cannot skip while paused" in why
    client.ask("resume")
    client.ask("stop", "seen enough")
    told = events_of(client.wait(over))
    assert isinstance(told[-1], RunStopped)
    assert told[-1].status == "stopped"
    assert "seen enough" in told[-1].reason


def test_one_holds_the_controls_and_others_watch(client: Client, tmp_path: Path):
    client.begin(Job.new(lasting_scan(), path=tmp_path / "scan.h5", pace=PACE))
    client.wait(lambda news: news.status is not None)
    with beside(client) as other:
        assert client.poll().in_control
        assert not other.poll().in_control
        assert other.snapshot is not None
        for request in (lambda: other.ask("stop"), other.take_control, other.release):
            granted, why = answer(other, request())
            assert not granted
            assert "Another window has the controls" in why
        assert answer(client, client.release())[0]
        assert answer(other, other.take_control())[0]
        assert not answer(client, client.ask("stop"))[0]
        assert answer(client, client.take_control(force=True))[0]
        assert answer(client, client.ask("stop"))[0]
        mine, theirs = client.wait(over), other.wait(over)
    assert isinstance(events_of(mine)[-1], RunStopped)
    assert isinstance(events_of(theirs)[-1], RunStopped)


def test_the_controls_of_a_window_that_froze_can_be_taken():
    """A frozen window gives no sign of life; nobody should have to kill it first."""
    now = [0.0]
    host = Host(now=lambda: now[0])
    pipes = [Pipe() for _ in range(2)]
    for _, theirs in pipes:
        host.admit(theirs)
    _, other = host._connections
    with pytest.raises(seccm.SeccmError, match="has the controls"):
        host._grant(other, TakeControl())
    now[0] = ABSENT + 1.0
    host._grant(other, TakeControl())
    assert host._holder is other
    host.close()
    for ours, _ in pipes:
        ours.close()


@pytest.mark.parametrize("verb", ["halt", "emergency"])
def test_anybody_may_halt_or_lift_the_tip(client: Client, tmp_path: Path, verb: str):
    client.begin(Job.new(lasting_scan(), path=tmp_path / "scan.h5", pace=PACE))
    client.wait(lambda news: any(isinstance(e, Landed) for e in news.events))
    with beside(client) as other:
        assert not other.poll().in_control
        assert answer(other, getattr(other, verb)())[0]
        end = events_of(other.wait(over))[-1]
    assert isinstance(end, RunStopped)
    assert end.status == {"halt": "halted", "emergency": "stopped"}[verb]
    client.wait(idle)
    assert not answer(client, client.halt())[0], "there is nothing left to halt"
    # An emergency opens the rig that was used last, and lifts the tip to the top.
    assert answer(client, client.emergency())[0]
    told = {"halt": 1, "emergency": 2}[verb]
    heard = client.wait(
        lambda news: news.progress is not None and news.progress.emergencies == told
    )
    lifted = heard[-1].progress.lifted  # type: ignore[union-attr]
    assert lifted is not None
    assert lifted.drive_off
    assert "fully retracted" in lifted.what


def test_a_silent_rig_is_lifted_without_the_engine(tmp_path: Path):
    """Read hangs: the emergency retract goes straight to the rig."""
    run = seccm.run(small_scan(1, 1), path=tmp_path / "scan.h5")
    made_safe: list[bool] = []
    safe = run._runner._rig.safe

    def noted(why: str, **how: Any) -> SafeReport:
        made_safe.append(how.get("retract", True))
        return safe(why, **how)

    run._runner._rig.safe = noted  # type: ignore[method-assign, assignment]
    run._engine.ask("start")  # type: ignore[arg-type]
    run._runner.emergency(patience=0.01)
    while not made_safe:  # the engine is never fed: nothing else can do it
        pass
    assert made_safe == [True]
    run.close()


def test_nonsense_is_refused_and_changes_nothing(client: Client):
    for request in (
        {"request": "Dance"},
        {},
        {"request": "Steer"},
        {"request": "Steer", "verb": "dance", "reason": ""},
        {"request": "Begin", "job": 3},
        {"request": "Act", "action": "dance", "how": {}},
        {"request": "Halt", "extra": 1},
        {"request": ["Halt"]},
    ):
        client._tickets += 1
        client._outbox.put({**request, "ticket": client._tickets})
        assert not answer(client, client._tickets)[0]
    assert not answer(client, client.ask("stop"))[0]
    assert idle(client.poll())


# Windows that die, freeze and come back.


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is POSIX")
def test_a_scan_whose_windows_are_killed_ends_complete(tmp_path: Path):
    """The window that began it and two that came later; the benchmark does this at length."""
    chance = random.Random(1)
    path = tmp_path / "scan.h5"
    with window(start_and_watch, str(path), PACE) as first:
        while not any(host.path for host in Client.find()):
            assert first.is_alive(), "the window ended before the scan began"
        first.join(chance.uniform(0.0, 0.5))
    for _ in range(2):
        with window(watch) as next_one:
            next_one.join(chance.uniform(0.2, 1.0))
    with Client.attach() as client:
        client.wait(lambda news: client.snapshot is not None)
        assert client.snapshot is not None
        assert client.snapshot.path == str(path)
        assert client.snapshot.overview.status.max() > Outcome.PLANNED
        client.wait(over)
        client.wait(idle)
        assert client.snapshot.overview.counts == {Outcome.OK: 12}
        live = client.snapshot.overview
        client.quit()
        with pytest.raises(ChannelError):
            client.wait(lambda news: False)
    with seccm.open(path) as scan:
        assert scan.state == "complete"
        assert scan.packed, "every site was checked against its checksum"
        stored = Overview.of_file(path)
    np.testing.assert_array_equal(stored.status, live.status)
    np.testing.assert_allclose(stored.z_contact, live.z_contact)
    for name, values in live.features.items():
        np.testing.assert_allclose(stored.features[name], values, rtol=1e-5)
        np.testing.assert_array_equal(stored.statuses[name], live.statuses[name])


@pytest.mark.parametrize("verb", ["emergency", "stop"])
def test_what_is_being_prepared_can_be_called_off(tmp_path: Path, verb: str):
    """The tip is not set in motion by a run that somebody has already stopped."""
    prepared = threading.Event()

    def slowly(job: Job) -> Run:
        assert prepared.wait(HANGING)
        return job.prepare()

    with Client.in_process(prepare=slowly) as client:
        client.begin(Job.new(small_scan(2, 1), path=tmp_path / "scan.h5", seed=1))
        client.wait(lambda n: n.progress is not None and n.progress.doing == "preparing")
        ticket = client.emergency() if verb == "emergency" else client.ask("stop")
        assert answer(client, ticket) == (True, "")
        prepared.set()
        heard = client.wait(over)
        assert not any(isinstance(event, Approaching | SiteStarted) for event in events_of(heard))
        client.wait(idle)
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert scan.remaining() == (0, 1)


def test_a_host_says_which_rig_it_drives_to_a_window_that_comes_later(tmp_path: Path):
    client = Client.start(small_scan(2, 1), path=tmp_path / "scan.h5", pace=1.0, linger=0.0)
    client.wait(lambda news: client.snapshot is not None)
    (host,) = Client.find()
    pid = pid_of(client)
    client.ask("stop")
    client.wait(over)
    client.close()
    gone(pid)
    assert Path(host.rig).is_absolute()
    assert load_rig(host.rig).config == load_rig("virtual").config


def test_a_window_that_reads_nothing_holds_nobody_up(tmp_path: Path):
    """The engine and the other clients go on; the slow one is told again when it reads again."""
    host = Host(feed=Feed(facts=40))
    ours, theirs = Pipe()
    host.admit(theirs)
    host.begin(Job.new(small_scan(), path=tmp_path / "scan.h5", seed=3))
    assert host._work._thread is not None
    host._work._thread.join()
    assert host._work.run is not None
    assert host._work.run.status.finished == 12
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert scan.state == "complete"
    assert host._feed.missed_rows == 0
    slow = host._connections[0]
    batch = host._feed.since(slow._cursor)
    assert batch.snapshot is not None, "it was left behind"
    assert batch.snapshot.overview.counts == {Outcome.OK: 12}
    ours.close()
    host.close()


def test_closing_a_client_in_process_stops_the_run_safely(tmp_path: Path):
    client = Client.in_process(Job.new(lasting_scan(), path=tmp_path / "scan.h5", pace=PACE))
    client.wait(lambda news: any(isinstance(e, Landed) for e in news.events))
    client.close()
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert scan.state == "stopped"
        assert Outcome.RUNNING not in scan.sites["status"]


def test_a_scan_that_was_begun_goes_on_though_its_window_closed_at_once(tmp_path: Path):
    client = Client.start(small_scan(1, 1), path=tmp_path / "scan.h5", linger=0.0)
    pid = pid_of(client)
    client.close()
    gone(pid)
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert scan.state == "complete"


def test_a_host_with_nothing_to_do_ends_by_itself():
    client = Client.open(linger=0.0)
    client.wait(lambda news: news.link == "live")
    pid = pid_of(client)
    client.close()
    gone(pid)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals are POSIX")
def test_a_host_that_is_told_to_end_stops_its_run_first(tmp_path: Path):
    client = Client.start(lasting_scan(), path=tmp_path / "scan.h5", pace=PACE, linger=0.0)
    client.wait(lambda news: any(isinstance(e, Landed) for e in news.events))
    pid = pid_of(client)
    os.kill(pid, signal.SIGTERM)
    end = events_of(client.wait(over))[-1]
    assert isinstance(end, RunStopped)
    assert end.status == "stopped"
    client.close()
    gone(pid)


def test_a_host_that_dies_is_noticed():
    client = Client.open()
    client.wait(lambda news: news.link == "live")
    assert client._process is not None
    client._process.kill()
    with pytest.raises(ChannelError):
        client.wait(lambda news: False)
    assert client.poll().link == "lost"
    client._process.wait()
    client.close()
    assert Client.find() == ()


def test_requests_out_of_turn_are_refused():
    host = Host()
    with pytest.raises(NotNow, match="Cannot stop while idle"):
        host._work.steer(Steer(Request.STOP, ""))
    with pytest.raises(NotNow, match="Cannot halt while idle"):
        host._work.make_safe(urgent=False)


def test_a_run_that_cannot_be_prepared_leaves_the_host_usable(tmp_path: Path):
    """An error of the program itself is told, not lost with its thread."""

    def broken(job: Job) -> Run:
        if "bad" in job.path:
            raise ZeroDivisionError("an error of the program")
        return job.prepare()

    with Client.in_process(
        Job.new(small_scan(1, 1), path=tmp_path / "bad.h5"), prepare=broken
    ) as client:
        failure = client.wait(over)[-1].failure
        assert failure is not None
        assert "ZeroDivisionError" in failure.kind
        client.wait(idle)
        client.begin(Job.new(small_scan(1, 1), path=tmp_path / "good.h5"))
        told = events_of(client.wait(over))
        assert isinstance(told[-1], RunStopped)
        assert told[-1].status == "complete"
        assert not [e for e in told if isinstance(e, Note) and e.level == "warning"]


def test_a_client_may_be_closed_while_it_connects(monkeypatch: pytest.MonkeyPatch):
    """Its thread that speaks has not begun then: there is nothing to wait for."""
    reached, closing = threading.Event(), threading.Event()
    start, end = threading.Thread.start, Line.end

    def held(thread: threading.Thread) -> None:
        if thread.name == "speaker":
            reached.set()
            assert closing.wait(HANGING)
        start(thread)

    def ended(line: Line) -> None:
        closing.set()
        end(line)

    monkeypatch.setattr(threading.Thread, "start", held)
    monkeypatch.setattr(Line, "end", ended)
    client = Client.in_process()
    assert reached.wait(HANGING)
    client.close()
    assert client.poll().link == "lost"


class JustTooLate(deque[dict[str, Any]]):
    """What comes in while it is being emptied: a last message, and then the end."""

    def __init__(self, come: Callable[[], None]) -> None:
        super().__init__()
        self._come: Callable[[], None] | None = come

    def __len__(self) -> int:
        count = super().__len__()
        if self._come is not None:
            come, self._come = self._come, None
            come()
        return count


def test_nobody_hears_that_a_host_is_lost_before_its_last_words(client: Client):
    """Else a run that came to its regular end would pass for one whose process died."""
    client.wait(lambda news: news.link == "live" and news.progress is not None)
    client._closed = True
    wait_for(lambda: not client._thread.is_alive())
    client._link = "live"
    client.poll()
    stopped = RunStopped(9, "complete", "")
    message = {
        "snapshot": None, "events": [stopped], "trace": Trace.none(), "answers": [], "found": [],
        "failure": None, "progress": client.poll().progress, "in_control": True,
    }  # fmt: skip

    def come() -> None:
        client._inbox.append(message)
        client._link = "lost"

    client._inbox = JustTooLate(come)
    first, second = client.poll(), client.poll()
    assert (first.link, first.events) == ("live", ())
    assert (second.link, second.events) == ("lost", (stopped,))


def test_an_emergency_while_the_file_is_finished_says_when_to_press_again(tmp_path: Path):
    """The rig is let go of by then; nothing is lifted behind the back of whoever pressed."""
    host = Host()
    run = seccm.run(small_scan(1, 1), path=tmp_path / "scan.h5")
    for _ in run:
        pass
    host._work.run, host._work.doing = run, "scan"
    with pytest.raises(seccm.SeccmError, match="again when that is done"):
        host._work.make_safe(urgent=True)
    assert not host._work._owed
    host._work.doing = "idle"


def test_an_emergency_on_a_rig_that_cannot_be_opened_says_that_nothing_was_lifted(tmp_path: Path):
    host = Host()
    job = Job.new(small_scan(1, 1), path=tmp_path / "scan.h5", faults=["unplugged"])
    host._work._build = job.build
    host._work.make_safe(urgent=True)
    assert host._work._thread is not None
    host._work._thread.join(60.0)
    assert host.idle
    lifted = host._work._lifted
    assert lifted is not None
    assert not lifted.retracted
    assert not lifted.drive_off
    assert "does not answer" in lifted.what
    host.close()
