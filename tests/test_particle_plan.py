"""A particle that is formed and titrated for a day: order, values and what is found of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from planted_particles import TEMPERATURE, VOLUMETRIC, F, R

import seccm
from seccm.data import Scan
from seccm.plan import Plan, load_plan
from seccm.plan.library import find_rig
from seccm.program.any_results import REASONS
from seccm.program.registry import kinds
from seccm.quantities import read_toml
from seccm.report.study import Study
from seccm.results import Status

PLAN = "lmo-particle-pitt"
ROW = 0.1
ABOVE, BELOW = "potential above", "potential below"
TARGETS = ("4.1", "4.0", "3.9", "3.8", "3.7", "3.6")


def rig_file(folder: Path, **sample: Any) -> Path:
    """The rig for particles with rows of 100 ms, and with changes of its particle."""
    tables = read_toml(find_rig("virtual-particle"))
    tables["clock"] = {"averaged": 10_000, "spacing": 10_000}
    tables["samples"]["lmo-particle"] |= sample
    lines = ['kind = "virtual"', 'name = "virtual for particles"']
    for table in ("clock", "stage", "drift", "electrometer", "drive"):
        lines += [f"[{table}]", *(f"{k} = {json.dumps(v)}" for k, v in tables[table].items())]
    lines.append("[samples.lmo-particle]")
    for key, value in tables["samples"]["lmo-particle"].items():
        lines.append(f"{key} = {_toml(value)}")
    path = folder / "rig.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _toml(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, list):
        return f"[{', '.join(_toml(v) for v in value)}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    return json.dumps(value)


GRAIN, BLANK = 0.5e-6, 0.2e-12 * 3600.0
"""The published radius of grains, and the charge of a bare electrode."""
STRAIGHT = {
    "table": [[0.0, "4.3 V"], [1.0, f"{4.3 - F * 22400.0 / VOLUMETRIC:.9f} V"]],
    "kinetics": "linear",
    "scatter": 0.0,
    "temperature": TEMPERATURE,
}
"""The published medians: 600 mAh/cm3 over 1.3 V, so that D and j0 are those of the sample."""


@pytest.fixture(scope="module", params=[1, 2])
def day(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scan]:
    """A whole day of a particle with a straight open-circuit potential; several seeds."""
    folder = tmp_path_factory.mktemp("day")
    plan = load_plan(PLAN).to_dict()
    for step in plan["program"]:
        if step["step"] == "pitt":
            step["temperature"] = TEMPERATURE
            step["grain_radius"] = GRAIN
    # The straight potential goes no lower than 3.0 V.
    plan["program"][1]["until"]["potential_below"] = 3.2
    plan["program"][1]["blank"] = BLANK
    path, rig = folder / "scan.h5", rig_file(folder, **STRAIGHT)
    for _ in seccm.run(Plan.from_dict(plan), rig, path=path, seed=request.param):
        pass
    with seccm.open(path) as scan:
        yield scan


def test_the_steps_run_in_the_published_order(day: Scan) -> None:
    """To 4.2, down, to 4.2 V; then six times down, an hour of rest, and 20 minutes of PITT."""
    steps = day.steps
    kinds = [str(kind) for kind in steps["kind"]]
    assert kinds == ["constant current"] * 3 + ["constant current", "open circuit", "pitt"] * 6
    ends = [REASONS[code] for code in steps["ended_by"]]
    assert ends[:3] == [ABOVE, BELOW, ABOVE]
    assert ends[3:] == [BELOW, "time", "time"] * 6
    lasted = steps["size"] * steps["period"]
    np.testing.assert_allclose(lasted[4::3], 3600.0, atol=2 * ROW)
    np.testing.assert_allclose(lasted[5::3], 1200.0, atol=2 * ROW)


def test_each_discharge_ends_at_its_potential(day: Scan) -> None:
    """The data point at which a step ended is past its limit, the ones before are not."""
    trace = day.site(0)
    wanted = [4.2, 3.2, 4.2, *(float(target) for target in TARGETS)]
    numbers = [0, 1, 2, *range(3, 21, 3)]
    for number, target in zip(numbers, wanted, strict=True):
        potential = trace.E[trace.steps[number]]
        away = (potential - target) * (1.0 if number in (0, 2) else -1.0)
        assert away[-1] > -1e-3
        assert (away[500:-20] < 1e-3).all()


def test_every_step_of_pitt_is_15_mv_below_the_rest_before_it(day: Scan) -> None:
    """E_set - mean(open circuit) = -15.00 mV, from the file alone."""
    trace = day.site(0)
    said = [json.loads(r) for r in day.steps["resolved"] if r]
    assert len(said) == 6
    for number, resolved in zip(range(5, 21, 3), said, strict=True):
        rest = trace.E[trace.steps[number - 1]][-round(0.1 / ROW) :]
        assert resolved["potential"] - rest.mean() == pytest.approx(-15e-3, abs=1e-6)
        held = np.median(trace.E[trace.steps[number]])
        assert held == pytest.approx(resolved["potential"], abs=20e-6)


def found(day: Scan, name: str) -> tuple[np.ndarray, np.ndarray]:
    """A result of the six titrations, and its statuses."""
    table = day.results(name)
    mine = np.array([str(day.steps["kind"][k]) == "pitt" for k in table["step"]])
    return table["value"][mine], table["status"][mine]


def test_planted_diffusivity_and_exchange_current_are_found(day: Scan) -> None:
    """D 5.2e-14 m2/s and j0 1.04 A/m2, each within 5 %, with 0.1 pA of leak."""
    diffusivity, status = found(day, "D_Li")
    assert (status == Status.OK).all()
    np.testing.assert_allclose(diffusivity, 5.2e-14, rtol=0.05)
    exchange, status = found(day, "j_0")
    assert (status == Status.OK).all()
    np.testing.assert_allclose(exchange, 1.04, rtol=0.05)
    rates, _ = found(day, "D_R2")
    np.testing.assert_allclose(rates, 5.2e-14 / 5.05e-6**2, rtol=0.05)


def test_reaction_time_and_charge_are_those_of_the_capacity(day: Scan) -> None:
    """tau_R = C_V R R_g T / (3 F j0), and 15 mV move 13.4 nC."""
    exchange, _ = found(day, "j_0")
    times, _ = found(day, "tau_R")
    expected = VOLUMETRIC * 5.05e-6 / 3.0 * R * TEMPERATURE / F / exchange
    np.testing.assert_allclose(times, expected, rtol=0.02)
    charge, _ = found(day, "Q_step")
    np.testing.assert_allclose(charge, -13.45e-9, rtol=0.02)


def test_the_background_is_the_leak(day: Scan) -> None:
    """0.1 pA, fifty times the signal at the end of 20 minutes."""
    background, _ = found(day, "i_background")
    np.testing.assert_allclose(background, 0.1e-12, atol=0.05e-12)


def test_what_is_kept_is_in_the_site_table(day: Scan) -> None:
    """Columns by the names that the plan gives its steps."""
    sites = day.sites
    assert sites["D_Li_of_PITT_4_0"][0] == pytest.approx(5.2e-14, rel=0.05)
    assert sites["Q_of_discharge"][0] < 0.0 < sites["Q_of_second_charge"][0]


def test_grains_have_their_own_diffusivity_and_surface(day: Scan) -> None:
    """D goes with the square of the length, the surface of all grains is 3 V / r."""
    share = GRAIN / 5.05e-6
    for grain, sphere, factor in (("D_grain", "D_Li", share**2), ("j_grain", "j_0", share)):
        np.testing.assert_allclose(found(day, grain)[0], factor * found(day, sphere)[0], rtol=1e-9)


def test_the_charge_of_the_bare_electrode_is_taken_off(day: Scan) -> None:
    """Of the step whose plan says it: 0.2 pAh, whichever way the current goes."""
    table = day.results("Q_particle")
    assert table["step"].tolist() == [1]
    every = day.results("Q")
    (whole,) = every["value"][every["step"] == 1] * Plan.from_json(day.plan_json).probe.area
    assert whole < 0.0
    assert table["value"][0] == pytest.approx(whole + BLANK, rel=1e-6)


def test_traces_over_the_current_of_a_tenth_of_a_second_begin_at_one(day: Scan) -> None:
    (curve,) = [figure for figure in kinds()["pitt"].figures if figure.slug == "pitt-normalised"]
    study = Study(day)
    for number in range(5, 21, 3):
        root, share = curve.points(study.trace(0, number))
        assert share[root**2 < 1.0].mean() == pytest.approx(0.97, abs=0.03)
        assert (np.diff(root) > 0.0).all()
        assert share[-1] < 0.1
        assert curve.model is not None
        at, fitted = curve.model(study.trace(0, number))
        np.testing.assert_array_equal(at, root)
        np.testing.assert_allclose(fitted, share, atol=0.02)


@pytest.fixture(scope="module")
def curved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scan]:
    """Titrations of LiMn2O4 as it is: a plateau, and an end at which nearly every place is full."""
    folder = tmp_path_factory.mktemp("curved")
    plan = load_plan(PLAN).to_dict()
    plan["program"] = [plan["program"][2], *plan["program"][6:12], *plan["program"][15:18]]
    del plan["keep"]
    for step in plan["program"]:
        step.pop("name", None)
        if step["step"] == "pitt":
            step["potential"]["from"] = "last open circuit"
    rig = rig_file(folder, scatter=0.0)
    for _ in seccm.run(Plan.from_dict(plan), rig, path=folder / "scan.h5", seed=3):
        pass
    with seccm.open(folder / "scan.h5") as scan:
        yield scan


def test_away_from_the_plateau_the_diffusivity_of_a_real_particle_is_right(curved: Scan) -> None:
    """Where the status is clean: within 7 % of what is planted, though its potential bends."""
    table = curved.results("D_Li")
    clean = table["status"] == Status.OK
    assert clean.any()
    np.testing.assert_allclose(table["value"][clean], 5.2e-14, rtol=0.07)


def test_a_diffusivity_that_is_not_right_says_so(curved: Scan) -> None:
    """Where the potential bends, capacity and surface change over 15 mV: the number is doubtful,
    or its uncertainty contains that."""
    table = curved.results("D_Li")
    clean = table["status"] == Status.OK
    away = np.abs(table["value"] - 5.2e-14) / table["err"]
    assert (away[clean] < 2.5).all(), (table["value"], table["err"])
    assert not clean[0], "on the plateau"
    assert clean[-1]
    assert (table["err"][clean] < 0.2 * table["value"][clean]).all()
