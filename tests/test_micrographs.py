"""Micrographs as files: scale, footprint, edits by hand, and what is kept beside them."""

from __future__ import annotations

import csv
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile
from drawn_micrographs import PIXEL, counts, in_a_circle, stored
from picture_pages import Page
from typer.testing import CliRunner

from seccm import session
from seccm.cli.commands import app
from seccm.data import open_scan
from seccm.errors import PlanError
from seccm.imaging.sem.amounts import MOLAR_VOLUME, amount
from seccm.imaging.sem.census import census, growth_rate
from seccm.imaging.sem.edits import Added, Struck, edited
from seccm.imaging.sem.files import Counted, checksum, edits_in, places
from seccm.imaging.sem.micrograph import read_micrograph
from seccm.imaging.sem.model_image import Look, Population, draw, plant
from seccm.imaging.sem.particles import Particles, find
from seccm.imaging.sem.region import by_particles, centre_of, circle, polygon
from seccm.imaging.sem.sizes import distribution
from seccm.report.sheets import report_particles
from seccm.results import Status

FEI = "[Scan]\r\nPixelWidth=4e-009\r\nPixelHeight=4e-009\r\n[Image]\r\nResolutionX=500\r\n"
ZEISS = "AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 4.000 nm\r\n"
JEOL = "$CM_MAG 30000\n$$SM_MICRON_BAR 125\n$$SM_MICRON_MARKER 500nm\n"
FILES = Path(__file__).parent / "old_files"
X, Y, D = 1.0e-6, 0.9e-6, 1.5e-6
"""Of the droplet in the picture."""


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    """Particles in a round footprint, 500 x 500 pixels."""
    rng = np.random.default_rng(2)
    planted = plant(Population(3e13, 70e-9, 15e-9), (500, 500), PIXEL, 0.9, rng)
    return draw(in_a_circle(planted, X, Y, D), (500, 500), PIXEL, Look(texture=0.05), rng)


@pytest.fixture
def micrograph(tmp_path: Path, image: np.ndarray) -> Path:
    return stored(tmp_path / "au.tif", image, FEI)


def refused(path: Path, **settings: object) -> str:
    with pytest.raises(PlanError) as error:
        session.count_particles(path, **settings)  # type: ignore[arg-type]
    assert not places(path).table.exists()
    return str(error.value)


def test_the_scale_is_read_from_what_microscopes_write(tmp_path: Path, image: np.ndarray) -> None:
    fei = read_micrograph(stored(tmp_path / "a.tif", image, FEI))
    zeiss = read_micrograph(stored(tmp_path / "b.tif", image, ZEISS, 34118))
    jeol = stored(tmp_path / "c.tif", image)
    jeol.with_suffix(".txt").write_text(JEOL, encoding="utf-8")
    plain, imagej = tmp_path / "d.tif", tmp_path / "e.tif"
    tifffile.imwrite(plain, counts(image), resolution=(2.5e6, 2.5e6), resolutionunit="CENTIMETER")
    tifffile.imwrite(imagej, counts(image), imagej=True, resolution=(250.0, 250.0),
                     metadata={"unit": "um"})  # fmt: skip
    for found, source in (
        (fei, "FEI"), (zeiss, "Zeiss"), (read_micrograph(jeol), "JEOL"),
        (read_micrograph(plain), "resolution"), (read_micrograph(imagej), "resolution"),
    ):  # fmt: skip
        assert found.pixel == pytest.approx(PIXEL)
        assert source in found.scale_from
        assert np.array_equal(found.image, counts(image))


def test_the_bar_of_text_below_a_picture_is_no_sample(tmp_path: Path, image: np.ndarray) -> None:
    bar = np.ones((40, 500))
    path = stored(tmp_path / "a.tif", np.vstack([image, bar]), FEI + "ResolutionY=500\r\n")
    assert np.array_equal(read_micrograph(path).image, counts(image))


@pytest.mark.parametrize("resolution", [72.0, 96.0, 300.0])
def test_a_picture_without_a_scale_is_refused_and_a_screens_resolution_is_none(
    tmp_path: Path, image: np.ndarray, resolution: float
) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, counts(image), resolution=(resolution,) * 2, resolutionunit="INCH")
    assert "--pixel" in refused(path)
    assert read_micrograph(path, PIXEL).scale_from == "the command"


