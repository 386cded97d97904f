"""Features belong to the right steps, find what was planted, and are the same live and later."""

import math
import shutil

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_records import ROW, analysed, dip, flagged, plating, record
from made_scans import CLOCK, small_screen, smaller, write_scan

import seccm
from seccm.analysis.features import Features, reanalyse
from seccm.analysis.quality import Quality
from seccm.data import SiteRecord, open_scan, rewrite_features
from seccm.events import Outcome
from seccm.plan import Plan, load_plan
from seccm.results import Status
from seccm.rig import Flag
from sim.cell import Droplet
from sim.redox import RedoxParameters
from sim.transport import ConeCut

PLANS = (
    "li-on-au-combinatorial",
    "li-on-au-constant-charge",
    "li-on-au-cv",
    "redox-cv-map",
)


# ---------------------------------------------------------------------------------- plating


def test_nucleation_is_found_where_it_was_planted_against_the_reference():
    plan = load_plan("li-on-au-combinatorial")
    found = analysed(plan, plating(plan, dip))
    e, e_error, status = found.features["E_nuc"]
    assert status in (Status.OK, Status.MULTIPLE)
    assert e == pytest.approx(-0.2, abs=4 * e_error + 0.2e-3)
    assert found.features["t_nuc"][0] == pytest.approx(1.5, abs=0.02)
    assert found.features["E_growth"][0] == pytest.approx(-0.1, abs=1e-3)
    assert found.features["eta_nuc"][0] == pytest.approx(0.1, abs=1e-3)
    assert "E_nuc -20" in found.summary


def test_charge_and_density_refer_to_the_area_and_carry_its_uncertainty():
    plan = load_plan("li-on-au-combinatorial")  # 68.4 um2, 6 %
    found = analysed(plan, plating(plan, dip)).features
    j, j_error, _ = found["j"]
    assert j == pytest.approx(-2.2, rel=1e-6)
    assert j_error == pytest.approx(0.06 * 2.2, rel=1e-3)
    t_nuc = found["t_nuc"][0]
    # The contact row carries almost no current, and the trapezoid begins with it.
    assert found["Q_nuc"][0] == pytest.approx(2.2 * (t_nuc - ROW / 2), rel=2e-3)
    by_time = 2.2 * found["t_nuc"][1]
    assert found["Q_nuc"][1] == pytest.approx(np.hypot(0.06 * found["Q_nuc"][0], by_time), rel=0.01)
    assert found["Q"][0] == pytest.approx(-2.2 * CLOCK.rows(5.0) * ROW, rel=1e-6)
    assert found["E_nuc"][1] < 1e-3


def test_an_area_of_unknown_uncertainty_gives_densities_of_unknown_uncertainty():
    footprint = {"area": 68.4e-12, "basis": "nominal"}
    plan = smaller("li-on-au-combinatorial", probe={"aperture": 6e-6, "footprint": footprint})
    found = analysed(plan, plating(plan, dip)).features
    assert math.isfinite(found["j"][0])
    assert math.isnan(found["j"][1])
    assert math.isnan(found["Q_nuc"][1])
    assert math.isfinite(found["t_nuc"][1])


def test_a_record_that_ends_before_nucleation_says_how_long_was_waited():
    plan = load_plan("li-on-au-combinatorial")
    found = analysed(plan, plating(plan, lambda t: 0.3 - 0.05 * t))
    value, error, status = found.features["t_nuc"]
    assert math.isnan(value)
    assert math.isnan(error)
    assert status == Status.NO_MINIMUM
    assert Status(status).censored
    assert found.features["t_seen"][0] == pytest.approx(5.0, abs=2 * ROW)
    assert found.features["Q_seen"][0] == pytest.approx(2.2 * 5.0, rel=2e-3)
    assert found.summary == "no nucleation within 5 s"


def test_the_steep_fall_after_contact_is_no_nucleation():
    """15 nA: from 1.5 V through 0.25 V in 50 ms, where a smoothing window rings."""
    plan = load_plan("li-on-au-constant-charge")
    assert plan.sites()[0].segments[0].waveform.duration == 3.0

    def steep(t):
        fall = -0.29 + 0.38 * (1 - t / 0.8) ** 2 + 0.4 * np.exp(-t / 0.08)
        return np.where(t < 0.8, fall + 5.0 * np.exp(-t / 1.6e-3), dip(t, 0.8, -0.29))

    found = analysed(plan, plating(plan, steep)).features
    assert found["t_nuc"][0] == pytest.approx(0.8, rel=0.02)
    assert found["E_nuc"][0] == pytest.approx(-0.29, abs=2e-3)


