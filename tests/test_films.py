"""Films of interference reflection microscopy: drift, footprint, onset are those of the sample."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
from picture_pages import Page
from typer.testing import CliRunner

from seccm import session
from seccm.arrays import FloatArray
from seccm.cli.commands import app
from seccm.constants import FARADAY
from seccm.data import open_scan
from seccm.errors import PlanError
from seccm.imaging.irm import onset
from seccm.imaging.irm.drift import Aligner, moved_back
from seccm.imaging.irm.film_file import lost, open_film
from seccm.imaging.irm.footprint import footprint
from seccm.imaging.irm.lit import Unseen
from seccm.imaging.irm.places import PlaceStatus
from seccm.imaging.irm.seen import Seen
from seccm.imaging.irm.viewing import landing, view
from seccm.imaging.sem.amounts import MOLAR_VOLUME
from seccm.report.sheets import report_film
from seccm.results import Status
from sim.cell import Droplet
from sim.film import Camera, Film, History, Optics, film, plated

OLD = Path(__file__).parent / "old_files"
DROPLET = Droplet(2e-6, 3.5e-6, 2e-6, math.radians(18.0))
CAMERA = Camera(rate=8.0)
PIXEL = CAMERA.pixel


@pytest.fixture(scope="module")
def history() -> History:
    return plated(7.8, 12.0, DROPLET, step=10e-3)


@pytest.fixture(scope="module")
def taken(history: History) -> Film:
    return film(history, CAMERA, Optics(), seed=3)


@pytest.fixture(scope="module")
def viewed(taken: Film):
    return view(frames_of(taken), taken.t, first_landed(taken), PIXEL)


def frames_of(taken: Film):
    def frames(start: int = 0, stop: int | None = None) -> Iterator[FloatArray]:
        yield from taken.frames[start:stop].astype(float)

    return frames


def first_landed(taken: Film) -> int:
    return int(np.argmax(taken.t > 0))


def stored(path: Path, taken: Film) -> Path:
    """Write a film as Micro-Manager does, with the time of every frame."""
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        for t, frame in zip(taken.t, taken.frames, strict=True):
            told = json.dumps({"ElapsedTime-ms": 1e3 * (t - taken.t[0]) + 250.0})
            file.write(frame, contiguous=False, metadata=None,
                       extratags=[(51123, "s", 0, told, True)])  # fmt: skip
    return path


@pytest.fixture(scope="module")
def path(taken: Film, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stored(tmp_path_factory.mktemp("films") / "film.tif", taken)


# The virtual film.


def test_the_metal_of_a_film_is_that_of_the_cell(history: History) -> None:
    """Volume of the particles that a film is drawn with, over that of the charge."""
    rng = np.random.default_rng(0)
    share = rng.uniform(0, history.nuclei[-1], 20_000)
    birth = np.interp(share, history.nuclei, history.t)
    grown = history.path[-1] - np.interp(birth, history.t, history.path)
    volume = 4 / 3 * math.pi * ((history.smallest + grown) ** 3).mean() * history.nuclei[-1]
    assert volume == pytest.approx(history.lithium[-1] * MOLAR_VOLUME / FARADAY, rel=0.02)


def test_the_particles_of_films_are_as_many_as_those_of_the_cell(history: History) -> None:
    expected = history.nuclei[-1] * math.pi * history.radius**2
    short = Camera(rate=0.2)
    numbers = [len(film(history, short, Optics(), seed, before=1).born.t) for seed in range(12)]
    assert np.mean(numbers) == pytest.approx(expected, abs=3 * math.sqrt(expected / 12))


def test_the_brightness_of_a_film_adds_up_to_its_metal(history: History) -> None:
    quiet = Optics(noise=False, texture=0.0, wetting=0.0, other=0.0, drift=(0.0, 0.0), walk=0.0)
    shown = film(history, Camera(rate=1.0), quiet, seed=1)
    before = shown.frames[:8].mean(axis=0)
    change = (shown.frames[-1] / before - 1).sum() * PIXEL**2
    radius = history.smallest + np.interp(shown.t[-1], history.t, history.path) - shown.born.path
    there = shown.born.t < shown.t[-1]
    volume = (4 / 3 * math.pi * radius[there] ** 3).sum()
    assert change == pytest.approx(quiet.contrast * 1e9 * volume, rel=0.02)


def test_frames_have_the_noise_of_photons_and_of_the_camera(history: History) -> None:
    still = Optics(texture=0.0, lamp=0.0, drift=(0.0, 0.0), walk=0.0)
    blank = film(history, Camera(rate=0.2), still, seed=2, before=60).frames[:60].astype(float)
    per_count = CAMERA.full_well / 4095
    variance = (CAMERA.level * per_count + CAMERA.read_noise**2) / per_count**2
    level = blank.mean(axis=(1, 2), keepdims=True)
    flat = blank / level * CAMERA.level  # bumps of the gold stay in every frame
    assert (flat.var(axis=0, ddof=1)).mean() == pytest.approx(variance, rel=0.03)


def test_frames_come_one_after_the_other(taken: Film) -> None:
    steps = np.diff(taken.t)
    assert (steps > 0).all()
    assert steps.mean() == pytest.approx(1 / CAMERA.rate, rel=0.01)
    assert steps.std() == pytest.approx(math.sqrt(2) * CAMERA.jitter / CAMERA.rate, rel=0.3)


# Drift and lamp.


def test_drift_is_followed_to_a_nanometre_and_the_lamp_to_a_ten_thousandth(
    taken: Film, viewed
) -> None:
    before = taken.shift[: viewed.contact].mean(axis=0)
    error = (viewed.drift - (taken.shift - before)) * PIXEL
    assert np.sqrt((error**2).mean()) < 1.0e-9
    ratio = viewed.lamp / taken.lamp
    assert ratio.std() / ratio.mean() < 1.5e-4


@pytest.mark.parametrize("moved", [(0.3, -0.2), (1.4, 0.9), (-0.05, 2.0)])
def test_a_shift_and_a_gain_that_were_made_are_found(moved: tuple[float, float]) -> None:
    from scipy import ndimage

    rng = np.random.default_rng(1)
    wide = 1000 * (1 + ndimage.gaussian_filter(rng.standard_normal((160, 160)), 4.0))
    reference = wide[20:-20, 20:-20]
    frame = 1.07 * ndimage.shift(wide, moved, order=3)[20:-20, 20:-20]
    everywhere = np.ones(reference.shape, bool)
    everywhere[:4] = everywhere[-4:] = everywhere[:, :4] = everywhere[:, -4:] = False
    found = Aligner(reference, everywhere).shift(frame)
    assert (found.rows, found.columns) == pytest.approx(moved, abs=0.02)
    assert found.gain == pytest.approx(1.07, abs=1e-3)
    inner = (slice(8, -8), slice(8, -8))
    back = moved_back(frame, found)[inner]
    assert np.abs(back / reference[inner] - 1).std() < 3e-3


def test_without_texture_drift_is_not_known_and_that_is_said(history: History) -> None:
    from scipy import ndimage

    rng = np.random.default_rng(5)
    t = np.arange(40) / 8.0
    disc = np.hypot(*np.mgrid[-90:90, -90:90]) < 50
    soft = -0.1 * ndimage.gaussian_filter(disc.astype(float), 3.0)
    blank = 2500 * (1 + 0.01 * rng.standard_normal((40, 180, 180)))
    blank[6:] *= 1 + soft
    found = view(lambda start, stop: iter(blank[start:stop]), t, 6, PIXEL)
    assert any("no texture" in doubt for doubt in found.doubts)


# The footprint.


def test_the_footprint_is_where_the_droplet_landed(taken: Film, viewed) -> None:
    assert viewed.footprint.diameter * PIXEL == pytest.approx(2 * DROPLET.footprint, rel=0.005)
    middle = (taken.footprint.shape[0] - 1) / 2
    assert viewed.footprint.row == pytest.approx(middle, abs=0.5)
    assert viewed.footprint.column == pytest.approx(middle, abs=0.5)
    assert viewed.footprint.eccentricity < 0.2
    assert not viewed.footprint.faint


def change(contrast: float, noise: float, seed: int, radius: float = 60.0) -> FloatArray:
    from scipy import ndimage

    rng = np.random.default_rng(seed)
    disc = np.hypot(*np.mgrid[-100:100, -100:100]) < radius
    soft = ndimage.gaussian_filter(disc.astype(float), 3.75)
    return contrast * soft + noise * rng.standard_normal(soft.shape)


@pytest.mark.parametrize("contrast", [-0.12, -0.01, 0.01, 0.05])
def test_a_footprint_may_be_brighter_or_darker(contrast: float) -> None:
    found = [footprint(change(contrast, 0.0053, seed)) for seed in range(3)]
    diameters = [each.diameter for each in found if each is not None]
    assert np.mean(diameters) == pytest.approx(120, rel=0.005 if abs(contrast) > 0.02 else 0.01)
    assert np.sign(found[0].contrast) == np.sign(contrast)


def test_a_faint_footprint_says_so_and_a_picture_without_one_is_not_trusted() -> None:
    faint, nothing = footprint(change(0.001, 0.0105, 1)), footprint(change(0.0, 0.0105, 2))
    assert faint is None or faint.faint
    assert nothing is None or nothing.faint


# Landing.


def test_the_landing_is_found(taken: Film) -> None:
    assert landing(frames_of(taken)()) == first_landed(taken)


def test_the_exposure_in_which_it_lands_is_not_yet_wholly_landed(taken: Film) -> None:
    first = first_landed(taken)
    frames = taken.frames.astype(float)
    frames[first] = 0.6 * frames[first - 1] + 0.4 * frames[first]
    assert landing(iter(frames)) == first + 1


def test_a_film_without_a_landing_says_so(taken: Film) -> None:
    with pytest.raises(Unseen, match="no landing"):
        landing(iter(taken.frames[20:60].astype(float)))


@pytest.mark.parametrize("contact", [0, 3, 10_000])
def test_frames_are_needed_before_and_after_landing(taken: Film, contact: int) -> None:
    with pytest.raises(Unseen, match="cannot be the first landed one"):
        view(frames_of(taken), taken.t, contact, PIXEL)


# The onset.


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("at", [2.0, 4.03, 7.5])
def test_a_bend_is_found_where_it_was_planted(at: float, sign: int) -> None:
    rng = np.random.default_rng(4)
    t = np.sort(np.arange(120) / 10 + 0.01 * rng.standard_normal(120))
    record = 0.01 * t + sign * 0.05 * np.clip(t - at, 0, None)
    noisy = record[:, None] + 0.003 * rng.standard_normal((120, 200))
    found = onset.onsets(t, noisy)
    assert found.t.mean() == pytest.approx(at, abs=0.03)
    assert found.bend.mean() == pytest.approx(sign * 0.05, rel=0.05)
    assert found.valid(sign).all()
    assert not found.valid(-sign).any()
    said = [onset.uncertainty(t, noisy[:, k], float(found.t[k])) for k in range(40)]
    assert np.median(said) == pytest.approx(found.t.std(), rel=0.3)


def test_a_straight_line_with_noise_hardly_ever_has_an_onset() -> None:
    rng = np.random.default_rng(6)
    t = np.arange(120) / 10
    found = onset.onsets(t, 0.02 * t[:, None] + 0.01 * rng.standard_normal((120, 5000)))
    assert found.valid(1).mean() + found.valid(-1).mean() <= 1e-3


def test_a_line_without_any_noise_has_no_onset_and_a_bend_without_any_has_one() -> None:
    t = np.arange(60) / 10
    found = onset.onsets(t, np.stack([np.zeros(60), np.clip(t - 3, 0, None)], axis=1))
    assert not found.valid(1)[0]
    assert found.valid(1)[1]
    assert found.t[1] == pytest.approx(3.0, abs=0.01)


def test_an_onset_moves_with_time_and_not_with_offset_slope_or_gain() -> None:
    rng = np.random.default_rng(8)
    t = np.arange(100) / 5
    record = (np.clip(t - 9, 0, None) * 0.02 + 0.004 * rng.standard_normal(100))[:, None]
    plain = onset.onsets(t, record)
    other = onset.onsets(t + 100, 7 * record + 3 - 0.5 * t[:, None])
    assert other.t - 100 == pytest.approx(plain.t)
    assert other.significance == pytest.approx(plain.significance)


def test_too_few_frames_have_no_onset(taken: Film) -> None:
    with pytest.raises(ValueError, match="needed"):
        onset.onsets(np.arange(12.0), np.zeros((12, 3)))
    first = first_landed(taken)
    short = view(lambda a, b: frames_of(taken)(a, first + 20 if b is None else b),
                 taken.t[: first + 20], first, PIXEL)  # fmt: skip
    assert math.isnan(short.growth.t_onset)
    assert not short.growth.known
    assert any("needed for an onset" in doubt for doubt in short.doubts)


def test_the_map_of_onsets_is_that_of_a_film_without_noise(
    history: History, taken: Film, viewed
) -> None:
    fine = replace(CAMERA, full_well=1e7, read_noise=0.0)
    clean = film(history, fine, Optics(lamp=0.0, drift=(0.0, 0.0), walk=0.0), seed=3)
    truth = view(frames_of(clean), clean.t, viewed.contact, PIXEL)
    assert viewed.growth.known > 0.8 * viewed.inside.sum()
    both = np.isfinite(viewed.growth.onset) & np.isfinite(truth.growth.onset)
    error = (viewed.growth.onset - truth.growth.onset)[both]
    assert 1.4826 * np.median(np.abs(error - np.median(error))) < 0.5
    assert viewed.growth.t_onset == pytest.approx(truth.growth.t_onset, abs=0.15)
    assert np.corrcoef(viewed.growth.onset[both], truth.growth.onset[both])[0, 1] > 0.5


def test_the_dry_part_has_no_onsets_and_brightness_grows_with_the_metal(viewed) -> None:
    assert np.isnan(viewed.growth.onset[~viewed.inside]).all()
    assert viewed.growth.sign == 1
    assert viewed.mean[-1] > 0.1
    assert abs(viewed.mean[:2].mean()) < 1e-3, "the first landed frames are the zero"


def test_linear_optics_have_no_fastest_change_and_say_so(viewed) -> None:
    """The published method finds a maximum only where contrast turns over."""
    assert math.isnan(viewed.growth.t_steepest)
    assert any("no maximum" in doubt for doubt in viewed.doubts)


def test_a_contrast_that_turns_over_gives_no_map(history: History) -> None:
    turned = film(history, CAMERA, Optics(folding=True), seed=4)
    found = view(frames_of(turned), turned.t, first_landed(turned), PIXEL)
    assert any("turns over" in doubt for doubt in found.doubts)
    assert math.isnan(found.growth.t_onset)
    assert found.growth.known == 0


def test_a_growth_that_darkens_has_the_same_onset(taken: Film, viewed, history: History) -> None:
    dark = film(history, CAMERA, Optics(contrast=-0.012), seed=3)
    found = view(frames_of(dark), dark.t, first_landed(dark), PIXEL)
    assert found.growth.sign == -1
    assert found.growth.t_onset == pytest.approx(viewed.growth.t_onset, abs=0.5)


@pytest.mark.parametrize("true", [1, -1])
def test_a_film_against_the_sign_on_record_says_so(history: History, true: int) -> None:
    shown = film(history, CAMERA, Optics(contrast=0.04 * true), seed=10 + true)
    both = [view(frames_of(shown), shown.t, first_landed(shown), PIXEL, sign=sign)
            for sign in (true, -true)]  # fmt: skip
    right, wrong = (each.growth for each in both)
    assert right.measured == wrong.measured == true
    assert not right.against
    assert right.known > 0
    assert wrong.against
    assert wrong.known < 0.01 * right.known, "no onset is shown that contradicts what is known"
    assert math.isnan(wrong.t_onset)
    assert (wrong.status == PlaceStatus.OTHER_SIGN).sum() > 0.5 * right.known
    assert np.sign(wrong.rate) == true, "the rate is what the film shows"
    told = [[doubt for doubt in each.doubts if "recorded" in doubt] for each in both]
    assert told[0] == []
    (said,) = told[1]
    assert said.startswith(f"The footprint becomes {'brighter' if true > 0 else 'darker'}, and")


@pytest.mark.parametrize("against", [True, False])
def test_what_is_stored_says_that_it_is_against_the_sign_on_record(
    viewed, tmp_path: Path, against: bool
) -> None:
    scan = Path(shutil.copyfile(OLD / "li-on-au-combinatorial.h5", tmp_path / "scan.h5"))
    sign = -viewed.growth.measured if against else viewed.growth.measured
    told = replace(viewed, growth=replace(viewed.growth, sign=sign))
    session.join_film(scan, 1, Seen(None, PIXEL, told, tmp_path, tmp_path))  # type: ignore[arg-type]
    with open_scan(scan) as kept:
        for name in ("irm_rate", "irm_dI_end"):
            status = Status.read(int(kept.sites[f"{name}_status"][1]))
            assert status is (Status.OTHER_SIGN if against else Status.OK)
            assert np.isfinite(kept.sites[name][1])
        assert Status.OTHER_SIGN.trusted is False
        assert kept.sites["irm_drift_status"][1] == Status.OK, "it has no sign"


def test_frames_that_jumped_are_told(taken: Film) -> None:
    frames = taken.frames.astype(float)
    frames[40] = np.roll(frames[40], 9, axis=0)
    found = view(lambda a, b: iter(frames[a:b]), taken.t, first_landed(taken), PIXEL)
    assert any("frame 41 first" in doubt for doubt in found.doubts)


# Files.


def test_the_times_of_frames_come_from_the_film(path: Path, taken: Film) -> None:
    found = open_film(path)
    assert found.t == pytest.approx(taken.t - taken.t[0], abs=1e-6)
    assert found.times_from == "Micro-Manager"
    assert np.array_equal(next(found.frames(5)), taken.frames[5])
    assert lost(found.t) == 0


def test_times_by_ome_and_by_imagej(tmp_path: Path, taken: Film) -> None:
    t = np.array([0.0, 0.2, 0.5, 0.7, 1.0, 1.1, 1.4, 1.6, 1.9])
    planes = {"DeltaT": list(t), "DeltaTUnit": ["s"] * 9}
    tifffile.imwrite(tmp_path / "a.ome.tif", taken.frames[:9],
                     metadata={"axes": "TYX", "Plane": planes})  # fmt: skip
    tifffile.imwrite(tmp_path / "b.tif", taken.frames[:9], imagej=True,
                     metadata={"axes": "TYX", "finterval": 0.23})  # fmt: skip
    ome, imagej = open_film(tmp_path / "a.ome.tif"), open_film(tmp_path / "b.tif")
    assert ome.t == pytest.approx(t)
    assert ome.times_from == "OME"
    assert imagej.t == pytest.approx(0.23 * np.arange(9))


def test_gaps_between_frames_are_counted() -> None:
    t = np.delete(np.arange(60) * 0.23, [7, 20, 21, 40])
    assert lost(t) == 4


def test_a_film_that_cannot_be_used_is_refused_in_a_sentence(tmp_path: Path, taken: Film) -> None:
    plain, few, back = (tmp_path / f"{n}.tif" for n in "abc")
    tifffile.imwrite(plain, taken.frames[:20])
    tifffile.imwrite(few, taken.frames[:3], photometric="minisblack")
    told = {"axes": "TYX", "Plane": {"DeltaT": [0.0, 2.0, 1.0, *range(3, 12)]}}
    tifffile.imwrite(back, taken.frames[:12], ome=True, metadata=told)
    (tmp_path / "d.tif").write_bytes(b"II*\0 no film")
    for file, rate, said in (
        (plain, None, "--rate"), (few, 4.0, "3 frames"), (back, None, "frame 3 is not later"),
        (tmp_path / "d.tif", 4.0, "cannot be read"), (tmp_path / "e.tif", 4.0, "cannot be read"),
    ):  # fmt: skip
        with pytest.raises(PlanError) as error:
            open_film(file, rate)
        assert said in str(error.value)


def test_a_film_that_was_cut_off_names_the_frame(path: Path, tmp_path: Path) -> None:
    film_file = open_film(path)
    half = tmp_path / "half.tif"
    half.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    cut = type(film_file)(half, film_file.t, "", film_file.shape)
    with pytest.raises(PlanError, match=r"frame \d+"):
        list(cut.frames())


@pytest.fixture
def own(path: Path, tmp_path: Path) -> Path:
    return Path(shutil.copyfile(path, tmp_path / "film.tif"))


def test_maps_and_numbers_are_kept_beside_the_film_and_joined_to_the_site(
    own: Path, tmp_path: Path
) -> None:
    scan = Path(shutil.copyfile(OLD / "li-on-au-combinatorial.h5", tmp_path / "scan.h5"))
    words = ["irm", str(own), "--pixel", "40 nm", "--scan", str(scan), "--site", "1"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    for word in ("by Micro-Manager", "First landed frame: 9", "Optical onset", "Stored in"):
        assert word in said
    page = Page(own.with_name("film.tif.irm.html"))
    assert page.links == ["film.tif.irm.png", "film.tif.irm.h5"]
    assert page.facts["fastest change"] == "no maximum"
    assert page.facts["growth makes it"].startswith("brighter")
    with h5py.File(own.with_name("film.tif.irm.h5")) as maps, open_scan(scan) as kept:
        assert maps["onset"].shape == maps["inside"].shape == maps["end"].shape
        assert maps["onset"].attrs["unit"] == "s"
        places = page.rows("Places of the footprint in the map of onsets")
        assert sum(int(count) for _, count in places) == maps["inside"][()].sum()
        assert int(dict(places)["ok"]) == np.isfinite(maps["onset"][()]).sum()
        assert kept.sites["irm_t_onset"][1] == pytest.approx(maps.attrs["onset_of_mean"])
        diameter = kept.sites["irm_footprint_d"]
        assert diameter[1] == pytest.approx(2 * DROPLET.footprint, rel=0.01)
        assert np.isnan(np.delete(diameter, 1)).all()
        assert kept.sites["irm_t_max_status"][1] == Status.NO_MAXIMUM
        assert kept.sites["irm_t_onset_err"][1] > 0.1, "the exposure of landing is in it"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--pixel", "40"], "--pixel"),
        (["--pixel", "40 nm", "--rate", "4 s"], "--rate"),
        (["--pixel", "40 nm", "--rate", "0 Hz"], "--rate"),
        (["--pixel", "40 nm", "--site", "1"], "belong together"),
        (["--pixel", "40 nm", "--contact", "2"], "--contact"),
    ],
)
def test_the_command_refuses_what_it_cannot_use(own: Path, words: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["irm", str(own), *words])
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())
    assert not own.with_name("film.tif.irm.h5").exists()


def test_a_figure_that_cannot_be_written_is_told(own: Path, tmp_path: Path) -> None:
    seen = session.view_film(own, 40e-9)
    with pytest.raises(PlanError, match="cannot be written"):
        report_film(replace(seen, figure=tmp_path / "no" / "such" / "folder.png"))


def test_growth_is_looked_for_while_something_is_plated(taken: Film) -> None:
    """After a plating contrast stays: that is no contrast that turns over."""
    first = first_landed(taken)
    frames = taken.frames.astype(float)
    stop = int(np.searchsorted(taken.t - taken.t[first], 8.0)) + 1
    change = frames[stop - 1] / frames[:first].mean(axis=0)
    rested = frames.copy()
    rested[stop:] = frames[:first].mean(axis=0) * change
    found = view(lambda a, b: iter(rested[a:b]), taken.t, first, PIXEL, until=8.0)
    assert not any("turns over" in doubt for doubt in found.doubts)
    assert math.isfinite(found.growth.t_onset)
    unaware = view(lambda a, b: iter(rested[a:b]), taken.t, first, PIXEL)
    assert any("turns over" in doubt for doubt in unaware.doubts)


def test_a_film_of_another_site_is_told(taken: Film) -> None:
    found = view(frames_of(taken), taken.t, first_landed(taken), PIXEL, until=3.0)
    assert any("is this the film of that site?" in doubt for doubt in found.doubts)
    assert math.isfinite(found.growth.t_onset)


def test_a_footprint_that_hardly_changes_has_no_sign(history: History) -> None:
    """Whether growth makes it brighter is measured; where nothing grows, it is not known."""
    flat = film(history, CAMERA, Optics(contrast=0.0), seed=4)
    found = view(frames_of(flat), flat.t, first_landed(flat), PIXEL)
    assert found.growth.sign == 0
    assert found.growth.known == 0
    assert any("hardly changes" in doubt for doubt in found.doubts)
    told = view(frames_of(flat), flat.t, first_landed(flat), PIXEL, sign=-1)
    assert told.growth.sign == -1
    assert math.isnan(told.growth.t_onset)
