"""The map of a scan: events in any order, values of any kind, and sites wherever they lie."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_ui_levelled import a_map

from seccm.events import (
    Approaching,
    Event,
    Landed,
    Landing,
    Note,
    Outcome,
    Paused,
    Phase,
    PhaseBegan,
    Resumed,
    RunStarted,
    RunStopped,
    SiteAnalysed,
    SiteFinished,
    SiteStarted,
    StepFinished,
)
from seccm.results import Status
from ui.models.colours import coloured, condition_colours, limits_of, outcome_colours, shown
from ui.models.decades import ColourScale
from ui.models.doubt import doubtful, without_doubtful
from ui.models.histogram import histogram
from ui.models.palette import DARK, LIGHT, PALETTES, Palette
from ui.models.quantity import Quantity, Z
from ui.models.raster import Raster
from ui.models.run_state import MOVES, RunState
from ui.models.sample import samples
from ui.models.showing import Showing
from ui.models.site_map import CHARGE, CONDITION, OUTCOME, SiteMap

LUT: npt.NDArray[np.uint8] = np.array([[k, 0, 255 - k, 255] for k in range(256)], np.uint8)
VALUES: dict[str, list[float]] = {
    "one": [3.0], "equal": [2.0] * 6, "zeros": [0.0] * 6, "none": [np.nan] * 6,
    "infinite": [1.0, np.inf, -np.inf, 2.0, 3.0, np.nan], "a far one": [*[1.0] * 4, 1.1, 1e9],
    "tiny": [1e-300, 2e-300, 3e-300], "negative": [-5.0, -1.0, -3.0, -2.0],
    "huge": [1e300, -1e300, 0.0],
}  # fmt: skip


def landing(z: float) -> Landing:
    return Landing(0, z, z, 1e-12, 0.0, 1e-3, 1e-8, 0)


def visit(site: int, outcome: Outcome = Outcome.OK) -> list[Event]:
    """What is told of one site, in its order."""
    return [
        SiteStarted(0, site), PhaseBegan(0, site, Phase.APPROACH), Approaching(0, site, 0),
        Landed(0, site, landing(1e-6 * site), None), StepFinished(0, site, 0, "time", 1e-9),
        StepFinished(0, site, 1, "time", 2e-9), SiteFinished(0, site, outcome, ""),
        SiteAnalysed(site, {"Q": float(site)}, "", {}, {"Q": 0.1}, outcome),
    ]  # fmt: skip


def picture(sites: SiteMap) -> dict[str, Any]:
    """All that a map shows, as something that can be compared."""
    values = {name: sites.values(name).tolist() for name in sorted(sites.quantities)}
    return {"names": sites.names, "outcome": sites.outcome.tolist(), "current": sites.current,
            "values": repr(values)}  # fmt: skip


def heard(events: list[Event]) -> SiteMap:
    sites = a_map(3, 2)
    for event in events:
        sites.hear(event)
    return sites


# Events


@given(st.permutations([e for site in range(3) for e in visit(site)]))
@settings(max_examples=25)
def test_events_in_any_order_are_taken_without_an_error_and_all_count(events: list[Event]) -> None:
    """As a window hears them that joins a run in its midst."""
    sites = heard(events)
    assert sites.values("Q")[:3] == pytest.approx([0.0, 1.0, 2.0])
    assert sites.values(Z)[:3] == pytest.approx([0.0, 1e-6, 2e-6], abs=1e-12)
    assert np.isnan(sites.values("Q")[3:]).all()
    assert set(sites.outcome[3:].tolist()) == {int(Outcome.PLANNED)}
    assert {*sites.names} >= {"Q", Z, CONDITION, OUTCOME}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_sites_visited_in_any_order_give_the_same_map(order: tuple[int, ...]) -> None:
    one = heard([event for site in range(3) for event in visit(site)])
    other = heard([event for site in order for event in visit(site)])
    assert picture(one) == picture(other)
    assert one.values(CHARGE)[:3] == pytest.approx([3e-9] * 3)


@pytest.mark.parametrize("late", range(1, 4))
def test_results_that_come_while_later_sites_are_measured_give_the_same_map(late: int) -> None:
    """An analysis takes its time; its site is another one by then."""
    told = [event for site in range(4) for event in visit(site)]
    analysed = [event for event in told if isinstance(event, SiteAnalysed)]
    rest = [event for event in told if not isinstance(event, SiteAnalysed)]
    mixed = list(rest)
    for k, event in enumerate(analysed):
        mixed.insert(min(mixed.index(SiteFinished(0, k, Outcome.OK, "")) + late, len(mixed)), event)
    assert picture(heard(mixed)) == picture(heard(told))


@pytest.mark.parametrize("outcome", [o for o in Outcome if o > Outcome.RUNNING])
def test_a_site_is_what_became_of_it_and_active_only_meanwhile(outcome: Outcome) -> None:
    sites = a_map(3, 2)
    for k, event in enumerate(visit(2, outcome)):
        sites.hear(event)
        assert sites.current == (2 if k < 6 else None)
        expected = Outcome.RUNNING if k < 6 else outcome
        assert sites.outcome[2] == expected


def test_a_site_that_is_stopped_on_the_way_to_it_is_planned_as_before() -> None:
    sites = heard([SiteStarted(0, 1), SiteFinished(0, 1, Outcome.ABORTED, "")])
    assert sites.outcome[1] == Outcome.PLANNED
    assert sites.current is None
    assert 1 in sites.upcoming()


def test_what_is_no_news_of_a_site_draws_nothing_anew() -> None:
    sites = a_map(3, 2)
    version = sites.version
    for event in (Note(0, 1, "Wait."), Paused(0, ""), Resumed(0), RunStopped(0, "complete", "")):
        sites.hear(event)
    assert sites.version == version
    sites.hear(SiteStarted(0, 0))
    assert sites.version > version


@given(st.permutations([RunStarted(0, "a", 3, "rig", virtual=True), *visit(0), *visit(1),
                        Paused(0, ""), Resumed(0), RunStopped(0, "stopped", "")]))  # fmt: skip
@settings(max_examples=25)
def test_the_run_bar_takes_events_in_any_order_and_always_says_something(
    events: list[Event],
) -> None:
    run = RunState()
    for k, event in enumerate(events):
        run.hear(event, float(k))
        assert run.phase_words
        assert run.summary()
        assert all(run.can(verb) in (True, False) for moves in MOVES.values() for verb in moves)
    assert (run.title, run.total) == ("a", 3)


# Colours


@pytest.mark.parametrize("middle", [None, 0.0, 1.0])
@pytest.mark.parametrize("name", VALUES)
def test_the_range_of_the_colours_is_one_whatever_the_values(
    name: str, middle: float | None
) -> None:
    low, high = limits_of(np.array(VALUES[name]), middle=middle)
    assert np.isfinite([low, high]).all()
    assert low < high
    if middle is not None:
        assert 0.5 * low + 0.5 * high == pytest.approx(middle, abs=1e-9 * (abs(low) + abs(high)))


@pytest.mark.parametrize("name", [name for name in VALUES if name != "huge"])
@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_a_site_has_the_colour_of_its_number_and_without_one_that_of_its_end(
    name: str, palette: Palette
) -> None:
    values = np.array(VALUES[name])
    sites = a_map(values.size, 1)
    sites.add(Quantity("Q", "C", "", values))
    sites.outcome[:] = Outcome.NO_CONTACT
    made = coloured(sites, "Q", values, limits_of(values), LUT, palette)
    assert made.shape == (values.size, 4)
    lost = outcome_colours(palette)[Outcome.NO_CONTACT]
    known = np.isfinite(values)
    assert (made[~known] == lost).all()
    red = made[known][np.argsort(values[known], kind="stable"), 0].astype(int)
    assert (np.diff(red) >= 0).all(), "a larger number has a later colour"


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
@pytest.mark.parametrize("count", [1, 2, 3, 8, 24])
def test_conditions_differ_in_colour_as_long_as_there_are_colours(
    palette: Palette, count: int
) -> None:
    made = condition_colours(count, palette)
    assert made.shape == (count, 4)
    assert (made[:, 3] == 255).all()
    if count <= len(palette.conditions):
        assert len({tuple(colour) for colour in made.tolist()}) == count


def test_outcomes_differ_in_colour_in_both_themes() -> None:
    for palette in (DARK, LIGHT):
        made = [tuple(colour) for colour in outcome_colours(palette).tolist()]
        assert len(set(made)) == len(Outcome)


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("scale", ColourScale)
def test_no_scale_fails_on_any_values(name: str, scale: ColourScale) -> None:
    values = np.array(VALUES[name])
    sites = a_map(values.size, 1)
    sites.add(Quantity("Q", "C", "", values))
    seen = shown(sites, "Q", Showing())
    by_decades = scale.by_decades(seen)
    assert scale is not ColourScale.LINEAR or not by_decades
    if by_decades:
        assert (values[np.isfinite(values)] != 0.0).all()


@pytest.mark.parametrize("polarographic", [False, True])
def test_a_number_that_is_shown_comes_back_in_si(polarographic: bool) -> None:
    sites = a_map(4, 1)
    sites.add(Quantity("E_nuc", "V", "potential", np.array([-0.1, 0.2, 0.0, np.nan])))
    sites.add(Quantity("j", "A/m^2", "current density", np.array([-3.0, 2.0, 0.0, np.nan])))
    showing = Showing("Li/Li+", polarographic, "Ag/AgCl", -3.2)
    for name in ("E_nuc", "j"):
        seen = shown(sites, name, showing)
        for value, number in zip(sites.values(name), seen.values, strict=True):
            if np.isfinite(value):
                assert seen.of(float(value)) == pytest.approx(number, abs=1e-12)
                assert seen.back(float(number)) == pytest.approx(value, abs=1e-12)
            else:
                assert np.isnan(number)


def test_doubtful_numbers_choose_the_colours_only_where_there_are_no_others() -> None:
    sites = a_map(4, 1)
    values = np.array([1.0, 2.0, 100.0, np.nan])
    sites.add(Quantity("Q", "C", "", values))
    sites.quantities["Q"].statuses[2:] = int(Status.AT_MOST)
    doubts = doubtful(sites, "Q")
    assert doubts.tolist() == [False, False, True, False], "what is none is no doubt"
    assert np.nanmax(without_doubtful(values, doubts)) == 2.0
    assert np.nanmax(without_doubtful(values, np.isfinite(values))) == 100.0
    assert not doubtful(sites, "of another file").any()


@pytest.mark.parametrize("doubted", range(5))
def test_a_result_that_is_mostly_doubtful_is_not_the_first_to_be_shown(doubted: int) -> None:
    """An efficiency of a dissolved couple: it is one of the main results, and says nothing."""
    sites = a_map(4, 1)
    sites.main = ("CE_last", "E_half")
    for name, unit in (("E_half", "V"), ("CE_last", "1")):
        sites.add(Quantity(name, unit, "", np.arange(4.0)))
    sites.quantities["CE_last"].statuses[:doubted] = int(Status.AT_MOST)
    assert sites.names[0] == ("E_half" if doubted > 2 else "CE_last")
    assert {"CE_last", "E_half"} <= set(sites.names)


# Numbers of samples, and histograms


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
@settings(max_examples=30)
def test_every_value_is_in_one_bar_of_the_histogram(values: list[float]) -> None:
    found = np.array(values)
    edges, counts = histogram(found)
    assert counts.sum() == found.size
    assert (np.diff(edges) > 0.0).all()
    assert edges[0] <= found.min()
    assert edges[-1] >= found.max()
    assert edges.size == counts.size + 1


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(list(Outcome)),
                          st.sampled_from([Status.OK, Status.AT_LEAST, Status.AT_MOST])),
                min_size=12, max_size=12), st.sets(st.integers(0, 11)))  # fmt: skip
@settings(max_examples=25)
def test_every_site_that_ended_is_counted_once_in_the_statistics(
    drawn: list[tuple[int, Outcome, Status]], selected: set[int]
) -> None:
    sites = a_map(4, 3)
    sites.add(Quantity("Q", "C", "", np.arange(12.0)))
    sites.condition[:] = [condition for condition, _, _ in drawn]
    sites.outcome[:] = [outcome for _, outcome, _ in drawn]
    sites.quantities["Q"].statuses[:] = [int(status) for _, _, status in drawn]
    for number in selected:
        sites.select(number, more=True)
    chosen = sorted(selected) or range(12)
    ended = sum(drawn[k][1] > Outcome.RUNNING for k in chosen)
    found = samples(sites, "Q")
    counted = [s.values.size + sum(s.apart.values()) + sum(s.doubtful.values()) + s.missing
               for s in found]  # fmt: skip
    assert sum(counted) == ended
    assert {s.condition for s in found} == {drawn[k][0] for k in chosen}
    for sample in found:
        assert set(sample.sites.tolist()) <= set(chosen)
        assert all(drawn[k][0] == sample.condition for k in sample.sites.tolist())


# Places


@pytest.mark.parametrize("count", [1, 2, 17])
@pytest.mark.parametrize("size", [0.2, 1.0, 2.8])
@pytest.mark.parametrize("disc", [False, True])
def test_every_site_has_a_pixel_where_none_lies_upon_another(
    count: int, size: float, disc: bool
) -> None:
    """On a net of squares that are larger than a site."""
    rng = np.random.default_rng(count)
    cells = rng.permutation(100)[:count]
    x, y = (cells % 10) * 4e-6, (cells // 10) * 4e-6
    made = Raster.of(x, y, size * 1e-6, disc=disc)
    assert set(np.unique(made.owner).tolist()) - {-1} == set(range(count))
    left, low, wide, high = made.place
    rows, columns = made.owner.shape
    for number in range(count):
        r, c = np.nonzero(made.owner == number)
        middle = left + wide * (c.mean() + 0.5) / columns, low + high * (r.mean() + 0.5) / rows
        assert middle == pytest.approx((x[number], y[number]), abs=size * 1e-6)


@given(st.integers(0, 11), st.floats(-1e-7, 1e-7), st.floats(-1e-7, 1e-7))
@settings(max_examples=20)
def test_the_nearest_site_is_the_one_under_the_mouse(k: int, dx: float, dy: float) -> None:
    sites = a_map(4, 3)
    at = float(sites.x[k]) + dx, float(sites.y[k]) + dy
    assert sites.nearest(*at, within=2e-7) == k
    assert sites.nearest(*at, within=-1.0) is None
    sites.x[:] = np.nan
    assert sites.nearest(*at, within=1.0) is None


def test_choosing_twice_with_ctrl_changes_nothing_and_a_condition_is_all_of_its_sites() -> None:
    sites = a_map(4, 3)
    sites.condition[::2] = 1
    sites.select(3)
    for number in (5, 7, 7, 5):
        sites.select(number, more=True)
    assert sites.selection == (3,)
    sites.select_condition(1)
    assert sites.selection == tuple(range(0, 12, 2))
    sites.select(None, more=True)
    assert len(sites.selection) == 6, "nothing was hit"
    sites.select(None)
    assert sites.selection == ()
