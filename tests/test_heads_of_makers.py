"""What files of potentiostats say: units, kinds of step, signs, and where they end."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import scipy.io

from seccm.errors import DataFileError
from seccm.readers import biologic, chi, gamry, heka, palmsens
from seccm.readers.recording import Part
from seccm.readers.said import Said
from seccm.readers.understanding import understand

NOTHING = Said()


def written(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_text("\n".join(lines) + "\n", encoding)
    return path


def values(part: Part, quantity: str) -> list[float]:
    (column,) = (c for c in part.columns if c.quantity == quantity)
    return column.values.tolist()


def refused(read: Callable[..., object], *args: Any) -> str:
    with pytest.raises(DataFileError) as caught:
        read(*args)
    said = str(caught.value)
    assert said.endswith("Nothing was made.") or "nothing was made" in said.lower()
    return said


# ------------------------------------------------------------------ BioLogic


def mpt(
    path: Path,
    names: str = "time/s\tEwe/V\t<I>/mA",
    rows: Sequence[str] = ("0\t0.1\t1", "1\t0.2\t2"),
    technique: str = "Cyclic Voltammetry",
    head: Sequence[str] = (),
    count: int | None = None,
) -> Path:
    above = ["EC-Lab ASCII FILE", "", "", technique, "", *head, names]
    above[1] = f"Nb header lines : {len(above) if count is None else count}"
    return written(path, *above, *rows)


def test_columns_of_ec_lab_are_what_their_names_say(tmp_path: Path):
    made = biologic.read(mpt(tmp_path / "a.mpt"), NOTHING)
    (part,) = made.parts
    assert values(part, "time") == [0.0, 1.0]
    assert values(part, "potential") == [0.1, 0.2]
    assert values(part, "current") == [1.0, 2.0]
    assert {c.quantity: c.unit for c in part.columns} == {
        "time": "s", "potential": "V", "current": "mA",
    }  # fmt: skip
    assert made.sign == "anodic positive"


@pytest.mark.parametrize("name", ["<I>/mA", "I/mA", "i/µA", "I/A", "<I>/nA"])
def test_every_current_of_ec_lab_is_the_current(tmp_path: Path, name: str):
    (part,) = biologic.read(mpt(tmp_path / "a.mpt", f"time/s\tEwe/V\t{name}"), NOTHING).parts
    assert values(part, "current") == [1.0, 2.0]
    assert next(c.unit for c in part.columns if c.quantity == "current") == name.split("/")[1]


def test_other_columns_of_ec_lab_are_not_taken_for_one_of_these(tmp_path: Path):
    names = "time/s\tEwe/V\t<I>/mA\tox/red\tcontrol/V\t(Q-Qo)/mA.h\tEwe-Ece/V"
    rows = ["0\t0.1\t1\t1\t0.3\t7\t9", "1\t0.2\t2\t0\t0.4\t8\t9"]
    (part,) = biologic.read(mpt(tmp_path / "a.mpt", names, rows), NOTHING).parts
    assert sum(c.quantity is not None for c in part.columns) == 3
    assert values(part, "potential") == [0.1, 0.2]
    units = {c.name: c.unit for c in part.columns}
    assert units["ox/red"] == ""
    assert units["(Q-Qo)"] == "mA.h"
    assert units["control"] == "V"


@pytest.mark.parametrize(
    ("technique", "kind"),
    [
        ("Cyclic Voltammetry", "cv"), ("Linear Sweep Voltammetry", "lsv"),
        ("Open Circuit Voltage", "open circuit"), ("Chronopotentiometry", "constant current"),
        ("Chronoamperometry / Chronocoulometry", "constant potential"),
        ("Modulo Bat", ""), ("", ""),
    ],
)  # fmt: skip
def test_the_technique_of_ec_lab_is_the_kind_of_step(tmp_path: Path, technique: str, kind: str):
    made = biologic.read(mpt(tmp_path / "a.mpt", technique=technique), NOTHING)
    assert [part.kind for part in made.parts] == [kind]
    assert made.notes == ((f"technique {technique.lower()}",) if technique else ())


def test_at_open_circuit_no_current_was_imposed_and_none_is_missing(tmp_path: Path):
    path = mpt(tmp_path / "a.mpt", "time/s\tEwe/V", ["0\t1", "1\t2"], "Open Circuit Voltage")
    (part,) = biologic.read(path, NOTHING).parts
    assert part.held == 0.0
    (other,) = biologic.read(mpt(tmp_path / "b.mpt"), NOTHING).parts
    assert math.isnan(other.held)


@pytest.mark.parametrize(
    ("sequence", "sizes"),
    [("000", [3]), ("001", [2, 1]), ("012", [1, 1, 1]), ("0110", [1, 2, 1]), ("5", [1])],
)
def test_each_stretch_of_a_sequence_number_is_a_part_with_all_its_rows(
    tmp_path: Path, sequence: str, sizes: list[int]
):
    rows = [f"{k}\t{k / 10}\t{k}\t{number}" for k, number in enumerate(sequence)]
    parts = biologic.read(mpt(tmp_path / "a.mpt", "time/s\tEwe/V\tI/A\tNs", rows), NOTHING).parts
    assert [len(values(part, "time")) for part in parts] == sizes
    assert [t for part in parts for t in values(part, "time")] == list(range(len(sequence)))
    assert len({part.where for part in parts}) == len(parts)


@pytest.mark.parametrize("count", [0, 1, 2, 10**6])
def test_a_head_that_cannot_be_as_long_as_it_says_is_a_damaged_file(tmp_path: Path, count: int):
    assert "Nb header lines" in refused(
        biologic.read, mpt(tmp_path / "a.mpt", count=count), NOTHING
    )


@pytest.mark.parametrize(
    ("line", "reference"),
    [
        ("Reference electrode : Ag/AgCl / KCl (sat'd) (0.197 V)", "Ag/AgCl / KCl"),
        ("Reference electrode : (unspecified)", ""),
        ("Reference electrode : SCE Saturated Calomel Electrode (0.241 V)",
         "SCE Saturated Calomel Electrode"),
        ("Electrode material : gold", ""),
    ],
)  # fmt: skip
def test_the_reference_is_named_as_the_file_names_it(tmp_path: Path, line: str, reference: str):
    assert biologic.read(mpt(tmp_path / "a.mpt", head=[line]), NOTHING).reference == reference


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("03/31/2021 14:05:06", "2021-03-31T14:05:06"),
        ("03/31/2021 14:05:06.250", "2021-03-31T14:05:06.250000"),
        ("31/03/2021 14:05:06", ""),
        ("yesterday", ""),
    ],
)
def test_the_start_is_told_where_it_can_be_read_and_never_made_up(
    tmp_path: Path, text: str, begins: str
):
    path = mpt(tmp_path / "a.mpt", head=[f"Acquisition started on : {text}"])
    found = biologic.read(path, NOTHING).started_at
    assert found.startswith(begins)
    assert bool(found) == bool(begins)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone cannot be set here")
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Los_Angeles"])
def test_the_start_is_in_the_local_time_of_the_computer_and_that_is_noted(
    tmp_path: Path, zone: str, monkeypatch: pytest.MonkeyPatch
):
    path = mpt(tmp_path / "a.mpt", head=["Acquisition started on : 07/31/2021 14:05:06"])
    try:
        with monkeypatch.context() as changed:
            changed.setenv("TZ", zone)
            time.tzset()
            recording = biologic.read(path, NOTHING)
    finally:
        time.tzset()
    begun = datetime.fromisoformat(recording.started_at)
    assert begun == datetime(2021, 7, 31, 14, 5, 6, tzinfo=ZoneInfo(zone))
    assert any("time zone" in note and "07/31/2021" in note for note in recording.notes)


def test_tabs_at_the_ends_of_lines_are_no_columns(tmp_path: Path):
    path = mpt(tmp_path / "a.mpt", "time/s\tEwe/V\tI/A\t", ["0\t1\t2\t", "1\t2\t3\t"])
    (part,) = biologic.read(path, NOTHING).parts
    assert [c.name for c in part.columns] == ["time", "Ewe", "I"]


# ------------------------------------------------------------------ CH Instruments


def ascii_of_chi(
    path: Path,
    technique: str = "Cyclic Voltammetry",
    heads: str = "Potential/V, Current/A",
    rows: Sequence[str] = ("0.1, 1e-9", "0.2, 2e-9"),
    facts: Sequence[str] = ("Init E (V) = -0.25", "Scan Rate (V/s) = 0.05",
                            "Sample Interval (s) = 0.02"),
) -> Path:  # fmt: skip
    above = ["Oct. 1, 2020   10:00:00", technique, "Instrument Model:  CHI920D", "", *facts, ""]
    return written(path, *above, heads, "", *rows)


@pytest.mark.parametrize(
    ("technique", "kind"),
    [
        ("Cyclic Voltammetry", "cv"), ("Linear Sweep Voltammetry", "lsv"),
        ("Chronoamperometry", "constant potential"), ("Chronopotentiometry", "constant current"),
        ("Amperometric i-t Curve", "constant potential"),
        ("Open Circuit Potential - Time", "open circuit"), ("Bulk Electrolysis", ""),
    ],
)  # fmt: skip
def test_the_technique_of_chi_is_the_kind_of_step(tmp_path: Path, technique: str, kind: str):
    (part,) = chi.read(ascii_of_chi(tmp_path / "a.txt", technique), NOTHING).parts
    assert part.kind == kind


@pytest.mark.parametrize("sign", ["", "anything"])
def test_chi_never_says_which_currents_are_positive(tmp_path: Path, sign: str):
    made = chi.read(ascii_of_chi(tmp_path / "a.txt", facts=[f"Note = {sign}"]), NOTHING)
    assert made.sign is None


def test_a_sweep_has_its_times_from_its_rate_and_a_step_from_its_interval(tmp_path: Path):
    (sweep,) = chi.read(ascii_of_chi(tmp_path / "a.txt"), NOTHING).parts
    (step,) = chi.read(ascii_of_chi(tmp_path / "b.txt", "Chronoamperometry"), NOTHING).parts
    assert (sweep.scan_rate, step.period) == (0.05, 0.02)
    assert math.isnan(sweep.period)


def test_the_potential_of_a_step_is_that_of_the_head(tmp_path: Path):
    held = {
        technique: chi.read(ascii_of_chi(tmp_path / "a.txt", technique), NOTHING).parts[0].held
        for technique in ("Chronoamperometry", "Open Circuit Potential - Time", "Bulk Electrolysis")
    }
    assert held["Chronoamperometry"] == -0.25
    assert held["Open Circuit Potential - Time"] == 0.0
    assert math.isnan(held["Bulk Electrolysis"])


@pytest.mark.parametrize("fact", ["Scan Rate (V/s) = fast", "Scan Rate (V/s) = 1e999", "x = --5"])
def test_a_fact_that_is_no_number_is_no_fact(tmp_path: Path, fact: str):
    (part,) = chi.read(ascii_of_chi(tmp_path / "a.txt", facts=[fact]), NOTHING).parts
    assert math.isnan(part.scan_rate)


@pytest.mark.parametrize("mark", [", ", ",", "\t"])
def test_cells_of_chi_are_told_apart_by_commas_or_tabs(tmp_path: Path, mark: str):
    heads = f"Time/sec{mark}Potential/V{mark}Current/A"
    rows = [mark.join(cells) for cells in (("0", "0.1", "1e-9"), ("1", "0.2", "2e-9"))]
    (part,) = chi.read(ascii_of_chi(tmp_path / "a.txt", heads=heads, rows=rows), NOTHING).parts
    assert values(part, "time") == [0.0, 1.0]
    assert values(part, "current") == [1e-9, 2e-9]


def test_a_file_of_chi_without_its_line_of_names_is_cut(tmp_path: Path):
    said = refused(chi.read, ascii_of_chi(tmp_path / "a.txt", heads="Potential"), NOTHING)
    assert "Potential/V, Current/A" in said
    assert "cut" in said


def test_chi_claims_its_own_files_and_no_others(tmp_path: Path):
    assert chi.claims(ascii_of_chi(tmp_path / "a.txt"))
    assert not chi.claims(written(tmp_path / "b.txt", "Instrument Model: 1010E", "Potential/V"))
    assert not chi.claims(mpt(tmp_path / "c.mpt"))


# ------------------------------------------------------------------ Gamry


def dta(
    path: Path,
    *curves: Sequence[str],
    tag: str = "CV",
    said: int | None = None,
    names: str = "\tPt\tT\tVf\tIm\tOver",
    units: str = "\t#\ts\tV vs. Ref.\tA\tbits",
    title: str = "CURVE{}",
) -> Path:
    lines = ["EXPLAIN", f"TAG\t{tag}", "DATE\tLABEL\t1/1/2020"]
    for number, rows in enumerate(curves, 1):
        size = len(rows) if said is None else said
        lines += [f"{title.format(number)}\tTABLE\t{size}", names, units, *rows]
    return written(path, *lines)


def points(first: int, count: int) -> list[str]:
    return [f"\t{k}\t{k}\t{k / 10}\t{k}e-9\t...........a" for k in range(first, first + count)]


def test_the_curves_of_a_voltammogram_follow_one_another_in_one_step(tmp_path: Path):
    path = dta(tmp_path / "a.DTA", points(0, 3), points(3, 2), points(5, 4))
    (part,) = gamry.read(path, NOTHING).parts
    assert values(part, "time") == list(range(9))
    assert values(part, "current") == pytest.approx([k * 1e-9 for k in range(9)])
    assert part.kind == "cv"


@pytest.mark.parametrize(
    ("tag", "kind"),
    [("CHRONOA", "constant potential"), ("CHRONOP", "constant current"), ("EISPOT", "")],
)
def test_curves_of_other_experiments_are_steps_of_their_own(tmp_path: Path, tag: str, kind: str):
    made = gamry.read(dta(tmp_path / "a.DTA", points(0, 3), points(3, 2), tag=tag), NOTHING)
    assert [part.kind for part in made.parts] == [kind, kind]
    assert [len(values(part, "time")) for part in made.parts] == [3, 2]
    assert made.notes == (f"experiment {tag}",)


def test_the_rest_before_an_experiment_is_no_part_of_it(tmp_path: Path):
    path = dta(tmp_path / "a.DTA", points(0, 3))
    rest = dta(tmp_path / "b.DTA", points(90, 5), title="OCVCURVE").read_text().splitlines()[3:]
    lines = path.read_text().splitlines()
    written(path, *lines[:3], *rest, *lines[3:])
    (part,) = gamry.read(path, NOTHING).parts
    assert values(part, "time") == [0.0, 1.0, 2.0]


def test_a_table_with_fewer_points_than_it_says_is_cut_and_can_be_taken_as_it_is(tmp_path: Path):
    path = dta(tmp_path / "a.DTA", points(0, 3), said=5)
    said = refused(gamry.read, path, NOTHING)
    assert "3 data points" in said
    assert "5" in said
    assert "--incomplete" in said
    (part,) = gamry.read(path, Said(incomplete=True)).parts
    assert values(part, "time") == [0.0, 1.0, 2.0]


def test_letters_of_status_are_no_measurements(tmp_path: Path):
    (part,) = gamry.read(dta(tmp_path / "a.DTA", points(0, 3)), NOTHING).parts
    assert [c.name for c in part.columns] == ["Pt", "T", "Vf", "Im"]


def test_a_file_of_gamry_without_a_table_or_cut_in_its_head_is_told(tmp_path: Path):
    assert "no table" in refused(gamry.read, dta(tmp_path / "a.DTA"), NOTHING)
    path = written(tmp_path / "b.DTA", "EXPLAIN", "TAG\tCV", "CURVE1\tTABLE\t3", "\tPt\tT")
    assert "cut" in refused(gamry.read, path, NOTHING)


# ------------------------------------------------------------------ HEKA


def mat(path: Path, traces: dict[tuple[int, int, int, int], Any]) -> Path:
    named = {"Trace_{}_{}_{}_{}".format(*key): np.array(v) for key, v in traces.items()}
    scipy.io.savemat(path, named)
    return path


def trace(first: float, count: int = 4) -> np.ndarray:
    return np.column_stack([np.arange(count) / 10, first + np.arange(count)])


CHANNELS = Said(columns={"current": "channel 1", "potential": "channel 2"})


def test_each_sweep_of_heka_has_the_numbers_of_its_channels(tmp_path: Path):
    path = mat(
        tmp_path / "a.mat", {(1, 1, s, c): trace(10 * s + c) for s in (1, 2) for c in (1, 2)}
    )
    parts = heka.read(path, CHANNELS).parts
    assert [part.where for part in parts] == ["series 1, 1, sweep 1", "series 1, 1, sweep 2"]
    for s, part in enumerate(parts, 1):
        for c in (1, 2):
            column = part.named(f"channel {c}")
            assert column is not None
            assert column.values.tolist() == trace(10 * s + c)[:, 1].tolist()


@pytest.mark.parametrize("sites", [1, 2, 5])
def test_series_are_dealt_out_to_hops_in_their_order(tmp_path: Path, sites: int):
    said = Said(columns=CHANNELS.columns, stages=("skip", "open circuit", "lsv"))
    path = mat(
        tmp_path / "a.mat",
        {(1, k + 1, 1, c): trace(k) for k in range(3 * sites) for c in (1, 2)},
    )
    parts = heka.read(path, said).parts
    assert [part.site for part in parts] == [str(k // 2) for k in range(2 * sites)]
    assert [part.kind for part in parts] == ["open circuit", "lsv"] * sites
    assert [part.held for part in parts[:1]] == [0.0]
    assert math.isnan(parts[1].held)


def test_series_beyond_nine_keep_their_order(tmp_path: Path):
    path = mat(tmp_path / "a.mat", {(1, k, 1, 1): trace(k) for k in (1, 2, 9, 10, 11)})
    said = Said(columns={"current": "channel 1"}, stages=("lsv",))
    firsts = [part.columns[1].values[0] for part in heka.read(path, said).parts]
    assert firsts == [1, 2, 9, 10, 11]


def test_what_heka_leaves_open_is_asked_for_with_an_example(tmp_path: Path):
    """All of it at once."""
    traces = {(1, k, 1, c): trace(k + c) for k in (1, 2) for c in (1, 2)}
    series = mat(tmp_path / "b.mat", traces)
    said = refused(understand, heka.read(series, NOTHING), NOTHING, series)
    for quantity in ("current", "potential"):
        assert f'{quantity}, of "channel 1", "channel 2": --column "{quantity}=' in said
    assert "--stage" in said
    assert "--places" in said
    said = refused(heka.read, series, Said(stages=("skip", "lsv", "lsv")))
    assert "--incomplete" in said
    taken = heka.read(series, Said(stages=("skip", "lsv", "lsv"), incomplete=True))
    assert len(taken.parts) == 1


@pytest.mark.parametrize(
    "wrong", [np.zeros(4), np.zeros((4, 3)), np.array([[0.0, math.nan]]), np.array([["a", "b"]])]
)
def test_a_trace_of_heka_that_is_no_table_of_numbers_is_named(tmp_path: Path, wrong: np.ndarray):
    path = mat(tmp_path / "a.mat", {(1, 1, 1, 1): wrong})
    assert "Trace_1_1_1_1" in refused(heka.read, path, NOTHING)


def test_channels_of_one_sweep_have_one_length(tmp_path: Path):
    path = mat(tmp_path / "a.mat", {(1, 1, 1, 1): trace(0, 4), (1, 1, 1, 2): trace(0, 5)})
    assert "[4, 5]" in refused(heka.read, path, CHANNELS)


def test_heka_claims_matlab_files_with_traces_only(tmp_path: Path):
    assert heka.claims(mat(tmp_path / "a.mat", {(1, 1, 1, 1): trace(0)}))
    scipy.io.savemat(tmp_path / "b.mat", {"x": np.zeros(3)})
    assert not heka.claims(tmp_path / "b.mat")
    assert not heka.claims(written(tmp_path / "c.txt", "Trace_1_1_1_1"))
    # What is damaged is refused with a sentence, not passed on to another reader.
    (tmp_path / "d.mat").write_bytes(b"MATLAB 5.0 MAT-file" + bytes(120))
    assert heka.claims(tmp_path / "d.mat")
    refused(heka.read, tmp_path / "d.mat", NOTHING)


# ------------------------------------------------------------------ PalmSens


def session(path: Path, *measurements: Any, encoding: str = "utf-16") -> Path:
    path.write_bytes(json.dumps({"Measurements": list(measurements)}).encode(encoding))
    return path


def measurement(title: str, **arrays: tuple[str, Sequence[Any]]) -> dict[str, Any]:
    return {
        "Title": title,
        "DataSet": {
            "Values": [
                {"Description": name, "Unit": {"S": unit}, "DataValues": [{"V": v} for v in of]}
                for name, (unit, of) in arrays.items()
            ]
        },
    }


RAMP = {"time": ("s", [0, 1, 2]), "potential": ("V", [0.1, 0.2, 0.3]), "current": ("µA", [1, 2, 3])}


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Cyclic Voltammetry [1]", "cv"), ("my linear sweep voltammetry", "lsv"),
        ("Chronoamperometry", "constant potential"), ("Chronopotentiometry", "constant current"),
        ("Open Circuit Potentiometry", "open circuit"), ("Something", ""),
    ],
)  # fmt: skip
def test_the_title_of_a_measurement_tells_its_kind(tmp_path: Path, title: str, kind: str):
    made = palmsens.read_session(session(tmp_path / "a.pssession", measurement(title, **RAMP)))
    (part,) = made.parts
    assert (part.kind, part.where) == (kind, title)
    assert values(part, "current") == [1.0, 2.0, 3.0]
    assert made.sign == "anodic positive"


def test_capital_letters_of_a_session_do_not_matter(tmp_path: Path):
    usual = session(tmp_path / "a.pssession", measurement("x", **RAMP))
    text = usual.read_bytes().decode("utf-16")
    for name in ("Measurements", "Title", "DataSet", "Values", "Description", "DataValues"):
        text = text.replace(f'"{name}"', f'"{name.lower()}"')
    other = tmp_path / "b.pssession"
    other.write_bytes(text.encode("utf-16"))
    one, two = (palmsens.read_session(path).parts[0] for path in (usual, other))
    for quantity in ("time", "potential", "current"):
        assert values(one, quantity) == values(two, quantity)


def test_columns_that_are_none_of_these_are_left_out_of_a_session(tmp_path: Path):
    extra = measurement("x", **RAMP, charge=("µC", [math.nan, 1.0]))
    (part,) = palmsens.read_session(session(tmp_path / "a.pssession", extra)).parts
    assert {c.quantity for c in part.columns} == {"time", "potential", "current"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (measurement("a", **{**RAMP, "current": ("A", [1, 2])}), "different lengths"),
        (measurement("b", **{**RAMP, "current": ("A", [1, 2, "x"])}), "something else"),
        (measurement("c", **{**RAMP, "current": ("A", [1, None, 3])}), "something else"),
        (measurement("d", **{**RAMP, "potential": ("V", [1, math.nan, 3])}), "data point 2"),
        (measurement("e"), "no data points"),
        ({"Title": "f", "DataSet": {"Values": [{"Description": "time"}]}}, "without data points"),
    ],
)
def test_a_measurement_that_is_damaged_is_told_by_its_title(tmp_path: Path, wrong, words):
    path = session(tmp_path / "a.pssession", measurement("whole", **RAMP), wrong)
    said = refused(palmsens.read_session, path)
    assert words in said
    assert f'"{wrong["Title"]}"' in said


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"Measurements": []}', '"x"'])
def test_a_session_without_measurements_is_none(tmp_path: Path, content: str):
    path = tmp_path / "a.pssession"
    path.write_bytes(content.encode("utf-16"))
    refused(palmsens.read_session, path)


CSV = ("Date and time:,2020-01-01", "CV i vs E,,CA i vs t", "V,µA,s,nA")


def test_pairs_of_columns_are_curves_of_their_own_length(tmp_path: Path):
    path = written(tmp_path / "a.csv", *CSV, "0.1,1,0,5", "0.2,2,1,6", ",,2,7")
    first, second = palmsens.read_csv(path, NOTHING).parts
    assert values(first, "potential") == [0.1, 0.2]
    assert values(second, "time") == [0.0, 1.0, 2.0]
    assert values(second, "current") == [5.0, 6.0, 7.0]
    assert [c.unit for c in (*first.columns, *second.columns)] == ["V", "µA", "s", "nA"]
    assert (first.where, second.where) == ("CV i vs E", "CA i vs t")


def test_empty_columns_between_curves_do_not_shift_the_others(tmp_path: Path):
    """As some versions write them; the same table without them has the same curves."""
    rows = [("0.1", "1", "0", "5"), ("0.2", "2", "1", "6")]
    plain = written(tmp_path / "a.csv", *CSV, *map(",".join, rows))
    wide = ("Date and time:,2020-01-01", "CV i vs E,,,CA i vs t", "V,µA,,s,nA,")
    spaced = written(tmp_path / "b.csv", *wide, *(f"{a},{b},,{c},{d}," for a, b, c, d in rows))
    for one, other in zip(
        palmsens.read_csv(plain, NOTHING).parts,
        palmsens.read_csv(spaced, NOTHING).parts,
        strict=True,
    ):
        assert one.where == other.where
        for a, b in zip(one.columns, other.columns, strict=True):
            assert (a.name, a.unit, a.values.tolist()) == (b.name, b.unit, b.values.tolist())


def test_a_curve_without_data_points_is_left_out_and_named(tmp_path: Path):
    found = palmsens.read_csv(written(tmp_path / "a.csv", *CSV, ",,0,5", ",,1,6"), NOTHING)
    assert [part.where for part in found.parts] == ["CA i vs t"]
    assert any("CV i vs E" in note for note in found.notes)


@pytest.mark.parametrize("units", ["V,µA,s", "V,V,µA,µA", "s,V,µA"])
def test_columns_that_are_no_pairs_are_refused_with_their_units(tmp_path: Path, units: str):
    row = ",".join(["1"] * len(units.split(",")))
    path = written(tmp_path / "a.csv", *CSV[:2], units, row, row)
    assert units.replace(",", ", ") in refused(palmsens.read_csv, path, NOTHING)


def test_a_csv_without_a_line_of_units_is_no_export_of_pstrace(tmp_path: Path):
    path = written(tmp_path / "a.csv", CSV[0], "potential,current", "0.1,1")
    assert "units" in refused(palmsens.read_csv, path, NOTHING)


def test_a_csv_without_data_points_is_told(tmp_path: Path):
    refused(palmsens.read_csv, written(tmp_path / "a.csv", *CSV), NOTHING)