def test_a_drop_onto_a_plateau_is_no_nucleation():
    """Plating a second time: from 1 V to 66 mV within six rows, level there, nuclei later."""
    plan = load_plan("li-on-au-combinatorial")

    def second(t):
        later = np.where(t < 1.4, -0.15 + 0.21 * (1 - (t / 1.4) ** 2), dip(t, 1.4, -0.15))
        return later + 1.4 * np.exp(-((t / 7e-3) ** 2))

    found = analysed(plan, plating(plan, second, noise=0.5e-3)).features
    assert found["t_nuc"][0] == pytest.approx(1.4, rel=0.02)
    assert found["E_nuc"][0] == pytest.approx(-0.15, abs=0.01)


def test_a_calibration_shifts_potentials_and_nothing_else():
    plan = load_plan("li-on-au-combinatorial")
    of = plating(plan, dip)
    before = analysed(plan, of).features
    after = analysed(plan, of, offset=plan.reference.offset + 0.01).features
    for name in before:
        shift = 0.01 if name in ("E_nuc", "E_growth", "E_far") else 0.0
        assert after[name][0] == pytest.approx(before[name][0] + shift, abs=2e-5, rel=2e-3)


def test_a_site_without_contact_has_no_numbers_and_a_reason():
    plan = load_plan("li-on-au-combinatorial")
    full = plating(plan, dip, outcome=Outcome.NO_CONTACT)
    count = 40
    nothing = SiteRecord(
        0, Outcome.NO_CONTACT,
        *(getattr(full, name)[:count] for name in ("t", "E", "I", "z", "x", "y")),
        full.phase[:count], full.step[:count], full.flag[:count], None, math.nan, (),
    )  # fmt: skip
    found = analysed(plan, nothing)
    assert {status for _, _, status in found.features.values()} == {Status.NOT_MEASURED}
    assert all(math.isnan(value) for value, _, _ in found.features.values())
    assert found.quality == Quality.NO_CONTACT
    assert found.summary == "no contact"


# ------------------------------------------------------------------------------ several steps


def two_steps():
    return smaller(
        "li-on-au-combinatorial",
        factors={},
        program=[
            {"step": "open circuit", "duration": 1.0},
            {"step": "constant current", "current_density": -5.0, "duration": 4.0},
            {"step": "constant current", "current_density": 5.0, "duration": 3.0},
            {"step": "constant current", "current_density": -5.0, "duration": 4.0},
        ],
        approach={
            **load_plan("li-on-au-combinatorial").to_dict()["approach"],
            "hold": {"current_density": -5.0},
        },
    )


def test_later_steps_of_a_kind_carry_their_number():
    names = [column.name for column in Features(two_steps()).columns]
    assert names[:3] == ["E_end", "Q", "ended_by"]
    assert "E_nuc" in names
    assert "Q_1" in names
    assert "E_nuc_3" in names
    assert "E_end_2" in names
    assert len(set(names)) == len(names)


def test_stripping_is_compared_with_the_plating_before_it():
    plan = two_steps()
    area = plan.probe.area
    rows = [CLOCK.rows(s.waveform.duration) for s in plan.sites()[0].segments]
    rest, plate, strip, again = (ROW * np.arange(1, n + 1) for n in rows)
    of = record(
        plan,
        [
            (np.full(rest.size, 2.5), np.zeros(rest.size)),
            (dip(plate), np.full(plate.size, -5.0 * area)),
            (np.full(strip.size, 0.2), np.full(strip.size, 5.0 * area)),
            (dip(again, 1.0, -0.15), np.full(again.size, -5.0 * area)),
        ],
        ended=("time", "time", "potential", "time"),
    )
    found = analysed(plan, of).features
    assert found["CE"][0] == pytest.approx(strip.size / plate.size, rel=1e-9)
    assert found["E_nuc"][0] == pytest.approx(-0.2, abs=1e-3)
    assert found["E_nuc_3"][0] == pytest.approx(-0.15, abs=1e-3)
    assert found["E_end"][0] == pytest.approx(2.5)
    assert found["ended_by_2"][0] == 2  # "potential" in the list the column's name explains
    assert found["ended_by"][0] == 0


# ------------------------------------------------------------------------------ voltammetry


