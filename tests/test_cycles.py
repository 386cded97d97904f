"""Cycles of constant current: every one is in the table, with the charges that its steps passed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_particle_plan import rig_file

import seccm
from seccm.data.cycles import COLUMNS, Steps, cycles_of
from seccm.events import StepFinished
from seccm.plan import Plan, load_plan
from seccm.program.any_results import E_MID
from seccm.report import galvanic_cycles
from seccm.report.study import Study
from ui.models.curves import read_site
from ui.models.galvanic_cycles import COLUMNS as COLUMNS_DRAWN
from ui.models.galvanic_cycles import cycles_drawn
from ui.models.step_pages import half_ways, name_of_page, ran_at

Row = tuple[int, str, float, float]
"""Site, mode, what is imposed, charge."""


def steps(rows: list[Row], **changed: Any) -> Steps:
    """A table of steps, each of 10 s, that ended as planned."""
    site, mode, imposed, charge = (list(column) for column in zip(*rows, strict=True))
    sites = np.array(site)
    number = np.concatenate([np.arange((sites == k).sum()) for k in np.unique(sites)])
    columns: dict[str, Any] = {
        "site": sites,
        "number": number,
        "mode": np.array(mode),
        "constant": np.ones(len(rows), bool),
        "imposed": np.array(imposed, float),
        "charge": np.array(charge, float),
        "lasted": np.full(len(rows), 10.0),
        "whole": np.ones(len(rows), bool),
        "middle": np.arange(len(rows), dtype=float),
    }
    return Steps(**{**columns, **changed})


IN, OUT, REST = (0, "current", 1e-9, 1e-8), (0, "current", -1e-9, -0.9e-8), (0, "open", 0.0, 0.0)


def test_charge_and_discharge_are_a_cycle() -> None:
    """Charges, efficiency, currents, times and potentials at half of the charge."""
    table = cycles_of(steps([IN, OUT, IN, (0, "current", -2e-9, -0.81e-8)]))
    assert list(table) == list(COLUMNS)
    assert table["cycle"].tolist() == [0, 1]
    assert table["Q_in"].tolist() == [1e-8, 1e-8]
    np.testing.assert_allclose(table["Q_out"], [0.9e-8, 0.81e-8])
    np.testing.assert_allclose(table["CE"], [0.9, 0.81])
    np.testing.assert_allclose(table["retention"], [1.0, 0.9])
    assert table["i_in"].tolist() == [1e-9, 1e-9]
    assert table["i_out"].tolist() == [-1e-9, -2e-9]
    assert table["E_mid_in"].tolist() == [0.0, 2.0]
    assert table["E_mid_out"].tolist() == [1.0, 3.0]
    assert table["first_step"].tolist() == [0, 2]
    assert table["last_step"].tolist() == [1, 3]
    assert table["whole"].tolist() == [1, 1]


@pytest.mark.parametrize("rested", [0, 1, 3])
def test_rests_do_not_count(rested: int) -> None:
    """However many steps at open circuit lie between."""
    rows = [row for half in (IN, OUT, IN, OUT) for row in (half, *[REST] * rested)]
    plain = cycles_of(steps([IN, OUT, IN, OUT]))
    found = cycles_of(steps(rows))
    for name in ("cycle", "Q_in", "Q_out", "CE", "i_in", "t_in", "whole"):
        np.testing.assert_array_equal(found[name], plain[name])


def test_a_held_potential_goes_on_with_the_current_before_it() -> None:
    """Constant current, constant potential: one half; its potential at half is not known."""
    held = (0, "potential", 4.2, 0.1e-8)
    table = cycles_of(steps([IN, held, OUT, IN, held, OUT]))
    np.testing.assert_allclose(table["Q_in"], [1.1e-8, 1.1e-8])
    assert table["t_in"].tolist() == [20.0, 20.0]
    assert np.isnan(table["E_mid_in"]).all()
    assert table["E_mid_out"].tolist() == [2.0, 5.0]


def test_stripping_at_a_potential_is_the_other_half() -> None:
    """Plated by a current, stripped at a potential in two steps: one cycle."""
    plate, strip = (0, "current", -1e-9, -1e-8), (0, "potential", 0.1, 0.3e-8)
    table = cycles_of(steps([plate, REST, strip, strip]))
    assert table["Q_in"].tolist() == [1e-8]
    np.testing.assert_allclose(table["CE"], [0.6])
    assert np.isnan(table["i_out"]).all()


def test_a_titration_within_a_discharge_is_part_of_it() -> None:
    """Six currents, rests and small steps of the potential are one half, however they scatter."""
    part = [(0, "current", -1e-9, -0.1e-8), REST, (0, "potential", 4.0, 0.0)]
    charges = [-1e-10, -1e-11, 2e-12, -3e-12, 1e-12, -1e-10]
    rows = [IN]
    for charge in charges:
        rows += [part[0], part[1], (0, "potential", 4.0, charge)]
    table = cycles_of(steps(rows))
    assert table["cycle"].tolist() == [0]
    np.testing.assert_allclose(table["Q_out"], [0.6e-8 + 2.1e-10])


def test_what_is_small_goes_on_with_what_was_before_it() -> None:
    """The last steps of a stripping move hardly any charge, and belong to it all the same."""
    plate = (0, "current", -1e-9, -1e-8)
    strips = [(0, "potential", 0.1, charge) for charge in (0.6e-8, 0.3e-8, 2e-11, -1e-12)]
    table = cycles_of(steps([plate, REST, *strips, plate, *strips]))
    assert table["cycle"].tolist() == [0, 1]
    np.testing.assert_allclose(table["CE"], (0.9e-8 + 1.9e-11) / 1e-8, rtol=1e-3)


def test_a_short_current_before_a_titration_makes_no_half_of_it() -> None:
    """A leak of a pC more than the short current before it is small beside the whole charge."""
    tail = [(0, "current", -1e-9, -1e-11), REST, (0, "potential", 3.6, 2e-11)]
    table = cycles_of(steps([IN, OUT, *tail, *tail]))
    assert table["cycle"].tolist() == [0]


def test_a_last_half_that_is_missing_is_said() -> None:
    """A charge without discharge is a row without a charge that came out."""
    table = cycles_of(steps([IN, OUT, IN]))
    assert table["whole"].tolist() == [1, 0]
    assert np.isnan([table[name][1] for name in ("Q_out", "CE", "retention", "i_out")]).all()
    assert table["last_step"].tolist() == [1, 2]


@pytest.mark.parametrize("broken", range(4))
def test_a_step_that_lost_its_contact_makes_no_whole_cycle(broken: int) -> None:
    """Its charge is in the table all the same, and retention starts from the first whole cycle."""
    whole = np.arange(4) != broken
    table = cycles_of(steps([IN, OUT, IN, OUT], whole=whole))
    assert table["whole"].tolist() == [int(broken // 2 != k) for k in (0, 1)]
    assert np.isfinite(table["Q_out"]).all()
    kept = table["whole"].tolist().index(1)
    assert table["retention"][kept] == 1.0


def test_sites_are_apart() -> None:
    """A site that ends with a charge does not take the discharge of the next one."""
    other = [(site, *row[1:]) for site, row in ((3, IN), (3, OUT), (7, OUT), (7, IN), (7, OUT))]
    table = cycles_of(steps([(0, *IN[1:]), *other]))  # type: ignore[list-item]
    assert table["site"].tolist() == [0, 3, 7, 7]
    assert table["cycle"].tolist() == [0, 0, 0, 1]
    assert table["whole"].tolist() == [0, 1, 1, 0]
    assert table["i_in"].tolist() == [1e-9, 1e-9, -1e-9, -1e-9]


@pytest.mark.parametrize(
    "rows", [[REST], [(0, "potential", 0.1, 1e-9)], [(0, "current", 0.0, 0.0)], [REST, REST]]
)
def test_without_a_current_there_are_no_cycles(rows: list[Row]) -> None:
    """Rests, held potentials and a galvanostat at 0 A."""
    assert all(len(column) == 0 for column in cycles_of(steps(rows)).values())


def test_no_steps_are_no_cycles() -> None:
    """Of an empty table, and of one without known charges."""
    none = steps([IN])
    empty = Steps(*(getattr(none, name)[:0] for name in Steps.__slots__))
    assert len(cycles_of(empty)["site"]) == 0
    assert len(cycles_of(steps([IN], charge=np.array([np.nan])))["site"]) == 0


def test_sweeps_are_no_halves() -> None:
    """A voltammogram between two currents belongs to neither."""
    rows = [IN, (0, "potential", 0.0, -5e-8), OUT]
    table = cycles_of(steps(rows, constant=np.array([True, False, True])))
    assert table["Q_out"].tolist() == [0.9e-8]


@pytest.mark.parametrize("seed", range(3))
def test_all_charge_is_in_the_table(seed: int) -> None:
    """Of random sites with random numbers of cycles: nothing is lost, nothing counted twice."""
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for site in range(40):
        for k in range(int(rng.integers(0, 9))):
            sign = 1.0 if k % 2 == 0 else -1.0
            rows.append((site, "current", sign * 1e-9, sign * float(rng.uniform(1, 2)) * 1e-9))
            rows += [(site, "open", 0.0, 0.0)] * int(rng.integers(0, 2))
    table = cycles_of(steps(rows))
    assert np.nansum(table["Q_in"]) + np.nansum(table["Q_out"]) == pytest.approx(
        sum(abs(row[3]) for row in rows)
    )


# ----------------------------------------------------------------------------- in a file

CYCLES = 100


def hundred() -> Plan:
    """A hundred cycles at 20 C at one particle."""
    plan = load_plan("lmo-particle-pitt").to_dict()
    half = {"step": "constant current", "duration": 600.0, "nuclei": False}
    program = [
        {**half, "current": 2e-9, "until": {"potential_above": 4.3, "after": 1.0}},
        {**half, "current": -2e-9, "until": {"potential_below": 3.6, "after": 1.0}},
    ]
    plan.pop("keep")
    return Plan.from_dict(
        {**plan, "program": [{"step": "repeat", "times": CYCLES, "program": program}]}
    )


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    """The file of a hundred cycles, and how many cycles it had while it grew."""
    folder = tmp_path_factory.mktemp("cycles")
    path, seen, ended = folder / "scan.h5", [], 0
    rig = rig_file(folder, diffusivity=5.2e-13)
    run = seccm.run(hundred(), rig, path=path, seed=4)
    for event in run:
        if isinstance(event, StepFinished):
            ended += 1
            if ended in (20, 100):
                run._runner._recorder.barrier()  # whatever was told until now is in the file
                with seccm.open(path) as scan:
                    seen.append(len(scan.cycles))
    return path, seen


def test_each_of_a_hundred_cycles_is_in_the_table(story: tuple[Path, list[int]]) -> None:
    """With charge, efficiency near 1 and the potential at half of the charge."""
    with seccm.open(story[0]) as scan:
        table = scan.cycles
        assert table["cycle"].tolist() == list(range(CYCLES))
        assert table["whole"].all()
        np.testing.assert_allclose(table["CE"][1:], 1.0, atol=5e-3)
        assert (table["E_mid_in"] > table["E_mid_out"]).all()
        assert table.unit("Q_in") == "C"
        assert len(scan.results(E_MID.name)) == 2 * CYCLES


def test_no_nuclei_are_looked_for_where_there_are_none(story: tuple[Path, list[int]]) -> None:
    """The plan says so: there is no nucleation potential, whatever the curve looks like."""
    with seccm.open(story[0]) as scan:
        names = {str(name) for name in scan.results()["name"]}
    assert names == {"E_end", "j", E_MID.name, "Q", "ended_by"}


def test_the_potential_at_half_of_the_charge_is_read_there(story: tuple[Path, list[int]]) -> None:
    """Against the rows: it is that of the row at which half of the charge has passed."""
    with seccm.open(story[0]) as scan:
        trace, table = scan.site(0), scan.cycles
        for k in (3, 50):
            rows = trace.steps[int(table["last_step"][k])]
            passed = np.cumsum(trace.I[rows])
            middle = int(np.argmax(np.abs(passed) >= 0.5 * abs(passed[-1])))
            there = float(np.mean(trace.E[rows][middle - 2 : middle + 3]))
            assert table["E_mid_out"][k] == pytest.approx(there, abs=1e-3)


def test_charges_of_cycles_are_those_of_their_data_points(story: tuple[Path, list[int]]) -> None:
    """Against the currents in the file, row by row."""
    with seccm.open(story[0]) as scan:
        table, trace = scan.cycles, scan.site(0)
        for k in (0, 7, 99):
            rows = trace.steps[int(table["first_step"][k])], trace.steps[int(table["last_step"][k])]
            for name, part in zip(("Q_in", "Q_out"), rows, strict=True):
                passed = abs(float(trace.I[part].sum())) * 0.1
                assert table[name][k] == pytest.approx(passed, rel=2e-3)


def test_cycles_are_there_while_the_run_goes_on(story: tuple[Path, list[int]]) -> None:
    """Not only when the site is closed."""
    assert story[1] == [10, 50]


def test_the_window_has_pages_of_them(story: tuple[Path, list[int]]) -> None:
    """Charge, efficiency and potentials of each whole cycle, counted from 1."""
    with seccm.open(story[0]) as scan:
        pages = {name_of_page(one): one for one in read_site(scan, 0).own}
        assert list(pages) == [f"cycles-{name}--1" for name in COLUMNS_DRAWN]
        for name, page in zip(COLUMNS_DRAWN, pages.values(), strict=True):
            np.testing.assert_array_equal(page.x, np.arange(1, CYCLES + 1))
            np.testing.assert_array_equal(page.y, scan.cycles[name])
    assert pages["cycles-E_mid_out--1"].what.y.against_reference
    assert pages["cycles-Q_out--1"].what.title == "Charge of the second half of each cycle"


def test_potentials_at_half_of_the_charge_are_there_before_the_site_is_closed(
    story: tuple[Path, list[int]],
) -> None:
    """From the data points, while the file has no results of the site."""
    with seccm.open(story[0]) as scan:
        found = half_ways(ran_at(scan, 0))
        assert len(found) == 2 * CYCLES
        after, kept = scan.cycles, scan._found.quantities.pop(E_MID.name)
        live = scan._found.cycles_with({(0, step): volts for step, volts in found.items()})
        none = scan._found.cycles_with({})
        scan._found.quantities[E_MID.name] = kept
        for name in ("E_mid_in", "E_mid_out"):
            assert np.isnan(none[name]).all()
            np.testing.assert_allclose(live[name], after[name], rtol=1e-12)
            assert np.isfinite(live[name]).all()
        assert "cycles-E_mid_out--1" in {name_of_page(d) for d in cycles_drawn(scan, 0, found)}


def test_the_report_draws_them(story: tuple[Path, list[int]]) -> None:
    """Charges and efficiency against the number of the cycle; all at one current, so no rates."""
    with seccm.open(story[0]) as scan:
        study = Study(scan)
        figure = galvanic_cycles.by_number(study)
        assert figure is not None
        left, right = figure.axes
        assert [len(line.get_xdata()) for line in left.lines] == [CYCLES, CYCLES]
        np.testing.assert_allclose(right.lines[0].get_ydata(), scan.cycles["CE"])
        assert galvanic_cycles.by_rate(study) is None


def test_the_table_is_a_data_frame(story: tuple[Path, list[int]]) -> None:
    """With the names of its columns."""
    pytest.importorskip("pandas")
    with seccm.open(story[0]) as scan:
        frame = scan.cycles.to_pandas()
    assert list(frame.columns) == list(COLUMNS)
    assert len(frame) == CYCLES
