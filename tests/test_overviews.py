"""What a host and its clients know of the sites, kept up by events alone on either side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_scan import small_scan

from seccm.commissioning.steps import STEPS
from seccm.errors import PlanError, SeccmError
from seccm.events import (
    Approaching,
    Event,
    Landed,
    Landing,
    Note,
    Outcome,
    Outcomes,
    SiteAdded,
    SiteAnalysed,
    SiteFinished,
    SiteStarted,
)
from seccm.remote import CoarseOrder, Job, Order
from seccm.remote.channel.plain import (
    EVENTS,
    event_from_plain,
    event_to_plain,
    from_plain,
    to_plain,
)
from seccm.remote.channel.wire import pack, unpack
from seccm.remote.messages.overview import Overview
from seccm.remote.messages.site_list import SiteList
from seccm.rigs import load_rig

SITES = 4
PLAN = small_scan(2, 2)
RECIPES = list(dict.fromkeys(s.recipe.text for s in PLAN.sites() if s.recipe is not None))
FEATURES = ("E_nuc", "CE")
site = st.integers(0, SITES - 1)
finite = st.floats(-1.0, 1.0)


def landing(z: float) -> Landing:
    return Landing(
        row=3, z=z, z_crossing=z, signal=1e-9, baseline=0.0, latency=abs(z), overtravel=2 * abs(z),
        attempt=0,
    )  # fmt: skip


events = st.one_of(
    st.builds(SiteStarted, st.just(1), site),
    st.builds(Approaching, st.just(2), site, st.just(0)),
    st.builds(lambda s, z: Landed(3, s, landing(z), None), site, finite),
    st.builds(SiteFinished, st.just(4), site, st.sampled_from(list(Outcome)[2:]), st.just("why")),
    st.builds(
        lambda s, values: SiteAnalysed(
            s, dict(values), "", dict.fromkeys(values, 32), dict.fromkeys(values, 0.1)
        ),
        site,
        st.dictionaries(st.sampled_from(FEATURES), finite, max_size=2),
    ),
    st.builds(Note, st.just(5), st.integers(-1, SITES - 1), st.just("a note")),
)


def added(number: int) -> SiteAdded:
    return SiteAdded(
        row=0, site=number, x=number * 1e-6, y=2e-6, ix=-1, iy=-1, condition=number % 2, repeat=0,
        recipe=RECIPES[number % len(RECIPES)],
    )  # fmt: skip


def heard(event: Event) -> Event:
    """The event as a client has it: it crossed the channel."""
    return event_from_plain(unpack(pack(event_to_plain(event))))


def same(one: Overview, other: Overview) -> None:
    a, b = one.to_plain(), other.to_plain()
    assert a.keys() == b.keys()
    for name, part in a.items():
        for key in part if isinstance(part, dict) else [None]:
            left, right = (x[name] if key is None else x[name][key] for x in (a, b))
            assert left.dtype == right.dtype, name
            np.testing.assert_array_equal(left, right, name)
        if isinstance(part, dict):
            assert part.keys() == b[name].keys()


# What became of the sites.


@given(st.lists(events, max_size=25), st.integers(0, 25), st.integers(0, 3))
def test_a_client_that_came_at_any_time_knows_what_its_host_knows(told, came, more):
    """It gets a snapshot, and hears every event after that; a planner may add sites meanwhile."""
    told = [*told, *(added(SITES + k) for k in range(more))]
    host, client = Overview.planned(SITES), None
    for k, event in enumerate(told):
        if k == came:
            client = Overview.from_plain(unpack(pack(host.to_plain())))
            # What the site that is travelled to becomes is known from the events since its start.
            for earlier in told[:k]:
                client._outcomes.hear(earlier)
        host.hear(event)
        if client is not None:
            client.hear(heard(event))
    if client is not None:
        same(host, client)
    assert sum(host.counts.values()) == len(host.status) == SITES + more


@given(st.lists(events, max_size=25))
def test_a_site_is_what_the_newest_event_about_it_says(told):
    overview, outcomes = Overview.planned(SITES), Outcomes()
    status = [Outcome.PLANNED] * SITES
    heights = [float("nan")] * SITES
    values: dict[tuple[str, int], float] = {}
    for event in told:
        overview.hear(event)
        became = outcomes.hear(event)
        if became is not None:
            status[event.site] = became  # type: ignore[union-attr]
        if isinstance(event, Landed):
            heights[event.site] = event.landing.z_crossing
        if isinstance(event, SiteAnalysed):
            values |= {(name, event.site): value for name, value in event.features.items()}
    assert overview.status.tolist() == [int(one) for one in status]
    np.testing.assert_array_equal(overview.z_contact, heights)
    np.testing.assert_array_equal(overview.overtravel, 2 * np.abs(heights))
    for name in FEATURES:
        expected = [values.get((name, k), np.nan) for k in range(SITES)]
        if any((name, k) in values for k in range(SITES)):
            np.testing.assert_array_equal(overview.features[name], expected)
            there = np.isfinite(overview.features[name])
            assert (overview.statuses[name][there] == 32).all()
            assert (overview.errors[name][there] == 0.1).all()
        else:
            assert name not in overview.features


def test_what_is_said_of_no_site_changes_none():
    overview = Overview.planned(SITES)
    before = Overview.from_plain(overview.to_plain())
    for event in (Note(1, -1, "by hand"), SiteStarted(1, -1), Landed(1, -1, landing(0.5), None),
                  SiteFinished(1, -1, Outcome.OK, "")):  # fmt: skip
        overview.hear(event)
    same(overview, before)


def test_a_snapshot_goes_its_own_way():
    """What a client does with it changes nothing at the host."""
    host = Overview.planned(SITES)
    host.hear(SiteAnalysed(1, {"CE": 0.5}, ""))
    client = Overview.from_plain(host.to_plain())
    client.hear(SiteAnalysed(1, {"CE": 0.9}, ""))
    client.hear(SiteStarted(1, 2))
    assert host.features["CE"][1] == 0.5
    assert host.status[2] == Outcome.PLANNED


@pytest.mark.parametrize("which", ["finished", "killed"])
def test_the_overview_of_a_file_is_that_of_its_table(bases: tuple[Path, Path], which: str):
    import seccm

    path = bases[("finished", "killed").index(which)]
    made = Overview.of_file(path)
    with seccm.open(path) as scan:
        status = scan.sites["status"].copy()
        status[status == Outcome.RUNNING] = Outcome.ABORTED
        np.testing.assert_array_equal(made.status, status)
        np.testing.assert_array_equal(made.z_contact, scan.sites["z_contact"])
        assert set(made.features) == {column.name for column in scan.features}
        for name, found in made.features.items():
            np.testing.assert_array_equal(found, scan.sites[name])


# Where the sites are.


def test_sites_cross_the_channel_as_they_are():
    sites = PLAN.sites()
    listed = SiteList.of(sites)
    assert len(listed) == len(sites)
    assert len(listed.recipes) < len(sites)
    back = SiteList.from_plain(unpack(pack(listed.to_plain()))).sites()
    assert [(s.number, s.x, s.y, s.ix, s.iy, s.condition, s.repeat) for s in back] == [
        (s.number, s.x, s.y, s.ix, s.iy, s.condition, s.repeat) for s in sites
    ]
    for one, other in zip(back, sites, strict=True):
        assert one.segments == other.segments
        assert one.approach == other.approach
        assert one.retract == other.retract


@given(st.sets(st.integers(0, 3), min_size=1))
def test_sites_of_which_a_damaged_file_says_nothing_leave_the_others_their_numbers(kept):
    sites = [site for site in PLAN.sites() if site.number in kept]
    listed = SiteList.of(sites)
    assert len(listed) == max(kept) + 1
    back = SiteList.from_plain(unpack(pack(listed.to_plain())))
    assert [site.number for site in back.sites()] == sorted(kept)


@given(st.lists(st.integers(0, 6), max_size=10))
def test_sites_that_a_planner_adds_come_once_and_in_their_order(numbers):
    """An event that is heard twice, or too early, adds nothing."""
    listed, expected = SiteList(), 0
    for number in numbers:
        listed.hear(added(number))
        expected += number == expected
        assert len(listed) == expected
    assert len(listed.recipes) == min(expected, len(RECIPES))
    for k, row in enumerate(listed.rows):
        assert row[:2] == (k * 1e-6, 2e-6)
        assert listed.recipes[row[-1]] == RECIPES[k % len(RECIPES)]


def test_a_recipe_with_a_kind_that_is_not_installed_is_refused():
    text = json.dumps({**json.loads(RECIPES[0]), "program": [{"step": "no such step"}]})
    listed = SiteList([(0.0, 0.0, -1, -1, 0, 0, 0)], [text])
    with pytest.raises(ValueError, match="program"):
        listed.sites()


# Tables for the channel.


def test_every_event_is_known_by_its_name():
    for name, kind in EVENTS.items():
        assert kind.__name__ == name
    with pytest.raises(KeyError):
        event_from_plain({"event": "Rumour"})


@given(st.dictionaries(st.sampled_from([int(o) for o in Outcome]), st.integers(0, 9)))
def test_mappings_sets_and_optional_parts_are_what_their_types_say(counts):
    hint = dict[Outcome, int]
    from collections.abc import Mapping

    plain = to_plain({Outcome(k): n for k, n in counts.items()})
    assert plain == {str(k): n for k, n in counts.items()}
    assert from_plain(Mapping[hint.__args__[0], int], plain) == {  # type: ignore[attr-defined,name-defined]
        Outcome(k): n for k, n in counts.items()
    }
    assert to_plain(frozenset(counts)) == sorted(counts)
    assert from_plain(frozenset[int], sorted(counts)) == frozenset(counts)
    assert from_plain(tuple[float, ...], [1.0, 2.0]) == (1.0, 2.0)
    assert from_plain(float | None, None) is None
    assert to_plain(np.float64(0.5)) == 0.5


# Orders.


@pytest.mark.parametrize("step", sorted(STEPS))
def test_an_order_of_a_step_has_the_title_of_the_step_and_keeps_what_was_typed(step: str):
    needed = {s.name: "1 Gohm" for s in STEPS[step].settings if not s.default}
    order = Order.new(step, needed, "virtual", folder="/tmp", seed=3)
    assert (order.procedure, order.title) == (step, STEPS[step].title)
    assert order.settings == needed
    assert not order.attended
    assert order.rig == load_rig("virtual").config
    back = from_plain(Order, unpack(pack(to_plain(order))))
    assert back == order
    assert back.build().info.virtual


def test_an_order_of_no_step_or_with_a_wrong_setting_is_refused_at_once():
    with pytest.raises(SeccmError, match="There is no step 'dance'; there are: "):
        Order.new("dance", {}, "virtual")
    with pytest.raises(PlanError, match="settings"):
        Order.new("noise", {"seconds": "a while"}, "virtual")


@pytest.mark.parametrize("step", sorted(STEPS))
def test_a_setting_that_must_be_given_is_asked_for_by_its_name(step: str):
    needed = [s.name for s in STEPS[step].settings if not s.default]
    if not needed:
        Order.new(step, {}, "virtual")
        return
    with pytest.raises(PlanError) as raised:
        Order.new(step, {}, "virtual")
    assert [problem.where for problem in raised.value.problems] == needed


def test_a_coarse_approach_needs_the_table_of_its_motor(tmp_path: Path):
    import tomlkit

    config: dict[str, Any] = dict(load_rig("virtual").config)
    config.pop("coarse", None)
    bare = tmp_path / "bare.toml"
    bare.write_text(tomlkit.dumps(config), encoding="utf-8")
    with pytest.raises(PlanError) as raised:
        CoarseOrder.new(PLAN, bare)
    (problem,) = raised.value.problems
    assert problem.where == "coarse"
    assert "names no coarse motor" in problem.what


@given(st.integers(0, 9), st.floats(0.0, 5.0), st.lists(st.sampled_from(["drift", "gap"]),
                                                       max_size=2))  # fmt: skip
def test_a_job_says_the_same_on_the_other_side(seed, pace, faults):
    job = Job.new(PLAN, "virtual", path="scan.h5", seed=seed, faults=faults, pace=pace)
    back = from_plain(Job, unpack(pack(to_plain(job))))
    assert back == job
    assert Path(back.path).is_absolute()
    assert back.faults == tuple(faults)
    again = Job.again("scan.h5", pace=pace)
    assert again.plan == ""
    assert again.path == job.path
    assert again.rig_file == ""
