"""A run from Python: from the plan to the file, with every way of ending it."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import warm
from small_scan import small_scan

import seccm
from seccm.data import SPARE
from seccm.events import (
    Approaching,
    Event,
    Landed,
    Outcome,
    Paused,
    Phase,
    PhaseBegan,
    RunStopped,
    SiteAnalysed,
    SiteFinished,
    SiteStarted,
)

KILLED_RUN = Path(__file__).with_name("killed_run.py")


def test_a_run_in_python_gives_events_a_file_and_features(tmp_path: Path):
    events = list(seccm.run(small_scan(), path=tmp_path / "scan.h5", seed=3))
    assert isinstance(events[-1], RunStopped)
    assert events[-1].status == "complete"
    assert sum(isinstance(e, Landed) for e in events) == 12
    analysed = {e.site: e for e in events if isinstance(e, SiteAnalysed)}
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert scan.header.virtual
        assert "SIMULATION" in scan.header.title or scan.header.virtual
        assert (scan.sites["status"] == Outcome.OK).all()
        for site, event in analysed.items():
            for name, value in event.features.items():
                np.testing.assert_equal(scan.sites[name][site], value)
        assert scan.packed, "a complete file is checked and compressed"


def test_the_same_plan_and_seed_give_the_same_data(tmp_path: Path):
    plan = small_scan(2, 2)
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        for _ in seccm.run(plan, path=tmp_path / f"{name}.h5", seed=seed):
            pass
    scans = [seccm.open(tmp_path / f"{name}.h5") for name in "abc"]
    tables = [{n: s.sites[n] for n in s.sites.names} for s in scans]
    traces = [[s.record(k) for k in range(4)] for s in scans]
    for scan in scans:
        scan.close()
    for name, column in tables[0].items():
        np.testing.assert_array_equal(column, tables[1][name], err_msg=name)
    for one, other in zip(traces[0], traces[1], strict=True):
        for field in ("t", "E", "I", "z", "phase", "step", "flag"):
            np.testing.assert_array_equal(getattr(one, field), getattr(other, field))
    assert not np.array_equal(traces[0][0].E, traces[2][0].E), "another seed, other data"


def test_the_step_begins_at_the_contact_sample_without_a_gap(tmp_path: Path):
    """The galvanostat runs through contact: t = 0 is the contact row, rows follow evenly."""
    for _ in seccm.run(small_scan(1, 1), path=tmp_path / "scan.h5"):
        pass
    with seccm.open(tmp_path / "scan.h5") as scan:
        trace = scan.site(0)
        t = trace.t[trace.steps[0]]
        assert t[0] == pytest.approx(0.0, abs=1e-9)
        np.testing.assert_allclose(np.diff(t), scan.clock.period, rtol=1e-9)
        assert t[-1] == pytest.approx(0.3, abs=scan.clock.period)
        record = trace.contact_record
        assert record is not None
        assert len(record.potential) >= 400, "some hundred raw samples around contact are kept"


@pytest.mark.parametrize("verb", ["skip", "stop", "halt"])
def test_leaving_a_site_is_recorded_and_the_rest_can_be_resumed(tmp_path: Path, verb: str):
    path = tmp_path / "scan.h5"
    run = seccm.run(small_scan(2, 2), path=path)
    for event in run:
        if isinstance(event, Landed) and event.site == 1:
            run.ask(verb)
    with seccm.open(path) as scan:
        status = scan.sites["status"].tolist()
        state = scan.state
    if verb == "skip":
        assert status == [Outcome.OK, Outcome.SKIPPED, Outcome.OK, Outcome.OK]
        assert state == "complete"
        return
    assert status == [Outcome.OK, Outcome.ABORTED, Outcome.PLANNED, Outcome.PLANNED]
    assert state == {"stop": "stopped", "halt": "halted"}[verb]
    again = list(seccm.resume(path))
    assert [e.site for e in again if isinstance(e, SiteStarted)] == [2, 3]
    with seccm.open(path) as scan:
        assert scan.sites["status"].tolist() == [2, Outcome.ABORTED, 2, 2]
        assert scan.state == "complete"
        assert (np.diff(scan.sites["t_start"]) > 0).all(), "time goes on where it stopped"


def test_a_pause_waits_with_the_tip_up_and_goes_on(tmp_path: Path):
    run = seccm.run(small_scan(2, 1), path=tmp_path / "scan.h5")
    paused_after = []
    finished = 0
    for event in run:
        if isinstance(event, Approaching) and event.site == 0:
            run.ask("pause")
        if isinstance(event, SiteFinished):
            finished += 1
        if isinstance(event, Paused):
            paused_after.append(finished)
            run.ask("resume")
    assert paused_after == [1]
    assert finished == 2


def test_a_resumed_scan_sees_the_same_surface(tmp_path: Path):
    """The sites after a resume land where they would have landed without the interruption."""
    plan = small_scan(2, 2)
    for _ in seccm.run(plan, path=tmp_path / "whole.h5", seed=8):
        pass
    run = seccm.run(plan, path=tmp_path / "parts.h5", seed=8)
    for event in run:
        if isinstance(event, PhaseBegan) and event.site == 1:
            run.ask("stop")
            break
    run.close()
    # Leaving the loop drops the run where it was; the file tells what is left.
    for _ in seccm.resume(tmp_path / "parts.h5"):
        pass
    with seccm.open(tmp_path / "whole.h5") as a, seccm.open(tmp_path / "parts.h5") as b:
        landed = (a.sites["landed"] == 1) & (b.sites["landed"] == 1)
        assert landed[2:].all()
        difference = np.abs(a.sites["z_contact"] - b.sites["z_contact"])[landed]
        assert (difference < 0.5e-6).all()


def test_a_plan_the_rig_cannot_do_is_refused_before_anything_is_made(tmp_path: Path):
    plan = small_scan(12, 3)
    with pytest.raises(seccm.PlanError, match=r"(?s)100 um.*") as caught:
        seccm.run(plan, path=tmp_path / "scan.h5")
    assert caught.value.problems
    assert not (tmp_path / "scan.h5").exists()


def test_a_finished_scan_has_nothing_to_resume(tmp_path: Path):
    for _ in seccm.run(small_scan(1, 1), path=tmp_path / "scan.h5"):
        pass
    with pytest.raises(seccm.DataFileError, match="nothing to resume"):
        seccm.resume(tmp_path / "scan.h5")


def test_an_existing_file_is_never_overwritten(tmp_path: Path):
    (tmp_path / "scan.h5").write_bytes(b"precious")
    with pytest.raises(seccm.DataFileError, match="exists"):
        seccm.run(small_scan(1, 1), path=tmp_path / "scan.h5")
    assert (tmp_path / "scan.h5").read_bytes() == b"precious"


def disk(monkeypatch: pytest.MonkeyPatch, folder: Path, free: int) -> None:
    """Have so many bytes free wherever one asks."""
    known = shutil.disk_usage(folder)._replace(free=free)
    monkeypatch.setattr("shutil.disk_usage", lambda path: known)


def test_a_disk_without_room_for_the_reserve_is_refused_before_anything_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The writer insists on it, so a run that passed the check would end with its first site."""
    path = tmp_path / "scan.h5"
    disk(monkeypatch, tmp_path, SPARE - 1_000_000)
    with pytest.raises(seccm.PlanError, match=r"63 MB are free.*64 MB must stay free"):
        seccm.run(small_scan(2, 1), path=path)
    assert not path.exists()
    _, problems = seccm.session.check(small_scan(2, 1), seccm.rigs.load_rig("virtual"))
    assert any("must stay free" in problem.what for problem in problems)
    disk(monkeypatch, tmp_path, SPARE + 10_000_000)
    for _ in seccm.run(small_scan(2, 1), path=path):
        pass
    with seccm.open(path) as scan:
        assert scan.state == "complete"


