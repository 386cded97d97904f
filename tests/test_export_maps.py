"""Maps for other programs lie as the sample does, in SI, and have nothing where nothing is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_table import Planted, square

from seccm.errors import DataFileError
from seccm.events import Outcome
from seccm.exports import EXPORTS, Wanted, Writer
from seccm.exports import writing as module
from seccm.exports.content import grid, maps, titled
from seccm.exports.writing import export
from seccm.results import Status


def planted(places: list[tuple[float, float]], **told: object) -> Planted:
    """Return a scan whose result tells the number of the site."""
    count = len(places)
    values = {"k": ("A", list(map(float, range(count))), [Status.OK] * count)}
    return Planted(places, results=values, **told)  # type: ignore[arg-type]


@settings(max_examples=30)
@given(
    st.integers(1, 6), st.integers(1, 6), st.sampled_from([1e-7, 4e-6, 1e-3]),
    st.floats(-0.02, 0.02), st.randoms(use_true_random=False),
)  # fmt: skip
def test_any_grid_in_any_order_has_every_site_in_its_place(
    columns: int, rows: int, pitch: float, jitter: float, random: object
) -> None:
    """Columns off by some hundredths of the pitch, and wherever the origin is."""
    places = [(x + 7e-5 + pitch * jitter * (k % 2) * (columns > 1), y - 3e-5)
              for k, (x, y) in enumerate(square(columns, rows, pitch))]  # fmt: skip
    random.shuffle(places)  # type: ignore[attr-defined]
    scan = planted(places)
    (_, mine) = maps(scan, Wanted(names=("z_contact", "k")))  # type: ignore[arg-type]
    assert mine.values.shape == (rows, columns)
    assert sorted(mine.values.ravel()) == list(range(columns * rows))
    for number, (x, y) in enumerate(places):
        row, column = np.argwhere(mine.values == number)[0]
        assert abs(mine.x0 + column * mine.dx - x) < 0.25 * mine.dx
        assert abs(mine.y0 + row * mine.dy - y) < 0.25 * mine.dy


@pytest.mark.parametrize(
    "places",
    [
        [(0.0, 0.0), (5e-6, 1e-6), (13e-6, 7e-6)],
        [(0.0, 0.0), (0.0, 0.0)],
        [(k * 1e-5, k * 1e-5) for k in range(9)],
        [(np.nan, 0.0), (1e-6, 0.0)],
        [],
    ],
    ids=["scattered", "twice", "diagonal", "unknown", "none"],
)
def test_places_on_no_grid_are_no_image(places: list[tuple[float, float]]) -> None:
    scan = planted(places)
    assert grid(scan) is None  # type: ignore[arg-type]
    with pytest.raises(DataFileError, match="--to csv-sites"):
        maps(scan, Wanted())  # type: ignore[arg-type]


def test_a_gap_in_the_grid_and_a_failed_site_are_nothing_there() -> None:
    places = square(3, 3)
    del places[4]
    outcomes = [Outcome.OK] * 7 + [Outcome.FAULT]
    values = {"k": ("A", [*map(float, range(8))], [Status.OK] * 8)}
    (one,) = maps(Planted(places, outcomes, values), Wanted(names=("k",)))  # type: ignore[arg-type]
    assert np.argwhere(np.isnan(one.values)).tolist() == [[1, 1], [2, 2]]


def test_one_site_is_an_image_of_one_point_with_a_size() -> None:
    (one,) = maps(planted([(1e-5, 2e-5)]), Wanted(names=("k",)))  # type: ignore[arg-type]
    assert one.values.tolist() == [[0.0]]
    assert min(one.dx, one.dy) > 0


def test_a_scan_without_one_good_site_has_no_map() -> None:
    scan = Planted(square(2, 1), [Outcome.NO_CONTACT] * 2)
    with pytest.raises(DataFileError, match="no site has a value to be mapped"):
        maps(scan, Wanted())  # type: ignore[arg-type]


def test_a_unit_is_said_where_there_is_one() -> None:
    assert titled("n", "1") == titled("n", "") == "n"
    assert titled("j", "A/m^2/(V/s)") == "j (A/m^2/(V/s))"


@pytest.fixture
def half(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """Offer writers of half a file or folder, which then raise what is in a list."""
    errors: list[Exception] = []

    def write(scan: object, target: Path, wanted: Wanted) -> None:
        if target.suffix == ".half":
            target.write_text("half")
        else:
            target.mkdir()
            (target / "half").write_text("half")
        if errors:
            raise errors[0]

    kinds = {kind.name: kind for kind in (Writer("half", "a file", ".half", write),
                                          Writer("halves", "a folder", "", write))}  # fmt: skip
    monkeypatch.setattr(EXPORTS, "_found", kinds)
    monkeypatch.setattr(module, "open_scan", lambda path: Planted(square(1, 1)))
    return errors


@pytest.mark.parametrize("kind", ["half", "halves"])
@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), PermissionError(13, "Permission denied"),
              DataFileError("no"), ValueError("a fault"), KeyboardInterrupt()],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_whatever_ends_a_writer_nothing_is_left(
    half: list[BaseException], tmp_path: Path, kind: str, error: BaseException
) -> None:
    half.append(error)
    wanted = DataFileError if isinstance(error, OSError) else type(error)
    with pytest.raises(wanted) as told:
        export("planted.h5", kind, tmp_path / "made.half" if kind == "half" else tmp_path / "made")
    if isinstance(error, OSError):
        assert str(error.strerror) in str(told.value)
        assert "Name another place with -o" in str(told.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", ["file", "folder", "broken link"])
def test_what_is_there_already_is_left(half: list[Exception], tmp_path: Path, there: str) -> None:
    made = tmp_path / "made.half"
    if there == "file":
        made.write_text("mine")
    elif there == "folder":
        made.mkdir()
    else:
        made.symlink_to(tmp_path / "nowhere")
    with pytest.raises(DataFileError, match="exists already, and was left"):
        export("planted.h5", "half", made)
    assert list(tmp_path.iterdir()) == [made]


def test_what_comes_there_while_it_is_written_is_left(
    half: list[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(path: object) -> Planted:
        (tmp_path / "made.half").write_text("another program's")
        return Planted(square(1, 1))

    monkeypatch.setattr(module, "open_scan", meanwhile)
    with pytest.raises(DataFileError, match="exists already"):
        export("planted.h5", "half", tmp_path / "made.half")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["another program's"]


@pytest.mark.parametrize("kind", ["half", "halves"])
def test_the_rest_of_a_killed_export_is_no_hindrance(
    half: list[Exception], tmp_path: Path, kind: str
) -> None:
    name = "made.half" if kind == "half" else "made"
    (tmp_path / f".part-{name}").write_text("of a killed program")
    assert export("planted.h5", kind, tmp_path / name).exists()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_without_a_name_it_lies_beside_the_data_file(half: list[Exception], tmp_path: Path) -> None:
    source = tmp_path / "a.b c.h5"
    assert export(source, "half") == tmp_path / "a.b c.half"
    assert export(source, "halves") == tmp_path / "a.b c-halves"


def test_a_kind_that_is_none_and_a_name_that_is_too_long_are_told(
    half: list[Exception], tmp_path: Path
) -> None:
    with pytest.raises(DataFileError, match=r'There are "half", "halves".* Nothing was written'):
        export("planted.h5", "whole")
    with pytest.raises(DataFileError, match="cannot be written"):
        export("planted.h5", "half", tmp_path / ("x" * 300))
    assert list(tmp_path.iterdir()) == []
