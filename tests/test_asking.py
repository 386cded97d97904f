"""Runs of the command line and of scripts are found, followed and steered from elsewhere."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_lines import MANY, PACE, a_plan, started
from remote_hosts import own_runtime
from typer.testing import CliRunner
from waiting import wait_for

import seccm
from seccm import session
from seccm.cli.commands import app
from seccm.events import Landed, Outcome, Paused, Resumed, RunStopped
from seccm.remote import Client
from seccm.remote.host.attended import attended


@pytest.fixture(autouse=True)
def runtime() -> Iterator[Path]:
    with own_runtime() as base:
        yield base


def told(*words: object) -> tuple[int, str]:
    """Return the exit code of a command, and what it prints."""
    result = CliRunner().invoke(app, list(map(str, words)))
    return result.exit_code, " ".join(result.output.split())


def test_a_run_of_the_command_line_is_listed_and_steered(tmp_path: Path):
    a_plan(tmp_path, sites=MANY)
    data = tmp_path / "a.h5"
    with started(tmp_path, "run", "plan.toml", "-o", "a.h5", "--pace", PACE) as run:
        run.wait_until(" ok ")
        code, listed = told("runs")
        assert code == 0
        assert str(data) in listed
        assert str(run.process.pid) in listed
        assert told("ask", "pause")[0] == 0
        run.wait_until("Paused")
        assert "Paused by operator." in told("runs")[1]
        code, said = told("ask", "skip", data)
        assert code == 1
        assert "Cannot skip while paused" in said
        moved = data.rename(tmp_path / "b.h5")
        with seccm.open(moved) as scan:
            run_id = scan.header.uuid
        assert told("ask", "resume", moved)[0] == 0
        run.wait_until("Resumed")
        assert told("ask", "stop", run_id[:8])[0] == 0
        assert run.ended() == 1
        assert "seccm resume" in run.said
    assert told("runs") == (0, "Nothing is running.")
    assert told("ask", "pause")[0] == 1


@pytest.mark.parametrize(("verb", "state"), [("halt", "halted"), ("emergency", "stopped")])
def test_a_run_is_ended_at_once_from_another_terminal(tmp_path: Path, verb: str, state: str):
    a_plan(tmp_path, sites=MANY)
    with started(tmp_path, "run", "plan.toml", "-o", "a.h5", "--pace", PACE) as run:
        run.wait_until(" ok ")
        assert told("ask", verb, tmp_path / "a.h5")[0] == 0
        assert run.ended() == 1
    with seccm.open(tmp_path / "a.h5") as scan:
        assert scan.state == state


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is POSIX")
def test_a_killed_run_is_not_listed_any_more(tmp_path: Path, runtime: Path):
    a_plan(tmp_path, sites=MANY)
    with started(tmp_path, "run", "plan.toml", "-o", "a.h5", "--pace", PACE) as run:
        run.wait_until(" ok ")
        run.process.kill()
        run.process.wait()
        assert list((runtime / "seccm").iterdir())
        assert told("runs") == (0, "Nothing is running.")
        assert not list((runtime / "seccm").iterdir())


def test_a_script_s_run_is_followed_by_a_window_that_comes_late(tmp_path: Path):
    """What a client hears is what the script hears, rows too."""
    run = seccm.run(a_plan(tmp_path), path=tmp_path / "a.h5", pace=20.0)
    events = iter(run)
    mine = []
    client: Client | None = None
    for event in events:
        mine.append(event)
        if isinstance(event, Landed) and event.site == 1:
            (host,) = Client.find()
            assert (host.path, host.run_id) == (str(run.path), run.run_id)
            client = Client.attach(host.name)
            client.wait(lambda news: news.resynchronised)
        if isinstance(event, Landed) and event.site == 2:
            assert client is not None
            client.ask("pause")
            wait_for(lambda: run.status.state == "pausing")
        if isinstance(event, Paused):
            assert event.by_operator
            assert client is not None
            client.ask("resume")
    assert client is not None
    with client:
        heard = client.wait(lambda news: any(isinstance(e, RunStopped) for e in news.events))
    assert any(isinstance(event, Resumed) for event in mine)
    assert sum(len(news.trace) for news in heard) > 0
    assert client.snapshot is not None
    assert client.snapshot.overview.counts == {Outcome.OK: 3}
    assert isinstance(mine[-1], RunStopped)


def test_two_runs_must_be_told_apart(tmp_path: Path):
    a_plan(tmp_path, sites=MANY)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with (
        started(tmp_path / "one", "run", "../plan.toml", "-o", "a b.h5", "--pace", 1) as one,
        started(tmp_path / "two", "run", "../plan.toml", "-o", "c.h5", "--pace", 1) as two,
    ):
        wait_for(lambda: len([host for host in Client.find() if host.path]) == 2)
        code, said = told("ask", "stop")
        assert code == 1
        assert f"'{tmp_path / 'one' / 'a b.h5'}'" in said
        assert told("ask", "stop", tmp_path / "one" / "a b.h5")[0] == 0
        assert one.ended() == 1
        assert told("ask", "stop")[0] == 0
        assert two.ended() == 1


def test_a_run_goes_on_where_no_channel_can_be_opened(
    tmp_path: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch
):
    (runtime / "file").touch()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime / "file"))
    monkeypatch.setenv("LOCALAPPDATA", str(runtime / "file"))
    run = seccm.run(a_plan(tmp_path), path=tmp_path / "a.h5")
    assert isinstance(list(run)[-1], RunStopped)
    assert "Other programs cannot find this run" in run.alone
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("LOCALAPPDATA", str(runtime))


def test_what_is_left_alone_leaves_nothing_behind(tmp_path: Path):
    prepared = attended(session.run)(a_plan(tmp_path), path=tmp_path / "a.h5")
    for event in prepared:
        if isinstance(event, Landed):
            break
    prepared.close()
    assert Client.find() == ()