def stopped_scan(path: Path) -> None:
    """Write a scan of four sites that was stopped on the way to the second."""
    run = seccm.run(small_scan(2, 2), path=path)
    for event in run:
        if isinstance(event, PhaseBegan) and event.site == 1 and event.phase is Phase.TRAVEL:
            run.ask("stop")


def test_resuming_on_a_full_disk_is_refused_and_costs_no_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "scan.h5"
    stopped_scan(path)
    before = path.read_bytes()
    disk(monkeypatch, tmp_path, 40_000_000)
    for _ in range(2):
        with pytest.raises(seccm.PlanError, match=r"40 MB are free.*64 MB must stay free"):
            seccm.resume(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_site_that_was_not_descended_to_is_visited_in_its_turn_after_a_stop(tmp_path: Path):
    path = tmp_path / "scan.h5"
    stopped_scan(path)
    with seccm.open(path) as scan:
        assert scan.sites["status"].tolist() == [Outcome.OK] + 3 * [Outcome.PLANNED]
    again = list(seccm.resume(path))
    assert [e.site for e in again if isinstance(e, SiteStarted)] == [1, 2, 3]
    with seccm.open(path) as scan:
        assert scan.sites["status"].tolist() == 4 * [Outcome.OK]
        assert (np.diff(scan.sites["row_start"]) > 0).all(), "samples lie in the order of sites"


def test_resuming_where_nothing_can_be_written_says_so_in_a_sentence(tmp_path: Path):
    """A folder in the way of the copy fails to be written and to be removed, as on a disk that
    is mounted for reading only."""
    path = tmp_path / "scan.h5"
    stopped_scan(path)
    before = path.read_bytes()
    (tmp_path / "scan.h5.part").mkdir()
    with pytest.raises(seccm.DataFileError, match=r"Is a directory\. The file is unchanged"):
        seccm.resume(path)
    assert path.read_bytes() == before


LIMITED = """
import resource, sys
from seccm.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
sys.argv = ["seccm", "run", "li-on-au-combinatorial", "-o", sys.argv[1]]
main()
"""


@pytest.mark.skipif(os.name != "posix", reason="limits the size of files as POSIX does")
def test_a_file_that_cannot_grow_ends_the_command_with_3_and_the_counts_of_the_file(
    tmp_path: Path,
):
    path = tmp_path / "scan.h5"
    child = warm.ran(
        [sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, check=False
    )
    assert child.returncode == 3, child.stderr
    assert "Traceback" not in child.stderr
    assert "File too large" in child.stderr
    with seccm.open(path) as scan:
        counts = Counter(scan.sites["status"].tolist())
    assert set(counts) == {Outcome.OK, Outcome.RUNNING, Outcome.PLANNED}
    told = f"{counts[Outcome.OK]} ok, 1 incomplete, {counts[Outcome.PLANNED]} not visited"
    assert f"In the file: {told}" in child.stdout
    assert "sites:" not in child.stdout


def test_analysing_a_file_again_gives_what_the_live_analysis_gave(tmp_path: Path):
    path = tmp_path / "scan.h5"
    for _ in seccm.run(small_scan(), path=path, seed=2):
        pass
    with seccm.open(path) as scan:
        names = [c.name for c in scan.features]
        live = {name: scan.sites[name].copy() for name in names}
    assert seccm.analyze(path) == 12
    with seccm.open(path) as scan:
        for name in names:
            np.testing.assert_allclose(scan.sites[name], live[name], rtol=1e-5, err_msg=name)


@pytest.mark.parametrize("fault", ["unplugged", "stalled-read"])
def test_a_failing_rig_leaves_a_file_that_can_be_resumed(tmp_path: Path, fault: str):
    path = tmp_path / "scan.h5"
    run = seccm.run(small_scan(2, 2), path=path, faults=[f"{fault}@site=2"])
    events: list[Event] = []
    with pytest.raises(seccm.RigError):
        events.extend(run)
    assert isinstance(events[-1], RunStopped)
    assert events[-1].status == "fault"
    with seccm.open(path) as scan:
        status = scan.sites["status"].tolist()
        assert status[:2] == [Outcome.OK, Outcome.OK]
        assert status[2:] == [Outcome.PLANNED] * 2, "the tip was only on its way to site 2"
        assert scan.state == "fault"
    again = list(seccm.resume(path))
    assert [e.site for e in again if isinstance(e, SiteStarted)] == [2, 3]
    with seccm.open(path) as scan:
        assert scan.sites["status"].tolist() == 4 * [Outcome.OK]


def kill_and_resume(folder: Path, wait_for: int, delay: float) -> None:
    """Kill a run with -9 some time after a few sites, resume it, and check what must hold."""
    path, log = folder / "scan.h5", folder / "landings.txt"
    command = [sys.executable, str(KILLED_RUN), str(path), str(log)]
    with warm.begun(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            if log.exists() and len(log.read_bytes().splitlines()) >= wait_for:
                break
            time.sleep(0.001)  # to look without a rest takes as much processor time as the run
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            process.kill()
    if not log.exists() or not log.read_bytes():
        # Killed before the first descent: nothing was touched, and the file says so or is whole.
        with contextlib.suppress(seccm.DataFileError), seccm.open(path) as scan:
            assert not (scan.sites["landed"] == 1).any()
        return
    with seccm.open(path) as scan:
        before = {
            k: scan.sites["crc32"][k]
            for k in np.flatnonzero(scan.sites["status"] == Outcome.OK).tolist()
        }
        complete = scan.state == "complete"
    if not complete:
        warm.ran([*command, "resume"], check=True, stdout=subprocess.DEVNULL)
    landings = Counter(
        (round(float(x) / 11e-6), round(float(y) / 11e-6))
        for x, y in (line.split() for line in log.read_text().splitlines())
    )
    assert max(landings.values()) == 1, f"a site was landed on twice: {landings}"
    with seccm.open(path) as scan:
        assert scan.state == "complete"
        status = scan.sites["status"]
        for k, checksum in before.items():
            assert status[k] == Outcome.OK, f"finished site {k} was lost"
            assert scan.sites["crc32"][k] == checksum
        assert ((status == Outcome.OK) | (status == Outcome.ABORTED)).all()
        assert (status == Outcome.ABORTED).sum() <= 1


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is POSIX")
@pytest.mark.parametrize("seed", range(3))  # benchmarks/bench_kill.py: 40 of them
def test_after_kill_9_no_site_is_lost_or_landed_on_twice(tmp_path: Path, seed: int):
    chance = random.Random(seed)
    kill_and_resume(tmp_path, wait_for=chance.randint(1, 10), delay=chance.uniform(1e-4, 0.05))
