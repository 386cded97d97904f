"""What a result means is declared once, and everything that shows a number reads it there."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from made_scans import couple, lithium, small_couple, small_cycling, small_screen, write_scan
from made_scans import smaller as changed

import seccm
from seccm.analysis import scales
from seccm.analysis.declared import by_rank, declared
from seccm.analysis.features import Features, reanalyse
from seccm.data import open_scan
from seccm.plan import Plan, load_plan
from seccm.program.yielded import results
from seccm.results import DETAIL, Result
from ui.models.colours import shown
from ui.models.quantity import Quantity
from ui.models.showing import Showing
from ui.models.site_map import SiteMap

HERE = Path(seccm.__file__).parents[1]


def mixed() -> Plan:
    """Rest, plating, stripping, a held potential, a sweep, and plating once more."""
    hold = {"current_density": "-0.5 mA/cm^2"}
    return changed(
        "li-on-au-combinatorial",
        factors={},
        sites={"kind": "grid", "columns": 2, "rows": 1, "pitch": 11e-6},
        approach={**load_plan("li-on-au-combinatorial").to_dict()["approach"], "hold": hold},
        program=[
            {"step": "open circuit", "duration": 1.0},
            {"step": "constant current", "current_density": -10.0, "duration": 3.0},
            {
                "step": "constant current",
                "current_density": 8.0,
                "duration": 1.0,
                "until": {"potential_above": 3.0},
                "blank": 1e-12,
            },
            {"step": "constant potential", "potential": 1.0, "duration": 1.0},
            {"step": "lsv", "start": 1.0, "stop": 0.1, "scan_rate": 1.0},
            {"step": "constant current", "current_density": -10.0, "duration": 3.0},
            {"step": "open circuit", "duration": 1.0},
            {
                "step": "pitt",
                "potential": 0.4,
                "duration": 2.0,
                "radius": 5e-6,
                "grain_radius": 5e-7,
            },
            {"step": "open circuit", "duration": 1.0},
            {"step": "constant current", "current_density": -1.0, "duration": 1.0},
            {"step": "gitt", "duration": 1.0, "radius": 5e-6},
            {"step": "impacts", "potential": 1.0, "duration": 1.0},
        ],
    )


def spectra() -> Plan:
    """Impedances whose circuits have every element that a result is of."""
    dc = {"step": "impedance", "potential": 1.2, "amplitude": 0.01, "lowest": 4.0, "highest": 70.0}
    circuits = ("R0-p(R1,C1)", "R0-p(R1-W1,CPE1)", "R0-p(R1-Wo1,CPE1)")
    return changed(
        "li-on-au-combinatorial",
        factors={},
        sites={"kind": "grid", "columns": 2, "rows": 1, "pitch": 11e-6},
        approach={
            **load_plan("li-on-au-combinatorial").to_dict()["approach"],
            "hold": {"current_density": "-0.5 mA/cm^2"},
        },
        program=[
            {"step": "open circuit", "duration": 1.0},
            *({**dc, "circuit": circuit} for circuit in circuits),
        ],
    )


def pulses() -> Plan:
    """Sweeps at three rates through a known resistance, and pulses of every kind."""
    down = {"start": 0.3, "stop": -0.3}
    sweep, stairs = {**down, "step": "lsv", "resistance": 1e6}, {**down, "increment": 0.02}
    times = {"width": 0.05, "period": 0.1}
    return changed(
        "redox-cv-map",
        sites={"kind": "grid", "columns": 2, "rows": 1, "pitch": 4e-6},
        program=[
            {**sweep, "scan_rate": 0.2},
            {**sweep, "scan_rate": 0.4},
            {**sweep, "scan_rate": 0.8},
            {"step": "differential pulse", **stairs, **times, "amplitude": 0.025},
            {"step": "square wave", **stairs, "amplitude": 0.025, "frequency": 10.0},
            {"step": "normal pulse", **stairs, **times},
            {"step": "pulses", "current": -1e-12, "width": 0.05, "pause": 0.05, "count": 3},
            {"step": "surface height", "potential": 0.1, "duration": 0.05},
            {
                "step": "surface kinetics",
                "potential": 0.1,
                "duration": 0.05,
                "radius": 1e-6,
                "rg": 10.0,
                "diffusivity": 1e-9,
                "curve": True,
            },
            {
                "step": "tip collection",
                "collect": -0.3,
                "rest": 0.3,
                "width": 0.1,
                "pause": 0.1,
                "beside": {"drive": "substrate", "potential": 0.1},
            },
        ],
    )


def series() -> Plan:
    """Voltammograms at three rates, and steps to five potentials."""
    potentials = ["-0.1 V", "-0.05 V", "0 V", "0.05 V", "0.1 V"]
    held = {"step": "constant potential", "potential": "$u", "duration": 0.3}
    cycle = {"step": "cv", "start": 0.3, "vertices": [-0.3], "scan_rate": "$v"}
    return changed(
        "redox-cv-map",
        sites={"kind": "grid", "columns": 2, "rows": 1, "pitch": 4e-6},
        program=[
            {"step": "repeat", "over": {"v": ["1 V/s", "2 V/s", "4 V/s"]}, "program": [cycle]},
            {"step": "repeat", "over": {"u": potentials}, "program": [held]},
        ],
    )


SCANS = {
    "plating": (small_screen, lithium),
    "cycling": (small_cycling, lithium),
    "waves": (small_couple, couple),
    "mixed": (mixed, lithium),
    "spectra": (spectra, lithium),
    "pulses": (pulses, couple),
    "series": (series, couple),
}


@pytest.mark.parametrize("kind", SCANS)
def test_potentials_move_with_the_reference_and_nothing_else_does(kind, tmp_path):
    """The same rows told against a reference 7 mV away."""
    plan, cell = SCANS[kind][0](), SCANS[kind][1]
    path, shift = write_scan(tmp_path / "scan.h5", plan, cell), 7e-3
    with open_scan(path) as scan:
        here = reanalyse(scan, Features(plan)).features
        sites = [(site, scan.record(site.number)) for site in plan.sites()]
        moved = Features(plan, plan.reference.offset + shift)
        there = [moved(site, record).features for site, record in sites]
    compared = set()
    for name, of in here.items():
        expected = of.values + (shift if declared(name).against_reference else 0.0)
        values = np.array([found[name][0] for found in there])
        both = np.isfinite(values) & np.isfinite(expected)
        size = float(np.max(np.abs(values[both]), initial=0.0))
        np.testing.assert_allclose(
            values[both], expected[both], atol=max(1e-4 * size, 3e-5), err_msg=name
        )
        compared |= {declared(name)} if both.any() else set()
    assert {r for r in compared if r.against_reference}, "no potential was compared"
    assert {r for r in compared if not r.against_reference}


@pytest.mark.parametrize("kind", SCANS)
def test_every_result_that_the_analysis_yields_is_declared(kind):
    for column in Features(SCANS[kind][0]()).columns:
        result = declared(column.name)
        assert result.name in results()
        assert column.unit == result.unit
        assert column.long_name.startswith(result.words)


def test_together_the_kinds_of_step_yield_every_declared_result():
    yielded = {
        declared(c.name).name for make, _ in SCANS.values() for c in Features(make()).columns
    }
    assert yielded == {name for name, result in results().items() if not result.dims}


def test_a_later_step_is_what_the_first_is():
    names = [column.name for column in Features(mixed()).columns]
    assert "E_nuc_5" in names
    for name in names:
        assert declared(f"{declared(name).name}_7") is declared(name)
        assert declared(name).step(f"{declared(name).name}_7") == "_7"


def test_a_declaration_agrees_with_itself():
    for result in results().values():
        assert not (result.against_reference and result.unit != "V")
        assert not (result.signed and not result.unit.startswith(("A", "C")))
        assert not result.mapped or result.tabulated
        assert not result.waited or results()[result.waited].unit == result.unit
        assert result.words[0].islower() or not result.words[1].islower()
        assert result.symbol
        # A charge is either signed, or says which way it went.
        if result.unit == "C/m^2" and not result.signed:
            assert any(way in result.words for way in ("cathodic", "anodic", "positive"))
    ranks = [r.rank for r in results().values() if r.rank < DETAIL]
    assert len(ranks) == len(set(ranks))


def test_results_are_offered_by_rank_and_a_later_step_after_the_first():
    assert by_rank(["t_seen", "E_nuc_12", "i_lim", "t_nuc", "E_nuc_3", "E_nuc"]) == [
        "E_nuc", "E_nuc_3", "E_nuc_12", "t_nuc", "i_lim", "t_seen",
    ]  # fmt: skip


def test_an_unknown_name_claims_nothing():
    found = declared("photocurrent_2", "V", "what another program stored")
    assert found == Result("photocurrent_2", "V", "what another program stored")
    assert not found.against_reference
    assert not found.tabulated


# ---------------------------------------------------------------------------- in the window


def of_all(value: float) -> SiteMap:
    """A map with every declared result, and each as of a later step, too."""
    zeros, whole = np.zeros(2), np.zeros(2, int)
    made = SiteMap(x=zeros, y=zeros, ix=whole, iy=whole, condition=whole, labels=["a"])
    for result in results().values():
        for name in (result.name, f"{result.name}_2"):
            made.add(Quantity(name, result.unit, "", np.full(2, value)))
    return made


@pytest.mark.parametrize("suffix", ["", "_2"])
@pytest.mark.parametrize("name", results())
def test_another_reference_shifts_potentials_and_no_difference_of_two(name, suffix):
    sites = of_all(0.010)
    own = shown(sites, name + suffix, Showing("Ag/AgCl"))
    other = shown(sites, name + suffix, Showing("Ag/AgCl", other="SHE", shift=0.197))
    moved = (other.values - own.values) / own.factor
    expected = 0.197 if results()[name].against_reference else 0.0
    np.testing.assert_allclose(moved, expected, atol=1e-12)
    assert ("vs SHE" in other.label) == results()[name].against_reference
    assert ("vs Ag/AgCl" in own.label) == results()[name].against_reference
    assert "\\" not in own.label
    assert "$" not in own.label


@pytest.mark.parametrize("name", results())
def test_the_other_sign_convention_turns_currents_and_no_magnitude(name):
    sites = of_all(1.5)
    own, turned = (shown(sites, name, Showing(polarographic=p)) for p in (False, True))
    expected = -own.values if results()[name].signed else own.values
    np.testing.assert_allclose(turned.values, expected)


def test_a_figure_prints_the_declared_symbol_for_every_step():
    for result in results().values():
        assert scales.symbol(result.name) == scales.symbol(f"{result.name}_4") == result.symbol


def test_no_other_list_of_names_of_results_stands_anywhere():
    """Three names or more in a row, outside of the declarations, are a list that goes stale."""
    found = []
    for path in [*HERE.glob("seccm/report/*.py"), *HERE.glob("ui/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict):
                parts = node.keys if isinstance(node, ast.Dict) else node.elts
                names = [p.value for p in parts if isinstance(p, ast.Constant)]
                if sum(name in results() for name in names if isinstance(name, str)) > 2:
                    found.append(f"{path.name}:{node.lineno}")
    assert found == []