def test_charges_of_first_and_last_cycle_are_those_planted():
    plan = load_plan("li-on-au-cv")
    segment = plan.sites()[0].segments[0]
    period = segment.cycles[1]
    t = ROW * np.arange(1, CLOCK.rows(segment.waveform.duration) + 1)
    cycle = np.floor((t - 1e-9) / period)
    within = t - cycle * period
    # -1 nA for 10 s of each cycle, then anodic for 8 s: 0.25 nA in the first, more later.
    current = np.where((within > 5) & (within < 15), -1e-9, 0.0)
    current += np.where((within > 20) & (within < 28), 0.25e-9 * (1 + cycle / 3), 0.0)
    e = segment.waveform.at(t) + plan.reference.offset
    found = analysed(plan, record(plan, [(e, current)])).features
    area = plan.probe.area
    assert found["cycles"][0] == 10
    assert found["Q_c_first"][0] == pytest.approx(10e-9 / area, rel=1e-3)
    assert found["Q_a_first"][0] == pytest.approx(2e-9 / area, rel=1e-3)
    assert found["CE_first"][0] == pytest.approx(0.2, rel=1e-3)
    assert found["CE_last"][0] == pytest.approx(0.8, rel=1e-3)
    assert found["Q_c_first"][1] == pytest.approx(0.03 * found["Q_c_first"][0], rel=0.05)


def test_a_cycle_that_was_cut_short_does_not_count():
    plan = load_plan("li-on-au-cv")
    segment = plan.sites()[0].segments[0]
    t = ROW * np.arange(1, CLOCK.rows(1.5 * segment.cycles[1]) + 1)
    e = segment.waveform.at(t) + plan.reference.offset
    of = record(plan, [(e, -1e-9 * np.ones(t.size))], ended=(None,), outcome=Outcome.ABORTED)
    found = analysed(plan, of).features
    assert found["cycles"][0] == 1
    assert found["ended_by"][2] == Status.INCOMPLETE


def test_a_reversible_wave_is_measured_on_the_first_leg():
    plan = load_plan("redox-cv-map")
    segment = plan.sites()[0].segments[0]
    t = ROW * np.arange(1, CLOCK.rows(segment.waveform.duration) + 1)
    e = segment.waveform.at(t)
    f = 96485.33212 / (8.314462618 * 298.15)
    noise = 0.02e-12 * np.random.default_rng(0).standard_normal(t.size)
    current = 10e-12 / (1 + np.exp(-f * (e - 0.012))) + noise
    found = analysed(plan, record(plan, [(e, current)])).features
    assert found["E_half"][0] == pytest.approx(0.012, abs=1e-3)
    assert found["E_half"][2] == Status.OK
    assert found["i_lim"][0] == pytest.approx(10e-12, rel=0.01)
    assert found["tomes"][0] == pytest.approx(0.0564, abs=2e-3)
    assert found["i_vertex"][0] == pytest.approx(10e-12, rel=0.02)
    assert found["dE_half"][0] == pytest.approx(0.0, abs=3e-3)


@pytest.fixture(scope="module", params=[1, 2, 3])
def couple_map(request, tmp_path_factory):
    """The shipped map of a couple, cut down: two columns beside the stain, one on it."""
    path = tmp_path_factory.mktemp("couple") / "map.h5"
    plan = three_sites(load_plan("redox-cv-map"))
    for _ in seccm.run(plan, path=path, seed=request.param):
        pass
    with open_scan(path) as scan:
        yield scan


def steady(aperture):
    """The limiting current of a cone of 10 degrees and a short droplet, F D c / G_R, in amperes."""
    radius = aperture / 2
    droplet = Droplet(radius, radius, 0.4 * radius, math.radians(10.0))
    return 96485.33212 * RedoxParameters().reduced_diffusivity * 1.0 / ConeCut()(droplet).resistance


def three_sites(plan):
    """A map of two places beside the stain and one on it."""
    sites = {"kind": "points", "points": [[20e-6, 20e-6], [30e-6, 20e-6], [58e-6, 44e-6]]}
    return plan.replace(sites=sites)


