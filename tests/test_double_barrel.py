"""A pipette with two barrels lands by what its own current swings by, over metal and film alike."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from barrel_world import FILM, HALF, METAL, Played, barrel_rig, play, rig_file, small_map
from hypothesis import given, settings
from hypothesis import strategies as st

import seccm
from seccm.commissioning.check import describe as said_of
from seccm.commissioning.check import protection
from seccm.errors import PlanError, StreamError
from seccm.events import Outcome, Paused, RunStopped
from seccm.plan import Plan
from seccm.plan.contacts import AmplitudeContact
from seccm.quantities import validate
from seccm.report.page import write_report
from seccm.rig import Block, Flag, Mounted
from sim.barrels import Barrels, SimulatedBarrels, Spell
from sim.config import VirtualConfig
from sim.truth import Truth
from sim.virtual_rig import VirtualRig, describe
from ui.models.rig_words import sections

RADIUS = 0.5e-6
INFO = describe(validate(VirtualConfig, barrel_rig(), "rig", from_file=True))


def alike(played: Played) -> None:
    """What must hold of every run."""
    assert not played.wet_sideways
    assert not played.swinging_sideways
    ended = any(isinstance(event, RunStopped) for event in played.heard)
    assert ended or played.failure is not None


def crossings(played: Played) -> np.ndarray[Any, Any]:
    """Heights of the contacts, in the order of the sites."""
    return np.array([event.landing.z_crossing for _, event in sorted(played.landings.items())])


# What the current between the barrels does.


def test_the_current_is_that_of_two_barrels_and_the_liquid_between_them() -> None:
    config = SimulatedBarrels(bias=0.1, conductivity=1.29, half_angle=math.radians(5.0))
    barrels = Barrels(config, RADIUS, 0.35 * RADIUS)
    resistance = 2.0 / (math.pi * 1.29 * RADIUS * math.tan(math.radians(5.0)))
    height = np.array([0.1e-6, 0.2e-6, 5e-6])
    wanted = 0.1 / (2.0 * resistance + RADIUS / (2.0 * 1.29 * RADIUS * height))
    np.testing.assert_allclose(barrels.through(height), wanted)
    assert (np.diff(barrels.through(height)) > 0.0).all()


def test_in_air_it_does_not_know_where_the_tip_is() -> None:
    barrels = Barrels(SimulatedBarrels(bias=0.1), RADIUS, 0.35 * RADIUS)
    t = np.linspace(0.0, 1.0, 50)
    swing = 20e-9 * np.sin(50.0 * t)
    np.testing.assert_array_equal(barrels.current(t, 60e-6 + swing, swing), barrels.far)
    barrels.spells.append(Spell(0.4, 50e-6, None, 0.6))
    wet = (t >= 0.4) & (t < 0.6)
    found = barrels.current(t, 50.2e-6 + swing, swing)
    np.testing.assert_array_equal(found[~wet], barrels.far)
    np.testing.assert_allclose(found[wet], barrels.through(0.2e-6 + swing[wet]), rtol=1e-12)


def test_what_was_undone_leaves_no_trace() -> None:
    barrels = Barrels(SimulatedBarrels(bias=0.1), RADIUS, 0.35 * RADIUS)
    barrels.spells = [Spell(0.0, 0.0, None, 1.0), Spell(2.0, 0.0, None, 3.0), Spell(4.0, 0.0, None)]
    barrels.cut(2, wet=True)
    assert [(spell.since, spell.until) for spell in barrels.spells] == [(0, 1), (2, math.inf)]
    barrels.cut(1, wet=False)
    assert [(spell.since, spell.until) for spell in barrels.spells] == [(0.0, 1.0)]


# Runs.


@pytest.fixture(scope="module")
def half() -> Played:
    """A run of which the first two sites are on the film."""
    return play(small_map(), barrel_rig(HALF), seed=3)


def test_metal_and_film_are_landed_on(half: Played) -> None:
    alike(half)
    assert [end.outcome for end in half.ends] == [Outcome.OK] * 4
    assert len(half.landings) == len(half.truth.landings) == 4
    assert half.truth.crashes == []


def test_no_glass_comes_near_the_surface(half: Played) -> None:
    allowed = small_map().sites()[0].approach.overtravel
    assert max(wetted.depth for wetted in half.truth.wetted) <= allowed
    for event in half.landings.values():
        assert event.landing.overtravel <= allowed


def test_heights_are_those_at_which_the_liquid_truly_touched(half: Played) -> None:
    touched = np.array([touch.z for touch in half.truth.landings])
    # The tip was told lowest in its swing, and the lock-in shows a contact a little late.
    late = crossings(half) - touched
    assert np.abs(late).max() < 30e-9
    assert np.ptp(late) < 8e-9


@pytest.mark.parametrize("seed", range(3))
def test_a_film_is_as_high_as_a_metal_in_the_same_world(seed: int) -> None:
    plan = small_map(2)
    film, metal = (play(plan, barrel_rig(spots), seed=seed) for spots in (FILM, METAL))
    alike(film)
    alike(metal)
    assert len(film.landings) == len(metal.landings) == 2
    np.testing.assert_allclose(crossings(film), crossings(metal), atol=10e-9)


UNEVEN: dict[str, Any] = {
    "second": 2.5, "septum": "1 Gohm", "pickup": "1 pA", "bias": "100 mV", "conductivity": 1.29,
    "half_angle": "5 deg",
}  # fmt: skip
"""Barrels that differ, glass between them that leaks, and wires that take the swing up."""


@pytest.fixture(scope="module")
def uneven() -> tuple[Played, Played]:
    """A film and a metal with such a pipette; the barrels are said to be alike."""
    return tuple(
        play(small_map(2), barrel_rig(spots, barrels=UNEVEN), seed=2) for spots in (FILM, METAL)
    )  # type: ignore[return-value]


def test_a_film_is_as_high_as_a_metal_for_uneven_barrels_with_pick_up(
    uneven: tuple[Played, Played],
) -> None:
    film, metal = uneven
    alike(film)
    alike(metal)
    assert len(film.landings) == len(metal.landings) == 2
    np.testing.assert_allclose(crossings(film), crossings(metal), atol=10e-9)
    even = play(small_map(2), barrel_rig(FILM), seed=2)
    np.testing.assert_allclose(crossings(film), crossings(even), atol=30e-9)
    allowed = small_map().sites()[0].approach.overtravel
    assert all(event.landing.overtravel <= allowed for event in film.landings.values())


def test_pick_up_and_leaks_are_in_the_current_also_in_air() -> None:
    clean, leaky = (
        VirtualRig(
            validate(VirtualConfig, barrel_rig(barrels=table), "rig", from_file=True),
            Mounted("coated-metal", 1e-6),
            seed=1,
        )._world
        for table in ({**UNEVEN, "septum": "1e15 ohm", "pickup": "0 A"}, UNEVEN)
    )
    t = np.linspace(0.5, 0.5 + 10 / 277.7778, 4001)
    for world in (clean, leaky):
        swing = world.stage.axes["z"].swing
        assert swing is not None
        swing.switch(0.0, on=True)
    extra = leaky.between_barrels(t) - clean.between_barrels(t)
    assert extra.mean() == pytest.approx(0.1 / 1e9, rel=1e-3)
    assert np.ptp(extra) / 2 == pytest.approx(1e-12, rel=1e-2)
    # A quarter of a period ahead of the height, like a current through a capacitor.
    height = clean.stage.axes["z"].swung(t)
    assert abs(np.corrcoef(extra, height)[0, 1]) < 0.02
    assert np.corrcoef(extra, np.gradient(height, t))[0, 1] > 0.999


def described(**barrels: Any) -> Any:
    """A rig with such barrels, and the true potential of its cell beside what it says."""
    table = {"bias": "100 mV", **barrels}
    config = validate(VirtualConfig, barrel_rig(barrels=table), "rig", from_file=True)
    return describe(config), config.unseen_bias


@pytest.mark.parametrize(
    ("told", "second", "off"),
    [
        ({}, 1.0, 0.0),
        ({}, 2.0, 100e-3 / 3 - 50e-3),
        ({"resistances": ["10 Mohm", "20 Mohm"]}, 2.0, 0.0),
        ({"resistances": ["20 Mohm", "10 Mohm"]}, 0.5, 0.0),
        ({"resistances": ["10 Mohm", "30 Mohm"]}, 1.0, 25e-3),
    ],
)
def test_the_potential_is_right_where_the_barrels_are_as_the_rig_was_told(
    told: dict[str, Any], second: float, off: float
) -> None:
    info, unseen = described(**told, second=second)
    assert unseen == pytest.approx(off, abs=1e-12)
    first, other = (float(ohms.split()[0]) for ohms in told.get("resistances", ("1", "1")))
    assert info.at_mouth == pytest.approx(0.1 * first / (first + other))
    span, usual = info.potential, INFO.potential
    assert span.upper - span.lower == pytest.approx(usual.upper - usual.lower)
    alike = "taken to be alike"
    shown = [value for _, rows in sections(info) for _, value in rows]
    assert any(alike in words for words in info.words) is not bool(told)
    assert any(alike in value for value in shown) is not bool(told)
    assert info.barrels_unknown == pytest.approx(0.0 if told else 0.1 / 6)
    assert told or any("off by 17 mV" in words for words in info.words)


def test_barrels_that_conduct_nothing_are_refused() -> None:
    with pytest.raises(PlanError, match="resistances"):
        described(resistances=["0 ohm", "10 Mohm"])
    with pytest.raises(PlanError, match="resistances"):
        described(resistances=["10 Mohm"])


def test_the_phase_is_that_of_the_stage() -> None:
    config = validate(VirtualConfig, barrel_rig(), "rig", from_file=True)
    rig = VirtualRig(config, Mounted("coated-metal", 1e-6), seed=1)
    swing = rig._world.stage.axes["z"].swing
    assert swing is not None
    assert swing.phase == pytest.approx(math.radians(-113.0), abs=0.02)
    assert swing.largest == pytest.approx(0.415 * 50e-9, rel=0.01)


# Whatever goes wrong.

FAULTS = (
    "lost-meniscus@site=1,after=20 ms",
    "lost-meniscus@site=0,after=1 ms",
    "no-surface@site=1",
    "no-surface@site=2",
    "clogged-tip@site=1",
    "wet-at-start@site=0",
    "wet-at-start@site=2",
    "gap@site=1,rows=20",
    "saturated-input@site=1",
    "spikes@site=0,amplitude=50 pA",
    "hum@amplitude=20 pA",
    "drift@speed=20 nm/s",
)


@pytest.mark.glass
@settings(max_examples=6)
@given(
    faults=st.lists(st.sampled_from(FAULTS), max_size=2, unique=True),
    seed=st.integers(0, 10**6),
    film=st.sampled_from([FILM, HALF, METAL]),
)
def test_whatever_goes_wrong_the_tip_never_goes_sideways_while_wet(faults, seed, film):
    alike(play(small_map(3), barrel_rig(film), *faults, seed=seed))


def _lost(number: int, block: Block) -> Block:
    raise StreamError("stalled-read", "test", "no data points came.")


def _unknown(number: int, block: Block) -> Block:
    return replace(block, data=block.data | {"ac_amplitude": np.full(block.rows, np.nan)})


def _stuck(number: int, block: Block) -> Block:
    return replace(block, data=block.data | {"ac_amplitude": np.zeros(block.rows)})


def _saturated(number: int, block: Block) -> Block:
    return replace(block, flags=block.flags | np.uint8(Flag.SATURATED))


def _large(number: int, block: Block) -> Block:
    return replace(block, data=block.data | {"ac_amplitude": np.full(block.rows, 1e-9)})


SPOILED = {"lost": _lost, "unknown": _unknown, "stuck": _stuck, "full": _saturated, "large": _large}


@pytest.mark.glass
@settings(max_examples=12)
@given(
    how=st.sampled_from(sorted(SPOILED)),
    at=st.integers(1, 120),
    lasts=st.sampled_from([1, 5, 10**9]),
    film=st.sampled_from([FILM, METAL]),
)
def test_any_fault_of_the_signal_at_any_block(how, at, lasts, film):
    def spoil(number: int, block: Block) -> Block:
        inside = at <= number < at + lasts
        return SPOILED[how](number, block) if inside else block

    alike(play(small_map(2), barrel_rig(film), spoil=spoil, seed=at))


def below(truth: Truth, expected: float) -> float:
    """How far the glass went below where it touched, in metres."""
    return max((crash.depth for crash in truth.crashes), default=expected)


@pytest.mark.glass
@pytest.mark.parametrize("fault", ["no-surface@site=2", "clogged-tip@site=2"])
def test_the_crash_guard_holds(fault: str) -> None:
    plan = small_map()
    spec = plan.sites()[0].approach
    played = play(plan, barrel_rig(HALF), fault, seed=2)
    alike(played)
    assert any(end.outcome is not Outcome.OK for end in played.ends)
    # Margin and overtravel below the known surface, and what its uncertainty adds.
    guard = spec.surface_margin + spec.overtravel
    assert below(played.truth, 0.0) <= 1.5 * guard


def test_a_tip_that_is_wet_at_the_start_is_seen_by_its_swing() -> None:
    played = play(small_map(1), barrel_rig(FILM), "wet-at-start@site=0", seed=1)
    alike(played)
    assert not played.landings
    reasons = " ".join(end.reason for end in played.ends) + str(played.failure)
    stopped = [event.reason for event in played.heard if isinstance(event, RunStopped | Paused)]
    assert "circuit" in reasons + " ".join(stopped)


# What is refused.


def problems(plan: Plan, **rig: Any) -> str:
    config = validate(VirtualConfig, barrel_rig(**rig), "rig", from_file=True)
    return " ".join(str(one) for one in plan.check(describe(config)))


def with_contact(**keys: Any) -> Plan:
    plan = small_map().to_dict()
    contact = {**plan["approach"]["contact"], **keys}
    return small_map(approach={**plan["approach"], "contact": contact})


def test_the_shipped_plan_has_no_problems() -> None:
    found = problems(small_map())
    assert "contact" not in found


def test_a_lock_in_with_a_frequency_of_its_own_does_not_see_the_tip() -> None:
    table = barrel_rig()["lock_in"]["ac"] | {"frequency": "275 Hz"}
    assert "does not follow a swing of the tip" in problems(small_map(), lock_in={"ac": table})


def test_a_threshold_in_another_unit_is_refused() -> None:
    assert "not in A, the unit of the signal" in problems(with_contact(threshold="3 mV"))


def test_a_rig_without_the_signal_is_refused() -> None:
    assert 'watches the signal "ac_amplitude"' in problems(small_map(), lock_in={})


def test_a_speed_at_which_the_lock_in_is_late_is_refused() -> None:
    plan = small_map().to_dict()
    fast = small_map(approach={**plan["approach"], "speed": "6 um/s"})
    assert "past contact; approach.overtravel allows" in problems(fast)


def test_a_swing_beside_a_multiple_of_the_mains_is_doubted() -> None:
    for frequency, words in (("302 Hz", "300 Hz"), ("236 Hz", "240 Hz"), ("45 Hz", "50 Hz")):
        swing = {"frequency": frequency, "amplitude": "20 nm"}
        found = problems(small_map(), modulation=swing)
        assert f"beside a multiple of the mains, {words}" in found
    swing = {"frequency": "275 Hz", "amplitude": "20 nm"}
    assert "multiple of the mains" not in problems(small_map(), modulation=swing)


def test_a_rest_too_short_to_hear_the_noise_is_doubted() -> None:
    plan = small_map().to_dict()
    short = small_map(approach={**plan["approach"], "settle": "50 ms"})
    assert "settles in 43 ms" in problems(short)
    assert "Write 0.18 s or more" in problems(short)


def test_the_fast_way_lands_as_the_plain_one_does() -> None:
    plan = small_map(way={"kind": "fast hopping"})
    assert not [one for one in plan.check(INFO) if one.severity == "error"]
    played = play(plan, barrel_rig(HALF), seed=4)
    alike(played)
    assert [end.outcome for end in played.ends] == [Outcome.OK] * 4
    allowed = plan.sites()[0].approach.overtravel
    assert max(wetted.depth for wetted in played.truth.wetted) <= allowed


@pytest.mark.parametrize("keys", [{"threshold": "0 A"}, {"threshold": "x"}, {"sigmas": -1}])
def test_thresholds_that_cannot_be_are_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(PlanError, match="contact"):
        with_contact(**keys)


# The rule.


def rule(**keys: Any) -> Any:
    return AmplitudeContact(threshold="3 pA", **keys).rule(float)


def rows(values: Any) -> Block:
    values = np.asarray(values, dtype=np.float64)
    return Block(0, {"ac_amplitude": values}, np.zeros(len(values), np.uint8))


def test_the_larger_of_threshold_and_noise_counts() -> None:
    rng = np.random.default_rng(1)
    for sigma in (0.1e-12, 2e-12):
        noise = np.abs(sigma * (rng.standard_normal(4000) + 1j * rng.standard_normal(4000)))
        heard = rule(sigmas=5).heard(rows(noise))
        assert heard.noise == pytest.approx(sigma, rel=0.05)
        (level,) = heard.levels(0.0)
        assert level == pytest.approx(max(3e-12, 5.0 * sigma), rel=0.05)
    assert rule(sigmas=0).heard(rows(noise)) == rule(sigmas=0)


def test_it_rises_and_never_falls_at_contact() -> None:
    found = rule().past(1e-12, np.array([0.0, 1e-12, 3.9e-12, 4.1e-12]))
    assert found.tolist() == [False, False, False, True]


def test_open_is_what_lies_below_the_threshold_counted_from_zero() -> None:
    shown = rule().open(rows([0.0, 2.9e-12, 3.1e-12, np.nan]))
    assert shown is not None
    assert shown.tolist() == [True, True, False, False]


def test_it_is_deaf_where_the_tip_swings_in_liquid_already() -> None:
    found = rule().deaf(25e-12, rows(np.full(20, 25e-12)))
    assert found is not None
    assert found.code == "wet-at-start"
    assert rule().deaf(0.1e-12, rows(np.full(20, 0.1e-12))) is None


# What people are told.


def test_the_check_of_the_rig_says_how_late_a_contact_is_and_what_becomes_of_the_bias() -> None:
    words = " ".join((*said_of(INFO), *protection(INFO), *INFO.words))
    assert "A contact that is seen in ac_amplitude is shown 14 ms later" in words
    assert "bias 100 mV" in words
    assert "noise bandwidth" in words


def test_the_page_of_the_rig_in_the_window_says_it_too() -> None:
    lines = dict(line for _, part in sections(INFO) for line in part)
    assert lines["bias between the barrels"] == "100 mV"
    assert lines["swing of the height"].startswith("50 nm at 277.8 Hz")
    assert lines["more if seen in ac_amplitude"] == "13.8 nm at 1 µm/s"


def test_the_report_says_that_half_of_the_bias_is_in_the_potentials(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    with rig_file(barrel_rig()) as file:
        for _ in seccm.run(small_map(1), file, path=path, seed=1):
            pass
    with seccm.open(path) as scan:
        site = scan.site(0)
        assert np.nanmax(site.record.signals["ac_amplitude"]) > 10e-12
        page = write_report(scan, tmp_path / "report").read_text("utf-8")
    assert "Of the bias between two barrels, 100 mV, 50 mV are taken into account." in page
    assert (tmp_path / "report" / "figures" / "signal-ac-phase.png").exists()


@pytest.mark.parametrize("bias", ["30 mV", "100 mV", "-90 mV"])
@pytest.mark.parametrize("uncertainty", [None, "5 mV", "16 mV", "17 mV"])
def test_unmeasured_barrels_are_doubted_where_they_cost_more_than_the_plan_states(
    bias: str, uncertainty: str | None
) -> None:
    """And what is advised ends it: either of both."""
    stated = {**small_map().to_dict()["reference"]}
    stated.pop("uncertainty", None)
    known = {} if uncertainty is None else {"uncertainty": uncertainty}
    cost = abs(float(bias.split()[0])) / 6.0
    enough = float((uncertainty or "0 mV").split()[0])

    def doubted(*, measured: bool = False, **more: Any) -> list[Any]:
        plan = small_map(reference={**stated, **known, **more})
        table = {"bias": bias} | ({"resistances": ["1 Mohm", "1 Mohm"]} if measured else {})
        config = validate(VirtualConfig, barrel_rig(barrels=table), "rig", from_file=True)
        return [one for one in plan.check(describe(config)) if "barrels" in one.what]

    found = doubted()
    assert bool(found) is (cost > enough)
    assert doubted(measured=True) == []
    for one in found:
        assert one.severity == "warning"
        assert doubted(**{one.suggestion.key[-1]: one.suggestion.value}) == []
        assert one.suggestion.value in one.remedy
