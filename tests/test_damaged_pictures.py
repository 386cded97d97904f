"""Files beside a picture that someone changed, cut off or mixed up are refused in a sentence."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile
from film_maps import irm_file
from target_files import written

from seccm.errors import DataFileError, PlanError
from seccm.imaging.irm.film_file import lost, open_film
from seccm.imaging.irm.seen import maps_beside
from seccm.mistakes import Mistakes
from seccm.plan.targets import read_targets
from seccm.report.films_of_sites import MOST, SiteFilm, drawn, films_beside
from ui.models.pictures import REFUSED, TARGET, maps_of, marked

SIDE = 96
HOSTILE: list[Any] = [None, "x", [], {}, [[]], -1, 10**400, True]


def keys_of(told: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value of a file, of lists only to the first one."""
    inner = told.items() if isinstance(told, dict) else enumerate(told[:1])
    found = []
    for key, value in inner:
        found.append((*at, key))
        if isinstance(value, dict | list):
            found += keys_of(value, (*at, key))
    return found


def changed(text: str, at: tuple[Any, ...], value: Any) -> str:
    told = json.loads(text)
    inner = told
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = value
    return json.dumps(told)


# Files of targets, as a plan and as the window reads them.


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gold")
    tifffile.imwrite(folder / "gold.tif", np.arange(SIDE**2, dtype=np.uint16).reshape(SIDE, SIDE))
    text = written(folder).read_text(encoding="utf-8")
    (folder / "gold.tif.targets.json").write_text(text, encoding="utf-8")
    rows = ["label,x (um),y (um),u (um),d (nm),picture x (um),picture y (um),why",
            "P1,1,2,0.05,900,10,12,target", "P2,1,2,0.05,,30,12,too small"]  # fmt: skip
    (folder / "gold.tif.targets.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


@pytest.fixture
def damaged(folder: Path) -> Any:
    """Put a text in the place of a file beside the picture, until the test is over."""
    kept: dict[Path, bytes | None] = {}

    def put(end: str, text: str) -> Path:
        path = folder / f"gold.tif.{end}"
        kept.setdefault(path, path.read_bytes() if path.exists() else None)
        path.write_text(text, encoding="utf-8")
        return folder / "gold.tif"

    yield put
    for path, content in kept.items():
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)


def test_a_whole_file_of_targets_is_read_by_both(folder: Path) -> None:
    told = read_targets(folder / "gold.tif.targets.json")
    assert told["labels"] == ["P1", "P2", "P3"]
    seen = marked(folder / "gold.tif")
    assert [circle.kind for circle in seen.circles] == [TARGET, REFUSED]
    assert seen.circles[0].diameter == pytest.approx(10e-6)
    assert seen.pixel == 40e-9
    for arrow in seen.arrows:
        assert (arrow.to_x, arrow.to_y) == pytest.approx((arrow.x, arrow.y), abs=1e-12)


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:8])
def test_a_plan_reads_a_changed_file_of_targets_or_says_why_not(
    folder: Path, damaged: Callable[[str, str], Path], value: Any
) -> None:
    text = (folder / "gold.json").read_text(encoding="utf-8")
    refusals: list[str] = []
    for at in keys_of(json.loads(text)):
        path = damaged("targets.json", changed(text, at, value))
        try:
            told = read_targets(path.with_name("gold.tif.targets.json"))
        except Mistakes as refused:
            refusals.append(str(refused))
        else:
            assert {"points", "values", "labels", "origin"} <= set(told)
    assert len(refusals) > 3
    remedies = ("Make it with seccm targets", "A newer version", "Its table says why")
    assert all(any(remedy in told for remedy in remedies) for told in refusals)


def test_a_file_without_targets_is_whole_and_says_where_the_reasons_are(
    folder: Path, damaged: Callable[[str, str], Path]
) -> None:
    text = (folder / "gold.json").read_text(encoding="utf-8")
    damaged("targets.json", changed(text, ("targets",), []))
    with pytest.raises(Mistakes) as refused:
        read_targets(folder / "gold.tif.targets.json")
    assert "no particle of gold.tif is a target" in str(refused.value)
    assert "Its table says why" in str(refused.value)
    assert "incomplete" not in str(refused.value)


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:8])
def test_the_window_reads_a_changed_file_of_targets_or_says_why_not(
    folder: Path, damaged: Callable[[str, str], Path], value: Any
) -> None:
    text = (folder / "gold.json").read_text(encoding="utf-8")
    for at in keys_of(json.loads(text)):
        picture = damaged("targets.json", changed(text, at, value))
        with suppress(PlanError):
            assert marked(picture).image.shape == (SIDE, SIDE)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"gold"', "{}", "\x00"])