def test_the_planted_potential_of_the_couple_is_found_within_its_uncertainty(couple_map):
    """Formal potential 0 V; a pipette of 200 nm at 0.1 V/s is at steady state.

    So small a pipette sees the kinetics: with the rate constant k of the sample and the mass
    transfer m = i_lim / (F A c), the wave is half way up where 2 sinh(F E / 2 R T) = m / k.
    """
    sites = couple_map.sites
    transfer = steady(200e-9) / (96485.33212 * math.pi * 100e-9**2)
    rate = RedoxParameters().rate_constant
    planted = 2 * 25.6926e-3 * math.asinh(transfer / (2 * rate))
    assert planted == pytest.approx(2.9e-3, abs=0.1e-3)
    e, error = sites["E_half"][:2], sites["E_half_err"][:2]
    assert (np.abs(e - planted) <= 2 * error).all()
    assert (error < 6e-3).all()
    assert (sites["E_half_status"][:2] == Status.OK).all()
    assert (sites["dE_half"][:2] < 10e-3).all()
    assert (sites["i_lim_status"][:2] == Status.OK).all()
    assert sites["i_lim"][:2] == pytest.approx(steady(200e-9), rel=0.08)


def test_a_wave_that_is_not_steady_says_so(tmp_path):
    """A pipette of 1 um at 1 V/s: forward and reverse sweeps lie 28 mV apart."""
    shipped = load_plan("redox-cv-map")
    wide = {**shipped.to_dict()["probe"], "aperture": 1e-6}
    fast = [{**shipped.to_dict()["program"][0], "scan_rate": 1.0}]
    plan = three_sites(shipped.replace(probe=wide, program=fast))
    for _ in seccm.run(plan, path=tmp_path / "fast.h5", seed=1):
        pass
    with open_scan(tmp_path / "fast.h5") as scan:
        sites = scan.sites
        assert (sites["E_half_status"][:2] == Status.UNSTEADY).all()
        assert (np.abs(sites["E_half"][:2]) <= sites["E_half_err"][:2]).all()
        assert (sites["dE_half"][:2] > 20e-3).all()
        assert (sites["i_lim"][:2] > 1.1 * steady(1e-6)).all()


def test_a_site_without_a_plateau_has_no_half_wave_potential(couple_map):
    """On the stain the wave hardly begins: a reason, and no number."""
    sites = couple_map.sites
    assert np.isnan(sites["E_half"][2])
    assert np.isnan(sites["tomes"][2])
    assert sites["E_half_status"][2] == Status.NO_WAVE
    assert not Status(int(sites["i_lim_status"][2])).trusted


# ----------------------------------------------------------------------------------- quality


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ({}, Quality(0)),
        ({"flags": flagged(Flag.SATURATED, slice(500, 503))}, Quality.SATURATION),
        ({"flags": flagged(Flag.OVERLOAD, slice(500, 503))}, Quality.OVERLOAD),
        ({"flags": flagged(Flag.OVERLOAD, slice(0, 45))}, Quality(0)),
        ({"ended": ("lost contact",), "outcome": Outcome.FAULT}, Quality.LOST_CONTACT),
    ],
)
def test_what_the_instrument_reported_becomes_a_quality_flag(what, expected):
    plan = load_plan("li-on-au-combinatorial")
    assert analysed(plan, plating(plan, dip, **what)).quality == expected


def test_mains_hum_is_flagged_and_white_noise_is_not():
    plan = load_plan("li-on-au-combinatorial")

    def humming(t):
        return dip(t) + 8e-3 * np.sin(2 * np.pi * 50.0 * t)

    assert analysed(plan, plating(plan, humming)).quality == Quality.HUM
    assert analysed(plan, plating(plan, dip, noise=1e-3)).quality == Quality(0)


def test_sites_whose_footprints_meet_are_flagged():
    sites = {"kind": "points", "points": [[0, 0], [5e-6, 0], [5e-5, 0]], "allow_overlap": True}
    design = {"assign": "interleaved"}
    plan = smaller(
        "li-on-au-combinatorial", sites=sites, design=design, factors={"j": ["-2.2 A/m^2"]}
    )
    features, of = Features(plan), plating(plan, dip)
    quality = [features(site, of).quality for site in plan.sites()]
    assert quality == [Quality.NEIGHBOUR_OVERLAP, Quality.NEIGHBOUR_OVERLAP, 0]


# ---------------------------------------------------------------------------------- the whole


