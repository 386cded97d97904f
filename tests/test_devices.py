"""Stage, hop and whole scan run under bluesky's own RunEngine."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_scan import lasting_scan, small_scan
from waiting import wait_for

import seccm
from seccm.devices import DeviceStatus, Instrument, ScanFlyer

PLAN = small_scan(2, 1)


@pytest.fixture
def engine() -> Any:
    """A RunEngine of bluesky, and the documents that it emits."""
    bluesky = pytest.importorskip("bluesky")
    run_engine = bluesky.RunEngine({}, call_returns_result=True)
    yield run_engine
    run_engine.loop.call_soon_threadsafe(run_engine.loop.stop)
    run_engine._th.join()
    run_engine.loop.close()


def test_grid_scan_hops_at_every_place(engine: Any, tmp_path: Path) -> None:
    from bluesky.plans import grid_scan

    documents: list[tuple[str, dict[str, Any]]] = []
    engine.subscribe(lambda name, document: documents.append((name, document)))
    device = Instrument(PLAN, path=tmp_path / "grid.h5")
    at = grid_scan([device.hop], device.x, 20e-6, 40e-6, 2, device.y, 20e-6, 40e-6, 2, False)
    result = engine(at)
    assert result.exit_status == "success"
    events = [document["data"] for name, document in documents if name == "event"]
    assert len(events) == 4
    assert {event["hop_outcome"] for event in events} == {"ok"}
    assert len({event["hop_site"] for event in events}) == 4
    with seccm.open(tmp_path / "grid.h5") as scan:
        assert scan.state == "complete"
        places = {(round(x * 1e6), round(y * 1e6)) for x, y in
                  zip(scan.sites["x_cmd"], scan.sites["y_cmd"], strict=True)}  # fmt: skip
    assert places == {(20, 20), (20, 40), (40, 20), (40, 40)}
    (start,) = [document for name, document in documents if name == "start"]
    assert start["motors"] == ("x", "y")


def test_a_pause_of_bluesky_pauses_between_hops_and_resumes(engine: Any, tmp_path: Path) -> None:
    from bluesky import plan_stubs as do
    from bluesky.preprocessors import run_decorator, stage_decorator
    from bluesky.utils import RunEngineInterrupted

    device = Instrument(PLAN, path=tmp_path / "pause.h5")

    @stage_decorator([device.hop])
    @run_decorator()
    def twice() -> Any:
        for k, x in enumerate((20e-6, 40e-6)):
            yield from do.checkpoint()
            yield from do.mv(device.x, x, device.y, 20e-6)
            yield from do.trigger_and_read([device.hop, device.x])
            if k == 0:
                yield from do.checkpoint()
                yield from do.pause()

    with pytest.raises(RunEngineInterrupted):
        engine(twice())
    assert engine.state == "paused"
    assert engine.resume().exit_status == "success"
    with seccm.open(tmp_path / "pause.h5") as scan:
        assert len(scan.sites) == 2
        assert scan.sites.words("status").tolist() == ["ok"] * 2


def test_a_whole_scan_flies(engine: Any, tmp_path: Path) -> None:
    from bluesky.plans import fly

    documents: list[tuple[str, dict[str, Any]]] = []
    engine.subscribe(lambda name, document: documents.append((name, document)))
    flyer = ScanFlyer(PLAN, path=tmp_path / "fly.h5")
    assert engine(fly([flyer])).exit_status == "success"
    flyer.join()
    with seccm.open(tmp_path / "fly.h5") as scan:
        count = len(scan.sites)
        x = scan.sites["x"]
    pages = [document for name, document in documents if name in ("event", "event_page")]
    found = np.concatenate([np.atleast_1d(page["data"]["scan_x"]) for page in pages])
    np.testing.assert_allclose(found, x)
    assert len(found) == count


def test_a_hop_without_place_or_run_is_refused(tmp_path: Path) -> None:
    device = Instrument(PLAN, path=tmp_path / "a.h5")
    with pytest.raises(seccm.SeccmError, match="No run is going on"):
        device.hop.trigger()
    with device:
        assert math.isnan(device.x.position)
        with pytest.raises(seccm.SeccmError, match="No place is set"):
            device.hop.trigger()


def test_a_place_out_of_reach_ends_the_status_with_the_reason(tmp_path: Path) -> None:
    with Instrument(PLAN, path=tmp_path / "a.h5") as device:
        device.x.set(1.0)
        device.y.set(0.0)
        status = device.hop.trigger()
        error = status.exception(timeout=60)
    assert error is not None
    assert not status.success


def test_a_hop_that_is_going_on_at_the_end_is_stopped_and_not_waited_for(tmp_path: Path) -> None:
    """As when bluesky's plan is aborted in the middle of a hop, here of a thousand seconds."""
    with Instrument(lasting_scan(), path=tmp_path / "a.h5") as device:
        device.x.set(20e-6)
        device.y.set(20e-6)
        status = device.hop.trigger()
        assert device._run is not None
        world = device._run._runner._rig._world  # type: ignore[attr-defined]
        wait_for(lambda: world.bridge is not None)
    assert status.done
    assert not status.success
    assert world.bridge is None
    with seccm.open(tmp_path / "a.h5") as scan:
        assert scan.state == "stopped"
        assert scan.sites.words("status").tolist() == ["aborted"]


def test_a_status_tells_everyone_once() -> None:
    status, told = DeviceStatus(), []
    status.add_callback(told.append)
    assert not status.done
    with pytest.raises(TimeoutError):
        status.wait(0)
    status.end()
    status.end(ValueError("late"))
    status.add_callback(told.append)
    assert told == [status, status]
    assert status.success
    failed = DeviceStatus()
    failed.end(ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        failed.wait(0)


def test_what_is_read_is_described(tmp_path: Path) -> None:
    device = Instrument(PLAN, path=tmp_path / "a.h5")
    assert device.hop.read().keys() == device.hop.describe().keys()
    assert device.x.read().keys() == device.x.describe().keys()
    assert device.x.describe()["x"]["units"] == "m"


def test_the_product_does_not_import_bluesky() -> None:
    root = Path(seccm.__file__).parents[1]
    for path in (root / "seccm" / "devices").glob("*.py"):
        assert "import bluesky" not in path.read_text()
        assert "from bluesky" not in path.read_text()