@pytest.mark.parametrize("end", ["targets.json", "particles.json"])
def test_what_is_no_summary_is_told_with_what_to_do(
    damaged: Callable[[str, str], Path], end: str, text: str
) -> None:
    picture = damaged(end, text)
    with pytest.raises(PlanError) as refused:
        marked(picture)
    assert "Analyse it again" in str(refused.value)


@pytest.mark.parametrize(
    "text",
    ["label,why\nP1,target\n", "x (um),y (um),diameter (nm)\n1,2\n", "x (um)\n1\n",
     "x (um),y (um),diameter (nm)\n1,here,3\n", "x (um),y (um),diameter (nm)\n1,,3\n"],
)  # fmt: skip
@pytest.mark.parametrize("end", ["targets.csv", "particles.csv"])
def test_a_table_that_is_none_is_told(
    damaged: Callable[[str, str], Path], end: str, text: str
) -> None:
    picture = damaged(end, text)
    with pytest.raises(PlanError, match="cannot be read"):
        marked(picture)


def test_without_files_beside_it_a_picture_says_what_to_do(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((SIDE, SIDE), np.uint8))
    seen = marked(tmp_path / "a.tif", 1e-8)
    assert (seen.circles, seen.arrows) == ((), ())
    assert "seccm sem, seccm targets" in seen.words[0]


# Maps of films.


def without(file: h5py.File, name: str) -> None:
    del file[name]


def coded(file: h5py.File, name: str) -> None:
    file[name][4, 4] = 77


def attribute(file: h5py.File, name: str, value: Any = None) -> None:
    if value is None:
        del file.attrs[name]
    else:
        file.attrs[name] = value


DAMAGES: list[tuple[str, Callable[[h5py.File], None]]] = [
    ("no map of onsets", lambda f: without(f, "onset")),
    ("no status", lambda f: without(f, "onset_status")),
    ("no change", lambda f: without(f, "end")),
    ("no times", lambda f: without(f, "t")),
    ("no efficiency", lambda f: without(f["cycle_1"], "efficiency")),
    ("status that no program knows", lambda f: coded(f, "onset_status")),
    ("the same of a cycle", lambda f: coded(f["cycle_2"], "status")),
    ("no words of the statuses", lambda f: attribute(f["onset_status"], "flag_meanings")),
    ("no place", lambda f: attribute(f, "place")),
    ("words as a length", lambda f: attribute(f, "place", "small")),
    ("several lengths", lambda f: attribute(f, "pixel", [1.0, 2.0])),
    ("no ratio", lambda f: attribute(f["cycle_1"], "ratio")),
    ("doubts that are no list", lambda f: attribute(f, "doubts", "3")),
    ("doubts that are no JSON", lambda f: attribute(f, "doubts", "[")),
    ("a cycle without a number", lambda f: f.create_group("cycle_last") and None),
]


@pytest.mark.parametrize(("name", "damage"), DAMAGES, ids=[name for name, _ in DAMAGES])
def test_damaged_maps_are_refused_with_their_file(
    tmp_path: Path, name: str, damage: Callable[[h5py.File], None]
) -> None:
    path = irm_file(tmp_path / "film.irm.h5")
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(DataFileError, match="no maps of a film"):
        maps_of(path)


def test_a_file_that_was_cut_off_is_no_map(tmp_path: Path) -> None:
    path = irm_file(tmp_path / "film.irm.h5")
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(DataFileError, match="no maps of a film"):
        maps_of(path)


def some_films(tmp_path: Path, *sites: int) -> Path:
    scan = tmp_path / "scan.h5"
    for site in sites:
        irm_file(maps_beside(scan, site), cycles=0)
    return scan


