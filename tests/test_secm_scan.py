"""Scans of a microelectrode over planted spots: heights, currents, rates, and a safe tip."""

from __future__ import annotations

import math
from contextlib import suppress

import numpy as np
import pytest
from secm_plans import CONDUCTOR, GLASS, SLOW, TRUE_RATE, UM, A, carried_out, generator, spots

import seccm
from seccm.errors import NotNow, PlanError
from seccm.events import Landed, Note, Outcome, Phase, SiteFinished
from seccm.plan import load_plan
from seccm.plan.contacts import LEAST_CURRENT, FeedbackContact, feedback
from seccm.results import Status
from seccm.rigs import load_rig

SURFACE = 25 * UM
"""In the middle of the range; tilted by less than 0.2 um where sites are, and it drifts by less."""


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    """Glass, a conductor, and a slow spot, one after the other."""
    path = tmp_path_factory.mktemp("secm") / "a.h5"
    events = carried_out(spots(GLASS, CONDUCTOR, SLOW), path)
    return path, events


@pytest.fixture
def sites(scanned):
    with seccm.open(scanned[0]) as scan:
        yield {name: np.array(scan.sites[name]) for name in scan.sites.names}


def ended(events):
    return [event for event in events if isinstance(event, SiteFinished)]


def status(sites, name):
    return [Status(int(code)) for code in sites[f"{name}_status"]]


def test_each_place_is_come_to_and_left(scanned):
    assert [event.outcome for event in ended(scanned[1])] == [Outcome.OK] * 3


def test_it_stops_where_glass_takes_away_and_a_conductor_adds_two_fifths(scanned):
    """Rule: 0.4 of the place's own current far away, to either side."""
    share = [e.landing.signal / e.landing.baseline for e in scanned[1] if isinstance(e, Landed)]
    assert share == pytest.approx([0.6, 1.4, 0.6], abs=0.04)


def test_the_planted_rate_lies_in_the_interval_and_within_ten_per_cent(sites):
    assert sites["k_surface_low"][2] < TRUE_RATE < sites["k_surface_high"][2]
    assert sites["k_surface"][2] == pytest.approx(TRUE_RATE, rel=0.10)
    assert status(sites, "k_surface")[2] is Status.OK


def test_glass_has_an_upper_bound_and_a_conductor_a_lower_one(sites):
    found = status(sites, "k_surface")
    assert found[:2] == [Status.AT_MOST, Status.AT_LEAST]
    assert sites["k_surface"][0] < 1e-5
    assert sites["k_surface"][1] > 1e-4
    assert math.isnan(sites["k_surface_low"][0])
    assert math.isnan(sites["k_surface_high"][1])


def test_the_height_of_the_surface_is_found_below_each_place(sites):
    """Glass to a tenth of the radius; over a conductor a lower bound, that is true of one."""
    assert sites["z_below"] == pytest.approx([SURFACE] * 3, abs=0.15 * A)
    assert status(sites, "z_below")[1] is Status.AT_LEAST
    assert sites["d_tip"] == pytest.approx(sites["z_contact"] - SURFACE, abs=0.2 * A)


def test_the_current_at_the_surface_is_a_share_of_that_far_away(sites):
    np.testing.assert_allclose(sites["i_tip_share"], sites["i_tip"] / sites["i_tip_far"])
    assert sites["i_tip_share"] == pytest.approx([0.58, 1.46, 0.57], abs=0.04)
    assert np.ptp(sites["i_tip_far"]) < 0.02 * sites["i_tip_far"].mean()


def test_the_approach_curves_are_kept(scanned):
    with seccm.open(scanned[0]) as scan:
        for number in range(3):
            site = scan.site(number)
            down = int((site.phase == Phase.APPROACH).sum())
            height, current = (scan.arrays(name).values[number] for name in ("z_curve", "i_curve"))
            assert len(height) == len(current) == pytest.approx(down, abs=3)
            assert height[-1] == 0.0 < 45 * UM < height[0]


def test_it_says_once_that_the_height_alone_decides(scanned):
    said = [e for e in scanned[1] if isinstance(e, Note) and "height alone" in e.text]
    assert len(said) == 1


# Constant height.


HEIGHT = {"kind": "constant height", "above": "1 um"}
ANCHORS = ((20.0, 38.0), (50.0, 38.0), (50.0, 66.0))


