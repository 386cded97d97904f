"""Commissioning on a host: progress, findings for all who watch, and one who may start it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from remote_hosts import idle, own_runtime
from small_scan import small_scan

from seccm.calibration import read
from seccm.errors import PlanError
from seccm.remote import Client, Found, Job, News, Order
from seccm.remote.messages.news import Progress
from sim.virtual_rig import VirtualRig


class Follower:
    """Polls a client, and forgets nothing of what it hears."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.news: list[News] = []
        self._seen = 0

    def until(self, so: Callable[[News], bool]) -> News:
        self.news += self.client.wait(so)
        return self.news[-1]

    def answer(self, ticket: int) -> str:
        """Wait for an answer and return why it was refused; empty if it was granted."""
        for _ in range(2):
            for answer in (a for news in self.news for a in news.answers):
                if answer.ticket == ticket:
                    assert answer.granted is (answer.text == "")
                    return answer.text
            self.until(lambda news: any(a.ticket == ticket for a in news.answers))
        raise AssertionError(f"no answer to {ticket}")

    def found(self) -> Found:
        """Wait for what the next step found."""
        if len(self._found) == self._seen:
            self.until(lambda news: bool(news.found))
        self._seen += 1
        return self._found[self._seen - 1]

    @property
    def _found(self) -> list[Found]:
        return [found for news in self.news for found in news.found]

    def idle(self) -> None:
        self.until(idle)


@pytest.fixture
def host() -> Iterator[Follower]:
    with Client.in_process() as client:
        yield Follower(client)


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    path = tmp_path / "bench.toml"
    path.write_text('kind = "virtual"\ncalibration = "c.json"\n', encoding="utf-8")
    return path


def busy(news: News) -> bool:
    return news.progress is not None and news.progress.done > 0.0


LONG = Order.new("noise", {"seconds": "1000000 s"}, confirmed=True)
"""Twelve days of noise: it ends only when it is stopped."""


@pytest.mark.parametrize(
    ("step", "settings", "graphs"),
    [
        ("check", {}, 0),
        ("noise", {"seconds": "2 s"}, 2),
        ("test-resistor", {"ohms": "1 Gohm"}, 4),
        ("capacitance", {"cycles": "3"}, 2),
    ],
)
def test_each_step_comes_back_with_its_figures_and_its_curves(
    host: Follower, rig: Path, step: str, settings: dict[str, str], graphs: int
):
    host.client.commission(Order.new(step, settings, rig, confirmed=True))
    result = host.found()
    assert result.finding.passed
    assert result.finding.procedure == step
    assert result.info is not None
    assert result.info.virtual
    assert len(result.finding.graphs) == graphs
    for graph in result.finding.graphs:
        for curve in graph.curves:
            assert len(curve.x) == len(curve.y) > 1
            assert np.isfinite(curve.y).all()
    host.idle()


def test_the_resistor_s_points_lie_on_the_line_that_is_drawn(host: Follower, rig: Path):
    host.client.commission(Order.new("test-resistor", {"ohms": "1 Gohm"}, rig, confirmed=True))
    graphs = {graph.title: graph for graph in host.found().finding.graphs}
    points, line, *_ = graphs["The current input"].curves
    assert points.name == "applied potential"
    drawn = np.interp(points.x, line.x, line.y)
    assert np.abs(points.y - drawn).max() < 1e-3 * np.abs(points.y).max()
    assert np.abs(points.y - points.x).max() < 1e-2 * 1e-9


def test_the_triangle_s_loop_is_as_wide_as_the_capacitance_says(host: Follower, rig: Path):
    host.client.commission(
        Order.new("capacitance", {"cycles": "4", "rate": "2 V/s"}, rig, confirmed=True)
    )
    result = host.found()
    up, _, down, _ = result.finding.graphs[0].curves
    width = np.median(up.y) - np.median(down.y)
    farads, _unit = result.finding.figures["stray capacitance"]
    assert width == pytest.approx(2.0 * 2.0 * farads, rel=0.05)
    assert (up.x[-1] > up.x[0], down.x[-1] > down.x[0]) == (True, False)


def test_progress_rises_and_a_stop_leaves_the_drive_off_and_says_so(
    host: Follower, monkeypatch: pytest.MonkeyPatch
):
    rigs = []
    close = VirtualRig.close

    def kept(made: VirtualRig) -> None:
        rigs.append((made.drive.mode, made.height))
        close(made)

    monkeypatch.setattr(VirtualRig, "close", kept)
    host.client.commission(LONG)
    progress = host.until(busy).progress
    assert isinstance(progress, Progress)
    assert (progress.doing, progress.step) == ("commissioning", "Noise")
    assert progress.now
    assert host.answer(host.client.stop_step()) == ""
    result = host.found()
    assert not result.judged
    assert "Stopped by the operator" in result.finding.faults[0]
    assert "Cell off" in result.finding.faults[0]
    host.idle()
    assert rigs == [("open", pytest.approx(58e-6, abs=1e-9))]


def test_an_emergency_raises_the_tip(host: Follower, monkeypatch: pytest.MonkeyPatch):
    heights = []
    close = VirtualRig.close
    monkeypatch.setattr(
        VirtualRig, "close", lambda made: (heights.append(made.height), close(made))
    )
    host.client.commission(LONG)
    host.until(busy)
    host.client.emergency()
    assert "retracted" in host.found().finding.faults[0]
    host.idle()
    assert heights == [pytest.approx(100e-6, abs=0.2e-6)]


