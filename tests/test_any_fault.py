"""Runs with faults of the world: whatever goes wrong together, the run ends in words, not in errors
of the program; and no meniscus that breaks takes the glass into the surface with it."""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_scan import small_scan

import seccm
from seccm.errors import NotNow, RigError
from seccm.events import (
    Event,
    FalseContact,
    Landed,
    Note,
    Outcome,
    Paused,
    RunStopped,
    SiteFinished,
)
from seccm.plan import Plan, load_plan
from seccm.rig import Block, Clock
from sim.faults import KNOWN
from sim.record import Input, contact_record
from sim.truth import Truth
from sim.virtual_rig import VirtualRig

CLOCK = Clock()
CONTACT = 3.5
"""Seconds from the beginning of a run to about its first contact."""


def small_cv(**approach: object) -> Plan:
    """A short voltammogram at two places, with contact by a current."""
    shipped = load_plan("redox-cv-map").to_dict()
    changes = {
        "sites": {**shipped["sites"], "columns": 2, "rows": 1, "origin": ["50 um", "50 um"]},
        "approach": {**shipped["approach"], **approach},
    }
    return Plan.from_dict({**shipped, **changes}, source="small")


RISE = {"kind": "current rise", "rise": "1.5 pA", "polarity": "anodic"}
PLANS = {
    "potential drop": small_scan(2, 1),
    "current threshold": small_cv(),
    "current rise": small_cv(contact=RISE),
}

FAST = {
    "way": {"kind": "fast hopping"},
    "retract": {"distance": "8 um", "speed": "20 um/s", "detachment": {"margin": "2 um"}},
}
SCANS = (PLANS["potential drop"], small_scan(2, 1, **FAST))
"""The same scan by plain hopping, and by fast hopping with detachment."""


def played(
    plan: Plan, *faults: str, seed: int = 0, sites: int = 2
) -> tuple[list[Event], Truth, RigError | None]:
    """Run a plan with faults: what was said, what truly happened, and what was raised."""
    heard: list[Event] = []
    failure: RigError | None = None
    with tempfile.TemporaryDirectory() as folder:
        try:
            run = seccm.run(plan, path=Path(folder) / "scan.h5", faults=faults, seed=seed)
        except RigError as error:
            return heard, Truth(), error
        rig = run._runner._rig
        assert isinstance(rig, VirtualRig)
        try:
            for event in run:
                heard.append(event)
                done = sum(isinstance(e, SiteFinished) for e in heard)
                if isinstance(event, Paused) or (isinstance(event, SiteFinished) and done == sites):
                    with contextlib.suppress(NotNow):
                        run.ask("stop")
        except RigError as error:
            failure = error
    return heard, rig.truth, failure


def places(truth: Truth) -> Counter[tuple[int, int]]:
    """How often the meniscus touched at each place, in nanometres."""
    return Counter((round(touch.x * 1e9), round(touch.y * 1e9)) for touch in truth.landings)


SEEN = {"potential drop": -4.0, "current threshold": -2.5, "current rise": -2.5}
"""Logarithm of the shortest touch, in seconds, that is surely seen at the first place: of a current
of 2 pA, 0.5 ms leave less in the mean of a row than its noise is."""


def broken(kind: str, exponent: float, seed: int) -> Truth:
    """What a run truly did at whose every place the meniscus breaks a time after contact.

    Each touch was told, as a landing or as a contact that did not last, and no place was touched
    twice.
    """
    plan = PLANS[kind]
    heard, truth, failure = played(plan, f"lost-meniscus@after={10**exponent:.6f} s", seed=seed)
    assert failure is None
    assert set(places(truth).values()) == {1}
    done = [e for e in heard if isinstance(e, SiteFinished)]
    assert len(done) == len(truth.landings)
    landed = {e.site for e in heard if isinstance(e, Landed)}
    told = ("did not last", "no contact")
    assert all(any(words in e.reason for words in told) for e in done if e.site not in landed)
    return truth


@pytest.mark.parametrize("kind", PLANS)
@settings(max_examples=12)
@given(share=st.floats(0.0, 1.0), seed=st.integers(0, 10**6))
def test_whenever_the_meniscus_breaks_nothing_is_landed_on_twice_and_no_glass_touches(
    kind, share, seed
):
    truth = broken(kind, SEEN[kind] * share, seed)
    assert truth.crashes == []
    allowed = PLANS[kind].sites()[0].approach.overtravel
    assert max(wetted.depth for wetted in truth.wetted) <= allowed


@pytest.mark.glass
@settings(max_examples=12)
@given(exponent=st.floats(-4.0, -2.5), seed=st.integers(0, 10**6))
def test_once_a_touch_was_seen_one_that_is_too_short_to_be_seen_is_bounded(exponent, seed):
    """From the first touch that was seen on, the surface is known."""
    truth = broken("current threshold", exponent, seed)
    assert len(truth.crashes) <= 2
    if len(truth.crashes) == 1 and truth.crashes[0].x > truth.landings[0].x:
        assert truth.crashes[0].depth < 1e-6