@pytest.fixture(scope="module")
def level(tmp_path_factory):
    """Three approaches on glass, and four places at one distance."""
    path = tmp_path_factory.mktemp("level") / "a.h5"
    plan = spots(*ANCHORS, CONDUCTOR, SLOW, (80.0, 38.0), (26.0, 50.0), way=HEIGHT)
    return path, carried_out(plan, path)


def test_after_three_approaches_the_tip_keeps_its_distance(level):
    """1 um above the plane of the contacts on glass, also over spots that stop no tip there."""
    path, events = level
    assert [event.outcome for event in ended(events)] == [Outcome.OK] * 7
    landings = [event.landing for event in events if isinstance(event, Landed)]
    assert [landing.seen for landing in landings] == [True] * 3 + [False] * 4
    on_glass = landings[5].z
    for landing in landings[3:]:
        assert landing.z == pytest.approx(on_glass, abs=0.35 * UM)
    contacts = np.mean([landing.z_crossing for landing in landings[:3]])
    assert on_glass == pytest.approx(contacts + 1 * UM, abs=0.4 * UM)
    with seccm.open(path) as scan:
        share = np.array(scan.sites["i_tip_share"])
    assert share[3] == pytest.approx(share[6], rel=0.02)
    assert share[3] > 1.2 > 1.05 > share[4] > 0.85 > share[5]


def test_places_without_a_contact_are_in_no_doubt(level):
    """No contact was looked for there: neither the run nor the quality of the site says so."""
    path, events = level
    assert not [e for e in events if isinstance(e, Note) and "doubtful" in e.text]
    with seccm.open(path) as scan:
        assert not np.array(scan.sites["quality"]).any()
        assert np.isnan(np.array(scan.sites["z_contact"])[3:]).all()


def test_a_place_higher_than_the_plane_stops_the_tip_by_its_current(tmp_path):
    """Below the plane of contacts by 3 um, glass stops it first."""
    way = {"kind": "constant height", "above": "-3 um"}
    events = carried_out(spots(*ANCHORS, (80.0, 38.0), way=way), tmp_path / "a.h5")
    landings = [event.landing for event in events if isinstance(event, Landed)]
    assert [landing.seen for landing in landings] == [True] * 4


def problems(plan):
    _, found = seccm.check(plan, load_rig("virtual-secm"))
    return {problem.where: problem for problem in found}


def test_constant_height_below_the_guard_is_refused():
    way = {"kind": "constant height", "above": "-6 um"}
    found = problems(spots(*ANCHORS, (80.0, 38.0), way=way))
    assert found["way.above"].severity == "error"
    assert "surface_margin" in found["way.above"].what


def test_constant_height_is_nothing_for_a_droplet():
    shipped = load_plan("redox-cv-map").to_dict()
    plan = seccm.Plan.from_dict({**shipped, "way": {"kind": "constant height"}}, source="drop")
    _, found = seccm.check(plan, load_rig("virtual"))
    assert "droplet" in {p.where: p.what for p in found}["approach.contact"]


def test_where_all_sites_are_approached_it_is_said():
    found = problems(spots(*ANCHORS, way={"kind": "constant height"}))
    assert found["way.approaches"].severity == "warning"


# Safety: the glass never touches (a fixture of all tests looks), and the tip never goes too deep.


def deepest(path):
    """Lowest height of the tip in any site after the first, metres."""
    with seccm.open(path) as scan:
        heights = [scan.site(n).z.min() for n in range(1, len(scan.sites)) if scan.site(n).z.size]
    return min(heights)


FAULTS = [
    ("no-surface@site=2",),
    ("clogged-tip@site=2",),
    ("saturated-input@site=2",),
    ("stuck-signal@site=2",),
    ("nan@site=2",),
    ("gap@site=2", "spikes@site=3"),
]
GUARD = 5.9 * UM
"""Surface margin and overtravel of the plan."""