def test_nothing_else_gets_the_rig_meanwhile_and_everything_afterwards(
    host: Follower, tmp_path: Path
):
    host.client.commission(LONG)
    host.until(busy)
    job = Job.new(small_scan(1, 1), path=tmp_path / "scan.h5")
    for refused in (
        host.client.begin(job),
        host.client.open_rig(job),
        host.client.commission(LONG),
    ):
        assert "in use (commissioning)" in host.answer(refused)
    host.client.stop_step()
    host.idle()
    assert host.answer(host.client.begin(job)) == ""
    host.until(lambda news: news.status is not None and news.status.finished == 1)
    host.idle()


def test_a_scan_is_not_disturbed_by_a_step(host: Follower, tmp_path: Path):
    host.client.begin(Job.new(small_scan(), path=tmp_path / "scan.h5", pace=1.0))
    host.until(lambda news: news.status is not None and news.progress.doing == "scan")
    assert "in use (scan)" in host.answer(host.client.commission(LONG))
    assert "no step" in host.answer(host.client.stop_step())


def test_others_see_what_was_found_but_do_not_start_stop_or_keep_anything(rig: Path):
    """Also those who come when it is over."""
    with own_runtime(), Client.open(linger=0.2) as client:
        host = Follower(client)
        host.idle()
        client.commission(Order.new("noise", {"seconds": "2 s"}, rig, confirmed=True))
        assert host.found().finding.passed
        with Client.attach(client.name) as other:
            watcher = Follower(other)
            assert watcher.found().finding.procedure == "noise"
            order = Order.new("check", {}, rig)
            asked = (
                other.commission(order),
                other.stop_step(),
                other.keep("noise", calibrate=True),
            )
            for ticket in asked:
                assert "Another window has the controls" in watcher.answer(ticket)
        host.idle()
        client.quit()
        host.until(lambda news: news.link == "lost")


def test_only_what_is_asked_for_is_written(host: Follower, rig: Path):
    host.client.commission(Order.new("noise", {"seconds": "2 s"}, rig, confirmed=True))
    assert host.found().kept == ""
    host.idle()
    assert [path.name for path in rig.parent.iterdir()] == ["bench.toml"]
    host.client.keep("noise", calibrate=True)
    kept = host.found().kept
    assert "added to the calibration c.json" in kept
    [entry] = read(rig.with_name("c.json"))
    report = json.loads((rig.parent / entry.report).read_text(encoding="utf-8"))
    assert report["results"]["threshold"] == entry.figures["suggested threshold"][0]
    assert entry.report in kept
    assert "Written to" in host.answer(host.client.keep("noise", calibrate=True))
    assert len(read(rig.with_name("c.json"))) == 1


def test_a_report_alone_leaves_the_calibration_alone(host: Follower, rig: Path):
    host.client.commission(Order.new("capacitance", {"cycles": "3"}, rig, confirmed=True))
    host.found()
    host.client.keep("capacitance", calibrate=False)
    assert "calibration" not in host.found().kept
    names = sorted(path.suffix for path in rig.parent.iterdir())
    assert names == [".json", ".toml"]
    assert not rig.with_name("c.json").exists()


def test_a_rig_file_without_a_calibration_says_how_to_name_one(host: Follower, tmp_path: Path):
    host.client.commission(Order.new("noise", {"seconds": "1 s"}, folder=tmp_path))
    assert host.found().calibration == ""
    refusal = host.answer(host.client.keep("noise", calibrate=True))
    assert "names no calibration" in refusal
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_judged_is_a_sentence_and_nothing_to_keep(host: Follower, rig: Path):
    host.client.commission(Order.new("capacitance", {"rate": "500 V/s"}, rig, confirmed=True))
    result = host.found()
    assert not result.finding.passed
    assert result.finding.faults[0].startswith("Not judged: ")
    host.idle()
    assert "no result" in host.answer(host.client.keep("capacitance", calibrate=False))


def test_a_rig_that_fails_is_told_of_and_the_host_lives(host: Follower, tmp_path: Path):
    rig = tmp_path / "bad.toml"
    rig.write_text('kind = "virtual"\nfaults = ["stalled-read@at=0.5 s"]\n', encoding="utf-8")
    host.client.commission(Order.new("noise", {"seconds": "2 s"}, rig, confirmed=True))
    assert host.found().finding.faults
    host.idle()
    [failure] = [news.failure for news in host.news if news.failure is not None]
    assert failure.kind == "StreamError"
    host.client.commission(Order.new("check", {}))
    assert host.found().finding.passed


def test_a_setting_that_is_wrong_is_refused_before_anything_is_asked():
    with pytest.raises(PlanError, match="seconds: write a number and a unit"):
        Order.new("noise", {"seconds": "ten"})
    with pytest.raises(PlanError, match="is not a setting"):
        Order.new("noise", {"second": "10 s"})
    with pytest.raises(PlanError, match="not a whole number"):
        Order.new("capacitance", {"cycles": "2.5"})


def test_the_end_of_the_host_ends_a_step(rig: Path):
    with Client.in_process() as client:
        host = Follower(client)
        client.commission(LONG)
        host.until(busy)
    assert client.poll().link == "lost"