@pytest.mark.parametrize("name", PLANS)
def test_every_site_yields_exactly_the_columns_of_its_plan(name):
    plan = load_plan(name)
    features = Features(plan)
    columns = [column.name for column in features.columns]
    site = plan.sites()[0]
    wave = site.segments[0].waveform
    t = ROW * np.arange(1, 400)
    of = record(plan, [(wave.at(t) * 0 + 0.1, np.zeros(t.size))])
    assert list(features(site, of).features) == columns
    assert features.layout.features == features.columns


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(PLANS),
    st.integers(0, 300),
    st.sampled_from([0.0, 1.0, 1e9, math.nan, math.inf]),
    st.integers(0, 2**31),
)
def test_no_record_makes_the_analysis_fail(name, rows, size, seed):
    plan = load_plan(name)
    rng = np.random.default_rng(seed)
    e, i = size * rng.standard_normal(rows), size * 1e-9 * rng.standard_normal(rows)
    with np.errstate(all="ignore"):
        found = analysed(plan, record(plan, [(e, i)]))
    for value, _, status in found.features.values():
        assert math.isfinite(value) == Status(status).has_value


@pytest.fixture(scope="module")
def screen(tmp_path_factory):
    path = tmp_path_factory.mktemp("features") / "screen.h5"
    lost = {5: Outcome.NO_CONTACT, 9: Outcome.FAULT}
    return write_scan(path, small_screen(), outcomes=lost)


def test_an_analysis_afterwards_gives_the_same_numbers_as_the_live_one(screen):
    with open_scan(screen) as scan:
        again = reanalyse(scan, Features(Plan.from_json(scan.plan_json)))
        assert again.analysed == 12
        assert set(again.features) == {column.name for column in scan.features}
        assert np.isfinite(scan.sites["E_nuc"]).sum() >= 6
        for name, feature in again.features.items():
            np.testing.assert_array_equal(feature.values, scan.sites[name])
            np.testing.assert_array_equal(feature.errors, scan.sites[f"{name}_err"])
            np.testing.assert_array_equal(feature.statuses, scan.sites[f"{name}_status"])
        np.testing.assert_array_equal(again.quality, scan.sites["quality"])


def test_features_of_a_second_analysis_can_be_stored_in_a_file_without(tmp_path):
    path = write_scan(tmp_path / "bare.h5", small_screen(), live=False, visited=9)
    with open_scan(path) as scan:
        assert scan.features == ()
        features = Features(Plan.from_json(scan.plan_json))
        again = reanalyse(scan, features)
    rewrite_features(path, again.features, features.layout.statuses, again.quality)
    with open_scan(path) as scan:
        np.testing.assert_array_equal(scan.sites["E_nuc"], again.features["E_nuc"].values)
        assert scan.sites["E_nuc_status"][11] == Status.NOT_MEASURED


def test_what_is_done_at_a_site_is_read_from_the_file_and_not_from_the_plan(screen):
    """A plan that this program would expand to other sites finds the same numbers again."""
    with open_scan(screen) as scan:
        plan = Plan.from_json(scan.plan_json)
        grid = plan.to_dict()["sites"]
        other = plan.replace(sites={**grid, "columns": grid["columns"] - 1, "order": "serpentine"})
        assert 0 < len(other.sites()) < len(scan.sites)
        again = reanalyse(scan, Features(other))
        assert again.analysed == len(scan.sites)
        for name, feature in again.features.items():
            np.testing.assert_array_equal(feature.values, scan.sites[name])
            np.testing.assert_array_equal(feature.statuses, scan.sites[f"{name}_status"])
        assert again.results.sites == list(range(len(scan.sites)))


def test_what_was_found_at_a_site_of_which_the_recipe_is_lost_stays(screen, tmp_path):
    """Nothing tells what was done there: an analysis afterwards must not take its numbers away."""
    path = shutil.copy(screen, tmp_path / "scan.h5")
    with h5py.File(path, "r+") as file:
        lost = file["recipe_number"][0] == file["planned_recipe"][:]
        text = file["recipe_text"][:]
        text[0] = b"nonsense"
        file["recipe_text"][:] = text
    assert lost.any()
    assert not lost.all()
    with open_scan(path) as scan:
        assert set(np.flatnonzero(lost).tolist()).isdisjoint(scan.planned)
        again = reanalyse(scan, Features(Plan.from_json(scan.plan_json)))
        for name, feature in again.features.items():
            np.testing.assert_array_equal(feature.values, scan.sites[name])
            np.testing.assert_array_equal(feature.statuses, scan.sites[f"{name}_status"])
        np.testing.assert_array_equal(again.quality[lost], scan.sites["quality"][lost])
        assert set(again.results.sites).isdisjoint(np.flatnonzero(lost).tolist())