@pytest.mark.parametrize("way", ["hopping", "constant height"])
@pytest.mark.parametrize("faults", FAULTS)
def test_whatever_fails_the_tip_stays_above_the_guard(faults, way, tmp_path):
    places = [(20.0 + 12.0 * k, 38.0 - 4.0 * (k % 2)) for k in range(5)]
    plan = spots(*places, way={"kind": way})
    path = tmp_path / "a.h5"
    run = seccm.run(plan, "virtual-secm", path=path, seed=3, faults=faults)
    landed = []
    try:
        for event in run:
            if isinstance(event, Landed) and event.landing.seen:
                landed.append(event.landing.z_crossing)
            if type(event).__name__ == "Paused":
                run.ask("stop")
    except seccm.RigError:
        pass
    # Tilt between the sites is 0.2 um at most, and the plane has an uncertainty of its own.
    assert deepest(path) > min(landed) - GUARD - 1.0 * UM
    with seccm.open(path) as scan:
        assert scan.site(len(landed) - 1).z.size


def test_the_wrong_direction_never_takes_the_tip_below_the_guard(tmp_path):
    """Told that the current rises, it comes to a conductor, and then to glass that lowers it."""
    contact = {"kind": "feedback", "change": 0.4, "current": "rises"}
    shipped = load_plan("secm-feedback-map").to_dict()["approach"]
    approach = {**shipped, "contact": contact, "surface_margin": "3 um"}
    path = tmp_path / "a.h5"
    events = carried_out(spots(CONDUCTOR, (30.0, 54.0), (50.0, 60.0), approach=approach), path)
    assert [event.outcome for event in ended(events)] == [
        Outcome.OK, Outcome.OK, Outcome.NO_CONTACT_AT_THE_KNOWN_SURFACE
    ]  # fmt: skip
    contact_at = next(e.landing.z_crossing for e in events if isinstance(e, Landed))
    assert deepest(path) > contact_at - 3.4 * UM - 1.0 * UM


# The kind of contact.


def test_feedback_counts_as_a_share_of_the_own_current_far_away():
    rule = feedback(0.3)
    values = np.array([0.5, 0.69, 0.71, 1.0, 1.29, 1.31])
    assert rule.past(1.0, values).tolist() == [True, True, False, False, False, True]
    assert rule.past(-2.0, -2.0 * values).tolist() == rule.past(1.0, values).tolist()
    assert feedback(0.3, "falls").past(1.0, values).tolist() == [True] * 2 + [False] * 4
    assert feedback(0.3, "rises").past(1.0, values).tolist() == [False] * 5 + [True]


@pytest.mark.parametrize("change", [LEAST_CURRENT + 0.01, 2.0])
@pytest.mark.parametrize("current", ["falls", "either"])
def test_a_fall_that_glass_would_have_to_touch_for_is_refused(change, current):
    with pytest.raises(ValueError, match="smaller change"):
        FeedbackContact(change=change, current=current)


def test_a_rise_may_be_larger_than_the_current_itself():
    assert FeedbackContact(change=2.0, current="rises").rule(float).level == 2.0


def test_a_change_beyond_all_feedback_is_refused():
    with pytest.raises(PlanError):
        spots(GLASS, approach={**load_plan("secm-feedback-map").to_dict()["approach"],
                               "contact": {"kind": "feedback", "change": 7.0}})  # fmt: skip


@pytest.mark.parametrize("verb", ["skip", "stop", "halt", "emergency"])
@pytest.mark.parametrize("after", [3, 8])
def test_whatever_is_asked_for_and_when_both_drives_end_off_and_no_glass_touches(
    verb, after, tmp_path
):
    """After any of the first events: on the way, in the descent, at the surface, in a step."""
    plan = generator(["0.1 V", "0.3 V"])
    run = seccm.run(plan, "virtual-secm", path=tmp_path / "a.h5", seed=3)
    rig = run._runner._rig
    for count, _ in enumerate(run):
        if count == after:
            with suppress(NotNow):
                run.ask(verb)
    assert rig.drive.mode == "open"
    assert not rig._world.others
    assert not rig.truth.crashes
    if verb != "halt":
        assert rig.height > SURFACE + 45 * UM


@pytest.mark.parametrize("fault", ["stalled-read@at=2 s", "unplugged@at=20 s", "nan@at=8 s"])
def test_a_rig_that_fails_leaves_no_glass_on_the_surface(fault, tmp_path):
    run = seccm.run(
        generator(["0.3 V"]), "virtual-secm", path=tmp_path / "a.h5", seed=3, faults=(fault,)
    )
    rig = run._runner._rig
    with suppress(seccm.RigError):
        for _ in run:
            pass
    assert not rig.truth.crashes
    if not fault.startswith("unplugged"):
        assert rig.drive.mode == "open"
        assert not rig._world.others
