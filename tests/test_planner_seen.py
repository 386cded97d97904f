"""Sites that a planner adds, as everybody sees them: file, analysis, report, map, progress."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pace_of import pace_of, visit
from planned_maps import map_of
from planned_runs import Scripted, carried_out, halving, in_order
from rich.console import Console
from small_plan import INFO
from small_scan import small_scan

import seccm
from seccm.cli.progress import RunProgress
from seccm.events import Event, Outcome, SiteAdded
from seccm.plan.added import site_of
from seccm.plan.estimate import duration_of
from seccm.plan.pace import Pace
from seccm.remote import Overview, SiteList, Snapshot, Trace
from seccm.remote.channel.wire import pack, unpack
from seccm.report.study import Study
from seccm.session import Run
from ui.models.desk import Desk
from ui.models.ready import prepared
from ui.models.run_state import RunState
from ui.models.scan_file import ScanFile
from ui.models.site_map import SiteMap

PLAN = small_scan()
LEVELS = [-15.0, -20.0, -15.0, -33.0]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run, list[Event]]:
    """A run of four sites that a planner thought of."""
    path = tmp_path_factory.mktemp("planner") / "scan.h5"
    run, events = carried_out(path, Scripted(in_order(PLAN, LEVELS)))
    return path, run, events


def columns(path: Path) -> dict[str, Any]:
    """Everything in the table of sites, and in the table of results."""
    with seccm.open(path) as scan:
        results = scan.results()
        return {n: scan.sites[n] for n in scan.sites.names} | {
            f"result {n}": results[n] for n in results.names
        }


def test_to_analyse_again_changes_nothing(ran: tuple[Path, Run, list[Event]]) -> None:
    path, _, _ = ran
    before = columns(path)
    assert seccm.analyze(path) == len(LEVELS)
    after = columns(path)
    assert before.keys() == after.keys()
    assert np.isfinite(before["Q"]).all()
    for name, values in before.items():
        np.testing.assert_array_equal(values, after[name], err_msg=name)


def test_the_report_has_their_curves_and_conditions(ran: tuple[Path, Run, list[Event]]) -> None:
    path, _, _ = ran
    with seccm.open(path) as scan:
        study = Study(scan)
        levels = [condition["j"] for condition in study.groups.conditions]
        assert levels == [-10, -20, -30, -40, -15, -33]
        for site in range(len(LEVELS)):
            assert study.trace(site, 0) is not None


def test_an_event_and_the_file_tell_of_the_same_site(ran: tuple[Path, Run, list[Event]]) -> None:
    path, _, events = ran
    told = [site_of(event) for event in events if isinstance(event, SiteAdded)]
    with seccm.open(path) as scan:
        assert told == list(scan.planned.values())
    assert [site.levels for site in told] == [(level,) for level in LEVELS]


# ------------------------------------------------------------------- the channel


def snapshot_of(run: Run, known: int = 0) -> Snapshot:
    """What a client is sent when a run begins."""
    sites = SiteList.of(run.planned)
    overview = Overview.planned(known)
    return Snapshot(
        "", run.plan.to_json(), run.info, run.total, (), overview, (), Trace.none(), sites=sites
    )


def test_whoever_comes_late_knows_the_same_as_who_was_there(
    ran: tuple[Path, Run, list[Event]],
) -> None:
    """However many events are heard before the snapshot crosses the channel."""
    path, run, events = ran
    for before in range(0, len(events) + 1, 7):
        sent = snapshot_of(run)
        for event in events[:before]:
            sent.hear(event)
        arrived = Snapshot.from_plain(unpack(pack(sent.to_plain())))
        apart = arrived.apart()
        for event in events[before:]:
            arrived.hear(event)
        assert len(apart.sites) == len(sent.sites)
        with seccm.open(path) as scan:
            assert arrived.sites.sites() == tuple(scan.planned.values())
        stored = Overview.of_file(path)
        for name in ("status", "z_contact", "latency", "overtravel"):
            got, kept = getattr(arrived.overview, name), getattr(stored, name)
            np.testing.assert_allclose(got, kept, rtol=1e-12, err_msg=name)
        np.testing.assert_array_equal(arrived.overview.features["Q"], stored.features["Q"])


def test_a_site_that_a_damaged_file_does_not_tell_of_keeps_its_number() -> None:
    sites = PLAN.sites()
    listed = SiteList.of([sites[0], sites[3]])
    again = SiteList.from_plain(unpack(pack(listed.to_plain())))
    assert len(again) == 4
    assert again.sites() == (sites[0], sites[3])


# ------------------------------------------------------------------- the window


def test_the_map_of_a_run_grows_to_that_of_its_file(ran: tuple[Path, Run, list[Event]]) -> None:
    path, run, events = ran
    ready = prepared(snapshot_of(run))
    grown = ready.map
    assert grown is not None
    assert grown.x.size == 0
    for event in events:
        if isinstance(event, SiteAdded):
            grown.add_site(site_of(event), event.label)
            grown.add_site(site_of(event), event.label)  # told twice, known once
        grown.hear(event)
    file = ScanFile(path)
    plan, patterns = file.plan()
    file.map.describe(plan, patterns)
    assert list(grown.labels) == list(file.map.labels)
    for name in ("ix", "iy", "condition", "outcome"):
        np.testing.assert_array_equal(getattr(grown, name), getattr(file.map, name))
    assert [grown.rule(k) for k in range(4)] == [file.map.rule(k) for k in range(4)]
    np.testing.assert_array_equal(grown.values("Q"), file.map.values("Q"))
    assert grown.pitch == pytest.approx(11e-6)
    assert file.words.startswith("complete · 4 sites, 4 ok")
    assert not file.resumable
    file.close()


def test_a_file_that_grows_is_browsed_as_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    run = seccm.session.run(PLAN, path=path, planner=Scripted(in_order(PLAN, LEVELS)))
    sizes, file = [], None
    for event in run:
        if isinstance(event, SiteAdded):
            if file is None:
                file = ScanFile(path)
                file.map.describe(*file.plan())
            file.refresh()
            sizes.append(file.map.x.size)
            assert file.map.outcome.size == file.map.selected.size == file.map.x.size
            assert len(file.map.labels) > file.map.condition.max()
    assert file is not None
    assert sizes == [1, 2, 3, 4]
    file.close()


def test_the_bar_says_how_many_are_done_and_not_how_many_will_be(
    ran: tuple[Path, Run, list[Event]],
) -> None:
    _, _, events = ran
    state = RunState(more=True, pace=pace_of([], total=None))
    state.follow("running", 1, "", 0.0, thinking="The planner is thinking.")
    assert state.phase_words == "planner is thinking"
    assert "No run" not in state.summary()
    for event in events[:-1]:
        if isinstance(event, SiteAdded) and state.pace is not None:
            state.pace.add(site_of(event), None, INFO)
        state.hear(event, 0.0)
    state.tally({Outcome.OK: 4}, 4)
    assert state.total == 4
    assert state.done_words == "4 so far"
    assert state.left
    assert state.time_left(1.0) == "–"
    state.hear(events[-1], 0.0)
    assert state.done_words == "4"
    assert not state.left


def test_no_rows_are_missed_while_a_simulated_rig_waits_for_its_planner() -> None:
    state = RunState(virtual=True, doing="scan")
    for now in (0.0, 60.0):
        state.follow("running", 5, "", now, thinking="The planner is thinking.")
    assert state.alarm(60.0) == ""
    state.follow("running", 5, "", 61.0)
    assert "No data" in state.alarm(64.0)
    state = RunState(virtual=False, doing="scan")
    for now in (0.0, 60.0):
        state.follow("running", 5, "", now, thinking="The planner is thinking.")
    assert "No data" in state.alarm(60.0), "a rig of hardware is read on"


def test_a_desk_takes_in_what_a_planner_adds(ran: tuple[Path, Run, list[Event]]) -> None:
    _, run, events = ran
    desk = Desk()
    desk._begin(prepared(snapshot_of(run)), 0.0)
    for event in events:
        desk._hear(event, 0.0)
    assert sorted(desk.sites) == [0, 1, 2, 3]
    assert desk.map is not None
    assert desk.map.x.size == 4
    assert any("Added by the planner" in line.text for line in desk.lines)
    desk.close()


# ------------------------------------------------------------------- the terminal


def test_the_terminal_follows_a_planner(tmp_path: Path) -> None:
    screen = Console(file=io.StringIO(), force_terminal=False, width=200)
    planner = Scripted(halving(PLAN))
    run = seccm.session.run(PLAN, path=tmp_path / "scan.h5", planner=planner)
    progress = RunProgress(run, screen)
    doing = set()
    with progress:
        for event in run:
            progress.show(event)
            task = progress._progress.tasks[0]
            doing.add(str(task.fields["doing"]))
            assert "/" not in task.fields["done"]
    said = screen.file.getvalue()  # type: ignore[attr-defined]
    assert said.count(" ok ") == 3
    assert "j = -2.5 mA/cm^2" in said
    assert any("the planner is thinking" in words for words in doing)
    assert task.fields["done"] == "3 so far"
    *_, last = said.strip().splitlines()
    assert last == "Run complete: The planner asks for no more sites.", "why it ended"


def test_the_terminal_says_of_no_planner_that_it_thinks_while_a_person_is_asked(
    tmp_path: Path,
) -> None:
    class Fails(Scripted):
        def ask(self) -> seccm.Site:
            raise ValueError("no model")

    run = seccm.session.run(PLAN, path=tmp_path / "scan.h5", planner=Fails(halving(PLAN)))
    progress = RunProgress(run, Console(file=io.StringIO(), force_terminal=False, width=200))
    doing = list[str]()
    for event in run:
        progress.show(event)
        if isinstance(event, seccm.Paused):
            doing.append(str(progress._progress.tasks[0].fields["doing"]))
            run.ask("resume" if len(doing) == 1 else "stop")
        if isinstance(event, seccm.events.Resumed):
            assert "paused" not in str(progress._progress.tasks[0].fields["doing"])
    assert doing == ["paused", "paused"]


# ------------------------------------------------------------------- the time left


def test_sites_one_by_one_take_as_long_as_all_at_once() -> None:
    sites = PLAN.sites()
    together = Pace.of(sites, len(sites), 0, INFO)
    single = pace_of([])
    for k, site in enumerate(sites):
        single.add(site, sites[k - 1] if k else None, INFO)
    assert single.left(0.0) == pytest.approx(together.left(0.0), rel=1e-12)
    assert together.left(0.0) == pytest.approx(duration_of(PLAN.visits(), INFO), rel=1e-12)
    assert Pace.of((), 0, 0, INFO).left(0.0) == 0.0


def test_the_time_left_grows_with_what_is_added() -> None:
    pace = pace_of([10.0, 10.0], total=4)
    assert pace.left(0.0) == pytest.approx(40.0)
    now = visit(pace, 0, 0.0, 0.0, 20.0)
    assert pace.left(now) == pytest.approx(60.0), "twice as slow as planned, three are left"
    site = PLAN.sites()[0]
    pace.add(site, None, INFO)
    own = Pace.of([site], 1, 0, INFO).left(0.0)
    assert pace.left(now) > own, "one of them is known by now"
    assert np.isnan(pace_of([10.0], total=None).left(0.0))
    assert np.isnan(pace_of([], total=4).left(0.0)), "nothing says how long one takes"


def test_a_map_of_a_plans_own_sites_is_as_before() -> None:
    made = map_of(PLAN)
    assert isinstance(made, SiteMap)
    np.testing.assert_array_equal(made.x, [site.x for site in PLAN.sites()])
    assert made.is_grid