@pytest.mark.parametrize(
    ("pixel", "said"), [(5e-9, "is given, but the metadata of FEI"), (4.01e-9, "")]
)
def test_a_scale_that_contradicts_the_file_is_refused(
    micrograph: Path, pixel: float, said: str
) -> None:
    if said:
        assert said in refused(micrograph, pixel=pixel)
    else:
        assert read_micrograph(micrograph, pixel).pixel == pixel


@pytest.mark.parametrize("pixel", [2e-6, 1e-12])
def test_a_scale_that_no_micrograph_has_is_refused(
    tmp_path: Path, image: np.ndarray, pixel: float
) -> None:
    assert "outside" in refused(stored(tmp_path / "a.tif", image), pixel=pixel)


def test_what_is_no_grey_picture_is_refused_in_a_sentence(
    tmp_path: Path, image: np.ndarray
) -> None:
    text, colours, tiny, numbers = (tmp_path / f"{n}.tif" for n in "abcd")
    text.write_text("not a picture", encoding="utf-8")
    rng = np.random.default_rng(0)
    tifffile.imwrite(colours, rng.integers(0, 255, (64, 64, 3), np.uint8), photometric="rgb")
    tifffile.imwrite(tiny, np.zeros((8, 8), np.uint8))
    tifffile.imwrite(numbers, np.full((64, 64), np.nan, np.float32))
    for path, said in (
        (text, "cannot be read"), (colours, "is in colours"), (tiny, "at least 32 x 32"),
        (numbers, "not numbers"), (tmp_path / "none.tif", "cannot be read"),
    ):  # fmt: skip
        assert said in refused(path, pixel=PIXEL)
    half = stored(tmp_path / "half.tif", image)
    half.write_bytes(half.read_bytes()[:2000])
    assert "cannot be read" in refused(half, pixel=PIXEL)


def test_a_grey_picture_that_was_saved_in_colours_is_taken(
    tmp_path: Path, image: np.ndarray
) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.repeat(counts(image)[..., None], 3, axis=2), photometric="rgb")
    assert np.array_equal(read_micrograph(path, PIXEL).image, counts(image))


def test_the_footprint_is_found_by_the_number_of_particles(image: np.ndarray) -> None:
    found = find(image, PIXEL)
    region = by_particles((500, 500), PIXEL, found.x, found.y)
    assert region is not None
    assert 2 * math.sqrt(region.sum() / math.pi) * PIXEL == pytest.approx(D, rel=0.1)
    rows, columns = np.nonzero(region)
    assert columns.mean() * PIXEL == pytest.approx(X, abs=0.08e-6)
    assert rows.mean() * PIXEL == pytest.approx(Y, abs=0.08e-6)