def test_films_of_sites_come_in_their_order_and_those_of_other_scans_do_not(
    tmp_path: Path,
) -> None:
    scan = some_films(tmp_path, 2, 0, 5)
    some_films(tmp_path, 9)
    irm_file(tmp_path / "other.h5.site1.irm.h5")
    found = list(films_beside(scan, 6))
    assert [one.site for one in found] == [0, 2, 5]
    assert found[0].place == 160e-9
    assert found[0].onset.shape == found[0].end.shape == (12, 12)


def stored(f: h5py.File, name: str, values: Any) -> None:
    del f[name]
    f[name] = values


@pytest.mark.parametrize(
    "damage",
    [
        lambda f: without(f, "end"),
        lambda f: without(f, "inside"),
        lambda f: stored(f, "inside", np.zeros(12)),
        lambda f: attribute(f, "landed", "soon"),
        lambda f: f.create_group("cycle_1"),
        lambda f: attribute(f, "place"),
        lambda f: attribute(f, "place", "small"),
        lambda f: attribute(f, "place", [1e-7, 2e-7]),
        lambda f: attribute(f, "place", math.nan),
        lambda f: attribute(f, "place", -1e-7),
        lambda f: stored(f, "onset", np.zeros(12)),
        lambda f: stored(f, "onset", np.zeros((3, 4))),
        lambda f: stored(f, "end", "nothing"),
        lambda f: (without(f, "end"), f.create_group("end")),
    ],
)
def test_a_report_leaves_out_a_film_that_it_cannot_read(
    tmp_path: Path, damage: Callable[[h5py.File], Any]
) -> None:
    scan = some_films(tmp_path, 0, 1)
    with h5py.File(maps_beside(scan, 0), "r+") as file:
        damage(file)
    assert [one.site for one in films_beside(scan, 2)] == [1]


def test_films_are_drawn_above_one_another_and_a_map_without_onsets_says_so() -> None:
    some = np.linspace(0, 1, 36).reshape(6, 6)
    rest = (1e-7, np.arange(3.0), np.zeros(3), ())
    films = [SiteFilm(3, some, some, *rest), SiteFilm(4, np.full((6, 6), np.nan), 0 * some, *rest)]
    figure = drawn(films, virtual=False)
    titles = [axes.get_title() for axes in figure.axes]
    assert ["site 3" in titles, "site 4" in titles] == [True, True]
    words = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert words.count("no onsets") == 1
    assert MOST >= 2


# Times of films.


def micro_manager(path: Path, said: list[Any]) -> Path:
    with tifffile.TiffWriter(path) as file:
        for value in said:
            told = json.dumps({"ElapsedTime-ms": value})
            file.write(np.zeros((64, 64), np.uint8), contiguous=False, metadata=None,
                       extratags=[(51123, "s", 0, told, True)])  # fmt: skip
    return path


def test_times_of_frames_begin_with_the_first_one(tmp_path: Path) -> None:
    film = open_film(micro_manager(tmp_path / "f.tif", [500 + 40 * k for k in range(9)]))
    assert film.t == pytest.approx(0.04 * np.arange(9), abs=1e-12)
    assert (film.times_from, film.shape) == ("Micro-Manager", (64, 64))


@pytest.mark.parametrize("value", [math.nan, math.inf, 120.0, 0.0, -5.0])
def test_a_frame_that_is_not_later_than_the_last_or_has_no_time_is_told(
    tmp_path: Path, value: float
) -> None:
    said: list[Any] = [40.0 * k for k in range(9)]
    said[4] = value
    path = micro_manager(tmp_path / "f.tif", said)
    with pytest.raises(PlanError, match=r"frame [56] is not later than the one before it"):
        open_film(path)
    assert open_film(path, rate=25.0).t[-1] == pytest.approx(8 / 25)


@pytest.mark.parametrize("gaps", [[], [3], [1, 5], [2, 2]])
def test_frames_that_are_missing_are_counted_by_their_gaps(gaps: list[int]) -> None:
    steps = np.full(40, 0.1)
    for k, more in enumerate(gaps):
        steps[5 + 9 * k] += 0.1 * more
    assert lost(np.concatenate([[0.0], np.cumsum(steps)])) == sum(gaps)
