"""A run waits, tip up and cell off, while a signal of the rig is past its limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from little_world import LittleWorld, Watch, a_site, cut
from small_plan import INFO, small
from small_scan import small_scan

import seccm
from hardware.ni.wires import SignalInput
from seccm.catalog.entry import Entry, read
from seccm.catalog.search import Search
from seccm.conductor.scan import Runner
from seccm.data import Scan, open_scan
from seccm.data.journal import Code
from seccm.data.surroundings import surroundings
from seccm.errors import PlanError
from seccm.events import Event, Note, Outcome, Paused, Resumed, SiteFinished
from seccm.hopping.doubts import Budget
from seccm.hopping.engine import Engine
from seccm.hopping.life import Request, State
from seccm.hopping.suspension import Suspension
from seccm.plan import Plan
from seccm.quantities import FROM_FILE
from seccm.report import write_report
from seccm.report.study import Study
from seccm.report.surroundings import over_run, waits
from seccm.rig import Block, Signal
from seccm.rig.suspend import Suspend
from seccm.rigs import RigFile
from seccm.typography import readable

HUMIDITY = Signal("humidity", "ppm", "humidity", "environment")
RULE = Suspend("humidity", "humidity", "humidity", "ppm", "above", 5.0, 4.0, 0.5, 2.0)
LEAVING = replace(RULE, leave=True)
PERIOD = Block(0, {"humidity": np.zeros(1)}, np.zeros(1, np.uint8)).clock.period


def rows_of(seconds: float) -> int:
    return round(seconds / PERIOD)


def block_of(values: Sequence[float], start: int = 0) -> Block:
    return Block(start, {"humidity": np.asarray(values, float)}, np.zeros(len(values), np.uint8))


def waits_after(rule: Suspend, values: Sequence[float], cuts: Sequence[int] = ()) -> list[bool]:
    """Whether the run has to wait, after each of some blocks."""
    suspension = Suspension([rule])
    found = []
    for block in cut(block_of(values), cuts):
        suspension.feed(block)
        found.append(suspension.waits)
    return found


def test_a_spike_does_not_count_and_a_lasting_excess_does():
    good, spike, lasting = [1.0] * 10, [9.0] * rows_of(0.3), [9.0] * rows_of(0.6)
    assert waits_after(RULE, [*good, *spike, *good]) == [False]
    assert waits_after(RULE, [*good, *lasting]) == [True]
    assert waits_after(RULE, [*good, *spike, *good, *spike, *good]) == [False]


def test_it_goes_on_only_when_the_signal_has_been_back_for_long_enough_past_its_own_limit():
    past, between, back = [9.0] * rows_of(0.6), [4.5] * rows_of(5.0), [1.0] * rows_of(2.1)
    assert waits_after(RULE, [1.0, *past, *between]) == [True]
    assert waits_after(RULE, [1.0, *past, *back]) == [False]
    assert waits_after(RULE, [1.0, *past, *back[: rows_of(1.5)], 9.0, *back[: rows_of(1.5)]]) == [
        True
    ]


def test_a_run_that_begins_past_the_limit_waits_at_once():
    assert waits_after(RULE, [9.0]) == [True]
    assert waits_after(RULE, [1.0, 9.0]) == [False]


def test_what_is_not_measured_is_not_known_to_be_good():
    lost = [float("nan")] * rows_of(0.6)
    assert waits_after(RULE, [1.0, *lost]) == [True]
    assert waits_after(RULE, [1.0, *lost, *([float("nan")] * rows_of(9.0))]) == [True]


@settings(max_examples=40)
@given(
    values=st.lists(st.sampled_from([1.0, 4.5, 9.0, float("nan")]), min_size=1, max_size=60),
    cuts=st.lists(st.integers(1, 1200), max_size=8),
    below=st.booleans(),
)
def test_how_long_a_block_is_does_not_matter(values: list[float], cuts: list[int], below: bool):
    rows = np.repeat(values, 20)
    rule = replace(RULE, lasting=30 * PERIOD, calm=50 * PERIOD)
    if below:  # the mirror image
        rows, rule = -rows, replace(rule, side="below", limit=-5.0, back=-4.0)
    whole = waits_after(rule, rows.tolist())
    assert waits_after(rule, rows.tolist(), cuts)[-1] == whole[0]
    assert waits_after(rule, rows.tolist(), range(1, len(rows)))[-1] == whole[0]


class Room:
    """What the air around a little world is like, planted row by row."""

    def __init__(self, *spans: tuple[float, float]) -> None:
        self.spans = spans
        """Seconds between which it is humid."""

    def around(self, world: LittleWorld, block: Block) -> Block:
        seconds = np.arange(block.start, block.stop) * PERIOD
        humid = np.zeros(len(seconds), bool)
        for first, last in self.spans:
            humid |= (seconds >= first) & (seconds < last)
        data = {**block.data, "humidity": np.where(humid, 9.0, 1.0)}
        return replace(block, data=data)


class Kept:
    """A recorder that keeps nothing."""

    def record(self, block: Block | None, events: Sequence[Event]) -> None: ...

    def barrier(self) -> None: ...

    def analysed(self) -> tuple[()]:
        return ()

    def close(self, status: str) -> None: ...


def visited(
    rule: Suspend, *spans: tuple[float, float], sites: int = 3, asks: Any = None
) -> tuple[list[Event], LittleWorld]:
    """Run some sites under a planted humidity; `asks` is called with every event."""
    world = LittleWorld(trouble=Room(*spans).around)
    engine = Engine(
        [a_site(k) for k in range(sites)], world.info, title="t", total=sites, budget=Budget(),
        suspension=Suspension([rule]),
    )  # fmt: skip
    heard, watch = [], Watch()
    for event in Runner(world, engine, Kept(), now=lambda: watch.now, rest=watch.rest).run():
        heard.append(event)
        if asks is not None:
            asks(engine, event)
        if isinstance(event, Paused):
            assert world.position["z"] >= world.start_z
            assert not world.wet
            assert world.drive.mode == "open"
    return heard, world


def of(kind: type[Any], heard: list[Event]) -> list[Any]:
    return [event for event in heard if isinstance(event, kind)]


def test_the_site_is_finished_then_the_run_waits_and_goes_on_by_itself():
    heard, world = visited(RULE, (1.0, 12.0))
    assert [e.outcome for e in of(SiteFinished, heard)] == [Outcome.OK] * 3
    (paused,), (resumed,) = of(Paused, heard), of(Resumed, heard)
    assert paused.suspended
    assert not paused.by_operator
    assert str(paused).startswith("Suspended: Humidity is above 5 ppm (9 ppm).")
    assert "below 4 ppm for 2 s" in paused.why
    assert "below 4 ppm for 2 s" in resumed.why
    assert resumed.row * PERIOD >= 14.0
    assert "suspended when this site is finished" in of(Note, heard)[0].text
    assert not world.sins
    assert len(world.landings) == 3


@pytest.mark.parametrize("first", np.arange(0.05, 9.0, 0.45).tolist())
def test_a_site_is_left_safely_wherever_it_stands(first: float):
    heard, world = visited(LEAVING, (first, first + 6.0))
    assert not world.sins
    assert len(of(Paused, heard)) == len(of(Resumed, heard)) == 1
    finished: dict[int, list[Outcome]] = {}
    for event in of(SiteFinished, heard):
        finished.setdefault(event.site, []).append(event.outcome)
    # One that the tip had not come near is visited afterwards; one that was touched never again.
    for outcomes in finished.values():
        assert outcomes[-1] in (Outcome.OK, Outcome.SKIPPED)
        assert outcomes[:-1] in ([], [Outcome.ABORTED])
    assert set(finished) == {0, 1, 2}
    assert len(world.landings) <= 3


def test_a_person_goes_on_all_the_same_and_it_counts_again_once_it_was_back():
    asked = []

    def resume(engine: Engine, event: Event) -> None:
        if isinstance(event, Paused):
            asked.append(event.row)
            if len(asked) == 1:
                assert engine.status.state is State.SUSPENDED
                assert engine.status.waiting == str(event)
                engine.ask(Request.RESUME)

    heard, _ = visited(RULE, (0.0, 20.0), (30.0, 36.0), sites=5, asks=resume)
    first, second = of(Paused, heard)
    assert of(Resumed, heard)[0].why == "The signal is still past its limit."
    assert second.row * PERIOD > 30.0 > 20.0 > first.row * PERIOD


def test_a_person_can_keep_it_waiting_or_stop_it():
    def pause(engine: Engine, event: Event) -> None:
        if isinstance(event, Paused):
            engine.ask(Request.PAUSE if event.suspended else Request.STOP)

    heard, world = visited(RULE, (0.0, 3.0), asks=pause)
    assert [e.suspended for e in of(Paused, heard)] == [True, False]
    assert of(Paused, heard)[1].by_operator
    assert heard[-1].status == "stopped"
    assert not world.landings


def test_nothing_is_waited_for_when_no_site_is_left():
    heard, _ = visited(RULE, (1.0, 1e6), sites=1)
    assert not of(Paused, heard)
    assert heard[-1].status == "complete"


BAD: Sequence[tuple[dict[str, Any], str]] = [
    ({}, "above"),
    ({"above": "5 ppm", "below": "2 ppm"}, "below"),
    ({"above": "5 ppm", "back": "6 ppm"}, "past the limit itself"),
    ({"below": "18 degC", "back": "17 degC"}, "past the limit itself"),
    ({"above": "5 ppm", "back": "5 degC"}, "another kind"),
    ({"above": "wet"}, "number"),
    ({"above": "5 ppm", "site": "stay"}, "finish"),
    ({"above": "5 ppm", "for": "-1 s"}, "0"),
]


@pytest.mark.parametrize(("table", "said"), BAD)
def test_a_table_that_makes_no_sense_is_refused(table: dict[str, Any], said: str):
    with pytest.raises(PlanError) as refused:
        small(suspend={"humidity": table})
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"moisture": {"above": "5 ppm"}}, "not a signal of this rig"),
        ({"humidity": {"above": "5 degC"}}, "is measured in ppm"),
        ({"dry": {"signal": "humidity", "below": "1 V"}}, "is measured in ppm"),
    ],
)
def test_a_rig_that_cannot_serve_it_is_told_before_anything_moves(
    tables: dict[str, Any], said: str
):
    info = replace(INFO, signals=(*INFO.signals, HUMIDITY))
    problems = [p for p in small(suspend=tables).check(info) if p.severity == "error"]
    assert [said in p.what for p in problems] == [True]
    assert problems[0].where.startswith("suspend.")
    fine = small(suspend={"dry": {"signal": "humidity", "above": "5 ppm", "back": "4 ppm"}})
    assert not [p for p in fine.check(info) if p.severity == "error"]
    assert Plan.from_json(fine.to_json()) == fine


GLOVEBOX: dict[str, Any] = {
    "kind": "virtual",
    "name": "glovebox",
    "signals": {
        "humidity": {
            "unit": "ppm", "role": "environment", "noise": 0.05,
            "course": [["0 s", 1.0], ["4 s", 1.0], ["4.1 s", 8.0], ["30 s", 8.0], ["31 s", 1.0]],
        },
        "temperature": {"unit": "degC", "role": "environment", "course": [["0 s", 24.0]]},
    },
    "suspend": {"humidity": {"above": "5 ppm", "for": "1 s", "back": "4 ppm", "back_for": "5 s"}},
}  # fmt: skip


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[Event]]]:
    """A scan in a glovebox whose humidity rises for a while; the rig says what then."""
    path = tmp_path_factory.mktemp("room") / "glovebox.h5"
    with seccm.run(small_scan(2, 2), RigFile("glovebox", GLOVEBOX), path=path) as run:
        heard = list(run)
    return path, heard


def test_a_virtual_rig_plays_it_and_the_file_says_why(scan: tuple[Path, list[Event]]):
    path, heard = scan
    (paused,), (resumed,) = of(Paused, heard), of(Resumed, heard)
    with open_scan(path) as kept:
        assert {s.name: s.unit for s in kept.signals if s.role == "environment"} == {
            "humidity": "ppm",
            "temperature": "degC",
        }
        said = [str(text) for text in kept.events["msg"]]
        assert f"suspended: {paused.why}" in said
        assert resumed.why in said
        assert all(code == Outcome.OK for code in kept.sites["status"])
        humid = [
            float(np.nanmax(kept.record(number).signals["humidity"])) > 5.0 for number in range(4)
        ]
        waited = [event.site for event in of(SiteFinished, heard) if event.row > paused.row]
        assert waited
        assert not any(humid[number] for number in waited)


def test_a_rig_file_with_a_condition_on_nothing_is_refused():
    wrong = {**GLOVEBOX, "suspend": {"oxygen": {"above": "5 ppm"}}}
    with pytest.raises(PlanError) as refused:
        seccm.run(small_scan(1, 1), RigFile("glovebox", wrong), path="never.h5")
    assert "suspend.oxygen" in str(refused.value)
    assert "humidity" in str(refused.value)


def test_the_surroundings_are_told_site_by_site(
    scan: tuple[Path, list[Event]], tmp_path: Path
) -> None:
    path, heard = scan
    with open_scan(path) as kept:
        humidity, temperature = surroundings(kept)
        assert (humidity.signal.name, temperature.signal.name) == ("humidity", "temperature")
        assert temperature.mean == pytest.approx(24.0)
        assert np.all(np.diff(humidity.t) > 0.0)
        assert np.all(humidity.lowest <= humidity.mean)
        assert np.all(humidity.mean <= humidity.highest)
        for k, number in enumerate(range(4)):
            rows = kept.record(number).signals["humidity"]
            assert humidity.mean[k] == pytest.approx(float(rows.mean()))
        page = write_report(kept, tmp_path / "report").read_text(encoding="utf-8")
        (wait,), period = waits(kept), kept.clock.period
        drawn = over_run(Study(kept))
    assert "Surroundings of the cell" in page
    assert readable(temperature.words) in page
    assert drawn is not None
    labels = [axes.get_ylabel() for axes in drawn.axes]
    assert labels == ["humidity (ppm)", "temperature (°C)"]
    paused, resumed = of(Paused, heard)[0], of(Resumed, heard)[0]
    assert wait == pytest.approx((paused.row * period, resumed.row * period), abs=2 * period)
    assert not np.any((wait[0] < humidity.t) & (humidity.t < wait[1])), "no site in between"
    assert "signal-humidity" not in page  # no curve of its own against the time of a site


def test_the_catalogue_finds_scans_by_what_surrounded_them(scan: tuple[Path, list[Event]]) -> None:
    path, _ = scan
    entry, _rows = read(path, 0, 0)
    assert Entry.from_json(entry.to_json()) == entry
    assert entry.surroundings["humidity"].unit == "ppm"
    assert entry.surroundings["humidity"].highest > 5.0
    assert Search().with_range("temperature = 20 degC .. 25 degC").finds(entry)
    assert not Search().with_range("temperature = 30 degC ..").finds(entry)


def test_a_signal_of_a_card_is_scaled_into_the_unit_of_its_instrument() -> None:
    made = SignalInput.model_validate(
        {
            "terminal": "ai5", "unit": "ppm", "role": "environment", "sign": 1,
            "gain": "100 mV/ppm", "offset": "50 mV", "calibrated": "2026-11-02, data sheet",
        },
        context=FROM_FILE,
    )  # fmt: skip
    assert made.scale().si(0.55) == pytest.approx(5.0)
    assert made.signal("humidity").role == "environment"


class Told:
    """A scan of which only its events are asked."""

    def __init__(self, *events: tuple[Code, float]) -> None:
        self.events = {
            "code": np.array([code for code, _ in events], np.uint16),
            "t": np.array([t for _, t in events], np.float64),
        }


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ((), []),
        (((Code.RESUMED, 1.0),), []),
        (((Code.PAUSED, 1.0), (Code.RESUMED, 3.0)), [(1.0, 3.0)]),
        # Paused by a person while it was suspended: one wait.
        (((Code.PAUSED, 1.0), (Code.PAUSED, 2.0), (Code.RESUMED, 3.0)), [(1.0, 3.0)]),
        # Stopped while it waited.
        (((Code.PAUSED, 1.0), (Code.RUN_STOPPED, 5.0)), [(1.0, 5.0)]),
        (
            ((Code.PAUSED, 1.0), (Code.RESUMED, 2.0), (Code.PAUSED, 4.0), (Code.RESUMED, 8.0)),
            [(1.0, 2.0), (4.0, 8.0)],
        ),
    ],
)
def test_waits_are_found_among_the_events(
    events: tuple[tuple[Code, float], ...], found: list[tuple[float, float]]
) -> None:
    assert list(waits(cast(Scan, Told(*events)))) == found