@settings(max_examples=12)
@given(exponent=st.floats(-4.0, 0.0), seed=st.integers(0, 10**6))
def test_nor_does_one_that_breaks_under_fast_hopping_with_detachment(exponent, seed):
    """Wherever it breaks: before it was seen, in the steps, or while the tip rises."""
    fault = f"lost-meniscus@after={10**exponent:.6f} s"
    heard, truth, failure = played(SCANS[1], fault, seed=seed)
    assert failure is None
    assert set(places(truth).values()) == {1}
    assert truth.crashes == []
    assert len([e for e in heard if isinstance(e, SiteFinished)]) == len(truth.landings)


@pytest.mark.parametrize("kind", PLANS)
def test_without_faults_no_plan_has_a_false_contact_or_a_site_that_failed(kind):
    """The noise of a healthy rig is never taken for a touch."""
    for seed in range(3):
        heard, truth, failure = played(PLANS[kind], seed=seed)
        assert failure is None
        assert [e for e in heard if isinstance(e, FalseContact)] == []
        outcomes = [e.outcome for e in heard if isinstance(e, SiteFinished)]
        assert outcomes == [Outcome.OK] * len(outcomes)
        assert len(outcomes) == len(truth.landings)


def test_spikes_are_noise_where_the_surface_is_known_and_to_who_asks_for_two_rows():
    """Some spikes, ten times the threshold, on a descent of twenty seconds."""
    spikes = "spikes@site=1,amplitude=15 pA,every=5 s"
    far = {"retract": {"distance": "8 um", "speed": "20 um/s"}}
    plan = Plan.from_dict({**small_cv(false_contacts=30).to_dict(), **far}, source="far")
    heard, truth, _ = played(plan, spikes, seed=1)
    assert [e.outcome for e in heard if isinstance(e, SiteFinished)] == [Outcome.OK] * 2
    assert sum(isinstance(e, FalseContact) for e in heard) >= 1
    assert truth.crashes == []
    contact = {"kind": "current threshold", "threshold": "1.5 pA", "consecutive": 2}
    always = "spikes@amplitude=15 pA,every=2 s"
    two = small_cv(contact=contact, overtravel="20 nm")
    heard, truth, _ = played(two, always)
    assert [e.outcome for e in heard if isinstance(e, SiteFinished)] == [Outcome.OK] * 2
    assert [e for e in heard if isinstance(e, FalseContact)] == []
    assert truth.crashes == []


BURSTS = ["spikes@at={},for=20 ms,amplitude=15 pA,every=3 ms",
          "spikes@at={},for=60 ms,amplitude=15 pA,every=3 ms",
          "hum@at={},for=50 ms,amplitude=40 pA"]  # fmt: skip


@pytest.mark.parametrize("burst", BURSTS)
@pytest.mark.parametrize("kind", ["current threshold", "current rise"])
def test_noise_that_passes_for_the_first_contact_does_not_cost_the_run(kind, burst):
    """High above the surface, longer than the confirmation: at most two sites are lost to it."""
    table = PLANS[kind].to_dict()
    plan = Plan.from_dict({**table, "sites": {**table["sites"], "columns": 5}}, source="five")
    for seed, when in enumerate(["0.8 s", "1 s", "1.9 s"]):
        heard, truth, failure = played(plan, burst.format(when), seed=seed, sites=5)
        assert failure is None
        assert [e for e in heard if isinstance(e, Paused)] == []
        outcomes = [e.outcome for e in heard if isinstance(e, SiteFinished)]
        assert outcomes[2:] == [Outcome.OK] * 3
        assert len(truth.landings) >= 3
        assert truth.crashes == []


@pytest.mark.glass
def test_a_pipette_that_clogs_after_one_landing_goes_no_deeper_than_the_margin():
    """That landing showed its contact, so that it was no noise."""
    for plan in (small_scan(4, 1), PLANS["current threshold"], PLANS["current rise"]):
        table = plan.to_dict()
        four = {**table["sites"], "columns": 4, "rows": 1}
        heard, truth, _ = played(
            Plan.from_dict({**table, "sites": four}, source="four"), "clogged-tip@site=1", sites=4
        )
        allowed = plan.sites()[0].approach.surface_margin + 0.1e-6
        assert all(crash.depth < allowed for crash in truth.crashes)
        assert len(truth.crashes) <= 2
        assert any(isinstance(e, Paused) for e in heard)


@pytest.mark.parametrize("polarity", ["anodic", "cathodic"])
def test_the_wrong_polarity_breaks_no_pipette_and_pauses_the_scan(polarity):
    contact = {"kind": "current threshold", "threshold": "1.5 pA", "polarity": polarity}
    heard, truth, _ = played(small_cv(contact=contact), sites=3)
    assert truth.crashes == []
    outcomes = {e.outcome for e in heard if isinstance(e, SiteFinished)}
    assert outcomes == {Outcome.OK if polarity == "anodic" else Outcome.FAULT}


