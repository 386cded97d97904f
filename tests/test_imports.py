"""What other programs wrote comes in with its sites, data points, units and signs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import made_recordings as made
import numpy as np
import pytest
from typer.testing import CliRunner

import seccm
from seccm.cli.commands import app
from seccm.readers.said import Place, Said
from seccm.report import write_report
from seccm.results import Status

WIDE = {"footprint": 2e-6}
ANODIC = {"sign": "anodic positive", **WIDE}
CATHODIC = {"sign": "cathodic positive", **WIDE}
HEKA = {
    **ANODIC,
    "columns": {"current": "channel 1", "potential": "channel 2"},
    "units": {"current": "A", "potential": "V"},
    "stages": ("skip", "open circuit", "cv", "skip"),
    "places": {"0": Place(0.0, 0.0), "1": Place(5e-6, 1e-6, 2e-6)},
}


def brought(path: Path, said: Mapping[str, Any]) -> seccm.Scan:
    return seccm.open(seccm.import_file(path, said=Said(**said)))


def kinds(scan: seccm.Scan) -> list[str]:
    return [str(kind) for kind in scan.steps["kind"]]


def measured(scan: seccm.Scan, site: int, step: int) -> tuple[np.ndarray, ...]:
    trace = scan.site(site)
    rows = trace.steps[step]
    return trace.t[rows], trace.E[rows], trace.I[rows]


@pytest.mark.parametrize(
    ("name", "write", "said"),
    [
        ("a.mpt", made.biologic, WIDE),
        ("a.DTA", made.gamry, ANODIC),
        ("chi.txt", made.chi, CATHODIC),
        ("chi.txt", lambda path: made.chi(path, cathodic=False), ANODIC),
        ("a.pssession", made.session, WIDE),
        ("a.csv", made.pstrace_csv, {**WIDE, "period": 0.02}),
        ("ivium.csv", lambda p: made.table(p, ("t /s", "E /V", "I /nA")), ANODIC),
        ("am.csv", lambda p: made.table(p, ("Time (s)", "Potential (V)", "Current (nA)"),
                                        above="AfterMath Data\nNode,CV 1\n\n"), ANODIC),
        ("comma.csv", lambda p: made.table(p, mark=";", comma=True),
         {**ANODIC, "decimal": "comma"}),
        ("bare.csv", lambda p: made.table(p, ("a", "b", "c")),
         {**ANODIC, "columns": {"time": "a", "potential": "b", "current": "c"},
          "units": {"time": "s", "potential": "V", "c": "nA"}}),
    ],
)  # fmt: skip
def test_one_voltammogram_is_the_same_from_every_program(
    tmp_path: Path, name: str, write: Callable[[Path], Path], said: dict[str, Any]
) -> None:
    source = write(tmp_path / name)
    with brought(source, said) as scan:
        t, e, i = measured(scan, 0, 0)
        np.testing.assert_allclose(e, made.E, atol=2e-6)
        np.testing.assert_allclose(i, made.I, rtol=1e-5, atol=1e-16)
        np.testing.assert_allclose(t - t[0], made.T, atol=2e-5)
        assert scan.sites["E_half"][0] == pytest.approx(made.HALF, abs=1e-3)
        assert kinds(scan) == ["cv"]
        told = scan.header.extra
        assert told["imported_sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
        assert "positive" in told["imported_as"]


@pytest.mark.parametrize("day", [b"02/24/2026", b"02.24.2026"])
def test_the_reference_and_the_start_are_the_files_own(tmp_path: Path, day: bytes) -> None:
    source = made.biologic(tmp_path / "a.mpt")
    source.write_bytes(source.read_bytes().replace(b"02/24/2026", day))
    with brought(source, WIDE) as scan:
        assert scan.header.reference == "Ag/AgCl / KCl"
        assert scan.header.started_at.startswith("2026-02-24T13:59:27")


def test_sequences_of_a_technique_are_steps(tmp_path: Path) -> None:
    said = {**WIDE, "steps": ("lsv", "lsv")}
    with brought(made.biologic(tmp_path / "a.mpt", sequences=2), said) as scan:
        assert scan.steps["size"].tolist() == [made.E.size // 2, made.E.size - made.E.size // 2]


@pytest.mark.parametrize(
    ("name", "write", "period"),
    [
        ("a.tdms", made.tdms, made.DT),
        ("a.tsv", made.tsv, 257e-5),
        ("b.tsv", lambda path: made.tsv(path, by_rows=False), 257e-5),
    ],
)
def test_a_stream_of_wec_spm_is_divided_at_its_contacts(
    tmp_path: Path, name: str, write: Callable[[Path], Path], period: float
) -> None:
    """Three whole hops, of which the first waits after its contact, and one that breaks off."""
    with brought(write(tmp_path / name), CATHODIC) as scan:
        assert scan.sites.words("status").tolist() == ["ok"] * 3 + ["aborted"]
        np.testing.assert_allclose(scan.sites["x_cmd"], [10e-6, 15e-6, 10e-6, 15e-6], atol=1e-12)
        np.testing.assert_allclose(scan.sites["y_cmd"], [20e-6, 20e-6, 25e-6, 25e-6], atol=1e-12)
        np.testing.assert_allclose(scan.sites["z_contact"], np.arange(20, 24) * 1e-6, rtol=1e-5)
        e = made.swept(step=0.005)
        assert scan.steps["size"].tolist() == [10, e.size] * 3
        for site in range(3):
            t, potential, current = measured(scan, site, 1)
            np.testing.assert_allclose(potential, e, atol=1e-6)
            assert current[np.argmax(e)] == pytest.approx(5e-9, rel=0.01), "anodic is positive"
            np.testing.assert_allclose(np.diff(t), period, rtol=1e-6)


def test_the_first_interval_of_a_stream_is_no_interval_of_it(tmp_path: Path) -> None:
    """It is that of another recording, 14 times as long: time would be wrong from there on."""
    with brought(made.tdms(tmp_path / "a.tdms"), CATHODIC) as scan:
        assert scan.clock.period == pytest.approx(made.DT, rel=1e-6)


@pytest.mark.parametrize("phases", [False, True])
def test_echemtips_leaves_set_up_and_marks_out(tmp_path: Path, phases: bool) -> None:
    with brought(made.echemtips(tmp_path / "a.csv", phases=phases), WIDE) as scan:
        np.testing.assert_allclose(scan.sites["x_cmd"], [0.0, 5e-6], atol=1e-12)
        np.testing.assert_allclose(scan.sites["y_cmd"], [2e-6, 2e-6], atol=1e-12)
        np.testing.assert_allclose(scan.sites["z_contact"], [10e-6, 11e-6], rtol=1e-5)
        assert (measured(scan, 0, 0)[2][:101] > -1e-12).all()


def test_steps_of_heka_keep_times_of_their_own(tmp_path: Path) -> None:
    """Open circuit has a data point each 100 ms, the sweep one each 20 ms."""
    with brought(made.heka(tmp_path / "a.mat"), HEKA) as scan:
        assert kinds(scan) == ["open circuit", "cv"] * 2
        np.testing.assert_allclose(scan.steps["period"], [0.1, 0.02] * 2, rtol=1e-3)
        np.testing.assert_allclose(np.diff(measured(scan, 1, 0)[0]), 0.1, rtol=1e-3)
        np.testing.assert_allclose(np.diff(measured(scan, 1, 1)[0]), 0.02, rtol=2e-3)
        np.testing.assert_allclose(measured(scan, 1, 1)[2], 2 * made.I, rtol=1e-5, atol=1e-16)
        np.testing.assert_allclose(scan.sites["E_half"], made.HALF, atol=1e-3)
        assert (scan.sites["E_half_status"] == Status.OK).all()
        assert (scan.sites["E_end_status"] == Status.OK).all()
        assert scan.sites["x_cmd"][1] == pytest.approx(5e-6)


@pytest.mark.parametrize("late", [0, 3])
def test_numbers_from_uneven_data_points_are_doubtful_and_why_is_said(
    tmp_path: Path, late: int
) -> None:
    """Every seventh data point may come three times as late as another."""
    apart = 0.02 * (1 + late * (np.arange(40) % 7 == 0))
    rows = [f"{t:.3f}, 0.3, 1" for t in np.cumsum(apart)]
    (tmp_path / "a.csv").write_text("\n".join(["t (s), E (V), I (nA)", *rows]))
    made_file = seccm.import_file(tmp_path / "a.csv", said=Said(**ANODIC))
    with seccm.open(made_file) as scan:
        assert (scan.sites["Q_status"][0] == Status.GAP) == bool(late)
        assert ("not evenly spaced" in " ".join(made_file.understood)) == bool(late)


def test_a_folder_without_a_table_of_places_is_asked_for_all_else_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "maps"
    folder.mkdir()
    for name in ("1.DTA", "2.DTA"):
        made.gamry(folder / name)
    with pytest.raises(seccm.DataFileError) as refused:
        seccm.import_file(folder)
    assert all(word in str(refused.value) for word in ("--places", "--sign", "--footprint"))


def test_a_map_of_park_is_a_site_for_each_pixel(tmp_path: Path) -> None:
    amperes = made.park(tmp_path / "a.tiff")
    with brought(tmp_path / "a.tiff", ANODIC) as scan:
        found = [float(measured(scan, k, 0)[2][0]) for k in range(6)]
        np.testing.assert_allclose(found, amperes.ravel(), rtol=1e-6)
        np.testing.assert_allclose(scan.sites["x_cmd"], [0, 10e-6, 20e-6] * 2, atol=1e-12)
        np.testing.assert_allclose(scan.sites["y_cmd"], [0] * 3 + [10e-6] * 3, atol=1e-12)
        assert measured(scan, 0, 0)[1][0] == pytest.approx(0.2)
        assert "no column has the potential: 200 mV all along" in scan.header.extra["imported_as"]


@pytest.mark.parametrize("points", [1, 3])
def test_curves_of_park_are_a_site_for_each_point(tmp_path: Path, points: int) -> None:
    """Places have no unit in these files: they are asked for where there is more than one."""
    amperes = made.park_curves(tmp_path / "a.tiff", points)
    said: dict[str, Any] = {**ANODIC}
    if points > 1:
        with pytest.raises(seccm.DataFileError, match="--places TABLE"):
            brought(tmp_path / "a.tiff", said)
        said["places"] = {str(k + 1): Place(k * 4e-6, 1e-6) for k in range(points)}
    with brought(tmp_path / "a.tiff", said) as scan:
        assert len(scan.sites) == points
        for k in range(points):
            t, volts, current = measured(scan, k, 0)
            np.testing.assert_allclose(volts, made.E, atol=1e-6)
            np.testing.assert_allclose(current, amperes[k], atol=1e-15)
            np.testing.assert_allclose(np.diff(t), made.T[-1] / made.T.size, rtol=1e-5)
        assert kinds(scan) == ["cv"] * points
        np.testing.assert_allclose(scan.sites["E_half"], made.HALF, atol=1e-3)
        told = scan.header.extra["imported_as"]
        assert 'current from "Current (pA)"' in told
        assert "have no unit" in told


def test_a_folder_has_a_site_in_each_file(tmp_path: Path) -> None:
    folder = tmp_path / "map"
    folder.mkdir()
    for name in ("one.mpt", "two.mpt"):
        made.biologic(folder / name)
    with pytest.raises(seccm.DataFileError, match="--places"):
        seccm.import_file(folder)
    (folder / "places.csv").write_text("file, x (um), y (um)\none.mpt, 1, 2\ntwo.mpt, 3.5, -4\n")
    with brought(folder, WIDE) as scan:
        assert scan.path == tmp_path / "map.h5"
        np.testing.assert_allclose(scan.sites["x_cmd"], [1e-6, 3.5e-6], atol=1e-12)
        np.testing.assert_allclose(scan.sites["y_cmd"], [2e-6, -4e-6], atol=1e-12)
        np.testing.assert_allclose(scan.sites["E_half"], made.HALF, atol=1e-3)


def test_numbers_that_differ_between_sites_are_values_of_the_sites(tmp_path: Path) -> None:
    """One programme for all: scan rates of 0.1 and 0.4 V/s at two places of one table."""
    lines = ["t (s), x (um), y (um), E (V), I (nA)"]
    for x, rate in ((0.0, 1.0), (7.0, 4.0)):
        e = np.arange(-0.2, 0.2, 0.002 * rate)
        t = np.arange(e.size) * 0.02
        lines += [f"{a:.4f}, {x}, 0, {v:.5f}, {v:.5f}" for a, v in zip(t, e, strict=True)]
    path = tmp_path / "rates.csv"
    path.write_text("\n".join(lines))
    with brought(path, ANODIC) as scan:
        labels = [scan.planned[k].segments[0].label for k in (0, 1)]
        assert ["100 mV/s" in labels[0], "400 mV/s" in labels[1]] == [True, True]


def test_what_was_imported_is_analysed_again_and_reported_on(tmp_path: Path) -> None:
    path = seccm.import_file(made.tdms(tmp_path / "a.tdms"), said=Said(**CATHODIC))
    assert seccm.analyze(path) == 4
    with seccm.open(path) as scan:
        page = write_report(scan, tmp_path / "report").read_text(encoding="utf-8")
    assert "a.tdms: contact is the jump" in page, "how it was understood"
    assert "not known; imported 20" in page, "a TDMS file does not say when it began"
    assert "stated. The imported file does not name its reference." in page
    assert "not known: another program measured" in page
    for invented in ("inner diameter", "means over"):
        assert invented not in page, invented


OPEN = [
    ("a.DTA", made.gamry, {}, ("--sign anodic", '--footprint "2 um"')),
    ("chi.txt", made.chi, {}, ("--sign anodic", "--footprint")),
    ("a.mat", made.heka, {}, ("--sign", "--footprint", '--column "current=NAME"', "--stage",
                              '--unit "potential=V"', "--places")),
    ("a.mat", made.heka, {k: v for k, v in HEKA.items() if k != "places"}, ("--places",)),
    ("a.mat", made.heka, {k: v for k, v in HEKA.items() if k != "units"}, ("--unit",)),
    ("a.csv", made.pstrace_csv, {}, ("--period", "--footprint")),
    ("a.csv", lambda p: made.echemtips(p, polarity=None), WIDE, ("--sign",)),
    ("a.tdms", made.tdms, WIDE, ("--sign",)),
    ("a.csv", lambda p: made.table(p, ("t (s)", "E (V)", "I")), ANODIC, ('--unit "current=nA"',)),
    ("a.csv", lambda p: made.table(p, ("t (s)", "E (V)", "j")), ANODIC,
     ('--column "current=NAME"',)),
    ("a.csv", lambda p: made.table(p, ("t (s)", "E (V)", "I (mA/cm2)")), ANODIC, ("--unit",)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "write", "said", "advice"), OPEN)
def test_what_a_file_leaves_open_is_asked_for_and_never_guessed(
    tmp_path: Path,
    name: str,
    write: Callable[[Path], Path],
    said: dict[str, Any],
    advice: tuple[str, ...],
) -> None:
    with pytest.raises(seccm.DataFileError) as refused:
        seccm.import_file(write(tmp_path / name), said=Said(**said))
    assert all(words in str(refused.value) for words in advice), str(refused.value)
    assert not list(tmp_path.glob("*.h5"))


def test_two_channels_that_change_are_asked_for_one_is_taken(tmp_path: Path) -> None:
    channels = made.stream()
    channels["Current 2 (A)"] = 2 * channels["Current1 (A)"]
    source = made.tdms(tmp_path / "a.tdms", channels)
    with pytest.raises(seccm.DataFileError, match="which column is the current"):
        brought(source, CATHODIC)
    with brought(source, {**CATHODIC, "columns": {"current": "Current 2 (A)"}}) as scan:
        assert scan.site(0).I[scan.site(0).steps[1]].max() == pytest.approx(1e-8, rel=0.01)


def test_the_advice_is_accepted_by_the_command(tmp_path: Path) -> None:
    source = made.chi(tmp_path / "chi.txt")
    refused = CliRunner().invoke(app, ["import", str(source)])
    assert refused.exit_code == 2, refused.output
    options = ["--sign", "cathodic", "--footprint", "2 um", "--reference", "SCE"]
    done = CliRunner().invoke(app, ["import", str(source), *options])
    assert done.exit_code == 0, done.output
    assert "turned round" in done.output
    with seccm.open(source.with_suffix(".h5")) as scan:
        assert scan.header.reference == "SCE"
        told = json.loads(scan.header.extra["imported_with"])
        assert told["sign"] == "cathodic positive"


def test_a_mapping_file_says_the_same_as_options(tmp_path: Path) -> None:
    source = made.table(tmp_path / "a.csv", ("a", "b", "c"))
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(
        'sign = "anodic positive"\nfootprint = "2 um"\n[columns]\ntime = "a"\npotential = "b"\n'
        'current = "c"\n[units]\ntime = "s"\npotential = "V"\ncurrent = "nA"\n'
    )
    done = CliRunner().invoke(app, ["import", str(source), "--mapping", str(mapping)])
    assert done.exit_code == 0, done.output
    mapping.write_text('sing = "anodic"\n')
    wrong = CliRunner().invoke(app, ["import", str(source), "--mapping", str(mapping)])
    assert wrong.exit_code == 2
    assert '"sing" is not known' in " ".join(wrong.output.split())