def test_particles_everywhere_show_no_edge_of_a_footprint(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    planted = plant(Population(3e13, 70e-9, 15e-9), (400, 400), PIXEL, 0.9, rng)
    found = find(draw(planted, (400, 400), PIXEL, Look(), rng), PIXEL)
    assert by_particles((400, 400), PIXEL, found.x, found.y) is None
    assert by_particles((400, 400), PIXEL, found.x[:5], found.y[:5]) is None


def test_a_polygon_of_a_circle_is_the_circle() -> None:
    angles = np.linspace(0, 2 * math.pi, 200, endpoint=False)
    corners = np.column_stack([X + D / 2 * np.cos(angles), Y + D / 2 * np.sin(angles)])
    both = [circle((500, 500), PIXEL, X, Y, D), polygon((500, 500), PIXEL, corners)]
    assert both[0].sum() * PIXEL**2 == pytest.approx(math.pi / 4 * D**2, rel=2e-3)
    assert (both[0] != both[1]).mean() < 2e-3


def test_the_centre_of_a_disc_is_the_disc_of_half_the_radius() -> None:
    disc = circle((500, 500), PIXEL, X, Y, D)
    assert centre_of(disc).sum() == pytest.approx(disc.sum() / 4, rel=0.02)
    assert not (centre_of(disc) & ~disc).any()


def test_zones_together_have_the_particles_of_the_footprint(image: np.ndarray) -> None:
    told = census(image, PIXEL, circle((500, 500), PIXEL, X, Y, D))
    assert [zone.name for zone in told.zones] == ["centre", "edge"]
    number = sum(zone.density * zone.area for zone in told.zones)
    assert number == pytest.approx(told.particles.counted.sum())
    assert sum(zone.area for zone in told.zones) == pytest.approx(told.particles.area)


def particles_of(*diameters: float) -> Particles:
    """Return particles on a diagonal, of these diameters in nm, in 2 x 2 um."""
    found = find(np.zeros((500, 500)), PIXEL)
    for k, diameter in enumerate(diameters):
        place = (k + 1) * 2e-6 / (len(diameters) + 1)
        found, left = edited(found, [Added(place, place, 1e-9 * diameter)])
        assert not left
    return found


def test_the_lithium_of_particles_is_their_volume_over_its_molar_volume() -> None:
    found = particles_of(100, 100, 100, 100, 100)
    spheres, halves = amount(found, "sphere"), amount(found, "hemisphere")
    volume = 5 * math.pi / 6 * (100e-9) ** 3
    assert spheres.per_area == pytest.approx(volume / MOLAR_VOLUME / (2e-6) ** 2)
    assert halves.per_area == pytest.approx(spheres.per_area / 2)
    assert amount(found, "sphere", 1.3).per_area == pytest.approx(1.3 * spheres.per_area)
    charge = -spheres.per_area * 96485.33212 * 4e-12
    assert spheres.efficiency(charge, 4e-12) == pytest.approx(1)
    assert spheres.efficiency(2 * charge, 4e-12) == pytest.approx(0.5)


def test_the_uncertainty_of_the_lithium_is_its_scatter_over_pictures() -> None:
    """Particles that fall independently: the error says how much pictures differ."""
    amounts = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        sizes = np.maximum(rng.normal(80, 20, rng.poisson(60)), 20)
        found = find(np.zeros((500, 500)), PIXEL)
        places_x, places_y = rng.uniform(0.1e-6, 1.9e-6, (2, sizes.size))
        for x, y, d in zip(places_x, places_y, sizes, strict=True):
            found, _ = edited(found, [Added(x, y, 1e-9 * d)])
        amounts.append(amount(found, "sphere"))
    scatter = np.std([each.per_area for each in amounts], ddof=1)
    said = np.median([each.error for each in amounts])
    assert said == pytest.approx(scatter, rel=0.35)


def test_growth_rates_as_published() -> None:
    assert growth_rate(92e-9, 17.7, 60.0) * 1e9 == pytest.approx(2.17, abs=0.005)
    assert growth_rate(59e-9, 17.7, 60.0) * 1e9 == pytest.approx(1.39, abs=0.005)
    assert math.isnan(growth_rate(59e-9, 60.0, 60.0))


def test_two_populations_are_told_from_one() -> None:
    rng = np.random.default_rng(1)
    small, large = rng.normal(59e-9, 8e-9, 300), rng.normal(110e-9, 12e-9, 150)
    two = distribution(np.concatenate([small, large]))
    assert [part.mean * 1e9 for part in two] == pytest.approx([59, 110], abs=3)
    assert [part.sd * 1e9 for part in two] == pytest.approx([8, 12], abs=2.5)
    assert two[0].share == pytest.approx(2 / 3, abs=0.05)


def test_one_population_is_hardly_ever_taken_for_two() -> None:
    taken = [
        len(distribution(np.random.default_rng(seed).normal(80e-9, 23e-9, 200)))
        for seed in range(40)
    ]
    assert taken.count(2) <= 1


@pytest.mark.parametrize("sizes", [[], [5e-8], [5e-8, 5e-8], [5e-8] * 100])
def test_few_or_equal_sizes_are_one_population_at_most(sizes: list[float]) -> None:
    parts = distribution(np.array(sizes))
    assert len(parts) == min(1, len(sizes))
    assert all(part.mean == pytest.approx(5e-8) for part in parts)


def test_an_edit_that_adds_what_another_strikes_changes_nothing() -> None:
    found = particles_of(100, 60, 80)
    more, _ = edited(found, [Added(0.3e-6, 1.5e-6, 90e-9)])
    assert len(more) == 4
    back, left = edited(more, [Struck(0.3e-6, 1.5e-6)])
    assert not left
    assert np.array_equal(back.labels, found.labels)
    assert back.diameter == pytest.approx(found.diameter)


@pytest.mark.parametrize("edit", [Struck(1e-6, 0.2e-6), Struck(9e-6, 0.0), Added(-1e-9, 0.0, 5e-8)])
def test_an_edit_where_nothing_is_is_handed_back(edit: Added | Struck) -> None:
    found = particles_of(100)
    same, left = edited(found, [edit])
    assert left == (edit,)
    assert len(same) == 1


def test_edits_are_kept_and_made_again(micrograph: Path) -> None:
    first = session.count_particles(micrograph)
    at = (float(first.census.particles.x[0]), float(first.census.particles.y[0]))
    edits = [Struck(*at), Added(0.1e-6, 1.9e-6, 120e-9)]
    by_hand = session.count_particles(micrograph, edits=edits)
    again = session.count_particles(micrograph)
    fresh = session.count_particles(micrograph, forget=True)
    number = len(first.census.particles)
    assert len(by_hand.census.particles) == len(again.census.particles) == number
    assert not np.array_equal(by_hand.census.particles.labels, first.census.particles.labels)
    assert np.array_equal(by_hand.census.particles.labels, again.census.particles.labels)
    assert np.array_equal(fresh.census.particles.labels, first.census.particles.labels)
    assert any("manual" in doubt for doubt in again.census.doubts)
    assert math.isnan(again.census.corrected.density)


def test_an_edit_that_cannot_be_made_is_refused_and_nothing_is_written(micrograph: Path) -> None:
    said = refused(micrograph, edits=[Struck(1.9e-6, 1.95e-6)])
    assert "there is no particle at 1.9 um, 1.95 um" in said.replace("µ", "u")


@pytest.mark.parametrize("content", ["{}", "no JSON", '{"edits": [{"kind": "moved", "x": 1}]}'])
def test_a_summary_that_is_none_is_not_overwritten(micrograph: Path, content: str) -> None:
    summary = places(micrograph).summary
    summary.write_text(content, encoding="utf-8")
    assert "Move it away" in refused(micrograph)
    assert summary.read_text(encoding="utf-8") == content


def test_table_and_summary_say_the_same_and_what_it_depends_on(micrograph: Path) -> None:
    counted = session.count_particles(micrograph, footprint="1 um, 0.9 um, 1.5 um")
    with counted.files.table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    told = json.loads(counted.files.summary.read_text(encoding="utf-8"))
    inside = [row for row in rows if row["counted"] == "1"]
    assert told["particles"] == len(inside) > 20
    assert told["area"] == pytest.approx(math.pi / 4 * D**2, rel=0.01)
    assert told["density"] == pytest.approx(len(inside) / told["area"])
    assert told["density_err"] == pytest.approx(math.sqrt(len(inside)) / told["area"])
    mean = np.mean([float(row["diameter (nm)"]) for row in inside])
    assert told["diameter_mean"] * 1e9 == pytest.approx(mean, rel=0.01)
    settings = told["settings"]
    assert settings["sha256"] == checksum(micrograph)
    assert settings["pixel"] == pytest.approx(PIXEL)
    assert told["shape"] == "sphere"
    assert told["density_unseparated"] is None, "JSON has no NaN"


@pytest.mark.parametrize(
    ("footprint", "said"),
    [
        ("1 um, 2 um", "A footprint is auto"),
        ("1 um, 2 um, 3 V", "V"),
        ("9 um, 9 um, 1 um", "0 pixels"),
        ("no-such-file.csv", "A footprint is auto"),
    ],
)
def test_a_footprint_that_is_none_is_refused(micrograph: Path, footprint: str, said: str) -> None:
    assert said in refused(micrograph, footprint=footprint)


def test_a_footprint_may_come_from_a_table_of_corners(micrograph: Path, tmp_path: Path) -> None:
    table = tmp_path / "corners.csv"
    table.write_text("x (um), y (um)\n0.4, 0.4\n1.6, 0.4\n1.6, 1.4\n0.4, 1.4\n", encoding="utf-8")
    counted = session.count_particles(micrograph, footprint=str(table))
    assert counted.census.particles.area == pytest.approx(1.2e-12, rel=0.01)
    table.write_text("x, y\n0.4, 0.4\n1.6, a\n", encoding="utf-8")
    with pytest.raises(PlanError) as error:
        session.count_particles(micrograph, footprint=str(table))
    assert "line 3" in str(error.value)
    assert "3 are needed" in str(error.value)


def test_figure_and_page_are_written_beside_the_picture(micrograph: Path) -> None:
    counted = session.count_particles(micrograph, footprint="auto")
    page = Page(report_particles(counted))
    assert counted.files.figure.read_bytes().startswith(b"\x89PNG")
    told = json.loads(counted.files.summary.read_text(encoding="utf-8"))
    assert page.facts["particles"] == str(told["particles"])
    number, *_ = page.rows("Numbers")
    found, scatter = map(float, number[1].split(" ± "))
    assert found == pytest.approx(1e-13 * told["density"], rel=6e-3)
    assert scatter == pytest.approx(found / math.sqrt(told["particles"]), rel=0.06)
    parts = page.rows("Centre and edge of the footprint")
    assert [row[0] for row in parts] == ["centre", "edge"]
    assert page.notices == told["notes"] + told["doubts"]
    nowhere = Counted(counted.micrograph, counted.census, places(micrograph / "no" / "a.tif"))
    with pytest.raises(PlanError, match="cannot be written"):
        report_particles(nowhere)


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    return Path(shutil.copyfile(FILES / "li-on-au-combinatorial.h5", tmp_path / "scan.h5"))


def test_what_a_micrograph_says_is_joined_to_its_site_and_to_no_other(
    micrograph: Path, scan: Path
) -> None:
    """Also to one that never nucleated: it has no E_nuc, and its particles count all the same."""
    counted = session.count_particles(micrograph, footprint="1 um, 0.9 um, 1.5 um")
    session.join_particles(scan, 2, counted, footprint=True)
    found = counted.census
    with open_scan(scan) as kept:
        sites = kept.sites
        assert sites["sem_density_raw"][2] == pytest.approx(found.found.density)
        assert sites["sem_coverage"][2] == pytest.approx(found.particles.coverage)
        amounts = (found.amount_corrected, found.amount)
        used = next(each for each in amounts if math.isfinite(each.per_area))
        assert sites["sem_li_amount"][2] == pytest.approx(used.per_area)
        charge = kept.steps["charge"][kept.steps["site"] == 2].sum()
        expected = used.efficiency(float(charge), found.particles.area)
        assert sites["sem_fe"][2] == pytest.approx(expected)
        for name in ("sem_density", "sem_fe", "sem_coverage"):
            others = np.delete(sites[f"{name}_status"], 2)
            assert (others == Status.NOT_MEASURED).all() or (others == Status.UNDEFINED).all()
            assert np.isnan(np.delete(sites[name], 2)).all()
        assert sites["sem_density_raw_status"][2] == Status.UNCORRECTED
    session.join_particles(scan, 0, counted, footprint=True)
    with open_scan(scan) as kept:
        assert np.isfinite(kept.sites["sem_coverage"][[0, 2]]).all()


def test_a_site_that_is_not_there_is_refused(micrograph: Path, scan: Path) -> None:
    counted = session.count_particles(micrograph)
    before = scan.read_bytes()
    with pytest.raises(PlanError, match="there is no site 99"):
        session.join_particles(scan, 99, counted, footprint=False)
    assert scan.read_bytes() == before


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["sem", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, " ".join(result.output.split())


def test_the_command_says_what_was_found_and_where_it_is(micrograph: Path, scan: Path) -> None:
    code, said = run(str(micrograph), "--footprint", "1 um, 0.9 um, 1.5 um", "--scan", str(scan),
                     "--site", "1")  # fmt: skip
    assert code == 0
    for words in ("4 nm per pixel, by the metadata of FEI", "per cm^2", "coverage", "lithium",
                  "centre:", "edge:", ".particles.png", "site 1"):  # fmt: skip
        assert words in said
    assert all(each.exists() for each in (places(micrograph).table, places(micrograph).figure))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--scan", "x.h5"), "belong together"),
        (("--shape", "cube"), "neither sphere nor hemisphere"),
        (("--strike", "1 um"), "2 are needed"),
        (("--add", "1 um, 2 um, 3 kg"), "kg"),
        (("--pixel", "4"), "--pixel"),
    ],
)
def test_the_command_refuses_what_it_cannot_use(
    micrograph: Path, words: tuple[str, ...], said: str
) -> None:
    code, told = run(str(micrograph), *words)
    assert code == 2
    assert said in told
    assert not places(micrograph).table.exists()


def test_edits_of_a_summary_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"edits": [{"kind": "struck", "x": Infinity, "y": 0}]}', encoding="utf-8")
    with pytest.raises(PlanError, match="no place"):
        edits_in(path)
    assert edits_in(tmp_path / "none.json") == ()