@pytest.mark.glass
def test_whoever_tries_a_plan_is_told_that_glass_touched_the_surface():
    """A pipette that is clogged from the start: nothing knows the surface yet."""
    heard, truth, _ = played(PLANS["potential drop"], "clogged-tip")
    said = [e.text for e in heard if isinstance(e, Note)]
    assert said == list(truth.words)
    assert "glass touched the surface 2 times, first at x = 11 um, y = 11 um" in said[0]
    assert len(said[0]) <= 160, "there is room for so much in the file"
    assert [crash.row for crash in truth.crashes] == sorted(crash.row for crash in truth.crashes)
    assert all(20e-6 < crash.depth < 30e-6 for crash in truth.crashes)


def test_a_clogged_pipette_that_comes_late_meets_a_known_surface():
    heard, truth, _ = played(small_scan(4, 1), "clogged-tip@site=1", sites=4)
    outcomes = [e.outcome for e in heard if isinstance(e, SiteFinished)]
    assert outcomes == [Outcome.OK] + [Outcome.NO_CONTACT_AT_THE_KNOWN_SURFACE] * 2
    assert truth.crashes == []
    assert truth.words == ()


def faults_with(name: str) -> st.SearchStrategy[str]:
    """A fault by name, with some of its arguments, often about the time of the first contact."""
    times = st.one_of(st.floats(CONTACT - 0.1, CONTACT + 0.4), st.floats(0.0, CONTACT + 4.0)).map(
        lambda t: f"{t:.4f} s"
    )
    values = {
        "site": st.sampled_from(["0", "1"]),
        "at": times,
        "for": st.sampled_from(["2 ms", "5 ms", "50 ms"]),
        "after": st.floats(-4.0, 0.0).map(lambda e: f"{10**e:.6f} s"),
        "rows": st.sampled_from(["1", "3", "100"]),
    }
    known = {key: values[key] for key in KNOWN[name] if key in values}
    return st.fixed_dictionaries({}, optional=known).map(
        lambda given: f"{name}@{','.join(f'{k}={v}' for k, v in given.items())}".rstrip("@")
    )


PAIRS = [*combinations(KNOWN, 2), *((name, name) for name in KNOWN)]


def ends_in_words(faults: Sequence[str], seed: int) -> None:
    """A run with these faults says all that goes wrong, and raises nothing but a `RigError`."""
    heard, truth, failure = played(SCANS[seed % 2], *faults, seed=seed)
    assert failure is not None or isinstance(heard[-1], RunStopped)
    assert failure is None or failure.code != "internal", failure
    for event in heard:
        if isinstance(event, SiteFinished) and event.outcome.failed:
            assert event.reason
    assert set(places(truth).values()) <= {1}


@pytest.mark.glass
@pytest.mark.parametrize("part", range(6))
def test_every_pair_of_faults_ends_in_words(part):
    for number, pair in enumerate(PAIRS):
        if number % 6 == part:
            ends_in_words(pair, seed=number)


@pytest.mark.glass
@settings(max_examples=25)
@given(data=st.data(), seed=st.integers(0, 10**6))
def test_faults_at_any_moment_end_in_words(data, seed):
    names = data.draw(st.lists(st.sampled_from(sorted(KNOWN)), min_size=1, max_size=3))
    ends_in_words([data.draw(faults_with(name)) for name in names], seed)


@pytest.mark.parametrize("row", [-2, -1, 0, 1, 2])
@pytest.mark.parametrize("name", ["potential", "current"])
@pytest.mark.parametrize("full", [1e-9, 20e-9])
def test_a_row_that_is_not_a_number_leaves_a_contact_record_to_be_made(name, row, full):
    """Such as by the faults nan and saturated-input in the rows of a contact."""
    middle, rows = 6, 12
    potential = np.where(np.arange(rows) < middle, 10.0, -3.0)
    current = np.where(np.arange(rows) < middle, 0.0, full)
    potential[middle] = 2.0
    data = {"potential": potential, "current": current} | dict.fromkeys("xyz", np.zeros(rows))
    data[name][middle + row] = np.nan
    block = Block(0, data, np.zeros(rows, np.uint8), CLOCK)  # type: ignore[arg-type]
    contact = (middle + 0.4) * CLOCK.period
    crossing = round(contact * CLOCK.rate)
    inputs = Input(1e-3, 10.24), Input(1e-12, full)
    rng = np.random.default_rng(0)
    record = contact_record(block, crossing, crossing + 300, contact, inputs, rng)
    made = {"potential": record.potential, "current": record.current}
    inside = abs(row) <= 1
    assert all(np.isnan(made[other]).any() == (inside and other == name) for other in made)
