"""Why a planner asked for a site: kept beside it, whatever else is in the file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planned_runs import Scripted, carried_out, in_order
from small_scan import small_scan

import seccm
from seccm.data.tables import DECISIONS
from seccm.events import SiteAdded
from seccm.plan.decision import MOST_POINTS, Belief, Decision, Direction, Progress

PLAN = small_scan()
LEVELS = [-15.0, -20.0]
words = st.text(min_size=1, max_size=300)
numbers = st.floats(-1e9, 1e9).map(lambda x: float(f"{x:.6g}"))


def belief(points: int = 3) -> Belief:
    """What was expected along a factor."""
    x = np.linspace(-30.0, -2.0, points)
    along = (Direction("j", "A/m^2", True),)
    return Belief("E_nuc", "V", along, x[:, None], x / 100.0, np.full(points, 1e-3))


@given(
    words, st.lists(st.tuples(words, numbers, numbers), max_size=3), st.integers(0, 9) | st.none()
)
def test_a_decision_that_was_written_reads_back(
    reason: str, progress: list[tuple[str, float, float]], seed: int | None
) -> None:
    made = Decision(
        reason, (belief(),), tuple(Progress(*p) for p in progress), {"length": 0.25}, seed
    )
    text = made.text
    assert text.isascii()
    back = Decision.read(text)
    assert (back.reason, back.progress, back.seed) == (made.reason, made.progress, seed)
    assert back.state == {"length": 0.25}
    (found,) = back.beliefs
    assert (found.result, found.unit, found.directions) == ("E_nuc", "V", belief().directions)
    np.testing.assert_allclose(found.points, belief().points, rtol=1e-5)
    np.testing.assert_allclose(found.mean, belief().mean, rtol=1e-5)
    np.testing.assert_allclose(found.deviation, belief().deviation)
    assert back.text == text


@given(
    st.floats(-1e3, 1e3), st.floats(0.0, 1e3), st.floats(1e-3, 1e3),
    st.lists(st.floats(0.0, 1.0), min_size=2, max_size=9),
)  # fmt: skip
def test_colours_span_all_values_and_no_less_than_half_an_interval(
    low: float, high: float, deviation: float, shares: list[float]
) -> None:
    """A map on which all is alike within what is known looks so."""
    values = low + high * np.array(shares)
    at = np.arange(len(values), dtype=float)[:, None]
    one = Belief("Q", "1", (Direction("x", "m"),), at, values, np.full(len(values), deviation))
    first, last = one.span(values)
    slack = 1e-9 * (1.0 + abs(low) + high)
    assert first <= values.min() + slack
    assert last >= values.max() - slack
    assert last - first == pytest.approx(max(np.ptp(values), 1.96 * deviation), abs=slack)


@given(st.text(max_size=60) | st.sampled_from(
    ["[]", "{}", '{"reason":1,"beliefs":[{}]}', '{"reason":"a","progress":[[1]]}', "[" * 9999,
     '{"reason":"a","beliefs":[{"result":"a","unit":"V","directions":[],"points":[],"mean":[1],"deviation":[]}]}']
))  # fmt: skip
def test_what_is_no_decision_is_refused(text: str) -> None:
    try:
        Decision.read(text)
    except ValueError:
        return
    assert "reason" in text


def test_a_belief_that_would_fill_the_file_is_refused() -> None:
    with pytest.raises(ValueError, match=f"at most {MOST_POINTS}"):
        Decision("because", (belief(MOST_POINTS + 1),))


def reasoned(end: Decision | None) -> Scripted:
    """A planner of two sites with reasons, and one for the end."""
    sites = in_order(PLAN, LEVELS)

    def answer(planner: Scripted) -> seccm.Site | Decision | None:
        site = sites(planner)
        if site is None:
            return end
        assert isinstance(site, seccm.Site)
        long = "a long reason, " * 40
        return replace(site, decision=Decision(f"{long}{len(planner.heard)}", (belief(),)))

    return Scripted(answer)


END = Decision("The interval is narrow enough.", seed=3)


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[seccm.Event]]:
    """A finished run of a planner with reasons, and its events."""
    path = tmp_path_factory.mktemp("decided") / "scan.h5"
    _, events = carried_out(path, reasoned(END))
    return path, events


def test_a_file_tells_of_every_site_why_it_was_asked_for_and_why_the_run_ended(
    decided: tuple[Path, list[seccm.Event]],
) -> None:
    with seccm.open(decided[0]) as scan:
        assert list(scan.decisions) == [0, 1, 2]
        for number in (0, 1):
            assert scan.decisions[number].reason.endswith(f"reason, {number}")
            assert scan.decisions[number].beliefs[0].result == "E_nuc"
        assert scan.decisions[2].reason == END.reason
        assert scan.decisions[2].seed == 3
        assert len(scan.sites) == 2


def test_screens_are_told_why_with_the_site(decided: tuple[Path, list[seccm.Event]]) -> None:
    added = [event for event in decided[1] if isinstance(event, SiteAdded)]
    said = [Decision.read(event.decision).reason for event in added]
    assert [words[-1] for words in said] == ["0", "1"]
    end = decided[1][-1]
    assert isinstance(end, seccm.RunStopped)
    assert end.reason == END.reason


def test_a_reason_that_is_damaged_takes_no_site_with_it(
    decided: tuple[Path, list[seccm.Event]], tmp_path: Path
) -> None:
    path = tmp_path / "scan.h5"
    path.write_bytes(decided[0].read_bytes())
    with h5py.File(path, "r+") as file:
        rows = file["decision_text"]
        rows[0] = b"x" + rows[0][1:]
    with seccm.open(path) as scan:
        assert list(scan.decisions) == [1, 2]
        assert len(scan.planned) == 2


def test_a_file_from_before_has_no_reasons_and_can_be_resumed(tmp_path: Path) -> None:
    """A file of a program that did not keep them gets the table when it is resumed."""
    path = tmp_path / "scan.h5"
    run = seccm.run(PLAN, path=path, planner=reasoned(None))
    for event in run:
        if isinstance(event, seccm.SiteFinished):
            run.ask("stop")
    with h5py.File(path, "r+") as file:
        for column in (*DECISIONS.stored,):
            del file[column.name]
        del file[DECISIONS.dimension]
    with seccm.open(path) as scan:
        assert dict(scan.decisions) == {}
    *_, end = seccm.resume(path, planner=reasoned(END))
    assert isinstance(end, seccm.RunStopped)
    assert end.status == "complete"
    with seccm.open(path) as scan:
        assert list(scan.decisions) == [1, 2]


def test_a_plan_that_lists_its_sites_has_no_reasons(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    list(seccm.run(small_scan(2, 1), path=path))
    with seccm.open(path) as scan:
        assert len(scan.decisions) == 0
